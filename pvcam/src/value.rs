//! The values of parameters: what each is to a program, and the number that the SDK has for it.

use std::fmt;

/// A value that the SDK has a number for.
pub(crate) trait Value: Copy + fmt::Display {
    /// Makes a value of the SDK's number. One that is too large becomes the largest.
    fn of_number(number: i64) -> Self;

    /// Returns the SDK's number; `None` if no number means this.
    fn number(self) -> Option<i64>;

    /// Returns the value in its unit, for an error.
    fn shown(self) -> f64;
}

/// A temperature in degrees Celsius; the SDK counts hundredths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Celsius(pub(crate) f32);

impl fmt::Display for Celsius {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} degrees Celsius", self.0)
    }
}

impl Value for Celsius {
    fn of_number(number: i64) -> Self {
        Self(number as f32 / 100.0)
    }

    #[expect(clippy::cast_possible_truncation, reason = "it saturates, and is out of any range")]
    fn number(self) -> Option<i64> {
        self.0.is_finite().then(|| (self.0 * 100.0).round() as i64)
    }

    fn shown(self) -> f64 {
        // To the hundredth, which 32 bits do not hold exactly.
        (f64::from(self.0) * 100.0).round() / 100.0
    }
}

impl Value for bool {
    fn of_number(number: i64) -> Self {
        number != 0
    }

    fn number(self) -> Option<i64> {
        Some(self.into())
    }

    fn shown(self) -> f64 {
        u8::from(self).into()
    }
}

/// Numbers that are values themselves.
macro_rules! numbers {
    ($($type:ident),*) => { $(
        impl Value for $type {
            fn of_number(number: i64) -> Self {
                let end = if number < 0 { $type::MIN } else { $type::MAX };
                $type::try_from(number).unwrap_or(end)
            }

            fn number(self) -> Option<i64> {
                Some(self.into())
            }

            fn shown(self) -> f64 {
                // For a person: the digits that are lost do not matter.
                self as f64
            }
        }
    )* };
}

numbers!(i16, i32, i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_are_hundredths_of_a_degree() {
        assert_eq!(Celsius::of_number(-2550), Celsius(-25.5));
        assert_eq!(Celsius(20.1).number(), Some(2010));
        assert_eq!(Celsius(-0.004).number(), Some(0));
        assert_eq!(Celsius(f32::NAN).number(), None);
        assert_eq!(Celsius(f32::NEG_INFINITY).number(), None);
        assert_eq!(Celsius(f32::MAX).number(), Some(i64::MAX));
    }

    #[test]
    fn numbers_that_do_not_fit_become_the_largest() {
        assert_eq!([40_000, -40_000, 3].map(i16::of_number), [i16::MAX, i16::MIN, 3]);
        assert_eq!(i32::of_number(1 << 40), i32::MAX);
    }
}
