//! Setups: triggers, what the expose-out line says, regions with embedded metadata, and the ring.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{COOL, LONG, PRIME, numbers, region, sdk, small, trigger};
use framepool::{FramePool, OnExhausted, channel};
use framepool_pvcam::{
    Acquisition, CopyTier, ExposeOut, MetadataError, MetadataFrame, ParameterError, Setup,
    SetupError, Trigger,
};
use framepool_pvcam_sim::picture;
use std::time::Duration;

#[test]
fn every_trigger_that_a_camera_has_can_be_set_up_and_gives_frames() {
    let (_turn, sdk) = sdk();
    for name in [PRIME, COOL] {
        let camera = sdk.open(name).unwrap();
        let triggers = camera.settings().triggers().unwrap();
        assert!(triggers.len() >= 4);
        for choice in triggers {
            let prepared = camera.prepare(&small(&camera).with_trigger(choice.value)).unwrap();
            // How long a level lasts is not known.
            let exposure = if choice.value == Trigger::Level { 0 } else { 1_000_000 };
            assert_eq!(prepared.meta().exposure_ns, exposure, "{choice}");
            let (handler, frames) = numbers();
            let acquisition = Acquisition::start(prepared, handler).unwrap();
            if choice.value == Trigger::Software {
                trigger(&acquisition);
            }
            assert_eq!(frames.recv_timeout(LONG), Ok(1), "{name}: {choice}");
            acquisition.stop().unwrap();
        }
    }
}

#[test]
fn a_mode_that_a_camera_lacks_is_refused_with_those_that_it_has() {
    let (_turn, sdk) = sdk();
    let (prime, cool) = (sdk.open(PRIME).unwrap(), sdk.open(COOL).unwrap());
    let error = prime.prepare(&small(&prime).with_trigger(Trigger::SoftwareFirst)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "software first is no trigger of this camera; it has: Internal Trigger, Software Edge, \
         Trigger first, Edge Trigger, Level Trigger"
    );
    let error = cool.prepare(&small(&cool).with_trigger(Trigger::Software)).unwrap_err();
    let SetupError::Parameter(ParameterError::NotAChoice { choices, .. }) = error else {
        panic!("{error}")
    };
    assert_eq!(choices[..2], ["Timed", "Strobed"]);

    prime.prepare(&small(&prime).with_expose_out(ExposeOut::AnyRow)).unwrap();
    let error = prime.prepare(&small(&prime).with_expose_out(ExposeOut::LineTrigger)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line trigger is no expose-out mode of this camera; it has: First Row, All Rows, Any Row"
    );
    let error = cool.prepare(&small(&cool).with_expose_out(ExposeOut::FirstRow)).unwrap_err();
    assert_eq!(error.to_string(), "this camera has no expose-out mode");
}

#[test]
fn exposures_out_of_the_cameras_range_are_refused_with_the_range() {
    let (_turn, sdk) = sdk();
    for name in [PRIME, COOL] {
        let camera = sdk.open(name).unwrap();
        let longest = *camera.settings().exposures().unwrap().end();
        camera.prepare(&small(&camera).with_exposure(longest)).unwrap();
        let longer = longest + Duration::from_micros(1);
        let error = camera.prepare(&small(&camera).with_exposure(longer)).unwrap_err();
        let SetupError::ExposureOutOfRange { exposure, max, .. } = error else { panic!("{error}") };
        assert_eq!((exposure, max), (longer, longest));
    }
}

#[test]
fn frames_of_two_regions_carry_their_metadata() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open(PRIME).unwrap();
    let regions = [region(8, 16, 64, 32), region(1000, 4, 40, 20)];
    let setup =
        small(&camera).with_regions(&regions).with_metadata(true).with_trigger(Trigger::Software);
    let prepared = camera.prepare(&setup).unwrap();
    assert_eq!(camera.settings().metadata(), Ok(true));
    let bytes = 48 + (32 + 64 * 32 * 2) + (32 + 40 * 20 * 2);
    assert_eq!(prepared.frame_bytes(), bytes);

    let pool = FramePool::try_new(4, bytes).unwrap();
    let (intake, mut frames) = channel(pool, 8, OnExhausted::Drop);
    let acquisition = Acquisition::start(prepared, CopyTier::new(intake)).unwrap();
    for number in 1..=3 {
        trigger(&acquisition);
        let frame = frames.recv_blocking().unwrap();
        let (view, meta) = (frame.view(), *frame.meta());
        // A row of bytes, in the region that both regions lie in.
        assert_eq!((meta.width as usize, meta.height, meta.bit_depth), (bytes, 1, 8));
        assert_eq!((meta.region, meta.binning), (region(8, 4, 1032, 44), (1, 1)));
        assert_eq!((meta.hardware_number, meta.exposure_ns), (number, 1_000_000));
        assert_eq!(view.pixels_u8().unwrap().len(), bytes);
        view.pixels_u16().unwrap_err();

        let decoded = MetadataFrame::decode(view.bytes()).unwrap();
        assert_eq!((decoded.number(), decoded.encoded_bytes()), (number, bytes));
        assert!(decoded.regions().map(|region| region.roi()).eq(regions));
        for (shown, roi) in decoded.regions().zip(regions) {
            let (width, height) = (roi.width.try_into().unwrap(), roi.height.try_into().unwrap());
            let pixels = shown.pixels().unwrap();
            assert_eq!(picture::verify(pixels, width, height), Ok(number));
        }
    }
    acquisition.stop().unwrap();
}

#[test]
fn frames_are_bare_pixels_unless_metadata_is_asked_for() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open(PRIME).unwrap();
    let one = small(&camera).with_binning(2);
    let with = camera.prepare(&one.clone().with_metadata(true)).unwrap();
    assert_eq!(with.frame_bytes(), 48 + 32 + 32 * 16 * 2);
    assert_eq!((with.meta().region, with.meta().binning), (region(8, 16, 64, 32), (2, 2)));
    let without = camera.prepare(&one).unwrap();
    assert_eq!(camera.settings().metadata(), Ok(false));
    assert_eq!(without.frame_bytes(), 32 * 16 * 2);
    assert_eq!((without.meta().width, without.meta().height), (32, 16));

    let pool = FramePool::try_new(4, without.frame_bytes()).unwrap();
    let (intake, mut frames) = channel(pool, 8, OnExhausted::Drop);
    let acquisition = Acquisition::start(without, CopyTier::new(intake)).unwrap();
    let frame = frames.recv_blocking().unwrap();
    let error = MetadataFrame::decode(frame.view().bytes()).unwrap_err();
    assert!(matches!(error, MetadataError::Signature { .. }), "{error}");
    acquisition.stop().unwrap();
}

#[test]
fn regions_that_cannot_be_acquired_together_are_refused() {
    let (_turn, sdk) = sdk();
    let (prime, cool) = (sdk.open(PRIME).unwrap(), sdk.open(COOL).unwrap());
    let two = [region(0, 0, 64, 32), region(100, 100, 64, 32)];
    let error = prime.prepare(&small(&prime).with_regions(&two)).unwrap_err();
    assert!(matches!(error, SetupError::RegionsNeedMetadata { regions: 2 }), "{error}");
    let error = prime.prepare(&small(&prime).with_regions(&[])).unwrap_err();
    assert!(matches!(error, SetupError::NoRegion), "{error}");

    let many = [region(0, 0, 64, 32); 16];
    let error = prime.prepare(&small(&prime).with_regions(&many).with_metadata(true)).unwrap_err();
    let said = "16 is out of the range of the number of regions: use from 1 to 15";
    assert_eq!(error.to_string(), said);
    let uneven = [two[0], region(100, 100, 64, 30)];
    let setup = small(&prime).with_regions(&uneven).with_binning(4).with_metadata(true);
    let error = prime.prepare(&setup).unwrap_err();
    let said = "the region has 30 rows, which is not a multiple of the binning of 4: use 28 of them, or another binning";
    assert_eq!(error.to_string(), said);
    let outside = [two[0], region(2040, 0, 64, 32)];
    let error = prime.prepare(&small(&prime).with_regions(&outside).with_metadata(true));
    let Err(SetupError::RegionOutside { region, .. }) = error else { panic!("{error:?}") };
    assert_eq!(region, outside[1]);

    let error = cool.prepare(&small(&cool).with_metadata(true)).unwrap_err();
    assert_eq!(error.to_string(), "this camera has no embedded metadata");
}

#[test]
fn the_ring_has_the_frames_that_the_camera_advises_or_the_program_chooses() {
    let (_turn, sdk) = sdk();
    for name in [PRIME, COOL] {
        let camera = sdk.open(name).unwrap();
        // Half a second of frames, from 16 to 64, is what the simulated cameras advise.
        let advised = |setup: Setup| camera.prepare(&setup).unwrap().ring_frames();
        let setup = small(&camera);
        assert_eq!(advised(setup.clone().with_exposure(Duration::from_millis(20))), 25);
        assert_eq!(advised(setup.clone().with_exposure(Duration::from_millis(100))), 16);
        assert_eq!(advised(setup.clone().with_ring_frames(40)), 40);
        assert_eq!(advised(setup.with_ring_frames(1)), Setup::LEAST_RING_FRAMES);
    }
    let camera = sdk.open(PRIME).unwrap();
    let prepared =
        camera.prepare(&small(&camera).with_exposure(Duration::from_millis(20))).unwrap();
    let (handler, frames) = numbers();
    let acquisition = Acquisition::start(prepared, handler).unwrap();
    assert_eq!(frames.recv_timeout(LONG), Ok(1), "the camera takes the ring");
    acquisition.stop().unwrap();
}

#[test]
fn a_setup_is_started_again_and_again() {
    let (_turn, sdk) = sdk();
    for name in [PRIME, COOL] {
        let camera = sdk.open(name).unwrap();
        let prepared = camera.prepare(&small(&camera)).unwrap();
        for _ in 0..3 {
            let (handler, frames) = numbers();
            let acquisition = Acquisition::start(prepared.clone(), handler).unwrap();
            assert_eq!(frames.recv_timeout(LONG), Ok(1));
            assert_eq!(frames.recv_timeout(LONG), Ok(2));
            acquisition.stop().unwrap();
        }
    }
}
