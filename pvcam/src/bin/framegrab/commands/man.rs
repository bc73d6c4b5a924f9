//! `man`: the manual, from the same texts as `--help`.

use crate::commands::said::Said;
use clap::Args;
use clap_mangen::Man;
use std::error::Error;
use std::path::PathBuf;

/// Where to write it.
#[derive(Debug, Args)]
pub(crate) struct Manual {
    /// Write a page for each command to this folder, such as framegrab-verify.1 [default: print the page of framegrab]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Manual {
    /// Writes the manual of this command line.
    pub(crate) fn run(&self, line: clap::Command) -> Result<Said, Box<dyn Error>> {
        // It has no page of its own.
        let line = line.disable_help_subcommand(true);
        let text = match &self.folder {
            Some(folder) => {
                let written = clap_mangen::generate_to(line, folder);
                written
                    .map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
                format!("the manual is in {}", folder.display())
            }
            None => {
                let mut page = Vec::new();
                Man::new(line).render(&mut page)?;
                String::from_utf8_lossy(&page).into_owned()
            }
        };
        Ok(Said { text, failure: None })
    }
}
