//! A camera on embassy's executor: the task that exposes awaits a buffer, so that it slows down when
//! the task that shows frames holds them all, and loses none.

#![no_std]
#![no_main]

use embassy_executor::{Executor, Spawner};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::channel::Channel;
use embassy_sync::signal::Signal;
use framepool_core::{Loan, Pool};
use framepool_firmware::{exit, println, start_timer, stop_timer};
use portable_atomic::{AtomicU32, Ordering::Relaxed};
use static_cell::StaticCell;

const FRAMES: u32 = 200;

struct Frame {
    number: u32,
    pixels: [u8; 256],
}

type Frames = Pool<Frame, 3>;

static POOL: Frames = Pool::new([const { Frame { number: 0, pixels: [0; 256] } }; 3]);
/// A frame is exposed at each tick, and shown at every third.
static EXPOSED: Signal<CriticalSectionRawMutex, ()> = Signal::new();
static SHOWN: Signal<CriticalSectionRawMutex, ()> = Signal::new();
static FINISHED: Channel<CriticalSectionRawMutex, Loan<&'static Frames>, 3> = Channel::new();
static TICKS: AtomicU32 = AtomicU32::new(0);
static WAITS: AtomicU32 = AtomicU32::new(0);

#[unsafe(no_mangle)]
fn on_tick() {
    let tick = TICKS.load(Relaxed);
    TICKS.store(tick + 1, Relaxed);
    EXPOSED.signal(());
    if tick.is_multiple_of(3) {
        SHOWN.signal(());
    }
}

#[embassy_executor::task]
async fn expose() {
    for number in 0..FRAMES {
        if POOL.available() == 0 {
            WAITS.store(WAITS.load(Relaxed) + 1, Relaxed);
        }
        let mut frame = POOL.acquire().await.expect("the pool is never closed");
        EXPOSED.wait().await;
        frame.number = number;
        frame.pixels.fill(number as u8);
        FINISHED.send(frame).await;
    }
}

#[embassy_executor::task]
async fn show() {
    for number in 0..FRAMES {
        let frame = FINISHED.receive().await;
        assert_eq!(frame.number, number, "frames are lost or out of order");
        assert!(frame.pixels.iter().all(|pixel| *pixel == number as u8), "overwritten");
        SHOWN.wait().await;
    }
    stop_timer();
    println!(
        "async camera: {FRAMES} frames in order; the sensor waited for a buffer {} times; {} of 3 \
         buffers free",
        WAITS.load(Relaxed),
        POOL.available()
    );
    assert_eq!(POOL.available(), 3, "a buffer is lost");
    assert!(WAITS.load(Relaxed) > FRAMES / 2, "the pool was never exhausted");
    exit(0);
}

#[unsafe(no_mangle)]
fn firmware() {
    static EXECUTOR: StaticCell<Executor> = StaticCell::new();
    start_timer(20_000);
    EXECUTOR.init(Executor::new()).run(|spawner: Spawner| {
        spawner.spawn(expose().expect("spawned once"));
        spawner.spawn(show().expect("spawned once"));
    })
}
