//! The law of conservation, checked whenever an acquisition ends.

use framepool::{Intake, ReadFrame};

/// Logs an error if a frame that was seen is neither delivered nor dropped, or more leases were settled than lent.
pub(crate) fn check_conserved<F: ReadFrame>(intake: &Intake<F>) {
    let report = intake.metrics().report();
    let settled = report.leases.rescued + report.leases.overrun;
    if !report.is_conserved() || settled > report.delivered.leased {
        tracing::error!(?report, "frames are unaccounted for: please report this");
        debug_assert!(false, "frames are unaccounted for: {report:?}");
    }
}
