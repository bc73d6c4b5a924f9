//! The index of a recording, a line for each frame, beside its pixels.

use crate::commands::recording::{About, Each, Frame, Place, Row};
use crate::commands::sidecar;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Longer than any line of an index.
const LONGEST_LINE: u64 = 1024;

/// Calls `each` with the frames of a recording in turn, `frames` of which have `pixels`; returns how index and pixels
/// disagree.
pub(crate) fn walk(
    path: &Path,
    frames: u64,
    about: &About,
    pixels: &mut dyn FnMut(u64) -> Option<Place>,
    each: &mut Each<'_>,
) -> Result<Vec<String>, String> {
    let mut rows = 0;
    let mut note = |row| {
        let pixels = if rows < frames { pixels(rows) } else { None };
        rows += 1;
        each(&Frame { row, pixels }, about)
    };
    let mut problems = Vec::new();
    match Index::open(path).and_then(|index| index.read(&mut note)) {
        Ok(()) => {}
        Err(Ended::Wrong(what)) => problems.push(format!("its index {}: {what}", path.display())),
        Err(Ended::Failed(error)) => return Err(error),
    }
    let indexed = rows;
    if problems.is_empty() && indexed != frames {
        problems.push(format!("its index has {indexed} frames, and its pixels are {frames}"));
    }
    let mut note = |place| each(&Frame { row: Row::default(), pixels: pixels(place) }, about);
    (indexed..frames).try_for_each(&mut note)?;
    Ok(problems)
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
    fn open(path: &Path) -> Result<Self, Ended> {
        let (hardware_frame, timestamp) = (0, 0);
        let file = sidecar::open(path).map_err(|error| Ended::Wrong(error.to_string()))?;
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

    fn read(mut self, each: &mut dyn FnMut(Row) -> Result<(), String>) -> Result<(), Ended> {
        while let Some(row) = self.next()? {
            each(row).map_err(Ended::Failed)?;
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Row>, Ended> {
        let Some(line) = self.line()? else { return Ok(None) };
        let values: Vec<Option<u64>> = line.split(',').map(|value| value.parse().ok()).collect();
        let value = |place: usize| values.get(place).copied().flatten();
        let (hardware_frame, time) = (value(self.hardware_frame), value(self.timestamp));
        if hardware_frame.is_none() || time.is_none() {
            return Err(Ended::Wrong(format!("line {} is no frame", self.number)));
        }
        Ok(Some(Row::of(hardware_frame, time)))
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
