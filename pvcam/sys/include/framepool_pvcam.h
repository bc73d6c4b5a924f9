/* The C interface of a PVCAM library, by framepool: what the crate framepool-pvcam-sys declares, from which header.py
 * writes this file. Licensed under MIT or Apache-2.0, at your option. */
#ifndef FRAMEPOOL_PVCAM_H
#define FRAMEPOOL_PVCAM_H

#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#define PV_DECL __stdcall
#else
#define PV_DECL
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Failure, and false. */
#define PV_FAIL 0
/* Success, and true. */
#define PV_OK 1
/* The most cameras that the SDK lists. */
#define MAX_CAM 16u
/* Bytes of a camera name, its NUL included. */
#define CAM_NAME_LEN 32u
/* Bytes of an error message, its NUL included. */
#define ERROR_MSG_LEN 255u
/* Bytes of a sensor name, its NUL included. */
#define CCD_NAME_LEN 17u
/* Bytes of a serial number, its NUL included. */
#define MAX_ALPHA_SER_NUM_LEN 32u
/* Bytes of a post-processing name, its NUL included. */
#define MAX_PP_NAME_LEN 32u
/* Bytes of a system name, its NUL included. */
#define MAX_SYSTEM_NAME_LEN 32u
/* Bytes of a vendor name, its NUL included. */
#define MAX_VENDOR_NAME_LEN 32u
/* Bytes of a product name, its NUL included. */
#define MAX_PRODUCT_NAME_LEN 32u
/* Bytes of a part number, its NUL included. */
#define MAX_CAM_PART_NUM_LEN 32u
/* Bytes of a gain name, its NUL included. */
#define MAX_GAIN_NAME_LEN 32u
/* Bytes of a speed name, its NUL included. */
#define MAX_SPDTAB_NAME_LEN 32u
/* Bytes of a description of all systems, its NUL included. */
#define MAX_CAM_SYSTEMS_INFO_LEN 1024u
/* Type code of a parameter: int16. */
#define TYPE_INT16 1
/* Type code of a parameter: int32. */
#define TYPE_INT32 2
/* Type code of a parameter: flt64. */
#define TYPE_FLT64 4
/* Type code of a parameter: uns8. */
#define TYPE_UNS8 5
/* Type code of a parameter: uns16. */
#define TYPE_UNS16 6
/* Type code of a parameter: uns32. */
#define TYPE_UNS32 7
/* Type code of a parameter: uns64. */
#define TYPE_UNS64 8
/* Type code of a parameter: enum. */
#define TYPE_ENUM 9
/* Type code of a parameter: boolean. */
#define TYPE_BOOLEAN 11
/* Type code of a parameter: int8. */
#define TYPE_INT8 12
/* Type code of a parameter: char_ptr. */
#define TYPE_CHAR_PTR 13
/* Type code of a parameter: void_ptr. */
#define TYPE_VOID_PTR 14
/* Type code of a parameter: void_ptr_ptr. */
#define TYPE_VOID_PTR_PTR 15
/* Type code of a parameter: int64. */
#define TYPE_INT64 16
/* Type code of a parameter: smart_stream_type. */
#define TYPE_SMART_STREAM_TYPE 17
/* Type code of a parameter: smart_stream_type_ptr. */
#define TYPE_SMART_STREAM_TYPE_PTR 18
/* Type code of a parameter: flt32. */
#define TYPE_FLT32 19
/* Type code of a parameter: rgn_type. */
#define TYPE_RGN_TYPE 20
/* Type code of a parameter: rgn_type_ptr. */
#define TYPE_RGN_TYPE_PTR 21
/* Type code of a parameter: rgn_list_type. */
#define TYPE_RGN_LIST_TYPE 22
/* Type code of a parameter: rgn_list_type_ptr. */
#define TYPE_RGN_LIST_TYPE_PTR 23
/* How to open a camera: exclusive. */
#define OPEN_EXCLUSIVE 0
/* Parameter attribute: the current value. */
#define ATTR_CURRENT 0
/* Parameter attribute: the number of values, or the length of a string. */
#define ATTR_COUNT 1
/* Parameter attribute: the TYPE_* code. */
#define ATTR_TYPE 2
/* Parameter attribute: the least value. */
#define ATTR_MIN 3
/* Parameter attribute: the greatest value. */
#define ATTR_MAX 4
/* Parameter attribute: the value at power-up. */
#define ATTR_DEFAULT 5
/* Parameter attribute: the step between values. */
#define ATTR_INCREMENT 6
/* Parameter attribute: the ACC_* code. */
#define ATTR_ACCESS 7
/* Parameter attribute: whether the camera has it. */
#define ATTR_AVAIL 8
/* Parameter attribute: whether it may be touched while imaging. */
#define ATTR_LIVE 9
/* Parameter access: read only. */
#define ACC_READ_ONLY 1
/* Parameter access: read write. */
#define ACC_READ_WRITE 2
/* Parameter access: only its availability can be checked. */
#define ACC_EXIST_CHECK_ONLY 3
/* Parameter access: write only. */
#define ACC_WRITE_ONLY 4
/* Ring mode: no ring, for sequences only. A continuous setup accepts it and the start then fails. */
#define CIRC_NONE 0
/* Ring mode: the oldest frame is overwritten silently. */
#define CIRC_OVERWRITE 1
/* Ring mode: a frame is held until it is unlocked, and an overrun is reported. */
#define CIRC_NO_OVERWRITE 2
/* Callback event: begin of frame. */
#define PL_CALLBACK_BOF 0
/* Callback event: end of frame. */
#define PL_CALLBACK_EOF 1
/* Callback event: the list of cameras has changed. */
#define PL_CALLBACK_CHECK_CAMS 2
/* Callback event: the camera was removed. */
#define PL_CALLBACK_CAM_REMOVED 3
/* Callback event: a camera that was removed is back. */
#define PL_CALLBACK_CAM_RESUMED 4
/* Acquisition status: readout not active. */
#define READOUT_NOT_ACTIVE 0
/* Acquisition status: exposure in progress. */
#define EXPOSURE_IN_PROGRESS 1
/* Acquisition status: readout in progress. */
#define READOUT_IN_PROGRESS 2
/* Acquisition status: readout complete. */
#define READOUT_COMPLETE 3
/* Acquisition status: frame available. */
#define FRAME_AVAILABLE 3
/* Acquisition status: readout failed. */
#define READOUT_FAILED 4
/* Acquisition status: acquisition in progress. */
#define ACQUISITION_IN_PROGRESS 5
/* State of the camera after a stop: not changed. */
#define CCS_NO_CHANGE 0
/* State of the camera after a stop: idle. */
#define CCS_HALT 1
/* State of the camera after a stop: idle, with the shutter closed. */
#define CCS_HALT_CLOSE_SHTR 2
/* State of the camera after a stop: clearing the sensor. */
#define CCS_CLEAR 3
/* State of the camera after a stop: clearing the sensor, with the shutter closed. */
#define CCS_CLEAR_CLOSE_SHTR 4
/* State of the camera after a stop: idle, with the shutter open. */
#define CCS_OPEN_SHTR 5
/* State of the camera after a stop: clearing the sensor, with the shutter open. */
#define CCS_CLEAR_OPEN_SHTR 6
/* Unit of exposure times: millisecond. */
#define EXP_RES_ONE_MILLISEC 0
/* Unit of exposure times: microsecond. */
#define EXP_RES_ONE_MICROSEC 1
/* Unit of exposure times: second. */
#define EXP_RES_ONE_SEC 2
/* Exposure (trigger) mode: timed mode. */
#define TIMED_MODE 0
/* Exposure (trigger) mode: strobed mode. */
#define STROBED_MODE 1
/* Exposure (trigger) mode: bulb mode. */
#define BULB_MODE 2
/* Exposure (trigger) mode: trigger first mode. */
#define TRIGGER_FIRST_MODE 3
/* Exposure (trigger) mode: flash mode. */
#define FLASH_MODE 4
/* Exposure (trigger) mode: variable timed mode. */
#define VARIABLE_TIMED_MODE 5
/* Exposure (trigger) mode: int strobe mode. */
#define INT_STROBE_MODE 6
/* Exposure (trigger) mode: internal. */
#define EXT_TRIG_INTERNAL 1792
/* Exposure (trigger) mode: trig first. */
#define EXT_TRIG_TRIG_FIRST 2048
/* Exposure (trigger) mode: edge rising. */
#define EXT_TRIG_EDGE_RISING 2304
/* Exposure (trigger) mode: level. */
#define EXT_TRIG_LEVEL 2560
/* Exposure (trigger) mode: software first. */
#define EXT_TRIG_SOFTWARE_FIRST 2816
/* Exposure (trigger) mode: software edge. */
#define EXT_TRIG_SOFTWARE_EDGE 3072
/* Exposure (trigger) mode: level overlap. */
#define EXT_TRIG_LEVEL_OVERLAP 3328
/* Exposure (trigger) mode: level pulsed. */
#define EXT_TRIG_LEVEL_PULSED 3584
/* Expose-out mode: first row. */
#define EXPOSE_OUT_FIRST_ROW 0
/* Expose-out mode: all rows. */
#define EXPOSE_OUT_ALL_ROWS 1
/* Expose-out mode: any row. */
#define EXPOSE_OUT_ANY_ROW 2
/* Expose-out mode: rolling shutter. */
#define EXPOSE_OUT_ROLLING_SHUTTER 3
/* Expose-out mode: line trigger. */
#define EXPOSE_OUT_LINE_TRIGGER 4
/* Expose-out mode: global shutter. */
#define EXPOSE_OUT_GLOBAL_SHUTTER 5
/* Clear mode: never. */
#define CLEAR_NEVER 0
/* Clear mode: auto. */
#define CLEAR_AUTO 0
/* Clear mode: before each exposure. */
#define CLEAR_PRE_EXPOSURE 1
/* Clear mode: before each sequence. */
#define CLEAR_PRE_SEQUENCE 2
/* Clear mode: after each sequence. */
#define CLEAR_POST_SEQUENCE 3
/* Clear mode: before and after each sequence. */
#define CLEAR_PRE_POST_SEQUENCE 4
/* Clear mode: before each exposure and after each sequence. */
#define CLEAR_PRE_EXPOSURE_POST_SEQ 5
/* Clear mode: global reset. */
#define CLEAR_GLOBAL_RESET 6
/* Parallel clocking mode: normal. */
#define PMODE_NORMAL 0
/* Parallel clocking mode: frame transfer. */
#define PMODE_FT 1
/* Parallel clocking mode: multi-pinned phase. */
#define PMODE_MPP 2
/* Parallel clocking mode: frame transfer, multi-pinned phase. */
#define PMODE_FT_MPP 3
/* Parallel clocking mode: alternate, normal. */
#define PMODE_ALT_NORMAL 4
/* Parallel clocking mode: alternate, frame transfer. */
#define PMODE_ALT_FT 5
/* Parallel clocking mode: alternate, multi-pinned phase. */
#define PMODE_ALT_MPP 6
/* Parallel clocking mode: alternate, frame transfer, multi-pinned phase. */
#define PMODE_ALT_FT_MPP 7
/* Fan speed: high. */
#define FAN_SPEED_HIGH 0
/* Fan speed: medium. */
#define FAN_SPEED_MEDIUM 1
/* Fan speed: low. */
#define FAN_SPEED_LOW 2
/* Fan speed: off. */
#define FAN_SPEED_OFF 3
/* Readout port: 0. */
#define READOUT_PORT_0 0
/* Readout port: 1. */
#define READOUT_PORT_1 1
/* Readout port: 2. */
#define READOUT_PORT_2 2
/* Readout port: 3. */
#define READOUT_PORT_3 3
/* Answer to a software trigger: the exposure starts. */
#define PL_SW_TRIG_STATUS_TRIGGERED 0u
/* Answer to a software trigger: the camera was busy. */
#define PL_SW_TRIG_STATUS_IGNORED 1u
/* Connection of a camera: unknown. */
#define PL_CAM_IFC_TYPE_UNKNOWN 0
/* Connection of a camera: 1394. */
#define PL_CAM_IFC_TYPE_1394 256
/* Connection of a camera: 1394 a. */
#define PL_CAM_IFC_TYPE_1394_A 257
/* Connection of a camera: 1394 b. */
#define PL_CAM_IFC_TYPE_1394_B 258
/* Connection of a camera: usb. */
#define PL_CAM_IFC_TYPE_USB 512
/* Connection of a camera: usb 1 1. */
#define PL_CAM_IFC_TYPE_USB_1_1 513
/* Connection of a camera: usb 2 0. */
#define PL_CAM_IFC_TYPE_USB_2_0 514
/* Connection of a camera: usb 3 0. */
#define PL_CAM_IFC_TYPE_USB_3_0 515
/* Connection of a camera: usb 3 1. */
#define PL_CAM_IFC_TYPE_USB_3_1 516
/* Connection of a camera: pci. */
#define PL_CAM_IFC_TYPE_PCI 1024
/* Connection of a camera: pci lvds. */
#define PL_CAM_IFC_TYPE_PCI_LVDS 1025
/* Connection of a camera: pcie. */
#define PL_CAM_IFC_TYPE_PCIE 2048
/* Connection of a camera: pcie lvds. */
#define PL_CAM_IFC_TYPE_PCIE_LVDS 2049
/* Connection of a camera: pcie x1. */
#define PL_CAM_IFC_TYPE_PCIE_X1 2050
/* Connection of a camera: pcie x4. */
#define PL_CAM_IFC_TYPE_PCIE_X4 2051
/* Connection of a camera: pcie x8. */
#define PL_CAM_IFC_TYPE_PCIE_X8 2052
/* Connection of a camera: virtual. */
#define PL_CAM_IFC_TYPE_VIRTUAL 4096
/* Connection of a camera: ethernet. */
#define PL_CAM_IFC_TYPE_ETHERNET 8192
/* Signature of a frame with embedded metadata: the bytes PMQ and a NUL. */
#define PL_MD_FRAME_SIGNATURE 0x00514D50u
/* The most tags of extended metadata. */
#define PL_MD_EXT_TAGS_MAX_SUPPORTED 255u
/* Flag of a frame: its regions have times. */
#define PL_MD_FRAME_FLAG_ROI_TS_SUPPORTED 1
/* Flag of a region: it is to be skipped. */
#define PL_MD_ROI_FLAG_INVALID 1
/* Flag of a region: it has no pixels. */
#define PL_MD_ROI_FLAG_HEADER_ONLY 2
/* Pixel format: 16 bits, monochrome. */
#define PL_IMAGE_FORMAT_MONO16 0
/* Compression: none. */
#define PL_IMAGE_COMPRESSION_NONE 0
/* Colour filter: none. */
#define COLOR_NONE 0
/* Cooling: normal. */
#define NORMAL_COOL 0
/* Shutter: never opens. */
#define OPEN_NEVER 0
/* Shutter: opens before each exposure. */
#define OPEN_PRE_EXPOSURE 1
/* Shutter: opens before each sequence. */
#define OPEN_PRE_SEQUENCE 2
/* Shutter: opens before each trigger. */
#define OPEN_PRE_TRIGGER 3
/* Shutter: stays as it is. */
#define OPEN_NO_CHANGE 4
/* Rolling shutter: as fast as it can. */
#define PL_SCAN_MODE_AUTO 0
/* Post-processing: despeckling, bright spots in dark surroundings. */
#define PP_FEATURE_DESPECKLE_BRIGHT_LOW 13
/* Post-processing: denoising. */
#define PP_FEATURE_DENOISING 14
/* The most parameters of a post-processing feature. */
#define PP_MAX_PARAMETERS_PER_FEATURE 10

/* Sensor columns. */
#define PARAM_SER_SIZE 0x0602003Au
/* Sensor rows. */
#define PARAM_PAR_SIZE 0x06020039u
/* Significant bits of a pixel at the current port, speed and gain. */
#define PARAM_BIT_DEPTH 0x010201FFu
/* Bits of a pixel after processing on the host. */
#define PARAM_BIT_DEPTH_HOST 0x01020227u
/* Pixel width in nanometres. */
#define PARAM_PIX_SER_SIZE 0x0602003Eu
/* Pixel height in nanometres. */
#define PARAM_PIX_PAR_SIZE 0x0602003Fu
/* Exposure time in the current unit, 16 bits wide (legacy). */
#define PARAM_EXP_TIME 0x06030001u
/* Exposure time and its limits in the current unit. */
#define PARAM_EXPOSURE_TIME 0x08030008u
/* Unit of exposure times. */
#define PARAM_EXP_RES 0x09030002u
/* Unit of exposure times, as an index. */
#define PARAM_EXP_RES_INDEX 0x06030004u
/* Readout port; setting it resets speed and gain. */
#define PARAM_READOUT_PORT 0x090200F7u
/* Speed of the current port; setting it resets the gain. */
#define PARAM_SPDTAB_INDEX 0x01020201u
/* Name of the current speed. */
#define PARAM_SPDTAB_NAME 0x0D020203u
/* Gain of the current speed, counted from 1. */
#define PARAM_GAIN_INDEX 0x01020200u
/* Name of the current gain. */
#define PARAM_GAIN_NAME 0x0D020202u
/* Nanoseconds per pixel at the current speed. */
#define PARAM_PIX_TIME 0x06020204u
/* Sensor temperature in hundredths of a degree Celsius. */
#define PARAM_TEMP 0x0102020Du
/* Wanted sensor temperature in hundredths of a degree Celsius. */
#define PARAM_TEMP_SETPOINT 0x0102020Eu
/* Fan speed. */
#define PARAM_FAN_SPEED_SETPOINT 0x090202C6u
/* Whether continuous acquisition into a ring is supported. */
#define PARAM_CIRC_BUFFER 0x0B03012Bu
/* Limits and advised size in bytes of the ring for the current setup. */
#define PARAM_FRAME_BUFFER_SIZE 0x0803012Cu
/* Whether frames carry embedded metadata. */
#define PARAM_METADATA_ENABLED 0x0B0300A8u
/* Exposure (trigger) modes, one half of the mode given to setup. */
#define PARAM_EXPOSURE_MODE 0x09020217u
/* Modes of the expose-out line, the other half of the mode given to setup. */
#define PARAM_EXPOSE_OUT_MODE 0x09020230u
/* Name of the sensor. */
#define PARAM_CHIP_NAME 0x0D020081u
/* Name of the product. */
#define PARAM_PRODUCT_NAME 0x0D020084u
/* Name of the vendor. */
#define PARAM_VENDOR_NAME 0x0D020083u
/* Name of the system. */
#define PARAM_SYSTEM_NAME 0x0D020082u
/* Part number. */
#define PARAM_CAMERA_PART_NUMBER 0x0D020085u
/* Serial number. */
#define PARAM_HEAD_SER_NUM_ALPHA 0x0D020215u
/* Version of the camera's firmware. */
#define PARAM_CAM_FW_VERSION 0x06020214u
/* Version of the host's device driver. */
#define PARAM_DD_VERSION 0x06000002u
/* Supported binning of columns, paired entry by entry with that of rows. */
#define PARAM_BINNING_SER 0x090300A5u
/* Supported binning of rows, paired entry by entry with that of columns. */
#define PARAM_BINNING_PAR 0x090300A6u
/* How many regions a setup may name. */
#define PARAM_ROI_COUNT 0x060300A9u
/* The region of the current setup. */
#define PARAM_ROI 0x14030001u
/* Clocking mode of the parallel register. */
#define PARAM_PMODE 0x0902020Cu
/* Whether the sensor can work in frame-transfer mode. */
#define PARAM_FRAME_CAPABLE 0x0B0201FDu
/* When the sensor is cleared. */
#define PARAM_CLEAR_MODE 0x0902020Bu
/* How often the sensor is cleared each time. */
#define PARAM_CLEAR_CYCLES 0x06020061u
/* Readout time of the current setup in microseconds. Its number hints at a flt64, but libraries answer with the uns32 that ATTR_TYPE says. */
#define PARAM_READOUT_TIME 0x040200B3u
/* Clearing time of the current setup in nanoseconds. */
#define PARAM_CLEARING_TIME 0x100200B4u
/* Delay before a trigger is accepted, in nanoseconds. */
#define PARAM_PRE_TRIGGER_DELAY 0x100200B6u
/* Delay from a trigger to the exposure, in nanoseconds. */
#define PARAM_POST_TRIGGER_DELAY 0x100200B5u
/* Pixel format that the camera sends. */
#define PARAM_IMAGE_FORMAT 0x090200F8u
/* Pixel format after processing on the host. */
#define PARAM_IMAGE_FORMAT_HOST 0x09020228u
/* Compression that the camera uses. */
#define PARAM_IMAGE_COMPRESSION 0x090200F9u
/* Colour filter of the sensor. */
#define PARAM_COLOR_MODE 0x090201F8u
/* Offset of the converter. */
#define PARAM_ADC_OFFSET 0x010200C3u
/* Full-well capacity in electrons. */
#define PARAM_FWELL_CAPACITY 0x070201FAu
/* When the shutter opens. */
#define PARAM_SHTR_OPEN_MODE 0x09020209u
/* Selected post-processing feature. */
#define PARAM_PP_INDEX 0x0102021Fu
/* Name of the selected post-processing feature. */
#define PARAM_PP_FEAT_NAME 0x0D02021Eu
/* Identity of the selected post-processing feature. */
#define PARAM_PP_FEAT_ID 0x06020225u
/* Selected parameter of the post-processing feature. */
#define PARAM_PP_PARAM_INDEX 0x01020221u
/* Name of the selected post-processing parameter. */
#define PARAM_PP_PARAM_NAME 0x0D020222u
/* Identity of the selected post-processing parameter. */
#define PARAM_PP_PARAM_ID 0x06020226u
/* Value of the selected post-processing parameter. */
#define PARAM_PP_PARAM 0x07020223u
/* Whether a list of exposures is in use. */
#define PARAM_SMART_STREAM_MODE_ENABLED 0x0B0202BCu
/* How a list of exposures is worked through. */
#define PARAM_SMART_STREAM_MODE 0x060202BDu
/* The list of exposures. */
#define PARAM_SMART_STREAM_EXP_PARAMS 0x0E0202BEu
/* Scan mode of the rolling shutter. */
#define PARAM_SCAN_MODE 0x090300FAu
/* The camera's connection to the host. */
#define PARAM_CAM_INTERFACE_TYPE 0x0900000Au
/* Bytes of the driver's description, its NUL included. */
#define PARAM_DD_INFO_LENGTH 0x01000001u
/* How often the driver tries to reach the camera. */
#define PARAM_DD_RETRIES 0x06000003u
/* Milliseconds after which the driver gives up. */
#define PARAM_DD_TIMEOUT 0x06000004u
/* The driver's description. */
#define PARAM_DD_INFO 0x0D000005u
/* What the camera's connection is used for. */
#define PARAM_CAM_INTERFACE_MODE 0x0900000Bu
/* How the sensor is cooled. */
#define PARAM_COOLING_MODE 0x090200D6u
/* Milliseconds that the preamplifier needs. */
#define PARAM_PREAMP_DELAY 0x060201F6u
/* Whether the sensor has multi-pinned phases. */
#define PARAM_MPP_CAPABLE 0x090200E0u
/* Exposure from which on the preamplifier is switched off, in milliseconds. */
#define PARAM_PREAMP_OFF_CONTROL 0x070201FBu
/* Masked rows before the image. */
#define PARAM_PREMASK 0x06020035u
/* Masked columns before the image. */
#define PARAM_PRESCAN 0x06020037u
/* Masked rows after the image. */
#define PARAM_POSTMASK 0x06020036u
/* Masked columns after the image. */
#define PARAM_POSTSCAN 0x06020038u
/* Distance of pixels' centres down, in nanometres. */
#define PARAM_PIX_PAR_DIST 0x060201F4u
/* Distance of pixels' centres across, in nanometres. */
#define PARAM_PIX_SER_DIST 0x060201F5u
/* Whether there is a summing well. */
#define PARAM_SUMMING_WELL 0x0B0201F9u
/* Whether the camera accumulates frames. */
#define PARAM_ACCUM_CAPABLE 0x0B02021Au
/* Whether the camera's firmware can be replaced. */
#define PARAM_FLASH_DWNLD_CAPABLE 0x0B02021Bu
/* Version of the host adapter's firmware. */
#define PARAM_PCI_FW_VERSION 0x06020216u
/* Description of the camera's parts. */
#define PARAM_CAM_SYSTEMS_INFO 0x0D020218u
/* Compression after processing on the host. */
#define PARAM_IMAGE_COMPRESSION_HOST 0x090200FDu
/* Direction of the rolling shutter. */
#define PARAM_SCAN_DIRECTION 0x090300FBu
/* Whether each acquisition begins with the first direction. */
#define PARAM_SCAN_DIRECTION_RESET 0x0B0300FCu
/* Delay of each line, in line times. */
#define PARAM_SCAN_LINE_DELAY 0x060300FDu
/* Time of a line in nanoseconds. */
#define PARAM_SCAN_LINE_TIME 0x100300FEu
/* Lines that are exposed at once. */
#define PARAM_SCAN_WIDTH 0x060300FFu
/* Rotation of frames on the host. */
#define PARAM_HOST_FRAME_ROTATE 0x09020100u
/* Older name of PARAM_HOST_FRAME_ROTATE. */
#define PARAM_FRAME_ROTATE 0x09020100u
/* Mirroring of frames on the host. */
#define PARAM_HOST_FRAME_FLIP 0x09020101u
/* Older name of PARAM_HOST_FRAME_FLIP. */
#define PARAM_FRAME_FLIP 0x09020101u
/* Whether the host sums frames. */
#define PARAM_HOST_FRAME_SUMMING_ENABLED 0x0B020102u
/* Frames that the host sums. */
#define PARAM_HOST_FRAME_SUMMING_COUNT 0x07020103u
/* Pixel format of the host's sums. */
#define PARAM_HOST_FRAME_SUMMING_FORMAT 0x09020104u
/* Whether the host decompresses frames. */
#define PARAM_HOST_FRAME_DECOMPRESSION_ENABLED 0x0B020105u
/* Milliseconds that the shutter needs to close. */
#define PARAM_SHTR_CLOSE_DELAY 0x06020207u
/* Milliseconds that the shutter needs to open. */
#define PARAM_SHTR_OPEN_DELAY 0x06020208u
/* State of the shutter. */
#define PARAM_SHTR_STATUS 0x0902020Au
/* Selected input or output. */
#define PARAM_IO_ADDR 0x0602020Fu
/* Kind of the selected input or output. */
#define PARAM_IO_TYPE 0x09020210u
/* Direction of the selected input or output. */
#define PARAM_IO_DIRECTION 0x09020211u
/* State of the selected input or output. */
#define PARAM_IO_STATE 0x04020212u
/* Bits of the selected input or output. */
#define PARAM_IO_BITDEPTH 0x06020213u
/* Factor of the multiplication gain. */
#define PARAM_GAIN_MULT_FACTOR 0x06020219u
/* Whether multiplication gain is in use. */
#define PARAM_GAIN_MULT_ENABLE 0x0B02021Du
/* Hundredths of an electron per count. */
#define PARAM_ACTUAL_GAIN 0x06020220u
/* Read noise in hundredths of an electron. */
#define PARAM_READ_NOISE 0x06020224u
/* The list of delays. */
#define PARAM_SMART_STREAM_DLY_PARAMS 0x0E0202BFu
/* Which events of a frame are counted. */
#define PARAM_BOF_EOF_ENABLE 0x09030005u
/* The number of counted events. */
#define PARAM_BOF_EOF_COUNT 0x07030006u
/* Sets the number of counted events to 0. */
#define PARAM_BOF_EOF_CLR 0x0B030007u
/* Sets the metadata's clock to 0. */
#define PARAM_METADATA_RESET_TIMESTAMP 0x0B0300B0u
/* Whether the camera sends the surroundings of bright points only. */
#define PARAM_CENTROIDS_ENABLED 0x0B0300AAu
/* Radius of a point's surroundings, in pixels. */
#define PARAM_CENTROIDS_RADIUS 0x060300ABu
/* The most points of a frame. */
#define PARAM_CENTROIDS_COUNT 0x060300ACu
/* How points are found. */
#define PARAM_CENTROIDS_MODE 0x090300ADu
/* Frames from which the background is estimated. */
#define PARAM_CENTROIDS_BG_COUNT 0x090300AEu
/* Threshold of bright points. */
#define PARAM_CENTROIDS_THRESHOLD 0x070300AFu
/* Selected output of the trigger table. */
#define PARAM_TRIGTAB_SIGNAL 0x090300B4u
/* The last line to which the selected output is multiplexed. */
#define PARAM_LAST_MUXED_SIGNAL 0x050300B5u
/* Whether frames are delivered at a steady rate. */
#define PARAM_FRAME_DELIVERY_MODE 0x09030190u

/* The camera does not have the parameter. */
#define PL_ERR_PARAMETER_NOT_AVAILABLE 25
/* Something that the SDK's installer sets up is missing, such as an environment variable. */
#define PL_ERR_INSTALLATION_CORRUPTED 151
/* A call came before pl_pvcam_init, or after pl_pvcam_uninit. */
#define PL_ERR_LIBRARY_NOT_INITIALIZED 157
/* A region is empty, reversed or outside the sensor. */
#define PL_ERR_REGION_INVALID 181
/* The camera does not support the binning. */
#define PL_ERR_BINNING_INVALID 182
/* Settings contradict each other, such as a continuous start after a setup without a ring. */
#define PL_ERR_CONFIGURATION_INVALID 185
/* A start came before a setup. */
#define PL_ERR_ACQUISITION_SETUP_REQUIRED 188
/* The device driver refused a request, such as a ring too large to lock. */
#define PL_ERR_DDI_DEVICE_IOCTL_FAILED 199

/* A boolean, and the result of almost every function: 1 on success, 0 on failure. */
typedef uint16_t rs_bool;

/* Signed, 8 bits. */
typedef int8_t int8;

/* Unsigned, 8 bits. */
typedef uint8_t uns8;

/* Signed, 16 bits. */
typedef int16_t int16;

/* Unsigned, 16 bits. */
typedef uint16_t uns16;

/* Signed, 32 bits. */
typedef int32_t int32;

/* Unsigned, 32 bits. */
typedef uint32_t uns32;

/* Signed, 64 bits. */
typedef int64_t long64;

/* Unsigned, 64 bits. */
typedef uint64_t ulong64;

/* Floating point, 32 bits. */
typedef float flt32;

/* Floating point, 64 bits. */
typedef double flt64;

/* A 128-bit identifier of a frame-info structure. */
typedef struct {
    /* First part. */
    uns32 f1;
    /* Second part. */
    uns16 f2;
    /* Third part. */
    uns16 f3;
    /* Last part. */
    uns8 f4[8];
} PVCAM_FRAME_INFO_GUID;

/* The SDK's description of a frame. */
typedef struct {
    /* Identifier of this structure's version. */
    PVCAM_FRAME_INFO_GUID FrameInfoGUID;
    /* Handle of the camera. */
    int16 hCam;
    /* Number of the frame, from 1 in each acquisition. */
    int32 FrameNr;
    /* End of the frame in tenths of a millisecond, by the host driver's clock. */
    long64 TimeStamp;
    /* Readout time of the frame. */
    int32 ReadoutTime;
    /* Begin of the frame in tenths of a millisecond, by the host driver's clock. */
    long64 TimeStampBOF;
} FRAME_INFO;

/* A region of the sensor. Bounds are inclusive and count unbinned pixels from 0. */
typedef struct {
    /* First column. */
    uns16 s1;
    /* Last column. */
    uns16 s2;
    /* Binning of columns. */
    uns16 sbin;
    /* First row. */
    uns16 p1;
    /* Last row. */
    uns16 p2;
    /* Binning of rows. */
    uns16 pbin;
} rgn_type;

/* The header of a frame with embedded metadata, of versions 1 and 2. */
#pragma pack(push, 1)
typedef struct {
    /* PL_MD_FRAME_SIGNATURE. */
    uns32 signature;
    /* Version of the layout. */
    uns8 version;
    /* Number of the frame, from 1 in each acquisition. */
    uns32 frameNr;
    /* Number of regions. */
    uns16 roiCount;
    /* Begin of the frame, in units of timestampResNs. */
    uns32 timestampBOF;
    /* End of the frame, in units of timestampResNs. */
    uns32 timestampEOF;
    /* Nanoseconds of a unit of the frame's times. */
    uns32 timestampResNs;
    /* Exposure time, in units of exposureTimeResNs. */
    uns32 exposureTime;
    /* Nanoseconds of a unit of the exposure time. */
    uns32 exposureTimeResNs;
    /* Nanoseconds of a unit of the regions' times. */
    uns32 roiTimestampResNs;
    /* Significant bits of a pixel. */
    uns8 bitDepth;
    /* Colour filter, as in PL_COLOR_MODES. */
    uns8 colorMask;
    /* PL_MD_FRAME_FLAGS. */
    uns8 flags;
    /* Bytes of extended metadata after this header. */
    uns16 extendedMdSize;
    /* Pixel format, from version 2 on. */
    uns8 imageFormat;
    /* Compression, from version 2 on. */
    uns8 imageCompression;
    /* 0. */
    uns8 _reserved[6];
} md_frame_header;
#pragma pack(pop)

/* The header of a frame with embedded metadata, of version 3. Times are picoseconds. */
#pragma pack(push, 1)
typedef struct {
    /* PL_MD_FRAME_SIGNATURE. */
    uns32 signature;
    /* Version of the layout. */
    uns8 version;
    /* Number of the frame, from 1 in each acquisition. */
    uns32 frameNr;
    /* Number of regions. */
    uns16 roiCount;
    /* Begin of the frame. */
    ulong64 timestampBOF;
    /* End of the frame. */
    ulong64 timestampEOF;
    /* Exposure time. */
    ulong64 exposureTime;
    /* Significant bits of a pixel. */
    uns8 bitDepth;
    /* Colour filter, as in PL_COLOR_MODES. */
    uns8 colorMask;
    /* PL_MD_FRAME_FLAGS. */
    uns8 flags;
    /* Bytes of extended metadata after this header. */
    uns16 extendedMdSize;
    /* Pixel format. */
    uns8 imageFormat;
    /* Compression. */
    uns8 imageCompression;
    /* 0. */
    uns8 _reserved[6];
} md_frame_header_v3;
#pragma pack(pop)

/* The header of a region in a frame with embedded metadata. */
#pragma pack(push, 1)
typedef struct {
    /* Number of the region, from 1. */
    uns16 roiNr;
    /* Begin of the region's readout. */
    uns32 timestampBOR;
    /* End of the region's readout. */
    uns32 timestampEOR;
    /* The region. */
    rgn_type roi;
    /* PL_MD_ROI_FLAGS. */
    uns8 flags;
    /* Bytes of extended metadata after this header. */
    uns16 extendedMdSize;
    /* Bytes of the pixels, from version 2 on. */
    uns32 roiDataSize;
    /* 0. */
    uns8 _reserved[3];
} md_frame_roi_header;
#pragma pack(pop)

/* What a tag of extended metadata means. */
typedef struct {
    /* The tag. */
    uns32 tag;
    /* Type of its value. */
    uns16 type;
    /* Bytes of its value. */
    uns16 size;
    /* Its name. */
    const char *name;
} md_ext_item_info;

/* A value of extended metadata. */
typedef struct {
    /* What it means. */
    const md_ext_item_info *tagInfo;
    /* The value, within the frame. */
    void *value;
} md_ext_item;

/* Values of extended metadata, in their order and by their tags. */
typedef struct {
    /* The values. */
    md_ext_item list[PL_MD_EXT_TAGS_MAX_SUPPORTED];
    /* For each tag its entry in list, or null. */
    md_ext_item *map[PL_MD_EXT_TAGS_MAX_SUPPORTED];
    /* Entries of list. */
    uns16 count;
} md_ext_item_collection;

/* One region of a decoded frame. */
typedef struct {
    /* The region's header, within the frame. */
    md_frame_roi_header *header;
    /* The region's pixels, within the frame. */
    void *data;
    /* Bytes of the pixels. */
    uns32 dataSize;
    /* The region's extended metadata, within the frame. */
    void *extMdData;
    /* Bytes of the extended metadata. */
    uns16 extMdDataSize;
} md_frame_roi;

/* A decoded frame. */
typedef struct {
    /* The frame's header, within the frame. */
    md_frame_header *header;
    /* The frame's extended metadata, within the frame. */
    void *extMdData;
    /* Bytes of the extended metadata. */
    uns16 extMdDataSize;
    /* The smallest region that holds all regions. */
    rgn_type impliedRoi;
    /* The regions. */
    md_frame_roi *roiArray;
    /* Regions that there is room for. */
    uns16 roiCapacity;
    /* Regions that the frame has. */
    uns16 roiCount;
} md_frame;

/* Exposures, or delays, of smart streaming. */
typedef struct {
    /* The number of parameters. */
    uns16 entries;
    /* The parameters. */
    uns32 *params;
} smart_stream_type;

/* The type of the handler that pl_cam_register_callback takes as an untyped pointer. */
typedef void (PV_DECL *PL_CALLBACK_SIG_LEGACY)(void);

/* The type of the handler that pl_cam_register_callback_ex takes as an untyped pointer. */
typedef void (PV_DECL *PL_CALLBACK_SIG_EX)(void *context);

/* The type of the handler that pl_cam_register_callback_ex2 takes as an untyped pointer. */
typedef void (PV_DECL *PL_CALLBACK_SIG_EX2)(const FRAME_INFO *frame_info);

/* The type of the handler that pl_cam_register_callback_ex3 takes as an untyped pointer. */
typedef void (PV_DECL *PL_CALLBACK_SIG_EX3)(const FRAME_INFO *frame_info, void *context);

/* Returns the SDK's version as major << 8 | minor << 4 | revision. */
rs_bool PV_DECL pl_pvcam_get_ver(uns16 *version);

/* Initialises the SDK, and makes the list of cameras, which does not change after that. */
rs_bool PV_DECL pl_pvcam_init(void);

/* Uninitialises the SDK, and closes all cameras. */
rs_bool PV_DECL pl_pvcam_uninit(void);

/* Returns the number of cameras. */
rs_bool PV_DECL pl_cam_get_total(int16 *total);

/* Returns the name of a camera, in at most CAM_NAME_LEN bytes. */
rs_bool PV_DECL pl_cam_get_name(int16 index, char *name);

/* Opens the camera with a name, and returns its handle. */
rs_bool PV_DECL pl_cam_open(char *name, int16 *hcam, int16 mode);

/* Closes a camera. */
rs_bool PV_DECL pl_cam_close(int16 hcam);

/* Registers a handler, a PL_CALLBACK_SIG_LEGACY, for an event of a camera. */
rs_bool PV_DECL pl_cam_register_callback(int16 hcam, int32 event, void *callback);

/* Registers a handler, a PL_CALLBACK_SIG_EX, for an event of a camera. */
rs_bool PV_DECL pl_cam_register_callback_ex(int16 hcam, int32 event, void *callback, void *context);

/* Registers a handler, a PL_CALLBACK_SIG_EX2, for an event of a camera. */
rs_bool PV_DECL pl_cam_register_callback_ex2(int16 hcam, int32 event, void *callback);

/* Registers a handler, a PL_CALLBACK_SIG_EX3, for an event of a camera. */
rs_bool PV_DECL pl_cam_register_callback_ex3(int16 hcam, int32 event, void *callback, void *context);

/* Removes the handler for an event of a camera. */
rs_bool PV_DECL pl_cam_deregister_callback(int16 hcam, int32 event);

/* Returns the error code of the last call, 0 if it succeeded. */
int16 PV_DECL pl_error_code(void);

/* Returns the message of an error code, in at most ERROR_MSG_LEN bytes. */
rs_bool PV_DECL pl_error_message(int16 code, char *message);

/* Returns an attribute of a parameter; the type behind value depends on both. */
rs_bool PV_DECL pl_get_param(int16 hcam, uns32 param, int16 attribute, void *value);

/* Sets a parameter; the type behind value depends on it. */
rs_bool PV_DECL pl_set_param(int16 hcam, uns32 param, void *value);

/* Returns one entry of an enumerated parameter, with its text in at most length bytes. */
rs_bool PV_DECL pl_get_enum_param(int16 hcam, uns32 param, uns32 index, int32 *value, char *text, uns32 length);

/* Returns the bytes of an entry's text, its NUL included. */
rs_bool PV_DECL pl_enum_str_length(int16 hcam, uns32 param, uns32 index, uns32 *length);

/* Resets the post-processing features of a camera. */
rs_bool PV_DECL pl_pp_reset(int16 hcam);

/* Makes a description of a frame, to be released by pl_release_frame_info_struct. */
rs_bool PV_DECL pl_create_frame_info_struct(FRAME_INFO **frame_info);

/* Releases a description that pl_create_frame_info_struct made, also after the SDK's end. */
rs_bool PV_DECL pl_release_frame_info_struct(FRAME_INFO *frame_info);

/* Makes a structure of entries parameters of smart streaming. */
rs_bool PV_DECL pl_create_smart_stream_struct(smart_stream_type **stream, uns16 entries);

/* Releases one that pl_create_smart_stream_struct made, and sets the pointer to null. */
rs_bool PV_DECL pl_release_smart_stream_struct(smart_stream_type **stream);

/* Makes a structure for decoded metadata, with room for as many regions as this frame has. */
rs_bool PV_DECL pl_md_create_frame_struct(md_frame **frame, void *source, uns32 size);

/* Makes a structure for decoded metadata, with room for so many regions. */
rs_bool PV_DECL pl_md_create_frame_struct_cont(md_frame **frame, uns16 regions);

/* Releases one that pl_md_create_frame_struct or pl_md_create_frame_struct_cont made. */
rs_bool PV_DECL pl_md_release_frame_struct(md_frame *frame);

/* Decodes the metadata of a frame of size bytes. */
rs_bool PV_DECL pl_md_frame_decode(md_frame *frame, void *source, uns32 size);

/* Copies the regions of a decoded frame into a picture. */
rs_bool PV_DECL pl_md_frame_recompose(void *picture, uns16 x, uns16 y, uns16 width, uns16 height, md_frame *frame);

/* Reads a collection of extended metadata. */
rs_bool PV_DECL pl_md_read_extended(md_ext_item_collection *collection, void *source, uns32 size);

/* Prepares a continuous acquisition, and returns the bytes of one frame. */
rs_bool PV_DECL pl_exp_setup_cont(int16 hcam, uns16 region_count, const rgn_type *regions, int16 mode, uns32 exposure, uns32 *frame_bytes, int16 circ_mode);

/* Starts the prepared acquisition into the application's ring of size bytes. */
rs_bool PV_DECL pl_exp_start_cont(int16 hcam, void *ring, uns32 size);

/* Prepares a sequence of frames frames, and returns the bytes of all of them. */
rs_bool PV_DECL pl_exp_setup_seq(int16 hcam, uns16 frames, uns16 region_count, const rgn_type *regions, int16 mode, uns32 exposure, uns32 *bytes);

/* Starts the prepared sequence into the application's buffer, of as many bytes as the setup returned. */
rs_bool PV_DECL pl_exp_start_seq(int16 hcam, void *buffer);

/* Returns the state of a sequence, and the bytes written. */
rs_bool PV_DECL pl_exp_check_status(int16 hcam, int16 *status, uns32 *bytes_arrived);

/* Ends a sequence; both further arguments are ignored. */
rs_bool PV_DECL pl_exp_finish_seq(int16 hcam, void *buffer, int16 reserved);

/* Triggers an exposure; flags says whether the camera takes the trigger. */
rs_bool PV_DECL pl_exp_trigger(int16 hcam, uns32 *flags, uns32 value);

/* Returns the state of a continuous acquisition: the bytes written in this pass of the ring, and the number of passes before it. */
rs_bool PV_DECL pl_exp_check_cont_status(int16 hcam, int16 *status, uns32 *bytes_arrived, uns32 *buffer_count);

/* Does the same and describes the newest complete frame; its number is 0 if there is none. */
rs_bool PV_DECL pl_exp_check_cont_status_ex(int16 hcam, int16 *status, uns32 *bytes_arrived, uns32 *buffer_count, FRAME_INFO *frame_info);

/* Returns the newest frame or, in a handler, the frame that it was called for. */
rs_bool PV_DECL pl_exp_get_latest_frame(int16 hcam, void **frame);

/* Does the same and describes the frame. */
rs_bool PV_DECL pl_exp_get_latest_frame_ex(int16 hcam, void **frame, FRAME_INFO *frame_info);

/* Returns the oldest frame that is not unlocked. */
rs_bool PV_DECL pl_exp_get_oldest_frame(int16 hcam, void **frame);

/* Does the same and describes the frame. */
rs_bool PV_DECL pl_exp_get_oldest_frame_ex(int16 hcam, void **frame, FRAME_INFO *frame_info);

/* Unlocks the frame that pl_exp_get_oldest_frame returned, so that it may be overwritten. */
rs_bool PV_DECL pl_exp_unlock_oldest_frame(int16 hcam);

/* Ends a continuous acquisition. */
rs_bool PV_DECL pl_exp_stop_cont(int16 hcam, int16 ccs_mode);

/* Ends any acquisition. */
rs_bool PV_DECL pl_exp_abort(int16 hcam, int16 ccs_mode);


#if !defined(__cplusplus) && UINTPTR_MAX == UINT64_MAX
_Static_assert(sizeof(PVCAM_FRAME_INFO_GUID) == 16, "PVCAM_FRAME_INFO_GUID");
_Static_assert(sizeof(rgn_type) == 12, "rgn_type");
_Static_assert(sizeof(md_frame_header) == 48, "md_frame_header");
_Static_assert(sizeof(md_frame_header_v3) == 48, "md_frame_header_v3");
_Static_assert(sizeof(md_frame_roi_header) == 32, "md_frame_roi_header");
_Static_assert(sizeof(md_frame_roi) == 40, "md_frame_roi");
_Static_assert(sizeof(md_frame) == 48, "md_frame");
_Static_assert(sizeof(md_ext_item_info) == 16, "md_ext_item_info");
_Static_assert(sizeof(md_ext_item) == 16, "md_ext_item");
_Static_assert(sizeof(md_ext_item_collection) == 6128, "md_ext_item_collection");
_Static_assert(sizeof(smart_stream_type) == 16, "smart_stream_type");
_Static_assert(sizeof(FRAME_INFO) == 48, "FRAME_INFO");
_Static_assert(offsetof(PVCAM_FRAME_INFO_GUID, f1) == 0, "PVCAM_FRAME_INFO_GUID.f1");
_Static_assert(offsetof(PVCAM_FRAME_INFO_GUID, f2) == 4, "PVCAM_FRAME_INFO_GUID.f2");
_Static_assert(offsetof(PVCAM_FRAME_INFO_GUID, f3) == 6, "PVCAM_FRAME_INFO_GUID.f3");
_Static_assert(offsetof(PVCAM_FRAME_INFO_GUID, f4) == 8, "PVCAM_FRAME_INFO_GUID.f4");
_Static_assert(offsetof(rgn_type, s1) == 0, "rgn_type.s1");
_Static_assert(offsetof(rgn_type, s2) == 2, "rgn_type.s2");
_Static_assert(offsetof(rgn_type, sbin) == 4, "rgn_type.sbin");
_Static_assert(offsetof(rgn_type, p1) == 6, "rgn_type.p1");
_Static_assert(offsetof(rgn_type, p2) == 8, "rgn_type.p2");
_Static_assert(offsetof(rgn_type, pbin) == 10, "rgn_type.pbin");
_Static_assert(offsetof(md_frame_header, timestampBOF) == 11, "md_frame_header.timestampBOF");
_Static_assert(offsetof(md_frame_header, roiTimestampResNs) == 31, "md_frame_header.roiTimestampResNs");
_Static_assert(offsetof(md_frame_header, bitDepth) == 35, "md_frame_header.bitDepth");
_Static_assert(offsetof(md_frame_header, extendedMdSize) == 38, "md_frame_header.extendedMdSize");
_Static_assert(offsetof(md_frame_header, _reserved) == 42, "md_frame_header._reserved");
_Static_assert(offsetof(md_frame_header_v3, timestampBOF) == 11, "md_frame_header_v3.timestampBOF");
_Static_assert(offsetof(md_frame_header_v3, exposureTime) == 27, "md_frame_header_v3.exposureTime");
_Static_assert(offsetof(md_frame_header_v3, bitDepth) == 35, "md_frame_header_v3.bitDepth");
_Static_assert(offsetof(md_frame_header_v3, _reserved) == 42, "md_frame_header_v3._reserved");
_Static_assert(offsetof(md_frame_roi_header, roi) == 10, "md_frame_roi_header.roi");
_Static_assert(offsetof(md_frame_roi_header, flags) == 22, "md_frame_roi_header.flags");
_Static_assert(offsetof(md_frame_roi_header, roiDataSize) == 25, "md_frame_roi_header.roiDataSize");
_Static_assert(offsetof(md_frame_roi, dataSize) == 16, "md_frame_roi.dataSize");
_Static_assert(offsetof(md_frame_roi, extMdData) == 24, "md_frame_roi.extMdData");
_Static_assert(offsetof(md_frame_roi, extMdDataSize) == 32, "md_frame_roi.extMdDataSize");
_Static_assert(offsetof(md_frame, extMdDataSize) == 16, "md_frame.extMdDataSize");
_Static_assert(offsetof(md_frame, impliedRoi) == 18, "md_frame.impliedRoi");
_Static_assert(offsetof(md_frame, roiArray) == 32, "md_frame.roiArray");
_Static_assert(offsetof(md_frame, roiCapacity) == 40, "md_frame.roiCapacity");
_Static_assert(offsetof(md_frame, roiCount) == 42, "md_frame.roiCount");
_Static_assert(offsetof(md_ext_item_info, name) == 8, "md_ext_item_info.name");
_Static_assert(offsetof(md_ext_item_collection, map) == 4080, "md_ext_item_collection.map");
_Static_assert(offsetof(md_ext_item_collection, count) == 6120, "md_ext_item_collection.count");
_Static_assert(offsetof(smart_stream_type, params) == 8, "smart_stream_type.params");
_Static_assert(offsetof(FRAME_INFO, FrameInfoGUID) == 0, "FRAME_INFO.FrameInfoGUID");
_Static_assert(offsetof(FRAME_INFO, hCam) == 16, "FRAME_INFO.hCam");
_Static_assert(offsetof(FRAME_INFO, FrameNr) == 20, "FRAME_INFO.FrameNr");
_Static_assert(offsetof(FRAME_INFO, TimeStamp) == 24, "FRAME_INFO.TimeStamp");
_Static_assert(offsetof(FRAME_INFO, ReadoutTime) == 32, "FRAME_INFO.ReadoutTime");
_Static_assert(offsetof(FRAME_INFO, TimeStampBOF) == 40, "FRAME_INFO.TimeStampBOF");
#endif

#ifdef __cplusplus
}
#endif

#endif
