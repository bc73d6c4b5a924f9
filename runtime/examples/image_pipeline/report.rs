//! What a run prints, and the bars that it must clear.

use crate::FRAMES;
use crate::allocations::{Account, Place, Taken, taken};
use hdrhistogram::Histogram;
use std::fmt;
use std::time::Duration;

/// Fewer batches may make too few allocations for the second bar.
const BATCHES_FOR_RATIO: u64 = 100;
const RATIO: u64 = 1000;

/// How long one way took.
pub(crate) struct Times {
    frames: Histogram<u64>,
    batches: Histogram<u64>,
    total: Duration,
}

impl Times {
    pub(crate) fn new() -> Result<Self, hdrhistogram::CreationError> {
        // Set aside beforehand: nanoseconds, up to a minute.
        let histogram = || Histogram::new_with_bounds(1, 60_000_000_000, 3);
        Ok(Self { frames: histogram()?, batches: histogram()?, total: Duration::ZERO })
    }

    pub(crate) fn add(&mut self, batch: Duration, frames: &[Duration]) {
        let nanoseconds = |took: &Duration| u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.total += batch;
        self.batches.saturating_record(nanoseconds(&batch));
        frames.iter().for_each(|took| self.frames.saturating_record(nanoseconds(took)));
    }

    fn frames_per_second(&self) -> f64 {
        self.frames.len() as f64 / self.total.as_secs_f64()
    }
}

/// A run with the pool, and without it.
pub(crate) struct Report {
    pub(crate) batches: u64,
    pub(crate) pooled: Times,
    pub(crate) fresh: Times,
}

impl Report {
    /// Returns what pooled batches took from the heap outside the codecs.
    fn left(&self) -> Taken {
        taken(Account::PooledBatches, Place::Ours)
    }

    /// Returns the blocks taken outside the codecs from the first frame on, with the pool and without it.
    fn since_the_first_frame(&self) -> [u64; 2] {
        let ours = |accounts: [Account; 2]| {
            accounts.map(|account| taken(account, Place::Ours).blocks).iter().sum()
        };
        [
            ours([Account::PooledWarmUp, Account::PooledBatches]),
            ours([Account::FreshWarmUp, Account::FreshBatches]),
        ]
    }

    /// Says which bar was missed.
    pub(crate) fn check(&self) -> Result<(), String> {
        let Taken { blocks, bytes } = self.left();
        if blocks > 0 {
            return Err(format!(
                "pooled batches made {blocks} allocations of {bytes} bytes in all"
            ));
        }
        let [pooled, fresh] = self.since_the_first_frame();
        if self.batches >= BATCHES_FOR_RATIO && pooled * RATIO > fresh {
            return Err(format!(
                "{pooled} allocations with the pool, {fresh} without: not {RATIO} times as many"
            ));
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batches, pooled, fresh } = self;
        let frames = batches * FRAMES as u64;
        let mut row = |what: &str, pooled: String, fresh: String| {
            writeln!(f, "{what:<44} {pooled:>12} {fresh:>12}")
        };
        row("", "pooled".into(), "unpooled".into())?;
        let [with, without] = [pooled, fresh].map(|way| format!("{:.0}", way.frames_per_second()));
        row("frames per second", with, without)?;
        for (what, place) in [
            ("beside the codecs", Place::Ours),
            ("in the resizer", Place::Resizing),
            ("in the JPEG encoder", Place::Encoding),
        ] {
            let of = [Account::PooledBatches, Account::FreshBatches].map(|way| taken(way, place));
            let per_frame = |count: u64| count as f64 / frames as f64;
            let [with, without] = of.map(|of| format!("{:.3}", per_frame(of.blocks)));
            row(&format!("allocations per frame {what}"), with, without)?;
            let [with, without] = of.map(|of| format!("{:.0}", per_frame(of.bytes)));
            row(&format!("      bytes per frame {what}"), with, without)?;
        }
        for (what, times) in [
            ("a frame", [&pooled.frames, &fresh.frames]),
            ("a batch", [&pooled.batches, &fresh.batches]),
        ] {
            for percent in [50.0, 95.0, 99.0] {
                let of = times.map(|times| times.value_at_percentile(percent) as f64 / 1e6);
                let [with, without] = of.map(|of| format!("{of:.3}"));
                row(&format!("p{percent} of {what}, ms"), with, without)?;
            }
        }
        let [warm, warm_fresh] = [Account::PooledWarmUp, Account::FreshWarmUp]
            .map(|account| taken(account, Place::Ours).blocks.to_string());
        row("allocations to warm up, beside the codecs", warm, warm_fresh)?;
        let [with, without] = self.since_the_first_frame();
        row("allocations in all batches and to warm up", with.to_string(), without.to_string())?;
        let made = taken(Account::PooledSetUp, Place::Ours);
        row("allocations to make the classes", made.blocks.to_string(), "0".into())?;
        let times = |with: u64| without as f64 / with.max(1) as f64;
        write!(
            f,
            "{:.0} times fewer with the pool; {:.0} if the making of the classes counts",
            times(with),
            times(with + made.blocks)
        )
    }
}
