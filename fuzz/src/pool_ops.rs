//! The target `pool_ops`: the same operations on each kind of pool.

use crate::case::{Case, Op};
use crate::run::run;
use crate::subject::{STAMP_BYTES, Tracked, pattern};
use arbitrary::{Arbitrary, Unstructured};
use framepool_core::{Borrowed, BoxedPool, BufferPool, Pool, SharedPool};
use std::cell::Cell;
use std::rc::Rc;

/// Runs a [`Case`] on an inline, a borrowed and an owned pool.
///
/// # Panics
/// If a pool and the model disagree, if bytes between slots change, or if an owned pool is freed
/// too early, late, or not at all.
pub fn pool_ops(bytes: &[u8]) {
    let Ok(case) = Case::arbitrary(&mut Unstructured::new(bytes)) else { return };
    match case.capacity {
        1 => inline::<1>(&case.ops),
        2 => inline::<2>(&case.ops),
        3 => inline::<3>(&case.ops),
        5 => inline::<5>(&case.ops),
        8 => inline::<8>(&case.ops),
        130 => inline::<130>(&case.ops),
        other => unreachable!("no case has {other} slots"),
    }
    borrowed(case.capacity, &case.ops);
    owned(&case);
}

fn inline<const N: usize>(ops: &[Op]) {
    let pool = Pool::<u64, N, 3>::wide([0; N]);
    run(&pool, ops).settle(&pool);
}

fn borrowed(capacity: usize, ops: &[Op]) {
    const GAP: [u8; 8] = [0xa5; 8];
    const STRIDE: usize = STAMP_BYTES + GAP.len();
    let mut memory = [pattern(0).as_slice(), &GAP].concat().repeat(capacity);
    let stamps = {
        let pool = BufferPool::large(Borrowed::from(&mut memory[..]), STAMP_BYTES, STRIDE)
            .expect("the memory has room for them");
        run(&pool, ops).settle(&pool)
    };
    for (index, (bytes, stamp)) in memory.chunks(STRIDE).zip(stamps).enumerate() {
        let (slot, gap) = bytes.split_at(STAMP_BYTES);
        assert_eq!(slot, pattern(stamp), "slot {index} in the caller's memory, after {ops:?}");
        assert_eq!(gap, GAP, "the gap after slot {index}, after {ops:?}");
    }
}

fn owned(case: &Case) {
    let drops = Rc::new(Cell::new(0));
    let pool = BoxedPool::from_fn(case.capacity, || Tracked::new(&drops));
    let pool = SharedPool::new(pool.expect("there is memory"));
    let mut held = run(&pool, &case.ops);
    let early = || assert_eq!(drops.get(), 0, "freed too early, {case:?}");
    if case.orphan_loans {
        drop(pool);
        while held.guards() > 0 {
            early();
            held.drop_one();
        }
    } else {
        let other = pool.clone();
        held.settle(&pool);
        drop(pool);
        early();
        drop(other);
    }
    assert_eq!(drops.get(), case.capacity, "every value is dropped once, {case:?}");
}
