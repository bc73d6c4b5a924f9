//! heapless's object pool.

#![no_std]
#![no_main]

use core::hint::black_box;
use framepool_firmware as _;
use heapless::object_pool;
use heapless::pool::object::{Object, ObjectBlock};

object_pool!(SLOTS: [u8; 64]);

#[unsafe(no_mangle)]
#[inline(never)]
fn acquire() -> Option<Object<SLOTS>> {
    SLOTS.request()
}

#[unsafe(no_mangle)]
#[inline(never)]
fn release(slot: Object<SLOTS>) {
    drop(slot);
}

#[unsafe(no_mangle)]
#[inline(never)]
fn drive() {
    if let Some(slot) = black_box(acquire()) {
        release(slot);
    }
}

#[unsafe(no_mangle)]
fn firmware() {
    static mut BLOCKS: [ObjectBlock<[u8; 64]>; 16] = [const { ObjectBlock::new([0; 64]) }; 16];
    // SAFETY: called once, and nothing else knows the blocks.
    for block in unsafe { (&raw mut BLOCKS).as_mut() }.into_iter().flatten() {
        SLOTS.manage(block);
    }
    drive();
    drive();
}

#[unsafe(no_mangle)]
fn on_tick() {}
