//! Each fault of the simulated camera, in the tiers of continuous acquisition: what is counted, and that every frame that is
//! delivered is whole, in order, and the one that it says it is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::counts::Counts;
use common::rig::{FRAME_BYTES, Plan, Rig, check, stream, triggered};
use common::tier::{Tier, in_both_tiers};
use common::{bounded, sdk_of};
use framepool::{AnyFrame, OnExhausted, Overrun, ReadFrame};
use framepool_pvcam::{
    Acquisition, CopyTier, End, ErrorKind, PinnedTier, SdkError, SetupError, StartError,
};
use framepool_pvcam_sim::SimError;

in_both_tiers! {
    nothing_goes_wrong_where_nothing_is_planned
    a_lost_frame_is_a_gap
    several_lost_frames_are_a_gap_of_as_many
    the_first_frames_may_be_lost
    a_missing_frame_is_taken_from_where_it_must_be
    missing_frames_that_are_overwritten_are_lost
    a_missing_frame_among_lost_ones_cannot_be_told
    a_duplicate_is_delivered_once
    a_frame_that_is_told_late_is_delivered_in_its_order
    frames_told_late_are_delivered
    frames_told_later_than_the_ring_holds_are_lost
    no_frame_is_taken_for_another_when_a_whole_ring_of_them_was_lost
    a_burst_that_the_ring_holds_is_delivered
    a_burst_of_the_whole_ring_loses_the_margin
    a_stall_changes_nothing
    time_stamps_are_what_the_sdk_says
    an_impossible_place_ends_the_acquisition
    a_frame_in_the_place_of_another_is_lost
    a_frame_without_a_number_ends_the_acquisition
    a_frame_that_the_sdk_refuses_ends_the_acquisition
    faults_come_again_and_in_each_acquisition
    the_ring_is_halved_until_the_driver_takes_it
    the_smallest_ring_that_is_refused_is_an_error
    a_stop_that_fails_is_an_error_and_the_camera_can_be_opened_again
    dropping_what_cannot_be_stopped_is_harmless
    a_camera_that_was_left_exposing_runs
    frames_that_were_read_are_unlocked_in_order
    faults_leave_no_frame_locked
    frames_that_were_not_unlocked_in_time_are_lost
    a_frame_that_the_sdk_refuses_is_not_taken_for_an_overrun
}

fn nothing_goes_wrong_where_nothing_is_planned<T: Tier>() {
    let mut rig = Rig::<T>::new("");
    rig.run(1..=30);
    assert_eq!(rig.stop(), Counts::delivered(30));
}

fn a_lost_frame_is_a_gap<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['lost@3']");
    rig.run(1..=2);
    rig.trigger(1);
    rig.run(4..=20);
    assert_eq!(rig.stop(), Counts { gaps: 1, ..Counts::delivered(19) });
}

fn several_lost_frames_are_a_gap_of_as_many<T: Tier>() {
    // More than the ring has.
    let mut rig = Rig::<T>::new("faults = ['lost@3:11']");
    rig.run(1..=2);
    rig.trigger(11);
    rig.run(14..=30);
    assert_eq!(rig.stop(), Counts { gaps: 11, ..Counts::delivered(19) });
}

fn the_first_frames_may_be_lost<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['lost@1:2']");
    rig.trigger(2);
    rig.run(3..=12);
    assert_eq!(rig.stop(), Counts { gaps: 2, ..Counts::delivered(10) });
}

fn a_missing_frame_is_taken_from_where_it_must_be<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['missing@3:2']");
    rig.run(1..=2);
    rig.trigger(3);
    let stamps = rig.consumer.receive_all(3..=5);
    assert!(stamps[..2] == [0, 0] && stamps[2] > 0, "{stamps:?}");
    rig.run(6..=20);
    assert_eq!(rig.stop(), Counts { missed: 2, ..Counts::delivered(20) });
}

fn missing_frames_that_are_overwritten_are_lost<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['missing@3:7']");
    rig.run(1..=2);
    rig.trigger(8);
    // When 10 are complete, the camera may be writing frame 12, over frame 4.
    rig.consumer.receive_all(5..=10);
    rig.run(11..=20);
    // Frames 5 and 6 were still lent then, and the camera near.
    let rescued = if T::LENDS { 2 } else { 0 };
    assert_eq!(rig.stop(), Counts { missed: 5, overruns: 2, rescued, ..Counts::delivered(18) });
}

fn a_missing_frame_among_lost_ones_cannot_be_told<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['lost@3', 'missing@4', 'missing@7']");
    rig.run(1..=2);
    rig.trigger(3);
    rig.consumer.receive_all(5..=5);
    rig.run(6..=6);
    // From frame 5 on it is certain again where frames are.
    rig.trigger(2);
    rig.consumer.receive_all(7..=8);
    rig.run(9..=20);
    assert_eq!(rig.stop(), Counts { gaps: 2, missed: 1, ..Counts::delivered(18) });
}

fn a_duplicate_is_delivered_once<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['duplicate@3%2']");
    rig.run(1..=20);
    // Frames 3, 5 .. 19.
    assert_eq!(rig.stop(), Counts { duplicates: 9, ..Counts::delivered(20) });
}

fn a_frame_that_is_told_late_is_delivered_in_its_order<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['reordered@3']");
    rig.run(1..=2);
    rig.trigger(2);
    rig.consumer.receive_all(3..=4);
    rig.run(5..=20);
    // It was taken for missing until it was told, and counts as out of order alone.
    assert_eq!(rig.stop(), Counts { out_of_order: 1, ..Counts::delivered(20) });
}

fn frames_told_late_are_delivered<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['late@3:3']");
    rig.run(1..=2);
    rig.trigger(4);
    let stamps = rig.consumer.receive_all(3..=6);
    assert!(stamps[0] > 0 && stamps.is_sorted(), "{stamps:?}");
    rig.run(7..=20);
    // When 6 are complete, frames 3 and 4 are two behind.
    assert_eq!(rig.stop(), Counts { late: 2, ..Counts::delivered(20) });
}

fn frames_told_later_than_the_ring_holds_are_lost<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['late@3:8']");
    rig.run(1..=2);
    rig.trigger(9);
    // When 11 are complete, the camera may be writing frame 13, over frame 5.
    rig.consumer.receive_all(6..=11);
    rig.run(12..=20);
    let rescued = if T::LENDS { 2 } else { 0 };
    assert_eq!(rig.stop(), Counts { overruns: 3, late: 7, rescued, ..Counts::delivered(17) });
}

/// When frame 12 is told, two frames may have been in its place since frame 2.
fn no_frame_is_taken_for_another_when_a_whole_ring_of_them_was_lost<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['lost@3:9', 'late@12:9']");
    rig.run(1..=2);
    rig.trigger(9 + 10);
    // Frame 21 is the twelfth in the ring, and frames 12 to 15 may be written over.
    rig.consumer.receive_all(16..=21);
    rig.run(22..=30);
    let rescued = if T::LENDS { 2 } else { 0 };
    let lost = Counts { gaps: 9, overruns: 4, late: 8, ..Counts::default() };
    assert_eq!(rig.stop(), Counts { delivered: 17, rescued, ..lost });
}

/// The first frames: the frame before a burst may be handled when some of it are complete.
fn a_burst_that_the_ring_holds_is_delivered<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['burst@1:6']");
    rig.consumer.receive_all(1..=6);
    rig.run(7..=20);
    let rescued = if T::LENDS { 2 } else { 0 };
    assert_eq!(rig.stop(), Counts { late: 4, rescued, ..Counts::delivered(20) });
}

fn a_burst_of_the_whole_ring_loses_the_margin<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['burst@1:8']");
    // The camera may be writing frame 10, over frame 2.
    rig.consumer.receive_all(3..=8);
    rig.run(9..=20);
    let rescued = if T::LENDS { 2 } else { 0 };
    assert_eq!(rig.stop(), Counts { overruns: 2, late: 6, rescued, ..Counts::delivered(18) });
}

fn a_stall_changes_nothing<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['stall@3:40']");
    rig.run(1..=12);
    assert_eq!(rig.stop(), Counts::delivered(12));
}

fn time_stamps_are_what_the_sdk_says<T: Tier>() {
    const HOUR_NS: u64 = 3_600_000_000_000;
    let mut rig = Rig::<T>::new("faults = ['clock@3:3600000', 'clock@5:-1000000000']");
    let stamps = rig.run(1..=12);
    assert!(stamps[..2].is_sorted() && stamps[2..4].is_sorted(), "{stamps:?}");
    assert!(stamps[2] - stamps[1] >= HOUR_NS && stamps[1] < HOUR_NS, "{stamps:?}");
    // The clock is at a time before its origin, which no time stamp can say.
    assert_eq!(stamps[4..], [0; 8]);
    assert_eq!(rig.stop(), Counts::delivered(12));
}

/// Runs until frame 3 ends the acquisition, twice; returns how it ended and what was counted.
fn ended<T: Tier>(camera: &'static str) -> (End, Counts) {
    let mut rig = Rig::<T>::new(camera);
    rig.run(1..=2);
    rig.trigger(1);
    let end = rig.end();
    // Nothing is shown any more.
    rig.trigger(1);
    rig.restart();
    rig.run(1..=2);
    rig.trigger(1);
    assert_eq!(rig.end(), end);
    (end, rig.stop())
}

fn an_impossible_place_ends_the_acquisition<T: Tier>() {
    // Nowhere, between two frames, and after the last one.
    for camera in
        ["faults = ['null@3']", "faults = ['misplaced@3']", "faults = ['misplaced@3:24576']"]
    {
        let (end, counts) = ended::<T>(camera);
        assert!(matches!(&end, End::Impossible(text) if text.contains("frame 3")), "{end:?}");
        assert_eq!(counts, Counts { impossible: 2, ..Counts::delivered(4) });
    }
}

fn a_frame_in_the_place_of_another_is_lost<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['misplaced@3:4096']");
    assert_eq!(FRAME_BYTES, 4096);
    rig.run(1..=2);
    rig.trigger(1);
    rig.run(4..=20);
    assert_eq!(rig.stop(), Counts { impossible: 1, ..Counts::delivered(19) });
}

fn a_frame_without_a_number_ends_the_acquisition<T: Tier>() {
    let (end, counts) = ended::<T>("faults = ['unnumbered@3']");
    assert!(matches!(&end, End::Impossible(text) if text.contains("number 0")), "{end:?}");
    assert_eq!(counts, Counts { impossible: 2, ..Counts::delivered(4) });
}

fn a_frame_that_the_sdk_refuses_ends_the_acquisition<T: Tier>() {
    let (end, counts) = ended::<T>("faults = ['refused@3']");
    let End::Failed(error) = end else { panic!("{end:?}") };
    assert_eq!(
        (error.function, error.code),
        ("pl_exp_get_latest_frame_ex", SimError::NoFrame.code())
    );
    assert_eq!(counts, Counts::delivered(4));
}

fn faults_come_again_and_in_each_acquisition<T: Tier>() {
    let mut rig = Rig::<T>::new("faults = ['lost@3%10', 'duplicate@4%10', 'reordered@6%10']");
    for _acquisition in 0..3 {
        for ten in [0, 10, 20] {
            rig.run(ten + 1..=ten + 2);
            rig.trigger(1);
            rig.run(ten + 4..=ten + 5);
            rig.trigger(2);
            rig.consumer.receive_all(ten + 6..=ten + 7);
            rig.run(ten + 8..=ten + 10);
        }
        rig.restart();
    }
    let each = 9;
    let faults = Counts { gaps: each, duplicates: each, out_of_order: each, ..Counts::default() };
    assert_eq!(rig.stop(), Counts { delivered: 9 * each, ..faults });
}

fn the_ring_is_halved_until_the_driver_takes_it<T: Tier>() {
    // Of frames of 4 KiB: five of 64, and of 10.
    for (asked_for, taken) in [(64, 4), (10, 5), (5, 5)] {
        let plan = Plan { ring_frames: asked_for, ..Plan::of("ring_mb = 0.02") };
        let mut rig = Rig::<T>::of(plan);
        assert_eq!(rig.acquisition().ring_frames(), taken);
        rig.run(1..=20);
        // It is kept for the next time.
        rig.restart();
        assert_eq!(rig.acquisition().ring_frames(), taken);
        rig.run(1..=20);
        assert_eq!(rig.stop(), Counts::delivered(40));
    }
}

fn the_smallest_ring_that_is_refused_is_an_error<T: Tier>() {
    let (_turn, sdk) = sdk_of("ring_mb = 0.01");
    let camera = sdk.open_first().unwrap();
    for _time in 0..2 {
        let prepared = camera.prepare(&triggered(&camera).with_ring_frames(64)).unwrap();
        let (tier, ..) = stream::<AnyFrame, T>(2, OnExhausted::Drop);
        let error = Acquisition::start(prepared, tier).map(drop).unwrap_err();
        let StartError::Sdk(error) = error else { panic!("{error}") };
        assert_eq!((error.function, error.kind()), ("pl_exp_start_cont", ErrorKind::DriverRefused));
        assert!(error.to_string().contains("the driver cannot lock a ring"), "{error}");
    }
}

/// Checks the error of a stop that failed.
fn check_abort(error: &SdkError) {
    assert_eq!((error.function, error.code), ("pl_exp_abort", SimError::AbortFailed.code()));
}

fn a_stop_that_fails_is_an_error_and_the_camera_can_be_opened_again<T: Tier>() {
    let mut rig = Rig::<T>::new("aborts_fail = 1");
    rig.run(1..=3);
    let held = rig.next(4);
    let place = held.read(|reading| reading.as_ptr().addr()).unwrap();
    let error = rig.try_halt().unwrap_err();
    check_abort(&error);
    // The camera may write the ring for ever: what is lent there is gone, and what was copied is not.
    if T::LENDS {
        assert!(held.view().is_none());
        assert_eq!(held.validate(), Err(Overrun));
        assert!(is_mapped(place));
    } else {
        check(&held, 4);
    }
    let error = rig.camera.prepare(&triggered(&rig.camera)).unwrap_err();
    assert!(matches!(&error, SetupError::Running), "until it is closed: {error}");
    let overtaken = u64::from(T::LENDS);
    assert_eq!(rig.counts(), Counts { overtaken, ..Counts::delivered(4) });

    drop((rig.camera, rig.prepared));
    let camera = bounded(move || rig.sdk.open_first()).unwrap();
    let prepared = camera.prepare(&triggered(&camera)).unwrap();
    let (tier, mut consumer, _) = stream::<AnyFrame, T>(4, OnExhausted::Drop);
    let acquisition = Acquisition::start(prepared, tier).unwrap();
    for number in 1..=20 {
        common::trigger(&acquisition);
        consumer.receive(number);
    }
    let tier = acquisition.stop().unwrap();
    assert_eq!(Counts::of(&tier.intake().metrics().report(), T::LENDS), Counts::delivered(20));
    if T::LENDS {
        drop(held);
        assert!(is_mapped(place), "leaked on purpose");
    }
}

/// Returns whether there is memory at an address.
fn is_mapped(address: usize) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let bounds = maps.lines().filter_map(|line| line.split_whitespace().next()?.split_once('-'));
    let number = |text| usize::from_str_radix(text, 16).unwrap();
    bounds.into_iter().any(|(start, end)| (number(start)..number(end)).contains(&address))
}

fn dropping_what_cannot_be_stopped_is_harmless<T: Tier>() {
    let mut rig = Rig::<T>::new("aborts_fail = 1");
    rig.run(1..=3);
    let metrics = rig.metrics.clone();
    drop(rig);
    assert_eq!(Counts::of(&metrics.report(), T::LENDS), Counts::delivered(3));
}

fn a_camera_that_was_left_exposing_runs<T: Tier>() {
    let mut rig = Rig::<T>::new("exposing_at_open = true");
    rig.run(1..=20);
    assert_eq!(rig.stop(), Counts::delivered(20));
}

/// Plans of cameras that keep frames until they are unlocked: one writes over them, and says so; one halts.
fn keeping(cameras: [&'static str; 2]) -> [Plan; 2] {
    cameras.map(|camera| Plan { overwrite: false, ..Plan::of(camera) })
}

const KEEPING: [&str; 2] = ["no_overwrite = 'overwrites'", "no_overwrite = 'halts'"];

type Pinned = PinnedTier<AnyFrame>;

fn frames_that_were_read_are_unlocked_in_order<T: Tier>() {
    for plan in keeping(KEEPING) {
        let mut rig = Rig::<T>::of(plan);
        // A camera that was told less would halt, or fail.
        rig.run(1..=50);
        rig.restart();
        rig.run(1..=50);
        assert_eq!(rig.stop(), Counts::delivered(100));
    }
}

#[test]
fn leases_halt_nothing_as_long_as_the_reserve_lasts() {
    for plan in keeping(KEEPING) {
        let mut rig = Rig::<Pinned>::of(plan);
        let held: Vec<_> = (1..=3).map(|number| rig.next(number)).collect();
        rig.run(4..=50);
        for (lease, number) in held.iter().zip(1..) {
            check(lease, number);
        }
        assert_eq!(rig.stop(), Counts { rescued: 3, ..Counts::delivered(50) });
    }
}

/// They are given up, when they might be written over as with any camera.
#[test]
fn leases_halt_nothing_without_a_reserve() {
    for plan in keeping(KEEPING) {
        let mut rig = Rig::<Pinned>::of(Plan { buffers: 1, ..plan });
        let held: Vec<_> = (1..=3).map(|number| rig.next(number)).collect();
        rig.run(4..=50);
        check(&held[0], 1);
        assert!(held[1..].iter().all(|lease| lease.validate() == Err(Overrun)));
        assert_eq!(rig.stop(), Counts { rescued: 1, overtaken: 2, ..Counts::delivered(50) });
    }
}

/// Frames that the camera has lost or that are not told are unlocked with those after them.
fn faults_leave_no_frame_locked<T: Tier>() {
    let cameras = [
        "no_overwrite = 'overwrites'\nfaults = ['lost@3%10', 'missing@6%10', 'reordered@8%10']",
        "no_overwrite = 'halts'\nfaults = ['lost@3%10', 'missing@6%10', 'reordered@8%10']",
    ];
    for plan in keeping(cameras) {
        let mut rig = Rig::<T>::of(plan);
        for ten in (0..50).step_by(10) {
            rig.run(ten + 1..=ten + 2);
            rig.trigger(1);
            rig.run(ten + 4..=ten + 5);
            for pair in [ten + 6, ten + 8] {
                rig.trigger(2);
                rig.consumer.receive_all(pair..=pair + 1);
            }
            rig.run(ten + 10..=ten + 10);
        }
        let faults = Counts { gaps: 5, missed: 5, out_of_order: 5, ..Counts::default() };
        assert_eq!(rig.stop(), Counts { delivered: 45, ..faults });
    }
}

fn frames_that_were_not_unlocked_in_time_are_lost<T: Tier>() {
    let rescued = if T::LENDS { 2 } else { 0 };
    // The margin, which needs no report.
    let cameras = [
        "no_overwrite = 'overwrites'\nfaults = ['late@3:6']",
        "no_overwrite = 'halts'\nfaults = ['late@3:6']",
    ];
    for plan in keeping(cameras) {
        let mut rig = Rig::<T>::of(plan);
        rig.run(1..=2);
        rig.trigger(7);
        rig.consumer.receive_all(4..=9);
        rig.run(10..=20);
        assert_eq!(rig.stop(), Counts { overruns: 1, late: 5, rescued, ..Counts::delivered(19) });
    }
    // The SDK reports it, and the acquisition goes on.
    let camera = "no_overwrite = 'overwrites'\nfaults = ['late@3:8']";
    let mut rig = Rig::<T>::of(Plan { overwrite: false, ..Plan::of(camera) });
    rig.run(1..=2);
    rig.trigger(9);
    rig.consumer.receive_all(6..=11);
    rig.run(12..=20);
    assert_eq!(rig.stop(), Counts { overruns: 3, late: 7, rescued, ..Counts::delivered(17) });
}

fn a_frame_that_the_sdk_refuses_is_not_taken_for_an_overrun<T: Tier>() {
    let plan = Plan { overwrite: false, ..Plan::of("faults = ['refused@3']") };
    let mut rig = Rig::<T>::of(plan);
    rig.run(1..=2);
    rig.trigger(1);
    let End::Failed(error) = rig.end() else { panic!("another end") };
    assert_eq!(error.code, SimError::NoFrame.code());
    assert_eq!(rig.stop(), Counts::delivered(2));
}

#[test]
fn a_camera_that_writes_ahead_spoils_nothing() {
    fn run<T: Tier>() {
        let mut rig = Rig::<T>::new("scribble = true\nfaults = ['burst@1:6', 'missing@12:3']");
        rig.consumer.receive_all(1..=6);
        rig.run(7..=11);
        rig.trigger(4);
        rig.consumer.receive_all(12..=15);
        rig.run(16..=30);
        let rescued = if T::LENDS { 2 } else { 0 };
        assert_eq!(rig.stop(), Counts { late: 4, missed: 3, rescued, ..Counts::delivered(30) });
    }
    run::<CopyTier<AnyFrame>>();
    run::<Pinned>();
}
