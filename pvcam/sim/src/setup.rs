//! The result of a setup: where a frame's parts are, and its timing.

use std::time::Duration;

use framepool_pvcam_sys::{
    BULB_MODE, CIRC_NO_OVERWRITE, CIRC_NONE, CIRC_OVERWRITE, EXP_RES_ONE_MICROSEC,
    EXP_RES_ONE_MILLISEC, EXPOSE_OUT_ANY_ROW, EXPOSE_OUT_FIRST_ROW, EXT_TRIG_EDGE_RISING,
    EXT_TRIG_INTERNAL, EXT_TRIG_LEVEL, EXT_TRIG_SOFTWARE_EDGE, EXT_TRIG_TRIG_FIRST, FLASH_MODE,
    PARAM_EXP_RES, PARAM_METADATA_ENABLED, PARAM_SMART_STREAM_MODE_ENABLED, STROBED_MODE,
    TIMED_MODE, TRIGGER_FIRST_MODE, VARIABLE_TIMED_MODE, rgn_type,
};

use crate::error::SimError;
use crate::kind::Kind;
use crate::part::{FRAME_HEADER_BYTES, Part, REGION_HEADER_BYTES};
use crate::picture::PIXEL_BYTES;
use crate::settings::Settings;

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
    /// There is no ring: a sequence fills its buffer once.
    None,
    /// Overwrites the oldest frame silently.
    Overwrite,
    /// Overwrites the oldest frame, and reports an overrun if it was not unlocked.
    NoOverwrite,
}

/// What a client asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) regions: &'a [rgn_type],
    pub(crate) mode: i16,
    pub(crate) exposure: u32,
    pub(crate) frames: Frames,
}

/// How many frames, and what becomes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frames {
    /// As many as are wanted, into a ring of this mode of the SDK's.
    Ring(i16),
    /// So many.
    Sequence(u16),
}

/// A checked setup.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// One at least.
    pub(crate) parts: Vec<Part>,
    pub(crate) frame_bytes: u32,
    /// Version of the embedded metadata, if frames carry any.
    pub(crate) metadata: Option<u8>,
    pub(crate) bit_depth: u8,
    /// The exposure as the client gave it, in the client's unit.
    pub(crate) exposure_value: u32,
    /// The exposure of each frame; the first follows the last.
    pub(crate) exposures: Vec<Duration>,
    pub(crate) readout: Duration,
    pub(crate) trigger: Trigger,
    /// One that the camera lists, also where another that means the same was given.
    pub(crate) exposure_mode: i16,
    pub(crate) expose_out: i16,
    pub(crate) ring_mode: RingMode,
    /// Frames of a sequence; none if the acquisition is continuous.
    pub(crate) sequence: Option<u16>,
}

impl Setup {
    pub(crate) fn new(
        request: Request<'_>,
        kind: &Kind,
        settings: &Settings,
    ) -> Result<Self, SimError> {
        let Request { regions, mode, exposure, frames } = request;
        let has_metadata = settings.get(PARAM_METADATA_ENABLED) != 0;
        let metadata = has_metadata.then_some(kind.metadata_version);
        let (parts, frame_bytes) = parts(regions, metadata, kind)?;
        let (exposure_mode, expose_out, trigger) = modes(mode, kind)?;
        let unit = settings.get(PARAM_EXP_RES);
        let single = self::exposure(exposure, unit)?;
        let exposures = if settings.get(PARAM_SMART_STREAM_MODE_ENABLED) == 0 {
            vec![single]
        } else {
            let each = settings.exposures().iter().map(|&value| self::exposure(value, unit));
            each.collect::<Result<_, _>>()?
        };
        let (ring_mode, sequence) = match frames {
            Frames::Ring(CIRC_NONE) => (RingMode::None, None),
            Frames::Ring(CIRC_OVERWRITE) => (RingMode::Overwrite, None),
            Frames::Ring(CIRC_NO_OVERWRITE) => (RingMode::NoOverwrite, None),
            Frames::Ring(_) => return Err(SimError::RingModeInvalid),
            Frames::Sequence(frames) => (RingMode::None, Some(frames)),
        };
        let readout = kind.row_time(settings) * rows(&parts);
        let setup = Self {
            parts,
            frame_bytes,
            metadata,
            bit_depth: kind.gain(settings).bit_depth,
            exposure_value: exposure,
            exposures,
            readout,
            trigger,
            exposure_mode,
            expose_out,
            ring_mode,
            sequence,
        };
        let most = setup.max_ring_frames();
        if sequence.is_some_and(|frames| frames == 0 || u32::from(frames) > most) {
            return Err(SimError::SequenceLengthInvalid);
        }
        Ok(setup)
    }

    /// Returns the exposure of a frame, which counts from 1.
    pub(crate) fn exposure(&self, nr: u64) -> Duration {
        let index = usize::try_from((nr - 1) % self.exposures.len() as u64).unwrap_or(0);
        self.exposures[index]
    }

    /// Returns the time from the frame before to this one in free running, where exposure and readout overlap.
    pub(crate) fn period(&self, nr: u64) -> Duration {
        self.exposure(nr).max(self.readout)
    }

    /// Returns the largest number of frames in a ring, whose size in bytes must fit 32 bits.
    pub(crate) fn max_ring_frames(&self) -> u32 {
        MAX_RING_FRAMES.min(u32::MAX / self.frame_bytes)
    }

    /// Returns the recommended number of frames in a ring: half a second of them, from 16 to 64.
    pub(crate) fn advised_ring_frames(&self) -> u32 {
        let half_second = Duration::from_millis(500).as_nanos() / self.period(1).as_nanos();
        u32::try_from(half_second).unwrap_or(u32::MAX).clamp(16, 64).min(self.max_ring_frames())
    }
}

/// Returns the longest exposure, ten seconds, in units of `unit`.
pub(crate) fn max_exposure(unit: i64) -> u32 {
    if unit == i64::from(EXP_RES_ONE_MICROSEC) { 10_000_000 } else { 10_000 }
}

/// Returns the region that is the sensor.
pub(crate) fn whole(kind: &Kind) -> rgn_type {
    rgn_type { s1: 0, s2: kind.columns - 1, sbin: 1, p1: 0, p2: kind.rows - 1, pbin: 1 }
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

/// Places the regions in a frame, one after the other, and returns the bytes of the frame.
///
/// Without metadata, which says where each is, there can be only one.
fn parts(
    regions: &[rgn_type],
    metadata: Option<u8>,
    kind: &Kind,
) -> Result<(Vec<Part>, u32), SimError> {
    let most = if metadata.is_some() { kind.model.regions.into() } else { 1 };
    if regions.is_empty() || regions.len() > most {
        return Err(SimError::RegionInvalid);
    }
    let (frame_header, region_header) =
        if metadata.is_some() { (FRAME_HEADER_BYTES, REGION_HEADER_BYTES) } else { (0, 0) };
    let (mut parts, mut bytes) = (Vec::with_capacity(regions.len()), frame_header as u64);
    for &region in regions {
        if region.sbin != regions[0].sbin {
            return Err(SimError::BinningInvalid);
        }
        let (width, height) = size(region, kind)?;
        bytes += region_header as u64;
        // What does not fit an address is refused below.
        let part = Part { region, width, height, at: usize::try_from(bytes).unwrap_or(0) };
        bytes += u64::from(width) * u64::from(height) * PIXEL_BYTES as u64;
        parts.push(part);
    }
    let bytes = u32::try_from(bytes).map_err(|_| SimError::FrameTooLarge)?;
    Ok((parts, bytes))
}

/// Returns the rows that are read out: from the first of any region to the last.
fn rows(parts: &[Part]) -> u32 {
    let first = parts.iter().map(|part| part.region.p1).min().unwrap_or(0);
    let last = parts.iter().map(|part| part.region.p2).max().unwrap_or(0);
    let binning = parts.first().map_or(1, |part| part.region.pbin);
    u32::from(last - first + 1) / u32::from(binning)
}

fn size(region: rgn_type, kind: &Kind) -> Result<(u16, u16), SimError> {
    let rgn_type { s1, s2, sbin, p1, p2, pbin } = region;
    if s1 > s2 || s2 >= kind.columns || p1 > p2 || p2 >= kind.rows {
        return Err(SimError::RegionInvalid);
    }
    let (columns, rows) = (s2 - s1 + 1, p2 - p1 + 1);
    let known = kind.model.binnings.iter().any(|choice| choice.value == i32::from(sbin));
    if !known || sbin != pbin || columns % sbin != 0 || rows % pbin != 0 {
        return Err(SimError::BinningInvalid);
    }
    Ok((columns / sbin, rows / pbin))
}

/// Returns the exposure mode as the camera lists it, the expose-out mode and the trigger of a setup's mode.
///
/// That is a legacy mode; or, of a recent camera, one whose low byte is the expose-out mode and the rest the
/// exposure mode.
fn modes(mode: i16, kind: &Kind) -> Result<(i16, i16, Trigger), SimError> {
    // Legacy modes cannot be combined with an expose-out mode.
    if let Some((extended, _, trigger)) = MODES.iter().find(|(_, legacy, _)| legacy.contains(&mode))
    {
        let listed = if kind.model.is_recent { *extended } else { mode };
        return Ok((listed, EXPOSE_OUT_FIRST_ROW, *trigger));
    }
    let (extended, expose_out) = (mode & !EXPOSE_OUT, mode & EXPOSE_OUT);
    let known = (EXPOSE_OUT_FIRST_ROW..=EXPOSE_OUT_ANY_ROW).contains(&expose_out);
    if !known || !kind.model.is_recent {
        return Err(SimError::ModeInvalid);
    }
    let found = MODES.iter().find(|(known, ..)| *known == extended);
    let (_, _, trigger) = found.ok_or(SimError::ModeInvalid)?;
    Ok((extended, expose_out, *trigger))
}

#[cfg(test)]
mod tests {
    use super::*;
    use framepool_pvcam_sys::{
        EXPOSE_OUT_ALL_ROWS, EXT_TRIG_LEVEL_PULSED, PARAM_GAIN_INDEX, PARAM_SPDTAB_INDEX,
    };

    const FULL: rgn_type = rgn_type { s1: 0, s2: 2047, sbin: 1, p1: 0, p2: 2047, pbin: 1 };

    fn set_up(
        regions: &[rgn_type],
        exposure: u32,
        change: impl FnOnce(&mut Settings),
    ) -> Result<Setup, SimError> {
        let kind = Kind::default();
        let zero = [
            PARAM_EXP_RES,
            PARAM_METADATA_ENABLED,
            PARAM_SMART_STREAM_MODE_ENABLED,
            PARAM_SPDTAB_INDEX,
        ];
        let first = zero.map(|id| (id, 0)).into_iter().chain([(PARAM_GAIN_INDEX, 1)]);
        let mut settings = Settings::new(first);
        change(&mut settings);
        let frames = Frames::Ring(CIRC_OVERWRITE);
        Setup::new(Request { regions, mode: TIMED_MODE, exposure, frames }, &kind, &settings)
    }

    fn setup(region: rgn_type, exposure_ms: u32) -> Result<Setup, SimError> {
        set_up(&[region], exposure_ms, |_| ())
    }

    #[test]
    fn the_full_sensor_takes_its_readout_time() {
        let full = setup(FULL, 0).unwrap();
        assert_eq!(full.frame_bytes, 8 << 20);
        assert_eq!(full.period(1), Duration::from_micros(8192));
        assert_eq!(setup(FULL, 10).unwrap().period(1), Duration::from_millis(10));
        assert_eq!(full.max_ring_frames(), 511);
    }

    #[test]
    fn a_speed_has_its_own_readout_time() {
        let faster = set_up(&[FULL], 0, |settings| {
            settings.set(PARAM_SPDTAB_INDEX, 1);
        });
        let faster = faster.unwrap();
        assert_eq!((faster.readout, faster.bit_depth), (Duration::from_micros(4096), 11));
    }

    #[test]
    fn exposures_of_a_list_follow_each_other() {
        let listed = set_up(&[FULL], 0, |settings| {
            settings.set(PARAM_SMART_STREAM_MODE_ENABLED, 1);
            settings.set_exposures(vec![5, 20]);
        });
        let listed = listed.unwrap();
        let periods = [1, 2, 3].map(|nr| listed.period(nr).as_micros());
        assert_eq!(periods, [8_192, 20_000, 8_192]);
    }

    #[test]
    fn binning_shrinks_the_frame_and_its_readout() {
        let binned = setup(rgn_type { sbin: 4, pbin: 4, ..FULL }, 0).unwrap();
        assert_eq!((binned.parts[0].width, binned.parts[0].height), (512, 512));
        assert_eq!(binned.period(1), Duration::from_micros(2048));
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
    }

    #[test]
    fn several_regions_need_metadata() {
        let regions = [(0, 10), (100, 30)].map(|(first, rows)| rgn_type {
            s2: 63,
            p1: first,
            p2: first + rows - 1,
            ..FULL
        });
        assert_eq!(set_up(&regions, 0, |_| ()).unwrap_err(), SimError::RegionInvalid);
        let with = |regions: &[rgn_type]| {
            set_up(regions, 0, |settings| settings.set(PARAM_METADATA_ENABLED, 1))
        };
        let both = with(&regions).unwrap();
        let [first, second] = both.parts[..] else { panic!("two regions") };
        assert_eq!((first.at, second.at), (48 + 32, 48 + 32 + 64 * 10 * 2 + 32));
        assert_eq!(both.frame_bytes as usize, second.at + 64 * 30 * 2);
        assert_eq!(both.readout, Duration::from_micros(4 * 130));
        assert_eq!(with(&[regions[0]; 16]).unwrap_err(), SimError::RegionInvalid);
        let binned = [regions[0], rgn_type { sbin: 2, pbin: 2, ..regions[1] }];
        assert_eq!(with(&binned).unwrap_err(), SimError::BinningInvalid);
    }

    #[test]
    fn modes_have_two_parts_or_are_legacy_ones() {
        let kind = Kind::default();
        let modes = |mode| modes(mode, &kind);
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
