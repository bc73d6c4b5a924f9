//! Room on the disk: is there enough for what is to come?

use std::path::Path;

/// Returns the bytes that are free for this user on the file system of a folder, if it tells.
#[cfg(unix)]
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    let room = rustix::fs::statvfs(folder).ok()?;
    Some(room.f_bavail.saturating_mul(room.f_frsize))
}

#[cfg(not(unix))]
pub(crate) fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// Refuses a recording of so many bytes if the folder has no room for it.
pub(crate) fn check(folder: &Path, bytes: u64) -> Result<(), String> {
    match free_bytes(folder) {
        Some(free) if free < bytes => Err(format!(
            "the frames take {}, and {} are free in {}",
            Size(bytes),
            Size(free),
            folder.display()
        )),
        _ => Ok(()),
    }
}

/// Bytes, shown in a unit that suits them.
pub(crate) struct Size(pub(crate) u64);

impl std::fmt::Display for Size {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let units = [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB")];
        let (unit, name) =
            units.into_iter().find(|&(unit, _)| self.0 >= unit).unwrap_or((1000, "kB"));
        write!(f, "{:.1} {name}", self.0 as f64 / unit as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_both_numbers() {
        assert_eq!(check(Path::new("."), 1), Ok(()));
        let error = check(Path::new("."), u64::MAX).unwrap_err();
        assert!(error.contains("18446744.1 TB") && error.contains("are free in ."), "{error}");
        assert_eq!(
            [Size(1_500), Size(2_000_000)].map(|size| size.to_string()),
            ["1.5 kB", "2.0 MB"]
        );
        // A folder that is not there tells nothing, and is refused elsewhere.
        assert_eq!(check(Path::new("/nowhere/at/all"), u64::MAX), Ok(()));
    }
}
