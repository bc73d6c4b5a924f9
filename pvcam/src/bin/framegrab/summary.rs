//! The summary, as text for people and as JSON for programs.

use crate::frame_thread::FrameThread;
use crate::grab::Grabbed;
use crate::record::output::Saved;
use crate::verdict::Verdict;
use framepool::{Delivered, Dropped, Faults, Leases, Summary as Times};
use framepool_pvcam::Tier;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

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
    /// `copy`, `pinned` or `sequence`.
    pub(crate) tier: &'static str,
    /// Frames in the ring that the camera fills, or of one sequence.
    pub(crate) ring_frames: usize,
    pub(crate) seen: u64,
    pub(crate) delivered: Delivered,
    /// Frames that were copied: all, or those that were rescued.
    pub(crate) copied: u64,
    pub(crate) leases: Leases,
    pub(crate) dropped: Dropped,
    pub(crate) lost: u64,
    pub(crate) faults: Faults,
    /// How often a frame did not follow the one before, in the consumer.
    pub(crate) discontinuities: u64,
    /// Every frame seen was delivered or dropped, and every frame delivered was consumed.
    pub(crate) conserved: bool,
    pub(crate) hit_rate_percent: f64,
    /// Buffers of the pool.
    pub(crate) capacity: usize,
    /// Frames that may wait for the consumer.
    pub(crate) queue: usize,
    pub(crate) high_water: Option<usize>,
    /// How the thread that took the frames ran, where it was asked for and permitted.
    pub(crate) frame_thread: FrameThread,
    pub(crate) copy_us: Times,
    pub(crate) acquire_ns: Times,
    /// Between sequences, in that tier.
    pub(crate) gaps: Option<SequenceGaps>,
    pub(crate) start_ms: f64,
    /// From the begin of the start to the first frame.
    pub(crate) first_frame_ms: Option<f64>,
    pub(crate) stop_ms: f64,
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
    /// Neither failed nor interrupted, and no frame is missing.
    pub(crate) complete: bool,
    /// Frames that were lost, dropped or not saved, of those that were to be saved.
    pub(crate) missing: u64,
    /// Frames at first that were not to be saved.
    pub(crate) skipped: u64,
    /// Frames that came after the last that was to be saved.
    pub(crate) surplus: u64,
    /// Why the acquisition ended before its limit, if it did.
    pub(crate) failure: Option<String>,
    pub(crate) saved: Option<SavedFrames>,
    /// Of a smoke test or a soak.
    pub(crate) check: Option<Verdict>,
}

/// The time between sequences.
#[derive(Debug, Serialize)]
pub(crate) struct SequenceGaps {
    pub(crate) count: u64,
    pub(crate) microseconds: Times,
    /// The median in frames.
    pub(crate) frames: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct SavedFrames {
    /// The first file; `None` if no frame was saved.
    pub(crate) path: Option<String>,
    /// All files, in the order of their frames.
    pub(crate) files: Vec<String>,
    #[serde(skip)]
    place: Option<String>,
    pub(crate) saved: u64,
    pub(crate) not_saved: u64,
    /// Why not all frames were saved, or why the file could not get its name.
    pub(crate) error: Option<String>,
}

impl From<&Saved> for SavedFrames {
    fn from(output: &Saved) -> Self {
        let files: Vec<_> = output.files.iter().map(|path| path.display().to_string()).collect();
        let (path, place) = (files.first().cloned(), output.place());
        let Saved { saved, not_saved, .. } = *output;
        Self { path, files, place, saved, not_saved, error: output.error.clone() }
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
        let not_saved = grabbed.output.as_ref().map_or(0, |output| output.not_saved);
        let has_no_file = grabbed.output.as_ref().is_some_and(|output| output.place().is_none());
        let missing = grabbed.missing + not_saved;
        Self {
            library: grabbed.library.clone(),
            camera: grabbed.camera.name.clone(),
            product: grabbed.camera.product.clone(),
            simulated: grabbed.camera.is_simulated,
            width: grabbed.meta.width,
            height: grabbed.meta.height,
            bit_depth: grabbed.meta.bit_depth,
            frame_bytes: grabbed.frame_bytes,
            tier: name(grabbed.tier),
            ring_frames: grabbed.ring_frames,
            seen: report.seen,
            delivered: report.delivered,
            copied: copied(grabbed),
            leases: report.leases,
            dropped: report.dropped,
            lost: report.lost,
            faults: report.faults,
            discontinuities: grabbed.sequel.discontinuities,
            conserved: report.is_conserved() && grabbed.consumed == report.delivered.total(),
            hit_rate_percent: report.hit_rate_percent(),
            capacity: grabbed.capacity,
            queue: grabbed.queue,
            high_water: grabbed.high_water,
            frame_thread: grabbed.frame_thread,
            copy_us: grabbed.copy,
            acquire_ns: grabbed.acquire,
            gaps: grabbed.gaps.map(|gaps| SequenceGaps {
                count: gaps.count,
                microseconds: gaps.microseconds,
                frames: gaps.frames,
            }),
            start_ms: milliseconds(grabbed.times.start),
            first_frame_ms: grabbed.times.first_frame.map(milliseconds),
            stop_ms: milliseconds(grabbed.times.stop),
            heap_allocations_per_frame: per_frame(|cost| Some(cost.allocations)),
            page_faults_per_frame: per_frame(|cost| cost.page_faults),
            warm_up_frames: grabbed.warm_up,
            seconds: grabbed.seconds,
            frames_per_second: grabbed.frames_per_second,
            interrupted: grabbed.interrupted,
            complete: missing == 0
                && !has_no_file
                && !grabbed.interrupted
                && grabbed.failure.is_none(),
            missing,
            skipped: grabbed.window.skipped,
            surplus: grabbed.window.surplus,
            failure: grabbed.failure.clone(),
            saved: grabbed.output.as_ref().map(SavedFrames::from),
            check: None,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seen, delivered, dropped, lost, faults, copy_us, acquire_ns, .. } = self;
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
        writeln!(f, "  tier         {}, {} {}", self.tier, self.ring_frames, self.ring())?;
        writeln!(f, "  places       {} in the pool, {} in the queue", self.capacity, self.queue)?;
        writeln!(f, "  seen         {seen}")?;
        writeln!(
            f,
            "  delivered    {arrived} (pooled {}, heap {}, leased {})",
            delivered.pooled, delivered.heap, delivered.leased
        )?;
        writeln!(
            f,
            "  copied       {} (rescued {}; overrun {})",
            self.copied, self.leases.rescued, self.leases.overrun
        )?;
        writeln!(
            f,
            "  dropped      {gone} (exhausted {}, timeout {}, channel full {}, closed {})",
            dropped.exhausted, dropped.timeout, dropped.channel_full, dropped.closed
        )?;
        writeln!(f, "  lost         {lost} (before they were seen)")?;
        writeln!(f, "  faults       {faults}")?;
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
        if self.frame_thread != FrameThread::default() {
            writeln!(f, "  frame thread {}", self.frame_thread)?;
        }
        if self.tier == name(Tier::Copy) {
            write_times(f, "copy", "us", copy_us)?;
            write_times(f, "acquire", "ns", acquire_ns)?;
        }
        if let Some(SequenceGaps { count, microseconds, frames }) = &self.gaps {
            let what = format!("{count} between sequences, median {frames:.2} frames");
            write_times(f, "gaps", "us", microseconds)?;
            writeln!(f, "               {what}")?;
        }
        let first = self.first_frame_ms.map_or("none".to_owned(), |ms| format!("{ms:.1} ms"));
        let (start, stop) = (self.start_ms, self.stop_ms);
        writeln!(f, "  start        {start:.1} ms, first frame after {first}; stop {stop:.1} ms")?;
        let after = format!("after {} warm-up frames", self.warm_up_frames);
        write_mean(f, "allocations", self.heap_allocations_per_frame, &after)?;
        write_mean(f, "page faults", self.page_faults_per_frame, &after)?;
        if let Some(SavedFrames { place, saved, not_saved, .. }) = &self.saved {
            let place = place.as_ref().map(|place| format!(" in {place}")).unwrap_or_default();
            writeln!(f, "  saved        {saved} frames{place}, {not_saved} not saved")?;
        }
        if let (skipped, surplus) = (self.skipped, self.surplus)
            && skipped + surplus > 0
        {
            writeln!(f, "  skipped      {skipped} frames at first, {surplus} after the last")?;
        }
        let Some(Verdict { check, passed, failures, soak }) = &self.check else { return Ok(()) };
        if let Some(growth) = soak.and_then(|soak| soak.growth_percent) {
            writeln!(f, "  memory       grown by {growth:.2} %")?;
        }
        let verdict = if *passed { "passed".to_owned() } else { failures.join("; ") };
        writeln!(f, "  {check:<12} {verdict}")
    }
}

impl Summary {
    /// Says how many frames are missing, and why.
    pub(crate) fn missing_by_cause(&self) -> String {
        let not_saved = self.saved.as_ref().map_or(0, |saved| saved.not_saved);
        let (missing, lost, dropped) = (self.missing, self.lost, self.dropped.total());
        let outside = match lost + dropped + not_saved - missing {
            0 => String::new(),
            outside => format!(", {outside} of them before the first or after the last"),
        };
        format!(
            "{missing} frames are missing: {lost} lost, {dropped} dropped, {not_saved} not saved{outside}"
        )
    }

    fn ring(&self) -> &'static str {
        if self.gaps.is_some() { "frames in a sequence" } else { "frames in the camera's ring" }
    }
}

fn name(tier: Tier) -> &'static str {
    match tier {
        Tier::Pinned => "pinned",
        Tier::Sequence(_) => "sequence",
        _ => "copy",
    }
}

/// Returns how many of the frames delivered were copied.
fn copied(grabbed: &Grabbed) -> u64 {
    let report = &grabbed.frames;
    match grabbed.tier {
        Tier::Copy => report.delivered.total(),
        _ => report.leases.rescued,
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
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
