//! What may cross threads, and how large the guards are: checked when this compiles.

use core::cell::Cell;
use core::panic::{RefUnwindSafe, UnwindSafe};
use framepool_core::frame::FrameData;
use framepool_core::recycle::{Recycle, Tally, Zero};
use framepool_core::storage::{Borrowed, Buffers};
use framepool_core::{
    Acquire, Acquirer, BufferPool, Closed, Exclusive, Frozen, Loan, LocalAcquirer, LocalLoan, Pool,
    RecyclingPool, Reserve, Run,
};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::rc::Rc;

type Of<T> = &'static Pool<T, 2>;

assert_impl_all!(Pool<u8, 2>: Send, Sync);
assert_impl_all!(Pool<Cell<u8>, 2>: Send, Sync);
assert_not_impl_any!(Pool<Rc<u8>, 2>: Send, Sync);
assert_impl_all!(BufferPool<Borrowed<'static>>: Send, Sync);
assert_not_impl_any!(Buffers<*mut u8>: Send, Sync);

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
assert_impl_all!(LocalAcquirer<'static, Of<u8>>: Copy, UnwindSafe);
assert_not_impl_any!(LocalAcquirer<'static, Of<u8>>: Send, Sync);
assert_not_impl_any!(LocalLoan<'static, Of<u8>>: Send, Sync, Clone);
assert_impl_all!(Run<Of<Cell<u8>>>: Send);
assert_not_impl_any!(Run<Of<Rc<u8>>>: Send);

// A reserve is a pool, as shareable as the one that it came from.
assert_impl_all!(Reserve<Of<Cell<u8>>>: Send, Sync);
assert_not_impl_any!(Reserve<Of<Rc<u8>>>: Send, Sync);
assert_impl_all!(Loan<&'static Reserve<Of<Cell<u8>>>>: Send);
assert_not_impl_any!(Loan<&'static Reserve<Of<Cell<u8>>>>: Sync);
assert_not_impl_any!(Frozen<&'static Reserve<Of<Cell<u8>>>>: Send, Sync);

// A hook is called on every thread that gives slots back.
assert_impl_all!(RecyclingPool<[u8; 2], 2, (Zero, Tally<2>)>: Send, Sync);
assert_not_impl_any!(RecyclingPool<u8, 2, InOneThread>: Sync);

struct InOneThread(Cell<u8>);

impl Recycle<u8> for InOneThread {
    fn recycle(&self, _: usize, slot: &mut u8) {
        *slot = self.0.get();
    }
}

assert_impl_all!(Acquire<'static, Of<u8>>: Send);
assert_not_impl_any!(Acquire<'static, Of<u8>>: Unpin);
assert_impl_all!(FrameData<Loan<Of<[u8; 4]>>>: Send, Sync);
assert_impl_all!(Closed: core::error::Error, Send, Sync);

const _: () = assert!(size_of::<Loan<Of<u8>>>() == 2 * size_of::<usize>());
const _: () = assert!(size_of::<Option<Loan<Of<u8>>>>() == 2 * size_of::<usize>());
const _: () = assert!(size_of::<Frozen<Of<u8>>>() == 3 * size_of::<usize>());

// What a panic leaves in a slot is what the next holder finds, also without `catch_unwind`.
assert_impl_all!(Pool<Cell<u8>, 2>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(Loan<Of<u8>>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(LocalLoan<'static, Of<u8>>: UnwindSafe);
assert_impl_all!(Frozen<Of<u8>>: UnwindSafe, RefUnwindSafe);

// What a share shows is read by several threads, also if it is only reached through the slot.
assert_impl_all!(Frozen<Of<u8>, [u8]>: Send, Sync);
assert_not_impl_any!(Frozen<Of<u8>, Cell<u8>>: Send, Sync);

/// A guard of a pool that lives for ever is one of a pool that lives for `'p`.
#[allow(dead_code, reason = "it is enough that it compiles")]
mod guards_live_shorter_if_need_be {
    use super::{Acquire, Acquirer, Frozen, Loan, Of, Pool, Reserve, Run};

    type Short<'p> = &'p Pool<u8, 2>;

    fn loan<'p>(guard: Loan<Of<u8>>) -> Loan<Short<'p>> {
        guard
    }

    fn share<'p>(guard: Frozen<Of<u8>>) -> Frozen<Short<'p>> {
        guard
    }

    fn run<'p>(guard: Run<Of<u8>>) -> Run<Short<'p>> {
        guard
    }

    fn acquirer<'p>(guard: Acquirer<Of<u8>>) -> Acquirer<Short<'p>> {
        guard
    }

    fn waiting<'p>(guard: Acquire<'static, Of<u8>>) -> Acquire<'p, Short<'p>> {
        guard
    }

    fn loan_of_a_reserve<'r>(guard: Loan<&'static Reserve<Of<u8>>>) -> Loan<&'r Reserve<Of<u8>>> {
        guard
    }
}

#[cfg(feature = "alloc")]
mod owned {
    use super::{Cell, Frozen, Loan, Rc, assert_impl_all, assert_not_impl_any};
    use framepool_core::storage::Boxed;
    use framepool_core::{Acquire, Acquirer, Exclusive, Reserve, SharedPool};

    assert_impl_all!(SharedPool: Send, Sync, Clone);
    assert_impl_all!(Acquire<'static, SharedPool>: Send);
    assert_impl_all!(Loan<SharedPool>: Send, Sync);
    assert_not_impl_any!(SharedPool<Boxed<Rc<u8>>>: Send, Sync);
    assert_impl_all!(Acquirer<SharedPool>: Send, Clone);
    assert_impl_all!(Exclusive<SharedPool>: Send);
    assert_not_impl_any!(Exclusive<SharedPool>: Clone);
    assert_not_impl_any!(Exclusive<SharedPool<Boxed<Rc<u8>>>>: Send);
    assert_impl_all!(Reserve<SharedPool>: Send, Sync);
    assert_impl_all!(Loan<SharedPool<Boxed<Cell<u8>>>>: Send);
    assert_not_impl_any!(Loan<SharedPool<Boxed<Cell<u8>>>>: Sync);
    assert_not_impl_any!(Frozen<SharedPool<Boxed<Cell<u8>>>>: Send, Sync);
}

#[cfg(all(feature = "alloc", feature = "std"))]
mod kept {
    use super::{Cell, Frozen, InOneThread, Loan, Rc, assert_impl_all, assert_not_impl_any};
    use super::{RefUnwindSafe, UnwindSafe};
    use framepool_core::recycle::Recycled;
    use framepool_core::storage::Boxed;
    use framepool_core::{Acquire, CachedPool};

    // A thread that drops a loan or a share lends the slot again: as the handles, so the guards.
    assert_impl_all!(CachedPool: Send, Sync, Clone, UnwindSafe, RefUnwindSafe);
    assert_impl_all!(CachedPool<Boxed<Cell<u8>>>: Send, Sync);
    assert_not_impl_any!(CachedPool<Boxed<Rc<u8>>>: Send, Sync);
    assert_not_impl_any!(CachedPool<Recycled<Boxed<u8>, InOneThread>>: Send, Sync);
    assert_impl_all!(Loan<CachedPool>: Send, Sync);
    assert_impl_all!(Loan<CachedPool<Boxed<Cell<u8>>>>: Send);
    assert_not_impl_any!(Loan<CachedPool<Boxed<Cell<u8>>>>: Sync, Clone);
    assert_not_impl_any!(Loan<CachedPool<Boxed<Rc<u8>>>>: Send, Sync);
    // The slot may be sent, but the hook is called where the loan is dropped.
    assert_not_impl_any!(Loan<CachedPool<Recycled<Boxed<u8>, InOneThread>>>: Send, Sync);
    assert_impl_all!(Frozen<CachedPool>: Send, Sync, Clone);
    assert_not_impl_any!(Frozen<CachedPool<Boxed<Cell<u8>>>>: Send, Sync);
    assert_not_impl_any!(Frozen<CachedPool<Boxed<Rc<u8>>>>: Send, Sync);
    assert_impl_all!(Acquire<'static, CachedPool>: Send);
    assert_not_impl_any!(Acquire<'static, CachedPool<Boxed<Rc<u8>>>>: Send, Sync);

    const _: () = assert!(size_of::<Loan<CachedPool>>() == 2 * size_of::<usize>());
    const _: () = assert!(size_of::<Option<Loan<CachedPool>>>() == 2 * size_of::<usize>());
}

#[cfg(feature = "defmt")]
mod logging {
    use super::{Closed, assert_impl_all};
    use framepool_core::frame::{FrameMeta, PixelError, RegionOfInterest};
    use framepool_core::{BuildError, Stats};

    assert_impl_all!(FrameMeta: defmt::Format);
    assert_impl_all!(RegionOfInterest: defmt::Format);
    assert_impl_all!(Stats: defmt::Format);
    assert_impl_all!(BuildError: defmt::Format);
    assert_impl_all!(Closed: defmt::Format);
    assert_impl_all!(PixelError: defmt::Format);
}
