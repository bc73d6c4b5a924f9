//! What a camera sees: the pixels that it writes into the regions of a frame.
//!
//! Each row begins with the stamp of [`picture`](crate::picture), unless that is switched off.

use std::sync::atomic::{AtomicU64, Ordering};
use std::{fmt, ptr};

use crate::part::Part;
use crate::picture::{self, PIXEL_BYTES};

/// Places in the noise at which a row may begin.
const NOISE: usize = 1 << 18;
/// Points of light, and the profile of one.
const POINTS: u64 = 400;
const POINT: [u16; 5] = [150, 600, 1000, 600, 150];

/// What a camera sees.
#[derive(Debug)]
pub(crate) struct Scene {
    shows: Shows,
    /// Whether each row begins with the number of its frame.
    is_stamped: bool,
    seed: u64,
    /// Columns and rows of the sensor.
    sensor: (u16, u16),
    /// Frames that were drawn since the beginning: acquisitions begin where the last one ended.
    turns: AtomicU64,
}

/// Pictures.
pub(crate) enum Shows {
    /// The pattern of [`picture`](crate::picture), which moves.
    Pattern,
    /// Noise around an offset.
    Noise(Box<[u16]>),
    /// Points of light that drift, in noise.
    Points(Box<[u16]>),
    /// Pictures, one after the other; larger sensors see each side by side with itself.
    Film(Vec<Image>),
}

/// One picture of a film.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<u16>,
}

impl fmt::Debug for Shows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pattern => "Pattern",
            Self::Noise(_) => "Noise",
            Self::Points(_) => "Points",
            Self::Film(_) => "Film",
        })
    }
}

impl Shows {
    pub(crate) fn noise(seed: u64) -> Self {
        Self::Noise(noise(seed))
    }

    pub(crate) fn points(seed: u64) -> Self {
        Self::Points(noise(seed))
    }
}

impl Scene {
    pub(crate) fn new(shows: Shows, is_stamped: bool, seed: u64, sensor: (u16, u16)) -> Self {
        Self { shows, is_stamped, seed: mixed(seed), sensor, turns: AtomicU64::new(0) }
    }

    /// Returns the number of a frame that is about to be drawn, from 0 on.
    pub(crate) fn turn(&self) -> u64 {
        // Ordering: Relaxed: a number, which publishes nothing.
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// Writes the pixels of a region of frame `nr` of an acquisition. Allocates nothing, and makes no reference to
    /// the memory.
    ///
    /// # Safety
    ///
    /// - `to` is valid for writes of the region's pixels.
    pub(crate) unsafe fn draw(&self, to: *mut u8, part: &Part, nr: u32, turn: u64) {
        let (width, height) = (usize::from(part.width), usize::from(part.height));
        if matches!(self.shows, Shows::Pattern) && self.is_stamped {
            // SAFETY: the caller's duty.
            return unsafe { picture::write_frame(to, width, height, nr) };
        }
        for row in 0..height {
            // SAFETY: the caller's duty.
            let target = unsafe { Row::of(to, width, row) };
            self.draw_row(&target, part, nr, turn, row);
        }
        if let Shows::Points(_) = self.shows {
            // SAFETY: the caller's duty.
            unsafe { self.draw_points(to, part, turn) };
        }
        if self.is_stamped {
            // SAFETY: the caller's duty.
            unsafe { picture::write_stamps(to, width, height, nr) };
        }
    }

    fn draw_row(&self, target: &Row, part: &Part, nr: u32, turn: u64, row: usize) {
        match &self.shows {
            // SAFETY: one row of the client's memory.
            Shows::Pattern => unsafe { picture::write_pattern(target.start, target.width, nr) },
            Shows::Noise(noise) | Shows::Points(noise) => {
                #[allow(clippy::cast_possible_truncation, reason = "any place will do")]
                let place = mixed(self.seed ^ turn << 20 ^ row as u64) as usize % NOISE;
                target.copy(0, &noise[place..][..target.width]);
            }
            Shows::Film(images) => {
                #[allow(clippy::cast_possible_truncation, reason = "less than there are")]
                let image = &images[(turn % images.len() as u64) as usize];
                let binning = usize::from(part.region.sbin);
                let line = (usize::from(part.region.p1) + row * binning) % image.height;
                let line = &image.pixels[line * image.width..][..image.width];
                target.repeat(line, usize::from(part.region.s1), binning);
            }
        }
    }

    /// Adds points of light, each of which moves over the sensor along its own line, and comes back at the other
    /// side.
    ///
    /// # Safety
    ///
    /// - As for [`draw`](Self::draw).
    unsafe fn draw_points(&self, to: *mut u8, part: &Part, turn: u64) {
        let (width, height) = (usize::from(part.width), usize::from(part.height));
        let binning = i64::from(part.region.sbin);
        for point in 0..POINTS {
            let at = mixed(self.seed ^ point);
            // From -2 to 2 pixels from frame to frame.
            let place = |bits: u64, speed: u64, length: u16| {
                let moved = (turn as i64).wrapping_mul((speed % 5) as i64 - 2);
                ((bits & 0xFFFF) as i64).wrapping_add(moved).rem_euclid(length.into())
            };
            let x = place(at, at >> 32, self.sensor.0) - i64::from(part.region.s1);
            let y = place(at >> 16, at >> 40, self.sensor.1) - i64::from(part.region.p1);
            for (down, weight) in (0_i64..).zip(POINT) {
                let Ok(line) = usize::try_from((y + down).div_euclid(binning)) else { continue };
                if line >= height {
                    continue;
                }
                // SAFETY: the caller's duty, and the row is one of the region's.
                let row = unsafe { Row::of(to, width, line) };
                for (right, light) in (0_i64..).zip(POINT) {
                    if let Ok(column) = usize::try_from((x + right).div_euclid(binning)) {
                        let light = u32::from(weight) * u32::from(light) / 1000;
                        row.add(column, u16::try_from(light).unwrap_or(0));
                    }
                }
            }
        }
    }
}

/// One row of the client's memory.
struct Row {
    start: *mut u8,
    width: usize,
}

impl Row {
    /// Returns row number `row` of a region of rows of `width` pixels.
    ///
    /// # Safety
    ///
    /// - `region` is valid for reads and writes of its pixels as long as the value lives, and has this row.
    unsafe fn of(region: *mut u8, width: usize, row: usize) -> Self {
        // SAFETY: the caller's duty.
        Self { start: unsafe { region.add(row * width * PIXEL_BYTES) }, width }
    }

    fn set(&self, column: usize, pixel: u16) {
        self.copy(column, &[pixel]);
    }

    /// Makes a pixel brighter; nothing, if the row has no such pixel.
    fn add(&self, column: usize, light: u16) {
        if column < self.width {
            // SAFETY: within the row.
            let at = unsafe { self.start.add(column * PIXEL_BYTES) }.cast::<u16>();
            // SAFETY: by `of`; alignment is not needed.
            let pixel = unsafe { at.read_unaligned() };
            // SAFETY: as above.
            unsafe { at.write_unaligned(pixel.saturating_add(light)) };
        }
    }

    /// Writes pixels from a column on, as many as the row has.
    fn copy(&self, column: usize, pixels: &[u16]) {
        let count = pixels.len().min(self.width.saturating_sub(column));
        if count > 0 {
            // SAFETY: within the row.
            let to = unsafe { self.start.add(column * PIXEL_BYTES) };
            // SAFETY: by `of`, and the pixels are not the client's memory.
            unsafe { ptr::copy_nonoverlapping(pixels.as_ptr().cast(), to, count * PIXEL_BYTES) };
        }
    }

    /// Writes every `step`th pixel of a line, from one on, and again from the line's beginning after its end.
    fn repeat(&self, line: &[u16], from: usize, step: usize) {
        if step == 1 {
            let mut column = 0;
            while column < self.width {
                let rest = &line[(from + column) % line.len()..];
                self.copy(column, rest);
                column += rest.len();
            }
        } else {
            (0..self.width).for_each(|column| {
                self.set(column, line[(from + column * step) % line.len()]);
            });
        }
    }
}

/// Returns a number that looks random, and is the same for the same input.
pub(crate) fn mixed(input: u64) -> u64 {
    let mut bits = input.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ bits >> 31
}

/// Returns noise, for rows of any width: nearly a bell around 100, of standard deviation 18.
fn noise(seed: u64) -> Box<[u16]> {
    let pixel = |index: usize| {
        let bits = mixed(mixed(seed) ^ index as u64);
        // The sum of four numbers is nearly a bell.
        let sum: u64 = [0, 16, 32, 48].iter().map(|shift| bits >> shift & 0x1F).sum();
        #[allow(clippy::cast_possible_truncation, reason = "at most 162")]
        let pixel = (38 + sum) as u16;
        pixel
    };
    (0..NOISE + usize::from(u16::MAX)).map(pixel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use framepool_pvcam_sys::rgn_type;

    fn part(s1: u16, width: u16, height: u16) -> Part {
        let region = rgn_type { s1, s2: s1 + width - 1, sbin: 1, p1: 0, p2: height - 1, pbin: 1 };
        Part { region, width, height, at: 0 }
    }

    const SENSOR: (u16, u16) = (256, 256);

    /// Draws frame `nr` of the first acquisition.
    fn drawn(scene: &Scene, part: Part, nr: u32) -> Vec<u16> {
        let mut pixels = vec![0xEEEE; part.bytes() / PIXEL_BYTES + 1];
        // SAFETY: the vector is one pixel longer than the region.
        unsafe { scene.draw(pixels.as_mut_ptr().cast(), &part, nr, u64::from(nr) - 1) };
        assert_eq!(pixels.pop(), Some(0xEEEE), "written past the end");
        pixels
    }

    fn film() -> Shows {
        let image =
            |first: u16| Image { width: 3, height: 2, pixels: (first..first + 6).collect() };
        Shows::Film(vec![image(10), image(20)])
    }

    #[test]
    fn every_scene_is_stamped() {
        for shows in [Shows::Pattern, Shows::noise(1), Shows::points(2), film()] {
            let scene = Scene::new(shows, true, 7, SENSOR);
            let pixels = drawn(&scene, part(0, 32, 16), 9);
            let bytes: Vec<u8> = pixels.iter().flat_map(|pixel| pixel.to_ne_bytes()).collect();
            assert_eq!(picture::frame_number(&bytes, 32, 16), Ok(9), "{scene:?}");
        }
    }

    #[test]
    fn a_film_is_played_in_a_loop_and_repeats_over_the_sensor() {
        let scene = Scene::new(film(), false, 0, SENSOR);
        assert_eq!(drawn(&scene, part(1, 4, 1), 1), [11, 12, 10, 11]);
        assert_eq!(drawn(&scene, part(0, 2, 3), 2), [20, 21, 23, 24, 20, 21]);
        assert_eq!(drawn(&scene, part(0, 2, 1), 3), [10, 11]);
        let mut binned = part(0, 4, 1);
        (binned.region.sbin, binned.width) = (2, 2);
        assert_eq!(drawn(&scene, binned, 1), [10, 12]);
    }

    #[test]
    fn noise_is_another_in_each_frame_and_the_same_for_a_seed() {
        let noise = |seed, nr| {
            drawn(&Scene::new(Shows::noise(seed), false, seed, SENSOR), part(0, 64, 64), nr)
        };
        assert_eq!(noise(1, 1), noise(1, 1));
        assert_ne!(noise(1, 1), noise(1, 2));
        assert_ne!(noise(1, 1), noise(2, 1));
        let pixels = noise(3, 1);
        let mean = pixels.iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / 4096.0;
        assert!((98.0..102.0).contains(&mean), "{mean}");
    }

    #[test]
    fn points_are_brighter_than_the_noise_and_move() {
        let scene = Scene::new(Shows::points(5), false, 5, SENSOR);
        let bright = |nr| -> Vec<usize> {
            let pixels = drawn(&scene, part(0, 256, 256), nr);
            (0..pixels.len()).filter(|&at| pixels[at] > 900).collect()
        };
        assert!((200..=800).contains(&bright(1).len()), "{}", bright(1).len());
        assert_ne!(bright(1), bright(2));
        // A region shows a part of the same picture.
        let mut region = part(100, 50, 40);
        (region.region.p1, region.region.p2) = (60, 99);
        let within = drawn(&scene, region, 1);
        let seen = (0..within.len()).filter(|&at| within[at] > 900);
        let seen: Vec<usize> = seen.map(|at| (60 + at / 50) * 256 + 100 + at % 50).collect();
        let is_inside =
            |at: &&usize| (100..150).contains(&(**at % 256)) && (60..100).contains(&(**at / 256));
        let expected: Vec<usize> = bright(1).iter().filter(is_inside).copied().collect();
        let missing = expected.iter().filter(|at| !seen.contains(at)).count();
        // Noise differs, and with it pixels at the limit.
        assert!(!seen.is_empty() && missing * 4 <= expected.len(), "{seen:?} {expected:?}");
    }
}
