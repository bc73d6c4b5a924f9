//! What is shown of errors, guards and pools, and the small ways to get at what they hold.

use framepool_core::{
    Borrowed, BufferPool, BuildError, Closed, Memory, PixelError, Poison, Pool, Tally, Zero,
};
use std::ptr::NonNull;

#[test]
fn errors_say_what_to_change() {
    let shown = [
        Closed.to_string(),
        BuildError::NoSlots.to_string(),
        BuildError::TooManySlots { requested: 63, limit: 62 }.to_string(),
        BuildError::BadSlotSize { slot_bytes: 8, stride: 4 }.to_string(),
        BuildError::Overflow.to_string(),
        BuildError::MemoryTooSmall { needed: 8, given: 4 }.to_string(),
        BuildError::BadAlignment { align: 3 }.to_string(),
        BuildError::OutOfMemory { requested: 9 }.to_string(),
        PixelError::TooLong { frame: 6, buffer: 4 }.to_string(),
        PixelError::WrongDepth { bit_depth: 12 }.to_string(),
        PixelError::Misaligned.to_string(),
        PixelError::WrongLength { frame: 6, given: 4 }.to_string(),
    ];
    let expected = [
        "the pool is closed",
        "a pool needs at least one slot",
        "63 slots requested, but a pool has at most 62",
        "slots of 8 bytes cannot lie 4 bytes apart",
        "slots x stride overflows the address space",
        "the slots need 8 bytes, the memory given has 4",
        "an alignment of 3 is not a power of two",
        "the heap has no 9 bytes for the slots",
        "a frame of 6 bytes does not fit in a buffer of 4",
        "the pixels have a depth of 12 bits",
        "the pixels are not aligned to their size",
        "a frame of 6 bytes is stated, but there are 4",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn guards_are_shown_by_their_slots_not_by_what_is_in_them() {
    let mut pool = Pool::new([[0x5a_u8; 2]; 8]);
    {
        let loan = pool.try_acquire().expect("free");
        assert_eq!(format!("{loan:?}"), "Loan { index: 0, .. }");
        assert_eq!(format!("{:?}", loan.freeze()), "Frozen { index: 0, .. }");
        let run = pool.try_acquire_run(3).expect("free");
        assert_eq!(format!("{run:?}"), "Run { claimed: Claimed { slots: 3, .. } }");
        assert_eq!(format!("{:?}", pool.acquire()), "Acquire { queued: false, .. }");
        assert!(format!("{:?}", pool.acquirer()).starts_with("Acquirer { hint: "));
        let reserve = pool.reserve(2).expect("free");
        let shown = format!("{reserve:?}");
        assert!(
            shown.contains("Reservation { .. }") && shown.contains("Reserved { .. }"),
            "{shown}"
        );
        assert!(!shown.contains("90"), "0x5a, what the slots hold: {shown}");
    }
    assert!(format!("{:?}", pool.exclusive()).starts_with("Exclusive { claimed: Claimed"));
}

#[test]
fn a_region_is_known_by_its_address() {
    let mut memory = [0_u32; 64];
    let base = NonNull::from(&mut memory).cast::<u8>();
    // SAFETY: initialised memory of this function, which uses it through the pool alone until the
    // pool is gone.
    let region = unsafe { Borrowed::from_raw(base, 256) };
    assert_eq!((region.base(), region.len(), region.is_empty()), (base, 256, false));
    let pool = BufferPool::with_recycle(region, 60, 64, (Poison(0xdd), Zero)).expect("four slots");
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
fn hooks_of_arrays_are_as_those_of_bytes() {
    let pool = Pool::with_recycle([[1_u8; 3]; 1], (Tally::<1>::default(), Poison(0xdd)));
    drop(pool.try_acquire());
    let expected = if cfg!(debug_assertions) { [0xdd; 3] } else { [1; 3] };
    assert_eq!(*pool.try_acquire().expect("free"), expected);
    assert_eq!(pool.stats().lent, Some(2));
}

#[cfg(feature = "alloc")]
#[test]
fn shared_pools_and_what_keeps_them_are_shown() {
    use framepool_core::{Boxed, BoxedPool, Home, Keep, Loan, OnHeap, SharedPool};

    fn home<H: Home + std::fmt::Debug>(_: &Loan<H>) -> &'static str {
        std::any::type_name::<H>()
    }
    let pool = SharedPool::new(BoxedPool::from_fn(2, || 0_u8).expect("two slots"));
    assert!(format!("{pool:?}").starts_with("SharedPool { stats: Stats { capacity: 2"));
    let loan: Loan<Keep<Boxed<u8>, OnHeap>> = pool.try_acquire().expect("free");
    assert!(home(&loan).contains("Keep"));
    assert_eq!(pool.reserve(1).expect("free").capacity(), 1);
}
