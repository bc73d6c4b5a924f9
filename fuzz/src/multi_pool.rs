//! The target `multi_pool`: loans of several pools crossing, and pools dropped in any order.

use crate::case::Case;
use crate::slots::{STAMP_BYTES, Tracked};
use crate::source::{AnySource, BorrowedSource, Freezable, NoReserves, Reserves, SharedSource};
use crate::world::{Traits, World};
use arbitrary::{Arbitrary, Unstructured};
use framepool_core::storage::HeapBytes;
use framepool_core::{BoxedPool, BufferPool, Pool, SharedPool};
use std::array;
use std::cell::Cell;
use std::rc::Rc;

/// Runs a [`Case`] on a shared pool and up to three more, shared and borrowed. The operations drop
/// handles of the shared ones too: loans, waiters and reserves outlive them.
///
/// # Panics
/// If a pool and the model disagree, or if a pool is freed too early, late, or not at all.
pub fn multi_pool(bytes: &[u8]) {
    let Ok(case) = Case::arbitrary(&mut Unstructured::new(bytes)) else { return };
    let borrowed = Pool::<u64, 3>::new([0; 3]);
    let mut world = World::default();
    let (source, traits) = boxed(case.capacity);
    world.add(source, traits);
    if case.kind & 1 == 0 {
        let (source, traits) = inline();
        world.add(source, traits);
    }
    if case.kind & 2 == 0 {
        let (source, traits) = buffers();
        world.add(source, traits);
    }
    if case.kind & 4 == 0 {
        let source = BorrowedSource::<_, Freezable, Reserves<NoReserves>>::boxed(&borrowed);
        world.add(source, Traits::default());
    }
    world.run(&case.ops);
    world.settle(case.orphan);
}

fn counted(drops: Option<Rc<Cell<usize>>>) -> Traits {
    Traits { may_go: true, drops, ..Traits::default() }
}

/// Its reserves have reserves in turn.
fn boxed<'p>(capacity: usize) -> (AnySource<'p>, Traits) {
    let drops = Rc::new(Cell::new(0));
    let pool = BoxedPool::from_fn(capacity, || Tracked::new(&drops)).expect("there are slots");
    let source =
        SharedSource::<_, Freezable, Reserves<Reserves<NoReserves>>>::boxed(SharedPool::new(pool));
    (source, counted(Some(drops)))
}

fn inline<'p>() -> (AnySource<'p>, Traits) {
    let drops = Rc::new(Cell::new(0));
    let pool = Pool::<Tracked, 5>::new(array::from_fn(|_| Tracked::new(&drops)));
    (
        SharedSource::<_, Freezable, Reserves<NoReserves>>::boxed(SharedPool::new(pool)),
        counted(Some(drops)),
    )
}

fn buffers<'p>() -> (AnySource<'p>, Traits) {
    let memory = HeapBytes::zeroed(2 * STAMP_BYTES, 8).expect("there is memory");
    let pool = BufferPool::new(memory, STAMP_BYTES, STAMP_BYTES).expect("there is room");
    (SharedSource::<_, Freezable, Reserves<NoReserves>>::boxed(pool.into()), counted(None))
}
