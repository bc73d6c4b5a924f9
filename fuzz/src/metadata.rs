//! Frames with embedded metadata: written here from a few numbers, spoilt, and decoded by pvcam.
//!
//! ```text
//!   numbers -> Written -> bytes, and what each of them means
//!                  |        `-> spoilt at a place -> decode -> what the spoiling says
//!                  `----------> any byte changed  -> decode -> nothing from outside the bytes
//! ```

use framepool_core::frame::RegionOfInterest;
use framepool_pvcam::{MetadataError, MetadataFrame, Region};
use std::ops::Range;
use std::time::Duration;

const HEADER_BYTES: usize = 48;

/// Where the fields that are spoilt lie, in a frame's header and in a region's.
const VERSION_AT: usize = 4;
const REGIONS_AT: usize = 9;
const DEPTH_AT: usize = 35;
const COLUMNS_AT: usize = 10;

/// Numbers that follow from a first one (Steele's SplitMix64).
struct Mixed(u64);

impl Mixed {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn u16(&mut self) -> u16 {
        let [low, high, ..] = self.next().to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    fn u32(&mut self) -> u32 {
        u32::from(self.u16()) << 16 | u32::from(self.u16())
    }

    fn below(&mut self, end: u16) -> u16 {
        self.u16() % end
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

/// A region as it was written.
struct WrittenRegion {
    header_at: usize,
    is_valid: bool,
    number: u16,
    roi: RegionOfInterest,
    binning: (u16, u16),
    nanos: Option<(u64, u64)>,
    extended: Range<usize>,
    /// `None` for a mark.
    pixels: Option<Range<usize>>,
}

/// A frame as it was written.
struct Written {
    bytes: Vec<u8>,
    version: u8,
    number: u32,
    /// Begin, end and exposure.
    nanos: [u64; 3],
    bit_depth: u8,
    color_mask: u8,
    image: [u8; 2],
    extended: Range<usize>,
    regions: Vec<WrittenRegion>,
}

impl Written {
    /// Writes a frame whose shape is in `shape`: two bits for the version, two for the number of
    /// regions, then two for each region's kind; all else follows from `seed`.
    fn new(seed: u64, shape: u16) -> Self {
        let mut mixed = Mixed(seed);
        let version = u8::try_from(1 + shape % 4 % 3).expect("1 to 3");
        let count = 1 + (shape >> 2) % 4;
        let bit_depth = u8::try_from(1 + mixed.below(16)).expect("up to 16");
        let (number, flags) = (mixed.u32(), mixed.bytes(1)[0]);
        let [color_mask, format, compression] = [6, 11, 17].map(|end| flags % end);
        let mut bytes = b"PMQ\0".to_vec();
        bytes.push(version);
        bytes.extend(number.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        let mut region_unit = None;
        let nanos = if version == 3 {
            [(); 3].map(|()| {
                let picoseconds = mixed.next();
                bytes.extend(picoseconds.to_le_bytes());
                picoseconds / 1000
            })
        } else {
            let [begin, end, unit, exposure, exposure_unit, unit_of_regions] = [(); 6].map(|()| {
                let number = mixed.u32();
                bytes.extend(number.to_le_bytes());
                u64::from(number)
            });
            region_unit = (flags % 2 == 1).then_some(unit_of_regions);
            [begin * unit, end * unit, exposure * exposure_unit]
        };
        let extended = mixed.below(6);
        bytes.extend([bit_depth, color_mask, flags]);
        bytes.extend(extended.to_le_bytes());
        bytes.extend([format, compression]);
        bytes.extend(mixed.bytes(6));
        assert_eq!(bytes.len(), HEADER_BYTES);
        let extended = append(&mut bytes, &mut mixed, extended.into());
        let mut written = Self {
            bytes,
            version,
            number,
            nanos,
            bit_depth,
            color_mask,
            image: [format, compression],
            extended,
            regions: Vec::new(),
        };
        for i in 0..count {
            written.add_region(&mut mixed, (shape >> (4 + 2 * i)) % 4, region_unit);
        }
        written
    }

    /// Adds a region: `kind` has a bit for invalid ones and a bit for marks, as its flags have.
    fn add_region(&mut self, mixed: &mut Mixed, kind: u16, unit: Option<u64>) {
        let header_at = self.bytes.len();
        let number = mixed.u16();
        let (x, y) = (mixed.below(65500), mixed.below(65500));
        let (width, height) = (1 + mixed.below(9), 1 + mixed.below(9));
        let binning = (1 + mixed.below(3), 1 + mixed.below(3));
        let (begin, end) = (mixed.u32(), mixed.u32());
        let extended = mixed.below(6);
        let pixels = if self.version == 1 {
            (width / binning.0) * (height / binning.1) * if self.bit_depth > 8 { 2 } else { 1 }
        } else {
            mixed.below(100)
        };
        let has_pixels = kind & 2 == 0;
        let bytes = &mut self.bytes;
        bytes.extend(number.to_le_bytes());
        bytes.extend([begin, end].map(u32::to_le_bytes).concat());
        let place = [x, x + width - 1, binning.0, y, y + height - 1, binning.1];
        bytes.extend(place.map(u16::to_le_bytes).concat());
        bytes.extend(kind.to_le_bytes()[..1].iter().map(|kind| kind | 0xf0));
        bytes.extend(extended.to_le_bytes());
        // Of no meaning in version 1, and for a mark.
        let stated = if self.version == 1 || !has_pixels { mixed.u32() } else { u32::from(pixels) };
        bytes.extend(stated.to_le_bytes());
        bytes.extend(mixed.bytes(3));
        let extended = append(bytes, mixed, extended.into());
        let pixels = has_pixels.then(|| append(bytes, mixed, pixels.into()));
        let (x, y, width, height) = (x.into(), y.into(), width.into(), height.into());
        self.regions.push(WrittenRegion {
            header_at,
            is_valid: kind & 1 == 0,
            number,
            roi: RegionOfInterest::new(x, y, width, height),
            binning,
            nanos: unit.map(|unit| (u64::from(begin) * unit, u64::from(end) * unit)),
            extended,
            pixels,
        });
    }

    /// Checks a frame decoded from `bytes`, whose headers are as they were written.
    fn check(&self, frame: &MetadataFrame<'_>, bytes: &[u8]) {
        let numbers = (frame.version(), frame.number(), frame.bit_depth(), frame.color_mask());
        assert_eq!(numbers, (self.version, self.number, self.bit_depth, self.color_mask));
        let times = [frame.begin(), frame.end(), frame.exposure()];
        assert_eq!(times, self.nanos.map(Duration::from_nanos));
        let image = [frame.image_format(), frame.image_compression()];
        assert_eq!(image, self.image.map(|number| (self.version > 1).then_some(number)));
        assert_eq!(frame.extended(), &bytes[self.extended.clone()]);
        assert_eq!(frame.encoded_bytes(), self.bytes.len());
        let valid: Vec<_> = self.regions.iter().filter(|region| region.is_valid).collect();
        assert_eq!(frame.regions().count(), valid.len());
        for (found, written) in frame.regions().zip(valid) {
            written.check(&found, bytes);
        }
    }
}

impl WrittenRegion {
    fn check(&self, found: &Region<'_>, bytes: &[u8]) {
        let what = (found.number(), found.roi(), found.binning());
        assert_eq!(what, (self.number, self.roi, self.binning));
        let RegionOfInterest { width, height, .. } = self.roi;
        let (across, down) = (u32::from(self.binning.0), u32::from(self.binning.1));
        assert_eq!(found.size(), (width / across, height / down));
        let times = self.nanos.map(|(b, e)| (Duration::from_nanos(b), Duration::from_nanos(e)));
        assert_eq!(found.times(), times);
        assert_eq!(found.extended(), &bytes[self.extended.clone()]);
        assert_eq!(found.pixels(), self.pixels.clone().map(|pixels| &bytes[pixels]));
    }
}

fn append(bytes: &mut Vec<u8>, mixed: &mut Mixed, length: usize) -> Range<usize> {
    let start = bytes.len();
    bytes.extend(mixed.bytes(length));
    start..bytes.len()
}

/// Decodes a frame that was written here: as it is, cut off, with a wrong number in a header, and
/// with any bytes changed.
pub(crate) fn written(numbers: [u16; 6], [how, value, times]: [u8; 3]) {
    let [shape, at, first, second, third, which] = numbers;
    let seed = [first, second, third].iter().fold(0, |all, n| all << 16 | u64::from(*n));
    let written = Written::new(seed, shape);
    let (mut bytes, whole) = (written.bytes.clone(), written.bytes.len());
    let at = usize::from(at) % whole;
    match how % 4 {
        0 => {
            // More bytes mean nothing.
            bytes.extend(Mixed(seed).bytes(value.into()));
            let frame = MetadataFrame::decode(&bytes).expect("it is whole");
            written.check(&frame, &bytes);
        }
        1 => match MetadataFrame::decode(&bytes[..at]) {
            Err(MetadataError::TooShort { needed, got }) => {
                assert!(got == at && at < needed && needed <= whole, "{needed} and {got} at {at}");
            }
            found => panic!("{at} of {whole} bytes give {found:?}"),
        },
        2 => {
            let region = &written.regions[usize::from(which) % written.regions.len()];
            let error = spoil(&mut bytes, &written, region, value, at);
            assert_eq!(MetadataFrame::decode(&bytes).err(), error, "of {value}");
        }
        _ => {
            let mut mixed = Mixed(seed ^ u64::from(which));
            let mut is_header = false;
            for _ in 0..=times % 4 {
                let at = usize::from(mixed.u16()) % whole;
                bytes[at] ^= value;
                is_header |= at < HEADER_BYTES
                    || written
                        .regions
                        .iter()
                        .any(|r| (0..32).contains(&at.wrapping_sub(r.header_at)));
            }
            let found = any(&bytes);
            if !is_header {
                written.check(&found.expect("its headers are whole"), &bytes);
            }
        }
    }
}

/// Puts a wrong number into a header, and returns what decoding must say then.
fn spoil(
    bytes: &mut [u8],
    written: &Written,
    region: &WrittenRegion,
    value: u8,
    at: usize,
) -> Option<MetadataError> {
    // Where an invalid region lies matters in version 1 only, and not if it is a mark.
    let is_placed = region.is_valid || written.version == 1 && region.pixels.is_some();
    let columns_at = region.header_at + COLUMNS_AT;
    let (number, is_even) = (region.number, at.is_multiple_of(2));
    match value % 7 {
        0 => {
            bytes[at % 4] ^= value | 1;
            let found = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            Some(MetadataError::Signature { found })
        }
        1 => {
            let version = if value < 10 { 0 } else { value.max(4) };
            bytes[VERSION_AT] = version;
            Some(MetadataError::Version { version })
        }
        2 => {
            bytes[REGIONS_AT..REGIONS_AT + 2].fill(0);
            Some(MetadataError::NoRegions)
        }
        3 => {
            // There is one more, which is not there.
            bytes[REGIONS_AT] += 1;
            let got = bytes.len();
            Some(MetadataError::TooShort { needed: got + 32, got })
        }
        4 => {
            let bit_depth = if written.version == 1 && is_even { value.max(17) } else { 0 };
            bytes[DEPTH_AT] = bit_depth;
            Some(MetadataError::BitDepth { bit_depth })
        }
        5 => {
            let binning_at = columns_at + if is_even { 4 } else { 10 };
            bytes[binning_at..binning_at + 2].fill(0);
            is_placed.then_some(MetadataError::BinningZero { region: number })
        }
        _ => {
            let roi = region.roi;
            let [x, y] = [roi.x, roi.y].map(|first| u16::try_from(first).expect("16 bits"));
            let [right, bottom] = [roi.x + roi.width - 1, roi.y + roi.height - 1]
                .map(|last| u16::try_from(last).expect("16 bits"));
            // The first one after the last one.
            let (columns, rows) = if is_even {
                ((right + 1, right), (y, bottom))
            } else {
                ((x, right), (bottom + 1, bottom))
            };
            bytes[columns_at..columns_at + 2].copy_from_slice(&columns.0.to_le_bytes());
            bytes[columns_at + 6..columns_at + 8].copy_from_slice(&rows.0.to_le_bytes());
            is_placed.then_some(MetadataError::RegionImpossible { region: number, columns, rows })
        }
    }
}

/// Decodes any bytes, and checks that a frame has nothing from outside of them, and nothing twice.
pub(crate) fn any(bytes: &[u8]) -> Result<MetadataFrame<'_>, MetadataError> {
    let decoded = MetadataFrame::decode(bytes);
    match &decoded {
        Ok(frame) => {
            let mut read = HEADER_BYTES;
            let mut follows = |part: &[u8]| {
                let start = part.as_ptr().addr() - bytes.as_ptr().addr();
                assert!(
                    read <= start && start + part.len() <= frame.encoded_bytes(),
                    "{start} after {read} in {frame:?}"
                );
                read = start + part.len();
            };
            follows(frame.extended());
            for region in frame.regions() {
                follows(region.extended());
                if let Some(pixels) = region.pixels() {
                    follows(pixels);
                }
            }
            assert!((HEADER_BYTES..=bytes.len()).contains(&frame.encoded_bytes()));
            assert!((1..=3).contains(&frame.version()) && frame.bit_depth() > 0);
        }
        Err(MetadataError::TooShort { needed, got }) => {
            assert!(needed > got && *got == bytes.len(), "{needed} of {got} bytes");
        }
        Err(_) => {}
    }
    decoded
}
