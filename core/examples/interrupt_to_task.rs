//! From an interrupt to a task: the handler takes a buffer, fills it and passes it on; it neither waits
//! nor allocates. The task gives the buffer back. Here a thread plays the interrupt.
//!
//! `cargo run -p framepool-core --example interrupt_to_task`
//!
//! On a microcontroller: `core/embedded/firmware/examples/line_sensor.rs`.

#![allow(clippy::print_stdout, reason = "an example that reports")]

use framepool_core::{Loan, Pool};
use heapless::spsc::{Consumer, Producer, Queue};
use std::thread;
use std::time::Duration;

type Samples = Pool<[u16; 32], 8>;
type Filled = Loan<&'static Samples>;

static SAMPLES: Samples = Pool::new([[0; 32]; 8]);

/// What the interrupt handler does: returns whether it found a buffer, and a place in the queue.
fn on_interrupt(number: u16, queue: &mut Producer<'_, Filled>) -> bool {
    let Some(mut samples) = SAMPLES.try_acquire() else { return false };
    samples.fill(number);
    // A loan that the queue has no place for gives its buffer back when it is dropped.
    queue.enqueue(samples).is_ok()
}

/// What the task does.
fn on_samples(queue: &mut Consumer<'_, Filled>) -> Option<u32> {
    let samples = queue.dequeue()?;
    Some(samples.iter().map(|sample| u32::from(*sample)).sum())
}

fn main() {
    let mut queue: Queue<Filled, 8> = Queue::new();
    let (mut filled, mut to_process) = queue.split();
    let (mut processed, mut sum) = (0, 0);
    thread::scope(|scope| {
        let interrupts = scope.spawn(move || {
            let passed_on = (0..200).filter(|&number| {
                thread::sleep(Duration::from_micros(100));
                on_interrupt(number, &mut filled)
            });
            passed_on.count()
        });
        while !interrupts.is_finished() || to_process.ready() {
            if let Some(samples) = on_samples(&mut to_process) {
                (processed, sum) = (processed + 1, sum + samples);
            }
        }
        let passed_on = interrupts.join().expect("the interrupt does not panic");
        println!("200 interrupts: {passed_on} passed on, {processed} processed, sum {sum}");
        assert_eq!(passed_on, processed);
    });
    println!("{} of {} buffers are free again", SAMPLES.available(), SAMPLES.capacity());
}
