//! `info` and `verify`: what is in a file that was recorded, and whether it is whole.

use crate::commands::raw;
use crate::commands::recording::{About, Extent, Found, Frame};
use crate::commands::report::Report;
use crate::commands::said::Said;
use crate::commands::series::Series;
use crate::commands::stamp::Pixels;
use crate::commands::tiff;
use clap::Args;
use std::error::Error;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Which file, and how to print what is in it.
#[derive(Debug, Args)]
pub(crate) struct Look {
    /// A file that framegrab has written, also a partial one: BigTIFF, or raw with what stands beside it
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// How a recording is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Tiff,
    Raw,
}

impl Format {
    /// Tells the format by the name, as the program that writes it does.
    fn of(path: &Path) -> Result<Self, String> {
        let there = fs::metadata(path).map_err(|error| error.to_string())?;
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        match extension.to_str() {
            _ if !there.is_file() => Err("it is no regular file".to_owned()),
            Some("tif" | "tiff") => Ok(Self::Tiff),
            Some("raw") => Ok(Self::Raw),
            _ => Err("the name ends in none of .tif, .tiff or .raw".to_owned()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Tiff => "BigTIFF",
            Self::Raw => "raw",
        }
    }
}

impl Look {
    /// Says what is in the file, without reading its pixels.
    pub(crate) fn info(&self) -> Result<Said, Box<dyn Error>> {
        self.look(false)
    }

    /// Reads everything in the file; the command fails if it is not whole.
    pub(crate) fn verify(&self) -> Result<Said, Box<dyn Error>> {
        self.look(true)
    }

    fn look(&self, reads_pixels: bool) -> Result<Said, Box<dyn Error>> {
        let file = self.file.display();
        let report = report_of(&self.file, reads_pixels);
        let report = report.map_err(|error| format!("{file} cannot be read: {error}"))?;
        let text =
            if self.json { serde_json::to_string_pretty(&report)? } else { report.to_string() };
        let failure = match report.problems.as_slice() {
            [first, more @ ..] if reads_pixels => {
                let more = match more.len() {
                    0 => String::new(),
                    count => format!("; and {count} more problems"),
                };
                Some(format!("{file} is not whole: {first}{more}"))
            }
            _ => None,
        };
        Ok(Said { text, failure })
    }
}

fn report_of(path: &Path, reads_pixels: bool) -> Result<Report, String> {
    let format = Format::of(path)?;
    let open = || File::open(path).map_err(|error| error.to_string());
    let file = open()?;
    let bytes = file.metadata().map_err(|error| error.to_string())?.len();
    let mut series = Series::default();
    let mut reader = reads_pixels.then(open).transpose()?.map(Reader::new);
    let mut each = |frame: &Frame, about: &About| {
        series.note(&frame.row);
        match (&mut reader, frame.pixels) {
            (Some(reader), Some(pixels)) => return reader.read(frame, pixels, about),
            (Some(reader), None) => reader.pixels.note_absent(),
            (None, _) => {}
        }
        Ok(())
    };
    let Found { about, frames, mut problems } = match format {
        Format::Tiff => tiff::read(file, &mut each)?,
        Format::Raw => raw::read(path, bytes, &mut each)?,
    };
    let order = series.finish();
    let pixels = reader.map(|reader| reader.pixels.finish());
    problems.extend(pixels.iter().flat_map(Pixels::problems));
    problems.extend(order.problems(about.timestamp_resolution_ns));
    Ok(Report {
        file: path.display().to_string(),
        format: format.name(),
        bytes,
        frames,
        about,
        order,
        whole: pixels.as_ref().map(|_| problems.is_empty()),
        pixels,
        problems,
    })
}

/// Reads the pixels of a file, a frame at a time.
struct Reader {
    file: File,
    frame: Vec<u8>,
    pixels: Pixels,
}

impl Reader {
    fn new(file: File) -> Self {
        Self { file, frame: Vec::new(), pixels: Pixels::default() }
    }

    fn read(&mut self, frame: &Frame, pixels: Extent, about: &About) -> Result<(), String> {
        // No more than the file has, as was checked.
        let bytes = usize::try_from(pixels.bytes).map_err(|error| error.to_string())?;
        if bytes > self.frame.len() {
            let more = bytes - self.frame.len();
            self.frame.try_reserve_exact(more).map_err(|error| error.to_string())?;
        }
        self.frame.resize(bytes, 0);
        let read = self.file.seek(SeekFrom::Start(pixels.at));
        let read = read.and_then(|_| self.file.read_exact(&mut self.frame));
        read.map_err(|error| error.to_string())?;
        match (about.bytes_per_pixel, about.width, about.height) {
            (Some(2), Some(width), Some(height)) => {
                if !about.is_native() {
                    self.frame.chunks_exact_mut(2).for_each(<[u8]>::reverse);
                }
                self.pixels.note(&self.frame, width, height, frame.row.hardware_frame);
            }
            _ => self.pixels.note_other(),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
