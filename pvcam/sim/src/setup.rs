//! The result of `pl_exp_setup_cont`: the size of a frame, and its timing.

use std::time::Duration;

use framepool_pvcam_sys::{
    BULB_MODE, CIRC_NO_OVERWRITE, CIRC_NONE, CIRC_OVERWRITE, EXP_RES_ONE_MICROSEC,
    EXP_RES_ONE_MILLISEC, EXPOSE_OUT_ANY_ROW, EXPOSE_OUT_FIRST_ROW, EXT_TRIG_EDGE_RISING,
    EXT_TRIG_INTERNAL, EXT_TRIG_LEVEL, EXT_TRIG_SOFTWARE_EDGE, EXT_TRIG_TRIG_FIRST, FLASH_MODE,
    STROBED_MODE, TIMED_MODE, TRIGGER_FIRST_MODE, VARIABLE_TIMED_MODE, rgn_type,
};

use crate::error::SimError;
use crate::picture::PIXEL_BYTES;

/// Columns of the sensor.
pub(crate) const SENSOR_COLUMNS: u16 = 2048;
/// Rows of the sensor.
pub(crate) const SENSOR_ROWS: u16 = 2048;
/// Readout time of one row, binned or not.
pub(crate) const ROW_TIME: Duration = Duration::from_micros(4);
/// The binnings; columns and rows have the same one.
pub(crate) const BINNINGS: [u16; 3] = [1, 2, 4];
/// The largest number of frames in a ring.
pub(crate) const MAX_RING_FRAMES: u32 = 65_535;

/// The bits of a setup's mode that are the expose-out mode.
const EXPOSE_OUT: i16 = 0xFF;

/// What starts an exposure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// The camera, or a line that is always ready: one exposure follows the other.
    Internal,
    /// A call of `pl_exp_trigger`.
    Software,
}

/// The exposure modes of the simulated camera, with the legacy ones that mean the same.
///
/// The line for external triggers is one that fires as soon as the camera can take it.
const MODES: [(i16, &[i16], Trigger); 5] = [
    (EXT_TRIG_INTERNAL, &[TIMED_MODE, FLASH_MODE, VARIABLE_TIMED_MODE], Trigger::Internal),
    (EXT_TRIG_SOFTWARE_EDGE, &[], Trigger::Software),
    (EXT_TRIG_TRIG_FIRST, &[TRIGGER_FIRST_MODE], Trigger::Internal),
    (EXT_TRIG_EDGE_RISING, &[STROBED_MODE], Trigger::Internal),
    (EXT_TRIG_LEVEL, &[BULB_MODE], Trigger::Internal),
];

/// What the camera does if all frames of the ring are full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RingMode {
    /// The setup is for a ring that the SDK would keep itself, which this one does not.
    None,
    /// Overwrites the oldest frame silently.
    Overwrite,
    /// Overwrites the oldest frame, and reports an overrun if it was not unlocked.
    NoOverwrite,
}

/// A checked setup.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// The exposure as the client gave it, in the client's unit.
    pub(crate) exposure_value: u32,
    pub(crate) exposure: Duration,
    pub(crate) trigger: Trigger,
    /// An extended one, also where a legacy one was given.
    pub(crate) exposure_mode: i16,
    pub(crate) expose_out: i16,
    pub(crate) ring_mode: RingMode,
    /// Frames of a sequence; none if the acquisition is continuous.
    pub(crate) sequence: Option<u16>,
}

impl Setup {
    pub(crate) fn new(
        regions: &[rgn_type],
        mode: i16,
        exposure_value: u32,
        unit: i64,
        circ_mode: i16,
    ) -> Result<Self, SimError> {
        let &[region] = regions else { return Err(SimError::RegionInvalid) };
        let (width, height) = size(region)?;
        let exposure = exposure(exposure_value, unit)?;
        let (exposure_mode, expose_out, trigger) = modes(mode)?;
        let ring_mode = match circ_mode {
            CIRC_NONE => RingMode::None,
            CIRC_OVERWRITE => RingMode::Overwrite,
            CIRC_NO_OVERWRITE => RingMode::NoOverwrite,
            _ => return Err(SimError::RingModeInvalid),
        };
        Ok(Self {
            width,
            height,
            exposure_value,
            exposure,
            trigger,
            exposure_mode,
            expose_out,
            ring_mode,
            sequence: None,
        })
    }

    /// Makes this the setup of a sequence of so many frames.
    pub(crate) fn into_sequence(self, frames: u16) -> Result<Self, SimError> {
        if frames == 0 || u32::from(frames) > self.max_ring_frames() {
            return Err(SimError::SequenceLengthInvalid);
        }
        Ok(Self { sequence: Some(frames), ..self })
    }

    /// Returns the bytes of a frame: at most 8 MiB, the whole sensor.
    pub(crate) fn frame_bytes(&self) -> u32 {
        #[allow(clippy::cast_possible_truncation, reason = "it is 2")]
        const PIXEL: u32 = PIXEL_BYTES as u32;
        u32::from(self.width) * u32::from(self.height) * PIXEL
    }

    pub(crate) fn readout(&self) -> Duration {
        readout(self.height)
    }

    /// Returns the time from frame to frame in free running, where exposure and readout overlap.
    pub(crate) fn period(&self) -> Duration {
        self.exposure.max(self.readout())
    }

    /// Returns the largest number of frames in a ring, whose size in bytes must fit 32 bits.
    pub(crate) fn max_ring_frames(&self) -> u32 {
        MAX_RING_FRAMES.min(u32::MAX / self.frame_bytes())
    }

    /// Returns the recommended number of frames in a ring: half a second of them, from 16 to 64.
    pub(crate) fn advised_ring_frames(&self) -> u32 {
        let half_second = Duration::from_millis(500).as_nanos() / self.period().as_nanos();
        u32::try_from(half_second).unwrap_or(u32::MAX).clamp(16, 64).min(self.max_ring_frames())
    }
}

/// Returns the readout time of a frame of `rows` rows.
pub(crate) fn readout(rows: u16) -> Duration {
    ROW_TIME * u32::from(rows)
}

/// Returns the longest exposure, ten seconds, in units of `unit`.
pub(crate) fn max_exposure(unit: i64) -> u32 {
    if unit == i64::from(EXP_RES_ONE_MICROSEC) { 10_000_000 } else { 10_000 }
}

fn exposure(value: u32, unit: i64) -> Result<Duration, SimError> {
    debug_assert!([EXP_RES_ONE_MILLISEC, EXP_RES_ONE_MICROSEC].map(i64::from).contains(&unit));
    if value > max_exposure(unit) {
        return Err(SimError::ExposureInvalid);
    }
    Ok(if unit == i64::from(EXP_RES_ONE_MICROSEC) {
        Duration::from_micros(value.into())
    } else {
        Duration::from_millis(value.into())
    })
}

fn size(region: rgn_type) -> Result<(u16, u16), SimError> {
    let rgn_type { s1, s2, sbin, p1, p2, pbin } = region;
    if s1 > s2 || s2 >= SENSOR_COLUMNS || p1 > p2 || p2 >= SENSOR_ROWS {
        return Err(SimError::RegionInvalid);
    }
    let (columns, rows) = (s2 - s1 + 1, p2 - p1 + 1);
    let supported = sbin == pbin && BINNINGS.contains(&sbin);
    if !supported || columns % sbin != 0 || rows % pbin != 0 {
        return Err(SimError::BinningInvalid);
    }
    Ok((columns / sbin, rows / pbin))
}

/// Returns the exposure mode, the expose-out mode and the trigger of a setup's mode, whose low byte is the
/// expose-out mode and the rest the exposure mode, or which is a legacy mode.
fn modes(mode: i16) -> Result<(i16, i16, Trigger), SimError> {
    // Legacy modes cannot be combined with an expose-out mode.
    if let Some((extended, _, trigger)) = MODES.iter().find(|(_, legacy, _)| legacy.contains(&mode))
    {
        return Ok((*extended, EXPOSE_OUT_FIRST_ROW, *trigger));
    }
    let (extended, expose_out) = (mode & !EXPOSE_OUT, mode & EXPOSE_OUT);
    if !(EXPOSE_OUT_FIRST_ROW..=EXPOSE_OUT_ANY_ROW).contains(&expose_out) {
        return Err(SimError::ModeInvalid);
    }
    let found = MODES.iter().find(|(known, ..)| *known == extended);
    let (_, _, trigger) = found.ok_or(SimError::ModeInvalid)?;
    Ok((extended, expose_out, *trigger))
}

#[cfg(test)]
mod tests {
    use super::*;
    use framepool_pvcam_sys::{EXPOSE_OUT_ALL_ROWS, EXT_TRIG_LEVEL_PULSED};

    const FULL: rgn_type = rgn_type { s1: 0, s2: 2047, sbin: 1, p1: 0, p2: 2047, pbin: 1 };

    fn setup(region: rgn_type, exposure_ms: u32) -> Result<Setup, SimError> {
        Setup::new(&[region], TIMED_MODE, exposure_ms, 0, CIRC_OVERWRITE)
    }

    #[test]
    fn the_full_sensor_takes_its_readout_time() {
        let full = setup(FULL, 0).unwrap();
        assert_eq!(full.frame_bytes(), 8 << 20);
        assert_eq!(full.period(), Duration::from_micros(8192));
        assert_eq!(setup(FULL, 10).unwrap().period(), Duration::from_millis(10));
        assert_eq!(full.max_ring_frames(), 511);
    }

    #[test]
    fn binning_shrinks_the_frame_and_its_readout() {
        let binned = setup(rgn_type { sbin: 4, pbin: 4, ..FULL }, 0).unwrap();
        assert_eq!((binned.width, binned.height), (512, 512));
        assert_eq!(binned.period(), Duration::from_micros(2048));
    }

    #[test]
    fn regions_and_binnings_are_checked() {
        let region = |f: fn(&mut rgn_type)| {
            let mut region = FULL;
            f(&mut region);
            setup(region, 0).unwrap_err()
        };
        assert_eq!(region(|r| r.s2 = 2048), SimError::RegionInvalid);
        assert_eq!(region(|r| r.p2 = 2048), SimError::RegionInvalid);
        assert_eq!(region(|r| (r.s1, r.s2) = (5, 4)), SimError::RegionInvalid);
        assert_eq!(region(|r| (r.sbin, r.pbin) = (3, 3)), SimError::BinningInvalid);
        assert_eq!(region(|r| (r.sbin, r.pbin) = (0, 0)), SimError::BinningInvalid);
        assert_eq!(region(|r| r.sbin = 2), SimError::BinningInvalid);
        assert_eq!(region(|r| (r.p2, r.sbin, r.pbin) = (2046, 2, 2)), SimError::BinningInvalid);
        assert_eq!(
            Setup::new(&[FULL, FULL], TIMED_MODE, 0, 0, CIRC_OVERWRITE).unwrap_err(),
            SimError::RegionInvalid
        );
    }

    #[test]
    fn modes_have_two_parts_or_are_legacy_ones() {
        let internal = |mode, expose_out| Ok((mode, expose_out, Trigger::Internal));
        assert_eq!(modes(TIMED_MODE), internal(EXT_TRIG_INTERNAL, 0));
        assert_eq!(modes(STROBED_MODE), internal(EXT_TRIG_EDGE_RISING, 0));
        assert_eq!(modes(VARIABLE_TIMED_MODE), internal(EXT_TRIG_INTERNAL, 0));
        assert_eq!(
            modes(EXT_TRIG_INTERNAL | EXPOSE_OUT_ANY_ROW),
            internal(EXT_TRIG_INTERNAL, EXPOSE_OUT_ANY_ROW)
        );
        assert_eq!(modes(EXT_TRIG_LEVEL), internal(EXT_TRIG_LEVEL, 0));
        assert_eq!(
            modes(EXT_TRIG_SOFTWARE_EDGE | EXPOSE_OUT_ALL_ROWS),
            Ok((EXT_TRIG_SOFTWARE_EDGE, EXPOSE_OUT_ALL_ROWS, Trigger::Software))
        );
        for wrong in [6, EXT_TRIG_LEVEL_PULSED, EXT_TRIG_INTERNAL | 9, 256, -1] {
            assert_eq!(modes(wrong), Err(SimError::ModeInvalid), "{wrong}");
        }
    }
}
