//! Does a release wait for threads of lower priority?
//!
//! All threads share one core. A thread with SCHED_FIFO releases, each time preempting an ordinary thread
//! that polls and cancels: if the ordinary thread is under a lock that the release needs, the release
//! waits for a thread that does not run. See [`contest`].
//!
//! Exits with 0 if every release of every contest took less than the bar, with 1 if one did not, and
//! with 3 where the kernel refuses SCHED_FIFO: nothing was measured.

mod contest;
mod realtime;

use clap::Parser;
use contest::{Bounds, Contest, Failure, Outcome};
use realtime::Rank;
use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

/// Measures the worst release of a real-time thread that preempts ordinary ones.
#[derive(Debug, Parser)]
#[command(name = "priority", version)]
struct Options {
    /// Releases in each contest.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// The bar, in microseconds: a release takes less.
    #[arg(long, value_name = "US", default_value_t = 1000)]
    bar: u64,
    /// Seconds after which a contest is given up.
    #[arg(long, value_name = "SECONDS", default_value_t = 7)]
    limit: u64,
    /// Only contests whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
}

const CONTESTS: [Contest; 4] = [
    Contest { name: "unrelated pool", same_pool: false, middle: false },
    Contest { name: "same pool", same_pool: true, middle: false },
    Contest { name: "unrelated pool, core taken", same_pool: false, middle: true },
    Contest { name: "same pool, core taken", same_pool: true, middle: true },
];

fn main() -> io::Result<ExitCode> {
    let options = Options::parse();
    let bounds = Bounds {
        rounds: usize::try_from(options.rounds).unwrap_or(usize::MAX),
        bar: Duration::from_micros(options.bar),
        limit: Duration::from_secs(options.limit),
    };
    let mut out = io::stdout().lock();
    if let Err(error) = realtime::share_one_core().and_then(|()| realtime::take(Rank::Watchdog)) {
        writeln!(out, "skipped: a thread may not have SCHED_FIFO here: {error}")?;
        return Ok(ExitCode::from(3));
    }
    let mut failed = false;
    for contest in CONTESTS.into_iter().filter(|contest| contest.name.contains(&options.only)) {
        let result = contest::hold(contest, bounds, realtime::take);
        let report = Report { name: contest.name, result, bounds };
        writeln!(out, "{report}")?;
        failed |= !report.is_ok();
        if report.result.is_err() {
            // Its threads are still there.
            break;
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A contest's line.
struct Report {
    name: &'static str,
    result: Result<Outcome, Failure>,
    bounds: Bounds,
}

impl Report {
    /// Returns how many releases missed the bar: those that waited, and those that did not.
    fn missed(&self, outcome: &Outcome) -> [usize; 2] {
        [true, false].map(|waited| {
            let releases = outcome.releases.iter();
            releases.filter(|r| r.waited == waited && r.time >= self.bounds.bar).count()
        })
    }

    fn is_ok(&self) -> bool {
        self.result.as_ref().is_ok_and(|outcome| {
            let rounds = outcome.releases.len();
            let [waited, not_waited] = self.missed(outcome);
            rounds == self.bounds.rounds
                && (outcome.served, outcome.woken) == (rounds, rounds)
                && waited == 0
                // Not a thread's fault, hence the machine's, as long as there are few.
                && not_waited <= rounds / 100
        })
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_ok() { "ok" } else { "FAILED" };
        write!(f, "{verdict:<7} {:<27} ", self.name)?;
        let outcome = match &self.result {
            Ok(outcome) => outcome,
            Err(Failure::Stuck(rounds)) => {
                return write!(
                    f,
                    "{rounds:>5} rounds, and a release that had not ended at the limit"
                );
            }
            Err(Failure::Late(rounds)) => {
                return write!(f, "{rounds:>5} rounds until the limit: the core is too busy");
            }
            Err(Failure::Refused(error)) => return write!(f, "{error}"),
        };
        let mut times: Vec<_> = outcome.releases.iter().map(|release| release.time).collect();
        times.sort_unstable();
        let rounds = times.len();
        let worst = times.last().copied().unwrap_or_default().as_secs_f64() * 1e6;
        let median = times.get(rounds / 2).copied().unwrap_or_default().as_secs_f64() * 1e6;
        write!(f, "{rounds:>5} rounds, worst {worst:>9.1} us, median {median:>4.1} us")?;
        let waiting = outcome.releases.iter().filter(|release| release.waited).count();
        write!(f, ", {waiting} waited")?;
        let [waited, not_waited] = self.missed(outcome);
        let bar = self.bounds.bar.as_micros();
        if waited > 0 {
            write!(f, ", {waited} of them {bar} us or more")?;
        }
        if not_waited > 0 {
            write!(f, ", {not_waited} took {bar} us or more without waiting")?;
        }
        if (outcome.served, outcome.woken) != (rounds, rounds) {
            write!(f, ", {} waiters served, {} woken", outcome.served, outcome.woken)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contest::Release;

    fn report(releases: &[(u64, bool)], served: usize) -> Report {
        let bar = Duration::from_micros(1000);
        let bounds = Bounds { rounds: releases.len(), bar, limit: Duration::from_secs(1) };
        let releases = releases
            .iter()
            .map(|&(time, waited)| Release { time: Duration::from_micros(time), waited })
            .collect();
        Report {
            name: "a contest",
            result: Ok(Outcome { releases, served, woken: served }),
            bounds,
        }
    }

    #[test]
    fn all_releases_under_the_bar_are_ok() {
        let report = report(&[(999, true), (2, false), (3, false)], 3);
        assert!(report.is_ok());
        let line = "3 rounds, worst     999.0 us, median  3.0 us, 1 waited";
        assert!(report.to_string().ends_with(line), "{report}");
    }

    #[test]
    fn one_that_waits_as_long_as_the_bar_is_not() {
        let mut releases = [(1, true); 100];
        releases[3] = (1000, true);
        let report = report(&releases, 100);
        assert!(!report.is_ok());
        assert!(report.to_string().ends_with("100 waited, 1 of them 1000 us or more"), "{report}");
    }

    #[test]
    fn few_that_took_as_long_without_waiting_are_ok() {
        let mut releases = [(1, true); 100];
        releases[3] = (1000, false);
        assert!(report(&releases, 100).is_ok());
        releases[4] = (1000, false);
        let report = report(&releases, 100);
        assert!(!report.is_ok());
        assert!(report.to_string().ends_with("98 waited, 2 took 1000 us or more without waiting"));
    }

    #[test]
    fn rounds_waiters_and_releases_that_are_missing_are_not_ok() {
        let mut fewer = report(&[(1, false); 2], 2);
        assert!(fewer.is_ok());
        fewer.bounds.rounds = 3;
        assert!(!fewer.is_ok());
        assert!(!report(&[(1, false); 3], 2).is_ok());
        let stuck = Report { result: Err(Failure::Stuck(1)), ..report(&[], 0) };
        assert!(!stuck.is_ok() && stuck.to_string().starts_with("FAILED"));
    }
}
