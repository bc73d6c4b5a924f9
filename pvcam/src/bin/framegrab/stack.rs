//! A BigTIFF stack: one page for each frame.

use framepool::FrameView;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use tiff::encoder::TiffEncoder;
use tiff::encoder::colortype::{ColorType, Gray8, Gray16};
use tiff::encoder::{TiffKindBig, TiffValue};
use tiff::tags::Tag;

/// A stack that pages are appended to.
pub(crate) struct Stack {
    // Boxed: it is many times as large as a file.
    encoder: Box<TiffEncoder<Sticky, TiffKindBig>>,
}

impl Stack {
    /// Begins a stack in an empty file.
    pub(crate) fn begin(file: File) -> Result<Self, String> {
        let encoder = TiffEncoder::new_big(Sticky::new(file)).map_err(|e| e.to_string())?;
        Ok(Self { encoder: Box::new(encoder) })
    }

    /// Appends a frame as a page. After an error the file may end within a page.
    pub(crate) fn append(&mut self, frame: FrameView<'_>) -> Result<(), String> {
        if frame.meta().bytes_per_pixel() == 2 {
            let pixels = frame.pixels_u16().map_err(|e| e.to_string())?;
            page::<Gray16>(&mut self.encoder, frame, pixels)
        } else {
            page::<Gray8>(&mut self.encoder, frame, frame.bytes())
        }
    }
}

/// Makes the page that ends at `end` the last one of the stack in `file`.
///
/// A page ends with its directory, and that with the position of the next page's directory, which
/// the encoder writes before the next page is complete.
pub(crate) fn unlink_after(file: &mut File, end: u64) -> io::Result<()> {
    const NO_LINK: [u8; 8] = [0; 8];
    file.seek(SeekFrom::Start(end - NO_LINK.len() as u64))?;
    file.write_all(&NO_LINK)
}

/// Appends a page, with a description that says which frame it is.
fn page<C: ColorType>(
    encoder: &mut TiffEncoder<Sticky, TiffKindBig>,
    frame: FrameView<'_>,
    pixels: &[C::Inner],
) -> Result<(), String>
where
    [C::Inner]: TiffValue,
{
    let meta = frame.meta();
    let description = format!(
        "{{\"frame\": {}, \"hardware_frame\": {}, \"timestamp_ns\": {}, \"exposure_ns\": {}}}",
        meta.number, meta.hardware_number, meta.timestamp_ns, meta.exposure_ns
    );
    let mut append = || {
        let mut image = encoder.new_image::<C>(meta.width, meta.height)?;
        image.encoder().write_tag(Tag::ImageDescription, description.as_str())?;
        image.encoder().write_tag(Tag::Software, "framegrab")?;
        image.write_data(pixels)
    };
    append().map_err(|error: tiff::TiffError| error.to_string())
}

/// A file whose writes all fail once one has failed.
///
/// The encoder finishes a page even if writing it has failed. On a full disk the few bytes of the
/// page's directory may still fit, and would then link to a page that is not whole.
struct Sticky {
    file: File,
    failed: bool,
}

impl Sticky {
    fn new(file: File) -> Self {
        Self { file, failed: false }
    }

    #[cfg(not(test))]
    fn write_some(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    /// Writes as many bytes as fit on the disk of the tests.
    #[cfg(test)]
    fn write_some(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = DISK.get().saturating_sub(self.file.stream_position()?);
        match usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len()) {
            0 if !bytes.is_empty() => Err(io::ErrorKind::StorageFull.into()),
            fits => self.file.write(&bytes[..fits]),
        }
    }
}

impl Write for Sticky {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed {
            return Err(io::Error::other("an earlier write failed"));
        }
        self.write_some(bytes).inspect_err(|error| {
            self.failed = error.kind() != io::ErrorKind::Interrupted;
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Sticky {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
thread_local! {
    /// Bytes that fit on the disk of the tests.
    pub(crate) static DISK: std::cell::Cell<u64> = const { std::cell::Cell::new(u64::MAX) };
}
