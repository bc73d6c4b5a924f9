//! One acquisition, from opening the library to the figures of the summary.
//!
//! ```text
//!   main thread   starts and stops; progress, limits, Ctrl-C
//!   SDK's thread  MeasuredTier::on_frame -> CopyTier -> pool, channel
//!   consumer      channel -> Output; then the buffer goes back to the pool
//!   (pacer)       software triggers, if the exposure is shorter than the frame period
//! ```

use crate::consume::{Consumed, consume};
use crate::handler::MeasuredTier;
use crate::mode::Mode;
use crate::options::Options;
use crate::output::{Destination, Output, Saved};
use crate::probe::{Cost, Probe, warm_up};
use crate::serve::Served;
use crate::watch::Watch;
use framepool::{FrameMeta, FramePool, FrameProducer, OnExhausted, OpenMetrics, Report, Summary};
use framepool_pvcam::{Acquisition, CopyTier, Description, Library, Sdk, Setup, StartError};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

/// The figures of the summary.
pub(crate) struct Grabbed {
    pub(crate) library: String,
    pub(crate) camera: Description,
    pub(crate) meta: FrameMeta,
    pub(crate) frame_bytes: usize,
    pub(crate) frames: Report,
    /// Frames that the consumer took out of the channel.
    pub(crate) consumed: u64,
    pub(crate) capacity: usize,
    pub(crate) high_water: Option<usize>,
    /// Times of copying a frame, microseconds.
    pub(crate) copy: Summary,
    /// Times of acquiring a buffer, nanoseconds.
    pub(crate) acquire: Summary,
    pub(crate) warm_up: u64,
    pub(crate) costs: [Cost; 2],
    pub(crate) seconds: f64,
    /// Of the frames delivered; `None` if these are fewer than two.
    pub(crate) frames_per_second: Option<f64>,
    pub(crate) output: Option<Saved>,
    /// Why the acquisition ended before a limit or an interrupt ended it.
    pub(crate) failure: Option<String>,
    pub(crate) interrupted: bool,
}

/// Why there is no summary.
pub(crate) enum GrabError {
    /// The request is at fault: the user can change it.
    BadInput(Box<dyn Error>),
    /// The camera did not start.
    Failed(Box<dyn Error>),
}

impl<E: Into<Box<dyn Error>>> From<E> for GrabError {
    fn from(error: E) -> Self {
        Self::BadInput(error.into())
    }
}

pub(crate) fn run(options: &Options, mode: Mode) -> Result<Grabbed, GrabError> {
    let out = options.out.as_deref();
    let destination = out.map(|path| Destination::check(path, options.force)).transpose()?;
    let library = match &options.sdk {
        // SAFETY: the user has chosen the library, and guarantees that it is the SDK's.
        Some(path) => unsafe { Library::load(path) }?,
        None => Library::simulated(),
    };
    let sdk = Sdk::init(library)?;
    let camera = match &options.camera {
        Some(name) => sdk.open(name)?,
        None => sdk.open_first()?,
    };
    let setup = Setup::full_frame(&camera, mode.exposure)
        .with_binning(options.bin)
        .with_trigger(mode.trigger)
        .with_ring_frames(options.ring);
    let setup = match options.roi {
        Some(region) => setup.with_region(region),
        None => setup,
    };
    let prepared = camera.prepare(&setup)?;
    let (meta, frame_bytes) = (*prepared.meta(), prepared.frame_bytes());

    let pool = FramePool::try_new(options.pool, frame_bytes)?;
    let output = destination.map(Output::create).transpose()?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopping = Arc::clone(&stop);
    // Ordering: Relaxed: a flag that publishes nothing.
    ctrlc::set_handler(move || stopping.store(true, Ordering::Relaxed))?;

    let stream = FrameProducer::options(pool.clone())
        .places(options.queue())
        .on_exhausted(options.on_exhausted)
        .consumer("recorder")
        .timings(true);
    let stream = if options.no_pool { stream.use_pool(false) } else { stream };
    let (producer, frames) = stream.build();
    let metrics = producer.metrics().clone();
    let collector = Arc::new(OpenMetrics::new(metrics.clone()));
    let serve = |address| Served::at(address, Arc::clone(&collector));
    let served = options.metrics.map(serve).transpose()?;
    let delay = options.consumer_delay();
    let limit = options.frame_limit();
    let warm_up = warm_up(limit);
    let consumer = thread::Builder::new()
        .name("consumer".to_owned())
        .spawn(move || consume(frames, output, delay, Probe::new(warm_up)))?;

    let copy = CopyTier::new(producer.into_intake()).with_frame_limit(limit.unwrap_or(u64::MAX));
    let tier = MeasuredTier::new(copy, Probe::new(warm_up));
    let start = Instant::now();
    let acquisition = match Acquisition::start(prepared, tier) {
        Ok(acquisition) => acquisition,
        Err(error) => {
            // The channel is closed, as its end was dropped with the handler, so the consumer ends.
            if let Ok(Consumed { output: Some(output), .. }) = consumer.join() {
                output.finish(false);
            }
            return Err(match error {
                error @ (StartError::RingTooLarge { .. } | StartError::Memory(_)) => error.into(),
                error => GrabError::Failed(error.into()),
            });
        }
    };
    let watch = Watch { options, mode, stop: &stop, metrics: &metrics, collector: &collector };
    let mut failure = watch.until_over(&acquisition);
    let seconds = start.elapsed().as_secs_f64();

    acquisition.close();
    if matches!(options.on_exhausted, OnExhausted::WaitThenDrop(_) | OnExhausted::WaitThenHeap(_)) {
        // If the handler waits for a buffer, this ends the wait, so that stopping need not wait.
        pool.close();
    }
    let stopped = acquisition.stop();
    let (tier, stop_error) = match stopped {
        Ok(tier) => (Some(tier), None),
        Err(error) => (None, Some(error.to_string())),
    };
    failure = failure.or(stop_error);
    let (copy, acquire, cost, rate) = tier.map(MeasuredTier::finish).unwrap_or_default();
    rate.compare(options.fps);
    let consumed = match consumer.join() {
        Ok(consumed) => consumed,
        Err(_) => return Err(GrabError::Failed("the consumer panicked".into())),
    };
    let output = consumed.output.map(|output| output.finish(failure.is_none()));

    // Ordering: Relaxed: a flag that publishes nothing. A second interrupt ends the serving too.
    let interrupted = stop.swap(false, Ordering::Relaxed);
    if let Some(served) = served {
        served.linger(options.metrics_linger(), &stop);
    }

    let stats = pool.stats();
    let path = sdk.library().path().map(|path| path.display().to_string());
    let version = sdk.library().version().unwrap_or_else(|| "unknown".to_owned());
    Ok(Grabbed {
        library: format!("{} (PVCAM {version})", path.as_deref().unwrap_or("linked-in simulator")),
        camera: camera.description().clone(),
        meta,
        frame_bytes,
        frames: metrics.report(),
        consumed: consumed.frames,
        capacity: stats.capacity,
        high_water: stats.high_water,
        copy,
        acquire,
        warm_up,
        costs: [cost, consumed.cost],
        seconds,
        frames_per_second: rate.frames_per_second(),
        output,
        failure,
        interrupted,
    })
}
