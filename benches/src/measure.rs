//! Interleaved rounds, medians of ratios.
//!
//! ```text
//!   round 1:  A B C   |  D E     each comparison's subjects, one after the other
//!   round 2:  C B A   |  E D     and backwards: a slow drift favours none
//!   ...
//!   ratio of B = median over rounds of (B / A in that round)
//! ```
//! On one thread a measurement is short, well under a scheduler's time slice: on a busy machine most of
//! them are not interrupted. On several it is milliseconds long, else the threads would hardly
//! meet. A measurement counts as [`round`] says; one that does not is repeated, so often and no more.

mod cores;
mod round;
mod subject;

pub(crate) use subject::Subject;

use round::Run;
use serde::Serialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How often a measurement that does not count is repeated within a round.
const REPEATED: u32 = 6;

/// Rounds that are enough for a median; half of them are, where there are fewer than twice as many.
const ENOUGH: usize = 25;

/// Part of the turns that are taken before the clock starts: other subjects have had the caches.
const WARM_UP: u32 = 8;

/// Turns for which blocks are counted, at most.
const COUNTED: u32 = 1000;

/// Subjects that do the same; the first is what the others are compared with.
pub(crate) struct Comparison {
    pub(crate) name: String,
    /// Threads that take a subject's turns, if it does not say otherwise; and the most.
    pub(crate) threads: usize,
    pub(crate) subjects: Vec<Subject>,
}

/// How long it takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: u32,
    /// How long one measurement is to be on one thread, and on several.
    pub(crate) alone: Duration,
    pub(crate) contended: Duration,
    /// Threads that run at the same time, at most.
    pub(crate) cores: usize,
}

/// What one subject took.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) comparison: String,
    pub(crate) threads: usize,
    pub(crate) subject: String,
    /// Turns per thread in a measurement.
    pub(crate) turns: u32,
    /// Measurements that counted, and those that did not.
    pub(crate) counted: usize,
    pub(crate) discarded: usize,
    /// Why there is no figure.
    pub(crate) missing: Option<Missing>,
    /// Nanoseconds per turn of one thread: median of the rounds.
    pub(crate) nanoseconds: Option<f64>,
    /// Times the first subject of the comparison, in the rounds in which both counted.
    pub(crate) ratio: Option<Quartiles>,
    /// Blocks taken from the heap per turn, counted apart from the times.
    pub(crate) allocations: f64,
}

/// Why there is no figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Missing {
    /// The machine runs only so many threads at a time.
    Cores(usize),
    /// Not [`ENOUGH`] rounds counted.
    Rounds,
}

/// Where the middle half of the rounds lies.
#[derive(Debug, Serialize)]
pub(crate) struct Quartiles {
    pub(crate) lower: f64,
    pub(crate) median: f64,
    pub(crate) upper: f64,
}

impl Quartiles {
    /// `None` if these are not [`ENOUGH`] of the rounds.
    fn of(values: impl Iterator<Item = f64>, rounds: u32) -> Option<Self> {
        let mut values: Vec<_> = values.collect();
        if values.len() < ENOUGH.min((rounds as usize).div_ceil(2)) {
            return None;
        }
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| values[(values.len() - 1) * quarter / 4];
        Some(Self { lower: at(1), median: at(2), upper: at(3) })
    }
}

/// What was measured of a subject so far.
#[derive(Debug, Default)]
struct Row {
    turns: u32,
    /// Nanoseconds per turn, for each round: `None` if none of its measurements counted.
    times: Vec<Option<f64>>,
    discarded: usize,
}

impl Row {
    /// Repeats `measure` until it counts, or often enough.
    fn measure(&mut self, mut measure: impl FnMut(u32) -> Vec<Run>) {
        for _ in 0..=REPEATED {
            let runs = measure(self.turns);
            if round::counts(&runs) {
                let time = round::span(&runs).as_secs_f64() * 1e9 / f64::from(self.turns);
                return self.times.push(Some(time));
            }
            self.discarded += 1;
        }
        self.times.push(None);
    }
}

/// Measures all of it.
pub(crate) fn run(comparisons: &[Comparison], plan: Plan) -> Vec<Measured> {
    let fits = |comparison: &Comparison| comparison.threads <= plan.cores;
    let row = |subject, threads| Row { turns: calibrate(subject, threads, plan), ..Row::default() };
    let mut rows: Vec<Vec<Row>> = comparisons
        .iter()
        .filter(|comparison| fits(comparison))
        .map(|c| c.subjects.iter().map(|subject| row(subject, c.threads)).collect())
        .collect();
    for round in 0..plan.rounds {
        for (comparison, rows) in comparisons.iter().filter(|c| fits(c)).zip(&mut rows) {
            let count = rows.len();
            for i in 0..count {
                let i = if round % 2 == 0 { i } else { count - 1 - i };
                let subject = &comparison.subjects[i];
                rows[i].measure(|turns| measure(subject, comparison.threads, turns));
            }
        }
    }
    let mut rows = rows.iter();
    let results = comparisons.iter().map(|comparison| {
        let subjects = comparison.subjects.iter();
        if fits(comparison) {
            let rows = rows.next().map_or(&[][..], Vec::as_slice);
            let results = subjects.zip(rows).map(|(subject, row)| {
                sum_up(comparison, subject, row, &rows[0].times, plan.rounds)
            });
            results.collect::<Vec<_>>()
        } else {
            let missing = Some(Missing::Cores(plan.cores));
            let row = Row { turns: 1, ..Row::default() };
            let sum_up = |subject| sum_up(comparison, subject, &row, &[], plan.rounds);
            subjects.map(|subject| Measured { missing, ..sum_up(subject) }).collect()
        }
    });
    results.flatten().collect()
}

/// Says what a row shows, beside the `first` one of its comparison.
fn sum_up(
    comparison: &Comparison,
    subject: &Subject,
    row: &Row,
    first: &[Option<f64>],
    rounds: u32,
) -> Measured {
    let own = Quartiles::of(row.times.iter().copied().flatten(), rounds);
    let both = row.times.iter().zip(first).filter_map(|(own, first)| own.zip(*first));
    Measured {
        comparison: comparison.name.clone(),
        threads: comparison.threads,
        subject: subject.name.clone(),
        turns: row.turns,
        counted: row.times.iter().flatten().count(),
        discarded: row.discarded,
        missing: own.is_none().then_some(Missing::Rounds),
        nanoseconds: own.map(|own| own.median),
        ratio: Quartiles::of(both.map(|(own, first)| own / first), rounds),
        allocations: allocations(subject, row.turns.min(COUNTED)),
    }
}

/// Returns how many turns last as long as the plan says, roughly.
fn calibrate(subject: &Subject, threads: usize, plan: Plan) -> u32 {
    let threads = subject.threads.unwrap_or(threads);
    let wanted = if threads == 1 { plan.alone } else { plan.contended };
    let mut turns = 1_u32;
    loop {
        // The shortest: one that is interrupted says nothing of the turns.
        let times = (0..3).map(|_| round::span(&measure(subject, threads, turns)));
        let time = times.min().unwrap_or_default();
        if time * 4 >= wanted {
            let scaled = f64::from(turns) * wanted.as_secs_f64() / time.as_secs_f64().max(1e-9);
            #[allow(clippy::cast_possible_truncation, reason = "casts of floats saturate")]
            return (scaled as u32).max(1);
        }
        match turns.checked_mul(4) {
            Some(more) => turns = more,
            None => return turns,
        }
    }
}

/// Returns how many blocks a turn takes from the heap, once the subject is warm.
fn allocations(subject: &Subject, turns: u32) -> f64 {
    let blocks = |turns| {
        let take = || {
            subject.take(0, turns, &|| ());
        };
        allocation_counter::measure(take).count_total
    };
    // What the state takes is in both.
    (blocks(2 * turns) as f64 - blocks(turns) as f64) / f64::from(turns)
}

/// Runs the subject on as many threads, which start together.
fn measure(subject: &Subject, threads: usize, turns: u32) -> Vec<Run> {
    let threads = subject.threads.unwrap_or(threads);
    let ready = AtomicUsize::new(0);
    let take = || {
        subject.take(turns.div_ceil(WARM_UP), turns, &|| {
            // A barrier that spins: waking a sleeper takes longer than many turns.
            ready.fetch_add(1, Ordering::AcqRel);
            while ready.load(Ordering::Acquire) < threads {
                thread::yield_now();
            }
        })
    };
    if threads == 1 {
        return vec![take()];
    }
    let pinned = |thread| {
        move || {
            cores::pin(thread);
            take()
        }
    };
    thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|thread| scope.spawn(pinned(thread))).collect();
        handles.into_iter().map(|handle| handle.join().expect("no subject panics")).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Instant;

    fn plan(rounds: u32, cores: usize) -> Plan {
        Plan { rounds, alone: Duration::ZERO, contended: Duration::ZERO, cores }
    }

    /// A measurement of one thread, of so many nanoseconds.
    fn lasting(nanoseconds: u64, counts: bool) -> Vec<Run> {
        let time = Duration::from_nanos(nanoseconds);
        let start = Instant::now();
        vec![Run { start, end: start + time, on_core: if counts { time } else { time / 2 } }]
    }

    #[test]
    fn every_thread_takes_its_turns() {
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&taken);
        let count = move || {
            counter.fetch_add(1, Ordering::Relaxed);
        };
        let runs = measure(&Subject::new("counts", count), 3, 2 * WARM_UP);
        assert_eq!(runs.len(), 3);
        assert_eq!(taken.load(Ordering::Relaxed), 3 * (2 * WARM_UP as usize + 2));
    }

    #[test]
    fn the_first_subject_is_its_own_measure() {
        let subjects = vec![Subject::new("first", || ()), Subject::new("second", || ())];
        let comparison = Comparison { name: "test".to_owned(), threads: 1, subjects };
        let results = run(&[comparison], plan(1, 1));
        assert_eq!(results.len(), 2);
        // On a busy machine the round need not count.
        if let Some(ratio) = &results[0].ratio {
            assert_eq!(ratio.median.to_bits(), 1_f64.to_bits());
        }
    }

    #[test]
    fn a_measurement_that_does_not_count_is_repeated_so_often_and_no_more() {
        let mut row = Row { turns: 10, ..Row::default() };
        let mut answers = [false, false, true].into_iter();
        row.measure(|turns| lasting(u64::from(turns) * 100, answers.next().unwrap()));
        assert_eq!((row.times.as_slice(), row.discarded), (&[Some(100.0)][..], 2));

        let mut tries = 0;
        row.measure(|_| {
            tries += 1;
            lasting(100, false)
        });
        assert_eq!(tries, 1 + REPEATED);
        assert_eq!((row.times.as_slice(), row.discarded), (&[Some(100.0), None][..], 9));
    }

    fn summed_up(own: &[Option<f64>], first: &[Option<f64>]) -> Measured {
        let comparison = Comparison { name: String::new(), threads: 2, subjects: Vec::new() };
        let row = Row { turns: 1, times: own.to_vec(), discarded: 0 };
        let rounds = u32::try_from(own.len()).unwrap();
        sum_up(&comparison, &Subject::new("", || ()), &row, first, rounds)
    }

    #[test]
    fn a_ratio_is_of_rounds_in_which_both_counted() {
        let own = [Some(10.0), None, Some(30.0), Some(40.0)];
        let measured = summed_up(&own, &[Some(1.0), Some(1.0), None, Some(2.0)]);
        assert_eq!(measured.nanoseconds, Some(30.0));
        assert_eq!(measured.ratio.map(|ratio| (ratio.lower, ratio.upper)), Some((10.0, 10.0)));
        assert_eq!((measured.counted, measured.missing), (3, None));
    }

    #[test]
    fn with_too_few_rounds_there_is_no_figure() {
        let few = [None, None, Some(30.0)];
        let all = [Some(1.0); 3];
        let measured = summed_up(&few, &all);
        assert_eq!((measured.nanoseconds, measured.missing), (None, Some(Missing::Rounds)));
        assert!(measured.ratio.is_none());
        let measured = summed_up(&all, &few);
        assert_eq!((measured.nanoseconds, measured.missing), (Some(1.0), None));
        assert!(measured.ratio.is_none(), "nothing to compare with");
    }

    #[test]
    fn too_few_cores_are_reported_and_nothing_is_measured() {
        let subjects = vec![Subject::new("contended", || ())];
        let comparison = Comparison { name: "test".to_owned(), threads: 2, subjects };
        let results = run(&[comparison], plan(3, 1));
        let [measured] = &results[..] else { panic!("one subject, one row") };
        assert_eq!(measured.missing, Some(Missing::Cores(1)));
        assert_eq!((measured.counted, measured.discarded, measured.nanoseconds), (0, 0, None));
    }

    #[test]
    fn a_turn_s_blocks_are_counted_and_a_state_s_are_not() {
        let make = || std::hint::black_box(vec![0_u8; 10]);
        let idle = Subject::with_state("takes none", make, |_| ());
        let busy = Subject::with_state("takes two", make, move |_| {
            std::hint::black_box((Box::new(1), Box::new(2)));
        });
        assert_eq!(
            [allocations(&idle, 10), allocations(&busy, 10)].map(f64::to_bits),
            [0.0, 2.0].map(f64::to_bits)
        );
    }

    #[test]
    fn quartiles_are_values_that_were_measured() {
        let values = [5.0, 1.0, 4.0, 2.0, 3.0].into_iter();
        let quartiles = Quartiles::of(values, 5).map(|q| [q.lower, q.median, q.upper]);
        assert_eq!(quartiles, Some([2.0, 3.0, 4.0]));
    }

    #[test]
    fn half_of_few_rounds_and_some_of_many_are_enough() {
        let has_figure = |count, rounds| Quartiles::of((0..count).map(f64::from), rounds).is_some();
        assert!(has_figure(2, 3) && !has_figure(1, 3) && !has_figure(0, 1));
        let enough = u32::try_from(ENOUGH).unwrap();
        assert!(has_figure(enough, 1000) && !has_figure(enough - 1, 1000));
    }
}
