//! Takes and gives back slots in a program that cannot be linked if any of it can panic: the panic
//! handler calls a function that does not exist, and is thrown away only if nothing reaches it.
//! Without an allocator and a standard library there is no heap to link either.

#![no_std]
#![no_main]

use core::future::Future;
use core::hint::black_box;
use core::pin::pin;
use core::task::{Context, Waker};
use framepool_core::storage::Borrowed;
use framepool_core::{BufferPool, Frozen, Loan, Pool};

type Lines = Pool<[u16; 64], 4>;

static LINES: Lines = Pool::new([[0; 64]; 4]);

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn acquire_and_release() -> bool {
    let Some(mut line) = LINES.try_acquire() else { return false };
    if let Some(first) = line.first_mut() {
        *first += 1;
    }
    true
}

/// Keeps acquiring and releasing apart: whatever index comes back, releasing it does not panic.
#[unsafe(no_mangle)]
#[inline(never)]
fn acquire() -> Option<Loan<&'static Lines>> {
    LINES.try_acquire()
}

#[unsafe(no_mangle)]
#[inline(never)]
fn release(line: Loan<&'static Lines>) {
    drop(line);
}

#[unsafe(no_mangle)]
#[inline(never)]
fn freeze(line: Loan<&'static Lines>) -> Frozen<&'static Lines> {
    line.freeze()
}

#[unsafe(no_mangle)]
#[inline(never)]
fn release_share(share: Frozen<&'static Lines>) -> u16 {
    match share.thaw() {
        Ok(line) => line.iter().copied().fold(0, u16::wrapping_add),
        Err(_shared) => 0,
    }
}

#[unsafe(no_mangle)]
#[inline(never)]
fn wait_and_give_up() -> bool {
    let mut waiting = pin!(LINES.acquire());
    let mut cx = Context::from_waker(Waker::noop());
    waiting.as_mut().poll(&mut cx).is_ready()
}

#[unsafe(no_mangle)]
#[inline(never)]
fn buffers(memory: &mut [u8]) -> usize {
    let Ok(pool) = BufferPool::new(Borrowed::from(memory), 64, 64) else { return 0 };
    let Some(mut buffer) = pool.try_acquire() else { return 1 };
    buffer.fill(1);
    pool.stats().high_water.unwrap_or(2)
}

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    black_box(acquire_and_release());
    if let Some(line) = black_box(acquire()) {
        release(line);
    }
    if let Some(line) = black_box(acquire()) {
        black_box(release_share(black_box(freeze(line))));
    }
    black_box(wait_and_give_up());
    black_box(buffers(black_box(&mut [0; 256])));
    LINES.close();
    #[cfg(feature = "panics")]
    assert!(black_box(LINES.is_closed()), "a control");
    #[cfg(feature = "allocates")]
    drop(black_box(framepool_core::BoxedPool::from_fn(1, || 0_u8)));
    loop {}
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        safe fn this_program_can_panic() -> !;
    }
    this_program_can_panic()
}
