//! A stream's counters as OpenMetrics, collected when they are asked for: frames cost nothing more.

use crate::stream::health::{Health, HealthCheck};
use crate::stream::metrics::Metrics;
use crate::stream::taps::TapReport;
use crate::stream::timing::Timing;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Collects a stream's counters, its health, and its durations if it measures them.
///
/// # Examples
/// ```
/// use framepool::{FrameMeta, FramePool, OnExhausted, OpenMetrics, channel};
/// use prometheus_client::{encoding::text::encode, registry::Registry};
///
/// let (mut intake, _frames) = channel(FramePool::try_new(4, 8)?, 4, OnExhausted::Drop);
/// let mut registry = Registry::with_prefix("framepool");
/// registry.register_collector(Box::new(OpenMetrics::new(intake.metrics().clone())));
///
/// intake.take(FrameMeta::default(), 8, |room| room.fill(1));
/// let mut text = String::new();
/// encode(&mut text, &registry)?;
/// assert!(text.contains("framepool_frames_delivered_total{buffer=\"pool\"} 1\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct OpenMetrics {
    metrics: Metrics,
    health: Mutex<HealthCheck>,
}

impl OpenMetrics {
    /// Collects the counters of this stream.
    #[must_use]
    pub fn new(metrics: Metrics) -> Self {
        let health = Mutex::new(HealthCheck::new(metrics.clone()));
        Self { metrics, health }
    }

    /// Judges the stream's health, as [`HealthCheck::check`].
    #[must_use]
    pub fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).check()
    }
}

/// Bounds of the buckets of durations: from a microsecond to ten seconds.
const BOUNDS: [f64; 15] = [
    1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 1e-4, 2.5e-4, 1e-3, 2.5e-3, 1e-2, 2.5e-2, 0.1, 0.25, 1.0,
    10.0,
];

impl Collector for OpenMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let report = self.metrics.report();
        let mut to = Families { encoder: &mut encoder };
        to.counter("frames_seen", "Frames that the camera reported", report.seen)?;
        to.family(
            (
                "frames_delivered",
                "Frames that reached the primary consumer, by where their bytes are",
            ),
            MetricType::Counter,
            "buffer",
            &[("pool", report.delivered.pooled), ("heap", report.delivered.heap)],
        )?;
        to.family(
            ("frames_dropped", "Frames that were seen and dropped, by cause"),
            MetricType::Counter,
            "cause",
            &[
                ("pool_exhausted", report.dropped.exhausted),
                ("timeout", report.dropped.timeout),
                ("too_large", report.dropped.too_large),
                ("channel_full", report.dropped.channel_full),
                ("stopped", report.dropped.closed),
            ],
        )?;
        to.counter("frames_lost", "Frames that were gone before they were seen", report.lost)?;
        to.counter("pool_hits", "Frames that found a free buffer", report.pool_hits)?;
        to.counter("pool_misses", "Frames that found none", report.pool_misses)?;
        to.gauge("pool_buffers", "Buffers of the pool", report.pool_capacity as u64)?;
        to.gauge("pool_buffers_in_use", "Buffers on loan", report.pool_in_use as u64)?;
        to.gauge(
            "pool_buffers_high_water",
            "Most buffers ever on loan at once",
            report.pool_high_water as u64,
        )?;
        let health = self.health();
        let states = Health::ALL.map(|state| (state.name(), u64::from(state == health)));
        let help = "1 for the state that the stream is in, else 0";
        to.family(("health", help), MetricType::Gauge, "state", &states)?;
        to.taps(self.metrics.taps())?;
        if let Some(timings) = self.metrics.timings() {
            let durations = [
                ("acquire_duration", "Time that asking for a buffer took", timings.acquire()),
                ("fill_duration", "Time that filling a buffer took", timings.fill()),
                ("hold_duration", "Time that the consumer held a frame", timings.hold()),
            ];
            for (name, help, timing) in &durations {
                to.histogram(name, help, timing)?;
            }
        }
        Ok(())
    }
}

/// Returns the text as it stands in a label: prometheus-client writes labels as they are.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

/// Writes families of metrics.
struct Families<'a, 'e> {
    encoder: &'a mut DescriptorEncoder<'e>,
}

impl Families<'_, '_> {
    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let mut metric = self.encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, _, u64>(&value, None)
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let mut metric = self.encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        metric.encode_gauge(&value)
    }

    /// Writes a family of counters or gauges, told apart by a label.
    fn family(
        &mut self,
        (name, help): (&str, &str),
        kind: MetricType,
        label: &str,
        values: &[(&str, u64)],
    ) -> fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, None, kind)?;
        values.iter().try_for_each(|(of, value)| {
            let labels = [(label, *of)];
            let mut metric = family.encode_family(&labels)?;
            match kind {
                MetricType::Counter => metric.encode_counter::<NoLabelSet, _, u64>(value, None),
                _ => metric.encode_gauge(value),
            }
        })
    }

    /// Writes the counters of the taps.
    fn taps(&mut self, mut taps: Vec<TapReport>) -> fmt::Result {
        type Part = (&'static str, &'static str, fn(&TapReport) -> u64);
        const PARTS: [Part; 5] = [
            ("tap_frames_offered", "Frames offered to a tap", |tap| tap.offered),
            ("tap_frames_delivered", "Frames that a tap got", |tap| tap.delivered),
            ("tap_frames_dropped", "Frames that a tap could not take", |tap| tap.dropped),
            ("tap_frames_skipped", "Frames replaced before they were looked at", |tap| tap.skipped),
            ("tap_panics", "Panics of observers", |tap| tap.panicked),
        ];
        taps.iter_mut().for_each(|tap| tap.name = escaped(&tap.name));
        for (name, help, part) in PARTS {
            let values: Vec<_> = taps.iter().map(|tap| (tap.name.as_str(), part(tap))).collect();
            self.family((name, help), MetricType::Counter, "tap", &values)?;
        }
        Ok(())
    }

    fn histogram(&mut self, name: &str, help: &str, timing: &Timing) -> fmt::Result {
        let unit = Unit::Seconds;
        let mut metric =
            self.encoder.encode_descriptor(name, help, Some(&unit), MetricType::Histogram)?;
        let mut below = 0;
        let mut buckets: Vec<(f64, u64)> = BOUNDS
            .iter()
            .map(|&bound| {
                let up_to = timing.count_up_to(Duration::from_secs_f64(bound)).max(below);
                let within = up_to - below;
                below = up_to;
                (bound, within)
            })
            .collect();
        buckets.push((f64::MAX, timing.count() - below));
        let sum = timing.sum().as_secs_f64();
        metric.encode_histogram::<NoLabelSet>(sum, timing.count(), &buckets, None)
    }
}
