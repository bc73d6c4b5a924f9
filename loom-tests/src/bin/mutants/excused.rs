//! Mutants that no model kills, and why none can.

use crate::{Mutant, Result};

struct Excuse {
    file: &'static str,
    /// A part of the line.
    code: &'static str,
    what: &'static str,
    reason: &'static str,
}

const EXCUSED: &[Excuse] = &[];

impl Excuse {
    fn covers(&self, mutant: &Mutant) -> bool {
        mutant.file == self.file && mutant.what == self.what && mutant.code.contains(self.code)
    }
}

pub(crate) fn reason(mutant: &Mutant) -> Option<&'static str> {
    EXCUSED.iter().find(|excuse| excuse.covers(mutant)).map(|excuse| excuse.reason)
}

/// Fails if an excuse is for no mutant, or for several.
pub(crate) fn check(mutants: &[Mutant]) -> Result<()> {
    for excuse in EXCUSED {
        let covered = mutants.iter().filter(|mutant| excuse.covers(mutant)).count();
        if covered != 1 {
            let Excuse { file, code, what, .. } = excuse;
            return Err(format!("{file}: {what} [{code}]: excuses {covered} mutants"));
        }
    }
    Ok(())
}
