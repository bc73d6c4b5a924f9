//! Commands that acquire nothing: they look at cameras, and at what was recorded.

mod list;
pub(crate) mod said;
mod table;

use crate::commands::list::List;
use crate::commands::said::Said;
use clap::Subcommand;
use std::error::Error;

/// What to do instead of acquiring.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Which cameras are there? Exits with 1 if none can be opened
    List(List),
}

impl Command {
    /// Fails if the input is bad.
    pub(crate) fn run(&self) -> Result<Said, Box<dyn Error>> {
        match self {
            Self::List(list) => list.run(),
        }
    }
}
