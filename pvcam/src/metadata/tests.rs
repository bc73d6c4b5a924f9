use super::*;
use crate::metadata::header::REGION_TIMES;
use crate::metadata::region::{HEADER_ONLY, INVALID};
use framepool::RegionOfInterest;

/// A region of 4 x 2 sensor pixels from column 10, row 20 on, binned to 2 x 2.
const PLACE: [u16; 6] = [10, 13, 2, 20, 21, 1];

/// Writes a frame's header: 8 units of 250 ns to 12 units, exposed for 3 units of 1 microsecond;
/// in version 3 the same in picoseconds.
fn header(version: u8, regions: u16, bit_depth: u8, extended: &[u8]) -> Vec<u8> {
    let mut bytes = b"PMQ\0".to_vec();
    bytes.push(version);
    bytes.extend(9_u32.to_le_bytes());
    bytes.extend(regions.to_le_bytes());
    if version == 3 {
        bytes.extend([2_000_999_u64, 3_000_000, 3_000_000].map(u64::to_le_bytes).concat());
    } else {
        bytes.extend([8_u32, 12, 250, 3, 1000, 50].map(u32::to_le_bytes).concat());
    }
    bytes.extend([bit_depth, 2, REGION_TIMES]);
    bytes.extend(u16::try_from(extended.len()).expect("short").to_le_bytes());
    bytes.extend([1, 12]);
    bytes.resize(48, 0xee);
    bytes.extend(extended);
    bytes
}

/// Writes a region of number `number`, from its 2nd to its 4th unit, that states `pixel_bytes`.
fn region(number: u16, place: [u16; 6], flags: u8, pixel_bytes: u32, extended: &[u8]) -> Vec<u8> {
    let mut bytes = number.to_le_bytes().to_vec();
    bytes.extend([2_u32, 4].map(u32::to_le_bytes).concat());
    bytes.extend(place.map(u16::to_le_bytes).concat());
    bytes.push(flags);
    bytes.extend(u16::try_from(extended.len()).expect("short").to_le_bytes());
    bytes.extend(pixel_bytes.to_le_bytes());
    bytes.extend([0xee; 3]);
    bytes.extend(extended);
    bytes
}

/// Writes a frame with every kind of region: with pixels, invalid, without pixels, with pixels.
fn whole(version: u8) -> Vec<u8> {
    let mut bytes = header(version, 4, 12, &[1, 2, 3]);
    bytes.extend(region(1, PLACE, 0, 8, &[4, 5]));
    bytes.extend([10, 11, 12, 13, 14, 15, 16, 17]);
    bytes.extend(region(2, PLACE, INVALID, 8, &[6]));
    bytes.extend([0xbb; 8]);
    bytes.extend(region(3, PLACE, HEADER_ONLY, 8, &[7]));
    bytes.extend(region(4, [0, 0, 1, 65535, 65535, 1], 0, 2, &[]));
    bytes.extend([20, 21]);
    bytes
}

fn error(bytes: &[u8]) -> MetadataError {
    MetadataFrame::decode(bytes).expect_err("it is wrong")
}

#[test]
fn every_version_states_the_same_frame() {
    for version in 1..=3 {
        let bytes = whole(version);
        let frame = MetadataFrame::decode(&bytes).expect("whole");
        assert_eq!((frame.version(), frame.number()), (version, 9));
        let nanos = [frame.begin(), frame.end(), frame.exposure()].map(|time| time.as_nanos());
        // Picoseconds are cut off.
        assert_eq!(nanos, [2000, 3000, 3000]);
        assert_eq!((frame.bit_depth(), frame.color_mask()), (12, 2));
        let image = (frame.image_format(), frame.image_compression());
        assert_eq!(image, if version == 1 { (None, None) } else { (Some(1), Some(12)) });
        assert_eq!((frame.extended(), frame.encoded_bytes()), (&[1, 2, 3][..], bytes.len()));

        let regions: Vec<_> = frame.regions().collect();
        let [first, mark, last] = &regions[..] else { panic!("{regions:?}") };
        assert_eq!([first, mark, last].map(Region::number), [1, 3, 4]);
        assert_eq!(first.roi(), RegionOfInterest::new(10, 20, 4, 2));
        assert_eq!((first.binning(), first.size()), ((2, 1), (2, 2)));
        assert_eq!((first.extended(), first.pixels()), (&[4, 5][..], Some(&bytes[85..93])));
        assert_eq!((mark.extended(), mark.pixels(), mark.roi()), (&[7][..], None, first.roi()));
        assert_eq!((last.extended(), last.pixels()), (&[][..], Some(&[20, 21][..])));
        assert_eq!(last.roi(), RegionOfInterest::new(0, 65535, 1, 1));
        let times = (version < 3).then_some((Duration::from_nanos(100), Duration::from_nanos(200)));
        assert_eq!([first.times(), mark.times()], [times; 2]);
    }
}

#[test]
fn regions_have_no_times_unless_the_frame_says_so() {
    let mut bytes = whole(1);
    bytes[37] = !REGION_TIMES;
    let frame = MetadataFrame::decode(&bytes).expect("whole");
    assert!(frame.regions().all(|region| region.times().is_none()));
}

#[test]
fn every_truncation_is_an_error_and_more_bytes_are_ignored() {
    for version in 1..=3 {
        let mut bytes = whole(version);
        for got in 0..bytes.len() {
            match error(&bytes[..got]) {
                MetadataError::TooShort { needed, got: found } => {
                    assert!(found == got && got < needed && needed <= bytes.len(), "{got}");
                }
                error => panic!("{error} at {got}"),
            }
        }
        let frame = whole(version);
        bytes.extend(&frame);
        assert_eq!(MetadataFrame::decode(&bytes), MetadataFrame::decode(&frame));
    }
}

#[test]
fn version_1_counts_pixels_and_later_ones_are_told() {
    let bytes = |version, bit_depth, stated| {
        let mut bytes = header(version, 1, bit_depth, &[]);
        bytes.extend(region(1, [0, 6, 2, 0, 4, 3], 0, stated, &[]));
        bytes.extend([0xcc; 64]);
        bytes
    };
    for (version, bit_depth, stated, expected) in
        [(1, 8, 64, 3), (1, 9, 64, 6), (1, 16, 0, 6), (2, 12, 5, 5), (3, 12, 0, 0), (3, 32, 64, 64)]
    {
        let bytes = bytes(version, bit_depth, stated);
        let frame = MetadataFrame::decode(&bytes).expect("whole");
        let region = frame.regions().next().expect("there is one");
        assert_eq!((region.size(), region.pixels().map(<[u8]>::len)), ((3, 1), Some(expected)));
    }
}

#[test]
fn a_frame_with_a_wrong_header_is_refused() {
    let with = |at: usize, value: u8| {
        let mut bytes = whole(1);
        bytes[at] = value;
        error(&bytes)
    };
    assert_eq!(with(3, 1), MetadataError::Signature { found: 0x0151_4d50 });
    assert_eq!(with(4, 0), MetadataError::Version { version: 0 });
    assert_eq!(with(4, 4), MetadataError::Version { version: 4 });
    assert_eq!(with(9, 0), MetadataError::NoRegions);
    assert_eq!(with(35, 0), MetadataError::BitDepth { bit_depth: 0 });
    assert_eq!(with(35, 17), MetadataError::BitDepth { bit_depth: 17 });
    let bytes = whole(1).len();
    assert_eq!(with(9, 5), MetadataError::TooShort { needed: bytes + 32, got: bytes });
}

#[test]
fn impossible_regions_are_refused() {
    let with = |version: u8, place: [u16; 6], flags: u8| {
        let mut bytes = header(version, 1, 12, &[]);
        bytes.extend(region(5, place, flags, 0, &[]));
        MetadataFrame::decode(&bytes).map(|frame| frame.regions().count())
    };
    let wrong = |columns, rows| Err(MetadataError::RegionImpossible { region: 5, columns, rows });
    for version in 1..=3 {
        assert_eq!(with(version, [3, 2, 1, 0, 0, 1], 0), wrong((3, 2), (0, 0)));
        assert_eq!(with(version, [0, 0, 1, 9, 0, 1], HEADER_ONLY), wrong((0, 0), (9, 0)));
        let zero = Err(MetadataError::BinningZero { region: 5 });
        assert_eq!(with(version, [0, 7, 0, 0, 7, 1], 0), zero);
        assert_eq!(with(version, [0, 7, 1, 0, 7, 0], HEADER_ONLY), zero);
        // The place of an invalid region is not checked, unless its length follows from it.
        let invalid = with(version, [3, 2, 0, 0, 0, 0], INVALID);
        assert_eq!(invalid, if version == 1 { wrong((3, 2), (0, 0)) } else { Ok(0) });
        assert_eq!(with(version, [3, 2, 0, 0, 0, 0], INVALID | HEADER_ONLY), Ok(0));
        // Binned to nothing.
        assert_eq!(with(version, [0, 0, 2, 0, 0, 2], HEADER_ONLY), Ok(1));
    }
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let all = usize::from(u16::MAX) + 1;
    for (version, pixels) in [(1, all * all * 2), (2, u32::MAX as usize), (3, u32::MAX as usize)] {
        let mut bytes = header(version, u16::MAX, 16, &[]);
        bytes[11..35].fill(0xff);
        bytes.extend(region(1, [0, u16::MAX, 1, 0, u16::MAX, 1], 0, u32::MAX, &[]));
        assert_eq!(error(&bytes), MetadataError::TooShort { needed: 80 + pixels, got: 80 });
        bytes[9..11].copy_from_slice(&[1, 0]);
        bytes[48 + 22] = HEADER_ONLY;
        bytes[48 + 2..48 + 10].fill(0xff);
        let frame = MetadataFrame::decode(&bytes).expect("a mark only");
        let most = u64::from(u32::MAX) * u64::from(u32::MAX);
        let nanos = if version == 3 { u64::MAX / 1000 } else { most };
        assert_eq!((frame.begin(), frame.exposure()), (frame.end(), Duration::from_nanos(nanos)));
        let times = frame.regions().next().and_then(|region| region.times());
        assert_eq!(times, (version < 3).then_some((Duration::from_nanos(most), frame.end())));
    }
}
