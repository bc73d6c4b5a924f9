//! What was found in a recording, for people and as JSON.

use crate::commands::recording::About;
use crate::commands::series::{Gap, Order};
use crate::commands::stamp::Pixels;
use crate::record::about::Camera;
use serde::Serialize;
use std::fmt;

/// The fields' names are the keys of the JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) file: String,
    pub(crate) format: &'static str,
    pub(crate) bytes: u64,
    /// Frames that are in the file.
    pub(crate) frames: u64,
    #[serde(flatten)]
    pub(crate) about: About,
    #[serde(flatten)]
    pub(crate) order: Order,
    /// `None` if they were not read.
    pub(crate) pixels: Option<Pixels>,
    /// Why it is not whole, as far as it was looked at.
    pub(crate) problems: Vec<String>,
    /// `None` if its pixels were not read.
    pub(crate) whole: Option<bool>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, format, frames, about, order, .. } = self;
        writeln!(f, "{file}: {format}, {frames} frames{}", size(about))?;
        if let Some(camera) = &about.camera {
            write_line(f, "camera", &described(camera))?;
        }
        if let Some(library) = &about.library {
            write_line(f, "library", library)?;
        }
        if let Some([x, y, width, height]) = about.region {
            let [across, down] = about.binning.unwrap_or([1, 1]);
            let text = format!("{x},{y},{width},{height} of the sensor, binned {across} x {down}");
            write_line(f, "region", &text)?;
        }
        if let Some(exposure) = about.exposure_ns {
            let mode = about.exposure_mode.as_ref().map(|mode| format!(", {mode}"));
            write_line(f, "exposure", &(milliseconds(exposure) + &mode.unwrap_or_default()))?;
        }
        if let Some(started) = &about.started {
            write_line(f, "started", started)?;
        }
        if let Some(time) = &order.time {
            let rate = time.frames_per_second.map(|rate| format!(", {rate:.1} frames/s"));
            let text = format!("{:.3} s{}", time.seconds, rate.unwrap_or_default());
            write_line(f, "time", &text)?;
            let [median, min, max] =
                [time.step_median_ns, time.step_min_ns, time.step_max_ns].map(|step| {
                    format!(
                        "{}{}",
                        if step < 0 { "-" } else { "" },
                        milliseconds(step.unsigned_abs())
                    )
                });
            let wrong = time.steps_not_positive;
            let text = format!("median {median}, min {min}, max {max}; {wrong} not positive");
            write_line(f, "steps", &text)?;
        }
        if let Some(first) = order.first_hardware_frame.filter(|&first| first > 1) {
            write_line(f, "begins", &format!("with the camera's frame {first}"))?;
        }
        write_line(f, "gaps", &gaps(order))?;
        write_line(f, "repeats", &places(order.repeats, &order.first_repeats))?;
        match &self.pixels {
            None => write_line(f, "pixels", "not read: `framegrab verify` does"),
            Some(pixels) => {
                let Pixels { read, stamped, torn, damaged, misplaced, .. } = pixels;
                let text = format!("{read} frames read, {stamped} with the simulator's stamp");
                write_line(f, "pixels", &text)?;
                let counts = [("torn", torn), ("damaged", damaged), ("misplaced", misplaced)];
                counts.into_iter().filter(|_| *stamped > 0).try_for_each(|(what, found)| {
                    write_line(f, what, &places(found.count, &found.first))
                })
            }
        }?;
        for problem in &self.problems {
            write_line(f, "problem", problem)?;
        }
        match self.whole {
            None => Ok(()),
            Some(true) => write_line(f, "whole", "yes"),
            Some(false) => write_line(f, "whole", "NO"),
        }
    }
}

/// Writes a line, and no other: what a file says of itself is not to be taken for what was found.
fn write_line(f: &mut fmt::Formatter<'_>, what: &str, text: &str) -> fmt::Result {
    let text: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    writeln!(f, "  {what:<12} {text}")
}

fn size(about: &About) -> String {
    let Some((width, height)) = about.width.zip(about.height) else { return String::new() };
    let bits = about.bit_depth.map(|bits| format!(" of {bits} bits"));
    format!(" of {width} x {height} pixels{}", bits.unwrap_or_default())
}

fn described(camera: &Camera) -> String {
    let Camera { name, product, serial, firmware, simulated, .. } = camera;
    let kind = if *simulated { "simulated" } else { "a real camera" };
    format!("{name} ({product}), serial {serial}, firmware {firmware}, {kind}")
}

#[expect(clippy::cast_precision_loss, reason = "a time for people")]
fn milliseconds(nanoseconds: u64) -> String {
    format!("{:.3} ms", nanoseconds as f64 / 1e6)
}

fn gaps(order: &Order) -> String {
    if order.gaps == 0 {
        return "none".to_owned();
    }
    let first = order.first_gaps.iter().map(|Gap { before, hardware_frame, missing }| {
        format!("{missing} from the camera's frame {hardware_frame} on, before frame {before}")
    });
    let first = first.collect::<Vec<_>>().join("; ");
    let more = if order.gaps > order.first_gaps.len() as u64 { "; .." } else { "" };
    format!("{}, of {} frames in all: {first}{more}", order.gaps, order.missing_in_gaps)
}

fn places(count: u64, first: &[u64]) -> String {
    if count == 0 {
        return "none".to_owned();
    }
    let listed = first.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let more = if count > first.len() as u64 { ", .." } else { "" };
    format!("{count}: frames {listed}{more} of the file")
}
