//! Leases on frames in the ring of the simulated camera: when they are copied, when they are lost, and what is left of them
//! when the acquisition is over.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::counts::Counts;
use common::rig::{FRAME_BYTES, Plan, RING, Rig, check, stream, triggered, verified};
use common::{LONG, bounded, init, trigger, until};
use framepool::{Lease, OnExhausted, Overrun, ReadError, ReadFrame, Reading};
use framepool_pvcam::{Acquisition, End, PinnedTier};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

type Pinned = Rig<PinnedTier<Lease>, Lease>;

/// A frame that is still lent is copied when so many more are complete.
const RESCUED_AFTER: u32 = 4;

/// Checks that a lease was copied, and is the frame with this number.
fn check_rescued(lease: &Lease, number: u32) {
    assert!(lease.is_rescued(), "{number}");
    assert_eq!(verified(lease.view().unwrap().bytes()), number);
    check(lease, number);
}

/// Checks that a lease is gone, for every way to read it.
fn check_gone(lease: &Lease) {
    assert!(!lease.is_rescued() && lease.view().is_none());
    assert_eq!(lease.read(|_| panic!("it is not read")), Err::<(), _>(Overrun));
    assert_eq!(lease.copy_to(&mut [0; FRAME_BYTES]), Err(ReadError::Overrun));
    assert_eq!(lease.validate(), Err(Overrun));
}

fn place(lease: &Lease) -> usize {
    lease.read(|reading| reading.as_ptr().addr()).unwrap()
}

#[test]
fn a_consumer_that_keeps_up_copies_nothing() {
    let mut rig = Pinned::new("");
    for number in 1..=50 {
        let lease = rig.next(number);
        assert!(lease.view().is_none(), "the camera will come round");
    }
    assert_eq!(rig.stop(), Counts::delivered(50));
    let report = rig.metrics.report();
    assert_eq!((report.pool_high_water, report.pool_misses), (0, 0), "{report}");
}

#[test]
fn frames_that_are_held_are_copied_and_no_others() {
    let mut rig = Pinned::new("");
    let held = [1, 2, 3].map(|number| rig.next(number));
    rig.run(4..=RESCUED_AFTER);
    assert!(held.iter().all(|lease| lease.view().is_none()));
    for (lease, number) in held.iter().zip(1..) {
        rig.run(RESCUED_AFTER + number..=RESCUED_AFTER + number);
        check_rescued(lease, number);
        assert_eq!(rig.metrics.report().leases.rescued, u64::from(number));
    }
    rig.run(8..=40);
    for (lease, number) in held.iter().zip(1..) {
        check_rescued(lease, number);
    }
    assert_eq!(rig.pool.stats().available, rig.pool.capacity() - 3);
    drop(held);
    assert_eq!(rig.stop(), Counts { rescued: 3, ..Counts::delivered(40) });
    // Nothing is kept of the copies, and none was made of frames that came back.
    assert_eq!(rig.pool.stats().available, rig.pool.capacity());
    assert_eq!(rig.metrics.report().pool_high_water, 3);
}

#[test]
fn a_copy_is_for_all_shares() {
    let mut rig = Pinned::new("");
    let lease = rig.next(1);
    let shares = [lease.share(), lease.share()];
    drop(lease);
    rig.run(2..=20);
    shares.iter().for_each(|share| check_rescued(share, 1));
    assert_eq!(rig.stop(), Counts { rescued: 1, ..Counts::delivered(20) });
}

#[test]
fn a_margin_says_how_early_frames_are_copied() {
    // The camera must not be nearer than it may be to what is read: two frames.
    for (margin, rescued_after) in [(0, 5), (1, 5), (2, 5), (3, 4), (6, 1), (7, 0), (100, 0)] {
        let mut rig = Pinned::with(Plan::of(""), |tier| tier.with_margin(margin));
        let lease = rig.next(1);
        // The frame itself is not lent yet when the tier looks which ones are near.
        let rescued_after = rescued_after.max(1);
        rig.run(2..=rescued_after);
        assert!(!lease.is_rescued(), "{margin}");
        rig.next(rescued_after + 1);
        check_rescued(&lease, 1);
        rig.run(rescued_after + 2..=20);
        assert_eq!(rig.stop(), Counts { rescued: 1, ..Counts::delivered(20) }, "{margin}");
    }
}

#[test]
fn the_smallest_ring_lends_too() {
    let mut rig = Pinned::of(Plan { ring_frames: 4, ..Plan::of("") });
    let held: Vec<_> = (1..=10).map(|number| rig.next(number)).collect();
    for (lease, number) in held[..9].iter().zip(1..) {
        check_rescued(lease, number);
    }
    assert!(held[9].view().is_none());
    assert_eq!(rig.stop(), Counts { rescued: 9, ..Counts::delivered(10) });
    check(&held[9], 10);
}

#[test]
fn without_a_reserve_the_camera_takes_frames_back() {
    let plan = Plan { buffers: 2, on_exhausted: OnExhausted::Drop, ..Plan::of("") };
    let mut rig = Pinned::of(plan);
    let held: Vec<_> = (1..=5).map(|number| rig.next(number)).collect();
    rig.run(6..=30);
    check_rescued(&held[0], 1);
    check_rescued(&held[1], 2);
    held[2..].iter().for_each(check_gone);
    assert_eq!(rig.stop(), Counts { rescued: 2, overtaken: 3, ..Counts::delivered(30) });
    held[2..].iter().for_each(check_gone);
}

#[test]
fn a_frame_that_found_no_buffer_can_be_read_until_the_camera_is_there() {
    let plan = Plan { buffers: 1, ..Plan::of("") };
    let mut rig = Pinned::of(plan);
    let buffer = rig.pool.try_acquire().unwrap();
    let lease = rig.next(1);
    rig.run(2..=6);
    assert!(!lease.is_rescued());
    check(&lease, 1);
    rig.run(7..=7);
    check_gone(&lease);
    // One that is found a buffer later, in time, is not lost.
    let lease = rig.next(8);
    rig.run(9..=12);
    assert!(!lease.is_rescued());
    drop(buffer);
    rig.run(13..=13);
    check_rescued(&lease, 8);
    assert_eq!(rig.stop(), Counts { rescued: 1, overtaken: 1, ..Counts::delivered(13) });
}

#[test]
fn the_heap_is_a_reserve() {
    let plan = Plan { buffers: 2, on_exhausted: OnExhausted::Heap, ..Plan::of("") };
    let mut rig = Pinned::of(plan);
    let held: Vec<_> = (1..=5).map(|number| rig.next(number)).collect();
    rig.run(6..=30);
    for (lease, number) in held.iter().zip(1..) {
        check_rescued(lease, number);
    }
    assert_eq!(rig.stop(), Counts { rescued: 5, ..Counts::delivered(30) });
    assert_eq!(rig.metrics.report().pool_misses, 3);
}

/// More leases than there are records of: frames are dropped, and nothing else.
#[test]
fn a_consumer_that_holds_everything_is_told_so() {
    let plan = Plan { buffers: 2, on_exhausted: OnExhausted::Heap, ..Plan::of("") };
    let mut rig = Pinned::of(plan);
    // Twice those of the ring, and those of the reserve.
    let leases = u32::try_from(2 * RING + 2).unwrap();
    let mut held: Vec<_> = (1..=leases).map(|number| rig.next(number)).collect();
    rig.trigger(2);
    until("two are dropped", || rig.metrics.report().dropped.exhausted == 2);
    drop(held.drain(..3));
    // In the stream, the two that were dropped have numbers.
    rig.trigger(1);
    let lease = rig.consumer.frames.recv_timeout(LONG).unwrap();
    assert_eq!(lease.meta().number, u64::from(leases) + 3);
    check(&lease, leases + 3);
    for (lease, number) in held.iter().zip(4..) {
        check(lease, number);
    }
    let rescued = u64::from(leases + 2 - RESCUED_AFTER + 1);
    let delivered = Counts::delivered(u64::from(leases) + 1);
    assert_eq!(rig.stop(), Counts { exhausted: 2, rescued, ..delivered });
}

/// Reads a lease while so many frames come. Returns how often it was read, and the result.
fn read_while(
    rig: &mut Pinned,
    lease: &Lease,
    frames: std::ops::RangeInclusive<u32>,
) -> (u32, Result<Vec<u8>, Overrun>) {
    let mut times = 0;
    let read = lease.read(|reading: Reading<'_>| {
        times += 1;
        if times == 1 {
            assert_eq!(reading.bytes(), None);
            rig.run(frames.clone());
        }
        let mut copy = vec![0; reading.len()];
        reading.copy_to(&mut copy).unwrap();
        copy
    });
    (times, read)
}

#[test]
fn a_read_during_which_the_camera_comes_round_is_repeated_on_the_copy() {
    let mut rig = Pinned::new("");
    let lease = rig.next(1);
    // Another frame is in its place when it is read.
    let (times, read) = read_while(&mut rig, &lease, 2..=9);
    assert_eq!((times, verified(&read.unwrap())), (2, 1));
    check_rescued(&lease, 1);
    assert_eq!(rig.stop(), Counts { rescued: 1, ..Counts::delivered(9) });
}

#[test]
fn a_read_that_ends_before_the_camera_comes_round_is_not_repeated() {
    let mut rig = Pinned::new("");
    let lease = rig.next(1);
    // Copied meanwhile, and still whole.
    let (times, read) = read_while(&mut rig, &lease, 2..=6);
    assert_eq!((times, verified(&read.unwrap())), (1, 1));
    check_rescued(&lease, 1);
    assert_eq!(rig.stop(), Counts { rescued: 1, ..Counts::delivered(6) });
}

#[test]
fn a_read_during_which_the_camera_comes_round_fails_without_a_copy() {
    let mut rig = Pinned::of(Plan { buffers: 1, ..Plan::of("") });
    let _taken = rig.pool.try_acquire().unwrap();
    let lease = rig.next(1);
    let (times, read) = read_while(&mut rig, &lease, 2..=9);
    assert_eq!((times, read), (1, Err(Overrun)));
    check_gone(&lease);
    assert_eq!(rig.stop(), Counts { overtaken: 1, ..Counts::delivered(9) });
}

/// The reader finds that a frame is gone before the tier does.
#[test]
fn a_frame_that_its_reader_finds_gone_counts_once() {
    let mut rig = Pinned::of(Plan { buffers: 1, ..Plan::of("faults = ['missing@7:2']") });
    let _taken = rig.pool.try_acquire().unwrap();
    let lease = rig.next(1);
    rig.run(2..=6);
    rig.trigger(2);
    until("the camera comes round", || lease.validate() == Err(Overrun));
    check_gone(&lease);
    drop(lease);
    rig.trigger(1);
    rig.consumer.receive_all(7..=9);
    assert_eq!(rig.stop(), Counts { overtaken: 1, missed: 2, ..Counts::delivered(9) });
}

#[test]
fn a_camera_that_writes_ahead_does_not_spoil_what_is_held() {
    let mut rig = Pinned::new("scribble = true");
    let held: Vec<_> = (1..=5).map(|number| rig.next(number)).collect();
    rig.run(6..=40);
    for (lease, number) in held.iter().zip(1..) {
        check_rescued(lease, number);
    }
    let lease = rig.next(41);
    let (times, read) = read_while(&mut rig, &lease, 42..=49);
    assert_eq!((times, verified(&read.unwrap())), (2, 41));
    assert_eq!(rig.stop(), Counts { rescued: 6, ..Counts::delivered(49) });
}

/// The last frame before which the camera may be writing is the one that must not be read.
#[test]
fn frames_are_readable_as_long_as_a_camera_that_writes_ahead_leaves_them() {
    let mut rig = Pinned::of(Plan { buffers: 1, ..Plan::of("scribble = true") });
    let _taken = rig.pool.try_acquire().unwrap();
    let lease = rig.next(1);
    for number in 2..=6 {
        rig.next(number);
        check(&lease, 1);
    }
    rig.next(7);
    check_gone(&lease);
    assert_eq!(rig.stop(), Counts { overtaken: 1, ..Counts::delivered(7) });
}

#[test]
fn leases_outlive_the_acquisition_the_camera_and_the_sdk() {
    let mut rig = Pinned::new("");
    let copied = rig.next(1);
    rig.run(2..=9);
    // The last ones that can be read.
    let held: Vec<_> = (10..=15).map(|number| rig.next(number)).collect();
    assert!(held[5].view().is_none());
    let counts = rig.stop();
    // 10 and 11 were copied when the camera came near.
    assert_eq!(counts, Counts { rescued: 3, ..Counts::delivered(15) });
    let check_all = |copied: &Lease, held: &[Lease]| {
        check_rescued(copied, 1);
        for (lease, number) in held.iter().zip(10..) {
            check(lease, number);
            assert_eq!(verified(lease.view().unwrap().bytes()), number, "it stays");
        }
    };
    check_all(&copied, &held);
    let (pool, metrics) = (rig.pool.clone(), rig.metrics.clone());
    let _turn = rig.close();
    // All of it is gone.
    drop(init(""));
    check_all(&copied, &held);
    // The last one goes on another thread.
    bounded(move || {
        check_all(&copied, &held);
        drop((copied, held));
    });
    assert_eq!(pool.stats().available, pool.capacity());
    assert_eq!(Counts::of(&metrics.report(), true), counts);
}

#[test]
fn a_ring_that_is_still_read_is_not_used_again() {
    let mut rig = Pinned::new("");
    let first_ring = place(&rig.next(1));
    let held = [2, 3].map(|number| rig.next(number));
    rig.restart();
    // Numbers begin anew, in another ring.
    assert_ne!(place(&rig.next(1)), first_ring);
    rig.run(2..=30);
    for (lease, number) in held.iter().zip(2..) {
        check(lease, number);
        assert!(lease.view().is_some() && !lease.is_rescued());
        assert_eq!(place(lease), first_ring + (number as usize - 1) * FRAME_BYTES);
    }
    assert_eq!(rig.stop(), Counts::delivered(33));
}

#[test]
fn a_ring_that_nothing_reads_is_used_again() {
    let mut rig = Pinned::new("");
    let copied = rig.next(1);
    rig.run(2..=20);
    let ring = place(&rig.next(21)) - 4 * FRAME_BYTES;
    drop(copied);
    for _time in 0..3 {
        rig.restart();
        assert_eq!(place(&rig.next(1)), ring);
        rig.run(2..=20);
    }
    assert_eq!(rig.stop(), Counts { rescued: 1, ..Counts::delivered(81) });
}

#[test]
fn taps_share_leases() {
    let mut rig = Pinned::new("");
    let seen = Arc::new(AtomicU64::new(0));
    let sum = Arc::clone(&seen);
    let each = rig.taps.named("each").each(move |lease: &Lease| {
        check(lease, lease.meta().hardware_number);
        // Ordering: Relaxed: a count, read when the acquisition has ended.
        sum.fetch_add(u64::from(lease.meta().hardware_number), Ordering::Relaxed);
    });
    let (every_fifth, mut fifth) = rig.taps.named("fifth").every(5).channel(2);
    let (_newest, mut newest) = rig.taps.named("newest").newest();
    rig.run(1..=20);
    // Frames 5 and 10 wait in the tap, where they were copied; those that follow find no place there.
    for number in [5, 10] {
        check_rescued(&fifth.try_recv().unwrap(), number);
    }
    assert!(fifth.try_recv().is_err());
    check(&newest.take().unwrap(), 20);
    assert_eq!(rig.stop(), Counts { rescued: 2, ..Counts::delivered(20) });
    // Ordering: Relaxed: as above.
    assert_eq!(seen.load(Ordering::Relaxed), 20 * 21 / 2);
    let report = every_fifth.report();
    assert_eq!((report.offered, report.delivered, report.dropped), (4, 2, 2));
    assert!(each.report().is_conserved() && each.report().delivered == 20);
}

/// Frames that wait in a tap give their buffers up for those that a consumer holds.
#[test]
fn the_reserve_takes_copies_back_from_taps() {
    let mut rig = Pinned::of(Plan { buffers: 1, ..Plan::of("") });
    let (tap, mut waiting) = rig.taps.named("waiting").every(2).channel(1);
    rig.run(1..=2);
    let lease = rig.next(3);
    // Frame 2 is copied with frame 6, into the only buffer, which frame 3 needs with frame 7. Frames 8, 12 and 16 are given
    // up, too, when the camera comes near.
    rig.run(4..=20);
    check_rescued(&lease, 3);
    check(&waiting.try_recv().unwrap(), 20);
    let report = tap.report();
    assert_eq!((report.offered, report.delivered, report.skipped), (10, 5, 4), "{report}");
    assert_eq!(rig.stop(), Counts { rescued: 2, ..Counts::delivered(20) });
}

#[test]
fn a_tap_that_is_removed_leaves_leases_as_they_are() {
    let mut rig = Pinned::new("");
    let (tap, waiting) = rig.taps.named("gone").channel(8);
    let lease = rig.next(1);
    tap.remove();
    drop(waiting);
    rig.run(2..=20);
    check_rescued(&lease, 1);
    assert_eq!(rig.stop(), Counts { rescued: 1, ..Counts::delivered(20) });
}

#[test]
fn a_limit_counts_frames_that_were_lent() {
    let mut rig = Pinned::with(Plan::of("faults = ['lost@2']"), |tier| tier.with_frame_limit(3));
    rig.run(1..=1);
    rig.trigger(1);
    rig.run(3..=4);
    assert_eq!(rig.end(), End::HandlerBroke);
    rig.trigger(2);
    assert_eq!(rig.stop(), Counts { gaps: 1, ..Counts::delivered(3) });
}

/// Leases of one acquisition do not hinder the next one of the same camera, which has a ring and a stream of its own.
#[test]
fn leases_of_another_acquisition_are_left_alone() {
    let mut rig = Pinned::new("");
    let held: Vec<_> = (1..=3).map(|number| rig.next(number)).collect();
    assert_eq!(rig.stop(), Counts::delivered(3));
    let prepared = rig.camera.prepare(&triggered(&rig.camera)).unwrap();
    let (tier, mut consumer, _) = stream::<Lease, PinnedTier<Lease>>(4, OnExhausted::Drop);
    let acquisition = Acquisition::start(prepared, tier).unwrap();
    for number in 1..=30 {
        trigger(&acquisition);
        consumer.receive(number);
    }
    for (lease, number) in held.iter().zip(1..) {
        check(lease, number);
    }
    let report = acquisition.stop().unwrap().intake().metrics().report();
    assert_eq!(Counts::of(&report, true), Counts::delivered(30));
}
