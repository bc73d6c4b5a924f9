//! Commands that acquire nothing: they look at cameras, and at what was recorded.

mod completions;
mod directory;
mod index;
mod list;
mod look;
mod man;
mod params;
mod raw;
mod recording;
mod report;
pub(crate) mod said;
mod series;
mod sidecar;
mod stamp;
mod table;
mod tiff;
mod zarr;

use crate::commands::completions::Completions;
use crate::commands::list::List;
use crate::commands::look::Look;
use crate::commands::man::Manual;
use crate::commands::params::Params;
use crate::commands::said::Said;
use clap::Subcommand;
use std::error::Error;

/// What to do instead of acquiring.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Which cameras are there? Exits with 1 if none can be opened
    List(List),
    /// Show the parameters of a camera, and set some.
    ///
    /// Names are the SDK's, such as EXP_RES; PARAM_ before it, lower case and hyphens are taken, too. Values are in the
    /// SDK's units, or names of choices. How long a value lasts is the camera's to say: many cameras keep it until they
    /// are switched off, others, as the simulated ones, until the program that has set it closes them. For a grab with
    /// other parameters: framegrab --set NAME=VALUE
    Params(Params),
    /// What is in a file that was recorded? Its pixels are not read
    Info(Look),
    /// Is a file whole? Reads everything in it; exits with 1 if frames are missing, there again, torn or damaged, if the
    /// file is cut off, or if the run that wrote it has not ended in order
    Verify(Look),
    /// Print a script that completes the command line in a shell, such as bash
    Completions(Completions),
    /// Print the manual, or write it to a folder
    Man(Manual),
}

impl Command {
    /// Fails if the input is bad. `line` is the whole command line.
    pub(crate) fn run(&self, mut line: clap::Command) -> Result<Said, Box<dyn Error>> {
        match self {
            Self::List(list) => list.run(),
            Self::Params(params) => params.run(),
            Self::Info(look) => look.info(),
            Self::Verify(look) => look.verify(),
            Self::Completions(completions) => Ok(completions.run(&mut line)),
            Self::Man(manual) => manual.run(line),
        }
    }
}
