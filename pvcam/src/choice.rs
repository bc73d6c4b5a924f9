//! The values that a camera offers for a setting: a list of choices, or a range.

use std::fmt;

/// One of the values that a camera offers, with the camera's name for it.
///
/// # Examples
/// ```
/// use framepool_pvcam::{Library, Sdk};
///
/// let camera = Sdk::init(Library::simulated())?.open_first()?;
/// let ports = camera.settings().ports()?;
/// let wanted = ports.iter().find(|port| port.name == "CMOS").expect("it has this one");
/// camera.settings().set_port(wanted.value)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choice<T> {
    /// The value, which the setting takes.
    pub value: T,
    /// The camera's name for it.
    pub name: String,
}

impl<T: fmt::Display> Choice<T> {
    /// Describes the choice to a person, by its value and its name.
    pub(crate) fn described(&self) -> String {
        let value = self.value.to_string();
        if value.eq_ignore_ascii_case(&self.name) { value } else { format!("{value} ({self})") }
    }
}

impl<T> fmt::Display for Choice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The range of a setting's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits<T> {
    /// The least value.
    pub min: T,
    /// The greatest value.
    pub max: T,
    /// The step from value to value, beginning at the least; 0 if there are none in between.
    pub increment: T,
}
