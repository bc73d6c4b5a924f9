//! Fixed-capacity memory pools for frame grabbers: lock-free, without a heap, every slot accounted
//! for.
//!
//! A camera hands a program frame after frame. Taking memory for each from the heap costs page
//! faults, and stalls at the wrong moment; a microcontroller has no heap at all. A pool lends out
//! slots that were set aside once: to a driver thread, an interrupt handler or an async task.
//!
//! ```text
//!            +-------------- an atomic word, or several -------------+
//!   claim -->| WATCHED or ORPHANED | slot bits (1 = free)            |<-- release
//!            +-------------------------------------------------------+
//!            [ slot 0 ][ slot 1 ][ slot 2 ] ...        contiguous storage
//! ```
//!
//! ```
//! use framepool_core::Pool;
//!
//! static LINES: Pool<[u16; 640], 8> = Pool::new([[0; 640]; 8]);
//!
//! let mut line = LINES.try_acquire().expect("eight are free"); // a `Loan`, from any thread
//! line[0] = 7;
//! let shared = line.freeze(); // a `Frozen`: read-only, cloneable
//! assert_eq!(shared.clone()[0], 7);
//! drop(shared); // the last share gives the slot back
//! assert_eq!(LINES.available(), 8);
//! ```
//!
//! | you have | use |
//! |---|---|
//! | values in a `static` or on the stack | [`Pool`], and [`LeanPool`] for a tight RAM |
//! | one block of memory to cut into byte buffers | [`BufferPool`] |
//! | a heap, and loans that travel | `SharedPool` (feature `alloc`) |
//! | a consumer that must not be starved by others | [`PoolIn::reserve`] |
//! | one thread that acquires, as a camera has | [`Exclusive`] |
//! | scratch buffers of one thread | [`Exclusive::local`] |
//! | small buffers of many threads, each giving back what it took | `CachedPool` (features `alloc` and `std`) |
//! | buffers that must not leak to their next user | [`PoolIn::recycled_by`] with [`recycle::Zero`] |
//! | pixels with their metadata | [`mod@frame`] |
//!
//! # Names for your structs
//! Give the pool's type a name once; a guard's type is then one parameter deep, and that parameter says
//! what keeps the pool alive ([`PoolRef`]):
//!
//! | pool | its type | a loan of it in a struct |
//! |---|---|---|
//! | static | `type Lines = Pool<[u16; 640], 8>;` | `Loan<&'static Lines>` |
//! | borrowed bytes | `type Packets<'m> = BufferPool<Borrowed<'m>>;` | `Loan<&'p Packets<'m>>` |
//! | boxed, borrowed | `type Frames = BoxedPool<Vec<u16>>;` | `Loan<&'p Frames>` |
//! | shared bytes | `SharedPool` | `Loan<SharedPool>` |
//! | shared values | `type Frames = SharedPool<Boxed<Vec<u16>>>;` | `Loan<Frames>` |
//! | shared, of which threads keep slots | `type Scratch = CachedPool<Boxed<[u8; 512]>>;` | `Loan<Scratch>` |
//! | static, with a hook | `type Packets = RecyclingPool<[u8; 9000], 8, Zero>;` | `Loan<&'static Packets>` |
//! | shared bytes, with a hook | `type Packets = SharedPool<Recycled<LargeBuffers<HeapBytes>, Zero>>;` | `Loan<Packets>` |
//!
//! A share is a [`Frozen`] with the same parameter; a part of its bytes is a `Frozen<.., [u8]>`.
//!
//! The numbered invariants (I1 to I10) that the comments cite are listed in ARCHITECTURE.md.
//!
//! # Features
//! None is on by default. A feature only adds items: what works without it works with it.
//!
//! - `alloc`: pools on the heap, loans that keep their pool alive.
//! - `bytes`: a [`Frozen`] share becomes a `bytes::Bytes`; implies `alloc`. Targets without
//!   compare-and-swap also need its feature `extra-platforms`.
//! - `serde`: [`frame::FrameMeta`] and [`frame::RegionOfInterest`] can be saved and read back; needs
//!   no heap.
//! - `defmt`: `defmt::Format` for the metadata of frames, [`Stats`] and the errors.
//! - `std`: a thread that has to wait for the waiters' lock sleeps, instead of spinning. Where the
//!   standard library's mutex is one of pthreads (macOS), its first use allocates. With `alloc`, threads
//!   can keep slots for themselves: `CachedPool`.
//! - `critical-section`: the waiters' lock is a critical section; required on bare metal, where the
//!   final binary chooses its implementation. Targets without compare-and-swap also need one of
//!   portable-atomic's features there (`critical-section` or `unsafe-assume-single-core`).

#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(test, feature = "std", framepool_loom, framepool_shuttle))]
extern crate std;

#[cfg(all(doctest, feature = "alloc"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod error;
pub mod frame;
mod guard;
mod pool;
mod pool_in;
mod raw;
pub mod recycle;
pub mod rescue;
mod stats;
pub mod storage;
mod sync;

pub use error::{BuildError, Closed};
pub use guard::{Acquire, Frozen, Loan, LocalLoan, PoolRef, Run};
#[cfg(all(feature = "alloc", any(feature = "std", framepool_loom)))]
pub use pool::CachedPool;
pub use pool::{
    Acquirer, BufferPool, Exclusive, LeanPool, LocalAcquirer, Pool, PoolIn, RecyclingPool, Reserve,
    Reserved,
};
#[cfg(feature = "alloc")]
pub use pool::{BoxedPool, LargeBufferPool, SharedPool};
#[cfg(all(feature = "alloc", framepool_loom))]
pub use raw::cache::end_thread;
pub use stats::Stats;
#[cfg(framepool_loom)]
pub use sync::peek_by_load;
