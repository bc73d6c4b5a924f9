//! What goes wrong between a device and its driver, kind by kind.

use serde::Serialize;
use std::fmt;

/// Something that went wrong before a frame was seen: counted by
/// [`Intake::count`](crate::stream::Intake::count).
///
/// # Examples
/// ```
/// use framepool::{Fault, FramePool, OnExhausted, channel};
///
/// let (mut intake, _frames) = channel(FramePool::try_new(2, 8)?, 4, OnExhausted::Drop);
/// intake.count(Fault::Gap, 3);
/// intake.count(Fault::Duplicate, 1);
/// let report = intake.metrics().report();
/// assert_eq!((report.lost, report.faults.to_string().as_str()), (3, "gap 3, duplicate 1"));
/// # Ok::<(), framepool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The device numbered a frame that never came: the frame is lost.
    Gap,
    /// The device wrote over a frame before it was taken: the frame is lost.
    Overrun,
    /// The driver announced a frame that cannot be: without a number, or outside its memory. It is lost.
    Impossible,
    /// The driver announced a frame twice; the second time is ignored.
    Duplicate,
    /// The driver announced a later frame first: this one was taken from where it had to be.
    Recovered,
    /// The driver announced a frame when later ones were complete already.
    Late,
    /// The driver announced a frame after a later one, by which it had been recovered.
    OutOfOrder,
}

/// How often each kind of fault was counted.
///
/// # Examples
/// ```
/// use framepool::Report;
///
/// assert_eq!(Report::default().faults.to_string(), "none");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Faults {
    /// Frames that the device numbered and that never came.
    pub gaps: u64,
    /// Frames that the device wrote over before they were taken.
    pub overruns: u64,
    /// Frames that cannot be: without a number, or outside the driver's memory.
    pub impossible: u64,
    /// Frames that were announced twice.
    pub duplicates: u64,
    /// Frames that were never announced, and taken from where they had to be: those that were recovered and not
    /// announced later.
    pub missed: u64,
    /// Frames that were announced when later ones were complete already.
    pub late: u64,
    /// Frames that were announced after a later one.
    pub out_of_order: u64,
}

impl Faults {
    /// Returns how many frames were lost by them.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.gaps + self.overruns + self.impossible
    }

    /// Returns each kind's name, as in metrics, and its count.
    #[must_use]
    pub const fn by_kind(&self) -> [(&'static str, u64); 7] {
        [
            ("gap", self.gaps),
            ("overrun", self.overruns),
            ("impossible", self.impossible),
            ("duplicate", self.duplicates),
            ("missed", self.missed),
            ("late", self.late),
            ("out_of_order", self.out_of_order),
        ]
    }
}

/// As in `gap 3, late 1`, or `none`.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (kind, count) in self.by_kind().into_iter().filter(|(_, count)| *count > 0) {
            write!(f, "{separator}{} {count}", kind.replace('_', " "))?;
            separator = ", ";
        }
        f.write_str(if separator.is_empty() { "none" } else { "" })
    }
}
