//! What is served to Prometheus: the numbers are the report's, and the dashboard asks for nothing else.

#![allow(clippy::unwrap_used, reason = "tests")]

use framepool::{
    Fault, FrameMeta, FramePool, FrameProducer, FrameView, Health, OnExhausted, OpenMetrics,
};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Serves a stream in which each kind of thing has happened, and returns what is served and its report.
fn served() -> (String, framepool::Report) {
    let pool = FramePool::try_new(2, 8).unwrap();
    let options = FrameProducer::options(pool).places(3).on_exhausted(OnExhausted::Heap);
    let (producer, mut frames) = options.use_pool(true).timings(true).build();
    let _tap =
        producer.taps().named("a \"quoted\"\n\\ name").every(2).observe(|_: FrameView<'_>| ());
    let (_, _preview) = producer.taps().named("preview").channel(1);
    let metrics = producer.metrics().clone();
    let mut registry = Registry::with_prefix("framepool");
    registry.register_collector(Box::new(OpenMetrics::new(metrics.clone())));
    let mut intake = producer.into_intake();
    for _ in 0..5 {
        intake.take(FrameMeta::default(), 8, |room| room.fill(1));
    }
    intake.count(Fault::Gap, 7);
    intake.count(Fault::Duplicate, 2);
    drop(frames.try_recv().unwrap());
    drop(intake);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    (text, metrics.report())
}

/// Returns the samples: name with labels, and value.
fn samples(text: &str) -> BTreeMap<&str, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.rsplit_once(' ').unwrap()).map(|(k, v)| (k, v.parse().unwrap())).collect()
}

#[test]
fn the_numbers_are_those_of_the_report() {
    let (text, report) = served();
    let samples = samples(&text);
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let is = |name: &str, value: u64| {
        assert_eq!(samples.get(name), Some(&(value as f64)), "{name} in {text}")
    };
    assert!(report.is_conserved() && report.seen == 5);
    is("framepool_frames_seen_total", report.seen);
    is("framepool_frames_delivered_total{buffer=\"pool\"}", report.delivered.pooled);
    is("framepool_frames_delivered_total{buffer=\"heap\"}", report.delivered.heap);
    is("framepool_frames_dropped_total{cause=\"channel_full\"}", report.dropped.channel_full);
    is("framepool_frames_dropped_total{cause=\"pool_exhausted\"}", report.dropped.exhausted);
    is("framepool_frames_dropped_total{cause=\"timeout\"}", report.dropped.timeout);
    is("framepool_frames_dropped_total{cause=\"stopped\"}", report.dropped.closed);
    is("framepool_frames_delivered_total{buffer=\"device\"}", 0);
    is("framepool_frames_lost_total", 7);
    is("framepool_faults_total{kind=\"gap\"}", 7);
    is("framepool_faults_total{kind=\"duplicate\"}", 2);
    is("framepool_leases_rescued_total", 0);
    is("framepool_leases_overrun_total", 0);
    is("framepool_pool_hits_total", report.pool_hits);
    is("framepool_pool_misses_total", report.pool_misses);
    is("framepool_pool_buffers", 2);
    is("framepool_pool_buffers_in_use", report.pool_in_use as u64);
    is("framepool_pool_buffers_high_water", 2);
    is("framepool_health{state=\"healthy\"}", 1);
    is("framepool_tap_frames_offered_total{tap=\"a \\\"quoted\\\"\\n\\\\ name\"}", 1);
    // The first one was taken back when the pool had run out.
    is("framepool_tap_frames_skipped_total{tap=\"preview\"}", 1);
    is("framepool_tap_frames_dropped_total{tap=\"preview\"}", 1);
    is("framepool_fill_duration_seconds_count", 3);
    is("framepool_fill_duration_seconds_bucket{le=\"+Inf\"}", 3);
    is("framepool_hold_duration_seconds_count", 1);
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn every_family_has_a_text_that_explains_it() {
    let (text, _) = served();
    let of = |mark| text.lines().filter_map(move |line| line.strip_prefix(mark));
    let families: Vec<&str> = of("# TYPE ").map(|line| line.split(' ').next().unwrap()).collect();
    let explained: BTreeSet<&str> =
        of("# HELP ").filter_map(|line| line.split_once(' ')).map(|(name, _)| name).collect();
    assert!(families.len() > 15);
    for family in families {
        assert!(explained.contains(family), "{family}");
    }
}

#[test]
fn several_streams_are_told_apart_by_a_label() {
    let stream = || {
        let pool = FramePool::try_new(2, 8).unwrap();
        FrameProducer::options(pool).use_pool(true).timings(true).build()
    };
    let (left, _left_frames) = stream();
    let (right, right_frames) = stream();
    let _tap = right.taps().named("count").observe(|_: FrameView<'_>| ());
    let streams = [("left", left.metrics().clone()), ("ri\"ght", right.metrics().clone())];
    let collector = Arc::new(OpenMetrics::of_streams(streams));
    let mut registry = Registry::with_prefix("framepool");
    registry.register_collector(Box::new(Arc::clone(&collector)));
    let mut intake = right.into_intake();
    intake.take(FrameMeta::default(), 8, |room| room.fill(1));
    assert_eq!(collector.health(), Health::Healthy);
    drop(right_frames);
    intake.take(FrameMeta::default(), 8, |room| room.fill(1));
    assert_eq!(collector.health(), Health::ConsumerFailed, "the worst");

    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    let samples = samples(&text);
    for (name, value) in [
        ("framepool_frames_seen_total{stream=\"left\"}", 0.0),
        ("framepool_frames_seen_total{stream=\"ri\\\"ght\"}", 2.0),
        ("framepool_frames_dropped_total{stream=\"ri\\\"ght\",cause=\"stopped\"}", 1.0),
        ("framepool_tap_frames_delivered_total{stream=\"ri\\\"ght\",tap=\"count\"}", 1.0),
        ("framepool_health{stream=\"left\",state=\"healthy\"}", 1.0),
        ("framepool_fill_duration_seconds_count{stream=\"ri\\\"ght\"}", 1.0),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name} in {text}");
    }
    let described: Vec<_> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
    assert_eq!(described.iter().collect::<BTreeSet<_>>().len(), described.len(), "each once");
}

#[test]
fn the_dashboard_asks_for_what_is_served() {
    let (text, _) = served();
    let samples = samples(&text);
    let served: BTreeSet<&str> =
        samples.keys().map(|sample| sample.split('{').next().unwrap()).collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/grafana/framepool.json");
    let dashboard = std::fs::read_to_string(path).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    let mut asked = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let query = target["expr"].as_str().unwrap();
            let words = query.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            asked.extend(words.filter(|word| word.starts_with("framepool_")).map(str::to_owned));
        }
    }
    assert!(asked.len() > 12, "{asked:?}");
    for name in asked {
        assert!(served.contains(name.as_str()), "the dashboard asks for {name}");
    }
}
