//! Interleaved rounds, medians of ratios.
//!
//! ```text
//!   round 1:  A B C   |  D E     each comparison's subjects, one after the other
//!   round 2:  C B A   |  E D     and backwards: a slow drift favours none
//!   ...
//!   ratio of B = median over rounds of (B / A in that round)
//! ```
//! A measurement is short, well under a scheduler's time slice: on a busy machine most of them are
//! not interrupted, and the medians pass over those that are.

use serde::Serialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// One way of doing it, ready to be measured as often as wanted.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    turn: Box<dyn Turns>,
}

impl Subject {
    /// `turn` is what is measured. It runs on several threads at a time.
    pub(crate) fn new(name: &'static str, turn: impl Fn() + Sync + 'static) -> Self {
        Self::with_state(name, || (), move |()| turn())
    }

    /// As [`new`](Self::new), with a state that each thread makes before its turns.
    pub(crate) fn with_state<S: 'static>(
        name: &'static str,
        make: impl Fn() -> S + Sync + 'static,
        turn: impl Fn(&mut S) + Sync + 'static,
    ) -> Self {
        Self { name, turn: Box::new(Stateful { make, turn }) }
    }
}

struct Stateful<M, T> {
    make: M,
    turn: T,
}

/// A loop around one turn, compiled with the turn inside: no call through a table per turn.
trait Turns: Sync {
    fn take(&self, turns: u32);
}

impl<S, M: Fn() -> S + Sync, T: Fn(&mut S) + Sync> Turns for Stateful<M, T> {
    fn take(&self, turns: u32) {
        let mut state = (self.make)();
        // Downwards: no register for the end.
        for _ in (0..turns).rev() {
            (self.turn)(&mut state);
        }
    }
}

/// Subjects that do the same; the first is what the others are compared with.
pub(crate) struct Comparison {
    pub(crate) name: &'static str,
    pub(crate) threads: usize,
    pub(crate) subjects: Vec<Subject>,
}

/// What one subject took.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) comparison: &'static str,
    pub(crate) threads: usize,
    pub(crate) subject: &'static str,
    /// Nanoseconds per turn of one thread: median of the rounds.
    pub(crate) nanoseconds: f64,
    /// Times the first subject of the comparison.
    pub(crate) ratio: Quartiles,
    /// Blocks taken from the heap per turn, counted apart from the times.
    pub(crate) allocations: f64,
}

/// Where the middle half of the rounds lies.
#[derive(Debug, Serialize)]
pub(crate) struct Quartiles {
    pub(crate) lower: f64,
    pub(crate) median: f64,
    pub(crate) upper: f64,
}

impl Quartiles {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| values[(values.len() - 1) * quarter / 4];
        Self { lower: at(1), median: at(2), upper: at(3) }
    }
}

/// Measures all of it, `rounds` times.
pub(crate) fn run(comparisons: &[Comparison], rounds: u32, turns: u32) -> Vec<Measured> {
    // Nanoseconds by comparison, subject and round. The first round warms up.
    let mut times: Vec<Vec<Vec<f64>>> =
        comparisons.iter().map(|c| vec![Vec::new(); c.subjects.len()]).collect();
    for round in 0..=rounds {
        for (comparison, times) in comparisons.iter().zip(&mut times) {
            let count = comparison.subjects.len();
            for i in 0..count {
                let i = if round % 2 == 0 { i } else { count - 1 - i };
                let time = measure(&comparison.subjects[i], comparison.threads, turns);
                if round > 0 {
                    times[i].push(time.as_secs_f64() * 1e9 / f64::from(turns));
                }
            }
        }
    }
    let results = comparisons.iter().zip(&times).flat_map(|(comparison, times)| {
        comparison.subjects.iter().zip(times).map(|(subject, own)| Measured {
            comparison: comparison.name,
            threads: comparison.threads,
            subject: subject.name,
            nanoseconds: Quartiles::of(own.clone()).median,
            ratio: Quartiles::of(
                own.iter().zip(&times[0]).map(|(own, first)| own / first).collect(),
            ),
            allocations: allocations(subject),
        })
    });
    results.collect()
}

/// Turns for which blocks are counted.
const COUNTED: u32 = 1000;

/// Returns how many blocks a turn takes from the heap, once the subject is warm.
fn allocations(subject: &Subject) -> f64 {
    let blocks = |turns| allocation_counter::measure(|| subject.turn.take(turns)).count_total;
    // What the state takes is in both.
    (blocks(2 * COUNTED) as f64 - blocks(COUNTED) as f64) / f64::from(COUNTED)
}

/// Returns the time from the first thread's start to the last one's end.
fn measure(subject: &Subject, threads: usize, turns: u32) -> Duration {
    let ready = AtomicUsize::new(0);
    let timed = || {
        // A barrier that spins: waking a sleeper takes longer than a measurement.
        ready.fetch_add(1, Ordering::AcqRel);
        while ready.load(Ordering::Acquire) < threads {
            thread::yield_now();
        }
        let start = Instant::now();
        subject.turn.take(turns);
        (start, Instant::now())
    };
    if threads == 1 {
        let (start, end) = timed();
        return end - start;
    }
    let (starts, ends): (Vec<_>, Vec<_>) = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(timed)).collect();
        handles.into_iter().map(|handle| handle.join().expect("no subject panics")).unzip()
    });
    let (start, end) = (starts.into_iter().min(), ends.into_iter().max());
    end.zip(start).map_or(Duration::ZERO, |(end, start)| end - start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn every_thread_takes_its_turns_in_every_round() {
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&taken);
        let count = move || {
            counter.fetch_add(1, Ordering::Relaxed);
        };
        let subjects = vec![Subject::new("counts", count), Subject::new("does nothing", || {})];
        let results = run(&[Comparison { name: "test", threads: 2, subjects }], 3, 5);
        let counted = 3 * usize::try_from(COUNTED).unwrap();
        let timed = taken.load(Ordering::Relaxed) - counted;
        assert_eq!(timed, (3 + 1) * 2 * 5, "three rounds and a warm-up");
        assert_eq!(results.len(), 2);
        assert_eq!(results[0].ratio.median.to_bits(), 1_f64.to_bits(), "it is its own measure");
    }

    #[test]
    fn a_turn_s_blocks_are_counted_and_a_state_s_are_not() {
        let make = || std::hint::black_box(vec![0_u8; 10]);
        let idle = Subject::with_state("takes none", make, |_| ());
        let busy = Subject::with_state("takes two", make, move |_| {
            std::hint::black_box((Box::new(1), Box::new(2)));
        });
        assert_eq!(
            [allocations(&idle), allocations(&busy)].map(f64::to_bits),
            [0.0, 2.0].map(f64::to_bits)
        );
    }

    #[test]
    fn quartiles_are_values_that_were_measured() {
        let Quartiles { lower, median, upper } = Quartiles::of(vec![5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!([lower, median, upper], [2.0, 3.0, 4.0]);
    }
}
