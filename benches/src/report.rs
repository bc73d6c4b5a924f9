//! The results, for people and for programs.

use crate::measure::{Measured, Missing};
use std::io::{self, Write};

pub(crate) fn json(mut out: impl Write, results: &[Measured]) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, results)?;
    writeln!(out)
}

pub(crate) fn table(mut out: impl Write, results: &[Measured]) -> io::Result<()> {
    writeln!(
        out,
        "ns: per turn of one thread, median. ratio: median of the rounds, and quartiles. Then blocks \
         taken from the heap per turn, and measurements that counted + those that did not: a thread \
         had no core for 5 % of its run, or the threads did not run at the same time for 60 % of it."
    )?;
    let mut comparison = "";
    for measured in results {
        if measured.comparison != comparison {
            comparison = &measured.comparison;
            let threads = match measured.threads {
                1 => "one thread".to_owned(),
                several => format!("{several} threads"),
            };
            writeln!(out, "\n{comparison} ({threads})")?;
        }
        write!(out, "  {:<54}", measured.subject)?;
        match (measured.nanoseconds, measured.missing) {
            (Some(nanoseconds), _) => write!(out, "{nanoseconds:>9.1} ns")?,
            (None, Some(Missing::Cores(cores))) => {
                let threads = measured.threads;
                writeln!(out, "  not measured: {threads} threads, and {cores} can run at a time")?;
                continue;
            }
            (None, _) => write!(out, "  too few rounds counted")?,
        }
        match &measured.ratio {
            Some(ratio) => {
                let range = format!("({:.2} .. {:.2})", ratio.lower, ratio.upper);
                write!(out, "{:>9.2} x  {range:<18}", ratio.median)?;
            }
            None if measured.nanoseconds.is_some() => write!(out, "{:>31}", "no ratio")?,
            None => write!(out, "{:>21}", "")?,
        }
        let (counted, discarded) = (measured.counted, measured.discarded);
        writeln!(out, "{:>6.2} blocks{counted:>6} + {discarded}", measured.allocations)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Quartiles;

    fn measured(missing: Option<Missing>) -> Measured {
        let figure = missing.is_none();
        Measured {
            comparison: "contended".to_owned(),
            threads: 2,
            subject: "a subject".to_owned(),
            turns: 9,
            counted: 71,
            discarded: 38,
            missing,
            nanoseconds: figure.then_some(12.34),
            ratio: figure.then_some(Quartiles { lower: 1.25, median: 1.5, upper: 1.75 }),
            allocations: 0.0,
        }
    }

    fn row(measured: Measured) -> String {
        let mut out = Vec::new();
        table(&mut out, &[measured]).unwrap();
        String::from_utf8(out).unwrap().lines().last().unwrap().to_owned()
    }

    #[test]
    fn a_row_has_its_figures_and_its_rounds() {
        let row = row(measured(None));
        for part in ["a subject", "12.3 ns", "1.50 x", "(1.25 .. 1.75)", "71 + 38"] {
            assert!(row.contains(part), "{part} in {row}");
        }
    }

    #[test]
    fn a_row_without_a_figure_says_why() {
        let few = row(measured(Some(Missing::Rounds)));
        assert!(few.contains("too few rounds") && few.contains("71 + 38"), "{few}");
        let cores = row(measured(Some(Missing::Cores(1))));
        assert!(cores.contains("not measured: 2 threads, and 1 can run"), "{cores}");
        assert!(![few, cores].iter().any(|row| row.contains(" ns") || row.contains(" x ")));
    }

    #[test]
    fn programs_are_told_too() {
        let mut out = Vec::new();
        json(&mut out, &[measured(Some(Missing::Cores(1))), measured(Some(Missing::Rounds))])
            .unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json[0]["missing"]["cores"], 1);
        assert_eq!(json[1]["missing"], "rounds");
        assert_eq!((&json[1]["counted"], &json[1]["discarded"]), (&71.into(), &38.into()));
    }
}
