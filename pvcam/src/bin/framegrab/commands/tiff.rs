//! Reading what a BigTIFF stack says: of itself in its first page, of each frame in the frame's page.

use crate::commands::directory::{Page, Pages, Trouble};
use crate::commands::recording::{About, Each, FEW, Found, Frame, Place, Row};
use crate::commands::sidecar;
use serde::Deserialize;
use std::fs::File;
use std::path::Path;
use std::rc::Rc;

/// Longer than what a page says of itself.
const LONGEST_PAGE_TEXT: u64 = 1 << 14;

/// Longer than what XML says before its planes, and after them.
const LONGEST_XML_END: u64 = 1 << 14;

/// What a page says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    hardware_frame: Option<u64>,
    timestamp_ns: Option<u64>,
    exposure_ns: Option<u64>,
    bit_depth: Option<u8>,
    region: Option<[u32; 4]>,
    binning: Option<[u16; 2]>,
    /// Of the first page: what it says of all of them.
    recording: Option<About>,
}

/// Reads the directories of a stack, and calls `each` with its frames in turn.
pub(crate) fn read(path: &Path, each: &mut Each<'_>) -> Result<Found, String> {
    let file = Rc::new(File::open(path).map_err(|error| error.to_string())?);
    let mut pages = Pages::open(&*file).map_err(said)?;
    let mut stack = Stack::of(Rc::clone(&file));
    loop {
        match pages.next() {
            Ok(None) => break,
            Ok(Some(page)) => stack.add(page, &mut pages, each)?,
            // The first page tells which files are framegrab's.
            Err(Trouble::Foreign(what)) if stack.found.frames > 0 => {
                stack.problem(format!("after {} pages: {what}", stack.found.frames));
                break;
            }
            Err(Trouble::Broken(what)) => {
                stack.problem(format!("after {} pages: {what}", stack.found.frames));
                break;
            }
            Err(trouble) => return Err(said(trouble)),
        }
    }
    stack.finish(&pages)
}

fn said(trouble: Trouble) -> String {
    match trouble {
        Trouble::Io(error) => error.to_string(),
        Trouble::Foreign(what) | Trouble::Broken(what) => what,
    }
}

struct Stack {
    file: Rc<File>,
    found: Found,
    /// Pages that do not say which frame they are.
    unsaid: u64,
}

impl Stack {
    fn of(file: Rc<File>) -> Self {
        let about = About::default();
        let problems = Vec::new();
        let found = Found { format: "BigTIFF", bytes: 0, about, frames: 0, problems };
        Self { file, found, unsaid: 0 }
    }

    fn problem(&mut self, problem: String) {
        if self.found.problems.len() < FEW {
            self.found.problems.push(problem);
        }
    }

    fn add(
        &mut self,
        page: Page,
        pages: &mut Pages<&File>,
        each: &mut Each<'_>,
    ) -> Result<(), String> {
        let place = self.found.frames;
        let text = page.own_description.or(page.description);
        let text = text.map(|text| pages.head(text, LONGEST_PAGE_TEXT)).transpose();
        let text = text.map_err(|error| error.to_string())?.unwrap_or_default();
        let said = serde_json::from_slice::<Said>(
            text.split(|&byte| byte == 0).next().unwrap_or_default(),
        )
        .ok();
        if place == 0 {
            let Some(said) = &said else {
                return Err("it was not written by framegrab: its first page does not say which \
                            frame it is"
                    .to_owned());
            };
            self.found.about = about(&page, said, pages);
            self.read_xml(&page, pages)?;
        }
        if page.is_cut {
            let what = "has a text beyond the end of the file: the file was cut off";
            self.problem(format!("page {place} {what}"));
        }
        let row = match said {
            Some(Said { hardware_frame, timestamp_ns, .. }) => {
                Row::of(hardware_frame, timestamp_ns)
            }
            None => {
                self.unsaid += 1;
                Row::default()
            }
        };
        let bytes = self.found.about.frame_bytes();
        let is_like_first = self.found.about.width.map(u64::from) == Some(page.width)
            && self.found.about.height.map(u64::from) == Some(page.height)
            && self.found.about.bytes_per_pixel.map(|bytes| u64::from(bytes) * 8)
                == Some(page.bits);
        let pixels = page.pixels.filter(|pixels| is_like_first && Some(pixels.bytes) == bytes);
        if pixels.is_none() {
            self.problem(format!("page {place} has another size than the first, or than it says"));
        }
        let pixels = pixels.map(|extent| Place { file: Rc::clone(&self.file), extent });
        self.found.frames += 1;
        each(&Frame { row, pixels }, &self.found.about)
    }

    /// Reads the XML of the first page, which is there if the run has ended in order.
    fn read_xml(&mut self, page: &Page, pages: &mut Pages<&File>) -> Result<(), String> {
        let Some(xml) = page.description else { return Ok(()) };
        let head = pages.head(xml, LONGEST_XML_END).map_err(|error| error.to_string())?;
        if !head.starts_with(b"<?xml") {
            return Ok(());
        }
        let text = String::from_utf8_lossy(head).into_owned();
        let count = between(&text, " SizeT=\"", "\"").and_then(|count| count.parse().ok());
        self.found.about.recorded = count;
        let tail = pages.tail(xml, LONGEST_XML_END).map_err(|error| error.to_string())?;
        annotate(&mut self.found.about, &String::from_utf8_lossy(tail));
        self.found.format = "OME-TIFF";
        Ok(())
    }

    fn finish(mut self, pages: &Pages<&File>) -> Result<Found, String> {
        self.found.bytes = pages.length();
        let frames = self.found.frames;
        if frames == 0 && self.found.problems.is_empty() {
            self.problem("there is no page in it".to_owned());
        }
        if self.unsaid > 0 {
            let unsaid = self.unsaid;
            self.problem(format!("{unsaid} pages do not say which frame they are"));
        }
        for problem in sidecar::ending(&self.found.about, frames) {
            self.problem(problem);
        }
        let trailing = pages.length() - pages.end();
        // Pages and texts begin at multiples of 8.
        if trailing >= 8 && self.found.problems.is_empty() {
            self.problem(format!("{trailing} bytes at its end belong to no page"));
        }
        Ok(self.found)
    }
}

fn about(page: &Page, said: &Said, pages: &Pages<&File>) -> About {
    About {
        width: u32::try_from(page.width).ok(),
        height: u32::try_from(page.height).ok(),
        bytes_per_pixel: u8::try_from(page.bits / 8).ok(),
        byte_order: Some(if pages.is_little_endian() { "little" } else { "big" }.to_owned()),
        bit_depth: said.bit_depth,
        region: said.region,
        binning: said.binning,
        exposure_ns: said.exposure_ns,
        ..said.recording.clone().unwrap_or_default()
    }
}

/// Reads the annotation at the end of the XML.
fn annotate(about: &mut About, xml: &str) {
    let value = |key: &str| between(xml, &format!("<M K=\"{key}\">"), "</M>");
    about.complete = value("complete").and_then(|text| text.parse().ok());
    about.missing = value("missing").and_then(|text| text.parse().ok());
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}
