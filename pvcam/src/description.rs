//! The description of a camera, read from its parameters when it is opened.

use crate::error::SdkError;
use crate::parameter::Parameters;
use framepool_pvcam_sys as sys;

/// Describes a camera, from parameters that were read when it was opened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Description {
    /// The name that the camera was opened by.
    pub name: String,
    /// The name of the product, empty if the camera has none.
    pub product: String,
    /// The serial number of the camera's head, empty if it has none.
    pub serial: String,
    /// The version of the firmware, as the vendor's tools write it, such as `1.2`; empty if the camera does not tell.
    pub firmware: String,
    /// Columns of the sensor, pixels.
    pub sensor_width: u32,
    /// Rows of the sensor, pixels.
    pub sensor_height: u32,
    /// Width and height of a pixel of the sensor, nanometres; `None` if the camera does not tell.
    pub pixel_nm: Option<(u32, u32)>,
    /// Bits per pixel that carried signal when the camera was opened; they depend on the gain.
    pub bit_depth: u8,
    /// Temperature of the sensor when the camera was opened, degrees Celsius; `None` if the camera
    /// does not measure it.
    pub temperature: Option<f32>,
    /// Whether the camera is simulated: its interface type is the SDK's "virtual".
    pub is_simulated: bool,
}

impl Description {
    pub(crate) fn read(name: &str, parameters: &Parameters<'_>) -> Result<Self, SdkError> {
        let number = |id| Ok::<_, SdkError>(parameters.integer(id)?.unwrap_or_default());
        #[expect(
            clippy::cast_precision_loss,
            reason = "hundredths of a degree in a 16-bit parameter"
        )]
        let temperature = parameters.integer(sys::PARAM_TEMP)?.map(|t| t as f32 / 100.0);
        let of_pixel = |id| {
            let size = parameters.integer(id)?.and_then(|nm| u32::try_from(nm).ok());
            Ok::<_, SdkError>(size.filter(|&nm| nm > 0))
        };
        let pixel_nm = of_pixel(sys::PARAM_PIX_SER_SIZE)?.zip(of_pixel(sys::PARAM_PIX_PAR_SIZE)?);
        let firmware = parameters.integer(sys::PARAM_CAM_FW_VERSION)?;
        let interface = number(sys::PARAM_CAM_INTERFACE_TYPE)?;
        Ok(Self {
            name: name.to_owned(),
            product: parameters.text(sys::PARAM_PRODUCT_NAME)?.unwrap_or_default(),
            serial: parameters.text(sys::PARAM_HEAD_SER_NUM_ALPHA)?.unwrap_or_default(),
            // The upper byte is the major version.
            firmware: firmware
                .map_or_else(String::new, |code| format!("{}.{}", code >> 8, code & 0xff)),
            pixel_nm,
            sensor_width: u32::try_from(number(sys::PARAM_SER_SIZE)?).unwrap_or_default(),
            sensor_height: u32::try_from(number(sys::PARAM_PAR_SIZE)?).unwrap_or_default(),
            bit_depth: bit_depth(parameters.integer(sys::PARAM_BIT_DEPTH)?),
            temperature,
            is_simulated: interface == i64::from(sys::PL_CAM_IFC_TYPE_VIRTUAL),
        })
    }
}

/// Returns the bits of a pixel; 16, which no camera exceeds, if the camera does not state them.
pub(crate) fn bit_depth(stated: Option<i64>) -> u8 {
    stated.and_then(|bits| u8::try_from(bits).ok()).filter(|&bits| bits > 0).unwrap_or(16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_bit_depth_is_16() {
        assert_eq!([None, Some(0), Some(-1), Some(12)].map(bit_depth), [16, 16, 16, 12]);
    }
}
