//! The way of one frame to its JPEG, through three buffers.

use crate::Failure;
use crate::allocations::{Place, inside};
use crate::picture::{HEIGHT, WIDTH};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use framepool::{SizeClasses, SizedBuffer};
use jpeg_encoder::{ColorType, Encoder};
use std::io::Write;
use std::ops::DerefMut;

/// The small picture is a square.
const SIDE: u16 = 320;
const PIXELS: usize = SIDE as usize * SIDE as usize;
const QUALITY: u8 = 85;

pub(crate) const BGR_BYTES: usize = PIXELS * 3;
pub(crate) const RGBA_BYTES: usize = PIXELS * 4;
pub(crate) const JPEG_BYTES: usize = 100 * 1024;

/// Where buffers come from.
pub(crate) trait Buffers: Sync {
    type Buffer: DerefMut<Target = [u8]> + Write;

    /// Returns a buffer of so many bytes.
    fn of(&self, len: usize) -> Result<Self::Buffer, Failure>;

    /// Returns a buffer of no bytes, with room for so many.
    fn empty(&self, room: usize) -> Result<Self::Buffer, Failure>;
}

impl Buffers for SizeClasses {
    type Buffer = SizedBuffer;

    fn of(&self, len: usize) -> Result<SizedBuffer, Failure> {
        Ok(self.acquire(len)?)
    }

    fn empty(&self, room: usize) -> Result<SizedBuffer, Failure> {
        Ok(self.acquire_empty(room)?)
    }
}

/// From the heap, one by one.
pub(crate) struct Fresh;

impl Buffers for Fresh {
    type Buffer = Vec<u8>;

    fn of(&self, len: usize) -> Result<Vec<u8>, Failure> {
        Ok(vec![0; len])
    }

    fn empty(&self, room: usize) -> Result<Vec<u8>, Failure> {
        Ok(Vec::with_capacity(room))
    }
}

/// Makes a frame small, and a JPEG of it.
pub(crate) fn to_jpeg<B: Buffers>(
    frame: &[u8],
    buffers: &B,
    resizer: &mut Resizer,
) -> Result<B::Buffer, Failure> {
    let mut bgr = buffers.of(BGR_BYTES)?;
    inside(Place::Resizing, || resize(frame, &mut bgr, resizer))?;
    let mut rgba = buffers.of(RGBA_BYTES)?;
    convert(&bgr, &mut rgba);
    let mut jpeg = buffers.empty(JPEG_BYTES)?;
    inside(Place::Encoding, || {
        Encoder::new(&mut jpeg, QUALITY).encode(&rgba, SIDE, SIDE, ColorType::Rgba)
    })?;
    Ok(jpeg)
}

fn resize(frame: &[u8], bgr: &mut [u8], resizer: &mut Resizer) -> Result<(), Failure> {
    let source = ImageRef::new(WIDTH, HEIGHT, frame, PixelType::U8x3)?;
    let mut target = Image::from_slice_u8(SIDE.into(), SIDE.into(), bgr, PixelType::U8x3)?;
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Ok(resizer.resize(&source, &mut target, &options)?)
}

fn convert(bgr: &[u8], rgba: &mut [u8]) {
    let (from, _) = bgr.as_chunks();
    let (to, _) = rgba.as_chunks_mut();
    for (&[blue, green, red], pixel) in from.iter().zip(to) {
        *pixel = [red, green, blue, u8::MAX];
    }
}
