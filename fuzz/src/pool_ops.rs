//! The target `pool_ops`: every operation on each kind of pool.

use crate::case::Case;
use crate::model::{Hook, POISONED};
use crate::slots::{POISON, STAMP_BYTES, Stamped, Tracked, WHOLE, pattern};
use crate::source::{
    AnySource, BorrowedSource, Freezable, NoReserves, NotFreezable, Reserves, SharedSource,
};
use crate::world::{Traits, World};
use arbitrary::{Arbitrary, Unstructured};
use framepool_core::recycle::{Poison, Tally, Zero};
use framepool_core::storage::{Borrowed, HeapBytes, Storage};
use framepool_core::{
    BoxedPool, BufferPool, LargeBufferPool, LeanPool, Loan, Pool, PoolIn, SharedPool,
};
use std::cell::Cell;
use std::iter;
use std::rc::Rc;

/// The most slots that a case has.
const MOST: usize = 130;

/// Bytes between the slots of a buffer pool, which stay as they are.
const GAP: [u8; 8] = [0xa5; 8];
const STRIDE: usize = STAMP_BYTES + GAP.len();

/// Runs a [`Case`] on one kind of pool: inline, lean, borrowed, on the heap or shared, with or
/// without a hook, and on reserves of it and of these.
///
/// # Panics
/// If a pool and the model disagree, if bytes between slots change, or if an owned pool is freed
/// too early, late, or not at all.
pub fn pool_ops(bytes: &[u8]) {
    let Ok(case) = Case::arbitrary(&mut Unstructured::new(bytes)) else { return };
    match case.kind % 11 {
        0 => inline(&case),
        1 => lean(&case),
        2 => zeroed(&case),
        3 => borrowed(&case),
        4 => one_word(&case),
        5 => poisoned(&case),
        6 => boxed(&case),
        7 => cleared(&case),
        8 => shared(&case),
        9 => shared_bytes(&case),
        _ => shared_inline(&case),
    }
}

/// Calls a function with the constant that is the case's capacity, or the next larger one.
macro_rules! with_capacity {
    ($case:ident, $($n:literal)*, $run:ident) => {
        match $case.capacity {
            $(0..=$n => $run::<$n>($case),)*
            _ => $run::<MOST>($case),
        }
    };
}

/// Runs a case on a pool that is borrowed, and an exclusive acquirer before and after. Is each
/// slot's stamp. A macro, since the types of what a pool lends name the borrow.
macro_rules! lend {
    ($pool:ident, $wrap:ty, $depth:ty, $case:ident, $traits:expr) => {{
        let traits = Traits { lent_before: before(&mut $pool, $case), ..$traits };
        let hook = traits.hook;
        let stamps = settle(BorrowedSource::<_, $wrap, $depth>::boxed(&$pool), $case, traits);
        after(&mut $pool, stamps, hook, $case)
    }};
}

fn inline(case: &Case) {
    fn run<const N: usize>(case: &Case) {
        let mut pool = Pool::<u64, N, 3>::wide([0; N]);
        lend!(pool, Freezable, Reserves<Reserves<NoReserves>>, case, Traits::default());
    }
    with_capacity!(case, 1 3 8 63, run);
}

fn lean(case: &Case) {
    fn run<const N: usize>(case: &Case) {
        let mut pool = LeanPool::<u64, N>::new([0; N]);
        lend!(
            pool,
            NotFreezable,
            Reserves<NoReserves>,
            case,
            Traits { unmarked: true, ..Traits::default() }
        );
    }
    fn recycled<const N: usize>(case: &Case) {
        let clear = |value: &mut u64| *value = 0;
        let pool = LeanPool::<u64, N>::new([0; N]);
        let mut pool = pool.recycled_by(Tally::<MOST>::new()).recycled_by(clear);
        let hook = Some(Hook::Zero);
        let traits = Traits { unmarked: true, tally: true, hook, ..Traits::default() };
        lend!(pool, NotFreezable, Reserves<NoReserves>, case, traits);
    }
    match case.capacity {
        2 => recycled::<3>(case),
        0..=3 => run::<3>(case),
        8 | 63 => recycled::<62>(case),
        _ => run::<62>(case),
    }
}

fn zeroed(case: &Case) {
    fn run<const N: usize>(case: &Case) {
        let pool = Pool::<_, N, 3>::wide([[0; STAMP_BYTES]; N]);
        let mut pool = pool.recycled_by((Tally::<MOST>::new(), Zero));
        let traits = Traits { hook: Some(Hook::Zero), tally: true, ..Traits::default() };
        lend!(pool, Freezable, Reserves<NoReserves>, case, traits);
    }
    with_capacity!(case, 2 5 63, run);
}

/// Makes memory whose slots hold stamp 0, with gaps between them.
fn memory(slots: usize) -> Vec<u8> {
    [pattern(0).as_slice(), &GAP].concat().repeat(slots)
}

fn compare_memory(memory: &[u8], stamps: &[u64], case: &Case) {
    for (index, (bytes, stamp)) in memory.chunks(STRIDE).zip(stamps).enumerate() {
        let (slot, gap) = bytes.split_at(STAMP_BYTES);
        assert_eq!(slot, pattern(*stamp), "slot {index} in the caller's memory, after {case:?}");
        assert_eq!(gap, GAP, "the gap after slot {index}, after {case:?}");
    }
}

fn borrowed(case: &Case) {
    let mut memory = memory(case.capacity);
    let pool = LargeBufferPool::new(Borrowed::from(&mut memory[..]), STAMP_BYTES, STRIDE);
    let mut pool = pool.expect("the memory has room for them");
    let stamps = lend!(pool, Freezable, Reserves<Reserves<NoReserves>>, case, Traits::default());
    drop(pool);
    compare_memory(&memory, &stamps, case);
}

/// A buffer pool whose bookkeeping is inside it, of one word.
fn one_word(case: &Case) {
    let mut memory = memory(case.capacity.min(62));
    let pool = BufferPool::new(Borrowed::from(&mut memory[..]), STAMP_BYTES, STRIDE);
    let mut pool = pool.expect("the memory has room for them");
    let stamps = lend!(pool, Freezable, Reserves<NoReserves>, case, Traits::default());
    drop(pool);
    compare_memory(&memory, &stamps, case);
}

fn poisoned(case: &Case) {
    let mut memory = memory(case.capacity);
    let pool = LargeBufferPool::new(Borrowed::from(&mut memory[..]), STAMP_BYTES, STRIDE);
    let pool = pool.expect("the memory has room for them");
    let mut pool = pool.recycled_by(Poison(POISON)).recycled_by(Tally::<MOST>::new());
    let hook = if cfg!(debug_assertions) { Hook::Poison } else { Hook::Keep };
    let traits = Traits { hook: Some(hook), tally: true, ..Traits::default() };
    let stamps = lend!(pool, Freezable, Reserves<NoReserves>, case, traits);
    drop(pool);
    compare_memory(&memory, &stamps, case);
}

fn boxed(case: &Case) {
    let mut pool = BoxedPool::from_fn(case.capacity, || 0_u64).expect("there are slots");
    lend!(pool, Freezable, Reserves<NoReserves>, case, Traits::default());
}

/// With a closure as hook.
fn cleared(case: &Case) {
    let pool = BoxedPool::from_fn(case.capacity, || 0_u64).expect("there are slots");
    let mut pool = pool.recycled_by(|value: &mut u64| *value = 0);
    let traits = Traits { hook: Some(Hook::Zero), ..Traits::default() };
    lend!(pool, Freezable, Reserves<NoReserves>, case, traits);
}

fn shared(case: &Case) {
    let drops = Rc::new(Cell::new(0));
    let pool = BoxedPool::from_fn(case.capacity, || Tracked::new(&drops));
    let pool = pool.expect("there are slots").recycled_by(Tally::<MOST>::new());
    let source =
        SharedSource::<_, Freezable, Reserves<Reserves<NoReserves>>>::boxed(SharedPool::new(pool));
    settle(source, case, Traits { tally: true, drops: Some(drops), ..Traits::default() });
}

fn shared_bytes(case: &Case) {
    let memory = HeapBytes::zeroed(case.capacity * STRIDE, 8).expect("there is memory");
    let pool = LargeBufferPool::new(memory, STAMP_BYTES, STRIDE).expect("there is room");
    let source = SharedSource::<_, Freezable, Reserves<NoReserves>>::boxed(SharedPool::new(pool));
    settle(source, case, Traits::default());
}

fn shared_inline(case: &Case) {
    fn run<const N: usize>(case: &Case) {
        let drops = Rc::new(Cell::new(0));
        let slots = std::array::from_fn(|_| Tracked::new(&drops));
        let source =
            SharedSource::<_, Freezable, Reserves<NoReserves>>::boxed(SharedPool::new(Pool::<
                Tracked,
                N,
                3,
            >::wide(
                slots
            )));
        settle(source, case, Traits { drops: Some(drops), ..Traits::default() });
    }
    match case.capacity {
        8 => shared_lean(case),
        _ => with_capacity!(case, 2 8 62, run),
    }
}

fn shared_lean(case: &Case) {
    let drops = Rc::new(Cell::new(0));
    let slots: [_; 8] = std::array::from_fn(|_| Tracked::new(&drops));
    let source = SharedSource::<_, NotFreezable, Reserves<NoReserves>>::boxed(SharedPool::new(
        LeanPool::new(slots),
    ));
    settle(source, case, Traits { unmarked: true, drops: Some(drops), ..Traits::default() });
}

fn settle(source: AnySource<'_>, case: &Case, traits: Traits) -> Vec<u64> {
    let mut world = World::default();
    let pool = world.add(source, traits);
    world.run(&case.ops);
    world.settle(case.orphan);
    world.model.stamps(pool).to_vec()
}

/// Lends every slot of a fresh pool but one through an exclusive acquirer, if the case says so.
/// Returns which.
fn before<S: Storage<Slot: Stamped>>(pool: &mut PoolIn<S>, case: &Case) -> Vec<usize> {
    if !case.exclusive_first {
        return Vec::new();
    }
    let slots = pool.capacity() - 1;
    let mut exclusive = pool.exclusive();
    let loans: Vec<_> = (0..slots).map_while(|_| exclusive.try_acquire()).collect();
    let mut indices: Vec<_> = loans.iter().map(Loan::index).collect();
    indices.sort_unstable();
    indices.dedup();
    assert_eq!(indices.len(), slots, "an exclusive acquirer lends each slot, {case:?}");
    indices
}

/// Lends every slot of a settled pool through an exclusive acquirer. Returns each slot's stamp.
fn after<S: Storage<Slot: Stamped>>(
    pool: &mut PoolIn<S>,
    mut stamps: Vec<u64>,
    hook: Option<Hook>,
    case: &Case,
) -> Vec<u64> {
    let (slots, is_closed) = (pool.capacity(), pool.is_closed());
    let mut exclusive = pool.exclusive();
    let loans: Vec<_> = iter::from_fn(|| exclusive.try_acquire()).take(slots + 1).collect();
    let expected = if is_closed { 0 } else { slots };
    assert_eq!(loans.len(), expected, "an exclusive acquirer lends each slot, {case:?}");
    for loan in &loans {
        let stamp = &mut stamps[loan.index()];
        assert!(loan.shows(*stamp, &WHOLE), "slot {} at the end, {case:?}", loan.index());
        // Each slot is found once: nothing is shown with this.
        *stamp = match hook {
            None | Some(Hook::Keep) => *stamp,
            Some(Hook::Zero) => 0,
            Some(Hook::Poison) => POISONED,
        };
    }
    let mut indices: Vec<_> = loans.iter().map(Loan::index).collect();
    indices.sort_unstable();
    indices.dedup();
    assert_eq!(indices.len(), expected, "no slot is lent twice, {case:?}");
    stamps
}
