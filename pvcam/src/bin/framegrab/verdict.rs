//! Whether a check has passed, and if not why.

use crate::grab::Grabbed;
use crate::minutes::Soaked;
use crate::watch::Kind;
use serde::Serialize;

/// The result of a check. The fields' names are keys of the JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    pub(crate) check: &'static str,
    pub(crate) passed: bool,
    /// One sentence for each criterion that is not met.
    pub(crate) failures: Vec<String>,
    pub(crate) soak: Option<Soaked>,
}

impl Verdict {
    pub(crate) fn of(kind: Kind, grabbed: &Grabbed, conserved: bool) -> Self {
        let mut failures = common(grabbed, conserved);
        if grabbed.interrupted {
            failures.push("it was interrupted before its end".to_owned());
        }
        if kind == Kind::Smoke && grabbed.is_off_rate {
            let rate = grabbed.frames_per_second.unwrap_or_default();
            failures.push(format!("{rate:.1} frames a second came, not what was asked for"));
        }
        let least = if kind == Kind::Smoke { 95.0 } else { 99.0 };
        let hit_rate = grabbed.frames.hit_rate_percent();
        if hit_rate <= least {
            failures.push(format!("the hit rate is {hit_rate:.1} %, not over {least:.0} %"));
        }
        let soak = (kind == Kind::Soak).then_some(grabbed.soaked);
        failures.extend(soak.iter().filter_map(Soaked::failure));
        let check = if kind == Kind::Smoke { "smoke" } else { "soak" };
        Self { check, passed: failures.is_empty(), failures, soak }
    }
}

/// Returns what every check wants, as far as it is not so.
fn common(grabbed: &Grabbed, conserved: bool) -> Vec<String> {
    let report = &grabbed.frames;
    let skipped = grabbed.sequel.skipped;
    let unexplained = skipped.saturating_sub(report.lost + report.dropped.total());
    let wants = [
        (report.seen == 0, "no frame came".to_owned()),
        (grabbed.failure.is_some(), grabbed.failure.clone().unwrap_or_default()),
        (!conserved, "frames are unaccounted for".to_owned()),
        (report.dropped.total() > 0, format!("{} frames were dropped", report.dropped.total())),
        (report.lost > 0, format!("{} frames were lost: {}", report.lost, report.faults)),
        (report.leases.overrun > 0, format!("{} leases were overrun", report.leases.overrun)),
        (
            grabbed.sequel.discontinuities > 0,
            format!("{} discontinuities in the numbers", grabbed.sequel.discontinuities),
        ),
        (unexplained > 0, format!("{unexplained} missing frames are not explained")),
        (grabbed.missing_buffers > 0, format!("{} buffers are missing", grabbed.missing_buffers)),
    ];
    wants.into_iter().filter_map(|(is_so, why)| is_so.then_some(why)).collect()
}
