//! One acquisition from beginning to end.
//!
//! ```text
//!   main thread   progress, limits, Ctrl-C
//!   SDK's thread  Grab::on_frame -> CopyTier -> pool, channel
//!   consumer      channel -> Output, then the buffer goes back
//!   (pacer)       software triggers, where the exposure is shorter than the frame period
//! ```

use crate::options::{Mode, Options};
use crate::output::{Destination, Output, Saved};
use crate::pace;
use crate::probe::{Cost, Probe, warm_up};
use crate::progress::Progress;
use framepool::{
    Delivered, FrameMeta, FramePool, Frames, Metrics, OnExhausted, Report, Summary, channel,
};
use framepool_pvcam::{
    Acquisition, CopyTier, Description, End, FrameHandler, Library, RingFrame, Sdk, Setup,
    StartError, Trigger,
};
use std::error::Error;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, ScopedJoinHandle};
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
    pub(crate) high_water: Option<usize>,
    /// Microseconds.
    pub(crate) copy: Summary,
    /// Nanoseconds.
    pub(crate) acquire: Summary,
    pub(crate) warm_up: u64,
    pub(crate) costs: [Cost; 2],
    pub(crate) seconds: f64,
    /// Of frames delivered; `None` of fewer than two.
    pub(crate) frames_per_second: Option<f64>,
    pub(crate) output: Option<Saved>,
    /// Why it ended otherwise than it was asked to.
    pub(crate) failure: Option<String>,
    pub(crate) interrupted: bool,
}

/// A camera that sends nothing for this long, or for ten frame periods, is stuck.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is nothing to sum up.
pub(crate) enum Trouble {
    /// The user can ask for something else.
    BadInput(Box<dyn Error>),
    /// The camera did not start.
    Failed(Box<dyn Error>),
}

impl<E: Into<Box<dyn Error>>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::BadInput(error.into())
    }
}

pub(crate) fn run(options: &Options, mode: Mode) -> Result<Grabbed, Trouble> {
    let out = options.out.as_deref();
    let destination = out.map(|path| Destination::check(path, options.force)).transpose()?;
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
    setup.ring_frames = options.ring;
    let prepared = camera.prepare(&setup)?;
    let (meta, frame_bytes) = (*prepared.meta(), prepared.frame_bytes());

    let pool = FramePool::try_new(options.pool, frame_bytes)?;
    let output = destination.map(Output::create).transpose()?;
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
    let acquisition = match Acquisition::start(prepared, grab) {
        Ok(acquisition) => acquisition,
        Err(error) => {
            // The channel is gone with the handler; nothing is left of the output.
            if let Ok(Consumed { output: Some(output), .. }) = consumer.join() {
                output.finish(false);
            }
            return Err(match error {
                error @ (StartError::RingTooLarge { .. } | StartError::Memory(_)) => error.into(),
                error => Trouble::Failed(error.into()),
            });
        }
    };
    let watch = Watch { options, mode, stop: &stop, metrics: &metrics };
    let mut failure = watch.until_over(&acquisition);
    let seconds = start.elapsed().as_secs_f64();

    acquisition.close();
    if let OnExhausted::Wait(_) = options.on_exhausted {
        // A handler that waits for a buffer gives up, rather than keep the camera running.
        pool.close();
    }
    let stopped = acquisition.stop();
    let (grab, stop_error) = match stopped {
        Ok(grab) => (Some(grab), None),
        Err(error) => (None, Some(error.to_string())),
    };
    failure = failure.or(stop_error);
    let (copy, acquire, cost, rate) = grab.map(Grab::finish).unwrap_or_default();
    rate.compare(options.fps);
    let consumed = match consumer.join() {
        Ok(consumed) => consumed,
        Err(_) => return Err(Trouble::Failed("the consumer panicked".into())),
    };
    let output = consumed.output.map(|output| output.finish(failure.is_none()));

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
            let has_ended = || pacer.as_ref().is_some_and(ScopedJoinHandle::is_finished);
            let failure = self.watch(acquisition, &has_ended);
            drop(stop_pacing);
            let paced = pacer.map(|pacer| match pacer.join() {
                Ok(paced) => paced.err().map(|error| error.to_string()),
                Err(_) => Some("the pacer panicked".to_owned()),
            });
            failure.or(paced.flatten())
        })
    }

    /// `pacer_has_ended` by itself, which is never asked of it.
    fn watch(
        &self,
        acquisition: &Acquisition<Grab>,
        pacer_has_ended: &dyn Fn() -> bool,
    ) -> Option<String> {
        let start = Instant::now();
        let time_limit = self.options.seconds.map(Duration::from_secs_f64);
        let patience = PATIENCE.max(self.mode.period * 10);
        let mut progress = Progress::new(self.options.frame_limit());
        let mut newest = Newest { seen: 0, lost: 0, at: start };
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
                Some(End::Impossible(what)) => break Some(what),
                Some(other) => break Some(format!("the acquisition ended: {other:?}")),
                None => {}
            }
            // Ordering: Relaxed: a flag that publishes nothing.
            let interrupted = self.stop.load(Ordering::Relaxed);
            if interrupted || left.is_some_and(|left| left.is_zero()) || pacer_has_ended() {
                break None;
            }
            // Frames that are all overwritten before they are copied are as bad as none.
            if report.seen != newest.seen {
                newest = Newest { seen: report.seen, lost: report.lost, at: Instant::now() };
            } else if newest.at.elapsed() > patience {
                let lost = report.lost - newest.lost;
                break Some(format!(
                    "no frame has come for {} s, {lost} were lost meanwhile",
                    patience.as_secs()
                ));
            }
        };
        progress.finish();
        failure
    }
}

/// When the counters last showed a frame.
struct Newest {
    seen: u64,
    lost: u64,
    at: Instant,
}

/// The SDK thread's part: the copy tier, a limit, and a watch over what it costs.
#[derive(Debug)]
struct Grab {
    copy: CopyTier,
    limit: Option<u64>,
    probe: Probe,
    rate: Rate,
}

impl Grab {
    fn new(copy: CopyTier, limit: Option<u64>, probe: Probe) -> Self {
        Self { copy, limit, probe, rate: Rate::default() }
    }

    /// Returns copy times, acquire times, cost and rate. The channel closes with this.
    fn finish(self) -> (Summary, Summary, Cost, Rate) {
        let intake = self.copy.intake();
        (
            intake.fill_timing().summary(Duration::from_micros(1)),
            intake.acquire_timing().summary(Duration::from_nanos(1)),
            self.probe.cost(),
            self.rate,
        )
    }
}

impl FrameHandler for Grab {
    fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
        let now = Instant::now();
        let flow = self.copy.on_frame(frame);
        self.probe.frame_done();
        let report = self.copy.intake().metrics().report();
        let Delivered { pooled, heap, pinned } = report.delivered;
        self.rate.note(pooled + heap + pinned, now);
        match self.limit {
            Some(limit) if report.seen >= limit => ControlFlow::Break(()),
            _ => flow,
        }
    }

    fn on_lost(&mut self, frames: u64) {
        self.copy.on_lost(frames);
    }
}

/// When frames that were delivered had arrived.
#[derive(Debug, Clone, Copy, Default)]
struct Rate {
    delivered: u64,
    first: Option<Instant>,
    newest: Option<Instant>,
}

impl Rate {
    /// Notes a frame that arrived at `now`, and how many were delivered once it was dealt with.
    fn note(&mut self, delivered: u64, now: Instant) {
        if delivered > self.delivered {
            self.delivered = delivered;
            self.first.get_or_insert(now);
            self.newest = Some(now);
        }
    }

    /// Returns intervals between frames delivered, and the time that they took together.
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    fn intervals(&self) -> Option<(f64, f64)> {
        let span = self.newest?.saturating_duration_since(self.first?);
        (self.delivered > 1 && !span.is_zero())
            .then(|| ((self.delivered - 1) as f64, span.as_secs_f64()))
    }

    fn frames_per_second(&self) -> Option<f64> {
        self.intervals().map(|(intervals, seconds)| intervals / seconds)
    }

    /// Returns whether this is another rate than `asked`: by more than 2 %, and by more time than
    /// a thread may be late.
    fn is_off(&self, asked: f64) -> bool {
        self.intervals().is_some_and(|(intervals, seconds)| {
            let off = (seconds - intervals / asked).abs();
            off > 0.02 * intervals / asked && off > 0.02
        })
    }

    fn compare(&self, asked: Option<f64>) {
        if let (Some(asked), Some(rate)) = (asked, self.frames_per_second())
            && self.is_off(asked)
        {
            tracing::warn!("{rate:.1} frames a second were delivered, {asked} were asked for");
        }
    }
}

struct Consumed {
    frames: u64,
    cost: Cost,
    output: Option<Output>,
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
    Consumed { frames: count, cost: probe.cost(), output }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Delivers frames one period apart.
    fn rate(frames: u32, period: Duration) -> Rate {
        let (mut rate, start) = (Rate::default(), Instant::now());
        for frame in 0..frames {
            rate.note(u64::from(frame) + 1, start + period * frame);
        }
        rate
    }

    #[test]
    fn rates_are_of_frames_delivered() {
        let mut hundred = rate(101, Duration::from_millis(10));
        let seen_later = hundred.newest.unwrap() + Duration::from_secs(5);
        // Dropped: the count is the same.
        hundred.note(101, seen_later);
        assert!((hundred.frames_per_second().unwrap() - 100.0).abs() < 1e-6);
        assert_eq!(rate(1, Duration::from_millis(10)).frames_per_second(), None);
        assert_eq!(Rate::default().frames_per_second(), None);
    }

    #[test]
    fn a_rate_that_was_not_reached_is_told_from_jitter() {
        let hundred = rate(201, Duration::from_millis(10));
        assert!(!hundred.is_off(100.0) && !hundred.is_off(101.0));
        assert!(hundred.is_off(122.0) && hundred.is_off(90.0));
        assert!(!rate(3, Duration::from_millis(10)).is_off(122.0), "too short to tell");
    }
}
