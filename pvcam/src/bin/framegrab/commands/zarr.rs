//! Reading an OME-Zarr folder: shards of bare frames, each with a table of where they are.
//!
//! ```text
//!   x.ome.zarr/zarr.json        the group: the camera and the settings
//!              frames.csv       the index
//!              0/zarr.json      the array: how many frames there are, and how many in a shard
//!              0/c/<shard>/0/0  | offset and bytes of each frame, checksum | frame | frame | ..
//! ```

use crate::commands::index;
use crate::commands::recording::{Each, Extent, Found, Place};
use crate::commands::sidecar::{self, Sidecar};
use serde::Deserialize;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// More frames than are in a shard, so that its table is not too long for memory.
const MOST_FRAMES: u64 = 1 << 20;

#[derive(Deserialize)]
struct Group {
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    framegrab: Sidecar,
}

#[derive(Deserialize)]
struct Array {
    /// Frames, rows and columns.
    shape: [u64; 3],
    chunk_grid: Grid,
}

#[derive(Deserialize)]
struct Grid {
    configuration: Configuration,
}

#[derive(Deserialize)]
struct Configuration {
    chunk_shape: [u64; 3],
}

/// Calls `each` with the frames of a folder in turn.
pub(crate) fn read(folder: &Path, each: &mut Each<'_>) -> Result<Found, String> {
    let wrong = |path: &Path, what: String| format!("its {}: {what}", path.display());
    let description = folder.join("zarr.json");
    let about = sidecar::read::<Group>(&description);
    let about = about.and_then(|group| group.attributes.framegrab.about());
    let about = about.map_err(|what| wrong(&description, what))?;
    let frame_bytes = about.frame_bytes().ok_or("it does not say how large a frame is")?;
    let description = folder.join("0").join("zarr.json");
    let array = sidecar::read::<Array>(&description).map_err(|what| wrong(&description, what))?;
    let [frames, height, width] = array.shape;
    let [per_shard, ..] = array.chunk_grid.configuration.chunk_shape;
    let size = about.height.map(u64::from).zip(about.width.map(u64::from));
    if size != Some((height, width)) || !(1..=MOST_FRAMES).contains(&per_shard) {
        return Err(wrong(&description, "it is not as framegrab writes it".to_owned()));
    }
    let mut shards = Shards {
        folder: folder.join("0").join("c"),
        frame_bytes,
        per_shard,
        newest: None,
        bytes: 0,
        problems: Vec::new(),
    };
    // What no shard has is not in the array, however many frames it says.
    let there = shards.count(frames);
    let mut problems = Vec::new();
    if there < frames {
        problems.push(format!("its array says {frames} frames, and {there} are in its shards"));
    }
    let mut pixels = |place| shards.find(place);
    let index = folder.join("frames.csv");
    problems.extend(index::walk(&index, there, &about, &mut pixels, each)?);
    problems.extend(sidecar::ending(&about, frames));
    problems.splice(..0, shards.problems);
    Ok(Found { format: "OME-Zarr", bytes: shards.bytes, about, frames: there, problems })
}

/// The shards of an array, of which one is open at a time.
struct Shards {
    folder: PathBuf,
    frame_bytes: u64,
    per_shard: u64,
    newest: Option<(u64, Option<Shard>)>,
    /// Of all shards.
    bytes: u64,
    problems: Vec<String>,
}

struct Shard {
    file: Rc<File>,
    length: u64,
    /// Offset and bytes of each frame.
    table: Vec<u8>,
}

impl Shards {
    fn path(&self, shard: u64) -> PathBuf {
        self.folder.join(shard.to_string()).join("0").join("0")
    }

    /// Returns how many of so many frames the shards that are there can have.
    fn count(&mut self, frames: u64) -> u64 {
        for shard in 0..frames.div_ceil(self.per_shard) {
            match self.path(shard).metadata() {
                Ok(there) if there.is_file() => self.bytes = self.bytes.saturating_add(there.len()),
                _ => {
                    self.problems
                        .push(format!("its shard {} is missing", self.path(shard).display()));
                    return shard * self.per_shard;
                }
            }
        }
        frames
    }

    /// Returns where the pixels of a frame are; `None` if they are not in its shard.
    fn find(&mut self, place: u64) -> Option<Place> {
        let number = place / self.per_shard;
        if self.newest.as_ref().is_none_or(|(newest, _)| *newest != number) {
            let shard = Shard::open(&self.path(number), self.per_shard);
            let shard = shard.map_err(|what| {
                self.problems.push(format!("its shard {}: {what}", self.path(number).display()));
            });
            self.newest = Some((number, shard.ok()));
        }
        let (_, Some(shard)) = self.newest.as_ref()? else { return None };
        let found = shard.find(place % self.per_shard);
        let found = found.filter(|found| found.extent.bytes == self.frame_bytes);
        if found.is_none() && self.problems.is_empty() {
            self.problems.push(format!("frame {place} is not in its shard"));
        }
        found
    }
}

impl Shard {
    fn open(path: &Path, frames: u64) -> Result<Self, String> {
        let mut file = File::open(path).map_err(|error| error.to_string())?;
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        let bytes = frames * 16 + 4;
        if length < bytes {
            return Err("it is shorter than its table".to_owned());
        }
        let mut table = vec![0; usize::try_from(bytes).map_err(|error| error.to_string())?];
        file.read_exact(&mut table).map_err(|error| error.to_string())?;
        let sum = table.split_off(table.len() - 4);
        if crc32c::crc32c(&table).to_le_bytes() != *sum {
            return Err("its table has another checksum than it says".to_owned());
        }
        Ok(Self { file: Rc::new(file), length, table })
    }

    fn find(&self, place: u64) -> Option<Place> {
        let entry = usize::try_from(place).ok()?.checked_mul(16)?;
        let number = |at: usize| {
            let bytes = self.table.get(at..at + 8)?.try_into().ok()?;
            Some(u64::from_le_bytes(bytes))
        };
        let extent = Extent { at: number(entry)?, bytes: number(entry + 8)? };
        extent.is_within(self.length).then(|| Place { file: Rc::clone(&self.file), extent })
    }
}
