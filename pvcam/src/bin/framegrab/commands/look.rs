//! `info` and `verify`: what is in a file that was recorded, and whether it is whole.

use crate::commands::raw;
use crate::commands::recording::{About, Each, Found, Frame, Place};
use crate::commands::report::Report;
use crate::commands::said::Said;
use crate::commands::series::Series;
use crate::commands::stamp::Pixels;
use crate::commands::tiff;
use crate::commands::zarr;
use clap::Args;
use std::error::Error;
use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Which file, and how to print what is in it.
#[derive(Debug, Args)]
pub(crate) struct Look {
    /// A file that framegrab has written, or its OME-Zarr folder; also a partial one. What stands beside a raw file is
    /// read with it
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// Reads what a recording says, by its name's ending, as the program that writes it does.
fn read(path: &Path, each: &mut Each<'_>) -> Result<Found, String> {
    let there = fs::metadata(path).map_err(|error| error.to_string())?;
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    match extension.to_str() {
        Some("zarr") if there.is_dir() => zarr::read(path, each),
        _ if !there.is_file() => Err("it is no regular file".to_owned()),
        Some("tif" | "tiff") => tiff::read(path, each),
        Some("raw") => raw::read(path, each),
        _ => Err("the name ends in none of .tif, .tiff, .raw or .zarr".to_owned()),
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
    let mut series = Series::default();
    let mut reader = reads_pixels.then(Reader::default);
    let mut each = |frame: &Frame, about: &About| {
        series.note(&frame.row);
        reader.as_mut().map_or(Ok(()), |reader| reader.read(frame, about))
    };
    let Found { format, bytes, about, frames, mut problems } = read(path, &mut each)?;
    let order = series.finish();
    let pixels = reader.map(|reader| reader.pixels.finish());
    problems.extend(pixels.iter().flat_map(Pixels::problems));
    problems.extend(order.problems(about.timestamp_resolution_ns));
    Ok(Report {
        file: path.display().to_string(),
        format,
        bytes,
        frames,
        about,
        order,
        whole: pixels.as_ref().map(|_| problems.is_empty()),
        pixels,
        problems,
    })
}

/// Reads the pixels of a recording, a frame at a time.
#[derive(Default)]
struct Reader {
    frame: Vec<u8>,
    pixels: Pixels,
}

impl Reader {
    fn read(&mut self, frame: &Frame, about: &About) -> Result<(), String> {
        let Some(Place { file, extent }) = &frame.pixels else {
            self.pixels.note_absent();
            return Ok(());
        };
        // No more than the file has, as was checked.
        let bytes = usize::try_from(extent.bytes).map_err(|error| error.to_string())?;
        let more = bytes.saturating_sub(self.frame.len());
        self.frame.try_reserve_exact(more).map_err(|error| error.to_string())?;
        self.frame.resize(bytes, 0);
        let mut file = &**file;
        let read = file.seek(SeekFrom::Start(extent.at));
        let read = read.and_then(|_| file.read_exact(&mut self.frame));
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
