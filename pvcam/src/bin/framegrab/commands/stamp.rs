//! The simulator's stamp in frames: which frame each row belongs to.

use crate::commands::recording::FEW;
use framepool_pvcam_sim::picture::{self, PictureError};
use serde::Serialize;

/// What the pixels of a file say; the fields' names are keys of the JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Pixels {
    /// Frames whose pixels were read.
    pub(crate) read: u64,
    /// Frames that carry the simulator's stamp, in each row or in some.
    pub(crate) stamped: u64,
    /// Frames with rows of different frames.
    pub(crate) torn: Places,
    /// Frames with a wrong stamp or a wrong pixel, in a file whose other frames have none.
    pub(crate) damaged: Places,
    /// Frames whose stamp is of another frame than the file says.
    pub(crate) misplaced: Places,
    #[serde(skip)]
    frames: u64,
    #[serde(skip)]
    unstamped: Places,
    /// Frames with the simulator's pattern, and with a stamp alone.
    #[serde(skip)]
    patterned: u64,
    #[serde(skip)]
    unpatterned: Places,
}

/// Frames by their places in the file, from 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Places {
    pub(crate) count: u64,
    /// The first few.
    pub(crate) first: Vec<u64>,
}

impl Places {
    fn push(&mut self, place: u64) {
        self.count += 1;
        if self.first.len() < FEW {
            self.first.push(place);
        }
    }

    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.first.extend(&other.first);
        self.first.sort_unstable();
        self.first.truncate(FEW);
    }
}

impl Pixels {
    /// Notes a frame of 16-bit pixels in this machine's byte order, of which the file says this number.
    pub(crate) fn note(&mut self, pixels: &[u8], width: u32, height: u32, number: Option<u64>) {
        let place = self.frames;
        self.note_other();
        let (Ok(width), Ok(height)) = (usize::try_from(width), usize::try_from(height)) else {
            return;
        };
        match picture::frame_number(pixels, width, height) {
            Ok(stamped) => {
                self.stamped += 1;
                if number.is_some_and(|number| number != u64::from(stamped)) {
                    self.misplaced.push(place);
                }
                match picture::verify(pixels, width, height) {
                    Ok(_) => self.patterned += 1,
                    Err(_) => self.unpatterned.push(place),
                }
            }
            Err(PictureError::Torn { .. }) => {
                self.stamped += 1;
                self.torn.push(place);
            }
            Err(_) => self.unstamped.push(place),
        }
    }

    /// Notes a frame that cannot have a stamp.
    pub(crate) fn note_other(&mut self) {
        self.read += 1;
        self.frames += 1;
    }

    /// Notes a frame whose pixels are not there.
    pub(crate) fn note_absent(&mut self) {
        self.frames += 1;
    }

    /// Tells frames of another picture from damaged ones: where some have a stamp, all have.
    pub(crate) fn finish(mut self) -> Self {
        if self.stamped > 0 {
            self.damaged.add(&self.unstamped);
        }
        if self.patterned > 0 {
            self.damaged.add(&self.unpatterned);
        }
        self
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        let kinds = [
            (&self.torn, "are torn: their rows are of different frames"),
            (&self.damaged, "have damaged pixels"),
            (&self.misplaced, "show another frame than the file says"),
        ];
        let found = kinds.into_iter().filter_map(|(places, what)| {
            let first = places.first.first()?;
            Some(format!("{} frames {what}, the first is frame {first} of the file", places.count))
        });
        found.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(number: u32) -> Vec<u8> {
        let mut frame = vec![0; 16 * 8 * 2];
        // SAFETY: room for 16 x 8 pixels of two bytes.
        unsafe { picture::write_frame(frame.as_mut_ptr(), 16, 8, number) };
        frame
    }

    fn checked(frames: &[&[u8]]) -> Pixels {
        let mut pixels = Pixels::default();
        (1..).zip(frames).for_each(|(number, frame)| pixels.note(frame, 16, 8, Some(number)));
        pixels.finish()
    }

    #[test]
    fn whole_frames_are_no_problem_and_others_are_named() {
        let whole = drawn(1);
        let torn = [&drawn(2)[..128], &drawn(3)[128..]].concat();
        let mut damaged = drawn(3);
        damaged[110] ^= 1;
        let zeros = vec![0; whole.len()];
        let found = checked(&[&whole, &torn, &damaged, &zeros, &drawn(6)]);
        assert_eq!((found.read, found.stamped), (5, 4));
        let first = |places: &Places| (places.count, places.first.clone());
        assert_eq!(first(&found.torn), (1, vec![1]));
        assert_eq!(first(&found.damaged), (2, vec![2, 3]));
        assert_eq!(first(&found.misplaced), (1, vec![4]));
        assert_eq!(found.problems().len(), 3);
        assert_eq!(checked(&[&whole, &drawn(2)]).problems(), [""; 0]);
    }

    #[test]
    fn other_pictures_are_not_judged() {
        let (zeros, ones) = (vec![0; 256], vec![1; 256]);
        assert_eq!(checked(&[&zeros, &ones]).problems(), [""; 0]);
        // A stamp over another picture.
        let over = |number| [&drawn(number)[..8], &ones[8..]].concat();
        let mut pixels = Pixels::default();
        pixels.note(&over(1)[..32], 16, 1, Some(1));
        pixels.note(&over(2)[..32], 16, 1, Some(2));
        let found = pixels.finish();
        assert_eq!((found.stamped, found.problems()), (2, vec![]));
    }
}
