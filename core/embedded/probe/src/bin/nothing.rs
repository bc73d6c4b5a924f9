//! The other firmwares without a pool: what they have more is the pool's.

#![no_std]
#![no_main]

use core::hint::black_box;

#[unsafe(no_mangle)]
#[inline(never)]
fn drive() {
    black_box(0);
}

#[unsafe(no_mangle)]
fn firmware() {
    drive();
    drive();
}

#[unsafe(no_mangle)]
fn on_tick() {}

use framepool_firmware as _;
