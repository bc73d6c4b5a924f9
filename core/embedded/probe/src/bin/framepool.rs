//! `LeanPool`: acquire and release, each as a whole function.

#![no_std]
#![no_main]

use core::hint::black_box;
use framepool_core::{LeanPool, Loan};
use framepool_firmware as _;

type Slots = LeanPool<[u8; 64], 16>;

static SLOTS: Slots = LeanPool::new([[0; 64]; 16]);

#[unsafe(no_mangle)]
#[inline(never)]
fn acquire(slots: &'static Slots) -> Option<Loan<&'static Slots>> {
    slots.try_acquire()
}

#[unsafe(no_mangle)]
#[inline(never)]
fn release(slot: Loan<&'static Slots>) {
    drop(slot);
}

#[unsafe(no_mangle)]
#[inline(never)]
fn drive() {
    if let Some(slot) = black_box(acquire(black_box(&SLOTS))) {
        release(slot);
    }
}

#[unsafe(no_mangle)]
fn firmware() {
    drive();
    drive();
}

#[unsafe(no_mangle)]
fn on_tick() {}
