//! The numbers that a camera keeps: the values of the parameters that a client can set.

/// The numbers that a camera keeps, each with the id of its parameter.
#[derive(Debug)]
pub(crate) struct Settings(Vec<(u32, i64)>);

impl Settings {
    /// Makes settings from ids and first values.
    pub(crate) fn new(values: impl Iterator<Item = (u32, i64)>) -> Self {
        Self(values.collect())
    }

    /// Returns the value of a parameter that is kept; 0 for any other.
    pub(crate) fn get(&self, id: u32) -> i64 {
        self.0.iter().find(|(kept, _)| *kept == id).map_or(0, |(_, value)| *value)
    }

    /// Changes the value of a parameter that is kept.
    pub(crate) fn set(&mut self, id: u32, value: i64) {
        if let Some((_, kept)) = self.0.iter_mut().find(|(kept, _)| *kept == id) {
            *kept = value;
        }
    }
}
