//! A line sensor: each interrupt is the end of a line, which is filled into a buffer from the pool;
//! the main loop assembles frames of lines, checks them, and gives the buffers back.

#![no_std]
#![no_main]

use core::cell::RefCell;
use critical_section::Mutex;
use framepool_core::{LeanPool, Loan};
use framepool_firmware::{println, start_timer, stop_timer};
use heapless::spsc::{Producer, Queue};
use portable_atomic::{AtomicU32, Ordering::Relaxed};

const WIDTH: usize = 64;
const HEIGHT: u32 = 16;
const LINES_IN_POOL: usize = 8;

struct Line {
    /// Counted from the sensor's start.
    number: u32,
    pixels: [u16; WIDTH],
}

type Lines = LeanPool<Line, LINES_IN_POOL>;
type Lent = Loan<&'static Lines>;

static LINES: Lines =
    LeanPool::new([const { Line { number: 0, pixels: [0; WIDTH] } }; LINES_IN_POOL]);

/// A queue of N holds N - 1: as many as the pool has, so it cannot be full.
type Finished = Queue<Lent, { LINES_IN_POOL + 1 }>;
static SENSOR: Mutex<RefCell<Option<Producer<'static, Lent>>>> = Mutex::new(RefCell::new(None));

static LINE_NUMBER: AtomicU32 = AtomicU32::new(0);
/// Lines for which there was no buffer.
static NO_BUFFER: AtomicU32 = AtomicU32::new(0);

fn pixel(line: u32, column: usize) -> u16 {
    (line as u16).wrapping_mul(31) ^ column as u16
}

#[unsafe(no_mangle)]
fn on_tick() {
    let number = LINE_NUMBER.load(Relaxed);
    LINE_NUMBER.store(number + 1, Relaxed);
    let Some(mut line) = LINES.try_acquire() else {
        NO_BUFFER.store(NO_BUFFER.load(Relaxed) + 1, Relaxed);
        return;
    };
    line.number = number;
    for (column, value) in line.pixels.iter_mut().enumerate() {
        *value = pixel(number, column);
    }
    critical_section::with(|cs| {
        let mut sensor = SENSOR.borrow_ref_mut(cs);
        let sensor = sensor.as_mut().expect("the sensor was started");
        assert!(sensor.enqueue(line).is_ok(), "as many places as buffers");
    });
}

#[derive(Default)]
struct Counts {
    lines: u32,
    whole: u32,
    torn: u32,
}

#[unsafe(no_mangle)]
fn firmware() {
    static FINISHED: static_cell::StaticCell<Finished> = static_cell::StaticCell::new();
    let (producer, mut finished) = FINISHED.init(Queue::new()).split();
    critical_section::with(|cs| SENSOR.borrow_ref_mut(cs).replace(producer));

    start_timer(4000);
    let mut counts = Counts::default();
    let mut in_frame = 0;
    while counts.whole + counts.torn < 100 {
        let Some(line) = finished.dequeue() else { continue };
        counts.lines += 1;
        let right =
            line.pixels.iter().enumerate().all(|(x, value)| *value == pixel(line.number, x));
        assert!(right, "line {} was overwritten", line.number);
        let (frame, row) = (line.number / HEIGHT, line.number % HEIGHT);
        // The buffer is the sensor's again.
        drop(line);
        in_frame += 1;
        if row == HEIGHT - 1 {
            let whole = in_frame == HEIGHT;
            counts.whole += u32::from(whole);
            counts.torn += u32::from(!whole);
            in_frame = 0;
        }
        if frame % 10 == 9 {
            // Something else is urgent, for longer than the buffers last.
            let until = LINE_NUMBER.load(Relaxed) + 10;
            while LINE_NUMBER.load(Relaxed) < until && row == 0 {
                core::hint::spin_loop();
            }
        }
    }
    stop_timer();
    while finished.dequeue().is_some() {
        counts.lines += 1;
    }
    let (sent, no_buffer) = (LINE_NUMBER.load(Relaxed), NO_BUFFER.load(Relaxed));
    println!(
        "line sensor: {sent} lines of {WIDTH} pixels: {} delivered, {no_buffer} without a buffer; \
         {} frames whole, {} torn; {} of {LINES_IN_POOL} buffers free",
        counts.lines,
        counts.whole,
        counts.torn,
        LINES.available()
    );
    assert_eq!(sent, counts.lines + no_buffer, "a line is neither delivered nor counted");
    assert_eq!(LINES.available(), LINES_IN_POOL, "a buffer is lost");
    assert!(counts.whole >= 80 && counts.torn > 0 && no_buffer > 0);
}
