//! What a camera keeps: the values of the parameters that a client can set.

/// The most exposures of a list.
pub(crate) const MAX_EXPOSURES: u16 = 12;

/// The list of exposures of a camera that was just opened.
pub(crate) const FIRST_EXPOSURES: [u32; 3] = [10, 20, 30];

/// The numbers that a camera keeps, each with the id of its parameter, and the list of exposures.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    numbers: Vec<(u32, i64)>,
    exposures: Vec<u32>,
}

impl Settings {
    /// Makes settings from ids and first values.
    pub(crate) fn new(values: impl Iterator<Item = (u32, i64)>) -> Self {
        Self { numbers: values.collect(), exposures: FIRST_EXPOSURES.to_vec() }
    }

    /// Returns the value of a parameter that is kept; 0 for any other.
    pub(crate) fn get(&self, id: u32) -> i64 {
        self.numbers.iter().find(|(kept, _)| *kept == id).map_or(0, |(_, value)| *value)
    }

    /// Changes the value of a parameter that is kept.
    pub(crate) fn set(&mut self, id: u32, value: i64) {
        if let Some((_, kept)) = self.numbers.iter_mut().find(|(kept, _)| *kept == id) {
            *kept = value;
        }
    }

    /// Returns the list of exposures, which is not empty.
    pub(crate) fn exposures(&self) -> &[u32] {
        &self.exposures
    }

    /// Changes the list of exposures.
    pub(crate) fn set_exposures(&mut self, exposures: Vec<u32>) {
        self.exposures = exposures;
    }
}
