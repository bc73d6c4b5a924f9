//! What a frame is: its metadata, its pixels, and a borrowed view of both.
//!
//! Pixels are row-major, `width x height`, without padding: one byte each up to 8 bits of depth,
//! else two bytes in the machine's byte order.

use core::fmt;

/// Says which part of the sensor a frame shows, in unbinned sensor pixels.
///
/// # Examples
/// ```
/// use framepool_core::frame::{FrameMeta, RegionOfInterest};
///
/// let region = RegionOfInterest::new(512, 256, 1024, 512);
/// let binning = (2, 2);
/// let (width, height) = (region.width / 2, region.height / 2);
/// let mut meta = FrameMeta::new(width, height, 16);
/// (meta.region, meta.binning) = (region, binning);
/// assert_eq!(meta.bytes_per_frame(), 512 * 256 * 2);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RegionOfInterest {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl RegionOfInterest {
    /// Makes the region of `width x height` sensor pixels from column `x` and row `y` on.
    #[must_use]
    pub const fn new(x: u32, y: u32, width: u32, height: u32) -> Self {
        Self { x, y, width, height }
    }
}

/// Describes one frame. Plain data, stored inline: copying it touches no pixel.
///
/// [`new`](Self::new) makes one of a certain shape; the other fields are set afterwards. More may be
/// added.
///
/// # Examples
/// ```
/// use framepool_core::frame::FrameMeta;
///
/// let mut meta = FrameMeta::new(640, 480, 12);
/// meta.exposure_ns = 10_000_000;
/// assert_eq!(meta.bytes_per_pixel(), 2);
/// assert_eq!(meta.bytes_per_row(), 1280);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct FrameMeta {
    /// Counts the frames that the program has seen, from 1.
    pub number: u64,
    /// The camera's own number of the frame, from 1; gaps are frames lost on the way.
    pub hardware_number: u32,
    /// End of the frame, nanoseconds on the camera driver's clock, which may tick in much longer steps; 0 if unknown.
    pub timestamp_ns: u64,
    /// When the program saw the frame, nanoseconds on the host's monotonic clock; 0 if unknown, as in what was saved
    /// before there was this field.
    #[cfg_attr(feature = "serde", serde(default))]
    pub arrival_ns: u64,
    /// Exposure, nanoseconds.
    pub exposure_ns: u64,
    /// Pixels per row, after binning.
    pub width: u32,
    /// Rows, after binning.
    pub height: u32,
    /// Bits per pixel that carry signal.
    pub bit_depth: u8,
    /// The part of the sensor that the frame shows.
    pub region: RegionOfInterest,
    /// Sensor pixels per frame pixel, across and down.
    pub binning: (u16, u16),
    /// Sensor temperature, degrees Celsius, if known.
    pub temperature: Option<f32>,
}

impl FrameMeta {
    /// Describes a frame of `width x height` pixels of `bit_depth` bits, which shows the whole region
    /// of that size, unbinned; everything else is zero or unknown.
    #[must_use]
    pub const fn new(width: u32, height: u32, bit_depth: u8) -> Self {
        Self {
            width,
            height,
            bit_depth,
            region: RegionOfInterest::new(0, 0, width, height),
            binning: (1, 1),
            ..Self::NONE
        }
    }

    /// Describes no frame: everything is zero or unknown, as in `default`.
    const NONE: Self = Self {
        number: 0,
        hardware_number: 0,
        timestamp_ns: 0,
        arrival_ns: 0,
        exposure_ns: 0,
        width: 0,
        height: 0,
        bit_depth: 0,
        region: RegionOfInterest::new(0, 0, 0, 0),
        binning: (0, 0),
        temperature: None,
    };

    /// Returns the bytes of one pixel: 1 up to 8 bits of depth, else 2.
    #[must_use]
    pub const fn bytes_per_pixel(&self) -> usize {
        if self.bit_depth <= 8 { 1 } else { 2 }
    }

    /// Returns the bytes of one row.
    #[must_use]
    pub const fn bytes_per_row(&self) -> usize {
        (self.width as usize).saturating_mul(self.bytes_per_pixel())
    }

    /// Returns the bytes of the whole frame.
    #[must_use]
    pub const fn bytes_per_frame(&self) -> usize {
        self.bytes_per_row().saturating_mul(self.height as usize)
    }
}

/// Says why pixels cannot be stored or shown as asked.
///
/// # Examples
/// ```
/// use framepool_core::frame::{FrameData, PixelError};
///
/// let mut frame = FrameData::new([0_u8; 4]);
/// assert_eq!(frame.fill(&[0; 6]), Err(PixelError::TooLong { frame: 6, buffer: 4 }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PixelError {
    /// The frame is larger than the buffer: use larger slots or a smaller region.
    TooLong {
        /// Bytes of the frame.
        frame: usize,
        /// Bytes of the buffer.
        buffer: usize,
    },
    /// The pixels have another size than asked for.
    WrongDepth {
        /// Bits per pixel that the metadata states.
        bit_depth: u8,
    },
    /// The bytes do not start at a multiple of the pixel size.
    Misaligned,
    /// There are more bytes than the metadata states, or fewer: the frame was cut off.
    WrongLength {
        /// Bytes that the metadata states.
        frame: usize,
        /// Bytes that there are.
        given: usize,
    },
}

impl fmt::Display for PixelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooLong { frame, buffer } => {
                write!(f, "a frame of {frame} bytes does not fit in a buffer of {buffer}")
            }
            Self::WrongDepth { bit_depth } => {
                write!(f, "the pixels have a depth of {bit_depth} bits")
            }
            Self::Misaligned => f.write_str("the pixels are not aligned to their size"),
            Self::WrongLength { frame, given } => {
                write!(f, "a frame of {frame} bytes is stated, but there are {given}")
            }
        }
    }
}

impl core::error::Error for PixelError {}

/// A frame in a buffer `B`: an array in a slot, a loan, a frozen share, or heap memory.
///
/// With the frame in the slot (`Pool<FrameData<[u8; N]>, M>`) the metadata is pooled as well; with the
/// loan in the frame (`FrameData<Loan<..>>`) the frame can be shared: [`map`](Self::map) it with
/// `Loan::freeze`.
///
/// # Examples
/// ```
/// use framepool_core::Pool;
/// use framepool_core::frame::{FrameData, FrameMeta};
///
/// static FRAMES: Pool<FrameData<[u8; 12]>, 2> =
///     Pool::new([FrameData::new([0; 12]); 2]);
///
/// let mut frame = FRAMES.try_acquire().expect("two are free");
/// frame.meta = FrameMeta::new(3, 2, 8);
/// frame.fill(&[1, 2, 3, 4, 5, 6])?;
/// assert_eq!(frame.view().rows().nth(1), Some(&[4, 5, 6][..]));
/// frame.reset();
/// assert!(frame.view().bytes().is_empty());
/// # Ok::<(), framepool_core::frame::PixelError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FrameData<B> {
    /// What the frame is.
    pub meta: FrameMeta,
    len: usize,
    buffer: B,
}

impl<B> FrameData<B> {
    /// Makes an empty frame in `buffer`, whose bytes stay as they are.
    #[must_use]
    pub const fn new(buffer: B) -> Self {
        Self { meta: FrameMeta::NONE, len: 0, buffer }
    }

    /// Forgets the frame in constant time; the buffer's bytes stay as they are.
    pub fn reset(&mut self) {
        self.meta = FrameMeta::default();
        self.len = 0;
    }

    /// Returns the buffer, whole: bytes behind those of the frame are of an earlier one.
    pub fn into_buffer(self) -> B {
        self.buffer
    }

    /// Puts the frame into another kind of buffer, as by [`Loan::freeze`](crate::Loan::freeze).
    pub fn map<C: AsRef<[u8]>>(self, change: impl FnOnce(B) -> C) -> FrameData<C> {
        let buffer = change(self.buffer);
        FrameData { meta: self.meta, len: self.len.min(buffer.as_ref().len()), buffer }
    }
}

impl<B: AsMut<[u8]>> FrameData<B> {
    /// Copies a frame's bytes in.
    ///
    /// # Errors
    /// [`PixelError::TooLong`]; nothing is copied then.
    pub fn fill(&mut self, bytes: &[u8]) -> Result<(), PixelError> {
        self.room(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    /// Returns the buffer's first `len` bytes to be written, and makes them the frame's.
    ///
    /// # Errors
    /// [`PixelError::TooLong`]; the frame is as before then.
    pub fn room(&mut self, len: usize) -> Result<&mut [u8], PixelError> {
        let buffer = self.buffer.as_mut();
        let whole = buffer.len();
        let room =
            buffer.get_mut(..len).ok_or(PixelError::TooLong { frame: len, buffer: whole })?;
        self.len = len;
        Ok(room)
    }
}

impl<B: AsRef<[u8]>> FrameData<B> {
    /// Borrows the frame.
    #[must_use]
    pub fn view(&self) -> FrameView<'_> {
        let bytes = self.buffer.as_ref();
        FrameView { meta: &self.meta, bytes: bytes.get(..self.len).unwrap_or(bytes) }
    }
}

/// A borrowed frame: what observers get. Copy what must outlive the call.
///
/// # Examples
/// ```
/// use framepool_core::frame::{FrameMeta, FrameView, PixelError};
///
/// let meta = FrameMeta::new(3, 2, 8);
/// let view = FrameView::new(&meta, &[1, 2, 3, 4, 5, 6]);
/// let brightest = view.rows().map(|row| row.iter().max());
/// assert!(brightest.eq([Some(&3), Some(&6)]));
/// assert_eq!(view.pixels_u8()?.len(), 6);
/// assert_eq!(view.pixels_u16(), Err(PixelError::WrongDepth { bit_depth: 8 }));
/// # Ok::<(), PixelError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FrameView<'a> {
    meta: &'a FrameMeta,
    bytes: &'a [u8],
}

impl<'a> FrameView<'a> {
    /// Shows `bytes` as the frame that `meta` describes.
    #[must_use]
    pub const fn new(meta: &'a FrameMeta, bytes: &'a [u8]) -> Self {
        Self { meta, bytes }
    }

    /// Returns what the frame is.
    #[must_use]
    pub const fn meta(&self) -> &'a FrameMeta {
        self.meta
    }

    /// Returns the frame's bytes, row by row.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the rows from top to bottom, as bytes; a last, cut-off row is left out. A frame without
    /// columns has none.
    #[must_use]
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        // Without columns, or without bytes, a frame has no rows.
        let row = self.meta.bytes_per_row();
        let bytes = if row == 0 { &[] } else { self.bytes };
        bytes.chunks_exact(row.max(1))
    }

    /// Returns 8-bit pixels, row by row: `width x height` of them.
    ///
    /// # Errors
    /// [`PixelError::WrongDepth`] for pixels of two bytes, [`PixelError::WrongLength`].
    pub fn pixels_u8(&self) -> Result<&'a [u8], PixelError> {
        self.check(1)?;
        Ok(self.bytes)
    }

    /// Returns 16-bit pixels, row by row: `width x height` of them.
    ///
    /// # Errors
    /// [`PixelError::WrongDepth`] for pixels of one byte, [`PixelError::WrongLength`],
    /// [`PixelError::Misaligned`].
    pub fn pixels_u16(&self) -> Result<&'a [u16], PixelError> {
        self.check(2)?;
        // SAFETY: any two bytes are a `u16`; `align_to` keeps to the aligned middle part.
        match unsafe { self.bytes.align_to::<u16>() } {
            ([], pixels, []) => Ok(pixels),
            _ => Err(PixelError::Misaligned),
        }
    }

    fn check(&self, bytes_per_pixel: usize) -> Result<(), PixelError> {
        let (frame, given) = (self.meta.bytes_per_frame(), self.bytes.len());
        if self.meta.bytes_per_pixel() != bytes_per_pixel {
            Err(PixelError::WrongDepth { bit_depth: self.meta.bit_depth })
        } else if frame != given {
            Err(PixelError::WrongLength { frame, given })
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(align(2))]
    struct Aligned([u8; 14]);

    fn meta(bit_depth: u8) -> FrameMeta {
        FrameMeta::new(3, 2, bit_depth)
    }

    #[test]
    fn pixels_are_checked_for_depth_alignment_and_length() {
        let bytes = Aligned([1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0]);
        let view = |range, meta| FrameView::new(meta, &bytes.0[range]);
        let (deep, shallow) = (meta(16), meta(8));
        let expected = [1_u16, 2, 3, 4, 5, 6].map(u16::from_le);
        assert_eq!(view(0..12, &deep).pixels_u16(), Ok(&expected[..]));
        assert_eq!(view(1..13, &deep).pixels_u16(), Err(PixelError::Misaligned));
        let wrong = |given| Err(PixelError::WrongLength { frame: 12, given });
        assert_eq!(view(0..11, &deep).pixels_u16(), wrong(11));
        assert_eq!(view(0..14, &deep).pixels_u16(), wrong(14));
        assert_eq!(view(0..6, &shallow).pixels_u8(), Ok(&[1, 0, 2, 0, 3, 0][..]));
        assert_eq!(
            view(0..7, &shallow).pixels_u8(),
            Err(PixelError::WrongLength { frame: 6, given: 7 })
        );
        assert_eq!(
            view(0..6, &shallow).pixels_u16().map(<[u16]>::len),
            Err(PixelError::WrongDepth { bit_depth: 8 })
        );
        assert_eq!(view(0..12, &deep).pixels_u8(), Err(PixelError::WrongDepth { bit_depth: 16 }));
    }

    #[test]
    fn a_frame_that_does_not_fit_changes_nothing() {
        let mut frame = FrameData::new([0_u8; 4]);
        frame.fill(&[1, 2]).unwrap();
        assert_eq!(frame.fill(&[9; 5]), Err(PixelError::TooLong { frame: 5, buffer: 4 }));
        assert_eq!(frame.view().bytes(), [1, 2]);
    }

    #[test]
    fn rows_of_an_empty_frame_are_none() {
        let no_columns = FrameMeta::new(0, 2, 8);
        assert_eq!(FrameView::new(&no_columns, &[1, 2]).rows().len(), 0);
        let frame = FrameData::new([0_u8; 4]);
        assert_eq!(frame.view().rows().len(), 0);
    }
}
