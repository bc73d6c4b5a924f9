//! A frame as a picture of 8 bits: made smaller by means of whole pixels, and stretched between two percentiles.

use framepool::FrameMeta;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Of a thousand pixels, one may be darker than black, and one brighter than white.
const CLIPPED: usize = 1000;

/// A frame as a PNG.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) png: Arc<[u8]>,
    /// The frame's number in the stream.
    pub(crate) frame: u64,
    /// The values that are shown as black and as white.
    pub(crate) shown: RangeInclusive<u16>,
}

impl Picture {
    /// Makes a picture of a frame, neither side of which is longer than `longest`.
    pub(crate) fn of(meta: &FrameMeta, bytes: &[u8], longest: u32) -> Result<Self, EncodingError> {
        let gray = Gray::reduced(meta, bytes, longest);
        let shown = gray.between_percentiles();
        let mut png = Vec::new();
        let mut encoder = Encoder::new(&mut png, gray.width, gray.height());
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::Fast);
        encoder.write_header()?.write_image_data(&gray.stretched(&shown))?;
        Ok(Self { png: png.into(), frame: meta.number, shown })
    }
}

/// Pixels, row by row.
#[derive(Debug, PartialEq)]
struct Gray {
    width: u32,
    pixels: Vec<u16>,
}

impl Gray {
    /// Makes each pixel the mean of as many columns and rows of the frame's as are needed.
    fn reduced(meta: &FrameMeta, bytes: &[u8], longest: u32) -> Self {
        let (width, side) = (meta.width, meta.width.max(meta.height));
        let step = side.div_ceil(longest.max(1)).max(1);
        let (columns, cells) = (size(step), size(width.div_ceil(step)));
        let pixel_bytes = meta.bytes_per_pixel();
        let row_bytes = (size(width) * pixel_bytes).max(1);
        let value = |pixel: &[u8]| match *pixel {
            [low, high] => u32::from(u16::from_ne_bytes([low, high])),
            [value] => u32::from(value),
            _ => 0,
        };
        let mut sums = vec![0_u32; cells];
        let mut pixels = Vec::new();
        for band in bytes.chunks(row_bytes * columns) {
            sums.fill(0);
            let mut rows = 0;
            for row in band.chunks_exact(row_bytes) {
                rows += 1;
                for (sum, cell) in sums.iter_mut().zip(row.chunks(columns * pixel_bytes)) {
                    *sum += cell.chunks_exact(pixel_bytes).map(value).sum::<u32>();
                }
            }
            // The last cell of a row may have fewer columns.
            let counts = (0..width).step_by(columns).map(|left| rows * step.min(width - left));
            let means = sums.iter().zip(counts).map(|(sum, count)| sum / count.max(1));
            pixels.extend(means.map(|mean| u16::try_from(mean).unwrap_or(u16::MAX)));
        }
        Self { width: width.div_ceil(step), pixels }
    }

    fn height(&self) -> u32 {
        let rows = self.pixels.len() / size(self.width).max(1);
        u32::try_from(rows).unwrap_or(u32::MAX)
    }

    /// Returns the values between which all but few pixels are.
    fn between_percentiles(&self) -> RangeInclusive<u16> {
        let mut counts = vec![0_usize; 1 << 16];
        self.pixels.iter().for_each(|&pixel| counts[usize::from(pixel)] += 1);
        let may_be_clipped = self.pixels.len() / CLIPPED;
        let is_past = |passed: &mut usize, value: u16| {
            *passed += counts[usize::from(value)];
            Some((value, *passed > may_be_clipped))
        };
        let black = (0..=u16::MAX).scan(0, is_past).find(|&(_, is_past)| is_past);
        let white = (0..=u16::MAX).rev().scan(0, is_past).find(|&(_, is_past)| is_past);
        let black = black.map_or(0, |(value, _)| value);
        black..=white.map_or(u16::MAX, |(value, _)| value).max(black)
    }

    fn stretched(&self, shown: &RangeInclusive<u16>) -> Vec<u8> {
        let (black, white) = (*shown.start(), *shown.end());
        let span = u32::from(white - black).max(1);
        let shade = |value: u16| {
            let above = u32::from(value.clamp(black, white) - black);
            u8::try_from(above * 255 / span).unwrap_or(u8::MAX)
        };
        let shades: Vec<u8> = (0..=u16::MAX).map(shade).collect();
        self.pixels.iter().map(|&pixel| shades[usize::from(pixel)]).collect()
    }
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_16_bits(pixels: &[u16]) -> Vec<u8> {
        pixels.iter().flat_map(|pixel| pixel.to_ne_bytes()).collect()
    }

    #[test]
    fn pixels_are_means_also_at_the_edges() {
        let bytes = of_16_bits(&[1, 3, 50, 5, 7, 70, 100, 300, 1000]);
        let gray = Gray::reduced(&FrameMeta::new(3, 3, 16), &bytes, 2);
        assert_eq!(gray, Gray { width: 2, pixels: vec![4, 60, 200, 1000] });
        let whole = Gray::reduced(&FrameMeta::new(3, 3, 16), &bytes, 3);
        assert_eq!((whole.height(), whole.pixels.len()), (3, 9));
    }

    #[test]
    fn a_line_stays_a_line() {
        let gray = Gray::reduced(&FrameMeta::new(100, 1, 8), &[9; 100], 10);
        assert_eq!((gray.width, gray.height()), (10, 1));
        assert_eq!(gray.pixels, [9; 10]);
    }

    #[test]
    fn a_few_hot_pixels_do_not_darken_the_rest() {
        let mut pixels: Vec<u16> = (0..4000).map(|i| 100 + i % 200).collect();
        (pixels[7], pixels[8], pixels[9]) = (65_535, 65_535, 0);
        let gray = Gray { width: 100, pixels };
        let shown = gray.between_percentiles();
        assert!(*shown.start() >= 100 && *shown.end() <= 299, "{shown:?}");
        let shades = gray.stretched(&shown);
        assert_eq!((shades[7], shades[9]), (255, 0));
        assert!(shades.iter().filter(|&&shade| shade > 127).count() > 1500);
    }

    #[test]
    fn a_picture_is_a_png_of_that_size() {
        let bytes = of_16_bits(&[0, 1000, 2000, 3000, 4000, 5000]);
        let picture = Picture::of(&FrameMeta::new(3, 2, 16), &bytes, 100).unwrap();
        assert_eq!(picture.shown, 0..=5000);
        let mut reader = png::Decoder::new(std::io::Cursor::new(&picture.png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (3, 2));
        assert_eq!(pixels, [0, 51, 102, 153, 204, 255]);
    }

    #[test]
    fn one_value_everywhere_is_a_picture_too() {
        let picture = Picture::of(&FrameMeta::new(4, 4, 8), &[7; 16], 100).unwrap();
        assert_eq!(picture.shown, 7..=7);
    }
}
