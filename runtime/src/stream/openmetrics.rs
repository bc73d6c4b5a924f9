//! A stream's counters as OpenMetrics, collected when they are asked for: frames cost nothing more.

use crate::stream::health::{Health, HealthCheck};
use crate::stream::metrics::{Metrics, Report};
use crate::stream::tap::TapReport;
use crate::stream::timing::{Timing, Timings};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Collects the counters of one stream or several, their health, and their durations if they measure them.
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
    streams: Vec<Watched>,
}

#[derive(Debug)]
struct Watched {
    /// As it stands in a label; none if there is one stream alone.
    name: Option<String>,
    metrics: Metrics,
    health: Mutex<HealthCheck>,
}

impl Watched {
    fn new(name: Option<String>, metrics: Metrics) -> Self {
        let health = Mutex::new(HealthCheck::new(metrics.clone()));
        Self { name, metrics, health }
    }

    fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).check()
    }
}

impl OpenMetrics {
    /// Collects the counters of this stream.
    #[must_use]
    pub fn new(metrics: Metrics) -> Self {
        Self { streams: vec![Watched::new(None, metrics)] }
    }

    /// Collects the counters of several streams, told apart by the label `stream`. One registry takes one such
    /// collector, not one for each stream: a family may be described once.
    ///
    /// # Examples
    /// ```
    /// use framepool::{FramePool, OnExhausted, OpenMetrics, channel};
    /// use prometheus_client::{encoding::text::encode, registry::Registry};
    ///
    /// let pool = || FramePool::try_new(4, 8);
    /// let (left, _frames) = channel(pool()?, 4, OnExhausted::Drop);
    /// let (right, _frames) = channel(pool()?, 4, OnExhausted::Drop);
    /// let streams = [("left", left.metrics().clone()), ("right", right.metrics().clone())];
    /// let mut registry = Registry::with_prefix("framepool");
    /// registry.register_collector(Box::new(OpenMetrics::of_streams(streams)));
    ///
    /// let mut text = String::new();
    /// encode(&mut text, &registry)?;
    /// assert!(text.contains("framepool_frames_seen_total{stream=\"right\"} 0\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of_streams<N: AsRef<str>>(streams: impl IntoIterator<Item = (N, Metrics)>) -> Self {
        let named =
            |(name, metrics): (N, Metrics)| Watched::new(Some(escaped(name.as_ref())), metrics);
        Self { streams: streams.into_iter().map(named).collect() }
    }

    /// Judges the streams' health, each as [`HealthCheck::check`], and returns the worst.
    #[must_use]
    pub fn health(&self) -> Health {
        let worst = self.streams.iter().map(Watched::health).max_by_key(|health| *health as u8);
        worst.unwrap_or_default()
    }
}

/// Bounds of the buckets of durations: from a microsecond to ten seconds.
const BOUNDS: [f64; 15] = [
    1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 1e-4, 2.5e-4, 1e-3, 2.5e-3, 1e-2, 2.5e-2, 0.1, 0.25, 1.0,
    10.0,
];

impl Collector for OpenMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let streams: Vec<_> = self.streams.iter().map(Now::of).collect();
        let mut to = Families { encoder: &mut encoder, streams: &streams };
        to.counter("frames_seen", "Frames that the camera reported", |report| report.seen)?;
        to.counters(
            (
                "frames_delivered",
                "Frames that reached the primary consumer, by where their bytes are",
            ),
            "buffer",
            |now| {
                let delivered = now.report.delivered;
                vec![
                    ("pool", delivered.pooled),
                    ("heap", delivered.heap),
                    ("device", delivered.leased),
                ]
            },
        )?;
        to.counters(
            ("frames_dropped", "Frames that were seen and dropped, by cause"),
            "cause",
            |now| {
                let dropped = now.report.dropped;
                vec![
                    ("pool_exhausted", dropped.exhausted),
                    ("timeout", dropped.timeout),
                    ("too_large", dropped.too_large),
                    ("channel_full", dropped.channel_full),
                    ("stopped", dropped.closed),
                ]
            },
        )?;
        to.counter("frames_lost", "Frames that were gone before they were seen", |it| it.lost)?;
        to.counters(
            ("faults", "What went wrong before frames were seen, by kind"),
            "kind",
            |now| now.report.faults.by_kind().to_vec(),
        )?;
        to.counter("leases_rescued", "Leases that were copied in time", |it| it.leases.rescued)?;
        let help = "Leases whose frame the device wrote over";
        to.counter("leases_overrun", help, |it| it.leases.overrun)?;
        to.counter("pool_hits", "Frames that found a free buffer", |it| it.pool_hits)?;
        to.counter("pool_misses", "Frames that found none", |it| it.pool_misses)?;
        to.gauge("pool_buffers", "Buffers of the pool", |it| it.pool_capacity)?;
        to.gauge("pool_buffers_in_use", "Buffers on loan", |it| it.pool_in_use)?;
        let help = "Most buffers ever on loan at once";
        to.gauge("pool_buffers_high_water", help, |it| it.pool_high_water)?;
        let help = "1 for the state that the stream is in, else 0";
        to.family(("health", help), MetricType::Gauge, "state", |now| {
            let states = Health::ALL.map(|state| (state.name(), u64::from(state == now.health)));
            states.to_vec()
        })?;
        to.taps()?;
        let help = "Time that asking for a buffer took";
        to.histogram("acquire_duration", help, Timings::acquire)?;
        to.histogram("fill_duration", "Time that filling a buffer took", Timings::fill)?;
        to.histogram("hold_duration", "Time that the consumer held a frame", Timings::hold)
    }
}

/// Returns the text as it stands in a label: prometheus-client writes labels as they are.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

/// What a stream says when it is asked.
struct Now<'a> {
    stream: Option<&'a str>,
    report: Report,
    health: Health,
    /// With names as they stand in a label.
    taps: Vec<TapReport>,
    timings: Option<&'a Timings>,
}

impl<'a> Now<'a> {
    fn of(watched: &'a Watched) -> Self {
        let Watched { name, metrics, .. } = watched;
        let mut taps = metrics.taps();
        taps.iter_mut().for_each(|tap| tap.name = escaped(&tap.name));
        let (report, health, timings) = (metrics.report(), watched.health(), metrics.timings());
        Self { stream: name.as_deref(), report, health, taps, timings }
    }

    /// Returns the labels of a value that this stream has, and that is told apart by `label`.
    fn labels<'l>(&self, label: &'l str, of: &'l str) -> Vec<(&'l str, &'l str)>
    where
        'a: 'l,
    {
        let stream = self.stream.map(|name| ("stream", name));
        stream.into_iter().chain((!label.is_empty()).then_some((label, of))).collect()
    }
}

/// Writes families of metrics, each with the values of all streams.
struct Families<'a, 'e> {
    encoder: &'a mut DescriptorEncoder<'e>,
    streams: &'a [Now<'a>],
}

impl Families<'_, '_> {
    fn counter(&mut self, name: &str, help: &str, of: fn(&Report) -> u64) -> fmt::Result {
        self.counters((name, help), "", |now| vec![("", of(&now.report))])
    }

    fn gauge(&mut self, name: &str, help: &str, of: fn(&Report) -> usize) -> fmt::Result {
        let value = |now: &Now<'_>| vec![("", of(&now.report) as u64)];
        self.family((name, help), MetricType::Gauge, "", value)
    }

    fn counters(
        &mut self,
        about: (&str, &str),
        label: &str,
        values: impl Fn(&Now<'_>) -> Vec<(&'static str, u64)>,
    ) -> fmt::Result {
        self.family(about, MetricType::Counter, label, values)
    }

    /// Writes a family of counters or gauges, told apart by a label if there is one.
    fn family<V: AsRef<str>>(
        &mut self,
        (name, help): (&str, &str),
        kind: MetricType,
        label: &str,
        values: impl Fn(&Now<'_>) -> Vec<(V, u64)>,
    ) -> fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, None, kind)?;
        for now in self.streams {
            for (of, value) in values(now) {
                let labels = now.labels(label, of.as_ref());
                if labels.is_empty() {
                    encode(&mut family, kind, value)?;
                } else {
                    encode(&mut family.encode_family(&labels)?, kind, value)?;
                }
            }
        }
        Ok(())
    }

    /// Writes the counters of the taps.
    fn taps(&mut self) -> fmt::Result {
        type Part = (&'static str, &'static str, fn(&TapReport) -> u64);
        const PARTS: [Part; 5] = [
            ("tap_frames_offered", "Frames offered to a tap", |tap| tap.offered),
            ("tap_frames_delivered", "Frames that a tap got", |tap| tap.delivered),
            ("tap_frames_dropped", "Frames that a tap could not take", |tap| tap.dropped),
            ("tap_frames_skipped", "Frames that a tap's receiver did not get after all", |tap| {
                tap.skipped
            }),
            ("tap_panics", "Panics in taps", |tap| tap.panicked),
        ];
        PARTS.iter().try_for_each(|(name, help, part)| {
            self.family((name, help), MetricType::Counter, "tap", |now| {
                now.taps.iter().map(|tap| (tap.name.clone(), part(tap))).collect()
            })
        })
    }

    fn histogram(&mut self, name: &str, help: &str, of: fn(&Timings) -> Timing) -> fmt::Result {
        let measured: Vec<_> =
            self.streams.iter().filter_map(|now| Some((now, of(now.timings?)))).collect();
        if measured.is_empty() {
            return Ok(());
        }
        let (unit, kind) = (Unit::Seconds, MetricType::Histogram);
        let mut family = self.encoder.encode_descriptor(name, help, Some(&unit), kind)?;
        for (now, timing) in measured {
            let labels = now.labels("", "");
            if labels.is_empty() {
                encode_timing(&mut family, &timing)?;
            } else {
                encode_timing(&mut family.encode_family(&labels)?, &timing)?;
            }
        }
        Ok(())
    }
}

fn encode(metric: &mut MetricEncoder<'_>, kind: MetricType, value: u64) -> fmt::Result {
    match kind {
        MetricType::Counter => metric.encode_counter::<NoLabelSet, _, u64>(&value, None),
        _ => metric.encode_gauge(&value),
    }
}

fn encode_timing(metric: &mut MetricEncoder<'_>, timing: &Timing) -> fmt::Result {
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
