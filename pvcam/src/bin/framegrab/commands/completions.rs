//! `completions`: what a shell needs to complete the command line.

use crate::commands::said::Said;
use clap::Args;
use clap_complete::Shell;

/// For which shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell that the script is for
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    /// Writes the script for this command line.
    pub(crate) fn run(&self, line: &mut clap::Command) -> Said {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, line, "framegrab", &mut script);
        Said { text: String::from_utf8_lossy(&script).into_owned(), failure: None }
    }
}
