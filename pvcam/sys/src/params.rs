//! Numbers of the parameters.
//!
//! A number is `type << 24 | class << 16 | index`. The type in it is a hint; what
//! [`ATTR_TYPE`](crate::ATTR_TYPE) answers is authoritative.
//!
//! Each is declared once: as a constant, and with its documentation as an entry of [`PARAMETERS`].

use crate::uns32;

/// A parameter: its constant's name and number, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParameterEntry {
    /// The constant's name, such as `PARAM_EXP_RES`.
    pub name: &'static str,
    /// The constant.
    pub id: uns32,
    /// A sentence that says what the parameter is; it may begin with a space.
    pub about: &'static str,
}

/// Declares the constants, and lists them.
macro_rules! parameters {
    ($($(#[doc = $about:literal])+ pub const $name:ident: uns32 = $id:literal;)+) => {
        $($(#[doc = $about])+ pub const $name: uns32 = $id;)+

        /// All parameters. One that has two names is there twice, first with its newer one.
        pub const PARAMETERS: &[ParameterEntry] = &[
            $(ParameterEntry { name: stringify!($name), id: $name, about: concat!($($about),+) }),+
        ];
    };
}

parameters! {
    /// Sensor columns.
    pub const PARAM_SER_SIZE: uns32 = 0x0602_003A;
    /// Sensor rows.
    pub const PARAM_PAR_SIZE: uns32 = 0x0602_0039;
    /// Significant bits of a pixel at the current port, speed and gain.
    pub const PARAM_BIT_DEPTH: uns32 = 0x0102_01FF;
    /// Bits of a pixel after processing on the host.
    pub const PARAM_BIT_DEPTH_HOST: uns32 = 0x0102_0227;
    /// Pixel width in nanometres.
    pub const PARAM_PIX_SER_SIZE: uns32 = 0x0602_003E;
    /// Pixel height in nanometres.
    pub const PARAM_PIX_PAR_SIZE: uns32 = 0x0602_003F;
    /// Exposure time in the current unit, 16 bits wide (legacy).
    pub const PARAM_EXP_TIME: uns32 = 0x0603_0001;
    /// Exposure time and its limits in the current unit.
    pub const PARAM_EXPOSURE_TIME: uns32 = 0x0803_0008;
    /// Unit of exposure times.
    pub const PARAM_EXP_RES: uns32 = 0x0903_0002;
    /// Unit of exposure times, as an index.
    pub const PARAM_EXP_RES_INDEX: uns32 = 0x0603_0004;
    /// Readout port; setting it resets speed and gain.
    pub const PARAM_READOUT_PORT: uns32 = 0x0902_00F7;
    /// Speed of the current port; setting it resets the gain.
    pub const PARAM_SPDTAB_INDEX: uns32 = 0x0102_0201;
    /// Name of the current speed.
    pub const PARAM_SPDTAB_NAME: uns32 = 0x0D02_0203;
    /// Gain of the current speed, counted from 1.
    pub const PARAM_GAIN_INDEX: uns32 = 0x0102_0200;
    /// Name of the current gain.
    pub const PARAM_GAIN_NAME: uns32 = 0x0D02_0202;
    /// Nanoseconds per pixel at the current speed.
    pub const PARAM_PIX_TIME: uns32 = 0x0602_0204;
    /// Sensor temperature in hundredths of a degree Celsius.
    pub const PARAM_TEMP: uns32 = 0x0102_020D;
    /// Wanted sensor temperature in hundredths of a degree Celsius.
    pub const PARAM_TEMP_SETPOINT: uns32 = 0x0102_020E;
    /// Fan speed.
    pub const PARAM_FAN_SPEED_SETPOINT: uns32 = 0x0902_02C6;
    /// Whether continuous acquisition into a ring is supported.
    pub const PARAM_CIRC_BUFFER: uns32 = 0x0B03_012B;
    /// Limits and advised size in bytes of the ring for the current setup.
    pub const PARAM_FRAME_BUFFER_SIZE: uns32 = 0x0803_012C;
    /// Whether frames carry embedded metadata.
    pub const PARAM_METADATA_ENABLED: uns32 = 0x0B03_00A8;
    /// Exposure (trigger) modes, one half of the mode given to setup.
    pub const PARAM_EXPOSURE_MODE: uns32 = 0x0902_0217;
    /// Modes of the expose-out line, the other half of the mode given to setup.
    pub const PARAM_EXPOSE_OUT_MODE: uns32 = 0x0902_0230;
    /// Name of the sensor.
    pub const PARAM_CHIP_NAME: uns32 = 0x0D02_0081;
    /// Name of the product.
    pub const PARAM_PRODUCT_NAME: uns32 = 0x0D02_0084;
    /// Name of the vendor.
    pub const PARAM_VENDOR_NAME: uns32 = 0x0D02_0083;
    /// Name of the system.
    pub const PARAM_SYSTEM_NAME: uns32 = 0x0D02_0082;
    /// Part number.
    pub const PARAM_CAMERA_PART_NUMBER: uns32 = 0x0D02_0085;
    /// Serial number.
    pub const PARAM_HEAD_SER_NUM_ALPHA: uns32 = 0x0D02_0215;
    /// Version of the camera's firmware.
    pub const PARAM_CAM_FW_VERSION: uns32 = 0x0602_0214;
    /// Version of the host's device driver.
    pub const PARAM_DD_VERSION: uns32 = 0x0600_0002;
    /// Supported binning of columns, paired entry by entry with that of rows.
    pub const PARAM_BINNING_SER: uns32 = 0x0903_00A5;
    /// Supported binning of rows, paired entry by entry with that of columns.
    pub const PARAM_BINNING_PAR: uns32 = 0x0903_00A6;
    /// How many regions a setup may name.
    pub const PARAM_ROI_COUNT: uns32 = 0x0603_00A9;
    /// The region of the current setup.
    pub const PARAM_ROI: uns32 = 0x1403_0001;
    /// Clocking mode of the parallel register.
    pub const PARAM_PMODE: uns32 = 0x0902_020C;
    /// Whether the sensor can work in frame-transfer mode.
    pub const PARAM_FRAME_CAPABLE: uns32 = 0x0B02_01FD;
    /// When the sensor is cleared.
    pub const PARAM_CLEAR_MODE: uns32 = 0x0902_020B;
    /// How often the sensor is cleared each time.
    pub const PARAM_CLEAR_CYCLES: uns32 = 0x0602_0061;
    /// Readout time of the current setup in microseconds. Its number hints at a `flt64`, but libraries answer with
    /// the `uns32` that `ATTR_TYPE` says.
    pub const PARAM_READOUT_TIME: uns32 = 0x0402_00B3;
    /// Clearing time of the current setup in nanoseconds.
    pub const PARAM_CLEARING_TIME: uns32 = 0x1002_00B4;
    /// Delay before a trigger is accepted, in nanoseconds.
    pub const PARAM_PRE_TRIGGER_DELAY: uns32 = 0x1002_00B6;
    /// Delay from a trigger to the exposure, in nanoseconds.
    pub const PARAM_POST_TRIGGER_DELAY: uns32 = 0x1002_00B5;
    /// Pixel format that the camera sends.
    pub const PARAM_IMAGE_FORMAT: uns32 = 0x0902_00F8;
    /// Pixel format after processing on the host.
    pub const PARAM_IMAGE_FORMAT_HOST: uns32 = 0x0902_0228;
    /// Compression that the camera uses.
    pub const PARAM_IMAGE_COMPRESSION: uns32 = 0x0902_00F9;
    /// Colour filter of the sensor.
    pub const PARAM_COLOR_MODE: uns32 = 0x0902_01F8;
    /// Offset of the converter.
    pub const PARAM_ADC_OFFSET: uns32 = 0x0102_00C3;
    /// Full-well capacity in electrons.
    pub const PARAM_FWELL_CAPACITY: uns32 = 0x0702_01FA;
    /// When the shutter opens.
    pub const PARAM_SHTR_OPEN_MODE: uns32 = 0x0902_0209;
    /// Selected post-processing feature.
    pub const PARAM_PP_INDEX: uns32 = 0x0102_021F;
    /// Name of the selected post-processing feature.
    pub const PARAM_PP_FEAT_NAME: uns32 = 0x0D02_021E;
    /// Identity of the selected post-processing feature.
    pub const PARAM_PP_FEAT_ID: uns32 = 0x0602_0225;
    /// Selected parameter of the post-processing feature.
    pub const PARAM_PP_PARAM_INDEX: uns32 = 0x0102_0221;
    /// Name of the selected post-processing parameter.
    pub const PARAM_PP_PARAM_NAME: uns32 = 0x0D02_0222;
    /// Identity of the selected post-processing parameter.
    pub const PARAM_PP_PARAM_ID: uns32 = 0x0602_0226;
    /// Value of the selected post-processing parameter.
    pub const PARAM_PP_PARAM: uns32 = 0x0702_0223;
    /// Whether a list of exposures is in use.
    pub const PARAM_SMART_STREAM_MODE_ENABLED: uns32 = 0x0B02_02BC;
    /// How a list of exposures is worked through.
    pub const PARAM_SMART_STREAM_MODE: uns32 = 0x0602_02BD;
    /// The list of exposures.
    pub const PARAM_SMART_STREAM_EXP_PARAMS: uns32 = 0x0E02_02BE;
    /// Scan mode of the rolling shutter.
    pub const PARAM_SCAN_MODE: uns32 = 0x0903_00FA;
    /// The camera's connection to the host.
    pub const PARAM_CAM_INTERFACE_TYPE: uns32 = 0x0900_000A;
    /// Bytes of the driver's description, its NUL included.
    pub const PARAM_DD_INFO_LENGTH: uns32 = 0x0100_0001;
    /// How often the driver tries to reach the camera.
    pub const PARAM_DD_RETRIES: uns32 = 0x0600_0003;
    /// Milliseconds after which the driver gives up.
    pub const PARAM_DD_TIMEOUT: uns32 = 0x0600_0004;
    /// The driver's description.
    pub const PARAM_DD_INFO: uns32 = 0x0D00_0005;
    /// What the camera's connection is used for.
    pub const PARAM_CAM_INTERFACE_MODE: uns32 = 0x0900_000B;
    /// How the sensor is cooled.
    pub const PARAM_COOLING_MODE: uns32 = 0x0902_00D6;
    /// Milliseconds that the preamplifier needs.
    pub const PARAM_PREAMP_DELAY: uns32 = 0x0602_01F6;
    /// Whether the sensor has multi-pinned phases.
    pub const PARAM_MPP_CAPABLE: uns32 = 0x0902_00E0;
    /// Exposure from which on the preamplifier is switched off, in milliseconds.
    pub const PARAM_PREAMP_OFF_CONTROL: uns32 = 0x0702_01FB;
    /// Masked rows before the image.
    pub const PARAM_PREMASK: uns32 = 0x0602_0035;
    /// Masked columns before the image.
    pub const PARAM_PRESCAN: uns32 = 0x0602_0037;
    /// Masked rows after the image.
    pub const PARAM_POSTMASK: uns32 = 0x0602_0036;
    /// Masked columns after the image.
    pub const PARAM_POSTSCAN: uns32 = 0x0602_0038;
    /// Distance of pixels' centres down, in nanometres.
    pub const PARAM_PIX_PAR_DIST: uns32 = 0x0602_01F4;
    /// Distance of pixels' centres across, in nanometres.
    pub const PARAM_PIX_SER_DIST: uns32 = 0x0602_01F5;
    /// Whether there is a summing well.
    pub const PARAM_SUMMING_WELL: uns32 = 0x0B02_01F9;
    /// Whether the camera accumulates frames.
    pub const PARAM_ACCUM_CAPABLE: uns32 = 0x0B02_021A;
    /// Whether the camera's firmware can be replaced.
    pub const PARAM_FLASH_DWNLD_CAPABLE: uns32 = 0x0B02_021B;
    /// Version of the host adapter's firmware.
    pub const PARAM_PCI_FW_VERSION: uns32 = 0x0602_0216;
    /// Description of the camera's parts.
    pub const PARAM_CAM_SYSTEMS_INFO: uns32 = 0x0D02_0218;
    /// Compression after processing on the host.
    pub const PARAM_IMAGE_COMPRESSION_HOST: uns32 = 0x0902_00FD;
    /// Direction of the rolling shutter.
    pub const PARAM_SCAN_DIRECTION: uns32 = 0x0903_00FB;
    /// Whether each acquisition begins with the first direction.
    pub const PARAM_SCAN_DIRECTION_RESET: uns32 = 0x0B03_00FC;
    /// Delay of each line, in line times.
    pub const PARAM_SCAN_LINE_DELAY: uns32 = 0x0603_00FD;
    /// Time of a line in nanoseconds.
    pub const PARAM_SCAN_LINE_TIME: uns32 = 0x1003_00FE;
    /// Lines that are exposed at once.
    pub const PARAM_SCAN_WIDTH: uns32 = 0x0603_00FF;
    /// Rotation of frames on the host.
    pub const PARAM_HOST_FRAME_ROTATE: uns32 = 0x0902_0100;
    /// Older name of `PARAM_HOST_FRAME_ROTATE`.
    pub const PARAM_FRAME_ROTATE: uns32 = 0x0902_0100;
    /// Mirroring of frames on the host.
    pub const PARAM_HOST_FRAME_FLIP: uns32 = 0x0902_0101;
    /// Older name of `PARAM_HOST_FRAME_FLIP`.
    pub const PARAM_FRAME_FLIP: uns32 = 0x0902_0101;
    /// Whether the host sums frames.
    pub const PARAM_HOST_FRAME_SUMMING_ENABLED: uns32 = 0x0B02_0102;
    /// Frames that the host sums.
    pub const PARAM_HOST_FRAME_SUMMING_COUNT: uns32 = 0x0702_0103;
    /// Pixel format of the host's sums.
    pub const PARAM_HOST_FRAME_SUMMING_FORMAT: uns32 = 0x0902_0104;
    /// Whether the host decompresses frames.
    pub const PARAM_HOST_FRAME_DECOMPRESSION_ENABLED: uns32 = 0x0B02_0105;
    /// Milliseconds that the shutter needs to close.
    pub const PARAM_SHTR_CLOSE_DELAY: uns32 = 0x0602_0207;
    /// Milliseconds that the shutter needs to open.
    pub const PARAM_SHTR_OPEN_DELAY: uns32 = 0x0602_0208;
    /// State of the shutter.
    pub const PARAM_SHTR_STATUS: uns32 = 0x0902_020A;
    /// Selected input or output.
    pub const PARAM_IO_ADDR: uns32 = 0x0602_020F;
    /// Kind of the selected input or output.
    pub const PARAM_IO_TYPE: uns32 = 0x0902_0210;
    /// Direction of the selected input or output.
    pub const PARAM_IO_DIRECTION: uns32 = 0x0902_0211;
    /// State of the selected input or output.
    pub const PARAM_IO_STATE: uns32 = 0x0402_0212;
    /// Bits of the selected input or output.
    pub const PARAM_IO_BITDEPTH: uns32 = 0x0602_0213;
    /// Factor of the multiplication gain.
    pub const PARAM_GAIN_MULT_FACTOR: uns32 = 0x0602_0219;
    /// Whether multiplication gain is in use.
    pub const PARAM_GAIN_MULT_ENABLE: uns32 = 0x0B02_021D;
    /// Hundredths of an electron per count.
    pub const PARAM_ACTUAL_GAIN: uns32 = 0x0602_0220;
    /// Read noise in hundredths of an electron.
    pub const PARAM_READ_NOISE: uns32 = 0x0602_0224;
    /// The list of delays.
    pub const PARAM_SMART_STREAM_DLY_PARAMS: uns32 = 0x0E02_02BF;
    /// Which events of a frame are counted.
    pub const PARAM_BOF_EOF_ENABLE: uns32 = 0x0903_0005;
    /// The number of counted events.
    pub const PARAM_BOF_EOF_COUNT: uns32 = 0x0703_0006;
    /// Sets the number of counted events to 0.
    pub const PARAM_BOF_EOF_CLR: uns32 = 0x0B03_0007;
    /// Sets the metadata's clock to 0.
    pub const PARAM_METADATA_RESET_TIMESTAMP: uns32 = 0x0B03_00B0;
    /// Whether the camera sends the surroundings of bright points only.
    pub const PARAM_CENTROIDS_ENABLED: uns32 = 0x0B03_00AA;
    /// Radius of a point's surroundings, in pixels.
    pub const PARAM_CENTROIDS_RADIUS: uns32 = 0x0603_00AB;
    /// The most points of a frame.
    pub const PARAM_CENTROIDS_COUNT: uns32 = 0x0603_00AC;
    /// How points are found.
    pub const PARAM_CENTROIDS_MODE: uns32 = 0x0903_00AD;
    /// Frames from which the background is estimated.
    pub const PARAM_CENTROIDS_BG_COUNT: uns32 = 0x0903_00AE;
    /// Threshold of bright points.
    pub const PARAM_CENTROIDS_THRESHOLD: uns32 = 0x0703_00AF;
    /// Selected output of the trigger table.
    pub const PARAM_TRIGTAB_SIGNAL: uns32 = 0x0903_00B4;
    /// The last line to which the selected output is multiplexed.
    pub const PARAM_LAST_MUXED_SIGNAL: uns32 = 0x0503_00B5;
    /// Whether frames are delivered at a steady rate.
    pub const PARAM_FRAME_DELIVERY_MODE: uns32 = 0x0903_0190;
}
