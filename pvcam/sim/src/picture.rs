//! The picture in a simulated frame, and the check that a copy of a frame is whole.
//!
//! A frame that is overwritten while a program copies it must not go unnoticed, so every row
//! contains the number of its frame. Pixels are 16 bits wide, in the machine's byte order, row by
//! row.
//!
//! ```text
//!          pixel 0    1          2     3      4 ..
//!  row 0 | number lo | number hi | 0 | check | pattern that moves with the number |
//!  row 1 | number lo | number hi | 1 | check | the same pattern                   |
//! ```
//!
//! The first four pixels are the stamp; its check is computed from the other three. In a frame that
//! is narrower than four pixels the stamp is cut off.

use core::fmt;
use core::ptr;

/// Bytes of a pixel.
pub const PIXEL_BYTES: usize = 2;

/// Pixels of the stamp at the beginning of each row.
pub const STAMP_PIXELS: usize = 4;

/// Columns after which the pattern repeats.
const PERIOD: usize = 2048;

/// Columns that the pattern moves from one frame to the next.
const STEP: usize = 8;

/// Two periods of the pattern: a row that is not longer than a period is one slice of it.
static PATTERN: [u16; 2 * PERIOD] = pattern();

const fn pattern() -> [u16; 2 * PERIOD] {
    let mut pixels = [0; 2 * PERIOD];
    let mut i = 0;
    while i < pixels.len() {
        pixels[i] = triangle(i);
        i += 1;
    }
    pixels
}

/// Returns the pattern: it rises from 0 over half a period and falls again.
#[allow(clippy::cast_possible_truncation, reason = "at most 64 * 1024 - 64")]
const fn triangle(column: usize) -> u16 {
    let phase = column % PERIOD;
    let height = if phase < PERIOD / 2 { phase } else { PERIOD - 1 - phase };
    (height * 64) as u16
}

/// Returns where in [`PATTERN`], within its first period, the pixel of `column` in frame `nr` is.
const fn phase(nr: u32, column: usize) -> usize {
    // Only the low bits matter, since the period is a power of two.
    ((nr as usize % PERIOD) * STEP + column % PERIOD) % PERIOD
}

#[allow(clippy::cast_possible_truncation, reason = "the halves of the number and the low bits")]
const fn stamp(nr: u32, row: usize) -> [u16; STAMP_PIXELS] {
    let (low, high, row) = (nr as u16, (nr >> 16) as u16, row as u16);
    let mixed = ((nr as u64) << 16 | row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48;
    [low, high, row, mixed as u16 ^ 0x5A3C]
}

/// Returns the pixel that frame `nr` shows at `row` and `column`: the definition of the picture.
#[must_use]
pub const fn pixel(nr: u32, row: usize, column: usize) -> u16 {
    if column < STAMP_PIXELS { stamp(nr, row)[column] } else { PATTERN[phase(nr, column)] }
}

/// Writes frame `nr` of `width * height` pixels to `frame`.
///
/// This takes about as long as copying a frame from the cache, and allocates nothing. It writes
/// through raw pointers only: `frame` needs no alignment, and no reference to the memory is made.
///
/// # Safety
///
/// - `frame` is valid for writes of `width * height * 2` bytes.
pub unsafe fn write_frame(frame: *mut u8, width: usize, height: usize, nr: u32) {
    for row in 0..height {
        // SAFETY: `row < height`, so the row starts within the frame, which the caller guarantees.
        let start = unsafe { frame.add(row * width * PIXEL_BYTES) };
        // SAFETY: `start` is followed by one row of the frame.
        unsafe { write_pattern(start, width, nr) };
        // SAFETY: as above.
        unsafe { write_stamp(start, width, nr, row) };
    }
}

/// Writes one row as it is without a stamp.
///
/// # Safety
///
/// - `start` is valid for writes of `width * 2` bytes.
pub(crate) unsafe fn write_pattern(start: *mut u8, width: usize, nr: u32) {
    let mut column = 0;
    while column < width {
        let source = &PATTERN[phase(nr, column)..];
        let pixels = source.len().min(width - column);
        // SAFETY: `column < width`, so this is within the row.
        let target = unsafe { start.add(column * PIXEL_BYTES) };
        // SAFETY: `pixels` is at most what is left of the row and of the pattern, and the pattern
        // is not part of the caller's memory.
        unsafe {
            ptr::copy_nonoverlapping(source.as_ptr().cast(), target, pixels * PIXEL_BYTES);
        }
        column += pixels;
    }
}

/// Writes the stamps of a frame, and leaves the other pixels.
///
/// # Safety
///
/// - As for [`write_frame`].
pub(crate) unsafe fn write_stamps(frame: *mut u8, width: usize, height: usize, nr: u32) {
    for row in 0..height {
        // SAFETY: `row < height`, so the row starts within the frame, which the caller guarantees.
        let start = unsafe { frame.add(row * width * PIXEL_BYTES) };
        // SAFETY: `start` is followed by one row of the frame.
        unsafe { write_stamp(start, width, nr, row) };
    }
}

/// Writes the stamp of a row.
///
/// # Safety
///
/// - `start` is valid for writes of `width * 2` bytes.
unsafe fn write_stamp(start: *mut u8, width: usize, nr: u32, row: usize) {
    let stamp = stamp(nr, row);
    let bytes = width.min(STAMP_PIXELS) * PIXEL_BYTES;
    // SAFETY: `bytes` is at most the row and at most the stamp, a local that cannot overlap it.
    unsafe { ptr::copy_nonoverlapping(stamp.as_ptr().cast(), start, bytes) };
}

/// Says why pixels are not one whole frame of the simulator: retry with another copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PictureError {
    /// The frame is narrower than the stamp, or has no rows, so it cannot be checked.
    TooSmall,
    /// The slice is not `width * height` pixels long.
    WrongLength {
        /// Bytes that the frame has.
        expected: usize,
        /// Bytes that were given.
        actual: usize,
    },
    /// The check in a row's stamp is wrong, or another pixel of the row is.
    Corrupt {
        /// The first such row.
        row: usize,
    },
    /// A row belongs to another frame than the rows before it.
    Torn {
        /// The first such row.
        row: usize,
        /// Number in the rows before it.
        first: u32,
        /// Number in this row.
        other: u32,
    },
}

impl fmt::Display for PictureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSmall => write!(f, "a frame this small carries no stamp"),
            Self::WrongLength { expected, actual } => {
                write!(f, "the frame has {expected} bytes, but {actual} were given")
            }
            Self::Corrupt { row } => write!(f, "row {row} is corrupt"),
            Self::Torn { row, first, other } => {
                write!(f, "the frame is torn: row {row} is of frame {other}, not {first}")
            }
        }
    }
}

impl core::error::Error for PictureError {}

/// Reads the number of a frame and checks the stamp of every row.
///
/// `pixels` is row-major with 16-bit pixels in the machine's byte order. The pattern after the
/// stamps is not checked; [`verify`] checks that too.
///
/// # Errors
///
/// Returns the first error from the top: [`PictureError`].
pub fn frame_number(pixels: &[u8], width: usize, height: usize) -> Result<u32, PictureError> {
    let expected = width.saturating_mul(height).saturating_mul(PIXEL_BYTES);
    if pixels.len() != expected {
        return Err(PictureError::WrongLength { expected, actual: pixels.len() });
    }
    if width < STAMP_PIXELS || height == 0 {
        return Err(PictureError::TooSmall);
    }
    let mut first = None;
    for (row, bytes) in pixels.chunks_exact(width * PIXEL_BYTES).enumerate() {
        let other = u32::from(read(bytes, 1)) << 16 | u32::from(read(bytes, 0));
        let drawn = stamp(other, row);
        if (2..STAMP_PIXELS).any(|column| read(bytes, column) != drawn[column]) {
            return Err(PictureError::Corrupt { row });
        }
        let first = *first.get_or_insert(other);
        if first != other {
            return Err(PictureError::Torn { row, first, other });
        }
    }
    first.ok_or(PictureError::TooSmall)
}

/// Reads the number of a frame and checks every pixel of it.
///
/// # Errors
///
/// Returns the error of [`frame_number`] or, if all stamps are right, the first row with a wrong
/// pixel.
pub fn verify(pixels: &[u8], width: usize, height: usize) -> Result<u32, PictureError> {
    let nr = frame_number(pixels, width, height)?;
    for (row, bytes) in pixels.chunks_exact(width * PIXEL_BYTES).enumerate() {
        let mut drawn = PATTERN[phase(nr, STAMP_PIXELS)..].iter();
        for column in STAMP_PIXELS..width {
            // The pattern starts again at its end, which only rows longer than a period reach.
            let expected = match drawn.next() {
                Some(&pixel) => pixel,
                None => {
                    drawn = PATTERN[phase(nr, column + 1)..].iter();
                    pixel(nr, row, column)
                }
            };
            if read(bytes, column) != expected {
                return Err(PictureError::Corrupt { row });
            }
        }
    }
    Ok(nr)
}

fn read(row: &[u8], column: usize) -> u16 {
    let at = column * PIXEL_BYTES;
    u16::from_ne_bytes([row[at], row[at + 1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: usize, height: usize, nr: u32) -> Vec<u8> {
        let mut bytes = vec![0xEE; width * height * PIXEL_BYTES + 2];
        // SAFETY: the vector is two bytes longer than the frame.
        unsafe { write_frame(bytes.as_mut_ptr(), width, height, nr) };
        assert_eq!(
            bytes.split_off(width * height * PIXEL_BYTES),
            [0xEE; 2],
            "written past the end"
        );
        bytes
    }

    #[test]
    fn every_pixel_is_as_defined() {
        for (width, height) in [(1, 3), (3, 2), (4, 1), (5, 7), (2048, 2), (2049, 2), (5000, 3)] {
            for nr in [0, 1, 2, 0xFFFF, 0x1_0000, 123_456_789, u32::MAX] {
                let bytes = drawn(width, height, nr);
                for row in 0..height {
                    for column in 0..width {
                        let at = (row * width + column) * PIXEL_BYTES;
                        assert_eq!(read(&bytes[at..], 0), pixel(nr, row, column));
                    }
                }
            }
        }
    }

    #[test]
    fn a_whole_frame_has_its_number() {
        for (width, height) in [(4, 1), (64, 64), (2048, 2), (5000, 3)] {
            for nr in [0, 1, 0xFFFF, 0x1_0000, u32::MAX] {
                assert_eq!(verify(&drawn(width, height, nr), width, height), Ok(nr));
            }
        }
    }

    #[test]
    fn a_torn_frame_names_the_row() {
        let mut bytes = drawn(16, 8, 7);
        let newer = drawn(16, 8, 8);
        bytes[5 * 32..].copy_from_slice(&newer[5 * 32..]);
        let torn = PictureError::Torn { row: 5, first: 7, other: 8 };
        assert_eq!(frame_number(&bytes, 16, 8), Err(torn));
    }

    #[test]
    fn a_row_torn_after_its_stamp_is_corrupt() {
        let mut bytes = drawn(16, 8, 7);
        let newer = drawn(16, 8, 8);
        bytes[5 * 32 + 20..6 * 32].copy_from_slice(&newer[5 * 32 + 20..6 * 32]);
        assert_eq!(frame_number(&bytes, 16, 8), Ok(7));
        assert_eq!(verify(&bytes, 16, 8), Err(PictureError::Corrupt { row: 5 }));
    }

    #[test]
    fn corruption_of_any_stamp_byte_is_seen() {
        for at in 0..STAMP_PIXELS * PIXEL_BYTES {
            let mut bytes = drawn(8, 4, 99);
            bytes[2 * 16 + at] ^= 0x10;
            assert_eq!(frame_number(&bytes, 8, 4), Err(PictureError::Corrupt { row: 2 }));
        }
    }

    #[test]
    fn memory_never_written_is_corrupt() {
        assert_eq!(frame_number(&[0; 64], 8, 4), Err(PictureError::Corrupt { row: 0 }));
        assert_eq!(frame_number(&[0xFF; 64], 8, 4), Err(PictureError::Corrupt { row: 0 }));
    }

    #[test]
    fn sizes_are_checked() {
        let wrong = PictureError::WrongLength { expected: 64, actual: 62 };
        assert_eq!(frame_number(&[0; 62], 8, 4), Err(wrong));
        assert_eq!(frame_number(&[0; 24], 3, 4), Err(PictureError::TooSmall));
        assert_eq!(frame_number(&[], 8, 0), Err(PictureError::TooSmall));
    }
}
