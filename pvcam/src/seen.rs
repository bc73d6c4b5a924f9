//! Which of the last frames' numbers were announced.

/// The last numbers, as many as the ring has frames.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// By number, modulo their count: the number, if it was recovered and not announced since.
    recovered: Box<[u64]>,
}

/// What is known of a number that is not new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeated {
    /// It was announced before.
    Announced,
    /// It was not, and the frame was recovered.
    Recovered,
}

impl Numbers {
    pub(crate) fn of_last(count: usize) -> Self {
        Self { recovered: vec![0; count].into_boxed_slice() }
    }

    /// Begins anew: numbers begin at 1 again, and so many are kept.
    pub(crate) fn forget(&mut self, count: usize) {
        if self.recovered.len() == count {
            self.recovered.fill(0);
        } else {
            *self = Self::of_last(count);
        }
    }

    pub(crate) fn announced(&mut self, number: u64) {
        *self.place(number) = 0;
    }

    pub(crate) fn recovered(&mut self, number: u64) {
        *self.place(number) = number;
    }

    /// Notes that a number was announced that is not new.
    pub(crate) fn again(&mut self, number: u64) -> Repeated {
        let place = self.place(number);
        if *place == number {
            *place = 0;
            return Repeated::Recovered;
        }
        Repeated::Announced
    }

    fn place(&mut self, number: u64) -> &mut u64 {
        // At least one, once there are frames.
        let count = self.recovered.len().max(1) as u64;
        // Less than there are.
        let index = usize::try_from(number % count).unwrap_or(0);
        &mut self.recovered[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_announced_late_once() {
        let mut numbers = Numbers::of_last(4);
        numbers.recovered(3);
        numbers.announced(4);
        assert_eq!(numbers.again(4), Repeated::Announced);
        assert_eq!(numbers.again(3), Repeated::Recovered);
        assert_eq!(numbers.again(3), Repeated::Announced);
    }
}
