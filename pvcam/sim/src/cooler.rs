//! The sensor's temperature, which moves towards its set point.

use std::time::{Duration, Instant};

/// The time in which the distance to the set point falls to a third.
const TIME_CONSTANT: Duration = Duration::from_secs(2);

/// The temperature of a sensor that has not been cooled yet, in hundredths of a degree.
pub(crate) const AMBIENT: i64 = 2_000;

/// A sensor, and what cools it. Temperatures are hundredths of a degree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cooler {
    from: f64,
    since: Instant,
    target: i64,
}

impl Cooler {
    /// Returns one that begins to cool a sensor of ambient temperature.
    pub(crate) fn new(target: i64) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "it is small")]
        Self { from: AMBIENT as f64, since: Instant::now(), target }
    }

    /// Sets another set point.
    pub(crate) fn aim(&mut self, target: i64) {
        *self = Self { from: self.at(Instant::now()), since: Instant::now(), target };
    }

    /// Returns the temperature now.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "between the ambient temperature and a set point"
    )]
    pub(crate) fn now(&self) -> i64 {
        self.at(Instant::now()).round() as i64
    }

    #[allow(clippy::cast_precision_loss, reason = "it is small")]
    fn at(&self, time: Instant) -> f64 {
        let passed = time.saturating_duration_since(self.since).as_secs_f64();
        let target = self.target as f64;
        target + (self.from - target) * (-passed / TIME_CONSTANT.as_secs_f64()).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_temperature_moves_to_the_set_point() {
        let cooler = Cooler::new(-1000);
        let after = |seconds| cooler.at(cooler.since + Duration::from_secs(seconds)).round();
        assert_eq!(after(0), 2000.0);
        assert!((100.0..=110.0).contains(&after(2)), "a third of the way is left: {}", after(2));
        assert_eq!(after(60), -1000.0);
        let mut warmer = cooler;
        warmer.aim(2500);
        assert!((1990..=2010).contains(&warmer.now()), "no jump: {}", warmer.now());
    }
}
