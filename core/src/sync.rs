//! The facade over shared memory: atomics, cells and the waiters' lock.
//!
//! Everything that two threads can touch goes through here, so that the models (which compile
//! this source with `cfg(framepool_loom)`) see every access and every ordering, and that a random
//! scheduler (`cfg(framepool_shuttle)`) can come in between any two.

#[cfg(all(framepool_loom, not(target_pointer_width = "64")))]
pub(crate) use loom::sync::atomic::AtomicU32 as AtomicWord;
#[cfg(all(framepool_loom, target_pointer_width = "64"))]
pub(crate) use loom::sync::atomic::AtomicU64 as AtomicWord;
#[cfg(framepool_loom)]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering, fence},
};

#[cfg(not(framepool_loom))]
pub(crate) use native::*;

#[cfg(not(framepool_loom))]
mod native {
    pub(crate) use core::sync::atomic::{Ordering, fence};
    #[cfg(not(framepool_shuttle))]
    use portable_atomic as atomic;
    #[cfg(framepool_shuttle)]
    use shuttle::sync::atomic;

    #[cfg(not(target_pointer_width = "64"))]
    pub(crate) use atomic::AtomicU32 as AtomicWord;
    #[cfg(target_pointer_width = "64")]
    pub(crate) use atomic::AtomicU64 as AtomicWord;
    pub(crate) use atomic::{AtomicPtr, AtomicU32, AtomicUsize};

    /// A cell with loom's interface: access is a call, so that a model can watch it.
    #[derive(Debug, Default)]
    #[repr(transparent)]
    #[allow(clippy::disallowed_types, reason = "the facade is where the real cell lives")]
    pub(crate) struct UnsafeCell<T: ?Sized>(core::cell::UnsafeCell<T>);

    #[allow(clippy::disallowed_types, reason = "the facade is where the real cell lives")]
    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(core::cell::UnsafeCell::new(value))
        }

        #[inline(always)]
        pub(crate) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
            read(self.0.get())
        }

        #[inline(always)]
        pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
            write(self.0.get())
        }
    }
}

/// Drops `const` under the models, where loom's constructors are not const.
macro_rules! const_unless_loom {
    ($(#[$meta:meta])* $vis:vis const fn $($rest:tt)*) => {
        #[cfg(not(framepool_loom))]
        $(#[$meta])* $vis const fn $($rest)*
        #[cfg(framepool_loom)]
        $(#[$meta])* $vis fn $($rest)*
    };
}
pub(crate) use const_unless_loom;

/// Reading an atomic ahead of the read-modify-write that decides. Natively a load.
///
/// Under the models either a load, which may be stale, or a read-modify-write that changes
/// nothing. Both are needed: loom 0.7 keeps one last access per object, so a thread's own load
/// hides another thread's earlier load from the write that follows, and orders are missed
/// (`loom-tests/tests/loom_itself.rs` shows it). Every model is explored both ways.
pub(crate) trait Peek<T> {
    fn peek(&self, order: Ordering) -> T;
}

macro_rules! impl_peek {
    ($($atomic:ty => $value:ty),*) => {$(
        impl Peek<$value> for $atomic {
            #[inline(always)]
            fn peek(&self, order: Ordering) -> $value {
                #[cfg(framepool_loom)]
                if !PEEKS_ARE_LOADS.get() {
                    return self.fetch_add(0, order);
                }
                self.load(order)
            }
        }
    )*};
}
impl_peek!(AtomicU32 => u32);
#[cfg(target_pointer_width = "64")]
impl_peek!(AtomicWord => u64);

#[cfg(framepool_loom)]
std::thread_local! {
    static PEEKS_ARE_LOADS: core::cell::Cell<bool> = const { core::cell::Cell::new(false) };
}

/// Chooses how the models of this thread peek: by loads, or by read-modify-writes.
#[cfg(framepool_loom)]
pub fn peek_by_load(on: bool) {
    PEEKS_ARE_LOADS.set(on);
}

/// A statistic: it takes part in no decision, so the models do not branch on it.
#[cfg(any(framepool_loom, framepool_shuttle))]
#[allow(clippy::disallowed_types, reason = "hidden from the models on purpose")]
pub(crate) type Statistic = core::sync::atomic::AtomicUsize;
#[cfg(not(any(framepool_loom, framepool_shuttle)))]
pub(crate) type Statistic = AtomicUsize;

/// Looked at with every look at a pool, and written to when it ends: so the models notice a look that
/// is not ordered before the end. Natively nothing.
#[derive(Debug)]
pub(crate) struct Alive(#[cfg(framepool_loom)] UnsafeCell<()>);

#[cfg(framepool_loom)]
// SAFETY: loom checks each access, and there is nothing to access.
unsafe impl Sync for Alive {}

impl Alive {
    const_unless_loom! {
        pub(crate) const fn new() -> Self {
            Self(#[cfg(framepool_loom)] UnsafeCell::new(()))
        }
    }

    #[inline(always)]
    #[cfg_attr(not(framepool_loom), allow(clippy::unused_self, reason = "for the models"))]
    pub(crate) fn look(&self) {
        #[cfg(framepool_loom)]
        self.0.with(|_| ());
    }

    #[inline(always)]
    #[cfg_attr(not(framepool_loom), allow(clippy::unused_self, reason = "for the models"))]
    pub(crate) fn end(&self) {
        #[cfg(framepool_loom)]
        self.0.with_mut(|_| ());
    }
}

/// Begins when something is put by and ends when it is taken up again: so the models notice if it is lost
/// meanwhile. Natively nothing.
#[cfg(feature = "alloc")]
#[derive(Debug)]
pub(crate) struct PutBy(#[cfg(framepool_loom)] UnsafeCell<Option<loom::sync::Arc<()>>>);

#[cfg(all(feature = "alloc", framepool_loom))]
// SAFETY: loom checks each access.
unsafe impl Sync for PutBy {}

#[cfg(feature = "alloc")]
#[cfg_attr(not(framepool_loom), allow(clippy::unused_self, reason = "for the models"))]
impl PutBy {
    const_unless_loom! {
        pub(crate) const fn new() -> Self {
            Self(#[cfg(framepool_loom)] UnsafeCell::new(None))
        }
    }

    pub(crate) fn begin(&self) {
        #[cfg(framepool_loom)]
        // SAFETY: the thread that puts it by has it alone.
        self.0.with_mut(|it| unsafe { *it = Some(loom::sync::Arc::new(())) });
    }

    pub(crate) fn end(&self) {
        #[cfg(framepool_loom)]
        // SAFETY: the thread that takes it up has it alone.
        self.0.with_mut(|it| unsafe { *it = None });
    }
}

/// Declares a static: under the models one that is made anew for each execution.
macro_rules! global {
    (static $name:ident: [$type:ty; $count:expr] = [$value:expr; $repeat:expr];) => {
        #[cfg(not(any(framepool_loom, framepool_shuttle)))]
        static $name: [$type; $count] = [const { $value }; $repeat];
        #[cfg(framepool_loom)]
        loom::lazy_static! {
            static ref $name: [$type; $count] = core::array::from_fn(|_| $value);
        }
        #[cfg(framepool_shuttle)]
        shuttle::lazy_static! {
            static ref $name: [$type; $count] = core::array::from_fn(|_| $value);
        }
    };
}
pub(crate) use global;

/// Declares a static of each thread: under the models of each of loom's threads.
#[cfg(all(feature = "alloc", any(feature = "std", framepool_loom)))]
macro_rules! local {
    (static $name:ident: $type:ty = $value:expr;) => {
        #[cfg(not(framepool_loom))]
        std::thread_local! {
            static $name: $type = const { $value };
        }
        #[cfg(framepool_loom)]
        loom::thread_local! {
            static $name: $type = $value;
        }
    };
}
#[cfg(all(feature = "alloc", any(feature = "std", framepool_loom)))]
pub(crate) use local;

/// Slots side by side, each watched on its own by the models.
#[derive(Debug)]
pub(crate) struct SlotArray<T, const N: usize> {
    #[cfg(not(framepool_loom))]
    slots: UnsafeCell<[T; N]>,
    #[cfg(framepool_loom)]
    slots: [UnsafeCell<T>; N],
}

#[cfg(not(framepool_loom))]
impl<T, const N: usize> SlotArray<T, N> {
    pub(crate) const fn new(slots: [T; N]) -> Self {
        Self { slots: UnsafeCell::new(slots) }
    }

    /// # Safety
    /// - `index` is below `N`.
    #[inline(always)]
    pub(crate) unsafe fn read(&self, index: usize) -> *const T {
        // SAFETY: `index` is below `N`, as the caller promises.
        self.slots.with(|slots| unsafe { slots.cast::<T>().add(index) })
    }

    /// # Safety
    /// - `index` is below `N`.
    #[inline(always)]
    pub(crate) unsafe fn write(&self, index: usize) -> *mut T {
        // SAFETY: `index` is below `N`, as the caller promises.
        self.slots.with_mut(|slots| unsafe { slots.cast::<T>().add(index) })
    }
}

#[cfg(framepool_loom)]
impl<T, const N: usize> SlotArray<T, N> {
    pub(crate) fn new(slots: [T; N]) -> Self {
        Self { slots: slots.map(UnsafeCell::new) }
    }

    pub(crate) unsafe fn read(&self, index: usize) -> *const T {
        self.slots[index].with(|slot| slot)
    }

    pub(crate) unsafe fn write(&self, index: usize) -> *mut T {
        self.slots[index].with_mut(|slot| slot)
    }
}

#[cfg(all(
    not(any(framepool_loom, framepool_shuttle)),
    not(feature = "critical-section"),
    any(target_os = "none", not(target_has_atomic = "ptr"))
))]
compile_error!(
    "framepool-core: on bare metal an interrupt could spin for ever on a lock that the main loop \
     holds; enable the feature `critical-section` and let the final binary choose its \
     implementation (for example cortex-m's `critical-section-single-core`). A target without \
     compare-and-swap also needs one of portable-atomic's features there: `critical-section` or \
     `unsafe-assume-single-core`"
);

/// A short lock for the cold paths: a model's, a critical section, a mutex of the operating system, or a
/// spin lock.
///
/// While its guard lives no foreign code may run (wakers, hooks): it may come back for the same
/// lock.
#[derive(Debug)]
pub(crate) struct Lock<T>(lock::Inner<T>);

pub(crate) use lock::Guard;

impl<T> Lock<T> {
    const_unless_loom! {
        pub(crate) const fn new(value: T) -> Self {
            Self(lock::Inner::new(value))
        }
    }

    /// Takes the lock, and waits for its holder if there is one.
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        lock::lock(&self.0)
    }

    /// Takes the lock if it is free.
    pub(crate) fn try_lock(&self) -> Option<Guard<'_, T>> {
        lock::try_lock(&self.0)
    }
}

/// A scheduler's mutex. Its unlocking is no point at which loom switches threads: an access that depends
/// on those of `try_lock` makes it one, so that each attempt is made before it and after it.
#[cfg(any(framepool_loom, framepool_shuttle))]
mod lock {
    use super::{AtomicUsize, Ordering};
    use core::ops::{Deref, DerefMut};
    #[cfg(framepool_loom)]
    use loom::sync::{Mutex, MutexGuard};
    #[cfg(framepool_shuttle)]
    use shuttle::sync::{Mutex, MutexGuard};

    #[derive(Debug)]
    pub(super) struct Inner<T> {
        switch: AtomicUsize,
        mutex: Mutex<T>,
    }

    impl<T> Inner<T> {
        const_unless_loom! {
            pub(super) const fn new(value: T) -> Self {
                Self { switch: AtomicUsize::new(0), mutex: Mutex::new(value) }
            }
        }
    }

    pub(crate) struct Guard<'a, T> {
        switch: &'a AtomicUsize,
        guard: MutexGuard<'a, T>,
    }

    impl<T> Drop for Guard<'_, T> {
        fn drop(&mut self) {
            // Ordering: Relaxed: the mutex orders.
            self.switch.fetch_add(0, Ordering::Relaxed);
        }
    }

    pub(super) fn lock<T>(inner: &Inner<T>) -> Guard<'_, T> {
        let guard = inner.mutex.lock().expect("no model panics inside the lock");
        Guard { switch: &inner.switch, guard }
    }

    pub(super) fn try_lock<T>(inner: &Inner<T>) -> Option<Guard<'_, T>> {
        // Ordering: Relaxed: the mutex orders.
        inner.switch.fetch_add(0, Ordering::Relaxed);
        let guard = inner.mutex.try_lock().ok()?;
        Some(Guard { switch: &inner.switch, guard })
    }

    impl<T> Deref for Guard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.guard
        }
    }

    impl<T> DerefMut for Guard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            &mut self.guard
        }
    }
}

#[cfg(all(not(any(framepool_loom, framepool_shuttle)), feature = "critical-section"))]
mod lock {
    use super::UnsafeCell;
    use core::ops::{Deref, DerefMut};

    #[derive(Debug)]
    pub(super) struct Inner<T>(UnsafeCell<T>);

    // SAFETY: the value is reached only inside a critical section, which one context at a time
    // can be in; `T: Send` because that context changes.
    unsafe impl<T: Send> Sync for Inner<T> {}

    impl<T> Inner<T> {
        pub(super) const fn new(value: T) -> Self {
            Self(UnsafeCell::new(value))
        }
    }

    pub(crate) struct Guard<'a, T> {
        inner: &'a Inner<T>,
        entered: critical_section::RestoreState,
    }

    pub(super) fn lock<T>(inner: &Inner<T>) -> Guard<'_, T> {
        // SAFETY: left when the guard is dropped; guards are not nested, since no foreign code
        // runs while one lives.
        let entered = unsafe { critical_section::acquire() };
        Guard { inner, entered }
    }

    /// The lock is never held where it is asked for.
    pub(super) fn try_lock<T>(inner: &Inner<T>) -> Option<Guard<'_, T>> {
        Some(lock(inner))
    }

    impl<T> Deref for Guard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            // SAFETY: critical sections exclude each other, and guards are not nested.
            self.inner.0.with(|value| unsafe { &*value })
        }
    }

    impl<T> DerefMut for Guard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            // SAFETY: critical sections exclude each other, and guards are not nested.
            self.inner.0.with_mut(|value| unsafe { &mut *value })
        }
    }

    impl<T> Drop for Guard<'_, T> {
        fn drop(&mut self) {
            // SAFETY: entered by `lock`, and left once.
            unsafe { critical_section::release(self.entered) };
        }
    }
}

/// A thread that waits sleeps: it does not keep a holder that was preempted from running.
#[cfg(all(
    not(any(framepool_loom, framepool_shuttle)),
    not(feature = "critical-section"),
    feature = "std"
))]
mod lock {
    use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

    pub(super) type Inner<T> = Mutex<T>;
    pub(crate) type Guard<'a, T> = MutexGuard<'a, T>;

    pub(super) fn lock<T>(inner: &Inner<T>) -> Guard<'_, T> {
        inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn try_lock<T>(inner: &Inner<T>) -> Option<Guard<'_, T>> {
        match inner.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(all(
    not(any(framepool_loom, framepool_shuttle)),
    not(feature = "critical-section"),
    not(feature = "std")
))]
mod lock {
    pub(super) type Inner<T> = spin::mutex::SpinMutex<T>;
    pub(crate) type Guard<'a, T> = spin::mutex::SpinMutexGuard<'a, T>;

    pub(super) fn lock<T>(inner: &Inner<T>) -> Guard<'_, T> {
        inner.lock()
    }

    pub(super) fn try_lock<T>(inner: &Inner<T>) -> Option<Guard<'_, T>> {
        inner.try_lock()
    }
}
