//! What a camera refuses, by the options that ask for it.

use crate::options::Options;
use framepool_pvcam::{CaptureError, SetupError};
use std::time::Duration;

/// Says which option to change, and to what, if one is at fault.
pub(crate) fn by_option(options: &Options, error: &CaptureError) -> Option<String> {
    let CaptureError::Setup(error) = error else { return None };
    match *error {
        SetupError::ExposureOutOfRange { exposure, min, max } => {
            Some(out_of_range((options.fps, options.exposure), exposure, (min, max)))
        }
        SetupError::Exposure(_) => match (options.exposure, options.fps) {
            (Some(ms), _) => Some(format!("--exposure {ms}: {error}")),
            (None, fps) => fps.map(|fps| format!("--fps {fps}: {error}")),
        },
        SetupError::RegionBinning { .. } => {
            let roi = options
                .roi
                .map(|roi| format!("--roi {},{},{},{} with ", roi.x, roi.y, roi.width, roi.height));
            Some(format!("{}--bin {}: {error}", roi.unwrap_or_default(), options.bin))
        }
        _ => None,
    }
}

fn out_of_range(
    (fps, exposure_ms): (Option<f64>, Option<f64>),
    exposure: Duration,
    (min, max): (Duration, Duration),
) -> String {
    let (least, most) = (min.as_secs_f64() * 1e3, max.as_secs_f64() * 1e3);
    if let Some(ms) = exposure_ms {
        return format!("--exposure {ms}: this camera exposes from {least} to {most} ms");
    }
    let fps = fps.map_or("100 frames a second".to_owned(), |fps| format!("--fps {fps}"));
    let ms = exposure.as_secs_f64() * 1e3;
    let asked = format!("{fps}: frames would be exposed for {ms} ms each, but this camera exposes");
    if exposure > max {
        let lowest = rounded(1.0 / max.as_secs_f64(), f64::ceil);
        let advice = "a shorter --exposure allows lower rates";
        format!("{asked} for {most} ms at most: --fps {lowest} is its lowest rate; {advice}")
    } else {
        let highest = rounded(1.0 / min.as_secs_f64(), f64::floor);
        format!("{asked} for {least} ms at least: --fps {highest} is its highest rate")
    }
}

/// Writes a number with three digits that count, rounded up or down.
fn rounded(number: f64, round: fn(f64) -> f64) -> String {
    let magnitude = number.log10().floor();
    let step = 10_f64.powf(2.0 - magnitude);
    // What is off by the last bit counts as exact.
    let nearest = (number * step).round();
    let is_exact = (number * step - nearest).abs() < 1e-9 * nearest;
    let digits = if is_exact { nearest } else { round(number * step) };
    format!("{}", digits / step)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: (Duration, Duration) = (Duration::from_micros(20), Duration::from_secs(60));

    fn said(fps: Option<f64>, exposure_ms: Option<f64>) -> String {
        let exposure = exposure_ms.map_or(1.0 / fps.unwrap_or(100.0), |ms| ms / 1e3);
        out_of_range((fps, exposure_ms), Duration::from_secs_f64(exposure), RANGE)
    }

    #[test]
    fn rates_and_exposures_are_named_with_their_limits() {
        assert_eq!(
            said(Some(0.001), None),
            "--fps 0.001: frames would be exposed for 1000000 ms each, but this camera exposes for 60000 ms at most: \
             --fps 0.0167 is its lowest rate; a shorter --exposure allows lower rates"
        );
        assert_eq!(
            said(Some(1e5), None),
            "--fps 100000: frames would be exposed for 0.01 ms each, but this camera exposes for 0.02 ms at least: \
             --fps 50000 is its highest rate"
        );
        assert_eq!(
            said(Some(0.001), Some(70_000.0)),
            "--exposure 70000: this camera exposes from 0.02 to 60000 ms"
        );
    }

    #[test]
    fn limits_are_rounded_to_what_is_allowed() {
        let up = |number| rounded(number, f64::ceil);
        assert_eq!([0.1, 1.0 / 60.0, 1.0 / 7.0, 0.25].map(up), ["0.1", "0.0167", "0.143", "0.25"]);
        assert_eq!(rounded(33_333.3, f64::floor), "33300");
    }
}
