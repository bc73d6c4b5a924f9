//! Reading a file of bare pixels, by what stands beside it.

use crate::commands::index;
use crate::commands::recording::{Each, Extent, Found, Place};
use crate::commands::sidecar::{self, Sidecar};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Calls `each` with the frames of a file in turn.
pub(crate) fn read(path: &Path, each: &mut Each<'_>) -> Result<Found, String> {
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let file = Rc::new(File::open(path).map_err(|error| error.to_string())?);
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let description = beside(".json");
    let about = sidecar::read::<Sidecar>(&description).and_then(Sidecar::about);
    let about = about.map_err(|what| format!("its sidecar {}: {what}", description.display()))?;
    let bytes = about.frame_bytes().ok_or("its sidecar does not say how large a frame is")?;
    let (frames, rest) = (length / bytes, length % bytes);
    let mut problems = Vec::new();
    if rest > 0 {
        problems.push(format!("it ends within a frame: {rest} of {bytes} bytes are there"));
    }
    let mut pixels = |place: u64| {
        let extent = Extent { at: place * bytes, bytes };
        Some(Place { file: Rc::clone(&file), extent })
    };
    problems.extend(index::walk(&beside(".csv"), frames, &about, &mut pixels, each)?);
    problems.extend(sidecar::ending(&about, frames));
    Ok(Found { format: "raw", bytes: length, about, frames, problems })
}
