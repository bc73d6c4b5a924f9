//! One acquisition, from opening the library to the figures of the summary.
//!
//! ```text
//!   main thread   starts and stops; progress, limits, Ctrl-C
//!   SDK's thread  the tier -> channel; measured by a tap (probes)
//!   consumer      channel -> Output; then the frame's buffer or place goes back
//!   (pacer)       software triggers, if the exposure is shorter than the frame period
//! ```

use crate::aside;
use crate::consume::{Consumed, Consumer, Told};
use crate::frame_thread::FrameThread;
use crate::gather::Gather;
use crate::live::series::Series;
use crate::live::{Files, Live};
use crate::minutes::{Minutes, Soaked};
use crate::mode::Mode;
use crate::options::Options;
use crate::probe::{Cost, Probe, warm_up};
use crate::probes::Probes;
use crate::record::about::{About, Readout};
use crate::record::destination::Destination;
use crate::record::output::{Output, Saved};
use crate::record::recording::Plan;
use crate::record::room;
use crate::refusal::by_option;
use crate::sdk;
use crate::sequel::Sequel;
use crate::sizes::{Expected, Sizes};
use crate::stop::Stop;
use crate::watch::{Kind, Watch};
use crate::window::Window;
use framepool::{
    FrameMeta, FramePool, Metrics, OnExhausted, Report, Summary, Timing, Timings, available_memory,
};
use framepool_pvcam::{
    Camera, CaptureError, CaptureOptions, Description, Gaps, ParameterError, Setup, StartError,
    Tier, Times,
};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A wait that needs no word.
const SHORT: Duration = Duration::from_millis(500);

/// The figures of the summary.
pub(crate) struct Grabbed {
    pub(crate) library: String,
    pub(crate) camera: Description,
    pub(crate) tier: Tier,
    pub(crate) meta: FrameMeta,
    pub(crate) frame_bytes: usize,
    /// Frames in the ring that the camera fills, or of one sequence.
    pub(crate) ring_frames: usize,
    pub(crate) frames: Report,
    /// Frames that the consumer took out of the channel.
    pub(crate) consumed: u64,
    pub(crate) sequel: Sequel,
    pub(crate) window: Window,
    /// Frames that were lost or dropped among those that were to be saved.
    pub(crate) missing: u64,
    /// Buffers that were not given back to the pool.
    pub(crate) missing_buffers: usize,
    pub(crate) capacity: usize,
    /// Frames that may wait for the consumer.
    pub(crate) queue: usize,
    pub(crate) high_water: Option<usize>,
    /// How the thread that took the frames ran.
    pub(crate) frame_thread: FrameThread,
    /// Times of copying a frame, microseconds.
    pub(crate) copy: Summary,
    /// Times of acquiring a buffer, nanoseconds.
    pub(crate) acquire: Summary,
    pub(crate) gaps: Option<Gaps>,
    pub(crate) times: Times,
    pub(crate) soaked: Soaked,
    pub(crate) warm_up: u64,
    pub(crate) costs: [Cost; 2],
    pub(crate) seconds: f64,
    /// Of the frames delivered; `None` if these are fewer than two.
    pub(crate) frames_per_second: Option<f64>,
    /// Another rate was asked for.
    pub(crate) is_off_rate: bool,
    /// What became of the frames over time.
    pub(crate) series: Series,
    pub(crate) durations: Durations,
    pub(crate) output: Option<Saved>,
    /// Whether the preview, if one was asked for, could be written.
    pub(crate) preview: Result<(), String>,
    /// Where a report is to be written.
    pub(crate) report: Option<Destination>,
    /// Why the acquisition ended before a limit or an interrupt ended it.
    pub(crate) failure: Option<String>,
    pub(crate) interrupted: bool,
}

/// How long each step of a frame took.
pub(crate) struct Durations {
    pub(crate) copy: Timing,
    /// From when the program saw it until the consumer was done with it.
    pub(crate) hold: Timing,
    pub(crate) save: Timing,
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

pub(crate) fn run(
    options: &Options,
    mode: Mode,
    check: Option<Kind>,
    stop: &Stop,
) -> Result<Grabbed, GrabError> {
    let is_soak = check == Some(Kind::Soak);
    let out = options.out.as_deref();
    if options.is_piped() && (options.is_split() || options.direct || options.force) {
        return Err("--split, --direct and --force are for files, not for --out -".into());
    }
    let named = out.filter(|_| !options.is_piped());
    let may_be = |path| Destination::check(path, options.force, options.is_split());
    let destination = named.map(may_be).transpose()?;
    let folder = destination.as_ref().map(|to| to.folder().to_owned());
    let files = Files::check(&options.live, options.force)?;
    let window = options.window.open(options.frame_limit())?;
    let (tier, frame_thread) = (options.tier()?, options.frame_thread.permitted()?);
    let sdk = sdk::init(options.sdk.as_deref())?;
    let camera = sdk::open(&sdk, options.camera.as_deref())?;
    options.assignments.apply(&camera).map_err(|error| match error {
        ParameterError::Sdk(_) => GrabError::Failed(error.into()),
        _ => error.into(),
    })?;
    let sizes = options.sizes.choose(expected(options, mode, tier, &camera), available_memory())?;
    let asked_for = asked_for(options, mode, (tier, sizes), &camera);
    let (ready, frames) = asked_for.prepare().map_err(|error| refused(options, error))?;
    let (meta, frame_bytes) = (*ready.meta(), ready.frame_bytes());
    let (pool, metrics) = (ready.pool().clone(), ready.metrics().clone());

    let is_in_place = tier == Tier::Pinned && out.is_some();
    let scratch = is_in_place.then(|| FramePool::try_new(1, frame_bytes)).transpose()?;
    let mut live = Live::begin(&options.live, &camera, &ready)?;
    let library = sdk::described(sdk.library());
    // When nothing else can be refused.
    let output = match (out, destination) {
        (None, _) => None,
        (Some(_), destination) => {
            let resolution = ready.timestamp_resolution();
            let (recorded, exposure) = (camera.description().into(), mode.exposure_mode());
            let mut about = About::of(&meta, recorded, &library, exposure, mode.period, resolution);
            about.readout = Readout::of(camera.settings());
            Some(begin_saving(options, destination, about, mode, frame_bytes)?)
        }
    };
    let warm_up = warm_up(options.frame_limit());
    let probes = Probes::on(ready.taps(), warm_up, frame_thread);
    let told = Arc::<Told>::default();
    let consumer = Consumer {
        output,
        window,
        scratch: scratch.and_then(|pool| pool.try_acquire()),
        gather: Gather::new(mode.period, sizes.room(tier)),
        delay: options.consumer_delay(),
        probe: Probe::new(warm_up),
        stop: stop.clone(),
        told: Arc::clone(&told),
        goes_on: options.goes_on(),
        saves: Timing::new(),
    };
    let consumer = thread::Builder::new()
        .name("consumer".to_owned())
        .spawn(move || consumer.consume(frames))?;

    let start = Instant::now();
    let capture = match ready.start() {
        Ok(capture) => capture,
        Err(error) => {
            // The channel is closed, as its end was dropped, so the consumer ends.
            if let Ok(Consumed { output: Some(output), .. }) = consumer.join() {
                output.finish(false, 0);
            }
            return Err(refused(options, error.into()));
        }
    };
    let mut minutes = Minutes::new(is_soak);
    let is_over = &told.is_over;
    let watch = Watch { options, is_soak, mode, stop, is_over, metrics: &metrics, folder };
    let mut failure = watch.until_over(&capture, &mut live, &mut minutes);
    let interrupted = stop.is_asked();
    stop.begin_draining();
    let (seconds, soaked) = (start.elapsed().as_secs_f64(), minutes.finish());

    capture.close();
    if matches!(options.on_exhausted, OnExhausted::WaitThenDrop(_) | OnExhausted::WaitThenHeap(_)) {
        // If the SDK's thread waits for a buffer, this ends the wait, so that stopping need not wait.
        pool.close();
    }
    let (ring_frames, gaps) = (capture.ring_frames(), capture.gaps());
    let mut times = capture.times();
    match capture.stop() {
        Ok(stopped) => times = stopped,
        Err(error) => failure = failure.or(Some(error.to_string())),
    }
    live.stopped(failure.as_deref());
    let (cost, rate) = probes.read();
    // A smoke test has a rate of its own.
    let asked =
        options.fps.or((check == Some(Kind::Smoke) && options.exposure.is_none()).then_some(100.0));
    let is_off_rate = asked.is_some_and(|asked| rate.differs_from(asked));
    if out.is_some() {
        drain(&consumer, &told, &metrics);
    }
    let consumed = match consumer.join() {
        Ok(consumed) => consumed,
        Err(_) => return Err(GrabError::Failed("the consumer panicked".into())),
    };
    // If what waited was dropped, the run was interrupted while it ended.
    let interrupted = interrupted || stop.is_urgent();
    // Of leases that were overrun, the consumer knows.
    let frames = metrics.report();
    let missing = consumed.window.missing(frames.lost + frames.dropped.total());
    let output = consumed.output.map(|output| output.finish(failure.is_none(), missing));

    let (series, preview) = live.end(&files, stop);

    let stats = pool.stats();
    Ok(Grabbed {
        library,
        camera: camera.description().clone(),
        tier,
        meta,
        frame_bytes,
        ring_frames,
        frames,
        consumed: consumed.frames,
        sequel: consumed.sequel,
        window: consumed.window,
        missing,
        missing_buffers: stats.capacity - stats.available,
        capacity: stats.capacity,
        queue: sizes.queue,
        high_water: stats.high_water,
        frame_thread,
        copy: timing(&metrics, Timings::fill).summary(Duration::from_micros(1)),
        acquire: timing(&metrics, Timings::acquire).summary(Duration::from_nanos(1)),
        gaps,
        times,
        soaked,
        warm_up,
        costs: [cost, consumed.cost],
        seconds,
        frames_per_second: rate.frames_per_second(),
        is_off_rate,
        series,
        durations: Durations {
            copy: timing(&metrics, Timings::fill),
            hold: timing(&metrics, Timings::hold),
            save: consumed.saves,
        },
        output,
        preview,
        report: files.report,
        failure,
        interrupted,
    })
}

/// Begins to save, if there is room for all frames that are to come.
fn begin_saving(
    options: &Options,
    destination: Option<Destination>,
    about: About,
    mode: Mode,
    frame_bytes: usize,
) -> Result<Output, String> {
    let (frame_bytes, split) = (frame_bytes as u64, options.split(frame_bytes));
    let is_from_the_first = options.window.is_from_the_first();
    let plan = Plan {
        about,
        frame_bytes,
        frames: options.window.of(options.expected(mode.period)),
        is_direct: options.direct,
        is_from_the_first,
    };
    let Some(destination) = destination else { return Output::pipe(plan) };
    let each = destination.kind().bytes_on_disk(frame_bytes, options.direct);
    if let Some(frames) = plan.frames
        && let Err(error) = room::check(destination.folder(), frames.saturating_mul(each))
    {
        if !options.goes_on() {
            let error = format!("{error}; --on-save-error continue starts nevertheless");
            return Err(destination.refusal(&error));
        }
        tracing::warn!("{error}");
    }
    Output::create(destination, plan, split, options.allow_missing)
}

/// Says what the consumer still has to do, if that takes long.
fn drain(consumer: &JoinHandle<Consumed>, told: &Told, metrics: &Metrics) {
    let begun = Instant::now();
    while begun.elapsed() < SHORT {
        if consumer.is_finished() {
            return;
        }
        thread::sleep(SHORT / 20);
    }
    // Ordering: Relaxed: a figure for people.
    let done = told.done.load(Ordering::Relaxed);
    let left = metrics.report().delivered.total().saturating_sub(done);
    let text = format!("framegrab: {left} frames are still to be saved; Ctrl-C drops them");
    aside::line(&text);
}

/// Makes what the options ask for of the camera.
fn asked_for<'c>(
    options: &'c Options,
    mode: Mode,
    (tier, sizes): (Tier, Sizes),
    camera: &'c Camera,
) -> CaptureOptions<'c> {
    let setup = Setup::full_frame(camera, mode.exposure)
        .with_binning(options.bin)
        .with_trigger(mode.trigger)
        .with_ring_frames(sizes.ring);
    let setup = match options.roi {
        Some(region) => setup.with_region(region),
        None => setup,
    };
    camera
        .capture(setup)
        .tier(tier)
        .buffers(sizes.pool)
        .frame_limit(options.frame_limit().unwrap_or(u64::MAX))
        .stream(move |stream| {
            let stream = stream.places(sizes.queue).on_exhausted(options.on_exhausted);
            let stream = stream.consumer("recorder").timings(true);
            if options.no_pool { stream.use_pool(false) } else { stream }
        })
}

/// Says what is known of the frames before the first one.
fn expected(options: &Options, mode: Mode, tier: Tier, camera: &Camera) -> Expected {
    let Description { sensor_width, sensor_height, bit_depth, .. } = *camera.description();
    let pixels = |part: Option<u32>, sensor: u32| {
        // A region beyond the sensor is refused later.
        part.unwrap_or(sensor).min(sensor) / u32::from(options.bin)
    };
    let width = pixels(options.roi.map(|region| region.width), sensor_width);
    let height = pixels(options.roi.map(|region| region.height), sensor_height);
    let frame_bytes = FrameMeta::new(width, height, bit_depth).bytes_per_frame();
    let from_heap = options.no_pool
        || matches!(options.on_exhausted, OnExhausted::Heap | OnExhausted::WaitThenHeap(_));
    let (period, frames) = (mode.period, options.expected(mode.period));
    Expected { tier, frame_bytes, period, frames: frames.unwrap_or(u64::MAX), from_heap }
}

/// Tells what the user can change from what the camera does not do.
fn refused(options: &Options, error: CaptureError) -> GrabError {
    if let Some(text) = by_option(options, &error) {
        return text.into();
    }
    match error {
        CaptureError::Start(error @ (StartError::RingTooLarge { .. } | StartError::Memory(_))) => {
            error.into()
        }
        CaptureError::Start(error) => GrabError::Failed(error.into()),
        error => error.into(),
    }
}

fn timing(metrics: &Metrics, of: fn(&Timings) -> Timing) -> Timing {
    metrics.timings().map(of).unwrap_or_default()
}
