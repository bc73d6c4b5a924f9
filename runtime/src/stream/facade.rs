//! A stream's counters in the `metrics` facade, for programs that collect theirs there.

use crate::stream::metrics::Metrics;
use metrics::{counter, gauge};

impl Metrics {
    /// Hands the counters to the recorder of the `metrics` facade: to be called as often as they are to
    /// be fresh, once a second for instance. The names are those of OpenMetrics, with `framepool_` before
    /// them. Of one stream: those of several would be taken for one another's.
    pub fn publish(&self) {
        let report = self.report();
        counter!("framepool_frames_seen_total").absolute(report.seen);
        let delivered = report.delivered;
        for (buffer, frames) in
            [("pool", delivered.pooled), ("heap", delivered.heap), ("device", delivered.leased)]
        {
            counter!("framepool_frames_delivered_total", "buffer" => buffer).absolute(frames);
        }
        let dropped = report.dropped;
        for (cause, frames) in [
            ("pool_exhausted", dropped.exhausted),
            ("timeout", dropped.timeout),
            ("too_large", dropped.too_large),
            ("channel_full", dropped.channel_full),
            ("stopped", dropped.closed),
        ] {
            counter!("framepool_frames_dropped_total", "cause" => cause).absolute(frames);
        }
        counter!("framepool_frames_lost_total").absolute(report.lost);
        for (kind, faults) in report.faults.by_kind() {
            counter!("framepool_faults_total", "kind" => kind).absolute(faults);
        }
        counter!("framepool_leases_rescued_total").absolute(report.leases.rescued);
        counter!("framepool_leases_overrun_total").absolute(report.leases.overrun);
        counter!("framepool_pool_hits_total").absolute(report.pool_hits);
        counter!("framepool_pool_misses_total").absolute(report.pool_misses);
        for (name, buffers) in [
            ("framepool_pool_buffers", report.pool_capacity),
            ("framepool_pool_buffers_in_use", report.pool_in_use),
            ("framepool_pool_buffers_high_water", report.pool_high_water),
        ] {
            #[expect(clippy::cast_precision_loss, reason = "no pool has 2^53 buffers")]
            gauge!(name).set(buffers as f64);
        }
        for tap in self.taps() {
            let parts = [
                ("framepool_tap_frames_offered_total", tap.offered),
                ("framepool_tap_frames_delivered_total", tap.delivered),
                ("framepool_tap_frames_dropped_total", tap.dropped),
                ("framepool_tap_frames_skipped_total", tap.skipped),
                ("framepool_tap_panics_total", tap.panicked),
            ];
            for (name, count) in parts {
                counter!(name, "tap" => tap.name.clone()).absolute(count);
            }
        }
    }
}
