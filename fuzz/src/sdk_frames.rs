//! The target `sdk_frames`: what frames, regions and exposures become on their way from the SDK,
//! from any bytes and numbers, against plain arithmetic; and the camera's embedded metadata.

use crate::case::operations;
use crate::library::with_camera;
use crate::metadata;
use arbitrary::{Arbitrary, Result, Unstructured};
use framepool_core::frame::{FrameData, FrameMeta, FrameView, PixelError, RegionOfInterest};
use framepool_pvcam::{Camera, ParameterError, Setup, SetupError, Trigger};
use framepool_pvcam_sim::picture::{self, PIXEL_BYTES, PictureError, STAMP_PIXELS, pixel};
use std::time::Duration;

/// Bytes of one operation.
pub(crate) const OP_BYTES: usize = 16;

/// What the simulated camera can: no camera of the SDK is asked for anything else here.
const BINNINGS: [u16; 3] = [1, 2, 4];
const LONGEST_EXPOSURE: Duration = Duration::from_secs(10);

/// The longest rows, and the most of them, of pictures.
const MAX_WIDTH: usize = 24;
const MAX_HEIGHT: usize = 8;

/// One thing that is tried, apart from all others.
#[derive(Debug, Clone, Copy)]
struct Op {
    kind: u8,
    numbers: [u16; 6],
    bytes: [u8; 3],
}

impl<'a> Arbitrary<'a> for Op {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let [kind, a, b, c, numbers @ ..]: [u8; OP_BYTES] = u.arbitrary()?;
        let number = |i: usize| u16::from_le_bytes([numbers[2 * i], numbers[2 * i + 1]]);
        Ok(Self { kind, numbers: std::array::from_fn(number), bytes: [a, b, c] })
    }
}

/// Decodes and shows frames, and sets a simulated camera up. The bytes are also decoded as one
/// frame with embedded metadata.
///
/// # Panics
/// If a result is another than arithmetic says, or if a frame is taken for one that it is not.
pub fn sdk_frames(bytes: &[u8]) {
    // It says itself whether it found a fault.
    let _any_answer = metadata::any(bytes);
    let Ok(ops) = operations::<Op>(&mut Unstructured::new(bytes), OP_BYTES) else { return };
    for op in ops {
        match op.kind % 5 {
            0 => with_camera(|camera| prepare(camera, op)),
            1 => show(op),
            2 => keep(op),
            3 => decode(op),
            _ => metadata::written(op.numbers, op.bytes),
        }
    }
}

/// Makes a number that is likely within the sensor, or likely far too large.
fn spread(number: u16, how: u8) -> u32 {
    match how % 4 {
        0 => u32::from(number),
        1 | 2 => u32::from(number % 2050),
        _ => u32::MAX - u32::from(number),
    }
}

fn prepare(
    camera: &Camera,
    Op { numbers: [x, y, width, height, exposure, more], bytes: [how, binning, other], .. }: Op,
) {
    let region = RegionOfInterest::new(
        spread(x, how),
        spread(y, how >> 2),
        spread(width, how >> 4),
        spread(height, how >> 6),
    );
    let exposure = Duration::from_nanos((u64::from(exposure) * 100) << (more % 32));
    let trigger = if other & 1 == 0 { Trigger::Internal } else { Trigger::Software };
    // Mostly binnings that there are.
    let binning = if binning < 200 { BINNINGS[usize::from(binning) % 3] } else { binning.into() };
    let setup = Setup::full_frame(camera, exposure)
        .with_region(region)
        .with_binning(binning)
        .with_trigger(trigger)
        .with_ring_frames(usize::from(other));
    let found = camera.prepare(&setup);

    let sensor = (camera.description().sensor_width, camera.description().sensor_height);
    let end = |start: u32, length: u32| u64::from(start) + u64::from(length);
    let is_within = region.width > 0
        && region.height > 0
        && end(region.x, region.width) <= sensor.0.into()
        && end(region.y, region.height) <= sensor.1.into();
    let divides =
        |length: u32| BINNINGS.contains(&binning) && length.is_multiple_of(u32::from(binning));
    // Rounded to microseconds, half a one upwards.
    let micros = (exposure.as_nanos() + 500) / 1000;
    let is_right = match &found {
        Err(SetupError::BinningZero) => binning == 0,
        Err(SetupError::RegionOutside { .. }) => binning != 0 && !is_within,
        Err(SetupError::Exposure(_)) => is_within && (micros == 0 || micros > u32::MAX.into()),
        Err(SetupError::Parameter(ParameterError::NotAChoice { .. })) => {
            is_within && ![1, 2, 4].contains(&binning)
        }
        Err(SetupError::RegionBinning { pixels, .. }) => {
            is_within
                && [region.width, region.height].contains(pixels)
                && !pixels.is_multiple_of(u32::from(binning))
        }
        Err(SetupError::ExposureOutOfRange { .. }) => {
            is_within && micros > LONGEST_EXPOSURE.as_micros()
        }
        Err(_) => false,
        Ok(prepared) => {
            let meta = prepared.meta();
            let pixels = (region.width / u32::from(binning)) * (region.height / u32::from(binning));
            is_within
                && divides(region.width)
                && divides(region.height)
                && (1..=LONGEST_EXPOSURE.as_micros()).contains(&micros)
                && u128::from(meta.exposure_ns) == micros * 1000
                && (meta.region, meta.binning) == (region, (binning, binning))
                && meta.width * u32::from(binning) == region.width
                && meta.height * u32::from(binning) == region.height
                && prepared.frame_bytes() == pixels as usize * meta.bytes_per_pixel()
        }
    };
    assert!(is_right, "{setup:?} on a sensor of {sensor:?} gives {found:?}");
}

/// Shows any bytes as a frame of any size.
fn show(Op { numbers: [width, height, seed, ..], bytes: [how, bit_depth, length], .. }: Op) {
    let width = if how & 1 == 0 { u32::from(width % 20) } else { spread(width, how >> 1) };
    // Every other one is small, and whole if it is that narrow.
    let height = if how & 2 == 0 { height % 6 } else { height };
    let meta = FrameMeta::new(width, height.into(), bit_depth % 20);
    let length = if how & 2 == 0 { meta.bytes_per_frame().min(255) } else { length.into() };
    let start = usize::from(how >> 7);
    let all: Vec<u8> = (0..=255).map(|i: u8| i.wrapping_mul(31) ^ seed.to_le_bytes()[0]).collect();
    let bytes = &all[start..start + length];
    let view = FrameView::new(&meta, bytes);
    assert_eq!((view.meta(), view.bytes()), (&meta, bytes));

    let row = u64::from(width) * if meta.bit_depth > 8 { 2 } else { 1 };
    let rows: Vec<_> = view.rows().collect();
    let row = usize::try_from(row).expect("at most 33 bits");
    // A frame without columns has no rows.
    let expected = bytes.len().checked_div(row).unwrap_or(0);
    assert_eq!((rows.len(), view.rows().len()), (expected, expected), "{meta:?}");
    for (i, found) in rows.iter().enumerate() {
        assert_eq!(*found, &bytes[i * row..(i + 1) * row], "row {i} of {meta:?}");
    }

    let deep = meta.bit_depth > 8;
    let frame = u128::from(width) * u128::from(height) * if deep { 2 } else { 1 };
    let is_whole = frame == bytes.len() as u128;
    let is_aligned = bytes.as_ptr().addr().is_multiple_of(2);
    match view.pixels_u8() {
        Err(PixelError::WrongDepth { bit_depth }) => assert!(deep && bit_depth == meta.bit_depth),
        Err(PixelError::WrongLength { .. }) => assert!(!deep && !is_whole, "{meta:?}"),
        found => assert!(!deep && is_whole && found == Ok(bytes), "{meta:?}: {found:?}"),
    }
    match view.pixels_u16() {
        Err(PixelError::WrongDepth { bit_depth }) => assert!(!deep && bit_depth == meta.bit_depth),
        Err(PixelError::WrongLength { .. }) => assert!(deep && !is_whole, "{meta:?}"),
        Err(PixelError::Misaligned) => assert!(deep && is_whole && !is_aligned, "{meta:?}"),
        Ok(pixels) => {
            assert!(deep && is_whole && (is_aligned || bytes.is_empty()), "{meta:?}");
            let expected = bytes.chunks_exact(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]]));
            assert!(pixels.iter().copied().eq(expected), "{meta:?}");
        }
        Err(error) => panic!("{error} of {meta:?}"),
    }
}

/// Keeps frames in a buffer: filled, half filled, moved to another one, forgotten.
fn keep(Op { numbers: [width, height, seed, ..], bytes: [room, first, second], .. }: Op) {
    let mut frame = FrameData::new(vec![0xa5; usize::from(room)]);
    frame.meta = FrameMeta::new(width.into(), height.into(), 8);
    let mut expected: Vec<u8> = Vec::new();
    for (n, length) in [first, second].into_iter().enumerate() {
        let bytes = vec![seed.to_le_bytes()[n % 2]; usize::from(length)];
        let filled = if n == 0 {
            frame.fill(&bytes)
        } else {
            frame.room(bytes.len()).map(|room| room.copy_from_slice(&bytes))
        };
        if length <= room {
            assert_eq!(filled, Ok(()));
            expected = bytes;
        } else {
            let (frame, buffer) = (bytes.len(), room.into());
            assert_eq!(filled, Err(PixelError::TooLong { frame, buffer }));
        }
        assert_eq!(frame.view().bytes(), expected);
    }
    // Into a smaller buffer, as a slice of it would be.
    let cut = usize::from(seed) % (usize::from(room) + 1);
    let mut smaller = frame.map(|buffer| buffer[..cut].to_vec());
    expected.truncate(cut);
    assert_eq!(smaller.view().bytes(), expected);
    assert_eq!((smaller.meta.width, smaller.meta.height), (width.into(), height.into()));
    smaller.reset();
    assert!(smaller.view().bytes().is_empty() && smaller.meta == FrameMeta::default());
    assert_eq!(smaller.into_buffer().len(), cut);
}

/// Reads the number that is embedded in a simulated frame's rows: of whole frames, of frames with
/// one wrong byte, torn ones, and of bytes that are no frame.
fn decode(Op { numbers: [low, high, at, other, ..], bytes: [size, how, wrong], .. }: Op) {
    let (width, height) =
        (usize::from(size) % MAX_WIDTH, usize::from(size) / MAX_WIDTH % MAX_HEIGHT);
    let number = u32::from(high) << 16 | u32::from(low);
    let drawn =
        |number: u32, row| (0..width).flat_map(move |i| pixel(number, row, i).to_ne_bytes());
    let whole: Vec<u8> = (0..height).flat_map(|row| drawn(number, row)).collect();
    let mut written = vec![0; whole.len()];
    // SAFETY: as many bytes as that frame has.
    unsafe { picture::write_frame(written.as_mut_ptr(), width, height, number) };
    assert_eq!(written, whole, "frame {number} as it is written and as it is defined");

    let found = picture::verify(&whole, width, height);
    if width < STAMP_PIXELS || height == 0 {
        assert_eq!(found, Err(PictureError::TooSmall));
        return;
    }
    assert_eq!(found, Ok(number), "a whole frame of {width} x {height}");
    let mut frame = whole.clone();
    let at = usize::from(at) % frame.len();
    match how % 4 {
        0 => {
            frame[at] ^= wrong | 1;
            let found = picture::verify(&frame, width, height);
            assert!(found.is_err(), "byte {at} of {width} x {height} is wrong, yet {found:?}");
        }
        1 => {
            // From some row on it is of another frame.
            let (other, torn) = (number ^ (u32::from(other) | 1), at / (width * PIXEL_BYTES));
            let rest: Vec<u8> = (torn..height).flat_map(|row| drawn(other, row)).collect();
            frame.truncate(torn * width * PIXEL_BYTES);
            frame.extend(rest);
            let expected = if torn == 0 {
                Ok(other)
            } else {
                Err(PictureError::Torn { row: torn, first: number, other })
            };
            assert_eq!(picture::frame_number(&frame, width, height), expected);
            assert_eq!(picture::verify(&frame, width, height), expected);
        }
        2 => {
            frame.truncate(at);
            let (expected, actual) = (whole.len(), at);
            let error = PictureError::WrongLength { expected, actual };
            assert_eq!(picture::verify(&frame, width, height), Err(error));
        }
        _ => {
            // Bytes that a frame's check was not drawn into.
            for (i, byte) in frame.iter_mut().enumerate() {
                *byte = other.to_le_bytes()[i % 2]
                    .wrapping_mul(wrong)
                    .wrapping_add(low.to_le_bytes()[i % 2]);
            }
            if let Ok(number) = picture::verify(&frame, width, height) {
                let expected: Vec<u8> = (0..height).flat_map(|row| drawn(number, row)).collect();
                assert_eq!(frame, expected, "taken for frame {number}");
            }
        }
    }
}
