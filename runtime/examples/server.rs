//! A camera server in small: a driver's thread delivers frames, a tokio task consumes them, and at the
//! end every frame is accounted for.
//!
//! `cargo run -p framepool --example server`

#![allow(clippy::print_stdout, reason = "an example that reports")]

use framepool::{FrameMeta, FramePool, Frames, Intake, OnExhausted, Outcome, channel};
use std::error::Error;
use std::thread;
use std::time::Duration;

/// What a driver's callback does: one copy into a buffer of the pool, no allocation.
fn on_frame(intake: &mut Intake, pixels: &[u8], number: u32) -> Outcome {
    let mut meta = FrameMeta::new(512, 512, 16);
    meta.hardware_number = number;
    intake.take(meta, pixels.len(), |room| room.copy_from_slice(pixels))
}

/// What the consumer does; dropping the frame gives its buffer back.
async fn consume(mut frames: Frames) -> (u64, u64) {
    let (mut count, mut sum) = (0, 0);
    while let Some(frame) = frames.recv().await {
        count += 1;
        sum += frame.view().bytes().iter().map(|&byte| u64::from(byte)).sum::<u64>();
    }
    (count, sum)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let pixels = vec![1; 512 * 512 * 2];
    let pool = FramePool::try_new(8, pixels.len())?;
    // A frame that finds no buffer waits for one, well under the time that a camera's ring holds.
    let policy = OnExhausted::WaitThenDrop(Duration::from_millis(500));
    let (mut intake, frames) = channel(pool.clone(), 8, policy);
    let metrics = intake.metrics().clone();

    let driver = thread::spawn(move || {
        for number in 1..=200 {
            thread::sleep(Duration::from_millis(5));
            on_frame(&mut intake, &pixels, number);
        }
    });
    let (count, sum) = consume(frames).await;
    driver.join().map_err(|_| "the driver panicked")?;

    let report = metrics.report();
    println!("{count} consumed (sum {sum}); {report}");
    println!("conserved: {}, {pool:?}", report.is_conserved());
    Ok(())
}
