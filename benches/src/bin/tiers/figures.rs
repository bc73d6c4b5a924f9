//! What was measured: medians of rounds, and ratios of medians within a round.

use serde::Serialize;
use std::time::Duration;

/// What the first column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    Microseconds,
    Frames,
    FramesPerBurst,
    Slots,
    BlocksPerFrame,
    FaultsPerFrame,
}

/// One line of the result.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) comparison: &'static str,
    pub(crate) subject: String,
    /// The median of the rounds, or a count; `None` if it could not be measured.
    pub(crate) value: Option<f64>,
    pub(crate) unit: Unit,
    /// Times the comparison's first subject of that unit, in the rounds in which both counted.
    pub(crate) ratio: Option<Quartiles>,
    /// The bar: of the ratio, or of a count.
    pub(crate) at_most: Option<f64>,
    /// Rounds that counted.
    pub(crate) rounds: usize,
}

/// Where the middle half of the rounds lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Quartiles {
    pub(crate) lower: f64,
    pub(crate) median: f64,
    pub(crate) upper: f64,
}

impl Quartiles {
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<_> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| values.get(values.len().saturating_sub(1) * quarter / 4).copied();
        Some(Self { lower: at(1)?, median: at(2)?, upper: at(3)? })
    }
}

/// Returns the median in microseconds.
pub(crate) fn median(times: impl Iterator<Item = Duration>) -> Option<f64> {
    Quartiles::of(times.map(|time| time.as_secs_f64() * 1e6)).map(|it| it.median)
}

/// One subject's rounds: a median for each, or none if nothing in it counted.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    pub(crate) subject: String,
    pub(crate) at_most: Option<f64>,
    pub(crate) medians: Vec<Option<f64>>,
}

impl Rounds {
    pub(crate) fn of(subject: impl Into<String>, at_most: Option<f64>) -> Self {
        Self { subject: subject.into(), at_most, medians: Vec::new() }
    }
}

/// Sums the rounds of times up, beside those of the subject `first`.
pub(crate) fn compare(
    comparison: &'static str,
    subjects: &[Rounds],
    first: usize,
) -> impl Iterator<Item = Measured> {
    subjects.iter().map(move |rounds| {
        let own = rounds.medians.iter();
        let beside = subjects.get(first).map_or(&[][..], |first| &first.medians);
        let both = own.clone().zip(beside).filter_map(|(own, first)| own.zip(*first));
        Measured {
            comparison,
            subject: rounds.subject.clone(),
            value: Quartiles::of(own.clone().copied().flatten()).map(|it| it.median),
            unit: Unit::Microseconds,
            ratio: Quartiles::of(both.map(|(own, first)| own / first)),
            at_most: rounds.at_most,
            rounds: own.flatten().count(),
        }
    })
}

/// Makes a line of a count.
pub(crate) fn counted(
    comparison: &'static str,
    subject: impl Into<String>,
    value: Option<f64>,
    unit: Unit,
    at_most: Option<f64>,
) -> Measured {
    let subject = subject.into();
    Measured { comparison, subject, value, unit, ratio: None, at_most, rounds: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_of_rounds_in_which_both_counted() {
        let first = [Some(1.0), Some(1.0), None, Some(2.0)];
        let own = [Some(10.0), None, Some(30.0), Some(40.0)];
        let rounds = |medians: [Option<f64>; 4]| Rounds {
            medians: medians.to_vec(),
            ..Rounds::of("a subject", Some(1.5))
        };
        let measured: Vec<_> = compare("it", &[rounds(first), rounds(own)], 0).collect();
        assert_eq!(measured[0].ratio.map(|ratio| ratio.median), Some(1.0));
        assert_eq!((measured[1].value, measured[1].rounds), (Some(30.0), 3));
        assert_eq!(measured[1].ratio.map(|ratio| (ratio.lower, ratio.upper)), Some((10.0, 10.0)));
    }

    #[test]
    fn without_rounds_there_is_no_figure() {
        let measured = compare("it", &[Rounds::of("a subject", None)], 0).next().unwrap();
        assert_eq!((measured.value, measured.ratio, measured.rounds), (None, None, 0));
    }
}
