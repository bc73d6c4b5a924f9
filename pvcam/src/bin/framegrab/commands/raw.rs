//! Reading what stands beside a file of bare pixels: the sidecar, and the index with a line for each frame.

use crate::commands::recording::{About, Extent, Found, Frame, Row};
use serde::Deserialize;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Longer than any sidecar.
const LONGEST_SIDECAR: u64 = 1 << 20;

/// Longer than any line of an index.
const LONGEST_LINE: u64 = 1024;

/// A sidecar.
#[derive(Debug, Deserialize)]
struct Sidecar {
    format: String,
    version: u32,
    #[serde(flatten)]
    about: About,
}

/// Reads the sidecar and the index of a file of this length, and calls `each` with its frames in turn.
pub(crate) fn read(
    path: &Path,
    length: u64,
    each: &mut dyn FnMut(&Frame, &About) -> Result<(), String>,
) -> Result<Found, String> {
    let about = read_sidecar(&beside(path, ".json"))?;
    let bytes = about.frame_bytes().ok_or("its sidecar does not say how large a frame is")?;
    let frames = length / bytes;
    let mut problems = Vec::new();
    let rest = length % bytes;
    if rest > 0 {
        problems.push(format!("it ends within a frame: {rest} of {bytes} bytes are there"));
    }
    let pixels = |place: u64| (place < frames).then(|| Extent { at: place * bytes, bytes });
    let index = beside(path, ".csv");
    let mut rows = 0;
    let ended = match File::open(&index) {
        Ok(file) => Index::new(file).and_then(|mut index| {
            while let Some(row) = index.next()? {
                each(&Frame { row, pixels: pixels(rows) }, &about).map_err(Ended::Failed)?;
                rows += 1;
            }
            Ok(())
        }),
        Err(error) => Err(Ended::Wrong(error.to_string())),
    };
    match ended {
        Ok(()) if rows == frames => {}
        Ok(()) => {
            problems.push(format!("its index has {rows} frames, and its pixels are {frames}"))
        }
        Err(Ended::Wrong(what)) => {
            problems.push(format!("its index {}: {what}", index.display()));
        }
        Err(Ended::Failed(error)) => return Err(error),
    }
    for place in rows..frames {
        each(&Frame { row: Row::default(), pixels: pixels(place) }, &about)?;
    }
    problems.extend(ending(&about, frames));
    Ok(Found { about, frames, problems })
}

/// Says what is wrong by what the run has written at its end.
fn ending(about: &About, frames: u64) -> Vec<String> {
    let mut problems = Vec::new();
    let missing = about.missing.unwrap_or_default();
    match about.complete {
        Some(true) => {}
        Some(false) if missing > 0 => {
            problems.push(format!("the run that wrote it says that {missing} frames are missing"));
        }
        Some(false) => problems.push("the run that wrote it has failed".to_owned()),
        None => problems.push("the run that wrote it was killed, or goes on".to_owned()),
    }
    if let Some(recorded) = about.recorded.filter(|&recorded| recorded != frames) {
        problems.push(format!("its sidecar says {recorded} frames, and its pixels are {frames}"));
    }
    problems
}

/// Returns the name of a file that belongs to one.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn read_sidecar(path: &Path) -> Result<About, String> {
    let wrong = |what: String| format!("its sidecar {}: {what}", path.display());
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    let mut text = Vec::new();
    let read = file.take(LONGEST_SIDECAR).read_to_end(&mut text);
    read.map_err(|error| wrong(error.to_string()))?;
    let sidecar: Sidecar =
        serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
    if !sidecar.format.starts_with("framegrab") {
        return Err(wrong("it was not written by framegrab".to_owned()));
    }
    match sidecar.version {
        1 => Ok(sidecar.about),
        version => Err(wrong(format!("version {version}; this program reads version 1"))),
    }
}

/// Why an index is not read further.
enum Ended {
    Wrong(String),
    /// What was to be done with a frame has failed.
    Failed(String),
}

/// The lines of an index.
struct Index {
    file: BufReader<File>,
    line: Vec<u8>,
    number: u64,
    hardware_frame: usize,
    timestamp: usize,
}

impl Index {
    fn new(file: File) -> Result<Self, Ended> {
        let (hardware_frame, timestamp) = (0, 0);
        let file = BufReader::new(file);
        let mut this = Self { file, line: Vec::new(), number: 0, hardware_frame, timestamp };
        let header = this.line()?.unwrap_or_default();
        let place = |wanted: &str| {
            let found = header.split(',').position(|name| name == wanted);
            found.ok_or_else(|| Ended::Wrong(format!("its first line does not name {wanted}")))
        };
        let (hardware_frame, timestamp) = (place("hardware_frame")?, place("timestamp_ns")?);
        (this.hardware_frame, this.timestamp) = (hardware_frame, timestamp);
        Ok(this)
    }

    fn next(&mut self) -> Result<Option<Row>, Ended> {
        let Some(line) = self.line()? else { return Ok(None) };
        let values: Vec<Option<u64>> = line.split(',').map(|value| value.parse().ok()).collect();
        let value = |place: usize| values.get(place).copied().flatten();
        let row =
            Row { hardware_frame: value(self.hardware_frame), timestamp_ns: value(self.timestamp) };
        if row.hardware_frame.is_none() || row.timestamp_ns.is_none() {
            return Err(Ended::Wrong(format!("line {} is no frame", self.number)));
        }
        Ok(Some(row))
    }

    /// Reads a line; `None` at the end.
    fn line(&mut self) -> Result<Option<String>, Ended> {
        self.line.clear();
        self.number += 1;
        let mut limited = self.file.by_ref().take(LONGEST_LINE);
        let read = limited.read_until(b'\n', &mut self.line);
        read.map_err(|error| Ended::Wrong(error.to_string()))?;
        match self.line.split_last() {
            None => Ok(None),
            Some((b'\n', line)) => Ok(Some(String::from_utf8_lossy(line).into_owned())),
            Some(_) => Err(Ended::Wrong(format!("it ends within line {}", self.number))),
        }
    }
}
