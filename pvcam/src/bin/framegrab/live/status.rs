//! What the run is at: for the page, as JSON, and by the numbers that `/metrics` has.

use framepool::{FrameMeta, Health, Metrics, OpenMetrics, Rates, Report, Snapshot};
use framepool_pvcam::Description;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time over which rates are taken, in which a page asks several times.
const WINDOW: Duration = Duration::from_secs(2);

/// What is grabbed from which camera.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct About {
    pub(crate) camera: String,
    pub(crate) product: String,
    pub(crate) simulated: bool,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bit_depth: u8,
    pub(crate) frame_bytes: usize,
}

impl About {
    pub(crate) fn of(camera: &Description, meta: &FrameMeta, frame_bytes: usize) -> Self {
        Self {
            camera: camera.name.clone(),
            product: camera.product.clone(),
            simulated: camera.is_simulated,
            width: meta.width,
            height: meta.height,
            bit_depth: meta.bit_depth,
            frame_bytes,
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    #[default]
    Running,
    /// The camera has stopped; frames are still to be saved.
    Saving,
    Ended,
}

/// What the run is at: the main thread tells it, and clients ask.
#[derive(Debug, Clone)]
pub(crate) struct Status(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    about: About,
    metrics: Metrics,
    collector: Arc<OpenMetrics>,
    told: Mutex<Told>,
}

#[derive(Debug)]
struct Told {
    stage: Stage,
    failure: Option<String>,
    begun: Instant,
    /// Of the camera's run, once it has ended.
    seconds: Option<f64>,
    rates: Rates,
    /// The last ones, for the rates.
    snapshots: VecDeque<Snapshot>,
    /// When a page has asked last.
    asked: Option<Instant>,
}

/// What a client is told. The fields' names are keys of the JSON.
#[derive(Debug, Serialize)]
struct Now<'a> {
    about: &'a About,
    stage: Stage,
    failure: Option<&'a str>,
    seconds: f64,
    frames_per_second: f64,
    megabytes_per_second: f64,
    health: &'static str,
    health_text: String,
    advice: &'static str,
    report: Report,
}

impl Status {
    pub(crate) fn new(about: About, metrics: Metrics, collector: Arc<OpenMetrics>) -> Self {
        let told = Told {
            stage: Stage::Running,
            failure: None,
            begun: Instant::now(),
            seconds: None,
            rates: Rates::default(),
            snapshots: VecDeque::new(),
            asked: None,
        };
        Self(Arc::new(Shared { about, metrics, collector, told: Mutex::new(told) }))
    }

    /// Takes the rates anew, and returns them: to be called now and then while frames come.
    pub(crate) fn look(&self, now: Snapshot) -> Rates {
        let mut told = self.told();
        let age = |then: &Snapshot| now.at.saturating_duration_since(then.at);
        while told.snapshots.get(1).is_some_and(|next| age(next) >= WINDOW) {
            told.snapshots.pop_front();
        }
        told.rates = told.snapshots.front().map(|then| now.since(then)).unwrap_or_default();
        if told.snapshots.back().is_none_or(|last| age(last) >= WINDOW / 20) {
            told.snapshots.push_back(now);
        }
        told.rates
    }

    /// Tells that the camera has stopped, and why if it was to go on.
    pub(crate) fn stopped(&self, failure: Option<&str>) {
        let mut told = self.told();
        told.stage = Stage::Saving;
        told.failure = failure.map(str::to_owned);
        told.seconds = Some(told.begun.elapsed().as_secs_f64());
        told.rates = Rates::default();
    }

    /// Tells that nothing changes any more, and returns for how long open pages must still be able to ask, to be told so.
    pub(crate) fn ended(&self) -> Duration {
        let mut told = self.told();
        told.stage = Stage::Ended;
        let is_watched = told.asked.is_some_and(|asked| asked.elapsed() < WINDOW);
        if is_watched { WINDOW } else { Duration::ZERO }
    }

    pub(crate) fn collector(&self) -> &Arc<OpenMetrics> {
        &self.0.collector
    }

    pub(crate) fn health(&self) -> Health {
        self.0.collector.health()
    }

    /// Returns what the run is at, as JSON.
    pub(crate) fn json(&self) -> serde_json::Result<Vec<u8>> {
        let Shared { about, metrics, .. } = &*self.0;
        let health = self.health();
        let mut told = self.told();
        told.asked = Some(Instant::now());
        let frames_per_second = told.rates.delivered_per_second;
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let megabytes_per_second = frames_per_second * about.frame_bytes as f64 / 1e6;
        serde_json::to_vec(&Now {
            about,
            stage: told.stage,
            failure: told.failure.as_deref(),
            seconds: told.seconds.unwrap_or_else(|| told.begun.elapsed().as_secs_f64()),
            frames_per_second,
            megabytes_per_second,
            health: health.name(),
            health_text: health.to_string(),
            advice: health.advice(),
            report: metrics.report(),
        })
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
