//! `framegrab disk`: how fast a disk takes frames, by the code that saves them.

use crate::expense::Expense;
use crate::record::about::{About, Camera};
use crate::record::destination::Destination;
use crate::record::output::Output;
use crate::record::recording::Plan;
use crate::record::room::{self, Size};
use crate::stop::Stop;
use clap::{Args, ValueEnum};
use framepool::{FrameMeta, FramePool, FrameView};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Buffers that take turns, as those of a pool do.
const BUFFERS: usize = 8;

/// Where is written, and how.
#[derive(Debug, Args)]
pub(crate) struct DiskOptions {
    /// A folder on the disk; a file is written there, and removed again
    folder: PathBuf,

    /// The format of the recording
    #[arg(long, value_enum, default_value_t = Format::Tif)]
    format: Format,

    /// Width and height of the frames, pixels of 16 bits
    #[arg(long, value_name = "W,H", default_value = "2048,2048", value_parser = dimensions)]
    frame: (u32, u32),

    /// How many frames are written
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(2..))]
    frames: u64,

    /// Write pixels past the page cache
    #[arg(long)]
    direct: bool,

    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Tif,
    Raw,
    Zarr,
}

/// What was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Speed {
    frames: u64,
    frame_bytes: usize,
    /// Until all frames were written, and then until they were on the disk.
    write_seconds: f64,
    sync_seconds: f64,
    /// Of both.
    megabytes_per_second: f64,
    frames_per_second: f64,
    /// The longest write of a frame, milliseconds.
    longest_ms: f64,
    heap_allocations_per_frame: f64,
    page_faults_per_frame: Option<f64>,
}

impl DiskOptions {
    /// Refuses a folder that cannot be measured.
    pub(crate) fn check(&self) -> Result<(), String> {
        let there = std::fs::metadata(&self.folder);
        let there = there.map_err(|error| format!("{}: {error}", self.folder.display()))?;
        if !there.is_dir() {
            return Err(format!("{} is no folder", self.folder.display()));
        }
        room::check(&self.folder, self.frames.saturating_mul(self.frame_bytes() as u64))
    }

    fn frame_bytes(&self) -> usize {
        let (width, height) = self.frame;
        FrameMeta::new(width, height, 16).bytes_per_row() * height as usize
    }

    /// Writes a recording, and removes it.
    #[expect(clippy::cast_precision_loss, reason = "rates")]
    pub(crate) fn measure(&self, stop: &Stop) -> Result<Speed, String> {
        let (width, height) = self.frame;
        let mut meta = FrameMeta::new(width, height, 16);
        let frame_bytes = self.frame_bytes();
        let bytes = self.frames.saturating_mul(frame_bytes as u64);
        let pool = FramePool::try_new(BUFFERS, frame_bytes).map_err(|error| error.to_string())?;
        let mut buffers: Vec<_> = std::iter::from_fn(|| pool.try_acquire()).collect();
        for (buffer, number) in buffers.iter_mut().zip(1_u8..) {
            // No disk is to find that the frames are all alike.
            let mut state = u64::from(number);
            for pixels in buffer.chunks_exact_mut(8) {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                pixels.copy_from_slice(&state.to_ne_bytes());
            }
        }
        // A folder of its own, which is removed with what is in it, also after an error.
        let folder = tempfile::tempdir_in(&self.folder)
            .map_err(|error| format!("cannot write to {}: {error}", self.folder.display()))?;
        let name = match self.format {
            Format::Tif => "x.tif",
            Format::Raw => "x.raw",
            Format::Zarr => "x.zarr",
        };
        let (second, none) = (Duration::from_secs(1), Camera::default());
        let about = About::of(&meta, none, "none", "none", second, Duration::ZERO);
        let plan = Plan {
            about,
            frame_bytes: frame_bytes as u64,
            frames: Some(self.frames),
            is_direct: self.direct,
            is_from_the_first: true,
        };
        let destination = Destination::check(&folder.path().join(name), false, false)?;
        let mut output = Output::create(destination, plan, None, false)?;

        let start = Instant::now();
        // Looking is in memory from now on: the first look causes a page fault itself.
        let (mut longest, mut before) = (Duration::ZERO, Expense::so_far());
        for (buffer, number) in buffers.iter().cycle().zip(1..=self.frames) {
            if stop.is_asked() {
                return Err("interrupted".to_owned());
            }
            let begun = Instant::now();
            meta.number = number;
            meta.hardware_number = u32::try_from(number).unwrap_or(u32::MAX);
            output.save(FrameView::new(&meta, buffer));
            longest = longest.max(begun.elapsed());
            if number == 1 {
                before = Expense::so_far();
            }
        }
        let after = Expense::so_far();
        let write = start.elapsed();
        let saved = output.finish(true, 0);
        let all = start.elapsed();
        if let Some(error) = saved.error {
            return Err(error);
        }
        let rest = (self.frames - 1) as f64;
        let faults = after.faults.zip(before.faults).map(|(after, before)| after - before);
        Ok(Speed {
            frames: self.frames,
            frame_bytes,
            write_seconds: write.as_secs_f64(),
            sync_seconds: (all - write).as_secs_f64(),
            megabytes_per_second: bytes as f64 / 1e6 / all.as_secs_f64(),
            frames_per_second: self.frames as f64 / all.as_secs_f64(),
            longest_ms: longest.as_secs_f64() * 1e3,
            heap_allocations_per_frame: (after.blocks - before.blocks) as f64 / rest,
            page_faults_per_frame: faults.map(|faults| faults as f64 / rest),
        })
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.frames * self.frame_bytes as u64;
        let (frame, all) = (Size(self.frame_bytes as u64), Size(bytes));
        writeln!(f, "{} frames of {frame}, {all} in all", self.frames)?;
        writeln!(
            f,
            "  speed        {:.0} MB/s, {:.1} frames a second, until all were on the disk",
            self.megabytes_per_second, self.frames_per_second
        )?;
        writeln!(
            f,
            "  written      in {:.2} s, and on the disk {:.2} s later",
            self.write_seconds, self.sync_seconds
        )?;
        writeln!(f, "  longest      {:.1} ms for a frame", self.longest_ms)?;
        write!(f, "  allocations  {:.2} per frame", self.heap_allocations_per_frame)?;
        match self.page_faults_per_frame {
            Some(faults) => write!(f, ", page faults {faults:.2}"),
            None => Ok(()),
        }
    }
}

fn dimensions(text: &str) -> Result<(u32, u32), String> {
    let numbers = text.split_once(',').map(|(width, height)| (width.parse(), height.parse()));
    match numbers {
        Some((Ok(width @ 4..=65_535), Ok(height @ 1..=65_535))) => Ok((width, height)),
        _ => Err("expected a width from 4 and a height from 1, to 65535: 2048,2048".to_owned()),
    }
}
