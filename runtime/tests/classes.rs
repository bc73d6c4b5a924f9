//! Size classes: which slot a request gets, what the policy does, and what is left in a slot.

#![allow(clippy::unwrap_used, reason = "tests")]

use framepool::framepool_core::BuildError;
use framepool::{
    ClassError, OnExhausted, PoolError, SharedBuffer, SizeClasses, SizedBuffer, available_memory,
};
use std::io::{ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const MOMENT: Duration = Duration::from_millis(1);

/// Three classes of two slots each.
fn three(spill: usize, policy: OnExhausted) -> SizeClasses {
    let options = SizeClasses::options().class(2, 4096).class(2, 100).class(2, 1000);
    options.spill(spill).on_exhausted(policy).build().unwrap()
}

fn free(classes: &SizeClasses) -> Vec<usize> {
    classes.stats().classes.iter().map(|class| class.stats.available).collect()
}

#[test]
fn a_request_gets_the_smallest_that_fits() {
    let classes = three(0, OnExhausted::Drop);
    for (len, capacity) in [
        (0, 100),
        (1, 100),
        (99, 100),
        (100, 100),
        (101, 1000),
        (127, 1000),
        (128, 1000),
        (1000, 1000),
        (1001, 4096),
        (4096, 4096),
    ] {
        let buffer = classes.acquire(len).unwrap();
        assert_eq!((buffer.len(), buffer.capacity()), (len, capacity));
        assert!(buffer.is_pooled());
    }
    let error = classes.acquire(4097).unwrap_err();
    assert_eq!(error, ClassError::TooLarge);
    assert_eq!(classes.acquire(usize::MAX).unwrap_err(), ClassError::TooLarge);
    assert_eq!(free(&classes), [2, 2, 2]);
}

#[test]
fn it_spills_within_its_bound_and_is_counted() {
    let classes = three(1, OnExhausted::Drop);
    let held: Vec<_> = (0..4).map(|_| classes.acquire(1).unwrap()).collect();
    let capacities: Vec<_> = held.iter().map(SizedBuffer::capacity).collect();
    assert_eq!(capacities, [100, 100, 1000, 1000]);
    assert_eq!(classes.stats().spilled, 2);
    assert_eq!(classes.acquire(1).unwrap_err(), ClassError::Exhausted);
    assert_eq!(free(&classes), [0, 0, 2], "no further than one class up");
    assert_eq!(classes.acquire(101).unwrap().capacity(), 4096);
    assert_eq!((classes.stats().spilled, classes.stats().refused), (3, 1));
}

#[test]
fn the_policy_is_asked_last() {
    let heap = three(0, OnExhausted::Heap);
    let _held = [heap.acquire(1).unwrap(), heap.acquire(1).unwrap()];
    let mut buffer = heap.acquire(50).unwrap();
    assert!(!buffer.is_pooled());
    buffer.fill(1);
    assert_eq!(buffer.freeze()[..], [1; 50]);
    assert!(!heap.acquire(5000).unwrap().is_pooled(), "too large for a class");
    assert_eq!((heap.stats().heap, heap.stats().too_large), (2, 1));

    let waits = three(0, OnExhausted::WaitThenDrop(MOMENT));
    let _held = [waits.acquire(1).unwrap(), waits.acquire(1).unwrap()];
    assert_eq!(waits.acquire(1).unwrap_err(), ClassError::TimedOut);
    assert_eq!((waits.stats().timed_out, waits.stats().refused), (1, 1));

    let waits = three(0, OnExhausted::WaitThenHeap(MOMENT));
    let _held = [waits.acquire(1).unwrap(), waits.acquire(1).unwrap()];
    assert!(!waits.acquire(1).unwrap().is_pooled());
    assert_eq!((waits.stats().timed_out, waits.stats().heap), (1, 1));
}

#[test]
fn a_wait_ends_with_a_buffer_that_comes_back() {
    let classes = three(0, OnExhausted::WaitThenDrop(Duration::MAX));
    let held = [classes.acquire(1).unwrap(), classes.acquire(1).unwrap()];
    thread::scope(|scope| {
        let waiter = scope.spawn(|| classes.acquire(7).unwrap().len());
        drop(held);
        assert_eq!(waiter.join().unwrap(), 7);
    });
    assert_eq!(free(&classes), [2, 2, 2]);
}

#[test]
fn a_thread_that_keeps_slots_gives_them_to_one_that_waits() {
    let options = SizeClasses::options().class(4, 64).per_thread(2);
    let classes = options.on_exhausted(OnExhausted::WaitThenDrop(Duration::MAX)).build().unwrap();
    drop((classes.acquire(1).unwrap(), classes.acquire(1).unwrap()));
    assert_eq!(classes.stats().classes[0].stats.cached, 2, "kept by this thread");
    let (queue, queued) = mpsc::channel();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let held = [classes.acquire(1).unwrap(), classes.acquire(1).unwrap()];
            queue.send(()).unwrap();
            let more = classes.acquire(1).unwrap();
            drop((held, more));
        });
        queued.recv().unwrap();
        // Each is an operation of this thread.
        while !waiter.is_finished() {
            drop(classes.try_acquire(1));
            thread::yield_now();
        }
        waiter.join().unwrap();
    });
    classes.flush();
    assert_eq!(free(&classes), [4]);
}

#[test]
fn close_refuses_what_comes_later() {
    let classes = three(2, OnExhausted::Heap);
    let buffer = classes.acquire(10).unwrap();
    classes.close();
    assert!(classes.is_closed());
    assert_eq!(classes.acquire(10).unwrap_err(), ClassError::Closed);
    assert_eq!(buffer.len(), 10);
}

#[test]
fn what_cannot_be_made_is_refused() {
    let build = |options: framepool::ClassOptions| options.build().unwrap_err();
    let options = SizeClasses::options;
    assert!(matches!(build(options()), PoolError::Build(BuildError::NoSlots)));
    assert!(matches!(build(options().class(0, 8)), PoolError::Build(BuildError::NoSlots)));
    let no_bytes = build(options().class(1, 0));
    assert!(matches!(no_bytes, PoolError::Build(BuildError::BadSlotSize { slot_bytes: 0, .. })));
    let overflow = build(options().class(usize::MAX, 1 << 20));
    assert!(matches!(overflow, PoolError::Overflow { slots: usize::MAX, .. }));
    let huge = usize::try_from(available_memory() / 128).unwrap().min(isize::MAX as usize / 128);
    let too_much = build(options().class(huge.saturating_mul(2), 128));
    assert!(matches!(too_much, PoolError::InsufficientMemory { .. } | PoolError::Overflow { .. }));

    let none = build(options().spread(64..=4096, 0, 1 << 20));
    assert!(matches!(none, PoolError::Build(BuildError::NoSlots)));
    #[allow(clippy::reversed_empty_ranges, reason = "what is refused")]
    let backwards = build(options().spread(4096..=64, 3, 1 << 20));
    assert!(matches!(backwards, PoolError::Build(BuildError::BadSlotSize { .. })));
    let poor = build(options().spread(64..=4096, 3, 4096));
    assert!(matches!(
        poor,
        PoolError::Build(BuildError::MemoryTooSmall { needed: 12288, given: 4096 })
    ));
}

#[test]
fn a_spread_keeps_its_budget_and_rises_by_one_factor() {
    for (smallest, largest, count, budget) in [
        (64, 1 << 20, 9, 64 << 20),
        (100, 9000, 4, 1 << 20),
        (1, 1, 3, 4096),
        (128, 200, 8, 1 << 16),
    ] {
        let options = SizeClasses::options().spread(smallest..=largest, count, budget);
        let classes = options.build().unwrap().stats().classes;
        let sizes: Vec<_> = classes.iter().map(|class| class.slot_bytes).collect();
        assert!(sizes[0] >= smallest && *sizes.last().unwrap() >= largest, "{sizes:?}");
        assert!(sizes.is_sorted_by(|a, b| a < b) && sizes.len() <= count, "{sizes:?}");
        let bytes: usize =
            classes.iter().map(|class| class.slot_bytes * class.stats.capacity).sum();
        assert!(bytes <= budget, "{bytes} of {budget}");
        assert!(bytes * 2 > budget || largest * 4 > budget / count, "{bytes} of {budget}");
        let factors: Vec<_> = sizes.windows(2).map(|two| two[1] as f64 / two[0] as f64).collect();
        if smallest >= 4096 || sizes.len() == 9 {
            // The first ones are rounded to 128 bytes.
            let last = factors.last().unwrap();
            assert!(factors[3..].iter().all(|factor| (factor / last - 1.0).abs() < 0.05));
        }
    }
}

#[test]
fn classes_of_one_size_are_one() {
    let classes = SizeClasses::options().class(2, 64).class(3, 64).build().unwrap();
    let stats = classes.stats();
    assert_eq!(stats.classes.len(), 1);
    assert_eq!((stats.classes[0].slot_bytes, stats.classes[0].stats.capacity), (64, 5));
}

#[test]
fn it_grows_up_to_its_capacity() {
    let classes = three(0, OnExhausted::Drop);
    let mut buffer = classes.acquire(3).unwrap();
    buffer.copy_from_slice(b"abc");
    assert!(buffer.resize(5, b'x'));
    assert_eq!(buffer[..], *b"abcxx");
    assert!(!buffer.resize(101, 0));
    assert_eq!(buffer[..], *b"abcxx", "as it was");
    buffer.truncate(7);
    assert_eq!(buffer.len(), 5);
    buffer.truncate(1);
    buffer.write_all(b"bcd").unwrap();
    assert_eq!(buffer[..], *b"abcd");
    let error = buffer.write_all(&[7; 97]).unwrap_err();
    assert_eq!((error.kind(), buffer.len()), (ErrorKind::WriteZero, 100));
    assert_eq!(buffer.write(b"more").unwrap(), 0);
}

#[test]
fn a_share_shows_what_it_was_cut_to() {
    let classes = three(0, OnExhausted::Drop);
    let mut buffer = classes.acquire(6).unwrap();
    buffer.copy_from_slice(b"packet");
    let share = buffer.freeze();
    assert_eq!(share[..], *b"packet");
    let part = share.slice(1..=3).unwrap();
    assert_eq!((&part[..], &part.slice(1..).unwrap()[..]), (&b"ack"[..], &b"ck"[..]));
    assert!(share.slice(..7).is_none() && part.slice(2..5).is_none());
    #[allow(clippy::reversed_empty_ranges, reason = "what is refused")]
    let backwards = share.slice(3..2);
    assert!(backwards.is_none() && share.slice(..=usize::MAX).is_none());
    let share: SharedBuffer = share.thaw().unwrap_err();
    let part = part.thaw().unwrap_err();
    drop(part);
    let mut buffer = share.thaw().unwrap();
    buffer[0] = b'j';
    assert_eq!(buffer[..], *b"jacket");
}

#[cfg(feature = "bytes")]
#[test]
fn a_share_becomes_bytes_and_goes_back_with_the_last_of_them() {
    let classes = three(0, OnExhausted::Drop);
    let mut buffer = classes.acquire(6).unwrap();
    buffer.copy_from_slice(b"packet");
    let address = buffer.as_ptr();
    let bytes = bytes::Bytes::from(buffer.freeze().slice(1..).unwrap());
    let part = bytes.slice(1..3);
    assert_eq!((&bytes[..], &part[..]), (&b"acket"[..], &b"ck"[..]));
    assert_eq!(part.as_ptr().addr(), address.addr() + 2, "not a copy");
    drop(bytes);
    assert_eq!(free(&classes), [1, 2, 2]);
    drop(part);
    assert_eq!(free(&classes), [2, 2, 2]);
}

/// Every byte of the next buffer, whole.
fn next(classes: &SizeClasses) -> Vec<u8> {
    let mut seen = Vec::new();
    let mut buffer = classes.acquire_empty(1).unwrap();
    let filled = buffer.append_with(|room| {
        seen.extend_from_slice(room);
        Err::<usize, _>(())
    });
    assert_eq!((filled, buffer.len()), (Err(()), 0));
    seen
}

/// One slot, zeroed.
fn one() -> SizeClasses {
    let options = SizeClasses::options().class(1, 300).zeroed();
    options.on_exhausted(OnExhausted::Drop).build().unwrap()
}

#[test]
fn what_was_written_is_zero_for_the_next_holder_in_whatever_way_it_was_written() {
    let classes = one();
    let ways: [&dyn Fn(&mut SizedBuffer); 7] = [
        &|buffer| assert!(buffer.resize(300, 1)),
        &|buffer| {
            assert!(buffer.resize(200, 1));
            buffer.truncate(3);
        },
        &|buffer| {
            assert_eq!(buffer.append_with(|room| Ok::<_, ()>(partly(room))), Ok(100));
        },
        &|buffer| {
            let failed = buffer.append_with(|room| {
                room.fill(1);
                Err(())
            });
            assert_eq!(failed, Err(()));
        },
        &|buffer| {
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                buffer.append_with(|room| -> Result<usize, ()> {
                    room.fill(1);
                    panic!("as a reader may");
                })
            }));
            assert!(panicked.is_err() && buffer.is_empty());
        },
        &|buffer| buffer.write_all(&[1; 250]).unwrap(),
        &|buffer| {
            // More than there is room for: all of it is taken for written.
            let filled = buffer.append_with(|room| {
                room.fill(1);
                Ok::<_, ()>(room.len() + 5)
            });
            assert_eq!((filled, buffer.len()), (Ok(300), 300));
        },
    ];
    for (number, write) in ways.iter().enumerate() {
        let mut buffer = classes.acquire_empty(300).unwrap();
        write(&mut buffer);
        if number % 2 == 0 {
            drop(buffer);
        } else {
            drop(buffer.freeze());
        }
        assert!(next(&classes).iter().all(|byte| *byte == 0), "way {number}");
    }
}

fn partly(room: &mut [u8]) -> usize {
    room[..100].fill(1);
    100
}

/// In a debug build: where it is not checked, it costs nothing.
#[test]
#[cfg(debug_assertions)]
fn a_reader_that_writes_more_than_it_says_is_found_out() {
    let classes = one();
    let mut buffer = classes.acquire_empty(300).unwrap();
    buffer
        .append_with(|room| {
            room.fill(1);
            Ok::<_, ()>(10)
        })
        .unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(buffer))).is_err());
    assert_eq!(free(&classes), [1], "and its slot is not lost");
}

/// C code that keeps a pointer to a buffer that was given back, and looks there.
#[test]
fn a_pointer_that_c_kept_shows_that_it_came_too_late() {
    unsafe extern "C" {
        fn memchr(bytes: *const u8, byte: i32, len: usize) -> *const u8;
    }
    let classes = SizeClasses::options().class(1, 64).build().unwrap();
    let mut buffer = classes.acquire(64).unwrap();
    buffer.fill(7);
    let kept = buffer.as_ptr();
    let mut shared = buffer.freeze();
    // SAFETY: 64 bytes of a buffer on loan.
    assert_eq!(unsafe { memchr(kept, 7, 64) }, kept, "while it is on loan");
    while let Err(share) = shared.thaw().map(drop) {
        shared = share;
    }
    // SAFETY: the classes' memory lives, and nothing writes to it.
    let found = unsafe { memchr(kept, 7, 64) };
    // SAFETY: as above.
    let poison = unsafe { memchr(kept, 0xdd, 64) };
    if cfg!(debug_assertions) {
        assert!(found.is_null() && poison == kept, "poisoned");
    } else {
        assert!(found == kept && poison.is_null(), "left alone");
    }
}
