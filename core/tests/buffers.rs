//! Byte buffers cut out of a region: where they lie, and what can be seen of them.

use framepool_core::frame::{FrameData, FrameMeta};
use framepool_core::recycle::{Poison, Zero};
use framepool_core::storage::{Borrowed, Memory};
use framepool_core::{BufferPool, Frozen, Pool};
use std::borrow::Borrow;
use std::ptr::NonNull;

#[test]
fn a_region_is_known_by_its_address() {
    let mut memory = [0_u32; 64];
    let base = NonNull::from(&mut memory).cast::<u8>();
    // SAFETY: initialised memory of this function, which uses it through the pool alone until the
    // pool is gone.
    let region = unsafe { Borrowed::from_raw(base, 256) };
    assert_eq!((region.base(), region.len(), region.is_empty()), (base, 256, false));
    let pool =
        BufferPool::new(region, 60, 64).expect("four slots").recycled_by((Poison(0xdd), Zero));
    let mut loan = pool.try_acquire().expect("free");
    loan.as_mut()[0] = 7;
    assert_eq!((loan.as_ref().len(), loan[0]), (60, 7));
    drop(loan.freeze());
    drop(pool);
    assert_eq!(memory[0], 0, "zeroed on its way back, after it was poisoned");
}

#[test]
fn a_region_s_slots_are_as_aligned_as_its_start_and_stride() {
    #[repr(align(64))]
    struct Aligned([u8; 256]);
    let mut memory = Aligned([0; 256]);
    let pool = BufferPool::new(Borrowed::from(&mut memory.0[..]), 20, 48).expect("five slots");
    assert_eq!((pool.stride(), pool.alignment(), pool.capacity()), (48, 16, 5));
    for _ in 0..5 {
        let loan = pool.try_acquire().expect("free");
        assert_eq!(loan.as_ptr().addr() % pool.alignment(), 0);
        std::mem::forget(loan);
    }
}

#[test]
fn a_stride_that_leads_nowhere_does_not_count_for_the_alignment() {
    #[repr(align(4096))]
    struct Page([u8; 4096]);
    let mut memory = Page([0; 4096]);
    let pool = BufferPool::new(Borrowed::from(&mut memory.0[..]), 4000, 4001).expect("one slot");
    assert_eq!(pool.capacity(), 1);
    assert!(pool.alignment() >= 4096, "{}", pool.alignment());
}

#[test]
fn shares_are_sliced_by_any_range_within_them() {
    let pool = Pool::new([*b"0123456789"; 1]);
    let share = pool.try_acquire().expect("free").freeze();
    assert_eq!(share.slice(2..5).as_deref(), Some(&b"234"[..]));
    assert_eq!(share.slice(2..=5).as_deref(), Some(&b"2345"[..]));
    assert_eq!(share.slice(..3).as_deref(), Some(&b"012"[..]));
    assert_eq!(share.slice(8..).as_deref(), Some(&b"89"[..]));
    assert_eq!(share.slice(..).as_deref(), Some(&b"0123456789"[..]));
    let borrowed: &[u8; 10] = share.borrow();
    assert_eq!(borrowed, b"0123456789");
    let part = share.slice(4..8).expect("within");
    assert_eq!(part.slice(1..3).as_deref(), Some(&b"56"[..]), "of the part");
    #[expect(clippy::reversed_empty_ranges, reason = "asks for nonsense")]
    let reversed = 5..2;
    for outside in [3..11, 11..12, reversed] {
        assert!(share.slice(outside).is_none());
    }
    assert!(share.slice(0..=usize::MAX).is_none());
    drop(share);
    assert_eq!(pool.available(), 0, "the part is a share");
    drop(part);
    assert_eq!(pool.available(), 1);
}

#[test]
fn a_part_is_thawed_as_the_whole_slot() {
    let pool = Pool::new([[1_u8, 2, 3]; 1]);
    let share = pool.try_acquire().expect("free").freeze();
    let part = share.slice(1..).expect("within").thaw().expect_err("there is another share");
    drop(share);
    let mut loan = part.thaw().expect("it is the only one");
    loan[0] = 9;
    assert_eq!(*loan, [9, 2, 3]);
}

#[test]
fn the_only_share_is_written() {
    let pool = Pool::new([[1_u8, 2, 3]; 1]);
    let mut share = pool.try_acquire().expect("free").freeze();
    let part = share.slice(1..).expect("within");
    assert!(share.get_mut().is_none(), "a part is shared");
    drop(part);
    share.get_mut().expect("the only one")[0] = 9;
    let other = share.clone();
    assert_eq!((*share, *other), ([9, 2, 3], [9, 2, 3]));
}

#[test]
fn a_part_of_a_byte_slot_is_not_lent_as_the_whole() {
    let mut memory = [1_u8; 8];
    let pool = BufferPool::new(Borrowed::from(&mut memory[..]), 8, 8).expect("it fits");
    let whole = pool.try_acquire().expect("free").freeze();
    let mut part = whole.slice(2..4).expect("within");
    let mut all = whole.slice(..).expect("within");
    drop(whole);
    assert!(all.get_mut().is_none(), "a part is shared");
    assert!(part.get_mut().is_none(), "it is a part");
    drop(part);
    all.get_mut().expect("the only one")[2] = 9;
    assert_eq!(*all, [1, 1, 9, 1, 1, 1, 1, 1]);
}

#[test]
fn frames_lie_in_slots_of_arrays_as_well() {
    let pool = Pool::new([[0_u8; 12]; 2]);
    let mut frame = FrameData::new(pool.try_acquire().expect("two are free"));
    frame.meta = FrameMeta::new(3, 2, 8);
    frame.fill(&[1, 2, 3, 4, 5, 6]).expect("it fits");
    assert_eq!(frame.view().rows().nth(1), Some(&[4, 5, 6][..]));
    let shared = frame.map(Frozen::from);
    assert_eq!(shared.view().bytes(), [1, 2, 3, 4, 5, 6]);
}
