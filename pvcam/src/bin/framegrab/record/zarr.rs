//! OME-Zarr 0.5: an array of frames in shards of whole, bare frames.
//!
//! ```text
//!   x.ome.zarr/zarr.json        the group: axes and scales, the camera and the settings
//!              frames.csv       the index: a line a frame
//!              0/zarr.json      the array: its shape is patched as frames come
//!              0/c/<shard>/0/0  | where each frame is | frame | frame | ..
//! ```
//!
//! A shard begins with its table, so that it can be read while it is filled: what a killed run leaves has all of its frames.

use crate::record::about::{About, Ending};
use crate::record::disk::{BLOCK, Disk};
use crate::record::index::Index;
use crate::record::keeper;
use framepool::FrameView;
use serde_json::json;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A shard has about so many bytes,
const SHARD_BYTES: u64 = 256 << 20;
/// and at most so many frames: its table is written with each of them, within a block, so that it is never half old and half new.
const MOST_FRAMES: u64 = (BLOCK as u64 - 4) / 16;
/// Digits of the number of frames in the shape.
const DIGITS: usize = 20;

/// An array that frames are appended to. Appending allocates nothing.
#[derive(Debug)]
pub(crate) struct Zarr {
    folder: PathBuf,
    is_direct: bool,
    /// The array's description, and where it says how many frames there are.
    array: Disk,
    shape_at: u64,
    index: Index,
    /// The path of the shards, with room for any of them.
    path: PathBuf,
    name: String,
    shard: Option<Shard>,
    frames_per_shard: u64,
    frame_bytes: u64,
    frames: u64,
    table: Vec<u8>,
}

#[derive(Debug)]
struct Shard {
    disk: Disk,
    frames: u64,
    end: u64,
}

impl Zarr {
    /// Begins an array of frames of so many bytes in an empty folder, written past the page cache if it `is_direct`.
    pub(crate) fn begin(
        folder: &Path,
        about: &About,
        frame_bytes: u64,
        expected: Option<u64>,
        is_direct: bool,
    ) -> io::Result<Self> {
        let fitting = (SHARD_BYTES / frame_bytes.max(1)).clamp(1, MOST_FRAMES);
        let frames_per_shard = fitting.min(expected.unwrap_or(u64::MAX)).max(1);
        let mut path = folder.join("0");
        fs::create_dir(&path)?;
        let (text, shape_at) = array(about, frames_per_shard);
        let array = Disk::new(create(&path.join("zarr.json"))?, 0);
        array.put(0, text.as_bytes())?;
        path.push("c");
        fs::create_dir(&path)?;
        path.reserve(64);
        describe(folder, about, None)?;
        Ok(Self {
            is_direct,
            array,
            shape_at: shape_at as u64,
            index: Index::begin(create(&folder.join("frames.csv"))?)?,
            folder: folder.to_owned(),
            path,
            name: String::with_capacity(DIGITS),
            shard: None,
            frames_per_shard,
            frame_bytes,
            frames: 0,
            table: Vec::with_capacity(table_bytes(frames_per_shard)),
        })
    }

    /// Appends a frame. After an error the last shard may end within a frame, which no table names.
    pub(crate) fn append(&mut self, frame: FrameView<'_>) -> io::Result<()> {
        let pixels = frame.bytes();
        if pixels.len() as u64 != self.frame_bytes {
            let what = format!("the frame has {} bytes, not {}", pixels.len(), self.frame_bytes);
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        if self.shard.as_ref().is_none_or(|shard| shard.frames == self.frames_per_shard) {
            self.shard = Some(self.next_shard()?);
        }
        let Some(shard) = &mut self.shard else { return Ok(()) };
        shard.disk.put_pixels(shard.end, pixels)?;
        self.index.append(frame.meta())?;
        let entry = usize::try_from(shard.frames * 16).unwrap_or_default();
        self.table[entry..][..8].copy_from_slice(&shard.end.to_le_bytes());
        self.table[entry + 8..][..8].copy_from_slice(&self.frame_bytes.to_le_bytes());
        shard.frames += 1;
        shard.end = (shard.end + self.frame_bytes).next_multiple_of(BLOCK as u64);
        self.frames += 1;
        // The index has the frames that are told of, and no others.
        self.tell().inspect_err(|_| {
            self.frames -= 1;
            self.index.undo();
        })
    }

    /// Writes the table and the shape.
    fn tell(&mut self) -> io::Result<()> {
        let Some(shard) = &self.shard else { return Ok(()) };
        let entries = self.table.len() - 4;
        let sum = crc32c::crc32c(&self.table[..entries]);
        self.table[entries..].copy_from_slice(&sum.to_le_bytes());
        shard.disk.put(0, &self.table)?;
        self.name.clear();
        // A String takes anything.
        let _written = write!(self.name, "{:DIGITS$}", self.frames);
        self.array.put(self.shape_at, self.name.as_bytes())
    }

    /// Makes the file of the next shard, with an empty table.
    fn next_shard(&mut self) -> io::Result<Shard> {
        self.name.clear();
        // A String takes anything.
        let _written = write!(self.name, "{}", self.frames / self.frames_per_shard);
        self.path.push(&self.name);
        let made = fs::create_dir(&self.path).and_then(|()| {
            self.path.push("0");
            fs::create_dir(&self.path)?;
            self.path.push("0");
            create(&self.path)
        });
        self.path.pop();
        self.path.pop();
        self.path.pop();
        let stride = self.frame_bytes.next_multiple_of(BLOCK as u64);
        let first = (table_bytes(self.frames_per_shard) as u64).next_multiple_of(BLOCK as u64);
        let mut disk = Disk::new(made?, first + stride * self.frames_per_shard);
        if self.is_direct {
            disk.go_direct();
        }
        self.table.clear();
        self.table.resize(table_bytes(self.frames_per_shard), 0xff);
        Ok(Shard { disk, frames: 0, end: first })
    }

    /// Cuts off what no table names.
    pub(crate) fn cut(&mut self) -> io::Result<()> {
        let Some(shard) = &self.shard else { return Ok(()) };
        shard.disk.cut(shard.end)
    }

    /// Ends the array: all tables, the shape and the group say what there is.
    pub(crate) fn finish(&mut self, about: &About, ending: Ending) -> io::Result<()> {
        keeper::sync_folder(&File::open(&self.folder)?)?;
        // When all that it tells of is on the disk.
        describe(&self.folder, about, Some((self.frames, ending)))?;
        keeper::sync_folder(&File::open(&self.folder)?)
    }
}

/// Returns the bytes of a shard's table: an offset and a length for each frame, and a checksum.
fn table_bytes(frames: u64) -> usize {
    usize::try_from(frames * 16 + 4).unwrap_or_default()
}

fn create(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create_new(true).open(path)
}

/// Describes the array, which has no frame yet. The number of frames has room to grow, at the place that is returned.
fn array(about: &About, frames_per_shard: u64) -> (String, usize) {
    const FRAMES: &str = "\"frames\"";
    let is_bytes = about.bytes_per_pixel == 1;
    let codec = if is_bytes {
        json!({"name": "bytes"})
    } else {
        json!({"name": "bytes", "configuration": {"endian": about.byte_order}})
    };
    let text = json!({
        "zarr_format": 3,
        "node_type": "array",
        "shape": ["frames", about.height, about.width],
        "data_type": if is_bytes { "uint8" } else { "uint16" },
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": [frames_per_shard, about.height, about.width]},
        },
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [{
            "name": "sharding_indexed",
            "configuration": {
                "chunk_shape": [1, about.height, about.width],
                "codecs": [codec],
                "index_codecs": [
                    {"name": "bytes", "configuration": {"endian": "little"}},
                    {"name": "crc32c"},
                ],
                "index_location": "start",
            },
        }],
        "dimension_names": ["t", "y", "x"],
        "attributes": {},
    });
    let text = format!("{text:#}\n");
    let at = text.find(FRAMES).unwrap_or_default();
    (text.replacen(FRAMES, &format!("{:DIGITS$}", 0), 1), at)
}

/// Describes the group; once it has ended, with the number of its frames.
fn describe(folder: &Path, about: &About, ending: Option<(u64, Ending)>) -> io::Result<()> {
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    let period = about.period_ns as f64 / 1e9;
    let [across, down] = about.pixel_um().unwrap_or([1.0, 1.0]);
    let space = |name| match about.camera.pixel_nm {
        Some(_) => json!({"name": name, "type": "space", "unit": "micrometer"}),
        None => json!({"name": name, "type": "space"}),
    };
    let mut own = serde_json::to_value(about)?;
    own["frames"] = json!(ending.map(|(frames, _)| frames));
    own["complete"] = json!(ending.map(|(_, ending)| ending.complete));
    own["missing"] = json!(ending.map(|(_, ending)| ending.missing));
    let group = json!({
        "zarr_format": 3,
        "node_type": "group",
        "attributes": {
            "ome": {
                "version": "0.5",
                "multiscales": [{
                    "name": about.camera.name,
                    "axes": [{"name": "t", "type": "time", "unit": "second"}, space("y"), space("x")],
                    "datasets": [{
                        "path": "0",
                        "coordinateTransformations": [{"type": "scale", "scale": [period, down, across]}],
                    }],
                }],
            },
            "framegrab": own,
        },
    });
    // In one step: a power cut leaves the old description or the new one.
    let (new, path) = (folder.join("zarr.json.new"), folder.join("zarr.json"));
    fs::write(&new, format!("{group:#}\n"))?;
    if ending.is_some() {
        File::open(&new)?.sync_all()?;
    }
    fs::rename(new, path)
}
