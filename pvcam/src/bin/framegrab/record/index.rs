//! The index of frames: a line for each frame that was saved, as comma-separated values.

use framepool::FrameMeta;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, Write};

const HEADER: &str = "frame,hardware_frame,timestamp_ns,arrival_ns,exposure_ns\n";

/// Longer than any line.
const LONGEST: usize = 128;

/// An index that lines are appended to. Appending allocates nothing.
#[derive(Debug)]
pub(crate) struct Index {
    file: File,
    line: Vec<u8>,
    rows: u64,
    /// Bytes of the lines so far.
    end: u64,
}

/// What an index says of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) timestamp_ns: u64,
    pub(crate) exposure_ns: u64,
}

impl Index {
    /// Begins an index in an empty file.
    pub(crate) fn begin(mut file: File) -> io::Result<Self> {
        file.write_all(HEADER.as_bytes())?;
        let line = Vec::with_capacity(LONGEST);
        Ok(Self { file, line, rows: 0, end: HEADER.len() as u64 })
    }

    /// Appends a frame. A line that was not written to its end is cut off.
    pub(crate) fn append(&mut self, frame: &FrameMeta) -> io::Result<()> {
        self.line.clear();
        writeln!(
            self.line,
            "{},{},{},{},{}",
            frame.number,
            frame.hardware_number,
            frame.timestamp_ns,
            frame.arrival_ns,
            frame.exposure_ns
        )?;
        self.file.write_all(&self.line).inspect_err(|_| drop(self.file.set_len(self.end)))?;
        self.end += self.line.len() as u64;
        self.rows += 1;
        Ok(())
    }

    /// Takes the last line back: its frame could not be saved.
    pub(crate) fn undo(&mut self) {
        self.end -= self.line.len() as u64;
        self.rows -= 1;
        self.line.clear();
        if let Err(error) = self.file.set_len(self.end) {
            tracing::warn!(%error, "the index has a line without a frame");
        }
    }

    /// Returns the number of frames.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Makes sure that the lines are on the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Reads the lines again from the first.
    pub(crate) fn read(&mut self) -> io::Result<impl Iterator<Item = io::Result<Row>>> {
        self.file.rewind()?;
        Ok(BufReader::new(&mut self.file).lines().skip(1).map(|line| {
            let line = line?;
            let mut numbers = line.split(',').skip(2).map(str::parse);
            let mut next = || numbers.next().and_then(Result::ok);
            let (timestamp_ns, _arrival, exposure_ns) = (next(), next(), next());
            timestamp_ns
                .zip(exposure_ns)
                .map(|(timestamp_ns, exposure_ns)| Row { timestamp_ns, exposure_ns })
                .ok_or_else(|| io::ErrorKind::InvalidData.into())
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_appended_is_read() {
        let mut index = Index::begin(tempfile::tempfile().unwrap()).unwrap();
        let mut frame = FrameMeta::new(4, 2, 16);
        for number in [1, 2, u64::MAX] {
            frame.number = number;
            (frame.timestamp_ns, frame.exposure_ns) = (number, u64::MAX - number);
            frame.arrival_ns = u64::MAX;
            index.append(&frame).unwrap();
        }
        index.append(&frame).unwrap();
        index.undo();
        let rows: Vec<_> = index.read().unwrap().map(|row| row.unwrap().timestamp_ns).collect();
        assert_eq!((rows, index.rows()), (vec![1, 2, u64::MAX], 3));
        assert!(index.line.capacity() == LONGEST && index.line.len() < LONGEST);
    }
}
