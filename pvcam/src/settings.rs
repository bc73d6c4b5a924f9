//! A camera's settings: what is read and changed apart from the setup of an acquisition.

mod readout;

pub use crate::settings::readout::{Gain, Speed};

use crate::camera::Camera;
use crate::choice::{Choice, Limits};
use crate::error::ParameterError;
use crate::exposure::Exposure;
use crate::fan::FanSpeed;
use crate::handle::Handle;
use crate::known;
use crate::settings::readout::{gains, speeds};
use crate::trigger::{ExposeOut, Trigger};
use crate::value::Celsius;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The settings of a camera.
///
/// A camera lacks some of them, does not let others be changed, and has a range or a list of values
/// for each. All of this is checked before the SDK is asked to change anything, and
/// [`ParameterError`] says what is wrong, and what would be right. Nothing is kept here: each call
/// asks the camera.
///
/// While an acquisition runs, the SDK forbids to touch most settings, also to read them, and so does
/// this: see [`ParameterError::Imaging`].
///
/// Port, speed and gain are chosen in this order, since each resets those after it. They change what
/// frames are, so a [`Prepared`](crate::Prepared) from before can no longer be started.
///
/// # Examples
/// ```
/// use framepool_pvcam::{Library, Sdk};
///
/// let camera = Sdk::init(Library::simulated())?.open_first()?;
/// let settings = camera.settings();
/// for speed in settings.speeds()? {
///     println!("{}: {}", speed.index, speed.name);
/// }
/// settings.set_speed(1)?;
/// settings.set_gain(3)?;
/// assert_eq!((settings.speed()?.name, settings.gain()?.bit_depth), ("200 MHz".into(), Some(11)));
/// settings.set_temperature_set_point(-15.0)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    handle: &'a Handle,
}

impl Camera {
    /// Returns the camera's settings, to be read and changed.
    #[must_use]
    pub fn settings(&self) -> Settings<'_> {
        Settings { handle: self.handle() }
    }
}

/// Each of them fails with [`ParameterError`], also if the camera does not have what is asked for.
#[allow(clippy::missing_errors_doc, reason = "said once, above")]
impl Settings<'_> {
    /// Lists the readout ports.
    pub fn ports(&self) -> Result<Vec<Choice<i32>>, ParameterError> {
        self.handle.access(|access| known::PORT.choices(access))
    }

    /// Returns the readout port, by its [value](Choice::value).
    pub fn port(&self) -> Result<i32, ParameterError> {
        self.handle.access(|access| known::PORT.get(access))
    }

    /// Chooses the readout port. This resets speed and gain, and may move the temperature set point.
    pub fn set_port(&self, port: i32) -> Result<(), ParameterError> {
        self.handle.access(|access| known::PORT.set(access, port))
    }

    /// Lists the readout speeds of the port.
    ///
    /// The camera only tells about the one that it has, so this chooses each, and then those speed,
    /// gain and set point again that there were.
    pub fn speeds(&self) -> Result<Vec<Speed>, ParameterError> {
        self.handle.access(speeds)
    }

    /// Returns the readout speed.
    pub fn speed(&self) -> Result<Speed, ParameterError> {
        self.handle.access(|access| Speed::now(access))
    }

    /// Chooses the readout speed, by its [index](Speed::index). This resets the gain, and may move
    /// the temperature set point.
    pub fn set_speed(&self, index: i16) -> Result<(), ParameterError> {
        self.handle.access(|access| known::SPEED.set(access, index))
    }

    /// Lists the gains of the speed. The camera only tells about the one that it has, so this chooses
    /// each, and then the one again that there was.
    pub fn gains(&self) -> Result<Vec<Gain>, ParameterError> {
        self.handle.access(gains)
    }

    /// Returns the gain.
    pub fn gain(&self) -> Result<Gain, ParameterError> {
        self.handle.access(|access| Gain::now(access))
    }

    /// Chooses the gain, by its [index](Gain::index).
    pub fn set_gain(&self, index: i16) -> Result<(), ParameterError> {
        self.handle.access(|access| known::GAIN.set(access, index))
    }

    /// Returns the temperature of the sensor, degrees Celsius.
    pub fn temperature(&self) -> Result<f32, ParameterError> {
        Ok(self.handle.access(|access| known::TEMPERATURE.get(access))?.0)
    }

    /// Returns the temperature that the camera cools or heats the sensor to, degrees Celsius.
    pub fn temperature_set_point(&self) -> Result<f32, ParameterError> {
        Ok(self.handle.access(|access| known::SET_POINT.get(access))?.0)
    }

    /// Returns the range of the set point, degrees Celsius.
    pub fn temperature_set_point_limits(&self) -> Result<Limits<f32>, ParameterError> {
        let Limits { min, max, increment } =
            self.handle.access(|access| known::SET_POINT.limits(access))?;
        Ok(Limits { min: min.0, max: max.0, increment: increment.0 })
    }

    /// Changes the set point, degrees Celsius, to the hundredth of a degree.
    pub fn set_temperature_set_point(&self, celsius: f32) -> Result<(), ParameterError> {
        self.handle.access(|access| known::SET_POINT.set(access, Celsius(celsius)))
    }

    /// Lists the speeds of the fan.
    pub fn fan_speeds(&self) -> Result<Vec<Choice<FanSpeed>>, ParameterError> {
        self.handle.access(|access| known::FAN_SPEED.choices(access))
    }

    /// Returns the speed of the fan.
    pub fn fan_speed(&self) -> Result<FanSpeed, ParameterError> {
        self.handle.access(|access| known::FAN_SPEED.get(access))
    }

    /// Changes the speed of the fan.
    pub fn set_fan_speed(&self, speed: FanSpeed) -> Result<(), ParameterError> {
        self.handle.access(|access| known::FAN_SPEED.set(access, speed))
    }

    /// Returns whether frames carry embedded metadata now. It is switched by a setup, with
    /// [`Setup::with_metadata`](crate::Setup::with_metadata).
    pub fn metadata(&self) -> Result<bool, ParameterError> {
        self.handle.access(|access| known::METADATA.get(access))
    }

    /// Lists the binnings: sensor pixels per frame pixel, across and down.
    pub fn binnings(&self) -> Result<Vec<(u16, u16)>, ParameterError> {
        let (across, down) = self.handle.access(|access| {
            let across = known::BINNING_ACROSS.choices(access)?;
            Ok::<_, ParameterError>((across, known::BINNING_DOWN.choices(access)?))
        })?;
        let factor = |choice: &Choice<i32>| u16::try_from(choice.value).ok();
        let pairs = across.iter().zip(&down);
        Ok(pairs.filter_map(|(across, down)| Some((factor(across)?, factor(down)?))).collect())
    }

    /// Lists the triggers that the camera has, without those that this crate does not know.
    pub fn triggers(&self) -> Result<Vec<Choice<Trigger>>, ParameterError> {
        let listed = self.handle.access(|access| known::TRIGGER.choices(access))?;
        Ok(only_known(listed, Trigger::of_mode))
    }

    /// Lists what the expose-out line can say, without what this crate does not know.
    pub fn expose_outs(&self) -> Result<Vec<Choice<ExposeOut>>, ParameterError> {
        let listed = self.handle.access(|access| known::EXPOSE_OUT.choices(access))?;
        Ok(only_known(listed, ExposeOut::of_mode))
    }

    /// Returns the range of exposures. It may depend on port and speed. The shortest may be zero,
    /// which a setup does not take.
    pub fn exposures(&self) -> Result<RangeInclusive<Duration>, ParameterError> {
        self.handle.access(Exposure::range)
    }
}

fn only_known<T>(listed: Vec<Choice<i32>>, meaning: fn(i32) -> Option<T>) -> Vec<Choice<T>> {
    let known = |Choice { value, name }| Some(Choice { value: meaning(value)?, name });
    listed.into_iter().filter_map(known).collect()
}
