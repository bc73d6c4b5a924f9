//! The summary, as text for people and as JSON for programs.

use crate::grab::Grabbed;
use crate::output::Saved;
use framepool::{Delivered, Dropped, Summary as Times};
use serde::Serialize;
use std::fmt;

/// The summary. The fields' names are the keys of the JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) library: String,
    pub(crate) camera: String,
    pub(crate) product: String,
    pub(crate) simulated: bool,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bit_depth: u8,
    pub(crate) frame_bytes: usize,
    pub(crate) seen: u64,
    pub(crate) delivered: Delivered,
    pub(crate) dropped: Dropped,
    pub(crate) lost: u64,
    /// Every frame seen was delivered or dropped, and every frame delivered was consumed.
    pub(crate) conserved: bool,
    pub(crate) hit_rate_percent: f64,
    pub(crate) capacity: usize,
    pub(crate) high_water: Option<usize>,
    pub(crate) copy_us: Times,
    pub(crate) acquire_ns: Times,
    /// Of the SDK's thread and the consumer; `None` if no frame came after the warm-up.
    pub(crate) heap_allocations_per_frame: Option<f64>,
    /// Of the same threads; `None` also on systems that do not count them for each thread.
    pub(crate) page_faults_per_frame: Option<f64>,
    pub(crate) warm_up_frames: u64,
    /// From the start of the acquisition to its end.
    pub(crate) seconds: f64,
    /// Of the frames delivered, from the arrival of the first to that of the last; `None` if these
    /// are fewer than two.
    pub(crate) frames_per_second: Option<f64>,
    pub(crate) interrupted: bool,
    pub(crate) saved: Option<SavedFrames>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SavedFrames {
    /// `None` if no frame was saved.
    pub(crate) path: Option<String>,
    pub(crate) saved: u64,
    pub(crate) not_saved: u64,
}

impl From<&Saved> for SavedFrames {
    fn from(output: &Saved) -> Self {
        let path = output.path.as_ref().map(|path| path.display().to_string());
        Self { path, saved: output.saved, not_saved: output.not_saved }
    }
}

impl Summary {
    pub(crate) fn of(grabbed: &Grabbed) -> Self {
        let report = &grabbed.frames;
        let per_frame = |count: fn(&crate::probe::Cost) -> Option<u64>| {
            let frames = grabbed.costs[0].frames;
            let total = grabbed.costs.iter().map(count).sum::<Option<u64>>()?;
            #[expect(clippy::cast_precision_loss, reason = "a mean")]
            (frames > 0).then(|| total as f64 / frames as f64)
        };
        Self {
            library: grabbed.library.clone(),
            camera: grabbed.camera.name.clone(),
            product: grabbed.camera.product.clone(),
            simulated: grabbed.camera.is_simulated,
            width: grabbed.meta.width,
            height: grabbed.meta.height,
            bit_depth: grabbed.meta.bit_depth,
            frame_bytes: grabbed.frame_bytes,
            seen: report.seen,
            delivered: report.delivered,
            dropped: report.dropped,
            lost: report.lost,
            conserved: report.is_conserved() && grabbed.consumed == report.delivered.total(),
            hit_rate_percent: report.hit_rate_percent(),
            capacity: grabbed.capacity,
            high_water: grabbed.high_water,
            copy_us: grabbed.copy,
            acquire_ns: grabbed.acquire,
            heap_allocations_per_frame: per_frame(|cost| Some(cost.allocations)),
            page_faults_per_frame: per_frame(|cost| cost.page_faults),
            warm_up_frames: grabbed.warm_up,
            seconds: grabbed.seconds,
            frames_per_second: grabbed.frames_per_second,
            interrupted: grabbed.interrupted,
            saved: grabbed.output.as_ref().map(SavedFrames::from),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seen, delivered, dropped, lost, copy_us, acquire_ns, .. } = self;
        let arrived = delivered.total();
        let gone = dropped.total();
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = self.frames_per_second.map_or("rate not measured".to_owned(), |frames| {
            let megabytes = frames * self.frame_bytes as f64 / 1e6;
            format!("{frames:.1} frames/s, {megabytes:.0} MB/s")
        });
        let simulated =
            if self.simulated { "SIMULATED: no real camera was used" } else { "a real camera" };
        let interrupted = if self.interrupted { ", interrupted" } else { "" };
        writeln!(
            f,
            "{} x {} pixels of {} bits, {:.2} s, {rate}{interrupted}",
            self.width, self.height, self.bit_depth, self.seconds
        )?;
        writeln!(f, "  camera       {} ({}), {simulated}", self.camera, self.product)?;
        writeln!(f, "  library      {}", self.library)?;
        writeln!(f, "  seen         {seen}")?;
        writeln!(
            f,
            "  delivered    {arrived} (pooled {}, heap {})",
            delivered.pooled, delivered.heap
        )?;
        writeln!(
            f,
            "  dropped      {gone} (exhausted {}, timeout {}, channel full {}, closed {})",
            dropped.exhausted, dropped.timeout, dropped.channel_full, dropped.closed
        )?;
        writeln!(f, "  lost         {lost} (in the SDK, before they were seen)")?;
        let verdict = if self.conserved { "yes" } else { "NO" };
        writeln!(
            f,
            "  conserved    {verdict}: seen {seen}, delivered + dropped {}",
            arrived + gone
        )?;
        writeln!(f, "  hit rate     {:.1} %", self.hit_rate_percent)?;
        if let Some(high_water) = self.high_water {
            writeln!(f, "  high water   {high_water} of {} buffers", self.capacity)?;
        }
        write_times(f, "copy", "us", copy_us)?;
        write_times(f, "acquire", "ns", acquire_ns)?;
        let after = format!("after {} warm-up frames", self.warm_up_frames);
        write_mean(f, "allocations", self.heap_allocations_per_frame, &after)?;
        write_mean(f, "page faults", self.page_faults_per_frame, &after)?;
        if let Some(SavedFrames { path, saved, not_saved }) = &self.saved {
            let place = path.as_ref().map(|path| format!(" in {path}")).unwrap_or_default();
            writeln!(f, "  saved        {saved} frames{place}, {not_saved} not saved")?;
        }
        Ok(())
    }
}

fn write_times(f: &mut fmt::Formatter<'_>, what: &str, unit: &str, times: &Times) -> fmt::Result {
    let Times { median, p99, max, .. } = times;
    writeln!(f, "  {what:<12} median {median:.0} {unit}, 99 % {p99:.0} {unit}, max {max:.0} {unit}")
}

fn write_mean(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    mean: Option<f64>,
    after: &str,
) -> fmt::Result {
    match mean {
        Some(mean) => writeln!(f, "  {what:<12} {mean:.2} per frame, {after}"),
        None => writeln!(f, "  {what:<12} not measured: too few frames, or not counted here"),
    }
}
