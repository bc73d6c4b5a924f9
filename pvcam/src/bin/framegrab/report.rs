//! The report: one page that needs nothing else, for a lab's notebook.

mod machine;
mod plots;

use crate::grab::Grabbed;
use crate::report::plots::{AMBER, TEAL, VIOLET};
use crate::summary::Summary;
use framepool::Timing;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use plotters::style::RGBColor;
use std::time::Duration;

const STYLE: &str = include_str!("report/style.css");

type Rows = Vec<(&'static str, String)>;

/// Makes the report of a run.
pub(crate) fn page(grabbed: &Grabbed, summary: &Summary) -> String {
    let title = format!("{} – framegrab report", summary.camera);
    let (verdict, is_good) = verdict(summary);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (summary.camera) }
                    p { (summary.product) }
                    @if summary.simulated { span.badge.warn { "SIMULATED: no real camera was used" } }
                    time { (jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC")) }
                }
                p #verdict .(if is_good { "good" } else { "bad" }) role="status" { (verdict) }
                main {
                    (tiles(grabbed, summary))
                    (plots(grabbed, summary))
                    section.columns {
                        (table("Frames", &frames(grabbed, summary)))
                        (table("Camera", &camera(grabbed, summary)))
                        (table("Settings", &settings(grabbed, summary)))
                        (table("Machine", &machine::machine()))
                    }
                    section.card {
                        h2 { "Command" }
                        code { (command()) }
                    }
                }
            }
        }
    };
    page.into_string()
}

/// Returns the command line; what is no text in it is replaced.
fn command() -> String {
    let words: Vec<_> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    words.join(" ")
}

/// Says how the run ended, and whether that is good.
fn verdict(summary: &Summary) -> (String, bool) {
    let failures = summary.check.as_ref().map(|check| &check.failures);
    let save_error = summary.saved.as_ref().and_then(|saved| saved.error.as_ref());
    if let Some(failure) = summary.failure.as_ref().or(save_error) {
        (format!("The run failed: {failure}."), false)
    } else if let Some(failures) = failures.filter(|failures| !failures.is_empty()) {
        (format!("The check failed: {}.", failures.join("; ")), false)
    } else if summary.missing > 0 {
        (format!("{}.", summary.missing_by_cause()), false)
    } else if summary.saved.as_ref().is_some_and(|saved| saved.saved == 0) {
        ("No frame was saved.".to_owned(), false)
    } else if !summary.conserved {
        ("Frames are unaccounted for: please report this.".to_owned(), false)
    } else if summary.interrupted {
        ("The run was interrupted. No frame is missing up to there.".to_owned(), true)
    } else {
        ("No frame is missing.".to_owned(), true)
    }
}

fn tiles(grabbed: &Grabbed, summary: &Summary) -> Markup {
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let megabytes = |frames: f64| format!("{:.1}", frames * summary.frame_bytes as f64 / 1e6);
    let rate = summary.frames_per_second;
    let tiles = [
        ("frames delivered", summary.delivered.total().to_string()),
        ("frames missing", summary.missing.to_string()),
        ("seconds", format!("{:.2}", summary.seconds)),
        ("frames a second", rate.map_or("–".to_owned(), |rate| format!("{rate:.1}"))),
        ("megabytes a second", rate.map_or("–".to_owned(), megabytes)),
        (
            "most buffers in use",
            format!("{} of {}", grabbed.frames.pool_high_water, summary.capacity),
        ),
    ];
    html! {
        section.tiles { @for (what, value) in tiles { div.card { b { (value) } span { (what) } } } }
    }
}

fn plots(grabbed: &Grabbed, summary: &Summary) -> Markup {
    let points = grabbed.series.points();
    let gone = match summary.lost + summary.dropped.total() {
        0 => "none".to_owned(),
        gone => gone.to_string(),
    };
    let timings: Vec<(&str, &Timing, RGBColor)> = steps(grabbed);
    let drawn: Vec<_> = timings.iter().map(|&(_, timing, color)| (timing, color)).collect();
    html! {
        section.plots {
            (plot("Pool: buffers in use, of those that there are (red)", plots::pool(points, summary.capacity)))
            (plot("Frames delivered a second", plots::rate(points)))
            (plot(&format!("Frames lost (red) and dropped (amber) over time: {gone}"), plots::missing(points)))
            @if timings.is_empty() {
                figure.card { figcaption { "Times" } p { "None was measured." } }
            } @else {
                figure.card {
                    figcaption { "How long each step of a frame took" }
                    (svg("Histogram of times", plots::durations(&drawn)))
                    (times(&timings))
                }
            }
        }
    }
}

/// Returns what was measured of each frame, in a color of its own.
fn steps(grabbed: &Grabbed) -> Vec<(&'static str, &Timing, RGBColor)> {
    let measured = &grabbed.durations;
    let all = [
        ("copy", &measured.copy, TEAL),
        ("hold, from its arrival to its end", &measured.hold, AMBER),
        ("save", &measured.save, VIOLET),
    ];
    all.into_iter().filter(|(_, timing, _)| timing.count() > 0).collect()
}

fn times(timings: &[(&str, &Timing, RGBColor)]) -> Markup {
    let time = |seconds: f64| plots::short(seconds);
    html! {
        table {
            thead { tr { th { "step" } th { "frames" } th { "median" } th { "99 %" } th { "longest" } } }
            tbody {
                @for &(what, timing, RGBColor(red, green, blue)) in timings {
                    @let of = timing.summary(Duration::from_nanos(1));
                    tr {
                        td { i style=(format!("background:rgb({red},{green},{blue})")) {} (what) }
                        td { (timing.count()) }
                        td { (time(of.median / 1e9)) } td { (time(of.p99 / 1e9)) } td { (time(of.max / 1e9)) }
                    }
                }
            }
        }
    }
}

fn plot<E: std::fmt::Display>(what: &str, drawn: Result<String, E>) -> Markup {
    html! { figure.card { figcaption { (what) } (svg(what, drawn)) } }
}

fn svg<E: std::fmt::Display>(what: &str, drawn: Result<String, E>) -> Markup {
    match drawn {
        Ok(svg) => html! { div role="img" aria-label=(what) { (PreEscaped(svg)) } },
        Err(error) => html! { p { "It could not be drawn: " (error) } },
    }
}

fn table(what: &str, rows: &Rows) -> Markup {
    html! {
        div.card {
            h2 { (what) }
            table { @for (name, value) in rows { tr { th scope="row" { (name) } td { (value) } } } }
        }
    }
}

fn frames(grabbed: &Grabbed, summary: &Summary) -> Rows {
    let Summary { delivered, dropped, .. } = summary;
    let per_frame = |mean: Option<f64>| {
        mean.map_or("not measured".to_owned(), |mean| format!("{mean:.2} per frame"))
    };
    let mut rows = vec![
        ("seen", summary.seen.to_string()),
        (
            "delivered",
            format!(
                "{}: in the pool {}, from the heap {}, lent in the ring {}",
                delivered.total(),
                delivered.pooled,
                delivered.heap,
                delivered.leased
            ),
        ),
        (
            "dropped",
            format!(
                "{}: no free buffer {}, none in time {}, too large {}, channel full {}, stopped {}",
                dropped.total(),
                dropped.exhausted,
                dropped.timeout,
                dropped.too_large,
                dropped.channel_full,
                dropped.closed
            ),
        ),
        ("lost", summary.lost.to_string()),
        ("faults", summary.faults.to_string()),
        ("copied", summary.copied.to_string()),
        ("leases", summary.leases.to_string()),
        ("found a free buffer", format!("{:.1} %", summary.hit_rate_percent)),
        ("allocations", per_frame(summary.heap_allocations_per_frame)),
        ("page faults", per_frame(summary.page_faults_per_frame)),
        (
            "accounted for",
            if summary.conserved { "every frame" } else { "NOT every frame" }.to_owned(),
        ),
    ];
    if let Some(saved) = &grabbed.output {
        let place = saved.place().unwrap_or("no file".to_owned());
        let error = saved.error.as_ref().map(|error| format!("; {error}")).unwrap_or_default();
        let text = format!("{} in {place}, {} not saved{error}", saved.saved, saved.not_saved);
        rows.push(("saved", text));
    }
    rows
}

fn camera(grabbed: &Grabbed, summary: &Summary) -> Rows {
    let camera = &grabbed.camera;
    let known = |text: &String| if text.is_empty() { "not told".to_owned() } else { text.clone() };
    let pixel = camera.pixel_nm.map_or("not told".to_owned(), |(width, height)| {
        format!("{:.2} x {:.2} µm", f64::from(width) / 1e3, f64::from(height) / 1e3)
    });
    let sensor = format!("{} x {} pixels", camera.sensor_width, camera.sensor_height);
    vec![
        ("name", camera.name.clone()),
        ("product", known(&camera.product)),
        ("serial", known(&camera.serial)),
        ("firmware", known(&camera.firmware)),
        ("sensor", sensor),
        ("pixel", pixel),
        ("library", summary.library.clone()),
    ]
}

fn settings(grabbed: &Grabbed, summary: &Summary) -> Rows {
    let meta = &grabbed.meta;
    let region = meta.region;
    let exposure = Duration::from_nanos(meta.exposure_ns).as_secs_f64();
    vec![
        ("frame", format!("{} x {} pixels of {} bits", meta.width, meta.height, meta.bit_depth)),
        ("region", format!("{} x {} at {}, {}", region.width, region.height, region.x, region.y)),
        ("binning", format!("{} x {}", meta.binning.0, meta.binning.1)),
        ("exposure", plots::short(exposure)),
        ("tier", summary.tier.to_owned()),
        ("frames in the camera's ring, or of a sequence", summary.ring_frames.to_string()),
        ("buffers of the pool", summary.capacity.to_string()),
        ("frames that may wait for the consumer", summary.queue.to_string()),
    ]
}
