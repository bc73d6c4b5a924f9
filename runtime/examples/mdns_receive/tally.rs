//! What the packets of one way cost, and the table of it.

use crate::Error;
use allocation_counter::AllocationInfo;
use hdrhistogram::Histogram;
use std::fmt;
use std::time::Duration;

/// Latencies of more are counted as this.
const LONGEST_NS: u64 = 60_000_000_000;

/// Heap memory that was asked for, however soon it was given back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Heap {
    pub(crate) blocks: u64,
    pub(crate) bytes: u64,
}

impl Heap {
    pub(crate) fn add(&mut self, of: AllocationInfo) {
        self.blocks += of.count_total;
        self.bytes += of.bytes_total;
    }

    /// Takes away what was counted in both.
    pub(crate) fn without(self, part: Self) -> Self {
        Self { blocks: self.blocks - part.blocks, bytes: self.bytes - part.bytes }
    }
}

impl std::ops::AddAssign for Heap {
    fn add_assign(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.bytes += other.bytes;
    }
}

/// What was counted.
pub(crate) struct Tally {
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// Bytes of the packets received.
    pub(crate) bytes: u64,
    /// Questions that each reader has parsed.
    pub(crate) questions: u64,
    /// Until the last packet came.
    pub(crate) time: Duration,
    /// What receiving, handing over and reading took, without the DNS crate.
    pub(crate) ours: Heap,
    /// What the DNS crate took, for all readers.
    pub(crate) parser: Heap,
    /// Nanoseconds from receiving a packet until a reader had parsed it, for each reader.
    pub(crate) latencies: Histogram<u64>,
}

/// A histogram that takes nothing from the heap later.
pub(crate) fn latencies() -> Result<Histogram<u64>, Error> {
    Ok(Histogram::new_with_bounds(1, LONGEST_NS, 2)?)
}

impl Tally {
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self {
            sent: 0,
            received: 0,
            bytes: 0,
            questions: 0,
            time: Duration::ZERO,
            ours: Heap::default(),
            parser: Heap::default(),
            latencies: latencies()?,
        })
    }

    pub(crate) fn add(&mut self, other: &Self) -> Result<(), Error> {
        self.sent += other.sent;
        self.received += other.received;
        self.bytes += other.bytes;
        self.questions += other.questions;
        self.time += other.time;
        self.ours += other.ours;
        self.parser += other.parser;
        self.latencies.add(&other.latencies)?;
        Ok(())
    }

    /// Returns what of `count` there is for each packet; none if no packet came.
    pub(crate) fn per_packet(&self, count: u64) -> Option<f64> {
        (self.received > 0).then(|| count as f64 / self.received as f64)
    }
}

/// The lines above those that a [`Tally`] prints.
pub(crate) struct Head;

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:36} heap, each {:4} DNS crate's {:4} until parsed, us", "", "", "")?;
        write!(
            f,
            "{:13}{:>7} {:>7} {:>6} {:>7} {:>7} {:>6} {:>8} {:>6} {:>8} {:>8} {:>9}",
            "",
            "packets",
            "lost",
            "mean B",
            "a sec",
            "bytes",
            "blocks",
            "bytes",
            "blocks",
            "p50",
            "p99",
            "questions"
        )
    }
}

/// A line of the table; of one of no packets most is unknown.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, received, bytes, time, ours, parser, latencies, questions } = self;
        let number = |value: Option<f64>, digits: usize| {
            value.map_or_else(|| "-".into(), |value| format!("{value:.digits$}"))
        };
        let each = |count: u64, digits: usize| number(self.per_packet(count), digits);
        let rate = (!time.is_zero()).then(|| *received as f64 / time.as_secs_f64());
        let quantile = |at: f64| {
            number((!latencies.is_empty()).then(|| latencies.value_at_quantile(at) as f64 / 1e3), 1)
        };
        write!(
            f,
            "{received:>7} {:>7} {:>6} {:>7} {:>7} {:>6} {:>8} {:>6} {:>8} {:>8} {questions:>9}",
            sent - received,
            each(*bytes, 0),
            number(rate, 0),
            each(ours.bytes, 1),
            each(ours.blocks, 2),
            each(parser.bytes, 1),
            each(parser.blocks, 2),
            quantile(0.5),
            quantile(0.99)
        )
    }
}
