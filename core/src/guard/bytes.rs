//! A frozen share as [`Bytes`]: for code that knows nothing of pools.
//!
//! ```text
//!   Frozen --from--> Bytes --clone, slice--> Bytes ...      one count of their own,
//!     |                |                       |            beside the share count
//!     `---- the slot --+-----------------------'
//!                      released by the last of them
//! ```

use super::frozen::Frozen;
use super::pool_ref::PoolRef;
use ::bytes::Bytes;

impl<R, V> From<Frozen<R, V>> for Bytes
where
    R: PoolRef<Slot: Send + Sync> + Send + 'static,
    V: AsRef<[u8]> + ?Sized + Sync + 'static,
{
    /// Hands a share to code that takes [`Bytes`]; no pixel is copied.
    ///
    /// What the share shows, whole slot or part, is what the `Bytes` show. The slot goes back when
    /// the last `Bytes` made from this one, and the last other share, are gone. For shares that
    /// live for ever: of a pool in a `static`, or of a `SharedPool`.
    ///
    /// # Allocation
    /// One small block, for the share and the count of `Bytes`: a few words, whatever the size of
    /// the slot. It is freed with the last `Bytes`. Nothing else about pools, loans and shares
    /// allocates once the pool is made; neither do cloning and slicing these `Bytes`. Turning them
    /// into `BytesMut` or `Vec` copies.
    ///
    /// # Examples
    /// ```
    /// use bytes::Bytes;
    /// use framepool_core::storage::HeapBytes;
    /// use framepool_core::{BufferPool, SharedPool};
    ///
    /// let memory = HeapBytes::zeroed(2 * 64, 64)?;
    /// let pool = SharedPool::new(BufferPool::new(memory, 64, 64)?);
    /// let mut loan = pool.try_acquire().expect("two are free");
    /// loan[..5].copy_from_slice(b"hello");
    /// let hello = loan.freeze().slice(0..5).expect("within the slot");
    /// let bytes = Bytes::from(hello);
    /// assert_eq!(bytes, "hello");
    /// assert_eq!(pool.available(), 1);
    /// drop(bytes);
    /// assert_eq!(pool.available(), 2);
    /// # Ok::<(), framepool_core::BuildError>(())
    /// ```
    fn from(share: Frozen<R, V>) -> Self {
        Self::from_owner(share)
    }
}
