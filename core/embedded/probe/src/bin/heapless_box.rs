//! heapless's box pool: a box is made of bytes that were never set, so that none are copied.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::mem::MaybeUninit;
use framepool_firmware as _;
use heapless::box_pool;
use heapless::pool::boxed::{Box, BoxBlock};

box_pool!(SLOTS: MaybeUninit<[u8; 64]>);

#[unsafe(no_mangle)]
#[inline(never)]
fn acquire() -> Option<Box<SLOTS>> {
    SLOTS.alloc(MaybeUninit::uninit()).ok()
}

#[unsafe(no_mangle)]
#[inline(never)]
fn release(slot: Box<SLOTS>) {
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
    static mut BLOCKS: [BoxBlock<MaybeUninit<[u8; 64]>>; 16] = [const { BoxBlock::new() }; 16];
    // SAFETY: called once, and nothing else knows the blocks.
    for block in unsafe { (&raw mut BLOCKS).as_mut() }.into_iter().flatten() {
        SLOTS.manage(block);
    }
    drive();
    drive();
}

#[unsafe(no_mangle)]
fn on_tick() {}
