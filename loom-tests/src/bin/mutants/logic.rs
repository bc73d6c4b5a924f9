//! Mutants of the logic: texts of core and what replaces them. A text that is not there exactly once
//! is an error, so that the table follows the code.

mod cached;
mod pools;
mod queue;
mod raw;
mod rescue;
mod waiting;
mod watch;
mod words;

use crate::{Mutant, Result, Source};

struct Entry {
    what: &'static str,
    /// File, text, replacement; the first is where it is reported.
    edits: &'static [(&'static str, &'static str, &'static str)],
    /// The models to try first.
    first: &'static str,
}

const TABLES: &[&[Entry]] = &[
    words::TABLE,
    watch::TABLE,
    raw::TABLE,
    waiting::TABLE,
    queue::TABLE,
    pools::TABLE,
    cached::TABLE,
    rescue::TABLE,
];

/// Returns the mutants of the table.
pub(crate) fn mutants(sources: &[Source]) -> Result<Vec<Mutant>> {
    TABLES.iter().copied().flatten().map(|entry| mutant(entry, sources)).collect()
}

fn mutant(entry: &Entry, sources: &[Source]) -> Result<Mutant> {
    let mut changed: Vec<Source> = Vec::new();
    let mut place = None;
    for (file, from, to) in entry.edits {
        let before = changed.iter().position(|(name, _)| name == file);
        let text = match before {
            Some(at) => changed.swap_remove(at).1,
            None => {
                let source = sources.iter().find(|(name, _)| name == file);
                source.ok_or_else(|| format!("{}: no {file}", entry.what))?.1.clone()
            }
        };
        let found: Vec<usize> = text.match_indices(from).map(|(at, _)| at).collect();
        let [at] = found[..] else {
            return Err(format!("{}: {file} has {} times: {from}", entry.what, found.len()));
        };
        let at = at + from.len() - from.trim_start().len();
        place.get_or_insert_with(|| {
            let line = text[..at].matches('\n').count() + 1;
            (line, from.trim_start().lines().next().unwrap_or_default().to_owned())
        });
        changed.push(((*file).to_owned(), text.replacen(from, to, 1)));
    }
    let (line, code) = place.ok_or("a mutant that changes nothing")?;
    let (file, what) = (entry.edits[0].0.to_owned(), entry.what.to_owned());
    Ok(Mutant { file, line, code, what, changed, first: vec![entry.first] })
}
