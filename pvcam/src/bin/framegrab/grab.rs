//! One acquisition from beginning to end.
//!
//! ```text
//!   main thread   progress, limits, Ctrl-C
//!   SDK's thread  Grab::on_frame -> CopyTier -> pool, channel
//!   consumer      channel -> Output, then the buffer goes back
//!   (pacer)       software triggers, where the exposure is shorter than the frame period
//! ```

use crate::options::{Mode, Options};
use crate::output::{Output, Saved};
use crate::pace;
use crate::probe::{Cost, Probe, warm_up};
use crate::progress::Progress;
use framepool::{FrameMeta, FramePool, Frames, Metrics, Report, Summary, channel};
use framepool_pvcam::{
    Acquisition, CopyTier, Description, End, FrameHandler, Library, RingFrame, Sdk, Setup, Trigger,
};
use std::error::Error;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// All that the summary is made of.
pub(crate) struct Grabbed {
    pub(crate) library: String,
    pub(crate) camera: Description,
    pub(crate) meta: FrameMeta,
    pub(crate) frame_bytes: usize,
    pub(crate) frames: Report,
    /// Frames that the consumer took out of the channel.
    pub(crate) consumed: u64,
    pub(crate) capacity: usize,
    pub(crate) high_water: usize,
    /// Microseconds.
    pub(crate) copy: Summary,
    /// Nanoseconds.
    pub(crate) acquire: Summary,
    pub(crate) warm_up: u64,
    pub(crate) costs: [Cost; 2],
    pub(crate) seconds: f64,
    pub(crate) frames_per_second: f64,
    pub(crate) output: Option<Saved>,
    /// Why it ended otherwise than it was asked to.
    pub(crate) failure: Option<String>,
    pub(crate) interrupted: bool,
}

/// A camera that sends nothing for this long, or for ten frame periods, is stuck.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn run(options: &Options, mode: Mode) -> Result<Grabbed, Box<dyn Error>> {
    let library = match &options.sdk {
        // SAFETY: the user names the library, and vouches for it.
        Some(path) => unsafe { Library::load(path) }?,
        None => Library::simulated(),
    };
    let sdk = Sdk::init(library)?;
    let camera = match &options.camera {
        Some(name) => sdk.open(name)?,
        None => sdk.open_first()?,
    };
    let mut setup = Setup::full_frame(&camera, mode.exposure);
    setup.region = options.roi.unwrap_or(setup.region);
    setup.binning = options.bin;
    setup.trigger = mode.trigger;
    let prepared = camera.prepare(&setup)?;
    let (meta, frame_bytes) = (*prepared.meta(), prepared.frame_bytes());

    let pool = FramePool::try_new(options.pool, frame_bytes)?;
    let output = options.out.as_deref().map(Output::create).transpose()?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopping = Arc::clone(&stop);
    // Ordering: Relaxed: a flag that publishes nothing.
    ctrlc::set_handler(move || stopping.store(true, Ordering::Relaxed))?;

    let (intake, frames) = channel(pool.clone(), options.queue(), options.on_exhausted);
    let metrics = Arc::clone(intake.metrics());
    let delay = options.consumer_delay();
    let limit = options.frame_limit();
    let warm_up = warm_up(limit);
    let consumer = thread::Builder::new()
        .name("consumer".to_owned())
        .spawn(move || consume(frames, output, delay, Probe::new(warm_up)))?;

    let grab = Grab::new(CopyTier::new(intake), limit, Probe::new(warm_up));
    let start = Instant::now();
    let acquisition = Acquisition::start(prepared, grab)?;
    let watch = Watch { options, mode, stop: &stop, metrics: &metrics };
    let mut failure = watch.until_over(&acquisition);
    let seconds = start.elapsed().as_secs_f64();

    let stopped = acquisition.stop();
    let (grab, stop_error) = match stopped {
        Ok(grab) => (Some(grab), None),
        Err(error) => (None, Some(error.to_string())),
    };
    failure = failure.or(stop_error);
    let (copy, acquire, cost, frames_per_second) = grab.map(Grab::finish).unwrap_or_default();
    let consumed = consumer.join().map_err(|_| "the consumer panicked")?;

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
        frames_per_second,
        output: consumed.saved,
        failure,
        // Ordering: Relaxed: a flag that publishes nothing.
        interrupted: stop.load(Ordering::Relaxed),
    })
}

/// The main thread's part while frames flow.
struct Watch<'a> {
    options: &'a Options,
    mode: Mode,
    stop: &'a AtomicBool,
    metrics: &'a Metrics,
}

impl Watch<'_> {
    /// Returns when a limit is reached or nothing more will come, and why that was not asked for.
    fn until_over(&self, acquisition: &Acquisition<Grab>) -> Option<String> {
        let (stop_pacing, pacing) = mpsc::channel();
        thread::scope(|scope| {
            let pacer = (self.mode.trigger == Trigger::Software)
                .then(|| scope.spawn(move || pace::run(acquisition, self.mode.period, &pacing)));
            let failure = self.watch(acquisition);
            drop(stop_pacing);
            let paced = pacer.map(|pacer| pacer.join().ok());
            match paced {
                Some(Some(Err(error))) => failure.or(Some(error.to_string())),
                _ => failure,
            }
        })
    }

    fn watch(&self, acquisition: &Acquisition<Grab>) -> Option<String> {
        let start = Instant::now();
        let time_limit = self.options.seconds.map(Duration::from_secs_f64);
        let patience = PATIENCE.max(self.mode.period * 10);
        let mut progress = Progress::new(self.options.frame_limit());
        let mut newest = (0, start);
        let failure = loop {
            let tick = Duration::from_millis(50);
            let left = time_limit.map(|limit| limit.saturating_sub(start.elapsed()));
            let end = acquisition.wait(left.map_or(tick, |left| left.min(tick)));
            let report = self.metrics.report();
            progress.show(report.seen);
            match end {
                Some(End::HandlerBroke) if report.dropped.closed > 0 => {
                    break Some("the consumer ended before the frames did".to_owned());
                }
                Some(End::HandlerBroke) => break None,
                Some(End::HandlerPanicked(message)) => {
                    break Some(format!("the frame handler panicked: {message}"));
                }
                Some(End::Failed(error)) => break Some(error.to_string()),
                Some(other) => break Some(format!("the acquisition ended: {other:?}")),
                None => {}
            }
            // Ordering: Relaxed: a flag that publishes nothing.
            let interrupted = self.stop.load(Ordering::Relaxed);
            if interrupted || left.is_some_and(|left| left.is_zero()) {
                break None;
            }
            if report.seen + report.lost != newest.0 {
                newest = (report.seen + report.lost, Instant::now());
            } else if newest.1.elapsed() > patience {
                break Some(format!("no frame has come for {} s", patience.as_secs()));
            }
        };
        progress.finish();
        failure
    }
}

/// The SDK thread's part: the copy tier, a limit, and a watch over what it costs.
#[derive(Debug)]
struct Grab {
    copy: CopyTier,
    limit: Option<u64>,
    probe: Probe,
    arrivals: u64,
    first: Option<Instant>,
    newest: Option<Instant>,
}

impl Grab {
    fn new(copy: CopyTier, limit: Option<u64>, probe: Probe) -> Self {
        Self { copy, limit, probe, arrivals: 0, first: None, newest: None }
    }

    /// Returns copy times, acquire times, cost, and frames per second from first to last arrival.
    /// The channel closes with this.
    fn finish(self) -> (Summary, Summary, Cost, f64) {
        let intake = self.copy.intake();
        let span = self.first.zip(self.newest).map(|(first, newest)| newest - first);
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let intervals = self.arrivals.saturating_sub(1) as f64;
        let rate = span.filter(|span| !span.is_zero()).map(|span| intervals / span.as_secs_f64());
        (
            intake.fill_timing().summary(Duration::from_micros(1)),
            intake.acquire_timing().summary(Duration::from_nanos(1)),
            self.probe.cost(),
            rate.unwrap_or_default(),
        )
    }
}

impl FrameHandler for Grab {
    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
        let now = Instant::now();
        self.first.get_or_insert(now);
        self.newest = Some(now);
        self.arrivals += 1;
        let flow = self.copy.on_frame(frame);
        self.probe.frame_done();
        let seen = self.copy.intake().metrics().report().seen;
        match self.limit {
            Some(limit) if seen >= limit => ControlFlow::Break(()),
            _ => flow,
        }
    }

    fn on_lost(&mut self, frames: u64) {
        self.copy.on_lost(frames);
    }
}

struct Consumed {
    frames: u64,
    cost: Cost,
    saved: Option<Saved>,
}

/// The consumer's part: saves each frame, then lets go of it.
fn consume(
    mut frames: Frames,
    mut output: Option<Output>,
    delay: Duration,
    mut probe: Probe,
) -> Consumed {
    let mut count = 0;
    while let Some(frame) = frames.recv_blocking() {
        count += 1;
        if let Some(output) = &mut output {
            output.save(frame.view());
        }
        if !delay.is_zero() {
            thread::sleep(delay);
        }
        drop(frame);
        probe.frame_done();
    }
    Consumed { frames: count, cost: probe.cost(), saved: output.map(Output::finish) }
}
