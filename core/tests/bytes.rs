//! What `Bytes` cost: one small block each, and nothing else allocates.

#![cfg(feature = "bytes")]

use bytes::Bytes;
use framepool_core::storage::{Buffers, HeapBytes};
use framepool_core::{BufferPool, Frozen, Pool, SharedPool};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Returns how many blocks `work` took, how many it gave back, and how many bytes it took at most.
fn blocks(work: impl FnOnce()) -> (u64, i64, u64) {
    let counted = allocation_counter::measure(work);
    let taken = counted.count_total;
    let freed = i64::try_from(taken).expect("few") - counted.count_current;
    (taken, freed, counted.bytes_max)
}

const SLOT: usize = 1 << 16;

type Frames = SharedPool<Buffers<HeapBytes>>;

fn pool() -> Frames {
    let memory = HeapBytes::zeroed(2 * SLOT, 64).expect("memory");
    let pool = BufferPool::new(memory, SLOT, SLOT).expect("two slots");
    SharedPool::new(pool)
}

fn share(pool: &Frames, fill: u8) -> Frozen<Frames> {
    let mut loan = pool.try_acquire().expect("free");
    loan.fill(fill);
    loan.freeze()
}

#[test]
fn bytes_cost_one_small_block_whatever_the_slot() {
    let pool = pool();
    let frozen = share(&pool, 7);
    let mut bytes = None;
    let (taken, freed, largest) = blocks(|| bytes = Some(Bytes::from(frozen)));
    assert_eq!((taken, freed), (1, 0));
    assert!(largest <= 64, "{largest} bytes are not a few words");
    let bytes = bytes.unwrap();
    let mut others = None;
    let (taken, freed, _) = blocks(|| others = Some((bytes.clone(), bytes.slice(10..20))));
    assert_eq!((taken, freed), (0, 0));
    assert_eq!(blocks(|| drop((bytes, others))), (0, 1, 0));
    assert_eq!(pool.available(), 2);
}

#[test]
fn nothing_else_takes_a_block() {
    let pool = pool();
    let used = blocks(|| {
        let mut loan = pool.try_acquire().unwrap();
        loan[0] = 1;
        let frozen = loan.freeze();
        let part = frozen.slice(0..10).unwrap();
        let other = part.clone();
        drop((frozen, part));
        let thawed = other.thaw().unwrap();
        let second = pool.try_acquire().unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let mut waiting = pin!(pool.acquire());
        assert!(waiting.as_mut().poll(&mut cx).is_pending());
        drop(thawed);
        assert!(matches!(waiting.poll(&mut cx), Poll::Ready(Ok(_))));
        drop(second);
        let reserve = pool.reserve(1).unwrap();
        drop(reserve.try_acquire().unwrap().freeze().clone());
        drop(reserve);
        drop(pool.try_acquire_run(2).unwrap().next());
        drop(pool.acquirer().try_acquire());
        pool.close();
        drop(pool.clone());
    });
    assert_eq!(used, (0, 0, 0));
}

#[test]
fn a_slice_shows_its_range_and_keeps_its_slot() {
    let pool = pool();
    let mut loan = pool.try_acquire().unwrap();
    loan[..8].copy_from_slice(b"01234567");
    let whole = loan.freeze();
    let part = Bytes::from(whole.slice(2..6).unwrap());
    assert_eq!(part, "2345");
    assert_eq!(part.as_ptr(), whole[2..].as_ptr(), "nothing was copied");
    let inner = part.slice(1..3);
    drop((whole, part));
    assert_eq!((&*inner, pool.available()), (&b"34"[..], 1));
    drop(inner);
    assert_eq!(pool.available(), 2);
    let empty = Bytes::from(share(&pool, 0).slice(3..3).unwrap());
    assert!(empty.is_empty());
}

#[test]
fn bytes_outlive_the_handles_and_end_on_any_thread() {
    let pool = pool();
    let bytes = Bytes::from(share(&pool, 9));
    let shown = bytes.clone();
    drop(pool);
    let ended = std::thread::spawn(move || bytes.iter().all(|byte| *byte == 9)).join();
    assert!(ended.unwrap());
    assert_eq!(shown.len(), SLOT);
}

#[test]
fn slots_of_arrays_become_bytes_as_well() {
    static PACKETS: Pool<[u8; 16], 2> = Pool::new([[7; 16]; 2]);
    let share = PACKETS.try_acquire().expect("two are free").freeze();
    let part = share.slice(4..).expect("within the slot");
    let (whole, part) = (Bytes::from(share), Bytes::from(part));
    assert_eq!((&whole[..], &part[..]), (&[7; 16][..], &[7; 12][..]));
    drop(whole);
    assert_eq!(PACKETS.available(), 1);
    drop(part);
    assert_eq!(PACKETS.available(), 2);
}
