//! What an input's bytes mean to leases.

use super::device::Shape;
use crate::case::OP_BYTES;
use arbitrary::{Arbitrary, Result, Unstructured};
use framepool::{OnExhausted, WhenFull};
use std::time::Duration;

/// Bytes before the first operation.
pub(crate) const HEAD_BYTES: usize = 4;

/// What stream there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) ring: Shape,
    pub(super) margin: Option<usize>,
    pub(super) buffers: usize,
    pub(super) slot_bytes: usize,
    pub(super) uses_pool: bool,
    pub(super) places: usize,
    pub(super) on_exhausted: OnExhausted,
    pub(super) when_full: WhenFull,
    /// Whether the intake goes before the frames.
    pub(super) orphan: bool,
}

impl<'a> Arbitrary<'a> for Head {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let [ring, margin, pool, other]: [u8; HEAD_BYTES] = u.arbitrary()?;
        let shape = shape(ring, margin, other);
        let slot_bytes = match other >> 4 & 3 {
            // Smaller than frames: they come from the heap, or not at all.
            0 => (shape.frame_bytes - 1).max(1),
            1 => shape.frame_bytes + 3,
            _ => shape.frame_bytes,
        };
        Ok(Self {
            ring: shape,
            // Up to more than the ring.
            margin: (margin >> 2 < 48).then_some(usize::from(margin >> 2) % 16),
            buffers: 1 + usize::from(pool % 6),
            slot_bytes,
            uses_pool: pool / 24 != 10,
            places: 1 + usize::from(ring / 12),
            on_exhausted: match pool / 6 % 4 {
                0 => OnExhausted::Drop,
                1 => OnExhausted::Heap,
                2 => OnExhausted::WaitThenDrop(Duration::ZERO),
                _ => OnExhausted::WaitThenHeap(Duration::ZERO),
            },
            when_full: if other & 0x40 == 0 { WhenFull::Drop } else { WhenFull::Stop },
            orphan: other & 0x80 != 0,
        })
    }
}

fn shape(frames: u8, ahead: u8, bytes: u8) -> Shape {
    Shape {
        frames: 1 + usize::from(frames % 12),
        frame_bytes: 1 + usize::from(bytes & 15),
        ahead: u64::from(ahead & 3) % 3,
    }
}

/// What the driver takes for the newest complete frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    Right,
    Stale(u8),
    High(u8),
    Highest,
}

impl Given {
    const fn decode(byte: u8) -> Self {
        match byte {
            0..=159 => Self::Right,
            160..=223 => Self::Stale(byte & 31),
            224..=253 => Self::High(byte & 15),
            254..=255 => Self::Highest,
        }
    }

    pub(super) fn of(self, complete: u64) -> u64 {
        match self {
            Self::Right => complete,
            Self::Stale(frames) => complete.saturating_sub(u64::from(frames)),
            Self::High(frames) => complete + u64::from(frames),
            Self::Highest => u64::MAX,
        }
    }
}

/// A frame that cannot be lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Never {
    /// It has no position.
    Zeroth,
    /// It was lent before, or a later one.
    Before,
    /// It is not complete yet.
    Future,
    Highest,
    /// It is longer than the ring's.
    Longer,
}

/// One operation. Numbers choose among what is there, modulo how much is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// The device completes a frame, and it is lent.
    Frame {
        begun: u8,
        len: u8,
    },
    /// The device completes frames that are not lent then.
    Complete {
        frames: u8,
        begun: u8,
    },
    /// An earlier device goes on.
    Earlier {
        device: u8,
        frames: u8,
    },
    /// The device writes no more.
    Over,
    Lend {
        behind: u8,
        given: Given,
    },
    LendNever {
        never: Never,
    },
    Rescue {
        given: Given,
    },
    ReturnedBelow,
    Finish,
    /// Begins with the same ring, if nothing of it is left, or else with another one.
    Begin {
        same: bool,
        frames: u8,
        other: u8,
    },
    /// Begins with a ring that has no frames, which cannot be.
    BeginNone,
    Receive,
    DropConsumer,
    Share {
        frame: u8,
    },
    Drop {
        frame: u8,
    },
    /// Keeps a frame until everything else is over.
    Forget {
        frame: u8,
    },
    /// Reads a frame, and does the next operations meanwhile.
    Read {
        frame: u8,
        during: u8,
    },
    CopyTo {
        frame: u8,
        len: u8,
    },
    Validate {
        frame: u8,
    },
    Acquire,
    GiveBack {
        buffer: u8,
    },
    /// Makes a frame of a buffer.
    Wrap {
        buffer: u8,
    },
    Close,
    /// Adds a tap of so many places, or one for the newest frame.
    Tap {
        places: u8,
        every: u8,
    },
    RemoveTap {
        tap: u8,
    },
    DropReceiver {
        tap: u8,
    },
    ReceiveTapped {
        tap: u8,
    },
}

impl<'a> Arbitrary<'a> for Op {
    /// The ranges are the operations' weights. Little can happen after the last ones.
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let [kind, a, b]: [u8; OP_BYTES] = u.arbitrary()?;
        let never = [Never::Zeroth, Never::Before, Never::Future, Never::Highest];
        Ok(match kind {
            0..=59 => Self::Frame { begun: a & 3, len: b },
            60..=71 => Self::Complete { frames: 1 + a % 14, begun: b & 3 },
            72..=74 => Self::Earlier { device: a, frames: 1 + b % 14 },
            75..=84 => Self::Lend { behind: a & 7, given: Given::decode(b) },
            85..=87 => Self::LendNever {
                never: match a & 7 {
                    4.. => Never::Longer,
                    other => never[usize::from(other)],
                },
            },
            88..=102 => Self::Rescue { given: Given::decode(a) },
            103..=110 => Self::ReturnedBelow,
            111..=112 => Self::Finish,
            113 if a & 0x7f == 0x7f => Self::BeginNone,
            113..=115 => Self::Begin { same: a & 0x80 != 0, frames: a, other: b },
            116..=149 => Self::Receive,
            150..=155 => Self::Share { frame: a },
            156..=181 => Self::Drop { frame: a },
            182..=201 => Self::Read { frame: a, during: b & 7 },
            202..=206 => Self::CopyTo { frame: a, len: b },
            207..=211 => Self::Validate { frame: a },
            212..=217 => Self::Acquire,
            218..=223 => Self::GiveBack { buffer: a },
            224..=225 => Self::Wrap { buffer: a },
            226..=229 => Self::Tap { places: a & 7, every: b & 3 },
            230..=231 => Self::RemoveTap { tap: a },
            232..=233 => Self::DropReceiver { tap: a },
            234..=249 => Self::ReceiveTapped { tap: a },
            250..=251 => Self::Forget { frame: a },
            252..=253 => Self::Over,
            254 if a < 64 => Self::Close,
            255 if a < 32 => Self::DropConsumer,
            254..=255 => Self::Drop { frame: a },
        })
    }
}

/// Returns the ring that a [`Op::Begin`] means.
pub(super) fn begun(frames: u8, other: u8) -> Shape {
    shape(frames & 0x7f, other >> 4, other)
}
