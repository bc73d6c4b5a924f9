//! What may cross threads, and how large the guards are: checked when this compiles.

use core::cell::Cell;
use framepool_core::{
    Acquire, Borrowed, BufferPool, Closed, FrameData, Frozen, Inline, Loan, Pool, PoolIn, Region,
};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::rc::Rc;

type Of<T> = &'static PoolIn<Inline<T, 2>>;

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

assert_impl_all!(Acquire<'static, Of<u8>>: Send);
assert_not_impl_any!(Acquire<'static, Of<u8>>: Unpin);
assert_impl_all!(FrameData<Loan<Of<[u8; 4]>>>: Send, Sync);
assert_impl_all!(Closed: core::error::Error, Send, Sync);

const _: () = assert!(size_of::<Loan<Of<u8>>>() == 2 * size_of::<usize>());
const _: () = assert!(size_of::<Frozen<Of<u8>>>() == 3 * size_of::<usize>());

#[cfg(feature = "alloc")]
mod owned {
    use super::{Cell, Frozen, Loan, Rc, assert_impl_all, assert_not_impl_any};
    use framepool_core::{Boxed, HeapBytes, Keep, Region, SharedPool};

    assert_impl_all!(SharedPool<Region<HeapBytes>>: Send, Sync, Clone);
    assert_impl_all!(Loan<Keep<Region<HeapBytes>>>: Send, Sync);
    assert_not_impl_any!(SharedPool<Boxed<Rc<u8>>>: Send, Sync);
    assert_impl_all!(Loan<Keep<Boxed<Cell<u8>>>>: Send);
    assert_not_impl_any!(Loan<Keep<Boxed<Cell<u8>>>>: Sync);
    assert_not_impl_any!(Frozen<Keep<Boxed<Cell<u8>>>>: Send, Sync);
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
