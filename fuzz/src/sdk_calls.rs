//! The target `sdk_calls`: any calls of the simulated library in any order, with any arguments.
//!
//! Pointers are null, or to blocks of the heap that are exactly as large as the function is told or its documentation
//! says, so that the address sanitizer sees every byte beyond. What a client must keep until a call has returned, it
//! keeps until then.

use crate::library::with_none;
use arbitrary::{Result, Unstructured};
use framepool_pvcam_sim::{SimError, functions};
use framepool_pvcam_sys::*;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr::{null, null_mut};

/// Bytes of one operation.
pub(crate) const OP_BYTES: usize = 24;

/// Handles that may be those of cameras.
const HANDLES: i16 = 2;

/// The longest side of most regions.
const SIDE: u16 = 48;

/// Calls the library as the bytes say. Without cameras in the environment it has one.
///
/// # Panics
/// If a call returns neither success nor failure, or a failure has no code of the library's.
pub fn sdk_calls(bytes: &[u8]) {
    with_none(|| {
        let mut client = Client::default();
        for op in bytes.chunks(OP_BYTES) {
            let mut call = Call { client: &mut client, bytes: Unstructured::new(op) };
            // Out of bytes: an operation that was cut off does nothing.
            let _ = call.make();
        }
        client.end();
    });
}

/// Memory of its own on the heap, reached by its address only.
struct Block(*mut [u8]);

impl Block {
    fn new(bytes: &[u8]) -> Self {
        Self(Box::into_raw(bytes.to_vec().into_boxed_slice()))
    }

    fn zeroed(size: usize) -> Self {
        Self(Box::into_raw(vec![0; size].into_boxed_slice()))
    }

    fn at<T>(&self) -> *mut T {
        self.0.cast()
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: from `Box::into_raw`, and dropped once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// What a client keeps between calls.
#[derive(Default)]
struct Client {
    /// What cameras may still write.
    rings: Vec<Block>,
    /// The bytes of the last setup of each camera, if it was for a sequence.
    sequences: BTreeMap<i16, u32>,
    infos: Vec<*mut FRAME_INFO>,
    /// Lists that the library made, and which of them it has released.
    streams: Vec<(*mut smart_stream_type, bool)>,
    /// Structures of decoded frames, and the frame that each was decoded from.
    frames: Vec<(*mut md_frame, Option<Block>)>,
    /// A handler was registered that calls the library: an error code may be that of its call.
    is_called_back: bool,
}

impl Client {
    /// Ends the library, and releases everything.
    fn end(mut self) {
        let sdk = functions();
        // SAFETY: no arguments. It fails if the library is not initialised.
        unsafe { (sdk.pl_pvcam_uninit)() };
        for info in self.infos.drain(..) {
            // SAFETY: the library checks the pointer.
            unsafe { (sdk.pl_release_frame_info_struct)(info) };
        }
        for (mut stream, _) in self.streams.drain(..) {
            // SAFETY: as above.
            unsafe { (sdk.pl_release_smart_stream_struct)(&raw mut stream) };
        }
        for (frame, _) in self.frames.drain(..) {
            // SAFETY: as above.
            unsafe { (sdk.pl_md_release_frame_struct)(frame) };
        }
    }
}

unsafe extern "system" fn plain() {}
unsafe extern "system" fn with_context(_: *mut c_void) {}
unsafe extern "system" fn with_info(_: *const FRAME_INFO) {}
/// Asks for the frame that it was called for.
unsafe extern "system" fn with_both(info: *const FRAME_INFO, _: *mut c_void) {
    // SAFETY: the library describes the frame as long as the call lasts.
    let hcam = unsafe { (*info).hCam };
    let (mut frame, mut info) = (null_mut(), FRAME_INFO::default());
    // SAFETY: both are valid for writes.
    unsafe { (functions().pl_exp_get_latest_frame_ex)(hcam, &raw mut frame, &raw mut info) };
}

/// One call.
struct Call<'c, 'b> {
    client: &'c mut Client,
    bytes: Unstructured<'b>,
}

/// A block, or null.
struct Out(Option<Block>);

impl Out {
    fn at<T>(&self) -> *mut T {
        self.0.as_ref().map_or(null_mut(), Block::at)
    }

    /// Returns what is there now.
    fn get<T: Copy>(&self) -> Option<T> {
        let block = self.0.as_ref()?;
        assert!(size_of::<T>() <= block.0.len());
        // SAFETY: in the block, which no other thread has; numbers and pointers only, of any value.
        Some(unsafe { block.at::<T>().read_unaligned() })
    }
}

impl Call<'_, '_> {
    fn byte(&mut self) -> Result<u8> {
        self.bytes.arbitrary()
    }

    fn word(&mut self) -> Result<u16> {
        self.bytes.arbitrary()
    }

    /// A number that is small mostly.
    fn small(&mut self, most: u16) -> Result<u16> {
        Ok(if self.byte()? < 240 { self.word()? % (most + 1) } else { self.word()? })
    }

    /// Signed, and mostly from 0 on.
    fn signed(&mut self, most: u16) -> Result<i16> {
        Ok(self.small(most)?.cast_signed())
    }

    fn handle(&mut self) -> Result<i16> {
        let byte = self.byte()?;
        Ok(match byte {
            0..=199 => 0,
            200..=239 => i16::from(byte) % HANDLES,
            _ => self.word()?.cast_signed(),
        })
    }

    /// Memory for a value that is returned; null sometimes.
    fn out<T>(&mut self) -> Result<Out> {
        self.block(size_of::<T>())
    }

    fn block(&mut self, size: usize) -> Result<Out> {
        Ok(Out((self.byte()? < 240).then(|| Block::zeroed(size))))
    }

    fn parameter(&mut self) -> Result<u32> {
        const KNOWN: [u32; 24] = [
            PARAM_READOUT_PORT,
            PARAM_SPDTAB_INDEX,
            PARAM_GAIN_INDEX,
            PARAM_GAIN_NAME,
            PARAM_METADATA_ENABLED,
            PARAM_EXP_RES,
            PARAM_EXP_RES_INDEX,
            PARAM_EXP_TIME,
            PARAM_EXPOSURE_TIME,
            PARAM_ROI,
            PARAM_ROI_COUNT,
            PARAM_SMART_STREAM_EXP_PARAMS,
            PARAM_SMART_STREAM_MODE_ENABLED,
            PARAM_PP_INDEX,
            PARAM_PP_PARAM_INDEX,
            PARAM_PP_PARAM,
            PARAM_PP_FEAT_NAME,
            PARAM_TEMP,
            PARAM_TEMP_SETPOINT,
            PARAM_CHIP_NAME,
            PARAM_FRAME_BUFFER_SIZE,
            PARAM_READOUT_TIME,
            PARAM_BINNING_SER,
            PARAM_DD_INFO,
        ];
        let byte = self.byte()?;
        Ok(if byte < 240 {
            KNOWN[usize::from(byte) % KNOWN.len()]
        } else {
            self.bytes.arbitrary()?
        })
    }

    /// Asks for the type of a parameter, and for the size of an attribute.
    fn size_of(&self, hcam: i16, param: u32, attribute: i16) -> (u16, usize) {
        let ask = |attribute| {
            let mut value = 0_u32;
            // SAFETY: these attributes have 16 or 32 bits.
            unsafe { (functions().pl_get_param)(hcam, param, attribute, (&raw mut value).cast()) };
            value
        };
        let type_code = u16::try_from(ask(ATTR_TYPE)).unwrap_or(0);
        let size = match (attribute, type_code) {
            (ATTR_AVAIL | ATTR_TYPE | ATTR_ACCESS | ATTR_LIVE, _) => 2,
            (ATTR_COUNT, _) => 4,
            (_, TYPE_SMART_STREAM_TYPE_PTR) => size_of::<smart_stream_type>(),
            (_, TYPE_CHAR_PTR) => ask(ATTR_COUNT) as usize,
            (_, TYPE_INT8 | TYPE_UNS8) => 1,
            (_, TYPE_INT16 | TYPE_UNS16 | TYPE_BOOLEAN) => 2,
            (_, TYPE_INT32 | TYPE_UNS32 | TYPE_ENUM) => 4,
            (_, TYPE_RGN_TYPE) => size_of::<rgn_type>(),
            _ => 8,
        };
        (type_code, size)
    }

    fn regions(&mut self) -> Result<(u16, Vec<rgn_type>)> {
        let count = if self.byte()? < 200 { 1 } else { self.word()? % 18 };
        let (first, side, odd) = (self.word()? % 2048, self.word()? % SIDE, self.byte()?);
        let binning = [1, 1, 1, 2, 4, 3, 0, 8][usize::from(odd % 8)];
        let region = |index: u16| {
            let s1 = first.saturating_add(index * SIDE);
            let length = (side + 1).next_multiple_of(u16::max(binning, 1));
            let s2 = if odd < 240 { s1.saturating_add(length - 1) } else { s1.saturating_sub(1) };
            rgn_type { s1, s2, sbin: binning, p1: s1, p2: s2, pbin: binning }
        };
        Ok((count, (0..count).map(region).collect()))
    }

    fn mode(&mut self) -> Result<i16> {
        const MODES: [i16; 6] = [
            TIMED_MODE,
            STROBED_MODE,
            EXT_TRIG_INTERNAL,
            EXT_TRIG_SOFTWARE_EDGE,
            BULB_MODE,
            INT_STROBE_MODE,
        ];
        let byte = self.byte()?;
        Ok(if byte < 240 {
            MODES[usize::from(byte) % MODES.len()]
        } else {
            self.word()?.cast_signed()
        })
    }

    /// Makes a call, and checks how it ended.
    #[allow(clippy::too_many_lines, reason = "one arm for each function")]
    fn make(&mut self) -> Result<()> {
        let sdk = functions();
        let (kind, hcam) = (self.byte()?, self.handle()?);
        // SAFETY, of every call below: pointers are null, or to blocks as large as the function is told or its
        // documentation says, which live until the call has returned, and rings until the cameras are stopped.
        let result = match kind % 48 {
            0 => {
                let version = self.out::<u16>()?;
                // SAFETY: see above.
                unsafe { (sdk.pl_pvcam_get_ver)(version.at()) }
            }
            1 | 45 | 46 => {
                // SAFETY: see above.
                unsafe { (sdk.pl_pvcam_init)() }
            }
            2 => {
                // Not often: nothing works afterwards.
                if self.byte()? >= 32 {
                    return Ok(());
                }
                // SAFETY: see above.
                let result = unsafe { (sdk.pl_pvcam_uninit)() };
                self.client.rings.clear();
                result
            }
            3 => {
                let total = self.out::<i16>()?;
                // SAFETY: see above.
                unsafe { (sdk.pl_cam_get_total)(total.at()) }
            }
            4 => {
                let (index, name) = (self.signed(3)?, self.block(CAM_NAME_LEN)?);
                // SAFETY: see above.
                unsafe { (sdk.pl_cam_get_name)(index, name.at()) }
            }
            5 | 44 | 47 => {
                let names = [&b"SimCam00\0"[..], b"SimCam00\0", b"SimCam01\0", b"other\0", b"\0"];
                let name = Block::new(names[usize::from(self.byte()?) % names.len()]);
                let mode =
                    if self.byte()? < 240 { OPEN_EXCLUSIVE } else { self.word()?.cast_signed() };
                let handle = self.out::<i16>()?;
                // SAFETY: see above.
                unsafe { (sdk.pl_cam_open)(name.at(), handle.at(), mode) }
            }
            6 => {
                if self.byte()? >= 64 {
                    return Ok(());
                }
                // SAFETY: see above. The rings of other cameras are still in use.
                unsafe { (sdk.pl_cam_close)(hcam) }
            }
            7..=10 => {
                let event =
                    if self.byte()? < 240 { PL_CALLBACK_EOF } else { i32::from(self.word()?) };
                let given = self.byte()? < 240;
                let or_null = |function: *mut c_void| if given { function } else { null_mut() };
                match kind % 48 {
                    // SAFETY: see above; a function of this type.
                    7 => unsafe {
                        (sdk.pl_cam_register_callback)(hcam, event, or_null(plain as *mut c_void))
                    },
                    8 => {
                        let function = or_null(with_context as *mut c_void);
                        // SAFETY: as above.
                        unsafe {
                            (sdk.pl_cam_register_callback_ex)(hcam, event, function, null_mut())
                        }
                    }
                    9 => {
                        let function = or_null(with_info as *mut c_void);
                        // SAFETY: as above.
                        unsafe { (sdk.pl_cam_register_callback_ex2)(hcam, event, function) }
                    }
                    _ => {
                        let function = or_null(with_both as *mut c_void);
                        self.client.is_called_back = true;
                        // SAFETY: as above.
                        unsafe {
                            (sdk.pl_cam_register_callback_ex3)(hcam, event, function, null_mut())
                        }
                    }
                }
            }
            11 => {
                let event =
                    if self.byte()? < 240 { PL_CALLBACK_EOF } else { i32::from(self.word()?) };
                // SAFETY: see above.
                unsafe { (sdk.pl_cam_deregister_callback)(hcam, event) }
            }
            12 => {
                let (code, message) = (self.signed(255)?, self.block(ERROR_MSG_LEN)?);
                // SAFETY: see above. It never changes the code.
                let result = unsafe { (sdk.pl_error_message)(code, message.at()) };
                assert_eq!(result == PV_OK, message.0.is_some());
                return Ok(());
            }
            13 | 14 => {
                let (param, attribute) = (self.parameter()?, self.signed(10)?);
                let (type_code, size) = self.size_of(hcam, param, attribute);
                let value = self.block(size)?;
                let room = self.word()? % 16;
                let params = Block::zeroed(4 * usize::from(room));
                if type_code == TYPE_SMART_STREAM_TYPE_PTR
                    && size == size_of::<smart_stream_type>()
                    && value.0.is_some()
                {
                    let list = smart_stream_type { entries: room, params: params.at() };
                    // SAFETY: in the block.
                    unsafe { value.at::<smart_stream_type>().write_unaligned(list) };
                }
                let to = self.made_list(type_code)?.map_or(value.at(), <*mut _>::cast);
                // SAFETY: see above.
                unsafe { (sdk.pl_get_param)(hcam, param, attribute, to) }
            }
            15 | 16 => {
                let param = self.parameter()?;
                let (type_code, size) = self.size_of(hcam, param, ATTR_CURRENT);
                let number = if self.byte()? < 240 {
                    u64::from(self.word()? % 16)
                } else {
                    self.bytes.arbitrary()?
                };
                let entries = self.word()? % 16;
                let params = Block::zeroed(4 * usize::from(entries));
                let mut bytes = [0; 16];
                bytes[..8].copy_from_slice(&number.to_le_bytes());
                let value = Block::new(bytes.get(..size).unwrap_or(&bytes));
                if type_code == TYPE_SMART_STREAM_TYPE_PTR {
                    let params = if self.byte()? < 240 { params.at() } else { null_mut() };
                    // SAFETY: a block of its size.
                    unsafe {
                        value
                            .at::<smart_stream_type>()
                            .write_unaligned(smart_stream_type { entries, params })
                    };
                }
                let to = if self.byte()? < 240 { value.at() } else { null_mut() };
                let to = self.made_list(type_code)?.map_or(to, <*mut _>::cast);
                // SAFETY: see above; text and regions cannot be set, so they are not read.
                unsafe { (sdk.pl_set_param)(hcam, param, to) }
            }
            17 => {
                let (param, index) = (self.parameter()?, u32::from(self.small(8)?));
                let (value, length) = (self.out::<i32>()?, self.word()? % 40);
                let text = self.block(usize::from(length))?;
                // SAFETY: see above.
                unsafe {
                    (sdk.pl_get_enum_param)(
                        hcam,
                        param,
                        index,
                        value.at(),
                        text.at(),
                        length.into(),
                    )
                }
            }
            18 => {
                let (param, index) = (self.parameter()?, u32::from(self.small(8)?));
                let length = self.out::<u32>()?;
                // SAFETY: see above.
                unsafe { (sdk.pl_enum_str_length)(hcam, param, index, length.at()) }
            }
            // SAFETY: see above.
            19 => unsafe { (sdk.pl_pp_reset)(hcam) },
            20 => {
                let info = self.out::<*mut FRAME_INFO>()?;
                // SAFETY: see above.
                let result = unsafe { (sdk.pl_create_frame_info_struct)(info.at()) };
                self.client
                    .infos
                    .extend(info.get::<*mut FRAME_INFO>().filter(|info| !info.is_null()));
                result
            }
            21 => {
                let index = usize::from(self.byte()?) % (self.client.infos.len() + 1);
                let info = self.client.infos.get(index).copied().unwrap_or(null_mut());
                // SAFETY: see above; released ones are refused.
                unsafe { (sdk.pl_release_frame_info_struct)(info) }
            }
            22 => {
                let (stream, entries) = (self.out::<*mut smart_stream_type>()?, self.small(20)?);
                // SAFETY: see above.
                let result = unsafe { (sdk.pl_create_smart_stream_struct)(stream.at(), entries) };
                let made = stream.get::<*mut smart_stream_type>().filter(|made| !made.is_null());
                self.client.streams.extend(made.map(|made| (made, false)));
                result
            }
            23 => {
                let index = usize::from(self.byte()?) % (self.client.streams.len() + 1);
                let found = self.client.streams.get(index);
                let made = found.map_or(null_mut(), |(made, _)| *made);
                let mut stream = made;
                // SAFETY: see above; released ones are refused.
                let result = unsafe { (sdk.pl_release_smart_stream_struct)(&raw mut stream) };
                if result == PV_OK {
                    let same = self.client.streams.iter_mut().filter(|(at, _)| *at == made);
                    same.for_each(|(_, is_released)| *is_released = true);
                }
                result
            }
            24 => {
                let (made, source) = (self.out::<*mut md_frame>()?, self.metadata()?);
                let size = u32::try_from(source.0.len()).unwrap_or(0);
                // SAFETY: see above.
                let result =
                    unsafe { (sdk.pl_md_create_frame_struct)(made.at(), source.at(), size) };
                self.keep_frame(&made);
                result
            }
            25 => {
                let (made, regions) = (self.out::<*mut md_frame>()?, self.small(20)?);
                // SAFETY: see above.
                let result = unsafe { (sdk.pl_md_create_frame_struct_cont)(made.at(), regions) };
                self.keep_frame(&made);
                result
            }
            26 => {
                let frame = self.frame()?.map_or(null_mut(), |index| self.client.frames[index].0);
                // SAFETY: see above; released ones are refused.
                unsafe { (sdk.pl_md_release_frame_struct)(frame) }
            }
            27 => {
                let (index, source) = (self.frame()?, self.metadata()?);
                let size = u32::try_from(source.0.len()).unwrap_or(0);
                let frame = index.map_or(null_mut(), |index| self.client.frames[index].0);
                // SAFETY: see above.
                let result = unsafe { (sdk.pl_md_frame_decode)(frame, source.at(), size) };
                if let Some(index) = index {
                    self.client.frames[index].1 = Some(source);
                }
                result
            }
            28 => {
                let frame = self.frame()?.map_or(null_mut(), |index| self.client.frames[index].0);
                let (x, y) = (self.small(2048)?, self.small(2048)?);
                let (width, height) = (self.word()? % 80, self.word()? % 80);
                let picture = self.block(2 * usize::from(width) * usize::from(height))?;
                // SAFETY: see above; what the frame was decoded from is kept.
                unsafe { (sdk.pl_md_frame_recompose)(picture.at(), x, y, width, height, frame) }
            }
            29 => {
                let (collection, size) = (self.out::<md_ext_item_collection>()?, self.small(3)?);
                // SAFETY: see above.
                unsafe { (sdk.pl_md_read_extended)(collection.at(), null_mut(), size.into()) }
            }
            30 | 31 => {
                let ((count, regions), mode) = (self.regions()?, self.mode()?);
                let (exposure, bytes) = (u32::from(self.small(3)?), self.out::<u32>()?);
                let circ_mode = self.signed(2)?;
                let at = if count > 0 { regions.as_ptr() } else { null() };
                // SAFETY: see above.
                let result = unsafe {
                    (sdk.pl_exp_setup_cont)(hcam, count, at, mode, exposure, bytes.at(), circ_mode)
                };
                if result == PV_OK {
                    self.client.sequences.remove(&hcam);
                }
                result
            }
            32 | 33 => {
                let ((count, regions), mode, frames) =
                    (self.regions()?, self.mode()?, self.small(5)?);
                let (exposure, bytes) = (u32::from(self.small(3)?), self.out::<u32>()?);
                let at = if count > 0 { regions.as_ptr() } else { null() };
                // SAFETY: see above.
                let result = unsafe {
                    (sdk.pl_exp_setup_seq)(hcam, frames, count, at, mode, exposure, bytes.at())
                };
                if let (PV_OK, Some(bytes)) = (result, bytes.get::<u32>()) {
                    self.client.sequences.insert(hcam, bytes);
                }
                result
            }
            34 => {
                // As many bytes as the setup returned were not kept: a size of a few frames of small regions.
                let size = if self.byte()? < 200 {
                    4 * 2 * u32::from(SIDE * SIDE)
                } else {
                    u32::from(self.word()?)
                };
                let ring = Block::zeroed(size as usize);
                let at = if self.byte()? < 240 { ring.at() } else { null_mut() };
                // SAFETY: see above; the ring is kept.
                let result = unsafe { (sdk.pl_exp_start_cont)(hcam, at, size) };
                self.client.rings.push(ring);
                result
            }
            35 | 43 => {
                let Some(size) = self.client.sequences.get(&hcam).filter(|&&size| size < 1 << 20)
                else {
                    return Ok(());
                };
                let buffer = Block::zeroed(*size as usize);
                // SAFETY: see above; the buffer has as many bytes as the camera's last setup returned, and is kept.
                let result = unsafe { (sdk.pl_exp_start_seq)(hcam, buffer.at()) };
                self.client.rings.push(buffer);
                result
            }
            36 => {
                let (status, bytes) = (self.out::<i16>()?, self.out::<u32>()?);
                // SAFETY: see above.
                unsafe { (sdk.pl_exp_check_status)(hcam, status.at(), bytes.at()) }
            }
            37 => {
                let (status, bytes) = (self.out::<i16>()?, self.out::<u32>()?);
                let (passes, info) = (self.out::<u32>()?, self.out::<FRAME_INFO>()?);
                if self.byte()? < 128 {
                    // SAFETY: see above.
                    unsafe {
                        (sdk.pl_exp_check_cont_status)(hcam, status.at(), bytes.at(), passes.at())
                    }
                } else {
                    // SAFETY: see above.
                    unsafe {
                        (sdk.pl_exp_check_cont_status_ex)(
                            hcam,
                            status.at(),
                            bytes.at(),
                            passes.at(),
                            info.at(),
                        )
                    }
                }
            }
            38 => {
                // SAFETY: see above; the pointer is not used.
                unsafe { (sdk.pl_exp_finish_seq)(hcam, null_mut(), 0) }
            }
            39 => {
                let flags = self.out::<u32>()?;
                // SAFETY: see above.
                unsafe { (sdk.pl_exp_trigger)(hcam, flags.at(), 0) }
            }
            40 => {
                let (frame, info, which) =
                    (self.out::<*mut c_void>()?, self.out::<FRAME_INFO>()?, self.byte()?);
                match which % 4 {
                    // SAFETY: see above.
                    0 => unsafe { (sdk.pl_exp_get_latest_frame)(hcam, frame.at()) },
                    // SAFETY: see above.
                    1 => unsafe { (sdk.pl_exp_get_latest_frame_ex)(hcam, frame.at(), info.at()) },
                    // SAFETY: see above.
                    2 => unsafe { (sdk.pl_exp_get_oldest_frame)(hcam, frame.at()) },
                    // SAFETY: see above.
                    _ => unsafe { (sdk.pl_exp_get_oldest_frame_ex)(hcam, frame.at(), info.at()) },
                }
            }
            // SAFETY: see above.
            41 => unsafe { (sdk.pl_exp_unlock_oldest_frame)(hcam) },
            _ => {
                let mode = self.signed(6)?;
                if self.byte()? < 128 {
                    // SAFETY: see above.
                    unsafe { (sdk.pl_exp_stop_cont)(hcam, mode) }
                } else {
                    // SAFETY: see above.
                    unsafe { (sdk.pl_exp_abort)(hcam, mode) }
                }
            }
        };
        // SAFETY: no arguments.
        let code = unsafe { (sdk.pl_error_code)() };
        let is_known = SimError::ALL.iter().any(|error| error.code() == code);
        let is_right = match result {
            _ if self.client.is_called_back => is_known || code == 0,
            PV_OK => code == 0,
            _ => is_known,
        };
        assert!(
            is_right && [PV_OK, PV_FAIL].contains(&result),
            "call {}: {result}, {code}",
            kind % 48
        );
        Ok(())
    }

    /// Chooses one of the lists that the library made and has not released, sometimes, for a parameter that is one.
    fn made_list(&mut self, type_code: u16) -> Result<Option<*mut smart_stream_type>> {
        let byte = self.byte()?;
        let mut made = self.client.streams.iter().filter(|(_, is_released)| !is_released);
        let found = made.nth(usize::from(byte % 4)).map(|(made, _)| *made);
        Ok(found.filter(|_| byte >= 128 && type_code == TYPE_SMART_STREAM_TYPE_PTR))
    }

    /// Chooses one of the structures for decoded frames, released ones too, or none.
    fn frame(&mut self) -> Result<Option<usize>> {
        let index = usize::from(self.byte()?) % (self.client.frames.len() + 1);
        Ok((index < self.client.frames.len()).then_some(index))
    }

    fn keep_frame(&mut self, made: &Out) {
        let frame = made.get::<*mut md_frame>().filter(|frame| !frame.is_null());
        self.client.frames.extend(frame.map(|frame| (frame, None)));
    }

    /// A frame with metadata of one region, with one byte changed, or cut off somewhere.
    fn metadata(&mut self) -> Result<Block> {
        let (version, side) = (self.byte()? % 5, self.byte()? % 32);
        let pixels = 2 * (usize::from(side) + 1) * (usize::from(side) + 1);
        let mut bytes = vec![0; 80 + pixels];
        bytes[..4].copy_from_slice(&PL_MD_FRAME_SIGNATURE.to_le_bytes());
        bytes[4] = version;
        bytes[9] = 1;
        bytes[35] = 16;
        bytes[48] = 1;
        for at in [60, 66] {
            bytes[at] = side;
        }
        for at in [62, 68] {
            bytes[at] = 1;
        }
        bytes[73..77].copy_from_slice(&u32::try_from(pixels).unwrap_or(0).to_le_bytes());
        let (at, value) = (usize::from(self.byte()?), self.byte()?);
        if let Some(byte) = bytes.get_mut(at) {
            *byte = value;
        }
        if self.byte()? >= 200 {
            bytes.truncate(usize::from(self.word()?) % (bytes.len() + 1));
        }
        Ok(Block::new(&bytes))
    }
}
