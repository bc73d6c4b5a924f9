//! Saving frames: to one recording or to several parts, under partial names until they are complete; or to standard output.

use crate::record::about::Ending;
use crate::record::destination::Destination;
use crate::record::finisher::{Finisher, Full};
use crate::record::part::{Finished, Part};
use crate::record::recording::Plan;
use crate::sequel::Sequel;
use framepool::{FrameMeta, FrameView};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// The result of saving.
#[derive(Debug, Clone, Default)]
pub(crate) struct Saved {
    /// The files with the frames, and not those that were removed meanwhile.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) saved: u64,
    pub(crate) not_saved: u64,
    /// Why not all frames were saved, or why a file could not get its name.
    pub(crate) error: Option<String>,
    /// The frames went to standard output.
    pub(crate) is_piped: bool,
}

/// Where frames are saved. What is there always ends with a whole frame, but for what a reader of standard output has not taken.
#[derive(Debug)]
pub(crate) struct Output {
    plan: Plan,
    to: To,
    /// Of the frames so far.
    sequel: Option<Sequel>,
    saved: u64,
    not_saved: u64,
    error: Option<String>,
}

#[derive(Debug)]
enum To {
    Files {
        destination: Destination,
        split: Option<Split>,
        /// Files get their names though frames are missing in them.
        may_be_missing: bool,
        /// `None` if the next part could not begin.
        now: Option<Box<Part>>,
    },
    Pipe(File),
}

/// How a recording is divided.
#[derive(Debug)]
struct Split {
    frames: u64,
    finisher: Finisher,
    parts: u32,
    /// Frames that are missing in the parts before this one.
    missing: u64,
}

impl Split {
    /// Begins the next part.
    fn next(&mut self, destination: &Destination, plan: &Plan) -> Result<Box<Part>, String> {
        self.parts += 1;
        let mut plan = plan.clone();
        plan.frames = Some(plan.frames.unwrap_or(u64::MAX).min(self.frames));
        Part::begin(destination.part(self.parts), &plan).map(Box::new)
    }
}

impl Output {
    /// Begins a recording, divided into parts of `split` frames if that is asked for.
    pub(crate) fn create(
        destination: Destination,
        plan: Plan,
        split: Option<u64>,
        may_be_missing: bool,
    ) -> Result<Self, String> {
        let (split, now) = match split {
            None => (None, Box::new(Part::begin(destination.clone(), &plan)?)),
            Some(frames) => {
                let finisher = Finisher::begin().map_err(|error| destination.refusal(&error))?;
                let mut split = Split { frames, finisher, parts: 0, missing: 0 };
                let now = split.next(&destination, &plan)?;
                (Some(split), now)
            }
        };
        Ok(Self::new(plan, To::Files { destination, split, may_be_missing, now: Some(now) }))
    }

    /// Begins to write bare pixels to standard output.
    pub(crate) fn pipe(plan: Plan) -> Result<Self, String> {
        let out = io::stdout();
        if out.is_terminal() {
            return Err("--out - writes pixels to standard output, which is a terminal".to_owned());
        }
        #[cfg(unix)]
        let fd = std::os::fd::AsFd::as_fd(&out).try_clone_to_owned();
        #[cfg(windows)]
        let fd = std::os::windows::io::AsHandle::as_handle(&out).try_clone_to_owned();
        let fd = fd.map_err(|error| format!("standard output cannot be written to: {error}"))?;
        Ok(Self::new(plan, To::Pipe(fd.into())))
    }

    fn new(plan: Plan, to: To) -> Self {
        Self { plan, to, sequel: None, saved: 0, not_saved: 0, error: None }
    }

    /// Saves a frame. After the first failure frames are only counted, as not saved.
    pub(crate) fn save(&mut self, frame: FrameView<'_>) {
        if self.error.is_some() {
            self.not_saved += 1;
            return;
        }
        let begun = self.begin_part_if_due();
        self.note(frame.meta());
        match begun.and_then(|()| self.write(frame)) {
            Ok(()) => self.saved += 1,
            Err(error) => {
                self.not_saved += 1;
                self.fail(&error);
            }
        }
    }

    /// Counts a frame that was gone before it could be saved.
    pub(crate) fn skip(&mut self, frame: &FrameMeta) {
        if self.error.is_none() {
            if let Err(error) = self.begin_part_if_due() {
                self.fail(&error);
            }
            self.note(frame);
        }
        self.not_saved += 1;
    }

    /// Returns the number of frames that are saved.
    pub(crate) fn saved(&self) -> u64 {
        self.saved
    }

    /// Returns whether saving has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    fn note(&mut self, frame: &FrameMeta) {
        let number = frame.hardware_number.into();
        let from_the_first = self.plan.is_from_the_first;
        let begin =
            || if from_the_first { Sequel::default() } else { Sequel::beginning_at(number) };
        self.sequel.get_or_insert_with(begin).follows(number);
        if self.plan.about.first_timestamp_ns == 0 {
            self.plan.about.first_timestamp_ns = frame.timestamp_ns;
        }
    }

    fn fail(&mut self, error: &io::Error) {
        // Logged now: the run may go on for long.
        tracing::error!(%error, saved = self.saved, "saving failed: no more is saved");
        let to = match &self.to {
            To::Files { destination, .. } => destination.path().display().to_string(),
            To::Pipe(_) => "standard output".to_owned(),
        };
        self.error = Some(format!("saving to {to} failed: {error}"));
        if let To::Files { now: Some(part), .. } = &mut self.to
            && let Err(error) = part.recording.cut()
        {
            tracing::warn!(%error, "the last frame in the file is cut off");
        }
    }

    /// Begins the next part if this one is full.
    fn begin_part_if_due(&mut self) -> io::Result<()> {
        let To::Files { destination, split: Some(split), may_be_missing, now } = &mut self.to
        else {
            return Ok(());
        };
        if split.finisher.has_failed() {
            return Err(io::Error::other("an earlier part could not be saved"));
        }
        if now.as_ref().is_some_and(|part| part.frames < split.frames) {
            return Ok(());
        }
        let missing = self.sequel.map_or(0, |sequel| sequel.skipped) + self.not_saved;
        let own = missing - split.missing;
        split.missing = missing;
        if let Some(part) = now.take() {
            let ending = Ending { complete: own == 0, missing: own };
            // Parts after the first loss keep their partial names.
            let is_named = *may_be_missing || missing == 0;
            let about = self.plan.about.clone();
            split.finisher.take(Full { part: *part, about, ending, is_named })?;
        }
        *now = Some(split.next(destination, &self.plan).map_err(io::Error::other)?);
        Ok(())
    }

    fn write(&mut self, frame: FrameView<'_>) -> io::Result<()> {
        match &mut self.to {
            To::Pipe(pipe) => pipe.write_all(frame.bytes()),
            To::Files { now: Some(part), .. } => part.append(frame),
            To::Files { now: None, .. } => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Ends the recording. Files get their names if the run `succeeded`, and all of its frames are in them or some may be missing:
    /// so many are, besides those that were not saved.
    pub(crate) fn finish(self, succeeded: bool, missing: u64) -> Saved {
        let Self { plan, to, saved, not_saved, error, .. } = self;
        let missing = missing + not_saved;
        let mut result = Saved { saved, not_saved, error, ..Saved::default() };
        let To::Files { split, may_be_missing, now, .. } = to else {
            return Saved { is_piped: true, ..result };
        };
        let mut before = 0;
        if let Some(split) = split {
            before = split.missing;
            let parts = split.finisher.end();
            let failed = parts.iter().find_map(|part| part.error.clone());
            // More than that an earlier part has failed.
            result.error = failed.or(result.error);
            result.files.extend(parts.into_iter().filter_map(|part| part.file));
        }
        match now {
            Some(part) if part.frames == 0 => part.partial.remove(),
            Some(part) => {
                let is_well = succeeded && result.error.is_none();
                let own = missing.saturating_sub(before);
                let ending = Ending { complete: is_well && own == 0, missing: own };
                let is_named = is_well && (may_be_missing || missing == 0);
                let Finished { file, error } = part.finish(&plan.about, ending, is_named);
                result.files.extend(file);
                result.error = result.error.or(error);
            }
            None => {}
        }
        result
    }
}

impl Saved {
    /// Returns where the frames are, in words.
    pub(crate) fn place(&self) -> Option<String> {
        let name = |path: &Path| path.display().to_string();
        match self.files.as_slice() {
            [] if self.is_piped && self.saved > 0 => Some("standard output".to_owned()),
            [] => None,
            [one] => Some(name(one)),
            [first, .., last] => Some(format!("{} .. {}", name(first), name(last))),
        }
    }
}

#[cfg(test)]
mod tests;
