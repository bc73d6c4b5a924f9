//! The name that a recording gets, and a partial file of the run's own until then.
//!
//! ```text
//!   check   can this name be written to? asked before anything else is done
//!   begin   x.partial.tif, or x.partial-2.tif if a failed run has left that: a new file, locked
//!   name    x.partial.tif -> x.tif
//! ```
//! Nothing that was there before is written to, followed or, without `--force`, replaced.

#[cfg(unix)]
use rustix::fs::FlockOperation;
use std::fmt::Display;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// As many partial files as failed runs may have left.
const MOST_LEFT: u32 = 1000;

/// A name that frames can be written to.
#[derive(Debug)]
pub(crate) struct Destination {
    path: PathBuf,
    is_tiff: bool,
    /// A file that exists is replaced.
    force: bool,
}

/// A file that no other run writes to, under a partial name.
#[derive(Debug)]
pub(crate) struct Partial {
    pub(crate) path: PathBuf,
    /// Locked as long as it is open.
    pub(crate) file: File,
}

impl Destination {
    /// Refuses names that cannot be written to; writes nothing.
    pub(crate) fn check(path: &Path, force: bool) -> Result<Self, String> {
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        let is_tiff = matches!(extension.to_str(), Some("tif" | "tiff"));
        let this = Self { path: path.to_owned(), is_tiff, force };
        if !is_tiff && extension != "raw" {
            return Err(this.refusal(&"the name must end in .tif, .tiff or .raw"));
        }
        match fs::metadata(this.folder()) {
            Ok(there) if there.is_dir() => {}
            Ok(_) => {
                return Err(this.refusal(&format!("{} is no folder", this.folder().display())));
            }
            Err(error) => return Err(this.refusal(&error)),
        }
        this.check_replaceable()?;
        Ok(this)
    }

    pub(crate) fn is_tiff(&self) -> bool {
        self.is_tiff
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    /// Refuses what is there already, but for a file that is to be replaced.
    fn check_replaceable(&self) -> Result<(), String> {
        let there = match fs::symlink_metadata(&self.path) {
            Ok(there) => there,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(self.refusal(&error)),
        };
        let why = if there.is_dir() {
            "it is a folder"
        } else if there.is_symlink() {
            "it is a link, which is not followed; name the file itself"
        } else if !there.is_file() {
            "it is no regular file"
        } else if !self.force {
            "the file exists; --force overwrites it"
        } else if is_being_written(&self.path) {
            "another run is writing to it"
        } else {
            return Ok(());
        };
        Err(self.refusal(&why))
    }

    /// Makes the partial file.
    pub(crate) fn begin(&self) -> Result<Partial, String> {
        // Another run may have ended meanwhile.
        self.check_replaceable()?;
        for number in 1..=MOST_LEFT {
            let path = self.partial(number);
            // Not one that is there, nor what a link there leads to.
            match File::options().read(true).write(true).create_new(true).open(&path) {
                Ok(file) => {
                    if let Err(error) = lock(&file, FlockOperation::NonBlockingLockExclusive) {
                        tracing::debug!(%error, "another run cannot see that this one writes");
                    }
                    return Ok(Partial { path, file });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    if is_being_written(&path) {
                        return Err(self.refusal(&"another run is writing to it"));
                    }
                }
                Err(error) => return Err(self.refusal(&error)),
            }
        }
        Err(self.refusal(&format!("{MOST_LEFT} failed runs have left their partial files")))
    }

    fn partial(&self, number: u32) -> PathBuf {
        let mut name = self.path.file_stem().unwrap_or_default().to_owned();
        match number {
            1 => name.push(".partial."),
            _ => name.push(format!(".partial-{number}.")),
        }
        name.push(self.path.extension().unwrap_or_default());
        self.path.with_file_name(name)
    }

    /// Gives the file its name, once it is on the disk.
    pub(crate) fn name(&self, partial: &Partial) -> Result<(), String> {
        partial.file.sync_all().map_err(|error| error.to_string())?;
        if !partial.is_there() {
            return Err(format!("{} was removed while it was written", partial.path.display()));
        }
        let named = if self.force {
            self.check_replaceable()?;
            fs::rename(&partial.path, &self.path)
        } else {
            // Unlike a rename, it replaces nothing.
            match fs::hard_link(&partial.path, &self.path) {
                Ok(()) => fs::remove_file(&partial.path),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    self.check_replaceable()?;
                    // It is gone again.
                    return Err(self.refusal(&"another file had the name a moment ago"));
                }
                // A file system without links.
                Err(_) => {
                    self.check_replaceable()?;
                    fs::rename(&partial.path, &self.path)
                }
            }
        };
        named.map_err(|error| error.to_string())?;
        if let Err(error) = File::open(self.folder()).and_then(|folder| folder.sync_all()) {
            tracing::debug!(%error, "a power cut may lose the file's name");
        }
        Ok(())
    }

    pub(crate) fn refusal(&self, error: &dyn Display) -> String {
        format!("cannot write to {}: {error}", self.path.display())
    }
}

impl Partial {
    /// Returns whether the file is still under its name.
    pub(crate) fn is_there(&self) -> bool {
        let there = fs::symlink_metadata(&self.path);
        there.is_ok_and(|there| self.file.metadata().is_ok_and(|own| are_of_one_file(&own, &there)))
    }

    /// Removes the file, but no other one of its name.
    pub(crate) fn remove(&self) {
        if self.is_there() {
            drop(fs::remove_file(&self.path));
        }
    }
}

/// Returns whether another run holds the lock of this file. Looks by a shared lock: two that look do not take each other for
/// one that writes.
fn is_being_written(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| there.is_file())
        && open_to_look(path).is_ok_and(|file| {
            lock(&file, FlockOperation::NonBlockingLockShared)
                .is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
        })
}

/// Locks a file for this run, until it is closed.
#[cfg(unix)]
fn lock(file: &File, how: FlockOperation) -> io::Result<()> {
    Ok(rustix::fs::flock(file, how)?)
}

#[cfg(not(unix))]
enum FlockOperation {
    NonBlockingLockExclusive,
    NonBlockingLockShared,
}

#[cfg(not(unix))]
fn lock(_: &File, _: FlockOperation) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// Opens a file, but neither follows a link nor waits for a FIFO that takes its place meanwhile.
#[cfg(unix)]
fn open_to_look(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    File::options().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open_to_look(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn are_of_one_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn are_of_one_file(_: &Metadata, other: &Metadata) -> bool {
    other.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_never_share_a_partial_file() {
        let folder = tempfile::tempdir().unwrap();
        let to = |force| Destination::check(&folder.path().join("x.tif"), force).unwrap();
        let first = to(false).begin().unwrap();
        assert!(to(false).begin().unwrap_err().contains("another run"));
        assert!(to(true).begin().unwrap_err().contains("another run"));
        drop(first);
        let second = to(false).begin().unwrap();
        assert_eq!(second.path, folder.path().join("x.partial-2.tif"), "the first is kept");
        to(false).name(&second).unwrap();
        assert!(folder.path().join("x.tif").exists() && !second.path.exists());
        assert!(folder.path().join("x.partial.tif").exists());
    }

    #[test]
    fn a_file_that_was_removed_or_swapped_gets_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let to = Destination::check(&folder.path().join("x.raw"), true).unwrap();
        let partial = to.begin().unwrap();
        fs::remove_file(&partial.path).unwrap();
        assert!(to.name(&partial).unwrap_err().contains("removed"));
        fs::write(&partial.path, "another's").unwrap();
        assert!(to.name(&partial).unwrap_err().contains("removed"));
        partial.remove();
        assert_eq!(fs::read(&partial.path).unwrap(), b"another's");
    }

    #[test]
    #[cfg(unix)]
    fn links_are_neither_followed_nor_replaced() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name| folder.path().join(name);
        fs::write(at("mine"), "mine").unwrap();
        symlink(at("mine"), at("x.partial.raw")).unwrap();
        symlink(at("nothing"), at("y.raw")).unwrap();
        let partial = Destination::check(&at("x.raw"), true).unwrap().begin().unwrap();
        assert_eq!(partial.path, at("x.partial-2.raw"));
        for force in [false, true] {
            assert!(Destination::check(&at("y.raw"), force).unwrap_err().contains("link"));
        }
        // One that is made while the run goes on.
        let to = Destination::check(&at("z.raw"), true).unwrap();
        let partial = to.begin().unwrap();
        symlink(at("mine"), at("z.raw")).unwrap();
        assert!(to.name(&partial).unwrap_err().contains("link"));
        assert_eq!(fs::read(at("mine")).unwrap(), b"mine");
    }

    #[test]
    fn a_file_that_appears_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.raw");
        let to = Destination::check(&path, false).unwrap();
        let partial = to.begin().unwrap();
        fs::write(&path, "mine").unwrap();
        assert!(to.name(&partial).unwrap_err().contains("--force"));
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        assert!(partial.path.exists());
    }
}
