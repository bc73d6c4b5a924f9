//! Commands that acquire nothing: they look at cameras, and at what was recorded.

mod list;
mod params;
pub(crate) mod said;
mod table;

use crate::commands::list::List;
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
}

impl Command {
    /// Fails if the input is bad.
    pub(crate) fn run(&self) -> Result<Said, Box<dyn Error>> {
        match self {
            Self::List(list) => list.run(),
            Self::Params(params) => params.run(),
        }
    }
}
