//! What is written at a time: a whole recording, or a part of one.

use crate::record::about::{About, Ending};
use crate::record::destination::{Destination, Partial};
use crate::record::keeper::Keeper;
use crate::record::recording::{Plan, Recording};
use framepool::FrameView;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// Files under partial names.
#[derive(Debug)]
pub(crate) struct Part {
    destination: Destination,
    pub(crate) partial: Partial,
    pub(crate) recording: Recording,
    /// Until the disk has failed.
    keeper: Option<Keeper>,
    pub(crate) frames: u64,
}

/// What has become of a part.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The file, if it is still there.
    pub(crate) file: Option<PathBuf>,
    /// Why it did not end as it should.
    pub(crate) error: Option<String>,
}

impl Part {
    pub(crate) fn begin(destination: Destination, plan: &Plan) -> Result<Self, String> {
        let mut partial = destination.begin()?;
        let begun = Recording::begin(&destination, &mut partial, plan)
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

    pub(crate) fn append(&mut self, frame: FrameView<'_>) -> io::Result<()> {
        if self.keeper.as_ref().is_some_and(Keeper::has_failed) {
            self.stop_keeping()?;
        }
        self.recording.append(frame)?;
        self.frames += 1;
        Ok(())
    }

    fn stop_keeping(&mut self) -> io::Result<()> {
        self.keeper.take().map_or(Ok(()), Keeper::end)
    }

    /// Puts the part on the disk, with what it says of itself, and gives it its name if it is to have it.
    pub(crate) fn finish(mut self, about: &About, ending: Ending, is_named: bool) -> Finished {
        let kept = self.stop_keeping();
        let finished = self.recording.finish(&self.destination, about, ending);
        let failed = |error: &dyn fmt::Display| {
            Some(format!("saving to {} failed: {error}", self.destination.path().display()))
        };
        let error = match kept.and(finished) {
            Err(error) => failed(&error),
            Ok(()) if !is_named => None,
            Ok(()) => match self.destination.name(&self.partial) {
                Ok(()) => {
                    let file = Some(self.destination.path().to_owned());
                    return Finished { file, error: None };
                }
                Err(error) => failed(&error),
            },
        };
        if error.is_some() && ending.complete {
            // It is not what it said a moment ago, if that can still be written.
            let ending = Ending { complete: false, ..ending };
            drop(self.recording.finish(&self.destination, about, ending));
        }
        Finished { file: self.partial.is_there().then_some(self.partial.path), error }
    }
}
