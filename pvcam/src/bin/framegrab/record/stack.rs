//! A BigTIFF stack: one page for each frame.
//!
//! ```text
//!   | header | pixels, directory | pixels, directory | pixels, dire
//!        |              ^  |                ^
//!        `--------------'  `----------------'      written last: a page that is linked is whole
//! ```

use framepool::{FrameMeta, FrameView};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

/// Where the position of the first directory is.
const FIRST_LINK: u64 = 8;
const HEADER_BYTES: u64 = 16;

/// Pixels begin at multiples of it, so that readers can map them.
const ALIGNMENT: u64 = 64;

const SOFTWARE: &[u8] = b"framegrab\0";

/// A stack that pages are appended to. Appending allocates nothing.
pub(crate) struct Stack {
    file: File,
    /// Where the position of the next page's directory is to be written.
    link: u64,
    /// The end of the last page.
    end: u64,
    /// What follows a page's pixels: used again for each.
    tail: Vec<u8>,
}

impl Stack {
    /// Begins a stack in an empty file.
    pub(crate) fn begin(mut file: File) -> io::Result<Self> {
        let mut header = Vec::with_capacity(1024);
        // Numbers are as this machine has them, as pixels are.
        header.extend_from_slice(if cfg!(target_endian = "little") { b"II" } else { b"MM" });
        for number in [43_u16, 8, 0, 0, 0, 0, 0] {
            header.extend_from_slice(&number.to_ne_bytes());
        }
        put(&mut file, 0, &header)?;
        Ok(Self { file, link: FIRST_LINK, end: HEADER_BYTES, tail: header })
    }

    /// Returns the end of the last page, in bytes.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Appends a frame as a page. After an error the file may end within a page, which is not linked.
    pub(crate) fn append(&mut self, frame: FrameView<'_>) -> io::Result<()> {
        let (meta, pixels) = (frame.meta(), frame.bytes());
        let bytes = pixels.len() as u64;
        let expected =
            u64::from(meta.width) * u64::from(meta.height) * meta.bytes_per_pixel() as u64;
        if bytes != expected {
            let what = format!("the frame has {bytes} bytes, not {expected}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        let start = self.end.next_multiple_of(ALIGNMENT);
        put(&mut self.file, start, pixels)?;

        let after = (start + bytes).next_multiple_of(8);
        let page = Page { meta, start, bytes, after };
        let directory = page.write(&mut self.tail)?;
        put(&mut self.file, after, &self.tail)?;
        put(&mut self.file, self.link, &directory.to_ne_bytes())?;
        self.end = after + self.tail.len() as u64;
        // A directory ends with the link to the next.
        self.link = self.end - 8;
        Ok(())
    }
}

/// A page, and where it is in the file.
struct Page<'a> {
    meta: &'a FrameMeta,
    /// Of the pixels.
    start: u64,
    bytes: u64,
    /// The first byte after the pixels that is used.
    after: u64,
}

/// What a directory says, by TIFF's numbers.
#[derive(Clone, Copy)]
enum Value {
    Short(u16),
    Long(u32),
    Long8(u64),
    /// A text of so many bytes, zero included, at a position of the file.
    Text(u64, u64),
}

impl Page<'_> {
    /// Writes what follows the pixels: texts, and the directory, which says which frame it is. Returns the directory's
    /// position in the file.
    fn write(&self, tail: &mut Vec<u8>) -> io::Result<u64> {
        let FrameMeta { width, height, number, hardware_number, .. } = *self.meta;
        let FrameMeta { timestamp_ns, exposure_ns, region, binning, bit_depth, .. } = *self.meta;
        tail.clear();
        write!(
            tail,
            "{{\"frame\": {number}, \"hardware_frame\": {hardware_number}, \"timestamp_ns\": \
             {timestamp_ns}, \"exposure_ns\": {exposure_ns}, \"bit_depth\": {bit_depth}, \"region\": \
             [{}, {}, {}, {}], \"binning\": [{}, {}]}}\0",
            region.x, region.y, region.width, region.height, binning.0, binning.1
        )?;
        let description = tail.len() as u64;
        tail.extend_from_slice(SOFTWARE);
        tail.resize(tail.len().next_multiple_of(8), 0);
        let directory = self.after + tail.len() as u64;

        let software = Value::Text(SOFTWARE.len() as u64, self.after + description);
        let bits = if self.meta.bytes_per_pixel() == 2 { 16 } else { 8 };
        // In the order of their numbers, as readers expect.
        let entries = [
            (256, Value::Long(width)),
            (257, Value::Long(height)),
            (258, Value::Short(bits)),
            // Not compressed, and black is 0.
            (259, Value::Short(1)),
            (262, Value::Short(1)),
            (270, Value::Text(description, self.after)),
            // One strip, of one sample a pixel.
            (273, Value::Long8(self.start)),
            (277, Value::Short(1)),
            (278, Value::Long(height)),
            (279, Value::Long8(self.bytes)),
            (305, software),
        ];
        tail.extend_from_slice(&(entries.len() as u64).to_ne_bytes());
        for (tag, value) in entries {
            value.write(tag, tail);
        }
        // No page comes next, so far.
        tail.extend_from_slice(&[0; 8]);
        Ok(directory)
    }
}

impl Value {
    fn write(self, tag: u16, to: &mut Vec<u8>) {
        let (kind, count): (u16, u64) = match self {
            Self::Text(length, _) => (2, length),
            Self::Short(_) => (3, 1),
            Self::Long(_) => (4, 1),
            Self::Long8(_) => (16, 1),
        };
        to.extend_from_slice(&tag.to_ne_bytes());
        to.extend_from_slice(&kind.to_ne_bytes());
        to.extend_from_slice(&count.to_ne_bytes());
        let end = to.len() + 8;
        match self {
            Self::Short(value) => to.extend_from_slice(&value.to_ne_bytes()),
            Self::Long(value) => to.extend_from_slice(&value.to_ne_bytes()),
            Self::Long8(value) | Self::Text(_, value) => to.extend_from_slice(&value.to_ne_bytes()),
        }
        // Shorter ones come first in their eight bytes.
        to.resize(end, 0);
    }
}

/// Writes all bytes at a position.
fn put(file: &mut File, at: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    #[cfg(test)]
    let bytes = {
        let room = usize::try_from(DISK.get().saturating_sub(at)).unwrap_or(usize::MAX);
        if room < bytes.len() {
            file.write_all(&bytes[..room])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        bytes
    };
    file.write_all(bytes)
}

#[cfg(test)]
thread_local! {
    /// Bytes that fit on the disk of the tests.
    pub(crate) static DISK: std::cell::Cell<u64> = const { std::cell::Cell::new(u64::MAX) };
}
