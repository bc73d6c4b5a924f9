//! The target `buffer_ops`: bytes in, bytes out, byte for byte.
//!
//! ```text
//!   Loan --freeze--> Frozen --slice--> Frozen ...          what each shows is compared with what
//!     ^ write          |                                   was written; at the end all the memory,
//!     `----thaw--------+----into----> Bytes --slice--> ... gaps included
//! ```

mod memory;

use crate::case::{OP_BYTES, nth, rest};
use crate::model::{Hook, Model, PoolId};
use crate::slots::Part;
use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::Bytes;
use framepool_core::recycle::Recycled;
use framepool_core::storage::{Borrowed, LargeBuffers};
use framepool_core::{BufferPool, BuildError, Frozen, LargeBufferPool, Loan, SharedPool};
use memory::{Arena, Cut, Scrub};
use std::fmt::Debug;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::{Arc, PoisonError};

/// Bytes before the first operation.
pub(crate) const HEAD_BYTES: usize = 3;

const MAX_SHARES: usize = 24;
/// What gaps hold.
const GAP: u8 = 0xa5;

/// One operation. Numbers choose among what is there, modulo how much is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    TryAcquire,
    /// Fills a loan from some byte on.
    Write {
        loan: u8,
        start: u8,
    },
    Drop {
        loan: u8,
    },
    Freeze {
        loan: u8,
    },
    Share {
        share: u8,
    },
    Slice {
        share: u8,
        range: u8,
    },
    DropShare {
        share: u8,
    },
    Thaw {
        share: u8,
    },
    /// Turns a share into `Bytes`.
    Into {
        share: u8,
    },
    CloneBytes {
        bytes: u8,
    },
    SliceBytes {
        bytes: u8,
        range: u8,
    },
    /// Splits `Bytes` in two.
    SplitBytes {
        bytes: u8,
        at: u8,
    },
    DropBytes {
        bytes: u8,
    },
    /// Drops the pool's handle, or the pool itself, out of the heap, if no slot is lent.
    Orphan {
        moved: bool,
    },
}

impl<'a> Arbitrary<'a> for Op {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let [kind, a, b]: [u8; OP_BYTES] = u.arbitrary()?;
        Ok(match kind {
            0..=39 => Self::TryAcquire,
            40..=79 => Self::Write { loan: a, start: b },
            80..=95 => Self::Drop { loan: a },
            96..=119 => Self::Freeze { loan: a },
            120..=129 => Self::Share { share: a },
            130..=149 => Self::Slice { share: a, range: b },
            150..=169 => Self::DropShare { share: a },
            170..=184 => Self::Thaw { share: a },
            185..=204 => Self::Into { share: a },
            205..=209 => Self::CloneBytes { bytes: a },
            210..=224 => Self::SliceBytes { bytes: a, range: b },
            225..=231 => Self::SplitBytes { bytes: a, at: b },
            232..=254 => Self::DropBytes { bytes: a },
            255 if b < 64 => Self::Orphan { moved: b & 1 == 1 },
            255 => Self::TryAcquire,
        })
    }
}

type Buffers = SharedPool<Recycled<LargeBuffers<Arena>, Scrub>>;

struct Share {
    frozen: Frozen<Buffers, [u8]>,
    view: Range<usize>,
}

struct Block {
    bytes: Bytes,
    index: usize,
    view: Range<usize>,
    /// The `Bytes` made from one share have one number; the last to go is the share's end.
    family: usize,
}

struct Run {
    pool: Option<Buffers>,
    cut: Cut,
    shape: u8,
    model: Model,
    id: PoolId,
    /// What each slot holds.
    contents: Vec<Vec<u8>>,
    history: Vec<Op>,
    loans: Vec<Loan<Buffers>>,
    shares: Vec<Share>,
    blocks: Vec<Block>,
    families: usize,
    /// The byte written last: 256 go by before one comes again.
    last: u8,
}

/// Runs operations on buffers of a shared pool: written, shared, sliced, turned into `Bytes`.
///
/// # Panics
/// If a byte is another than the one written, if a slice is not where it should be, if bytes
/// between slots change, or if memory is cut in another way than stated.
pub fn buffer_ops(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let Ok([sizes, shape, other]) = u.arbitrary::<[u8; HEAD_BYTES]>() else { return };
    let Ok(ops) = rest::<Op>(&mut u) else { return };
    cut_any(sizes, shape, other);
    let cut = Cut::new([sizes, shape]);
    let returned = Arc::default();
    let base = NonNull::from(Box::leak(vec![GAP; cut.bytes()].into_boxed_slice()));
    let arena = Arena { base, returned: Arc::clone(&returned) };
    let mut run = Run::new(arena, cut, shape);
    for op in ops {
        run.act(op);
    }
    let expected = run.settle();
    let memory = returned.lock().unwrap_or_else(PoisonError::into_inner).take();
    assert_eq!(memory.as_deref(), Some(&expected[..]), "all of the memory, {cut:?}");
}

/// Cuts memory in ways that may be impossible.
fn cut_any(slot_bytes: u8, stride: u8, given: u8) {
    let (slot_bytes, stride, given) =
        (usize::from(slot_bytes & 15), usize::from(stride & 31), usize::from(given));
    let mut memory = [0; 256];
    let pool = BufferPool::new(Borrowed::from(&mut memory[..given]), slot_bytes, stride);
    let mut expected = 0;
    while slot_bytes > 0 && stride >= slot_bytes && expected * stride + slot_bytes <= given {
        expected += 1;
    }
    let found = pool.map(|pool| pool.capacity());
    let is_right = match found {
        Ok(slots) => slots == expected && slots > 0,
        Err(BuildError::TooManySlots { requested, .. }) => requested == expected && expected > 62,
        Err(BuildError::BadSlotSize { .. }) => slot_bytes == 0 || stride < slot_bytes,
        Err(BuildError::MemoryTooSmall { .. }) => given < slot_bytes,
        Err(_) => false,
    };
    assert!(is_right, "{found:?}, not {expected} of {slot_bytes} every {stride} in {given}");
}

impl Run {
    fn new(arena: Arena, cut: Cut, shape: u8) -> Self {
        let pool = LargeBufferPool::new(arena, cut.slot_bytes, cut.stride());
        let pool = pool.expect("it has room for them").recycled_by(Scrub::choose(shape));
        let pool = SharedPool::new(pool);
        assert_eq!(pool.capacity(), cut.slots, "{cut:?}");
        let mut model = Model::default();
        // What slots hold is compared here.
        let id = model.root(cut.slots, Hook::Keep);
        let contents = vec![vec![GAP; cut.slot_bytes]; cut.slots];
        let (history, loans, shares, blocks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (pool, families, last) = (Some(pool), 0, 0);
        Self {
            pool,
            cut,
            shape,
            model,
            id,
            contents,
            history,
            loans,
            shares,
            blocks,
            families,
            last,
        }
    }

    fn act(&mut self, op: Op) {
        self.history.push(op);
        let _nothing = self.step(op);
        self.compare();
    }

    fn step(&mut self, op: Op) -> Option<()> {
        let room = self.shares.len() + self.blocks.len() < MAX_SHARES;
        match op {
            Op::TryAcquire => {
                let loan = self.pool.as_ref()?.try_acquire();
                let answer = loan.as_ref().map(Loan::index);
                let expected = self.model.try_acquire_as(self.id, answer);
                self.agree("try_acquire", answer, expected);
                self.loans.push(loan?);
            }
            Op::Write { loan, start } => {
                let i = nth(loan, self.loans.len())?;
                let (loan, start) = (&mut self.loans[i], usize::from(start) % self.cut.slot_bytes);
                let written = &mut self.contents[loan.index()];
                for byte in &mut written[start..] {
                    self.last = self.last.wrapping_mul(5).wrapping_add(1);
                    *byte = self.last;
                }
                loan[start..].copy_from_slice(&written[start..]);
            }
            Op::Drop { loan } => {
                let loan = self.loans.remove(nth(loan, self.loans.len())?);
                let index = loan.index();
                drop(loan);
                self.gone(index, Model::give_back);
            }
            Op::Freeze { loan } => {
                let frozen = Frozen::from(self.loans.remove(nth(loan, self.loans.len())?));
                self.model.freeze(self.id, frozen.index());
                self.shares.push(Share { frozen, view: 0..self.cut.slot_bytes });
            }
            Op::Share { share } if room => {
                let Share { frozen, view } = &self.shares[nth(share, self.shares.len())?];
                let (frozen, view) = (frozen.clone(), view.clone());
                self.model.share(self.id, frozen.index());
                self.shares.push(Share { frozen, view });
            }
            Op::Slice { share, range } if room => {
                let Share { frozen, view } = &self.shares[nth(share, self.shares.len())?];
                let range = usize::from(range >> 4)..usize::from(range & 15) + 1;
                let sliced = Part { range: range.clone(), form: share >> 5 }.of(frozen);
                let is_within = range.start <= range.end && range.end <= view.len();
                self.agree("whether a slice is within", sliced.is_some(), is_within);
                let view = view.start + range.start..view.start + range.end;
                let frozen = sliced?;
                self.model.share(self.id, frozen.index());
                self.shares.push(Share { frozen, view });
            }
            Op::DropShare { share } => {
                let Share { frozen, .. } = self.shares.remove(nth(share, self.shares.len())?);
                let index = frozen.index();
                drop(frozen);
                self.gone(index, Model::drop_share);
            }
            Op::Thaw { share } => {
                let i = nth(share, self.shares.len())?;
                let Share { frozen, view } = self.shares.remove(i);
                let expected = self.model.thaw(self.id, frozen.index());
                let thawed = frozen.thaw();
                self.agree("whether a share is thawed", thawed.is_ok(), expected);
                match thawed {
                    Ok(loan) => self.loans.push(loan),
                    Err(frozen) => self.shares.insert(i, Share { frozen, view }),
                }
            }
            Op::Into { share } => {
                let Share { frozen, view } = self.shares.remove(nth(share, self.shares.len())?);
                self.families += 1;
                let (index, family) = (frozen.index(), self.families);
                self.blocks.push(Block { bytes: frozen.into(), index, view, family });
            }
            Op::CloneBytes { bytes } if room => {
                let Block { bytes, index, view, family } =
                    &self.blocks[nth(bytes, self.blocks.len())?];
                let (bytes, view) = (bytes.clone(), view.clone());
                self.blocks.push(Block { bytes, index: *index, view, family: *family });
            }
            Op::SliceBytes { bytes, range } if room => {
                let Block { bytes, index, view, family } =
                    &self.blocks[nth(bytes, self.blocks.len())?];
                let (start, length) = (usize::from(range >> 4), usize::from(range & 15) + 1);
                // No bytes are of no family.
                if start + length <= bytes.len() {
                    let bytes = bytes.slice(start..start + length);
                    let view = view.start + start..view.start + start + length;
                    self.blocks.push(Block { bytes, index: *index, view, family: *family });
                }
            }
            Op::SplitBytes { bytes, at } if room => {
                let i = nth(bytes, self.blocks.len())?;
                let Block { bytes, index, view, family } = &mut self.blocks[i];
                let at = usize::from(at);
                if 0 < at && at < bytes.len() {
                    let (bytes, index, family) = (bytes.split_off(at), *index, *family);
                    let end = std::mem::replace(&mut view.end, view.start + at);
                    let view = view.end..end;
                    self.blocks.push(Block { bytes, index, view, family });
                }
            }
            Op::DropBytes { bytes } => {
                let i = nth(bytes, self.blocks.len())?;
                let Block { bytes, index, family, .. } = self.blocks.remove(i);
                drop(bytes);
                if self.blocks.iter().all(|block| block.family != family) {
                    self.gone(index, Model::drop_share);
                }
            }
            Op::Orphan { moved } => {
                let pool = self.pool.take()?;
                let pool = if moved { pool.try_unwrap() } else { Err(pool) };
                let expected = moved && self.model.can_be_moved(self.id);
                self.agree("whether the pool is moved out of the heap", pool.is_ok(), expected);
                drop(pool);
                self.model.drop_handle(self.id);
            }
            Op::Share { .. } | Op::Slice { .. } => {}
            Op::CloneBytes { .. } | Op::SliceBytes { .. } | Op::SplitBytes { .. } => {}
        }
        Some(())
    }

    /// Tells the model that a loan or share is gone, and scrubs the slot if it went back.
    fn gone(&mut self, index: usize, tell: fn(&mut Model, PoolId, usize)) {
        let lent = self.model.lent(self.id);
        tell(&mut self.model, self.id, index);
        if self.model.lent(self.id) > lent {
            Scrub::expected(self.shape, &mut self.contents[index]);
        }
    }

    fn compare(&self) {
        if let Some(pool) = &self.pool {
            self.agree("available", pool.available(), self.model.available(self.id));
        }
        for loan in &self.loans {
            self.agree("what a loan shows", &**loan, &self.contents[loan.index()]);
        }
        for Share { frozen, view } in &self.shares {
            let written = &self.contents[frozen.index()][view.clone()];
            self.agree("what a share shows", &**frozen, written);
        }
        for Block { bytes, index, view, .. } in &self.blocks {
            let written = &self.contents[*index][view.clone()];
            self.agree("what bytes show", &**bytes, written);
        }
    }

    fn agree<T: PartialEq + Debug>(&self, what: &str, pool: T, model: T) {
        assert!(
            pool == model,
            "{what}: the pool says {pool:?}, the model {model:?}, after {:?}, {:?}",
            self.cut,
            self.history
        );
    }

    /// Gives everything back, and returns what the memory must hold.
    fn settle(mut self) -> Vec<u8> {
        while !self.loans.is_empty() {
            self.act(Op::Drop { loan: 0 });
        }
        while !self.shares.is_empty() {
            self.act(Op::DropShare { share: 0 });
        }
        while !self.blocks.is_empty() {
            self.act(Op::DropBytes { bytes: 0 });
        }
        self.act(Op::Orphan { moved: self.shape & 0x40 != 0 });
        let mut memory: Vec<u8> = Vec::new();
        for slot in &self.contents {
            memory.resize(memory.len().next_multiple_of(self.cut.stride()), GAP);
            memory.extend(slot);
        }
        memory.resize(self.cut.bytes(), GAP);
        memory
    }
}
