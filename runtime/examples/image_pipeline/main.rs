//! A server that makes small JPEGs of a camera's frames on several threads: batches of 25, with buffers
//! from size classes and, by turns, with buffers from the heap. It prints what both cost, and fails if
//! the pool has not taken the allocations away.
//!
//! `cargo run --release -p framepool --example image_pipeline -- --batches 100 --out frame.jpg`

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example that reports")]

mod allocations;
mod picture;
mod pipeline;
mod report;

use allocations::{Account, Counting, charged};
use clap::Parser;
use fast_image_resize::Resizer;
use framepool::{OnExhausted, PoolError, SizeClasses};
use pipeline::{Buffers, Fresh, to_jpeg};
use rayon::prelude::*;
use report::{Report, Times};
use std::cell::RefCell;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What stops a run.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Frames in a batch.
pub(crate) const FRAMES: usize = 25;

thread_local! {
    /// It keeps memory of its own from frame to frame.
    static RESIZER: RefCell<Resizer> = RefCell::new(Resizer::new());
}

/// Makes small JPEGs of a camera's frames, with a pool and without it, and compares.
#[derive(Parser)]
struct Options {
    /// Batches each way, of 25 frames
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    batches: u64,
    /// Threads [default: one for each processor]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    threads: usize,
    /// Where to write a JPEG [default: a file in the directory of temporary files]
    #[arg(long)]
    out: Option<PathBuf>,
}

/// A frame, and the JPEG that every way must make of it.
struct Frame {
    bgr: Vec<u8>,
    jpeg: Vec<u8>,
}

impl Frame {
    fn new(number: usize) -> Result<Self, Failure> {
        let bgr = picture::frame(number, FRAMES);
        let jpeg = RESIZER.with_borrow_mut(|resizer| to_jpeg(&bgr, &Fresh, resizer))?;
        if !jpeg.starts_with(&[0xff, 0xd8]) || !jpeg.ends_with(&[0xff, 0xd9]) {
            return Err("that is no JPEG".into());
        }
        Ok(Self { bgr, jpeg })
    }

    fn process(&self, buffers: &impl Buffers) -> Result<(), Failure> {
        let jpeg = RESIZER.with_borrow_mut(|resizer| to_jpeg(&self.bgr, buffers, resizer))?;
        if *jpeg == *self.jpeg { Ok(()) } else { Err("another JPEG of the same frame".into()) }
    }
}

/// Processes each frame on each thread.
fn warm_up(frames: &[Frame], buffers: &impl Buffers) -> Result<(), Failure> {
    let done = rayon::broadcast(|_| frames.iter().try_for_each(|frame| frame.process(buffers)));
    done.into_iter().collect()
}

/// Processes a batch, and adds what it took.
fn batch(frames: &[Frame], buffers: &impl Buffers, times: &mut Times) -> Result<(), Failure> {
    let mut took = [Duration::ZERO; FRAMES];
    let started = Instant::now();
    frames.par_iter().zip(&mut took).with_max_len(1).try_for_each(|(frame, took)| {
        let started = Instant::now();
        frame.process(buffers)?;
        *took = started.elapsed();
        Ok::<_, Failure>(())
    })?;
    times.add(started.elapsed(), &took);
    Ok(())
}

/// Makes classes of which each thread can hold one slot and keep another.
fn classes(threads: usize) -> Result<SizeClasses, PoolError> {
    let slots = threads * 2;
    SizeClasses::options()
        .class(slots, pipeline::BGR_BYTES)
        .class(slots, pipeline::RGBA_BYTES)
        .class(slots, pipeline::JPEG_BYTES)
        .per_thread(1)
        .spill(0)
        // A request that found no slot would be an allocation.
        .on_exhausted(OnExhausted::Drop)
        .build()
}

/// Takes the two ways by turns, so that what else the machine does meets both. It runs on a thread of the
/// pool: jobs of parallel iterators are on the stack there.
fn compare(batches: u64, frames: &[Frame], classes: &SizeClasses) -> Result<Report, Failure> {
    // A thread's first job has rayon make what it needs, whichever way that would be.
    rayon::broadcast(|_| ());
    charged(Account::PooledWarmUp, || warm_up(frames, classes))?;
    charged(Account::FreshWarmUp, || warm_up(frames, &Fresh))?;
    let mut report = Report { batches, pooled: Times::new()?, fresh: Times::new()? };
    for number in 0..batches {
        let mut pooled =
            || charged(Account::PooledBatches, || batch(frames, classes, &mut report.pooled));
        let mut fresh =
            || charged(Account::FreshBatches, || batch(frames, &Fresh, &mut report.fresh));
        if number % 2 == 0 {
            pooled()?;
            fresh()?;
        } else {
            fresh()?;
            pooled()?;
        }
    }
    Ok(report)
}

fn run(options: Options) -> Result<(), Failure> {
    let frames = (0..FRAMES).map(Frame::new).collect::<Result<Vec<_>, _>>()?;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    let count = threads.current_num_threads();
    let classes = charged(Account::PooledSetUp, || classes(count))?;
    let report = threads.install(|| compare(options.batches, &frames, &classes))?;

    println!("{} batches of {FRAMES} frames each way, {count} threads", options.batches);
    println!("{report}");
    let stats = classes.stats();
    let mapped = stats.classes.iter().map(|class| class.slot_bytes * class.stats.capacity);
    println!("\nthe classes, {} bytes, which are mapped, not allocated:", mapped.sum::<usize>());
    println!("{stats}\n");
    let path = options.out.unwrap_or_else(|| env::temp_dir().join("framepool-image-pipeline.jpg"));
    if let Some(frame) = frames.first() {
        fs::write(&path, &frame.jpeg)?;
        println!("{} bytes of JPEG in {}", frame.jpeg.len(), path.display());
    }
    Ok(report.check()?)
}

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("image_pipeline: {failure}");
            ExitCode::FAILURE
        }
    }
}
