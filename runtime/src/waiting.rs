//! Waiting for a slot with a bound, on every pool of core: in a task by tokio's clock, or on a plain
//! thread.
//!
//! ```text
//!   a slot is free      lent at once: no clock is read, no timer made
//!   none is             the caller queues in the pool: tasks and threads in one queue, first come
//!                       first served; then  a release -> Ok | the deadline -> TimedOut | close -> Closed
//! ```

use crate::error::AcquireError;
#[cfg(feature = "tokio")]
use framepool_core::Acquire;
use framepool_core::Loan;
#[cfg(feature = "tokio")]
use std::future::Future;
use std::time::{Duration, Instant};
#[cfg(feature = "tokio")]
use tokio::time::Timeout;

pub(crate) mod blocking;

/// Acquires with a bound, from any pool of [`framepool_core`]: in line, boxed, shared or reserved.
///
/// The blocking calls may stand beside async ones in one queue. They need no runtime, and must not be
/// called where a runtime must not be blocked.
///
/// # Examples
/// ```
/// use framepool::framepool_core::Pool;
/// use framepool::{AcquireError, PoolExt};
/// use std::time::Duration;
///
/// static LINES: Pool<[u16; 640], 1> = Pool::new([[0; 640]; 1]);
///
/// let line = LINES.acquire_blocking()?;
/// let error = LINES.acquire_timeout_blocking(Duration::from_millis(1)).unwrap_err();
/// assert_eq!(error, AcquireError::TimedOut);
/// drop(line);
/// assert!(LINES.acquire_timeout_blocking(Duration::ZERO).is_ok());
/// # Ok::<(), AcquireError>(())
/// ```
pub trait PoolExt: sealed::Pool {
    /// Waits for a slot at most `bound` long. A timer is made only if a wait really starts.
    ///
    /// # Examples
    /// ```
    /// use framepool::PoolExt;
    /// use framepool::framepool_core::{BoxedPool, SharedPool};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = SharedPool::new(BoxedPool::from_fn(4, || [0_u8; 4096])?);
    /// let handle = pool.clone();
    /// let task = tokio::spawn(async move {
    ///     handle.acquire_timeout(Duration::from_millis(50)).await
    /// });
    /// assert_eq!(task.await??.len(), 4096);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`AcquireError`].
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled, if it must wait.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing but its place in the queue.
    #[cfg(feature = "tokio")]
    fn acquire_timeout(
        &self,
        bound: Duration,
    ) -> impl Future<Output = Result<Loan<Self::Ref<'_>>, AcquireError>> {
        in_time(self, move |wait| tokio::time::timeout(bound, wait), |loan| loan)
    }

    /// Waits for a slot until `deadline` at the latest, as [`acquire_timeout`](Self::acquire_timeout).
    ///
    /// Where tokio's clock is paused or was, take the deadline from that clock:
    /// `tokio::time::Instant::now().into_std() + bound`.
    ///
    /// # Errors
    /// [`AcquireError`]; none if a slot is free, even after the deadline.
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled, if it must wait.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing but its place in the queue.
    #[cfg(feature = "tokio")]
    fn acquire_until(
        &self,
        deadline: Instant,
    ) -> impl Future<Output = Result<Loan<Self::Ref<'_>>, AcquireError>> {
        in_time(self, move |wait| tokio::time::timeout_at(deadline.into(), wait), |loan| loan)
    }

    /// Blocks this thread until there is a slot.
    ///
    /// # Errors
    /// [`AcquireError::Closed`].
    #[inline]
    fn acquire_blocking(&self) -> Result<Loan<Self::Ref<'_>>, AcquireError> {
        self.try_lend().map_or_else(|| wait(self, || None), Ok)
    }

    /// Blocks this thread until there is a slot, at most `bound` long. Reads the clock only if it must
    /// wait.
    ///
    /// # Errors
    /// [`AcquireError`].
    #[inline]
    fn acquire_timeout_blocking(
        &self,
        bound: Duration,
    ) -> Result<Loan<Self::Ref<'_>>, AcquireError> {
        self.try_lend().map_or_else(|| wait(self, || blocking::deadline(bound)), Ok)
    }

    /// Blocks this thread until there is a slot, until `deadline` at the latest.
    ///
    /// # Errors
    /// [`AcquireError`]; none if a slot is free, even after the deadline.
    #[inline]
    fn acquire_until_blocking(
        &self,
        deadline: Instant,
    ) -> Result<Loan<Self::Ref<'_>>, AcquireError> {
        self.try_lend().map_or_else(|| wait(self, || Some(deadline)), Ok)
    }
}

impl<P: sealed::Pool + ?Sized> PoolExt for P {}

#[cold]
fn wait<P: sealed::Pool + ?Sized>(
    pool: &P,
    deadline: impl FnOnce() -> Option<Instant>,
) -> Result<Loan<P::Ref<'_>>, AcquireError> {
    match blocking::wait(pool.wait(), deadline()) {
        Some(acquired) => Ok(acquired?),
        None => Err(AcquireError::TimedOut),
    }
}

/// Acquires at once, or waits by a timer that is made then.
#[cfg(feature = "tokio")]
pub(crate) async fn in_time<'p, P: sealed::Pool + ?Sized, L>(
    pool: &'p P,
    timed: impl FnOnce(Acquire<'p, P::Ref<'p>>) -> Timeout<Acquire<'p, P::Ref<'p>>>,
    lent: impl FnOnce(Loan<P::Ref<'p>>) -> L,
) -> Result<L, AcquireError> {
    match pool.try_lend() {
        Some(loan) => Ok(lent(loan)),
        None => match timed(pool.wait()).await {
            Ok(acquired) => Ok(lent(acquired?)),
            Err(_elapsed) => Err(AcquireError::TimedOut),
        },
    }
}

mod sealed {
    use framepool_core::storage::Storage;
    use framepool_core::{Acquire, CachedPool, Loan, PoolIn, PoolRef, SharedPool};

    /// A pool of core.
    pub trait Pool {
        /// What its guards belong to.
        type Ref<'p>: PoolRef
        where
            Self: 'p;

        fn try_lend(&self) -> Option<Loan<Self::Ref<'_>>>;

        fn wait(&self) -> Acquire<'_, Self::Ref<'_>>;
    }

    impl<S: Storage> Pool for PoolIn<S> {
        type Ref<'p>
            = &'p Self
        where
            Self: 'p;

        #[inline]
        fn try_lend(&self) -> Option<Loan<&Self>> {
            self.try_acquire()
        }

        fn wait(&self) -> Acquire<'_, &Self> {
            self.acquire()
        }
    }

    macro_rules! shared {
        ($($pool:ident),*) => {$(
            impl<S: Storage> Pool for $pool<S> {
                type Ref<'p>
                    = Self
                where
                    Self: 'p;

                #[inline]
                fn try_lend(&self) -> Option<Loan<Self>> {
                    self.try_acquire()
                }

                fn wait(&self) -> Acquire<'_, Self> {
                    self.acquire()
                }
            }
        )*};
    }
    shared!(SharedPool, CachedPool);
}
