//! A BigTIFF stack: one page for each frame.
//!
//! ```text
//!   | header | pixels, directory | pixels, directory | pixels, dire
//!        |              ^  |                ^
//!        `--------------'  `----------------'      written last: a page that is linked is whole
//! ```
//!
//! At a run's end the first page's description becomes the OME-XML of them all. Until then each page describes itself.

use crate::record::about::{About, Ending, SOFTWARE};
use crate::record::disk::{BLOCK, Disk};
use crate::record::index::Index;
use crate::record::ome;
use framepool::{FrameMeta, FrameView};
use std::io::{self, BufWriter, Write};

/// Where the position of the first directory is.
const FIRST_LINK: u64 = 8;
const HEADER_BYTES: u64 = 16;

/// Pixels begin at multiples of it, so that readers can map them.
const ALIGNMENT: u64 = 64;

/// A stack that pages are appended to. Appending allocates nothing.
#[derive(Debug)]
pub(crate) struct Stack {
    disk: Disk,
    alignment: u64,
    /// Where the position of the next page's directory is to be written.
    link: u64,
    /// The end of the last page.
    end: u64,
    /// What follows a page's pixels: used again for each.
    tail: Vec<u8>,
    /// What the first page says of all of them.
    recording: String,
    /// What the XML is made of.
    index: Index,
    /// Where the first page's directory says how long its description is, and where.
    description: Option<u64>,
}

impl Stack {
    /// Begins a stack in an empty file, with an empty index.
    pub(crate) fn begin(disk: Disk, index: Index, about: &About) -> io::Result<Self> {
        let mut header = Vec::with_capacity(2 * BLOCK);
        // Numbers are as this machine has them, as pixels are.
        header.extend_from_slice(if cfg!(target_endian = "little") { b"II" } else { b"MM" });
        for number in [43_u16, 8, 0, 0, 0, 0, 0] {
            header.extend_from_slice(&number.to_ne_bytes());
        }
        disk.put(0, &header)?;
        let alignment = if disk.is_direct() { BLOCK as u64 } else { ALIGNMENT };
        let (link, end) = (FIRST_LINK, HEADER_BYTES);
        let recording = format!(", \"recording\": {}", serde_json::to_string(about)?);
        Ok(Self { disk, alignment, link, end, tail: header, index, recording, description: None })
    }

    /// Returns the end of the last page, in bytes.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    pub(crate) fn disk(&self) -> &Disk {
        &self.disk
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
        let start = self.end.next_multiple_of(self.alignment);
        self.disk.put_pixels(start, pixels)?;

        let after = (start + bytes).next_multiple_of(8);
        let is_first = self.description.is_none();
        let recording = if is_first { self.recording.as_str() } else { "" };
        let page = Page { meta, start, bytes, after, is_first, recording };
        let directory = page.write(&mut self.tail)?;
        self.disk.put(after, &self.tail)?;
        // The index has the frames that are linked, and no others.
        self.index.append(meta)?;
        let linked = self.disk.put(self.link, &directory.to_ne_bytes());
        linked.inspect_err(|_| self.index.undo())?;
        self.description.get_or_insert(directory + DESCRIPTION_IN_DIRECTORY);
        self.end = after + self.tail.len() as u64;
        // A directory ends with the link to the next.
        self.link = self.end - 8;
        Ok(())
    }

    /// Describes all pages by OME-XML in the first: at once, when the XML is on the disk, so that a power cut leaves it whole or
    /// absent.
    pub(crate) fn describe(&mut self, about: &About, ending: Ending) -> io::Result<()> {
        let Some(description) = self.description else { return Ok(()) };
        let at = self.end.next_multiple_of(8);
        let mut to = BufWriter::with_capacity(1 << 16, Append { disk: &self.disk, at });
        let frames = self.index.rows();
        ome::write_xml(&mut to, about, frames, ending, self.index.read()?)?;
        to.write_all(&[0])?;
        let end = to.into_inner().map_err(io::IntoInnerError::into_error)?.at;
        self.disk.sync()?;
        let mut entry = [0; 16];
        entry[..8].copy_from_slice(&(end - at).to_ne_bytes());
        entry[8..].copy_from_slice(&at.to_ne_bytes());
        self.disk.put(description, &entry)?;
        self.end = end;
        Ok(())
    }
}

/// Writes to a file from a position on.
struct Append<'a> {
    disk: &'a Disk,
    at: u64,
}

impl Write for Append<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.put(self.at, bytes)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
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
    is_first: bool,
    recording: &'a str,
}

/// A tag that readers know: they warn of private ones.
const PAGE_NAME: u16 = 285;

/// At most.
const DIRECTORY_BYTES: u64 = 8 + 12 * 20 + 8;
/// Where the sixth entry has its length and position.
const DESCRIPTION_IN_DIRECTORY: u64 = 8 + 5 * 20 + 4;

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
        let FrameMeta { timestamp_ns, arrival_ns, exposure_ns, region, binning, bit_depth, .. } =
            *self.meta;
        tail.clear();
        write!(
            tail,
            "{{\"frame\": {number}, \"hardware_frame\": {hardware_number}, \"timestamp_ns\": \
             {timestamp_ns}, \"arrival_ns\": {arrival_ns}, \"exposure_ns\": {exposure_ns}, \"bit_depth\": {bit_depth}, \"region\": \
             [{}, {}, {}, {}], \"binning\": [{}, {}]{}}}\0",
            region.x, region.y, region.width, region.height, binning.0, binning.1, self.recording
        )?;
        let description = tail.len() as u64;
        tail.extend_from_slice(SOFTWARE.as_bytes());
        tail.push(0);
        tail.resize(tail.len().next_multiple_of(8), 0);
        let mut directory = self.after + tail.len() as u64;
        if self.is_first && directory % BLOCK as u64 + DIRECTORY_BYTES > BLOCK as u64 {
            // Within a block, so that a power cut leaves an entry as it was or as it is to be.
            let padding = directory.next_multiple_of(BLOCK as u64) - directory;
            tail.resize(tail.len() + usize::try_from(padding).unwrap_or_default(), 0);
            directory += padding;
        }

        let text = Value::Text(description, self.after);
        let software = Value::Text(SOFTWARE.len() as u64 + 1, self.after + description);
        let bits = if self.meta.bytes_per_pixel() == 2 { 16 } else { 8 };
        // In the order of their numbers, as readers expect.
        let entries = [
            (256, Value::Long(width)),
            (257, Value::Long(height)),
            (258, Value::Short(bits)),
            // Not compressed, and black is 0.
            (259, Value::Short(1)),
            (262, Value::Short(1)),
            (270, text),
            // One strip, of one sample a pixel.
            (273, Value::Long8(self.start)),
            (277, Value::Short(1)),
            (278, Value::Long(height)),
            (279, Value::Long8(self.bytes)),
            // Of the first page alone: what it says of itself, once the XML has the place of its description.
            (PAGE_NAME, text),
            (305, software),
        ];
        let entries = entries.iter().filter(|&&(tag, _)| self.is_first || tag != PAGE_NAME);
        tail.extend_from_slice(&(entries.clone().count() as u64).to_ne_bytes());
        for &(tag, value) in entries {
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
