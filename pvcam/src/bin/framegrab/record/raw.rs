//! Bare pixels, frame after frame; what they are stands beside them.
//!
//! ```text
//!   x.raw        pixels | pixels | pixels | ..
//!   x.raw.csv    the index: a line a frame
//!   x.raw.json   the camera, the settings, the beginning, and at the end whether frames are missing
//! ```

use crate::record::about::{About, Ending};
use crate::record::disk::Disk;
use crate::record::index::Index;
use framepool::FrameView;
use serde::Serialize;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::Path;

/// A file of pixels, its index and its sidecar.
#[derive(Debug)]
pub(crate) struct Raw {
    disk: Disk,
    index: Index,
    sidecar: File,
    /// The end of the last frame.
    end: u64,
}

/// The sidecar.
#[derive(Debug, Serialize)]
struct Sidecar<'a> {
    #[serde(flatten)]
    about: &'a About,
    /// The file's name.
    index: Option<String>,
    /// `None`, as the next two, until the run has ended in order.
    frames: Option<u64>,
    complete: Option<bool>,
    missing: Option<u64>,
}

impl Raw {
    pub(crate) fn begin(disk: Disk, index: Index, sidecar: File) -> Self {
        Self { disk, index, sidecar, end: 0 }
    }

    /// Returns the end of the last frame, in bytes.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    pub(crate) fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Appends a frame. After an error the file may end within a frame.
    pub(crate) fn append(&mut self, frame: FrameView<'_>) -> io::Result<()> {
        self.disk.put_pixels(self.end, frame.bytes())?;
        self.index.append(frame.meta())?;
        self.end += frame.bytes().len() as u64;
        Ok(())
    }

    /// Writes the sidecar of a recording that is to have this name.
    pub(crate) fn describe(
        &mut self,
        about: &About,
        name: &Path,
        ending: Option<Ending>,
    ) -> io::Result<()> {
        let name = name.file_name().unwrap_or_default();
        let sidecar = Sidecar {
            about,
            index: Some(format!("{}.csv", name.to_string_lossy())),
            frames: ending.map(|_| self.index.rows()),
            complete: ending.map(|ending| ending.complete),
            missing: ending.map(|ending| ending.missing),
        };
        if ending.is_some() {
            self.index.sync()?;
        }
        let mut text = serde_json::to_vec_pretty(&sidecar)?;
        text.push(b'\n');
        self.sidecar.rewind()?;
        self.sidecar.write_all(&text)?;
        self.sidecar.set_len(text.len() as u64)?;
        if ending.is_some() {
            self.sidecar.sync_all()?;
        }
        Ok(())
    }
}
