//! Plots as SVG, without a font or a library of the system.

use crate::live::series::Point;
use framepool::Timing;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use std::error::Error;
use std::ops::Range;
use std::time::Duration;

/// Width and height, in units of the picture.
const SIZE: (u32, u32) = (760, 240);
/// Parts into which the time of a run is divided at most.
const PARTS: f64 = 150.0;
/// Bars of a factor of ten.
const BARS: i32 = 8;
const FONT: (&str, u32) = ("sans-serif", 13);
const GRID: RGBColor = RGBColor(222, 228, 233);
const INK: RGBColor = RGBColor(64, 78, 91);
pub(crate) const TEAL: RGBColor = RGBColor(14, 116, 144);
pub(crate) const AMBER: RGBColor = RGBColor(194, 108, 6);
pub(crate) const VIOLET: RGBColor = RGBColor(109, 72, 201);
pub(crate) const RED: RGBColor = RGBColor(190, 38, 30);

type Drawn = Result<String, Box<dyn Error>>;

/// Draws the most buffers in use, beside those that there are.
pub(crate) fn pool(points: &[Point], capacity: usize) -> Drawn {
    let used = |point: &Point| (point.at.as_secs_f64(), number(point.most_in_use as u64));
    let full = number(capacity as u64);
    let over = seconds(points);
    draw(
        over.clone(),
        0.0..full * 1.08,
        "buffers in use",
        &[
            Line {
                points: vec![(over.start, full), (over.end, full)],
                color: RED,
                is_filled: false,
            },
            Line { points: steps(points.iter().map(used)), color: TEAL, is_filled: true },
        ],
    )
}

/// Draws how many frames were delivered a second.
pub(crate) fn rate(points: &[Point]) -> Drawn {
    let rates: Vec<_> = parts(points)
        .map(|(then, now)| {
            let over = (now.at - then.at).as_secs_f64().max(f64::MIN_POSITIVE);
            (now.at.as_secs_f64(), number(now.delivered - then.delivered) / over)
        })
        .collect();
    let most = most(&rates);
    let line = Line { points: steps(rates.into_iter()), color: TEAL, is_filled: true };
    draw(seconds(points), 0.0..most * 1.08, "frames a second", &[line])
}

/// Draws how many frames were lost (red) and dropped (amber), part by part.
pub(crate) fn missing(points: &[Point]) -> Drawn {
    let of = |count: fn(&Point) -> u64| -> Vec<_> {
        let gone = |(then, now): (Point, Point)| {
            (now.at.as_secs_f64(), number(count(&now) - count(&then)))
        };
        parts(points).map(gone).collect()
    };
    let (lost, dropped) = (of(|point| point.lost), of(|point| point.dropped));
    let most = most(&lost).max(most(&dropped));
    draw(
        seconds(points),
        0.0..most * 1.08,
        "frames",
        &[
            Line { points: steps(dropped.into_iter()), color: AMBER, is_filled: true },
            Line { points: steps(lost.into_iter()), color: RED, is_filled: true },
        ],
    )
}

/// Draws how often something took how long; times grow by factors of ten.
pub(crate) fn durations(timings: &[(&Timing, RGBColor)]) -> Drawn {
    let all: Vec<Vec<_>> = timings.iter().map(|(timing, _)| bars(timing)).collect();
    let taken = || all.iter().flatten().filter(|bar| bar.1 > 0.0);
    let least = taken().map(|bar| bar.0.start).fold(f64::INFINITY, f64::min);
    let longest = taken().map(|bar| bar.0.end).fold(0.0, f64::max);
    let most = taken().map(|bar| bar.1).fold(0.0, f64::max);
    let times = (least / 1.5..longest * 1.5).log_scale();
    let labels = Labels { of_times: short, times: "", values: "% of the frames" };
    plot(times, 0.0..most * 1.08, &labels, |chart| {
        for (bars, (_, color)) in all.iter().zip(timings) {
            let shown = bars.iter().filter(|bar| bar.1 > 0.0);
            chart.draw_series(shown.map(|(over, share)| {
                let corners = [(over.start, 0.0), (over.end, *share)];
                Rectangle::new(corners, color.mix(0.55).filled())
            }))?;
        }
        Ok(())
    })
}

/// What is drawn over time.
struct Line {
    points: Vec<(f64, f64)>,
    color: RGBColor,
    /// Down to zero.
    is_filled: bool,
}

fn draw(over: Range<f64>, values: Range<f64>, what: &str, lines: &[Line]) -> Drawn {
    let labels = Labels { of_times: plain, times: "seconds", values: what };
    plot(over, values, &labels, |chart| {
        for Line { points, color, is_filled } in lines {
            if *is_filled {
                let area = AreaSeries::new(points.iter().copied(), 0.0, color.mix(0.18));
                chart.draw_series(area.border_style(color))?;
            } else {
                chart.draw_series(LineSeries::new(points.iter().copied(), color))?;
            }
        }
        Ok(())
    })
}

/// What stands at the axes.
struct Labels<'a> {
    of_times: fn(f64) -> String,
    times: &'a str,
    values: &'a str,
}

/// A plot of values over times.
type Chart<'a, 'b, X> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, RangedCoordf64>>;

/// Makes a plot, into which `draw` draws.
fn plot<X>(
    times: X,
    values: Range<f64>,
    labels: &Labels<'_>,
    draw: impl FnOnce(&mut Chart<'_, '_, X::CoordDescType>) -> Result<(), Box<dyn Error>>,
) -> Drawn
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
{
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(times, values)?;
    chart
        .configure_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        .label_style(FONT.into_font().color(&INK))
        .axis_desc_style(FONT.into_font().color(&INK))
        .x_label_formatter(&|time| (labels.of_times)(*time))
        .y_label_formatter(&|value| plain(*value))
        .x_desc(labels.times)
        .y_desc(labels.values)
        .y_labels(5)
        .draw()?;
    draw(&mut chart)?;
    root.present()?;
    // They end the text.
    drop((chart, root));
    Ok(svg)
}

/// Returns the time of a run.
fn seconds(points: &[Point]) -> Range<f64> {
    0.0..points.last().map_or(1.0, |last| last.at.as_secs_f64()).max(1e-3)
}

/// Divides a run into parts of half a second or more, each as its first and last point.
fn parts(points: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    let least = (seconds(points).end / PARTS).max(0.5).min(seconds(points).end / 4.0);
    let (last, mut then) = (points.len().saturating_sub(1), Point::default());
    points.iter().enumerate().filter_map(move |(index, &now)| {
        let is_one = (now.at - then.at).as_secs_f64() >= least || index == last;
        is_one.then(|| (std::mem::replace(&mut then, now), now))
    })
}

/// Makes each value a level that lasts from the point before.
fn steps(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut begin = 0.0;
    points
        .flat_map(|(at, value)| [(std::mem::replace(&mut begin, at), value), (at, value)])
        .collect()
}

fn most(points: &[(f64, f64)]) -> f64 {
    points.iter().map(|point| point.1).fold(1.0, f64::max)
}

/// Returns the percentage of durations within each bar, from 100 ns to a minute and more.
fn bars(timing: &Timing) -> Vec<(Range<f64>, f64)> {
    let bound = |bar: i32| 1e-7 * 10_f64.powf(f64::from(bar) / f64::from(BARS));
    let up_to = |bar| timing.count_up_to(Duration::from_secs_f64(bound(bar)));
    let share = |count: u64| 100.0 * number(count) / number(timing.count()).max(1.0);
    (0..9 * BARS)
        .map(|bar| {
            let before = if bar == 0 { 0 } else { up_to(bar) };
            (bound(bar)..bound(bar + 1), share(up_to(bar + 1).saturating_sub(before)))
        })
        .collect()
}

/// As in `8` and `0.25`.
fn plain(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// As in `2 ms`.
pub(crate) fn short(seconds: f64) -> String {
    let (value, unit) = match seconds {
        ..1e-6 => (seconds * 1e9, "ns"),
        ..1e-3 => (seconds * 1e6, "µs"),
        ..1.0 => (seconds * 1e3, "ms"),
        _ => (seconds, "s"),
    };
    let digits = if value < 9.95 { 1 } else { 0 };
    let text = format!("{value:.digits$}");
    format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> Vec<Point> {
        let at = |tenth: u64| Point {
            at: Duration::from_millis(100 * tenth),
            delivered: tenth * 10,
            dropped: if tenth > 50 { 3 } else { 0 },
            lost: tenth / 40,
            most_in_use: usize::try_from(tenth % 5).unwrap(),
        };
        (1..=100).map(at).collect()
    }

    #[test]
    fn every_frame_is_in_one_part() {
        let points = points();
        let sum = |count: fn(&Point) -> u64| -> u64 {
            parts(&points).map(|(then, now)| count(&now) - count(&then)).sum()
        };
        assert_eq!((sum(|p| p.delivered), sum(|p| p.dropped), sum(|p| p.lost)), (1000, 3, 2));
        assert!(parts(&points).count() > 10);
        assert_eq!(parts(&points[..1]).count(), 1);
    }

    #[test]
    fn every_duration_is_in_one_bar() {
        let mut timing = Timing::new();
        for us in [0, 1, 20, 300, 4000, 50_000, 600_000, 7_000_000] {
            timing.record(Duration::from_micros(us));
        }
        let bars = bars(&timing);
        let sum: f64 = bars.iter().map(|bar| bar.1).sum();
        assert!((sum - 100.0).abs() < 1e-6, "{sum}");
        assert_eq!(bars.iter().filter(|bar| bar.1 > 0.0).count(), 8);
    }

    #[test]
    fn plots_are_svg_also_of_little() {
        let mut timing = Timing::new();
        timing.record(Duration::from_micros(30));
        let all = points();
        for points in [&all[..], &all[..1], &[]] {
            for svg in [pool(points, 16), rate(points), missing(points)] {
                let svg = svg.unwrap();
                assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            }
        }
        assert!(durations(&[(&timing, TEAL)]).unwrap().contains("<rect"));
    }

    #[test]
    fn times_are_short() {
        let all = [1.5e-7, 2e-6, 1.04e-5, 2.5e-3, 0.1, 3.0].map(short);
        assert_eq!(all, ["150 ns", "2 µs", "10 µs", "2.5 ms", "100 ms", "3 s"]);
    }
}
