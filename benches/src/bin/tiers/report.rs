//! The results, for people and for programs.

use crate::figures::{Measured, Unit};
use std::io::{self, Write};

pub(crate) fn json(mut out: impl Write, results: &[Measured]) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, results)?;
    writeln!(out)
}

pub(crate) fn table(mut out: impl Write, results: &[Measured]) -> io::Result<()> {
    writeln!(
        out,
        "Times: median of the rounds, each of which has a median of its own. ratio: of medians within a round; median of \
         the rounds, and quartiles. In brackets the bar: of the ratio, or of a count."
    )?;
    let mut comparison = "";
    for measured in results {
        if measured.comparison != comparison {
            comparison = measured.comparison;
            writeln!(out, "\n{comparison}")?;
        }
        write!(out, "  {:<52}", measured.subject)?;
        match measured.value {
            Some(value) => {
                write!(out, "{value:>11.*} {:<16}", decimals(measured.unit), name(measured.unit))?
            }
            None => write!(out, "{:>11} {:<16}", "-", "not measured")?,
        }
        match &measured.ratio {
            Some(ratio) => {
                let range = format!("({:.4} .. {:.4})", ratio.lower, ratio.upper);
                write!(out, "{:>9.4} x  {range:<22}", ratio.median)?;
            }
            None => write!(out, "{:>35}", "")?,
        }
        match measured.at_most {
            Some(bar) if bar > 0.0 => writeln!(out, "[at most {bar}]")?,
            Some(_) => writeln!(out, "[0]")?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

fn name(unit: Unit) -> &'static str {
    match unit {
        Unit::Microseconds => "us",
        Unit::Frames => "frames",
        Unit::FramesPerBurst => "frames per burst",
        Unit::Slots => "slots",
        Unit::BlocksPerFrame => "blocks per frame",
        Unit::FaultsPerFrame => "faults per frame",
    }
}

fn decimals(unit: Unit) -> usize {
    match unit {
        Unit::Frames | Unit::Slots => 0,
        Unit::Microseconds | Unit::FramesPerBurst => 2,
        Unit::BlocksPerFrame | Unit::FaultsPerFrame => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Quartiles, counted};

    fn row(measured: Measured) -> String {
        let mut out = Vec::new();
        table(&mut out, &[measured]).unwrap();
        String::from_utf8(out).unwrap().lines().last().unwrap().to_owned()
    }

    fn of_times() -> Measured {
        let ratio = Some(Quartiles { lower: 1.01, median: 1.02, upper: 1.03 });
        let counted = counted("it", "a subject", Some(12.34), Unit::Microseconds, Some(1.1));
        Measured { ratio, ..counted }
    }

    #[test]
    fn a_row_has_its_figures_and_its_bar() {
        let row = row(of_times());
        for part in ["a subject", "12.34 us", "1.0200 x", "(1.0100 .. 1.0300)", "[at most 1.1]"] {
            assert!(row.contains(part), "{part} in {row}");
        }
    }

    #[test]
    fn a_count_has_no_ratio() {
        let row = row(counted("it", "lost", Some(3.0), Unit::Frames, Some(0.0)));
        assert!(row.contains("3 frames") && row.ends_with("[0]") && !row.contains(" x "), "{row}");
        let none = counted("it", "faults", None, Unit::FaultsPerFrame, None);
        assert!(self::row(none).contains("not measured"));
    }

    #[test]
    fn programs_are_told_too() {
        let mut out = Vec::new();
        json(&mut out, &[of_times()]).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((&json[0]["unit"], &json[0]["at_most"]), (&"microseconds".into(), &1.1.into()));
        assert_eq!(json[0]["ratio"]["median"], 1.02);
    }
}
