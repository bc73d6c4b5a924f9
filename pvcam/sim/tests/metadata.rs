//! Frames with embedded metadata, of one region and of several.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::macro_metavars_in_unsafe, reason = "only addresses are passed to `call`")]

mod common;

use std::ptr::null_mut;
use std::slice;
use std::time::{Duration, Instant};

use common::{Camera, Ring, Sdk, copy, err, open};
use framepool_pvcam_sim::SimError::*;
use framepool_pvcam_sim::picture;
use framepool_pvcam_sys::*;

const REGIONS: [rgn_type; 3] = [
    rgn_type { s1: 0, s2: 63, sbin: 1, p1: 0, p2: 31, pbin: 1 },
    rgn_type { s1: 100, s2: 107, sbin: 1, p1: 40, p2: 41, pbin: 1 },
    rgn_type { s1: 40, s2: 139, sbin: 1, p1: 20, p2: 29, pbin: 1 },
];

/// A structure for decoded metadata.
struct Decoded(*mut md_frame);

impl Decoded {
    fn new(regions: u16) -> Self {
        let mut frame = null_mut();
        call!(pl_md_create_frame_struct_cont(&mut frame, regions)).unwrap();
        Self(frame)
    }

    fn decode(&self, frame: &mut [u8]) -> Result<(), i16> {
        let size = u32::try_from(frame.len()).unwrap();
        call!(pl_md_frame_decode(self.0, frame.as_mut_ptr().cast(), size))
    }

    fn frame(&self) -> md_frame {
        // SAFETY: made by the library, and not released yet.
        unsafe { *self.0 }
    }

    fn regions(&self) -> &[md_frame_roi] {
        let frame = self.frame();
        // SAFETY: so many regions were decoded.
        unsafe { slice::from_raw_parts(frame.roiArray, frame.roiCount.into()) }
    }
}

impl Drop for Decoded {
    fn drop(&mut self) {
        call!(pl_md_release_frame_struct(self.0)).unwrap();
    }
}

fn set_up(camera: Camera, frames: u16, regions: &[rgn_type]) -> Result<u32, i16> {
    let (count, mut bytes) = (u16::try_from(regions.len()).unwrap(), 0);
    let regions = regions.as_ptr();
    call!(pl_exp_setup_seq(camera.0, frames, count, regions, TIMED_MODE, 2, &mut bytes))?;
    Ok(bytes)
}

/// Acquires a sequence, and returns its bytes.
fn acquire(camera: Camera, bytes: u32) -> Vec<u8> {
    let buffer = Ring::new(bytes as usize);
    call!(pl_exp_start_seq(camera.0, buffer.pointer().cast())).unwrap();
    let begun = Instant::now();
    loop {
        let (mut status, mut arrived) = (0, 0);
        call!(pl_exp_check_status(camera.0, &mut status, &mut arrived)).unwrap();
        if status == READOUT_COMPLETE {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no frames");
        std::thread::sleep(Duration::from_millis(1));
    }
    call!(pl_exp_finish_seq(camera.0, buffer.pointer().cast(), 0)).unwrap();
    copy(buffer.pointer(), buffer.size)
}

fn bytes_of(region: &md_frame_roi) -> &[u8] {
    // SAFETY: the decoded frame is still there.
    unsafe { slice::from_raw_parts(region.data.cast(), region.dataSize as usize) }
}

#[test]
fn every_region_is_described_and_stamped() {
    for version in 1..=3 {
        let _sdk = Sdk::of(&format!("[[camera]]\nmetadata_version = {version}"));
        let camera = open("SimCam00").unwrap();
        camera.set(PARAM_METADATA_ENABLED, PV_OK).unwrap();
        let bytes = set_up(camera, 3, &REGIONS).unwrap();
        assert_eq!(camera.get::<u16>(PARAM_ROI_COUNT, ATTR_CURRENT), Ok(3));
        let pixels = [64 * 32, 8 * 2, 100 * 10];
        assert_eq!(bytes, 3 * (48 + pixels.iter().map(|pixels| 32 + 2 * pixels).sum::<u32>()));
        let mut frames = acquire(camera, bytes);
        let decoded = Decoded::new(15);
        let mut ends = Vec::new();
        for (nr, frame) in (1..).zip(frames.chunks_mut(bytes as usize / 3)) {
            decoded.decode(frame).unwrap();
            let md_frame { header, impliedRoi, extMdDataSize, roiCount, .. } = decoded.frame();
            // SAFETY: in the frame, which is still there; unaligned.
            let header = unsafe { header.read_unaligned() };
            let (signature, number) = (header.signature, header.frameNr);
            assert_eq!((signature, header.version, number), (PL_MD_FRAME_SIGNATURE, version, nr));
            assert_eq!((header.bitDepth, roiCount, extMdDataSize), (16, 3, 0));
            let implied = rgn_type { s1: 0, s2: 139, sbin: 1, p1: 0, p2: 41, pbin: 1 };
            assert_eq!(impliedRoi, implied);
            if version < 3 {
                let (begin, end, unit) =
                    (header.timestampBOF, header.timestampEOF, header.timestampResNs);
                assert!(end - begin == 168 && unit == 1000, "42 rows of 4 us: {begin} {end}");
                assert_eq!({ header.exposureTime }, 2000);
                ends.push(end);
            }
            for (index, region) in decoded.regions().iter().enumerate() {
                // SAFETY: as for the frame's header.
                let header = unsafe { region.header.read_unaligned() };
                let (number, place) = (usize::from(header.roiNr), header.roi);
                assert_eq!((number, place), (index + 1, REGIONS[index]));
                let rgn_type { s1, s2, p1, p2, .. } = place;
                let (width, height) = (usize::from(s2 - s1 + 1), usize::from(p2 - p1 + 1));
                assert_eq!(picture::verify(bytes_of(region), width, height), Ok(nr));
            }
        }
        assert!(ends.is_sorted_by(|one, other| one < other), "{ends:?}");
    }
}

#[test]
fn regions_are_put_where_they_are() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    camera.set(PARAM_METADATA_ENABLED, PV_OK).unwrap();
    let bytes = set_up(camera, 1, &REGIONS).unwrap();
    let mut frame = acquire(camera, bytes);
    let decoded = Decoded::new(3);
    decoded.decode(&mut frame).unwrap();
    let recompose = |x, y, width: u16, height: u16| {
        let mut pixels = vec![0xEEEE_u16; usize::from(width) * usize::from(height) + 1];
        let to = pixels.as_mut_ptr().cast();
        call!(pl_md_frame_recompose(to, x, y, width, height, decoded.0)).unwrap();
        assert_eq!(pixels.pop(), Some(0xEEEE), "written past the end");
        pixels
    };
    let at = |pixels: &[u16], width: usize, x: usize, y: usize| pixels[y * width + x];
    let whole = recompose(0, 0, 140, 42);
    assert_eq!(at(&whole, 140, 2, 31), 31, "the row's number, of the first region");
    assert_eq!(at(&whole, 140, 102, 41), 1, "of the second");
    assert_eq!(at(&whole, 140, 42, 29), 9, "of the third, which covers the first");
    assert_eq!(at(&whole, 140, 139, 41), 0xEEEE, "no region");
    // Moved to the right and down, and cut there.
    let moved = recompose(10, 5, 120, 40);
    assert_eq!(at(&moved, 120, 12, 36), 31, "of the first region");
    assert_eq!(at(&moved, 120, 52, 34), 9, "of the third");
    assert_eq!(at(&moved, 120, 9, 4), 0xEEEE, "before all of them");
    assert!(recompose(2000, 2000, 8, 8).iter().all(|&pixel| pixel == 0xEEEE));
    assert_eq!(recompose(0, 0, 0, 8), []);
}

#[test]
fn the_first_of_the_regions_is_where_the_picture_begins() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    camera.set(PARAM_METADATA_ENABLED, PV_OK).unwrap();
    let bytes = set_up(camera, 1, &REGIONS[1..]).unwrap();
    let mut frame = acquire(camera, bytes);
    let decoded = Decoded::new(2);
    decoded.decode(&mut frame).unwrap();
    let mut pixels = vec![0xEEEE_u16; 100 * 22];
    let to = pixels.as_mut_ptr().cast();
    call!(pl_md_frame_recompose(to, 0, 0, 100, 22, decoded.0)).unwrap();
    // The regions' columns are 40 to 139, and their rows 20 to 41.
    assert_eq!((pixels[2], pixels[9 * 100 + 2]), (0, 9), "of the one at the left");
    assert_eq!(pixels[20 * 100 + 62], 0, "of the other");
    // A picture may lie in the frame itself.
    let size = u32::try_from(frame.len()).unwrap();
    let within = frame.as_mut_ptr();
    call!(pl_md_frame_decode(decoded.0, within.cast(), size)).unwrap();
    call!(pl_md_frame_recompose(within.wrapping_add(80).cast(), 0, 0, 8, 2, decoded.0)).unwrap();
}

#[test]
fn a_structure_has_room_for_what_it_was_made_for() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    camera.set(PARAM_METADATA_ENABLED, PV_OK).unwrap();
    let bytes = set_up(camera, 1, &REGIONS).unwrap();
    let mut frame = acquire(camera, bytes);
    assert_eq!(Decoded::new(2).decode(&mut frame), err(RegionsTooMany));
    let mut made = null_mut();
    call!(pl_md_create_frame_struct(&mut made, frame.as_mut_ptr().cast(), bytes)).unwrap();
    let made = Decoded(made);
    made.decode(&mut frame).unwrap();
    assert_eq!(made.frame().roiCapacity, 3);
    // Whatever is cut off, or is not metadata, is refused, and leaves no regions.
    for length in [0, 47, 48, 79, 80, frame.len() - 1] {
        made.decode(&mut frame).unwrap();
        assert_eq!(made.decode(&mut frame[..length]), err(MetadataInvalid), "{length}");
        assert!(made.regions().is_empty() && made.frame().header.is_null());
        assert_eq!(made.frame().impliedRoi, rgn_type::default());
    }
    let mut wrong = frame.clone();
    wrong[0] ^= 1;
    assert_eq!(made.decode(&mut wrong), err(MetadataInvalid));
    let refused = call!(pl_md_create_frame_struct(&mut null_mut(), wrong.as_mut_ptr().cast(), 48));
    assert_eq!(refused, err(MetadataInvalid));
    // SAFETY: zeros are such a structure.
    let mut foreign: md_frame = unsafe { std::mem::zeroed() };
    let refused = call!(pl_md_frame_decode(&raw mut foreign, frame.as_mut_ptr().cast(), bytes));
    assert_eq!(refused, err(PointerUnknown));
}

#[test]
fn a_region_without_pixels_or_not_valid_is_left_out() {
    let sdk = Sdk::new();
    let camera = sdk.open();
    camera.set(PARAM_METADATA_ENABLED, PV_OK).unwrap();
    let bytes = set_up(camera, 1, &REGIONS[..1]).unwrap();
    let mut frame = acquire(camera, bytes);
    let decoded = Decoded::new(1);
    const FLAGS: usize = 48 + 22;
    frame[FLAGS] = PL_MD_ROI_FLAG_INVALID;
    decoded.decode(&mut frame).unwrap();
    assert_eq!(decoded.frame().impliedRoi, rgn_type::default());
    let mut pixels = [0xEEEE_u16; 4];
    let to = pixels.as_mut_ptr().cast();
    call!(pl_md_frame_recompose(to, 0, 0, 2, 2, decoded.0)).unwrap();
    assert_eq!(pixels, [0xEEEE; 4]);
    frame[FLAGS] = PL_MD_ROI_FLAG_HEADER_ONLY;
    decoded.decode(&mut frame[..80]).unwrap();
    assert_eq!(decoded.regions()[0].dataSize, 0);
}

#[test]
fn there_is_no_extended_metadata() {
    let mut collection = std::mem::MaybeUninit::<md_ext_item_collection>::uninit();
    let read = |size| call!(pl_md_read_extended(collection.as_mut_ptr(), null_mut(), size));
    let mut read = read;
    assert_eq!(read(1), err(Unsupported));
    assert_eq!(read(0), Ok(()));
    // SAFETY: written whole by the call that succeeded.
    let collection = unsafe { collection.assume_init() };
    assert!(collection.count == 0 && collection.map.iter().all(|item| item.is_null()));
}
