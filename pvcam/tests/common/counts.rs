//! What a test expects to be counted: everything, so that nothing else may have happened.

use framepool::Report;

/// The counters of a report, less those that follow from the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub delivered: u64,
    /// In memory from the heap, of those that were delivered.
    pub heap: u64,
    pub exhausted: u64,
    pub closed: u64,
    pub gaps: u64,
    pub overruns: u64,
    pub impossible: u64,
    pub duplicates: u64,
    pub missed: u64,
    pub late: u64,
    pub out_of_order: u64,
    pub rescued: u64,
    /// Leases that the camera came round to.
    pub overtaken: u64,
}

impl Counts {
    /// So many frames were delivered, and nothing went wrong.
    pub fn delivered(delivered: u64) -> Self {
        Self { delivered, ..Self::default() }
    }

    /// Reads a report, in which frames are where the tier puts them.
    pub fn of(report: &Report, lends: bool) -> Self {
        let Report { delivered, dropped, faults, leases, .. } = *report;
        assert!(report.is_conserved(), "{report}");
        assert_eq!(report.lost, faults.gaps + faults.overruns + faults.impossible, "{report}");
        let in_the_wrong_place = if lends { delivered.pooled } else { delivered.leased };
        assert_eq!(in_the_wrong_place, 0, "{report}");
        assert_eq!(dropped.total(), dropped.exhausted + dropped.closed, "{report}");
        Self {
            delivered: delivered.total(),
            heap: delivered.heap,
            exhausted: dropped.exhausted,
            closed: dropped.closed,
            gaps: faults.gaps,
            overruns: faults.overruns,
            impossible: faults.impossible,
            duplicates: faults.duplicates,
            missed: faults.missed,
            late: faults.late,
            out_of_order: faults.out_of_order,
            rescued: leases.rescued,
            overtaken: leases.overrun,
        }
    }
}
