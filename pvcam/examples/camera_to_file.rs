//! Acquires frames from a simulated camera and writes their pixels to a file, one after the other.
//!
//! usage: camera_to_file [FILE [FRAMES]]    default: frames.raw in the temporary directory, 100
#![allow(clippy::print_stdout, reason = "the example prints a summary")]

use framepool::{FramePool, Frames, OnExhausted, channel};
use framepool_pvcam::{Acquisition, CopyTier, End, Library, Sdk, Setup};
use std::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::time::Duration;
use std::{env, thread};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let path = args.next().map_or_else(|| env::temp_dir().join("frames.raw"), Into::into);
    let count: u32 = args.next().map_or(Ok(100), |frames| frames.parse())?;

    let sdk = Sdk::init(Library::simulated())?;
    let camera = sdk.open_first()?;
    let setup = Setup::full_frame(&camera, Duration::from_millis(10)).with_binning(4);
    let prepared = camera.prepare(&setup)?;

    // If the file is slower than the camera, the pool runs out, and frames are dropped and counted.
    let pool = FramePool::try_new(16, prepared.frame_bytes())?;
    let (intake, frames) = channel(pool, 32, OnExhausted::Drop);
    let file = File::create(&path)?;
    let writer = thread::spawn(move || write(frames, file));
    let tier = CopyTier::new(intake).with_frame_limit(count.into());
    let acquisition = Acquisition::start(prepared, tier)?;

    // Ends when all frames were seen, or when the writer has failed and its end of the channel is
    // gone. A camera that takes twice as long as it should, and ten seconds, is stuck.
    let end = acquisition.wait(setup.exposure * 2 * count + Duration::from_secs(10));
    let report = acquisition.stop()?.intake().metrics().report();
    // The other end of the channel is gone with the copy tier, so the writer returns.
    let written = writer.join().map_err(|_| "the writer panicked")??;

    let (seen, lost, conserved) = (report.seen, report.lost, report.is_conserved());
    let delivered = report.delivered.pooled + report.delivered.heap;
    let dropped = seen - delivered;
    println!(
        "seen {seen}, delivered {delivered}, dropped {dropped}, lost {lost}, conserved {conserved}"
    );
    match end {
        Some(End::HandlerBroke) if written == delivered && conserved => Ok(()),
        end => Err(format!("{written} of {count} frames were written; end: {end:?}").into()),
    }
}

/// Writes each frame. Its buffer goes back to the pool when the frame is dropped.
fn write(mut frames: Frames, mut file: File) -> io::Result<u64> {
    let mut written = 0;
    while let Some(frame) = frames.recv_blocking() {
        file.write_all(frame.view().bytes())?;
        written += 1;
    }
    Ok(written)
}
