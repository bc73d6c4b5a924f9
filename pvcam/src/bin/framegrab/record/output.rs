//! Saving frames: a BigTIFF stack or bare pixels, under a partial name until it is complete.

use crate::record::destination::{Destination, Partial};
use crate::record::stack::Stack;
use framepool::FrameView;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

/// The result of saving.
#[derive(Debug, Clone)]
pub(crate) struct Saved {
    /// The file with the frames; `None` if no frame was saved, and so no file is left, or it was removed meanwhile.
    pub(crate) path: Option<PathBuf>,
    pub(crate) saved: u64,
    pub(crate) not_saved: u64,
    /// Why not all frames were saved, or why the file could not get its name.
    pub(crate) error: Option<String>,
}

/// A file that frames are written to. It always ends with a whole frame.
pub(crate) struct Output {
    to: Destination,
    format: Format,
    /// The same file, for cutting off a frame that was not written to its end.
    partial: Partial,
    /// The end of the last whole frame, in bytes.
    whole: u64,
    saved: u64,
    not_saved: u64,
    error: Option<String>,
}

enum Format {
    Tiff(Stack),
    Raw(File),
}

impl Output {
    pub(crate) fn create(to: Destination) -> Result<Self, String> {
        let partial = to.begin()?;
        let made = partial.file.try_clone().and_then(|file| {
            Ok(if to.is_tiff() { Format::Tiff(Stack::begin(file)?) } else { Format::Raw(file) })
        });
        let format = made.map_err(|error| {
            partial.remove();
            to.refusal(&error)
        })?;
        Ok(Self { to, format, partial, whole: 0, saved: 0, not_saved: 0, error: None })
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
                if let Err(error) = self.cut() {
                    tracing::warn!(%error, "the last frame in the file is cut off");
                }
            }
        }
    }

    /// Counts a frame that was gone before it could be saved.
    pub(crate) fn skip(&mut self) {
        self.not_saved += 1;
    }

    /// Returns whether saving has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    fn fail(&mut self, error: &dyn std::fmt::Display) {
        self.error = Some(format!("saving to {} failed: {error}", self.to.path().display()));
    }

    /// Cuts off a frame that was not written to its end.
    fn cut(&self) -> io::Result<()> {
        self.partial.file.set_len(self.whole)
    }

    fn write(&mut self, frame: FrameView<'_>) -> io::Result<()> {
        match &mut self.format {
            Format::Raw(file) => {
                file.write_all(frame.bytes())?;
                self.whole += frame.bytes().len() as u64;
            }
            Format::Tiff(stack) => {
                stack.append(frame)?;
                self.whole = stack.end();
            }
        }
        Ok(())
    }

    /// Gives the file its name if the run `succeeded` and all its frames are in it, or some `may_be_missing`.
    pub(crate) fn finish(mut self, succeeded: bool, may_be_missing: bool) -> Saved {
        let is_whole = may_be_missing || self.not_saved == 0;
        let is_complete = succeeded && is_whole && self.error.is_none() && self.saved > 0;
        if is_complete && let Err(error) = self.to.name(&self.partial) {
            self.fail(&error);
        }
        let path = if self.saved == 0 {
            // No frame, no file.
            self.partial.remove();
            None
        } else if is_complete && self.error.is_none() {
            Some(self.to.path().to_owned())
        } else {
            self.partial.is_there().then_some(self.partial.path)
        };
        Saved { path, saved: self.saved, not_saved: self.not_saved, error: self.error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::stack::DISK;
    use framepool::FrameMeta;
    use std::fs;
    use std::path::Path;
    use tiff::decoder::{Decoder, DecodingResult};

    const PIXELS: usize = 8;

    #[repr(align(8))]
    struct Aligned([u8; PIXELS * 2]);

    fn save_three(path: &Path, room: u64) -> Output {
        DISK.set(room);
        let mut output = Output::create(Destination::check(path, false).unwrap()).unwrap();
        let meta = FrameMeta::new(4, 2, 16);
        for number in 1..=3_u8 {
            output.save(FrameView::new(&meta, &Aligned([number; PIXELS * 2]).0));
        }
        assert_eq!(output.saved + output.not_saved, 3);
        output
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
        let whole = output.whole;
        output.partial.remove();
        let mut seen = [0; 4];
        for room in 16..=whole {
            let output = save_three(&path, room);
            let saved = usize::try_from(output.saved).unwrap();
            seen[saved] += 1;
            assert_eq!(output.error.is_none(), saved == 3, "room for {room}");
            if saved > 0 {
                let expected = [0x0101, 0x0202, 0x0303];
                assert_eq!(pages(&output.partial.path), expected[..saved], "room for {room}");
            }
            output.partial.remove();
        }
        assert!(seen.iter().all(|&rooms| rooms > 0), "{seen:?}");
    }

    #[test]
    fn only_a_run_that_succeeded_gives_the_file_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.tif");
        let partial = folder.path().join("x.partial.tif");
        let failed = save_three(&path, u64::MAX).finish(false, false);
        assert_eq!((failed.path.as_ref(), path.exists()), (Some(&partial), false));
        // The partial file of a failed run is kept, as is a complete file.
        let named = save_three(&path, u64::MAX).finish(true, false);
        assert_eq!((named.path.as_ref(), partial.exists()), (Some(&path), true));
        assert!(Destination::check(&path, false).unwrap_err().contains("--force"));
        assert!(Destination::check(&path, true).is_ok());
    }

    #[test]
    fn no_frame_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let saved = save_three(&folder.path().join("x.tif"), 16).finish(true, false);
        assert_eq!((saved.saved, saved.path), (0, None));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
