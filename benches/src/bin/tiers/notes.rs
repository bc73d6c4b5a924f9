//! What a thread notes frame by frame, in memory that was touched before: noting takes nothing from the heap, and faults no
//! page.

/// So many values at most; later ones are not noted.
#[derive(Debug)]
pub(crate) struct Notes<T> {
    values: Box<[T]>,
    taken: usize,
}

impl<T: Copy> Notes<T> {
    /// Makes room for so many values. `any` is written to all places.
    pub(crate) fn of(most: u32, any: T) -> Self {
        // Written one by one: zeros that the system hands out are not touched.
        let mut values = Vec::with_capacity(most as usize);
        for _ in 0..most {
            values.push(std::hint::black_box(any));
        }
        Self { values: values.into_boxed_slice(), taken: 0 }
    }

    pub(crate) fn note(&mut self, value: T) {
        if let Some(place) = self.values.get_mut(self.taken) {
            *place = value;
            self.taken += 1;
        }
    }

    pub(crate) fn noted(&self) -> &[T] {
        &self.values[..self.taken]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_place_is_not_noted() {
        let mut notes = Notes::of(2, 9);
        assert!(notes.noted().is_empty());
        (1..=3).for_each(|value| notes.note(value));
        assert_eq!(notes.noted(), [1, 2]);
    }
}
