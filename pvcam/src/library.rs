//! The SDK's functions, wherever they come from, in one table.

use crate::error::{LoadError, SdkError};
use framepool_pvcam_sys::{self as sys, ERROR_MSG_LEN, Functions, PV_FAIL, rs_bool};
use std::ffi::{CStr, c_char, c_void};
use std::fmt;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

/// A PVCAM library: the vendor's, a simulated one, or the simulator that is linked in.
pub struct Library {
    functions: Functions,
    path: Option<PathBuf>,
    // One call at a time, together with the reading of its error: the SDK's error is global.
    calls: Mutex<()>,
    _loaded: Option<libloading::Library>,
}

impl Library {
    /// Uses the simulator that is linked into this program.
    #[must_use]
    pub fn simulated() -> Self {
        Self {
            functions: framepool_pvcam_sim::functions(),
            path: None,
            calls: Mutex::new(()),
            _loaded: None,
        }
    }

    /// Loads a library with the SDK's C interface. A bare name that is no file here is searched
    /// for where the system keeps its libraries.
    ///
    /// # Errors
    /// [`LoadError`].
    ///
    /// # Safety
    /// - Loading the library, and unloading it, does nothing that breaks this program.
    /// - Its functions of the SDK's names behave as the SDK's do.
    pub unsafe fn load(path: &Path) -> Result<Self, LoadError> {
        // The system takes a name without a separator for one to be searched.
        let is_here = path.components().count() == 1 && path.is_file();
        let found = if is_here { Path::new(".").join(path) } else { path.to_owned() };
        // SAFETY: the caller vouches for the library's initialisers.
        let library = unsafe { libloading::Library::new(&found) }.map_err(|error| {
            // The system's text often starts with the path itself.
            let text = std::error::Error::source(&error)
                .map_or_else(|| error.to_string(), ToString::to_string);
            let named = format!("{}: ", found.display());
            let reason = text.strip_prefix(&named).unwrap_or(&text).to_owned();
            LoadError::Unloadable { path: path.to_owned(), reason }
        })?;
        let lookup = |name: &'static CStr| {
            let missing = || LoadError::MissingFunction {
                path: path.to_owned(),
                function: name.to_string_lossy().into_owned(),
            };
            // SAFETY: only the address is taken here; its type is the table's.
            let symbol = unsafe { library.get::<*mut c_void>(name) }.map_err(|_| missing())?;
            NonNull::new(*symbol).ok_or_else(missing)
        };
        // SAFETY: the addresses are of the functions of these names, which the caller vouches
        // for; the library is kept beside the table.
        let functions = unsafe { Functions::load(lookup) }?;
        Ok(Self {
            functions,
            path: Some(path.to_owned()),
            calls: Mutex::new(()),
            _loaded: Some(library),
        })
    }

    /// Returns where the library was loaded from; `None` for the linked-in simulator.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Calls one function and, if it fails, asks why, with nobody else's call in between.
    ///
    /// `call` keeps to the manual: pointers valid for what the function does with them.
    pub(crate) fn call(
        &self,
        function: &'static str,
        call: impl FnOnce(&Functions) -> rs_bool,
    ) -> Result<(), SdkError> {
        let _one_at_a_time = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if call(&self.functions) != PV_FAIL {
            return Ok(());
        }
        // SAFETY: takes nothing.
        let code = unsafe { (self.functions.pl_error_code)() };
        let mut text = [0; ERROR_MSG_LEN];
        // SAFETY: the SDK writes at most `ERROR_MSG_LEN` bytes.
        let known = unsafe { (self.functions.pl_error_message)(code, text.as_mut_ptr()) };
        let message = if known == PV_FAIL { "no message".to_owned() } else { string_from(&text) };
        Err(SdkError { function, code, message })
    }

    /// Returns the SDK's version, such as "3.10.2"; `None` if it does not say.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        let mut version: sys::uns16 = 0;
        self.call("pl_pvcam_get_ver", |f| {
            // SAFETY: writes one 16-bit number.
            unsafe { (f.pl_pvcam_get_ver)(&raw mut version) }
        })
        .ok()?;
        Some(format!("{}.{}.{}", version >> 8, (version >> 4) & 0xF, version & 0xF))
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Reads a C string that may fill its buffer to the last byte.
pub(crate) fn string_from(buffer: &[c_char]) -> String {
    let bytes: Vec<u8> =
        buffer.iter().take_while(|&&c| c != 0).map(|&c| c.to_ne_bytes()[0]).collect();
    String::from_utf8_lossy(&bytes).trim().to_owned()
}
