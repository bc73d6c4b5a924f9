//! What a recording says of itself in JSON: beside a raw file, or in the description of a Zarr group.

use crate::commands::recording::About;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Longer than any description.
const LONGEST: u64 = 1 << 20;

/// The description of a recording.
#[derive(Debug, Deserialize)]
pub(crate) struct Sidecar {
    format: String,
    version: u32,
    #[serde(flatten)]
    about: About,
}

impl Sidecar {
    /// Returns what it says, if it is of a version that this program knows.
    pub(crate) fn about(self) -> Result<About, String> {
        match self.version {
            _ if !self.format.starts_with("framegrab") => {
                Err("it was not written by framegrab".to_owned())
            }
            1 => Ok(self.about),
            version => Err(format!("version {version}; this program reads version 1")),
        }
    }
}

/// Opens a regular file, and does not wait for another end of a FIFO.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.read(true).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no file")) }
}

/// Reads JSON from a file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let file = open(path).map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text).map_err(|error| error.to_string())?;
    serde_json::from_slice(&text).map_err(|error| error.to_string())
}

/// Says what is wrong by what the run has written at its end.
pub(crate) fn ending(about: &About, frames: u64) -> Vec<String> {
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
        problems.push(format!("the run says {recorded} frames, and its pixels are {frames}"));
    }
    problems
}
