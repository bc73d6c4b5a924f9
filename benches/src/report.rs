//! The results, for people and for programs.

use crate::measure::Measured;
use std::io::{self, Write};

pub(crate) fn json(mut out: impl Write, results: &[Measured]) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, results)?;
    writeln!(out)
}

pub(crate) fn table(mut out: impl Write, results: &[Measured]) -> io::Result<()> {
    writeln!(
        out,
        "ns: per turn of one thread, median. ratio: median of the rounds, and quartiles. Then blocks \
         taken from the heap per turn."
    )?;
    let mut comparison = "";
    for measured in results {
        if measured.comparison != comparison {
            comparison = measured.comparison;
            let threads = match measured.threads {
                1 => "one thread".to_owned(),
                several => format!("{several} threads"),
            };
            writeln!(out, "\n{comparison} ({threads})")?;
        }
        let ratio = &measured.ratio;
        writeln!(
            out,
            "  {:<48}{:>9.1} ns{:>9.2} x  ({:.2} .. {:.2}){:>8.2} blocks",
            measured.subject,
            measured.nanoseconds,
            ratio.median,
            ratio.lower,
            ratio.upper,
            measured.allocations
        )?;
    }
    Ok(())
}
