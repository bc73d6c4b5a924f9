//! The pages of a BigTIFF file: their directories, one after the other, each read at once and nothing else.
//!
//! A stack may have a million pages, and a file may be anything: directories lie one behind the other, as `framegrab`
//! writes them, so a walk over them ends, and takes time in proportion to their number.

use crate::commands::recording::Extent;
use std::io::{self, Read, Seek, SeekFrom};

const HEADER_BYTES: u64 = 16;
const ENTRY_BYTES: u64 = 20;

/// More than `framegrab` writes.
const MOST_ENTRIES: u64 = 64;

/// Bytes that are read at once: a directory and the texts before it.
const WINDOW: u64 = 1024;

/// A page.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Page {
    pub(crate) width: u64,
    pub(crate) height: u64,
    /// Bits of a pixel.
    pub(crate) bits: u64,
    pub(crate) pixels: Option<Extent>,
    pub(crate) description: Option<Extent>,
    /// What the first page says of itself, where its description is that of all pages.
    pub(crate) own_description: Option<Extent>,
    /// A text of it would be beyond the end of the file.
    pub(crate) is_cut: bool,
    strips: u64,
    compression: Option<u64>,
}

/// Why there is no next page.
#[derive(Debug)]
pub(crate) enum Trouble {
    Io(io::Error),
    /// The file is none that `framegrab` writes.
    Foreign(String),
    /// The file is damaged or cut off.
    Broken(String),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The pages of a file.
#[derive(Debug)]
pub(crate) struct Pages<R> {
    file: R,
    length: u64,
    is_little: bool,
    /// Where the next directory is; 0 if there is none.
    next: u64,
    /// The end of the last directory.
    after: u64,
    /// The end of all that directories refer to.
    end: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl<R: Read + Seek> Pages<R> {
    pub(crate) fn open(mut file: R) -> Result<Self, Trouble> {
        let length = file.seek(SeekFrom::End(0))?;
        let (window, window_at) = (Vec::new(), 0);
        let (next, after, end) = (0, HEADER_BYTES, HEADER_BYTES);
        let mut this = Self { file, length, is_little: true, next, after, end, window, window_at };
        if length < HEADER_BYTES {
            return Err(Trouble::Foreign("it is too short for a BigTIFF file".to_owned()));
        }
        let header = this.read(Extent { at: 0, bytes: HEADER_BYTES })?.to_vec();
        this.is_little = match &header[..2] {
            b"II" => true,
            b"MM" => false,
            _ => return Err(Trouble::Foreign("it is no TIFF file".to_owned())),
        };
        match this.number(&header[2..4]) {
            43 => {}
            42 => {
                let what = "it is a classic TIFF file; framegrab writes and reads BigTIFF";
                return Err(Trouble::Foreign(what.to_owned()));
            }
            _ => return Err(Trouble::Foreign("it is no TIFF file".to_owned())),
        }
        // Where the first directory is.
        this.next = this.number(&header[8..]);
        Ok(this)
    }

    /// Returns whether numbers and pixels have their lowest byte first.
    pub(crate) fn is_little_endian(&self) -> bool {
        self.is_little
    }

    /// Returns the length of the file.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Returns the end of all that the pages so far refer to.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Reads the next page.
    pub(crate) fn next(&mut self) -> Result<Option<Page>, Trouble> {
        let at = self.next;
        if at == 0 {
            return Ok(None);
        }
        let broken = |what: &str| Trouble::Broken(format!("the directory at byte {at} {what}"));
        if at < self.after {
            return Err(broken("lies before the end of the one that leads to it"));
        }
        let beyond = || broken("reaches beyond the end of the file: the file was cut off");
        let head = Extent { at, bytes: 8 };
        if !head.is_within(self.length) {
            return Err(beyond());
        }
        let count = self.read(head)?.to_vec();
        let count = self.number(&count);
        if count > MOST_ENTRIES {
            return Err(broken(&format!("has {count} entries, more than framegrab writes")));
        }
        let entries = Extent { at: at + 8, bytes: count * ENTRY_BYTES + 8 };
        if !entries.is_within(self.length) {
            return Err(beyond());
        }
        let bytes = self.read(entries)?.to_vec();
        self.after = entries.at + entries.bytes;
        self.end = self.end.max(self.after);
        let (bytes, link) = bytes.split_at(bytes.len() - 8);
        self.next = self.number(link);
        let mut page = Page::default();
        let mut start = 0;
        let mut length = None;
        let positions = (entries.at..).step_by(20);
        for (entry, position) in bytes.chunks_exact(20).zip(positions) {
            let text = || self.text_of(entry, position);
            let number = || self.number_of(entry);
            match self.number(&entry[..2]) {
                256 => page.width = number(),
                257 => page.height = number(),
                258 => page.bits = number(),
                259 => page.compression = Some(number()),
                270 => page.description = text(),
                273 => (page.strips, start) = (self.number(&entry[4..12]), number()),
                279 => length = Some(number()),
                285 => page.own_description = text(),
                _ => {}
            }
        }
        page.pixels = length.map(|bytes| Extent { at: start, bytes });
        page.check()?;
        if page.pixels.is_some_and(|pixels| !pixels.is_within(self.length)) {
            return Err(broken("refers to pixels beyond the end of the file"));
        }
        for text in [&mut page.description, &mut page.own_description] {
            let length = self.length;
            page.is_cut |= text.take_if(|text| !text.is_within(length)).is_some();
        }
        let parts = [page.pixels, page.description, page.own_description];
        let ends = parts.into_iter().flatten().map(|part| part.at + part.bytes);
        self.end = ends.fold(self.end, u64::max);
        Ok(Some(page))
    }

    /// Reads at most so many bytes from the begin of a text.
    pub(crate) fn head(&mut self, text: Extent, most: u64) -> io::Result<&[u8]> {
        self.read(Extent { bytes: text.bytes.min(most), ..text })
    }

    /// Reads at most so many bytes from the end of a text.
    pub(crate) fn tail(&mut self, text: Extent, most: u64) -> io::Result<&[u8]> {
        let bytes = text.bytes.min(most);
        self.read(Extent { at: text.at + (text.bytes - bytes), bytes })
    }

    /// Reads a part of the file, which lies within it, from what was read last if that has it.
    fn read(&mut self, part: Extent) -> io::Result<&[u8]> {
        let window = Extent { at: self.window_at, bytes: self.window.len() as u64 };
        let is_there = part.at >= window.at && part.at + part.bytes <= window.at + window.bytes;
        if !is_there {
            // Texts lie before their directory.
            let at = part.at.saturating_sub(WINDOW / 2);
            let end = (part.at + part.bytes).max(at + WINDOW).min(self.length);
            self.window.resize(usize::try_from(end - at).unwrap_or(usize::MAX), 0);
            self.window_at = at;
            let read = self.file.seek(SeekFrom::Start(at));
            let read = read.and_then(|_| self.file.read_exact(&mut self.window));
            read.inspect_err(|_| self.window.clear())?;
        }
        let from = usize::try_from(part.at - self.window_at).unwrap_or(usize::MAX);
        let bytes = usize::try_from(part.bytes).unwrap_or(usize::MAX);
        Ok(&self.window[from..from + bytes])
    }

    fn number(&self, bytes: &[u8]) -> u64 {
        let join = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        if self.is_little { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) }
    }

    /// Returns the number of an entry that has one; 0 of another.
    fn number_of(&self, entry: &[u8]) -> u64 {
        if self.number(&entry[4..12]) != 1 {
            return 0;
        }
        match self.number(&entry[2..4]) {
            3 => self.number(&entry[12..14]),
            4 => self.number(&entry[12..16]),
            16 => self.number(&entry[12..20]),
            _ => 0,
        }
    }

    /// Returns where the text of an entry is, which lies at this position.
    fn text_of(&self, entry: &[u8], position: u64) -> Option<Extent> {
        let bytes = self.number(&entry[4..12]);
        let is_text = self.number(&entry[2..4]) == 2;
        // A short one is in the entry itself.
        let at = if bytes <= 8 { position + 12 } else { self.number(&entry[12..20]) };
        is_text.then_some(Extent { at, bytes })
    }
}

impl Page {
    /// Checks that it is of a kind that `framegrab` writes.
    fn check(&self) -> Result<(), Trouble> {
        let wrong = |what: String| Err(Trouble::Foreign(what));
        match self {
            Self { compression: Some(2..) | Some(0), .. } => {
                wrong("its pages are compressed, which framegrab does not write".to_owned())
            }
            Self { strips: 2.., .. } => {
                wrong("its pages have several strips, which framegrab does not write".to_owned())
            }
            Self { bits, .. } if ![8, 16].contains(bits) => {
                wrong(format!("its pixels have {bits} bits, not 8 or 16"))
            }
            Self { pixels: None, .. } => wrong("a page has no strip of pixels".to_owned()),
            _ => Ok(()),
        }
    }
}
