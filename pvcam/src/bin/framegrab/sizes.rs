//! How many frames the ring, the pool and the queue have: by default about a second of them.

use clap::Args;
use framepool::PoolError;
use framepool_pvcam::{Setup, StartError, Tier};
use std::ops::RangeInclusive;
use std::time::Duration;

/// How many frames there is memory for.
#[derive(Debug, Clone, Args)]
pub(crate) struct SizeOptions {
    /// Frames in the pool: of --tier pinned the reserve, of --tier sequence two sequences at least [default: a
    /// second of frames, as far as they take 1/64 of the memory that is available, but 16 at least]
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    pool: Option<usize>,

    /// Frames that may wait for the consumer, up to 1000000; those beyond the pool are on the heap, unless it is to
    /// drop them [default: twice the pool, as far as its second half takes 1/64 of the memory; with another tier than
    /// copy as many as can be lent]
    #[arg(long, value_name = "N", value_parser = queue, allow_negative_numbers = true)]
    queue: Option<usize>,

    /// Frames in the ring that the camera writes to, from 4 to 65535; half as many if the driver refuses it. Sequences
    /// have none [default: a second of frames, as of the pool, but 32 at least]
    #[arg(long, value_name = "N", value_parser = ring, allow_negative_numbers = true)]
    ring: Option<usize>,
}

/// How many frames there are places for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// In the ring that the camera fills; sequences have none.
    pub(crate) ring: usize,
    pub(crate) pool: usize,
    pub(crate) queue: usize,
}

/// What is known of the frames before the first one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    pub(crate) tier: Tier,
    pub(crate) frame_bytes: usize,
    /// Time from frame to frame, at least.
    pub(crate) period: Duration,
    /// As many frames as there will be, at most.
    pub(crate) frames: u64,
    /// Frames that find no buffer in the pool are taken from the heap.
    pub(crate) from_heap: bool,
}

/// The fewest frames of a ring, if it is not said, and of a pool.
const LEAST: Sizes = Sizes { ring: 32, pool: 16, queue: 32 };

/// The SDK counts frames in 16 bits, and the ring's bytes in 32.
const LONGEST_RING: usize = u16::MAX as usize;

/// The longest queue: it takes little memory itself, and no machine has memory for so many frames.
const LONGEST_QUEUE: usize = 1_000_000;

/// What is taken for available where the system does not say.
const ASSUMED: u64 = 4 << 30;

impl SizeOptions {
    /// Chooses what is not said.
    ///
    /// # Errors
    /// What is said does not fit in the memory, of which so much is `available`; all of it, if that is not known.
    pub(crate) fn choose(&self, of: Expected, available: u64) -> Result<Sizes, String> {
        let by_default = |least: usize| of.second(available).max(least);
        let ring = match of.tier {
            Tier::Sequence(_) => 0,
            _ => self.ring.unwrap_or_else(|| by_default(LEAST.ring)),
        };
        let pool = self.pool.unwrap_or_else(|| by_default(LEAST.pool));
        let most_lent = match of.tier {
            Tier::Pinned => ring.saturating_add(pool),
            Tier::Sequence(frames) => pool.max(usize::from(frames) * 2),
            _ => pool,
        };
        let queue = self.queue.unwrap_or_else(|| match of.tier {
            Tier::Copy => pool.saturating_add(pool.min(by_default(LEAST.queue - LEAST.pool))),
            _ => most_lent.saturating_add(1),
        });
        let sizes = Sizes { ring, pool, queue: queue.min(LONGEST_QUEUE) };
        self.check(sizes, most_lent, of, available)?;
        Ok(sizes)
    }

    /// Refuses what is said if all of it does not fit in memory. What is not said is small.
    fn check(
        &self,
        sizes: Sizes,
        most_lent: usize,
        of: Expected,
        available: u64,
    ) -> Result<(), String> {
        let Expected { frame_bytes, frames, from_heap, .. } = of;
        let bytes = |frames: usize| (frames as u64).saturating_mul(frame_bytes as u64);
        if let Some(frames) = self.ring.filter(|_| bytes(sizes.ring) > u32::MAX.into()) {
            let error = StartError::RingTooLarge { frames, frame_bytes };
            return Err(format!("--ring {frames}: {error}"));
        }
        if let Some(slots) = self.pool.filter(|pool| pool.checked_mul(frame_bytes).is_none()) {
            let error = PoolError::Overflow { slots, slot_bytes: frame_bytes };
            return Err(format!("--pool {slots}: {error}"));
        }
        // No more wait than come.
        let waiting = sizes.queue.min(usize::try_from(frames).unwrap_or(usize::MAX));
        let on_heap = if from_heap { waiting.saturating_sub(most_lent) } else { 0 };
        let said = [
            ("--ring", self.ring, sizes.ring, "in the ring"),
            ("--pool", self.pool, sizes.pool, "in the pool"),
            ("--queue", self.queue, on_heap, "waiting on the heap"),
        ];
        let requested = said.iter().fold(0, |sum: u64, part| sum.saturating_add(bytes(part.2)));
        if requested <= available {
            return Ok(());
        }
        let parts = said.into_iter().filter_map(|(option, said, frames, place)| {
            Some((option, said?, frames, place)).filter(|_| frames > 0)
        });
        let Some((option, value, most, place)) = parts.max_by_key(|part| part.2) else {
            return Ok(());
        };
        let error = PoolError::InsufficientMemory { requested, available };
        let advice =
            if option == "--queue" { "; --on-exhausted drop lets none wait there" } else { "" };
        Err(format!(
            "{option} {value}: {error} ({most} frames of {frame_bytes} bytes {place}){advice}"
        ))
    }
}

impl Sizes {
    /// Returns how many frames can be with the consumer, or wait for it, before it is in anything's way.
    pub(crate) fn room(&self, tier: Tier) -> usize {
        let lent = if tier == Tier::Pinned { self.ring } else { self.pool };
        lent.min(self.queue)
    }
}

impl Expected {
    /// Returns a second of frames, as far as the SDK can count them, and as they take a small part of the memory.
    fn second(&self, available: u64) -> usize {
        let available = if available == u64::MAX { ASSUMED } else { available };
        let part = (available / 64).min(u32::MAX.into());
        let frames = Duration::from_secs(1).as_nanos() / self.period.as_nanos().max(1);
        let affordable = part / (self.frame_bytes as u64).max(1);
        let frames = usize::try_from(frames).unwrap_or(LONGEST_RING);
        frames.min(usize::try_from(affordable).unwrap_or(LONGEST_RING)).min(LONGEST_RING)
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("expected a whole number from 1".to_owned()),
    }
}

fn queue(text: &str) -> Result<usize, String> {
    within(text, 1..=LONGEST_QUEUE)
}

fn ring(text: &str) -> Result<usize, String> {
    within(text, Setup::LEAST_RING_FRAMES..=LONGEST_RING)
}

fn within(text: &str, range: RangeInclusive<usize>) -> Result<usize, String> {
    let (least, most) = (range.start(), range.end());
    text.parse()
        .ok()
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("expected a whole number from {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: SizeOptions = SizeOptions { pool: None, queue: None, ring: None };
    const GIB: u64 = 1 << 30;

    fn expected(tier: Tier, frame_bytes: usize, rate: u32) -> Expected {
        let period = Duration::from_secs(1) / rate;
        Expected { tier, frame_bytes, period, frames: u64::MAX, from_heap: true }
    }

    fn chosen(options: &SizeOptions, of: Expected, available: u64) -> (usize, usize, usize) {
        let Sizes { ring, pool, queue } = options.choose(of, available).unwrap();
        (ring, pool, queue)
    }

    #[test]
    fn a_second_of_frames_is_the_default() {
        let small = |rate| chosen(&NONE, expected(Tier::Copy, 512, rate), 16 * GIB);
        assert_eq!(small(12_000), (12_000, 12_000, 24_000));
        assert_eq!(small(20), (32, 20, 40));
        assert_eq!(small(1), (32, 16, 32));
        assert_eq!(small(1_000_000), (65_535, 65_535, 131_070), "as many as the SDK counts");
    }

    #[test]
    fn large_frames_take_a_small_part_of_the_memory() {
        let large = |available| chosen(&NONE, expected(Tier::Copy, 8 << 20, 100), available);
        assert_eq!(large(4 * GIB), (32, 16, 32));
        assert_eq!(large(16 * GIB), (32, 32, 64));
        assert_eq!(large(64 * GIB), (100, 100, 200));
        assert_eq!(large(0), (32, 16, 32), "what is not said is not refused");
        // Not known: no limit, but no reason to take much.
        assert_eq!(large(u64::MAX), (32, 16, 32));
        let enormous = expected(Tier::Copy, 1 << 30, 100);
        assert_eq!(chosen(&NONE, enormous, 1 << 60).0, 32, "no ring that the SDK cannot count");
    }

    #[test]
    fn what_is_said_is_taken() {
        let said = SizeOptions { pool: Some(2), queue: None, ring: Some(4) };
        let of = |tier| expected(tier, 512, 12_000);
        assert_eq!(chosen(&said, of(Tier::Copy), GIB), (4, 2, 4));
        assert_eq!(chosen(&said, of(Tier::Pinned), GIB), (4, 2, 7));
        assert_eq!(chosen(&said, of(Tier::Sequence(16)), GIB), (0, 2, 33));
        let said = SizeOptions { pool: Some(5), queue: Some(7), ring: Some(9) };
        assert_eq!(chosen(&said, of(Tier::Copy), GIB), (9, 5, 7));
    }

    #[test]
    fn what_does_not_fit_in_memory_is_refused_by_name() {
        const MIB: usize = 1 << 20;
        let refused = |options: &SizeOptions, of: Expected| options.choose(of, GIB).unwrap_err();
        let of = expected(Tier::Copy, MIB, 100);
        let ring = SizeOptions { ring: Some(1100), ..NONE };
        let text = refused(&ring, of);
        assert!(
            text.starts_with("--ring 1100: ") && text.contains("1100 frames of 1048576"),
            "{text}"
        );
        let ring = SizeOptions { ring: Some(65_535), ..NONE };
        let text = refused(&ring, of);
        assert!(text.starts_with("--ring 65535: ") && text.contains("4 GiB"), "{text}");
        let pool = SizeOptions { pool: Some(1100), ..ring.clone() };
        assert!(refused(&SizeOptions { ring: None, ..pool }, of).starts_with("--pool 1100: "));
        let pool = SizeOptions { pool: Some(usize::MAX), ..NONE };
        assert!(refused(&pool, of).contains("overflow"));
        // Both together, where each would fit.
        let both = SizeOptions { pool: Some(600), ring: Some(700), ..NONE };
        assert!(refused(&both, of).starts_with("--ring 700: "));
    }

    #[test]
    fn a_queue_costs_the_frames_that_can_wait_on_the_heap() {
        let of = expected(Tier::Copy, 1 << 20, 100);
        let queue = SizeOptions { queue: Some(1_000_000), ..NONE };
        let text = queue.choose(of, GIB).unwrap_err();
        assert!(text.starts_with("--queue 1000000: ") && text.contains("999984 frames"), "{text}");
        let fits = |of: Expected| queue.choose(of, GIB).is_ok();
        assert!(fits(Expected { from_heap: false, ..of }), "only buffers of the pool wait");
        assert!(fits(Expected { frames: 200, ..of }), "no more wait than come");
        assert!(!fits(Expected { frames: 2000, ..of }));
        assert!(queue.choose(of, u64::MAX).is_ok(), "unknown memory is no limit");
    }

    #[test]
    fn counts_are_parsed_within_their_bounds() {
        assert_eq!((queue("1"), queue("1000000")), (Ok(1), Ok(1_000_000)));
        assert!(queue("0").is_err() && queue("1000001").is_err());
        assert_eq!((ring("4"), ring("65535")), (Ok(4), Ok(65_535)));
        assert!(ring("3").is_err() && ring("65536").is_err() && at_least_one("0").is_err());
    }
}
