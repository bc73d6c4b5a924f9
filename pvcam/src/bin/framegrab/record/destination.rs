//! The name that a recording gets, and a partial file of the run's own until then.
//!
//! ```text
//!   check   can this name be written to? asked before anything else is done
//!   begin   x.partial.tif, or x.partial-2.tif if a failed run has left that: a new file, locked
//!   name    x.partial.tif -> x.tif, and the files beside it
//! ```
//! Nothing that was there before is written to, followed or, without `--force`, replaced.

#[cfg(unix)]
use rustix::fs::FlockOperation;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Of a disk, bytes.
const BLOCK: u64 = 4096;

/// As many partial files as failed runs may have left.
const MOST_LEFT: u32 = 1000;

/// A name that frames can be written to.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    path: PathBuf,
    kind: Kind,
    /// A file that exists is replaced.
    force: bool,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tiff,
    /// With an index and a sidecar.
    Raw,
    /// A folder.
    Zarr,
    /// No frames, but what goes with them.
    Plain,
}

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_ascii_lowercase();
        match extension.to_str()? {
            "tif" | "tiff" => Some(Self::Tiff),
            "raw" => Some(Self::Raw),
            "zarr" => Some(Self::Zarr),
            _ => None,
        }
    }

    /// Returns what a frame takes on the disk, about, with what is said of it.
    pub(crate) fn bytes_on_disk(self, frame_bytes: u64, is_direct: bool) -> u64 {
        let (page, line) = (600, 80);
        let bytes = match self {
            Self::Tiff => frame_bytes.saturating_add(page + line),
            Self::Zarr | Self::Raw | Self::Plain => frame_bytes.saturating_add(line),
        };
        // Frames that begin with a block.
        let is_padded = self == Self::Zarr || self == Self::Tiff && is_direct;
        let padding = if is_padded { (BLOCK - bytes % BLOCK) % BLOCK } else { 0 };
        bytes.saturating_add(padding)
    }

    /// Returns what is added to the file's name for those beside it.
    fn beside(self) -> &'static [&'static str] {
        if self == Self::Raw { &[".csv", ".json"] } else { &[] }
    }
}

/// Files that no other run writes to, under partial names.
#[derive(Debug)]
pub(crate) struct Partial {
    pub(crate) path: PathBuf,
    /// The file, or the folder. Locked as long as it is open.
    pub(crate) file: File,
    /// The files beside it, in the order of their kinds.
    pub(crate) beside: Vec<File>,
    kind: Kind,
}

impl Destination {
    /// Refuses names that cannot be written to, for a recording in several parts if it `is_split`; writes nothing.
    pub(crate) fn check(path: &Path, force: bool, is_split: bool) -> Result<Self, String> {
        let kind = Kind::of(path)
            .ok_or_else(|| refusal(path, &"the name must end in .tif, .tiff, .raw or .zarr"))?;
        let this = Self { path: path.to_owned(), kind, force };
        this.check_folder()?;
        if is_split {
            this.check_parts()?
        } else {
            this.check_replaceable()?
        };
        Ok(this)
    }

    /// Does the same for a file without frames, with one of these endings.
    pub(crate) fn plain(path: &Path, force: bool, endings: &[&str]) -> Result<Self, String> {
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        if !endings.iter().any(|&ending| extension == ending) {
            let wanted = format!("the name must end in .{}", endings.join(" or ."));
            return Err(refusal(path, &wanted));
        }
        let this = Self { path: path.to_owned(), kind: Kind::Plain, force };
        this.check_folder()?;
        this.check_replaceable()?;
        Ok(this)
    }

    fn check_folder(&self) -> Result<(), String> {
        match fs::metadata(self.folder()) {
            Ok(there) if there.is_dir() => Ok(()),
            Ok(_) => Err(self.refusal(&format!("{} is no folder", self.folder().display()))),
            Err(error) => Err(self.refusal(&error)),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    /// Returns the destination of a part, counted from 1: `x-0001.tif`.
    pub(crate) fn part(&self, number: u32) -> Self {
        let path = self.path.with_file_name(self.name_with(&format!("-{number:04}")));
        Self { path, ..*self }
    }

    /// Returns the name with something added to its stem.
    fn name_with(&self, added: &str) -> OsString {
        let (stem, extensions) = stem_and_extensions(&self.path);
        let mut name = stem.to_owned();
        name.push(added);
        name.push(extensions);
        name
    }

    /// Refuses parts that are there already, any of them: parts of two recordings would stand in one row.
    fn check_parts(&self) -> Result<(), String> {
        let number = |name: &OsStr| {
            let (stem, extensions) = stem_and_extensions(&self.path);
            let inner = name.as_encoded_bytes().strip_prefix(stem.as_encoded_bytes())?;
            let inner = inner.strip_suffix(extensions.as_encoded_bytes())?.strip_prefix(b"-")?;
            std::str::from_utf8(inner).ok()?.parse().ok()
        };
        let entries = fs::read_dir(self.folder()).map_err(|error| self.refusal(&error))?;
        for entry in entries {
            let entry = entry.map_err(|error| self.refusal(&error))?;
            if let Some(number) = number(&entry.file_name()) {
                let part = self.part(number).path;
                return Err(refusal(&part, &"the part exists; remove it first, with the others"));
            }
        }
        Ok(())
    }

    /// Refuses what is there already, but for files that are to be replaced.
    fn check_replaceable(&self) -> Result<(), String> {
        for path in with_those_beside(&self.path, self.kind) {
            let there = match fs::symlink_metadata(&path) {
                Ok(there) => there,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(refusal(&path, &error)),
            };
            let why = if there.is_dir() && self.kind == Kind::Zarr {
                "the folder exists; remove it first, as --force replaces only files"
            } else if there.is_dir() {
                "it is a folder"
            } else if there.is_symlink() {
                "it is a link, which is not followed; name the file itself"
            } else if !there.is_file() {
                "it is no regular file"
            } else if self.kind == Kind::Zarr {
                "it is a file, and a folder is to be made"
            } else if !self.force {
                "the file exists; --force overwrites it"
            } else if is_being_written(&path) {
                "another run is writing to it"
            } else {
                continue;
            };
            return Err(refusal(&path, &why));
        }
        Ok(())
    }

    /// Makes the partial files.
    pub(crate) fn begin(&self) -> Result<Partial, String> {
        // One run at a time makes a file here and locks it.
        let folder = File::open(self.folder()).and_then(|folder| {
            lock(&folder, FlockOperation::LockExclusive)?;
            Ok(folder)
        });
        if let Err(error) = &folder {
            tracing::debug!(%error, "another run that begins now may not be seen");
        }
        // Another run may have ended meanwhile.
        self.check_replaceable()?;
        for number in 1..=MOST_LEFT {
            match self.make(self.partial(number)) {
                Ok(partial) => {
                    if let Err(error) =
                        lock(&partial.file, FlockOperation::NonBlockingLockExclusive)
                    {
                        tracing::debug!(%error, "another run cannot see that this one writes");
                    }
                    return Ok(partial);
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    if is_being_written(&self.partial(number)) {
                        return Err(self.refusal(&"another run is writing to it"));
                    }
                }
                Err(error) => return Err(self.refusal(&error)),
            }
        }
        Err(self.refusal(&format!("{MOST_LEFT} failed runs have left their partial files")))
    }

    /// Makes new files: not ones that are there, nor what a link there leads to.
    fn make(&self, path: PathBuf) -> io::Result<Partial> {
        let new = |path: &Path| File::options().read(true).write(true).create_new(true).open(path);
        let file = if self.kind == Kind::Zarr {
            fs::create_dir(&path)?;
            File::open(&path)?
        } else {
            new(&path)?
        };
        let mut partial = Partial { path, file, beside: Vec::new(), kind: self.kind };
        for path in with_those_beside(&partial.path, self.kind).skip(1) {
            match new(&path) {
                Ok(file) => partial.beside.push(file),
                Err(error) => {
                    partial.remove();
                    return Err(error);
                }
            }
        }
        Ok(partial)
    }

    fn partial(&self, number: u32) -> PathBuf {
        let added = match number {
            1 => ".partial".to_owned(),
            _ => format!(".partial-{number}"),
        };
        self.path.with_file_name(self.name_with(&added))
    }

    /// Gives the files their names, once they are on the disk.
    pub(crate) fn name(&self, partial: &Partial) -> Result<(), String> {
        partial.file.sync_all().map_err(|error| error.to_string())?;
        if !partial.is_there() {
            return Err(format!("{} was removed while it was written", partial.path.display()));
        }
        self.check_replaceable()?;
        let from = with_those_beside(&partial.path, self.kind);
        let pairs: Vec<_> = from.zip(with_those_beside(&self.path, self.kind)).collect();
        // The description goes first and comes last: it never stands beside pixels of another run.
        if let (true, [_, .., (_, old)]) = (self.force, pairs.as_slice()) {
            match fs::remove_file(old) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(refusal(old, &error));
                }
                _ => {}
            }
        }
        for (place, (from, to)) in pairs.iter().enumerate() {
            let renamed = if self.force && self.kind != Kind::Zarr {
                fs::rename(from, to)
            } else {
                rename_to_new(from, to)
            };
            if let Err(error) = renamed {
                // Together again, as far as that is possible.
                pairs[..place].iter().for_each(|(from, to)| drop(rename_to_new(to, from)));
                return Err(refusal(to, &error));
            }
        }
        if let Err(error) = File::open(self.folder()).and_then(|folder| folder.sync_all()) {
            tracing::debug!(%error, "a power cut may lose the file's name");
        }
        Ok(())
    }

    /// Writes a whole file, or none.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), String> {
        let mut partial = self.begin()?;
        let written = partial.file.write_all(bytes).map_err(|error| self.refusal(&error));
        written.and_then(|()| self.name(&partial)).inspect_err(|_| partial.remove())
    }

    pub(crate) fn refusal(&self, error: &dyn Display) -> String {
        refusal(&self.path, error)
    }
}

fn refusal(path: &Path, error: &dyn Display) -> String {
    format!("cannot write to {}: {error}", path.display())
}

/// Splits the name of a path: `x.ome.tif` into `x` and `.ome.tif`, and `x.y.tif` into `x.y` and `.tif`.
fn stem_and_extensions(path: &Path) -> (&OsStr, OsString) {
    let mut stem = Path::new(path.file_stem().unwrap_or_default());
    let mut extensions = OsString::new();
    let mut add = |extension: &OsStr| {
        extensions.push(".");
        extensions.push(extension);
    };
    if let Some(ome) = stem.extension().filter(|inner| inner.eq_ignore_ascii_case("ome")) {
        add(ome);
        stem = Path::new(stem.file_stem().unwrap_or_default());
    }
    add(path.extension().unwrap_or_default());
    (stem.as_os_str(), extensions)
}

/// Returns the path and those of the files beside it.
fn with_those_beside(path: &Path, kind: Kind) -> impl Iterator<Item = PathBuf> {
    let beside = kind.beside().iter().map(|added| {
        let mut name = path.as_os_str().to_owned();
        name.push(added);
        name.into()
    });
    std::iter::once(path.to_owned()).chain(beside)
}

/// Renames, but replaces nothing.
fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // A file system that cannot promise that.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
            done => return Ok(done?),
        }
    }
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // A folder, or a file system without links: what appears just now may be replaced.
        Err(_) if fs::symlink_metadata(to).is_ok() => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

impl Partial {
    /// Returns whether the file is still under its name.
    pub(crate) fn is_there(&self) -> bool {
        let there = fs::symlink_metadata(&self.path);
        there.is_ok_and(|there| self.file.metadata().is_ok_and(|own| are_of_one_file(&own, &there)))
    }

    /// Removes what was made, but no other file of its name.
    pub(crate) fn remove(&self) {
        if !self.is_there() {
            return;
        }
        if self.kind == Kind::Zarr {
            drop(fs::remove_dir_all(&self.path));
            return;
        }
        let made = with_those_beside(&self.path, self.kind).take(1 + self.beside.len());
        made.for_each(|path| drop(fs::remove_file(path)));
    }
}

/// Returns whether another run holds the lock of this file. Looks by a shared lock: two that look do not take each other for
/// one that writes.
fn is_being_written(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| there.is_file() || there.is_dir())
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
    LockExclusive,
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
        let to = |force| Destination::check(&folder.path().join("x.tif"), force, false).unwrap();
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
        let to = Destination::check(&folder.path().join("x.raw"), true, false).unwrap();
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
        let partial = Destination::check(&at("x.raw"), true, false).unwrap().begin().unwrap();
        assert_eq!(partial.path, at("x.partial-2.raw"));
        for force in [false, true] {
            assert!(Destination::check(&at("y.raw"), force, false).unwrap_err().contains("link"));
        }
        // One that is made while the run goes on.
        let to = Destination::check(&at("z.raw"), true, false).unwrap();
        let partial = to.begin().unwrap();
        symlink(at("mine"), at("z.raw")).unwrap();
        assert!(to.name(&partial).unwrap_err().contains("link"));
        assert_eq!(fs::read(at("mine")).unwrap(), b"mine");
    }

    #[test]
    fn names_have_parts_before_their_extensions() {
        let names = |path: &str| {
            let path = Path::new(path).to_owned();
            let to = Destination { path, kind: Kind::Tiff, force: false };
            (to.part(12).partial(1), to.partial(3))
        };
        let ome = ("a/x-0012.partial.ome.tif".into(), "a/x.partial-3.ome.tif".into());
        assert_eq!(names("a/x.ome.tif"), ome);
        let dotted = ("x.y-0012.partial.tif".into(), "x.y.partial-3.tif".into());
        assert_eq!(names("x.y.tif"), dotted);
    }

    #[test]
    fn any_part_that_is_there_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let check = |force| Destination::check(&folder.path().join("x.ome.tif"), force, true);
        fs::write(folder.path().join("x-y.ome.tif"), "no part").unwrap();
        check(false).unwrap();
        fs::write(folder.path().join("x-0007.ome.tif"), "a part").unwrap();
        assert!(check(false).unwrap_err().contains("x-0007.ome.tif"));
        assert!(check(true).unwrap_err().contains("remove it first"));
    }

    #[test]
    fn files_beside_are_made_named_and_removed_together() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name| folder.path().join(name);
        fs::write(at("x.partial.raw.json"), "left").unwrap();
        let to = Destination::check(&at("x.raw"), false, false).unwrap();
        let partial = to.begin().unwrap();
        assert_eq!(partial.path, at("x.partial-2.raw"));
        assert!(!at("x.partial.raw").exists() && !at("x.partial.raw.csv").exists());
        to.begin().unwrap_err();
        partial.remove();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        to.name(&to.begin().unwrap()).unwrap();
        assert!(["x.raw", "x.raw.csv", "x.raw.json"].map(at).iter().all(|path| path.exists()));
        fs::remove_file(at("x.raw")).unwrap();
        assert!(to.begin().unwrap_err().contains("x.raw.csv: the file exists"));
    }

    #[test]
    fn a_file_that_appears_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.raw");
        let to = Destination::check(&path, false, false).unwrap();
        let partial = to.begin().unwrap();
        fs::write(&path, "mine").unwrap();
        assert!(to.name(&partial).unwrap_err().contains("--force"));
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        assert!(partial.path.exists());
    }
}
