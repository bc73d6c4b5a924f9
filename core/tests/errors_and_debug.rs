//! What `Display` and `Debug` show of errors, guards and pools.

use framepool_core::frame::PixelError;
use framepool_core::{BuildError, Closed, Pool};

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
        "63 slots requested, but a pool of one word has at most 62",
        "slots of 8 bytes cannot lie 4 bytes apart",
        "the slots overflow the address space",
        "the slots need 8 bytes, the memory given has 4",
        "an alignment of 3 is not a power of two",
        "the heap has no 9 bytes for the pool",
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
        assert!(format!("{reserve:?}").starts_with("Pool { stats: Stats { capacity: 2,"));
    }
    let shown = format!("{pool:?}");
    assert!(shown.starts_with("Pool { stats: Stats { capacity: 8,"), "{shown}");
    assert!(!shown.contains("90"), "0x5a, what the slots hold: {shown}");
    assert!(format!("{:?}", pool.exclusive()).starts_with("Exclusive { claimed: Claimed"));
}

#[test]
fn pools_are_shown_whatever_is_in_them() {
    struct Opaque;
    let pool = Pool::new([const { Opaque }; 2]).recycled_by(|_: &mut Opaque| {});
    assert!(format!("{pool:?}").starts_with("Pool { stats: Stats { capacity: 2,"));
}

#[cfg(feature = "alloc")]
#[test]
fn shared_pools_are_shown_by_their_stats() {
    use framepool_core::{BoxedPool, SharedPool};

    let pool = SharedPool::new(BoxedPool::from_fn(2, || 0_u8).expect("two slots"));
    assert!(format!("{pool:?}").starts_with("SharedPool { stats: Stats { capacity: 2"));
}
