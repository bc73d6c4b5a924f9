//! RISC-V: the machine timer of QEMU's machine `virt`.

use portable_atomic::{AtomicU32, Ordering};
use riscv::interrupt::Interrupt;
use riscv_rt::{core_interrupt, entry};

/// With `-icount shift=5` an instruction takes 32 ns; the timer ticks every 100 ns.
pub const INSTRUCTIONS_PER_TICK: u32 = 3;

const COMPARE: *mut u64 = 0x0200_4000 as *mut u64;
const TIME: *const u64 = 0x0200_bff8 as *const u64;

static PERIOD: AtomicU32 = AtomicU32::new(0);

#[entry]
fn start() -> ! {
    super::run()
}

fn next(period: u32) {
    // SAFETY: the timer's registers, which this module alone touches.
    let now = unsafe { TIME.read_volatile() };
    // SAFETY: as above.
    unsafe { COMPARE.write_volatile(now + u64::from(period)) };
}

/// Interrupts every `period` ticks, counted from where the last was served.
pub fn start_timer(period: u32) {
    // Ordering: Relaxed: one core.
    PERIOD.store(period, Ordering::Relaxed);
    next(period);
    // SAFETY: the handler is there, and no critical section is open.
    unsafe { riscv::register::mie::set_mtimer() };
    // SAFETY: as above.
    unsafe { riscv::interrupt::enable() };
}

/// Interrupts no more.
pub fn stop_timer() {
    // SAFETY: nothing waits for it.
    unsafe { riscv::register::mie::clear_mtimer() };
}

#[core_interrupt(Interrupt::MachineTimer)]
fn machine_timer() {
    // Ordering: Relaxed: one core.
    next(PERIOD.load(Ordering::Relaxed));
    super::on_tick();
}

#[unsafe(export_name = "ExceptionHandler")]
fn exception(_: &riscv_rt::TrapFrame) -> ! {
    super::fault("exception")
}
