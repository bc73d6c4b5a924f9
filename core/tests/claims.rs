//! What may cross threads, and how large the guards are: checked when this compiles.

use core::cell::Cell;
use framepool_core::{
    Acquire, Acquirer, Borrowed, BufferPool, Closed, Exclusive, FrameData, Frozen, Loan, Pool,
    RecyclingPool, Region, Reserve, Run, Tally, Zero,
};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::rc::Rc;

type Of<T> = &'static Pool<T, 2>;

assert_impl_all!(Pool<u8, 2>: Send, Sync);
assert_impl_all!(Pool<Cell<u8>, 2>: Send, Sync);
assert_not_impl_any!(Pool<Rc<u8>, 2>: Send, Sync);
assert_impl_all!(BufferPool<Borrowed<'static>>: Send, Sync);
assert_not_impl_any!(Region<*mut u8>: Send, Sync);

// A loan of a `Cell` may move to another thread, but not be seen by two.
assert_impl_all!(Loan<Of<Cell<u8>>>: Send);
assert_not_impl_any!(Loan<Of<Cell<u8>>>: Sync, Clone);
assert_impl_all!(Loan<Of<u8>>: Send, Sync);
assert_not_impl_any!(Loan<Of<Rc<u8>>>: Send, Sync);

assert_impl_all!(Frozen<Of<u8>>: Send, Sync, Clone);
assert_not_impl_any!(Frozen<Of<Cell<u8>>>: Send, Sync);
assert_not_impl_any!(Frozen<Of<u8>>: core::ops::DerefMut);

// What acquires gives out loans, one at a time: it may move, and be seen by two.
assert_impl_all!(Acquirer<Of<Cell<u8>>>: Send, Clone);
assert_impl_all!(Exclusive<Of<Cell<u8>>>: Send);
assert_not_impl_any!(Exclusive<Of<u8>>: Clone);
assert_not_impl_any!(Acquirer<Of<Rc<u8>>>: Send);
assert_impl_all!(Run<Of<Cell<u8>>>: Send);
assert_not_impl_any!(Run<Of<Rc<u8>>>: Send);

// A reserve is a pool, as shareable as the one that it came from.
assert_impl_all!(Reserve<Of<Cell<u8>>>: Send, Sync);
assert_not_impl_any!(Reserve<Of<Rc<u8>>>: Send, Sync);
assert_impl_all!(Loan<&'static Reserve<Of<Cell<u8>>>>: Send);
assert_not_impl_any!(Loan<&'static Reserve<Of<Cell<u8>>>>: Sync);
assert_not_impl_any!(Frozen<&'static Reserve<Of<Cell<u8>>>>: Send, Sync);

// A hook is called by all who give slots back.
assert_impl_all!(RecyclingPool<u8, 2, (Zero, Tally<2>)>: Send, Sync);
assert_not_impl_any!(RecyclingPool<u8, 2, Cell<u8>>: Sync);

assert_impl_all!(Acquire<'static, Of<u8>>: Send);
assert_not_impl_any!(Acquire<'static, Of<u8>>: Unpin);
assert_impl_all!(FrameData<Loan<Of<[u8; 4]>>>: Send, Sync);
assert_impl_all!(Closed: core::error::Error, Send, Sync);

const _: () = assert!(size_of::<Loan<Of<u8>>>() == 2 * size_of::<usize>());
const _: () = assert!(size_of::<Frozen<Of<u8>>>() == 3 * size_of::<usize>());

#[cfg(feature = "alloc")]
mod owned {
    use super::{Cell, Frozen, Loan, Rc, assert_impl_all, assert_not_impl_any};
    use framepool_core::{
        Acquirer, Boxed, Exclusive, HeapBytes, Keep, OnHeap, Region, Reserve, SharedPool,
    };

    type Buffers = Region<HeapBytes>;

    assert_impl_all!(SharedPool<Buffers, OnHeap>: Send, Sync, Clone);
    assert_impl_all!(Loan<Keep<Buffers, OnHeap>>: Send, Sync);
    assert_not_impl_any!(SharedPool<Boxed<Rc<u8>>, OnHeap>: Send, Sync);
    assert_impl_all!(Acquirer<SharedPool<Buffers, OnHeap>>: Send, Clone);
    assert_impl_all!(Exclusive<SharedPool<Buffers, OnHeap>>: Send);
    assert_not_impl_any!(Exclusive<SharedPool<Buffers, OnHeap>>: Clone);
    assert_not_impl_any!(Exclusive<SharedPool<Boxed<Rc<u8>>, OnHeap>>: Send);
    assert_impl_all!(Reserve<Keep<Buffers, OnHeap>>: Send, Sync);
    assert_impl_all!(Loan<Keep<Boxed<Cell<u8>>, OnHeap>>: Send);
    assert_not_impl_any!(Loan<Keep<Boxed<Cell<u8>>, OnHeap>>: Sync);
    assert_not_impl_any!(Frozen<Keep<Boxed<Cell<u8>>, OnHeap>>: Send, Sync);
}

#[cfg(feature = "defmt")]
mod logging {
    use super::{Closed, assert_impl_all};
    use framepool_core::{BuildError, FrameMeta, PixelError, RegionOfInterest, Stats};

    assert_impl_all!(FrameMeta: defmt::Format);
    assert_impl_all!(RegionOfInterest: defmt::Format);
    assert_impl_all!(Stats: defmt::Format);
    assert_impl_all!(BuildError: defmt::Format);
    assert_impl_all!(Closed: defmt::Format);
    assert_impl_all!(PixelError: defmt::Format);
}
