//! A PVCAM library: the table of its functions, and the one way to call them.

use crate::error::{LoadError, SdkError};
use framepool_pvcam_sys::{self as sys, ERROR_MSG_LEN, Functions, PV_FAIL, rs_bool};
use std::ffi::{CStr, c_char, c_void};
use std::fmt;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// A PVCAM library: the vendor's, a simulated one, or the simulator that is linked in.
pub struct Library {
    functions: Functions,
    path: Option<PathBuf>,
    /// Locked during a call and the reading of its error code: the SDK has one error code, which
    /// the next call of any thread overwrites.
    calls: Mutex<()>,
    /// Keeps the functions' code in memory.
    loaded: Option<libloading::Library>,
    /// Threads of the library may run for ever: it must stay in memory.
    stays: AtomicBool,
}

impl Library {
    /// Uses the simulator that is linked into this program.
    #[must_use]
    pub fn simulated() -> Self {
        Self::linked(framepool_pvcam_sim::functions())
    }

    /// Uses functions that are linked into this program.
    pub(crate) fn linked(functions: Functions) -> Self {
        Self {
            functions,
            path: None,
            calls: Mutex::new(()),
            loaded: None,
            stays: AtomicBool::new(false),
        }
    }

    /// Loads a library with the SDK's C interface. A name without a folder is that of a file in the
    /// current directory or, if there is none, of a library of the system.
    ///
    /// # Errors
    /// [`LoadError`].
    ///
    /// # Safety
    /// - Loading and unloading the library does nothing that breaks this program.
    /// - Its functions with the SDK's names behave as the SDK's do.
    pub unsafe fn load(path: &Path) -> Result<Self, LoadError> {
        // The system searches its own folders for a name without a separator.
        let is_here = path.components().count() == 1 && path.is_file();
        let found = if is_here { Path::new(".").join(path) } else { path.to_owned() };
        // SAFETY: the caller guarantees that the library's initialisers are harmless.
        let library = unsafe { libloading::Library::new(&found) }.map_err(|error| {
            // The system's text often begins with the path.
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
            // SAFETY: only the address is taken here; `Functions` has its type.
            let symbol = unsafe { library.get::<*mut c_void>(name) }.map_err(|_| missing())?;
            NonNull::new(*symbol).ok_or_else(missing)
        };
        // SAFETY: the addresses are those of the functions with these names, which the caller
        // guarantees to be the SDK's; the library stays loaded as long as the table.
        let functions = unsafe { Functions::load(lookup) }?;
        Ok(Self {
            functions,
            path: Some(path.to_owned()),
            calls: Mutex::new(()),
            loaded: Some(library),
            stays: AtomicBool::new(false),
        })
    }

    /// Returns the path that the library was loaded from; `None` for the linked-in simulator.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Returns the SDK's version, such as "3.10.2"; `None` if the SDK does not state one.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        let mut version: sys::uns16 = 0;
        self.call("pl_pvcam_get_ver", |f| {
            // SAFETY: the function writes one 16-bit number.
            unsafe { (f.pl_pvcam_get_ver)(&raw mut version) }
        })
        .ok()?;
        Some(format!("{}.{}.{}", version >> 8, (version >> 4) & 0xF, version & 0xF))
    }

    /// Keeps the library in memory for ever: it did not end as it should have.
    pub(crate) fn stay(&self) {
        // Ordering: Relaxed: looked at when the value is dropped, which comes after.
        self.stays.store(true, Ordering::Relaxed);
    }

    /// Calls one function and, if it fails, reads the SDK's error, without another thread's call in
    /// between.
    ///
    /// `call` does what the manual asks: its pointers are valid for what the function does with
    /// them.
    pub(crate) fn call(
        &self,
        function: &'static str,
        call: impl FnOnce(&Functions) -> rs_bool,
    ) -> Result<(), SdkError> {
        let _one_at_a_time = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if call(&self.functions) != PV_FAIL {
            return Ok(());
        }
        // SAFETY: the function has no parameters.
        let code = unsafe { (self.functions.pl_error_code)() };
        let mut text = [0; ERROR_MSG_LEN];
        // SAFETY: the function writes at most `ERROR_MSG_LEN` bytes.
        let known = unsafe { (self.functions.pl_error_message)(code, text.as_mut_ptr()) };
        let message = if known == PV_FAIL { "no message".to_owned() } else { string_from(&text) };
        Err(SdkError { function, code, message })
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        if *self.stays.get_mut() {
            std::mem::forget(self.loaded.take());
        }
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Reads a C string, which need not end in NUL if it fills the buffer.
pub(crate) fn string_from(buffer: &[c_char]) -> String {
    let bytes: Vec<u8> =
        buffer.iter().take_while(|&&c| c != 0).map(|&c| c.to_ne_bytes()[0]).collect();
    String::from_utf8_lossy(&bytes).trim().to_owned()
}
