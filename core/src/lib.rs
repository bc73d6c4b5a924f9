//! Fixed-capacity memory pools for frame grabbers: lock-free, without a heap, every slot accounted
//! for.
//!
//! A camera hands a program frame after frame. Taking memory for each from the heap costs page
//! faults, and stalls at the wrong moment; a microcontroller has no heap at all. A pool lends out
//! slots that were set aside once: to a driver thread, an interrupt handler or an async task.
//!
//! ```text
//!            +-------------- an atomic word, or several -------------+
//!   claim -->| WAITERS or ORPHANED | slot bits (1 = free)            |<-- release
//!            +-------------------------------------------------------+
//!            [ slot 0 ][ slot 1 ][ slot 2 ] ...        contiguous storage
//! ```
//!
//! | you have | use |
//! |---|---|
//! | values in a `static` or on the stack | [`Pool`] |
//! | one block of memory to cut into byte buffers | [`BufferPool`] |
//! | a heap, and loans that travel | `SharedPool` (feature `alloc`) |
//! | a consumer that nobody may starve | [`PoolIn::reserve`] |
//! | one thread that acquires, as a camera has | [`Exclusive`] |
//! | buffers that must not leak to their next user | [`RecyclingPool`] with [`Zero`] |
//!
//! The numbered invariants (I1 to I10) that the comments cite are listed in ARCHITECTURE.md.
//!
//! # Features
//! None is on by default; each adds, and changes nothing that works without it.
//!
//! - `alloc`: pools on the heap, owned loans.
//! - `bytes`: a [`Frozen`] share becomes a `bytes::Bytes`; implies `alloc`. Targets without
//!   compare-and-swap also need its feature `extra-platforms`.
//! - `serde`: [`FrameMeta`] and [`RegionOfInterest`] can be saved and read back; needs no heap.
//! - `defmt`: `defmt::Format` for [`FrameMeta`], [`RegionOfInterest`], [`Stats`] and the errors.
//! - `critical-section`: the waiters' lock is a critical section; required on bare metal, where the
//!   final binary chooses its implementation. Targets without compare-and-swap also need one of
//!   portable-atomic's features there (`critical-section` or `unsafe-assume-single-core`).

#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(test, framepool_loom, framepool_shuttle))]
extern crate std;

mod acquire;
mod acquirer;
mod book;
#[cfg(feature = "bytes")]
mod bytes;
mod error;
mod frame;
mod free_list;
mod loan;
#[cfg(feature = "alloc")]
mod owned;
mod pool;
mod raw;
mod recycle;
mod reserve;
mod run;
mod stats;
mod storage;
mod sync;
mod waiters;
mod word;

pub use acquire::Acquire;
pub use acquirer::{Access, Acquirer, Exclusive};
#[cfg(feature = "alloc")]
pub use book::OnHeap;
pub use book::{Book, Fixed, Lean, Shares};
pub use error::{BuildError, Closed};
pub use frame::{FrameData, FrameMeta, FrameView, PixelError, RegionOfInterest};
pub use loan::{Frozen, Home, Loan};
#[cfg(feature = "alloc")]
pub use owned::{Keep, SharedPool};
#[cfg(feature = "alloc")]
pub use pool::BoxedPool;
pub use pool::{BufferPool, LeanPool, Pool, PoolIn};
pub use recycle::{Poison, Recycle, Recycled, RecyclingPool, Tally, Zero};
pub use reserve::{Reservation, Reserve, Reserved};
pub use run::Run;
pub use stats::Stats;
pub use storage::{Borrowed, Inline, Memory, Region, Storage};
#[cfg(feature = "alloc")]
pub use storage::{Boxed, HeapBytes};
#[cfg(framepool_loom)]
pub use sync::peek_by_load;
