//! Saving frames: to one recording or to several parts, under partial names until they are complete; or to standard output.

use crate::record::about::{About, Ending};
use crate::record::destination::{Destination, Partial};
use crate::record::keeper::Keeper;
use crate::record::recording::{Plan, Recording};
use crate::sequel::Sequel;
use framepool::FrameView;
use std::fmt;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

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
    /// Parts that are being put on the disk, in their order.
    parts: Vec<JoinHandle<Finished>>,
    /// From the first frame on.
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
        now: Option<Box<Part>>,
    },
    Pipe(File),
}

/// How a recording is divided.
#[derive(Debug)]
struct Split {
    frames: u64,
    parts: u32,
}

/// What is written now: a recording, or a part of one.
#[derive(Debug)]
struct Part {
    destination: Destination,
    partial: Partial,
    recording: Recording,
    /// Until the disk has failed.
    keeper: Option<Keeper>,
    frames: u64,
}

/// The file of a part, if it is still there, and why it did not end as it should.
type Finished = (Option<PathBuf>, Option<String>);

impl Output {
    /// Begins a recording, divided into parts of `split` frames if that is asked for.
    pub(crate) fn create(
        destination: Destination,
        plan: Plan,
        split: Option<u64>,
        may_be_missing: bool,
    ) -> Result<Self, String> {
        let mut split = split.map(|frames| Split { frames, parts: 0 });
        let now = Some(Box::new(Part::begin(&destination, split.as_mut(), &plan)?));
        Ok(Self::new(plan, To::Files { destination, split, may_be_missing, now }))
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
        Self { plan, to, parts: Vec::new(), sequel: None, saved: 0, not_saved: 0, error: None }
    }

    /// Saves a frame. After the first failure frames are only counted, as not saved.
    pub(crate) fn save(&mut self, frame: FrameView<'_>) {
        if self.error.is_some() {
            self.not_saved += 1;
            return;
        }
        match self.write(frame) {
            Ok(()) => self.saved += 1,
            Err(error) => {
                self.not_saved += 1;
                // Logged now: the run may go on for long.
                tracing::error!(%error, saved = self.saved, "saving failed: no more is saved");
                self.fail(&error);
                if let To::Files { now: Some(part), .. } = &mut self.to
                    && let Err(error) = part.recording.cut()
                {
                    tracing::warn!(%error, "the last frame in the file is cut off");
                }
            }
        }
    }

    /// Counts a frame that was gone before it could be saved.
    pub(crate) fn skip(&mut self) {
        self.not_saved += 1;
    }

    /// Returns how many frames are saved.
    pub(crate) fn saved(&self) -> u64 {
        self.saved
    }

    /// Returns whether saving has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    fn fail(&mut self, error: &dyn fmt::Display) {
        let to = match &self.to {
            To::Files { destination, .. } => destination.path().display().to_string(),
            To::Pipe(_) => "standard output".to_owned(),
        };
        self.error = Some(format!("saving to {to} failed: {error}"));
    }

    fn write(&mut self, frame: FrameView<'_>) -> io::Result<()> {
        let To::Files { destination, split, may_be_missing, now } = &mut self.to else {
            let To::Pipe(pipe) = &mut self.to else { return Ok(()) };
            return pipe.write_all(frame.bytes());
        };
        if let Some(split) = split
            && now.as_ref().is_none_or(|part| part.frames >= split.frames)
        {
            let missing = self.sequel.map_or(0, |sequel| sequel.skipped) + self.not_saved;
            let ending = Ending { complete: missing == 0, missing };
            if let Some(mut part) = now.take() {
                let is_named = *may_be_missing || missing == 0;
                let about = self.plan.about.clone();
                // Elsewhere: until a part is on the disk, frames of the next one come.
                let thread = thread::Builder::new().name("part".to_owned());
                self.parts.push(thread.spawn(move || {
                    let finished = part.finish(&about, ending);
                    part.end(finished, is_named)
                })?);
            }
            let part = Part::begin(destination, Some(split), &self.plan);
            *now = Some(Box::new(part.map_err(io::Error::other)?));
        }
        let number = frame.meta().hardware_number.into();
        self.sequel.get_or_insert_with(|| Sequel::from(number)).follows(number);
        let Some(part) = now else { return Ok(()) };
        if part.keeper.as_ref().is_some_and(Keeper::has_failed) {
            part.stop_keeping()?;
        }
        part.recording.append(frame)?;
        part.frames += 1;
        Ok(())
    }

    /// Ends the recording. Files get their names if the run `succeeded`, and all of its frames are in them or some may be missing:
    /// so many are, besides those that were not saved.
    pub(crate) fn finish(mut self, succeeded: bool, missing: u64) -> Saved {
        let missing = missing + self.not_saved;
        let mut saved = Saved { saved: self.saved, not_saved: self.not_saved, ..Saved::default() };
        for part in self.parts.drain(..) {
            let ended = part.join().unwrap_or((None, Some("a part's thread panicked".to_owned())));
            saved.files.extend(ended.0);
            if let Some(error) = ended.1 {
                self.error.get_or_insert(error);
            }
        }
        match self.to {
            To::Pipe(_) => saved.is_piped = true,
            To::Files { now: Some(part), .. } if part.frames == 0 => part.partial.remove(),
            To::Files { now: Some(mut part), may_be_missing, .. } => {
                let is_well = succeeded && self.error.is_none();
                let ending = Ending { complete: is_well && missing == 0, missing };
                let finished = part.finish(&self.plan.about, ending);
                let is_named = is_well && (may_be_missing || missing == 0);
                let (file, error) = part.end(finished, is_named);
                saved.files.extend(file);
                self.error = self.error.or(error);
            }
            To::Files { now: None, .. } => {}
        }
        saved.error = self.error;
        saved
    }
}

impl Part {
    fn begin(
        destination: &Destination,
        split: Option<&mut Split>,
        plan: &Plan,
    ) -> Result<Self, String> {
        let mut plan = plan.clone();
        let destination = match split {
            Some(split) => {
                split.parts += 1;
                plan.frames = Some(plan.frames.unwrap_or(u64::MAX).min(split.frames));
                destination.part(split.parts)
            }
            None => destination.clone(),
        };
        let mut partial = destination.begin()?;
        let begun = Recording::begin(&destination, &mut partial, &plan)
            .and_then(|recording| Ok((recording, Keeper::begin(partial.file.try_clone()?)?)));
        match begun {
            Ok((recording, keeper)) => {
                let keeper = Some(keeper);
                Ok(Self { destination, partial, recording, keeper, frames: 0 })
            }
            Err(error) => {
                partial.remove();
                Err(destination.refusal(&error))
            }
        }
    }

    fn stop_keeping(&mut self) -> io::Result<()> {
        self.keeper.take().map_or(Ok(()), Keeper::end)
    }

    /// Ends the recording and puts it on the disk.
    fn finish(&mut self, about: &About, ending: Ending) -> io::Result<()> {
        let kept = self.stop_keeping();
        let finished = self.recording.finish(&self.destination, about, ending);
        kept.and(finished)
    }

    /// Gives the files their names, if they are to have them and the recording is on the disk.
    fn end(self, finished: io::Result<()>, is_named: bool) -> Finished {
        let failed = |error: &dyn fmt::Display| {
            Some(format!("saving to {} failed: {error}", self.destination.path().display()))
        };
        let error = match finished {
            Err(error) => failed(&error),
            Ok(()) if !is_named => None,
            Ok(()) => match self.destination.name(&self.partial) {
                Ok(()) => return (Some(self.destination.path().to_owned()), None),
                Err(error) => failed(&error),
            },
        };
        (self.partial.is_there().then_some(self.partial.path), error)
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
mod tests {
    use super::*;
    use crate::record::disk::DISK;
    use framepool::FrameMeta;
    use std::fs;
    use std::path::Path;
    use tiff::decoder::{Decoder, DecodingResult};
    use tiff::tags::Tag;

    const PIXELS: usize = 8;

    #[repr(align(8))]
    struct Aligned([u8; PIXELS * 2]);

    fn begin(path: &Path, split: Option<u64>) -> Output {
        let to = Destination::check(path, false, split.is_some()).unwrap();
        let (about, frame_bytes) = (About::of_tests(), (PIXELS * 2) as u64);
        let plan = Plan { about, frame_bytes, frames: None, is_direct: false };
        Output::create(to, plan, split, false).unwrap()
    }

    /// Saves three frames, the camera's numbers of which are these.
    fn save(output: &mut Output, numbers: [u32; 3]) {
        let mut meta = FrameMeta::new(4, 2, 16);
        for (number, hardware_number) in (1..=3_u8).zip(numbers) {
            meta.hardware_number = hardware_number;
            output.save(FrameView::new(&meta, &Aligned([number; PIXELS * 2]).0));
        }
        assert_eq!(output.saved + output.not_saved, 3);
    }

    fn save_three(path: &Path, room: u64) -> Output {
        DISK.set(room);
        let mut output = begin(path, None);
        save(&mut output, [1, 2, 3]);
        output
    }

    /// Returns the names of the files in a folder.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn part(output: &Output) -> &Part {
        let To::Files { now: Some(part), .. } = &output.to else { panic!("a part") };
        part
    }

    fn whole(output: &Output) -> u64 {
        let Recording::Tiff(stack) = &part(output).recording else { panic!("a stack") };
        stack.end()
    }

    /// Follows the links to the end and returns the first pixel of each page.
    fn pages(path: &Path) -> Vec<u16> {
        let mut decoder = Decoder::new(File::open(path).unwrap()).unwrap();
        let mut firsts = Vec::new();
        loop {
            let DecodingResult::U16(pixels) = decoder.read_image().unwrap() else {
                panic!("16-bit pixels")
            };
            firsts.push(pixels[0]);
            if !decoder.more_images() {
                return firsts;
            }
            decoder.next_image().unwrap();
        }
    }

    #[test]
    fn a_stack_is_whole_wherever_the_disk_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.tif");
        let output = save_three(&path, u64::MAX);
        let whole = whole(&output);
        part(&output).partial.remove();
        let mut seen = [0; 4];
        for room in 16..=whole {
            let output = save_three(&path, room);
            let saved = usize::try_from(output.saved).unwrap();
            seen[saved] += 1;
            assert_eq!(output.error.is_none(), saved == 3, "room for {room}");
            if saved > 0 {
                let expected = [0x0101, 0x0202, 0x0303];
                assert_eq!(
                    pages(&part(&output).partial.path),
                    expected[..saved],
                    "room for {room}"
                );
            }
            part(&output).partial.remove();
        }
        assert!(seen.iter().all(|&rooms| rooms > 0), "{seen:?}");
    }

    #[test]
    fn only_a_run_that_succeeded_gives_the_file_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.tif");
        let partial = folder.path().join("x.partial.tif");
        let failed = save_three(&path, u64::MAX).finish(false, 0);
        assert_eq!((failed.files, path.exists()), (vec![partial.clone()], false));
        // The partial file of a failed run is kept, as is a complete file.
        let named = save_three(&path, u64::MAX).finish(true, 0);
        assert_eq!((named.files, partial.exists()), (vec![path.clone()], true));
        assert!(Destination::check(&path, false, false).unwrap_err().contains("--force"));
        assert!(Destination::check(&path, true, false).is_ok());
    }

    #[test]
    fn no_frame_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let saved = save_three(&folder.path().join("x.tif"), 16).finish(true, 0);
        assert_eq!((saved.saved, saved.files), (0, vec![]));
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn parts_before_the_first_gap_get_their_names() {
        for (numbers, expected) in [
            ([5, 6, 7], ["x-0001.tif", "x-0002.tif", "x-0003.tif"]),
            ([5, 6, 8], ["x-0001.tif", "x-0002.tif", "x-0003.partial.tif"]),
            ([5, 7, 8], ["x-0001.tif", "x-0002.partial.tif", "x-0003.partial.tif"]),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let mut output = begin(&folder.path().join("x.tif"), Some(1));
            save(&mut output, numbers);
            let missing = u64::from(numbers[2] - numbers[0] - 2);
            let saved = output.finish(true, missing);
            assert_eq!((saved.files.len(), saved.error), (3, None));
            assert_eq!(names(folder.path()), expected);
            let first = pages(&saved.files[2]);
            assert_eq!(first, [0x0303]);
        }
    }

    #[test]
    fn a_raw_file_says_beside_it_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut output = begin(&folder.path().join("x.raw"), None);
        let sidecar = |name: &str| -> serde_json::Value {
            serde_json::from_slice(&fs::read(folder.path().join(name)).unwrap()).unwrap()
        };
        assert_eq!(sidecar("x.partial.raw.json")["complete"], serde_json::Value::Null);
        save(&mut output, [1, 2, 4]);
        assert_eq!(output.finish(true, 1).error, None);
        let expected = ["x.partial.raw", "x.partial.raw.csv", "x.partial.raw.json"];
        assert_eq!(names(folder.path()), expected);
        let sidecar = sidecar("x.partial.raw.json");
        assert_eq!((&sidecar["frames"], &sidecar["complete"]), (&3.into(), &false.into()));
        assert_eq!((&sidecar["missing"], &sidecar["camera"]["serial"]), (&1.into(), &"7".into()));
        let index = fs::read_to_string(folder.path().join("x.partial.raw.csv")).unwrap();
        let numbers = index.lines().skip(1).map(|line| line.split(',').nth(1).unwrap());
        assert_eq!(numbers.collect::<Vec<_>>(), ["1", "2", "4"]);
    }

    #[test]
    fn the_first_page_describes_all_once_the_stack_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.ome.tif");
        let output = save_three(&path, u64::MAX);
        let text = |path: &Path, tag| {
            let mut decoder = Decoder::new(File::open(path).unwrap()).unwrap();
            decoder.get_tag_ascii_string(tag).unwrap()
        };
        let own = text(&part(&output).partial.path, Tag::ImageDescription);
        assert!(own.starts_with("{\"frame\": "), "{own}");
        output.finish(true, 0);
        assert_eq!(pages(&path).len(), 3);
        assert_eq!(text(&path, Tag::Unknown(285)), own);
        let xml = text(&path, Tag::ImageDescription);
        assert!(xml.starts_with("<?xml") && xml.ends_with("</OME>"), "{xml}");
        assert!(xml.contains("SizeT=\"3\"") && xml.matches("<Plane ").count() == 3);
    }

    #[test]
    fn a_disk_that_is_full_in_the_end_leaves_no_xml() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.tif");
        let output = save_three(&path, u64::MAX);
        let end = whole(&output);
        DISK.set(end + 100);
        let saved = output.finish(true, 0);
        assert!(saved.error.unwrap().contains("x.tif failed"));
        let partial = folder.path().join("x.partial.tif");
        assert_eq!(saved.files, std::slice::from_ref(&partial));
        assert_eq!((pages(&partial).len(), fs::metadata(&partial).unwrap().len()), (3, end));
        DISK.set(u64::MAX);
    }
}
