//! The features of post-processing on the camera. Their values are kept, and change no picture.

use std::ffi::CStr;

use framepool_pvcam_sys::{
    PARAM_PP_INDEX, PARAM_PP_PARAM_INDEX, PP_FEATURE_DENOISING, PP_FEATURE_DESPECKLE_BRIGHT_LOW,
    PP_MAX_PARAMETERS_PER_FEATURE,
};

use crate::choice::Extent;
use crate::settings::Settings;

/// A feature.
#[derive(Debug)]
pub(crate) struct Feature {
    pub(crate) name: &'static CStr,
    pub(crate) id: u16,
    pub(crate) params: &'static [Param],
}

/// A parameter of a feature.
#[derive(Debug)]
pub(crate) struct Param {
    pub(crate) name: &'static CStr,
    pub(crate) id: u16,
    pub(crate) extent: Extent,
}

impl Param {
    /// Returns the number under which the settings keep its value: that of no parameter of the SDK.
    pub(crate) fn key(&self) -> u32 {
        0xFF00_0000 | u32::from(self.id)
    }
}

/// Makes the parameter number `index` of a feature.
const fn param(feature: u16, index: u16, name: &'static CStr, max: i64, first: i64) -> Param {
    let id = feature * PP_MAX_PARAMETERS_PER_FEATURE + index;
    Param { name, id, extent: Extent { current: first, default: first, min: 0, max, step: 1 } }
}

/// The features, which a client finds by `PARAM_PP_INDEX`.
pub(crate) static FEATURES: [Feature; 2] = [
    Feature {
        name: c"DESPECKLE BRIGHT LOW",
        id: PP_FEATURE_DESPECKLE_BRIGHT_LOW,
        params: &[
            param(PP_FEATURE_DESPECKLE_BRIGHT_LOW, 0, c"ENABLED", 1, 0),
            param(PP_FEATURE_DESPECKLE_BRIGHT_LOW, 1, c"THRESHOLD", 100, 70),
            param(PP_FEATURE_DESPECKLE_BRIGHT_LOW, 2, c"MAX ADU AFFECTED", 65_535, 100),
        ],
    },
    Feature {
        name: c"DENOISING",
        id: PP_FEATURE_DENOISING,
        params: &[
            param(PP_FEATURE_DENOISING, 0, c"ENABLED", 1, 0),
            param(PP_FEATURE_DENOISING, 1, c"NO OF ITERATIONS", 10, 3),
            param(PP_FEATURE_DENOISING, 2, c"GAIN", 1_000, 100),
            param(PP_FEATURE_DENOISING, 3, c"OFFSET", 1_000, 100),
            param(PP_FEATURE_DENOISING, 4, c"LAMBDA", 100, 50),
        ],
    },
];

/// Returns the feature that is selected.
pub(crate) fn feature(settings: &Settings) -> &'static Feature {
    FEATURES.get(selected(settings, PARAM_PP_INDEX)).unwrap_or(&FEATURES[0])
}

/// Returns the parameter that is selected, of the feature that is.
pub(crate) fn param_of(settings: &Settings) -> &'static Param {
    let params = feature(settings).params;
    params.get(selected(settings, PARAM_PP_PARAM_INDEX)).unwrap_or(&params[0])
}

fn selected(settings: &Settings, id: u32) -> usize {
    usize::try_from(settings.get(id)).unwrap_or(0)
}

/// Returns the first value of each parameter, under its key.
pub(crate) fn first_values() -> impl Iterator<Item = (u32, i64)> {
    FEATURES
        .iter()
        .flat_map(|feature| feature.params)
        .map(|param| (param.key(), param.extent.default))
}
