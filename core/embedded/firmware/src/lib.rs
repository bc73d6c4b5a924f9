//! The board under a firmware: how it starts, ticks and ends.
//!
//! A firmware is a function `firmware` and, in the timer's interrupt, `on_tick`; it ends when
//! `firmware` returns. A panic and a fault end it with an exit code that is not 0.

#![no_std]

#[cfg_attr(target_arch = "arm", path = "cortex_m.rs")]
#[cfg_attr(target_arch = "riscv32", path = "riscv.rs")]
mod machine;

pub mod flag;

pub use machine::{INSTRUCTIONS_PER_TICK, start_timer, stop_timer};
pub use semihosting::println;

unsafe extern "Rust" {
    safe fn firmware();
    safe fn on_tick();
}

/// Periods of the timer, in its ticks, that last from 600 to 1800 instructions: so many that
/// interrupts come at each instruction of the main loop.
pub fn periods() -> impl Iterator<Item = u32> {
    600 / INSTRUCTIONS_PER_TICK..1800 / INSTRUCTIONS_PER_TICK
}

/// Ends the firmware.
pub fn exit(code: i32) -> ! {
    semihosting::process::exit(code)
}

fn run() -> ! {
    firmware();
    exit(0)
}

fn fault(what: &str) -> ! {
    println!("fault: {what}");
    exit(3)
}
