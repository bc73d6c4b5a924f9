//! Cortex-M: the system timer.

use cortex_m::peripheral::{Peripherals, syst::SystClkSource};
use cortex_m_rt::{ExceptionFrame, entry, exception};

/// With `-icount shift=5` an instruction takes 32 ns; the fastest of the clocks ticks every 20 ns.
pub const INSTRUCTIONS_PER_TICK: u32 = 1;

#[entry]
fn start() -> ! {
    super::run()
}

/// Interrupts every `period` ticks of the processor's clock.
pub fn start_timer(period: u32) {
    // SAFETY: the timer is this module's alone, and interrupts do not touch it.
    let mut timer = unsafe { Peripherals::steal() }.SYST;
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(period);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
}

/// Interrupts no more.
pub fn stop_timer() {
    // SAFETY: as in `start_timer`.
    let mut timer = unsafe { Peripherals::steal() }.SYST;
    timer.disable_counter();
    timer.disable_interrupt();
}

#[exception]
fn SysTick() {
    super::on_tick();
}

#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    let _ = frame;
    super::fault("HardFault")
}
