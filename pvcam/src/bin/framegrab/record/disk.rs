//! A file that is written at positions: through the system's page cache, or pixels past it.

use std::fs::File;
use std::io;
use std::sync::Once;

/// What is written past the page cache begins and ends at multiples of it, in the file and in memory: no disk has larger
/// blocks.
pub(crate) const BLOCK: usize = 4096;

/// At most so much is set aside on the disk at a time: a run that is killed cannot give it back.
const STEP: u64 = 1 << 30;

/// A file, and how it is written.
#[derive(Debug)]
pub(crate) struct Disk {
    file: File,
    /// The same file, past the page cache.
    direct: Option<File>,
    /// The end of what is set aside; `None` if the file system does not do that.
    set_aside: Option<u64>,
    /// Bytes that are expected in all; 0 if that is not known.
    expected: u64,
}

impl Disk {
    pub(crate) fn new(file: File, expected: u64) -> Self {
        Self { file, direct: None, set_aside: Some(0), expected }
    }

    /// Writes pixels past the page cache from now on, if the file system lets it.
    pub(crate) fn go_direct(&mut self) {
        match open_direct(&self.file) {
            Ok(direct) => self.direct = Some(direct),
            Err(error) => warn(&error),
        }
    }

    pub(crate) fn is_direct(&self) -> bool {
        self.direct.is_some()
    }

    /// Writes all bytes at a position.
    pub(crate) fn put(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        put(&self.file, at, bytes)
    }

    /// Writes pixels at a position: whole blocks past the page cache, if that is asked for and memory and file permit it.
    pub(crate) fn put_pixels(&mut self, at: u64, pixels: &[u8]) -> io::Result<()> {
        self.set_aside(at + pixels.len() as u64);
        let is_aligned =
            at.is_multiple_of(BLOCK as u64) && pixels.as_ptr().addr().is_multiple_of(BLOCK);
        let Some(direct) = self.direct.as_ref().filter(|_| is_aligned) else {
            return self.put(at, pixels);
        };
        let (blocks, rest) = pixels.split_at(pixels.len() - pixels.len() % BLOCK);
        match put(direct, at, blocks) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                warn(&error);
                self.direct = None;
                return self.put(at, pixels);
            }
            done => done?,
        }
        self.put(at + blocks.len() as u64, rest)
    }

    /// Sets room aside on the disk, so that frames lie together and their writes need not look for it. The file's length stays.
    fn set_aside(&mut self, end: u64) {
        let Some(so_far) = self.set_aside.filter(|&so_far| so_far < end) else { return };
        let mut until = end + end.min(STEP);
        if self.expected >= end {
            until = until.min(self.expected);
        }
        // That it fails says nothing yet of the frames that are to come.
        self.set_aside = set_aside(&self.file, so_far, until - so_far).ok().map(|()| until);
    }

    /// Cuts the file off at a length, with what was set aside.
    pub(crate) fn cut(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    /// Makes sure that the file is on the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    #[cfg(test)]
    fn file(&self) -> &File {
        &self.file
    }
}

/// Says once that the page cache is used.
pub(crate) fn warn(why: &dyn std::fmt::Display) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::warn!("--direct: {why}: the page cache is used"));
}

/// Opens a file a second time, whatever has its name now.
#[cfg(target_os = "linux")]
fn open_direct(file: &File) -> io::Result<File> {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::OpenOptionsExt;
    // Not on the heap: shards are opened while frames come.
    let mut path = [0; 32];
    let mut rest = &mut path[..];
    write!(rest, "/proc/self/fd/{}", file.as_raw_fd())?;
    let unused = rest.len();
    let path = std::str::from_utf8(&path[..path.len() - unused]).map_err(io::Error::other)?;
    File::options().write(true).custom_flags(libc::O_DIRECT).open(path)
}

#[cfg(not(target_os = "linux"))]
fn open_direct(_: &File) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(target_os = "linux")]
fn set_aside(file: &File, from: u64, length: u64) -> io::Result<()> {
    Ok(rustix::fs::fallocate(file, rustix::fs::FallocateFlags::KEEP_SIZE, from, length)?)
}

#[cfg(not(target_os = "linux"))]
fn set_aside(_: &File, _: u64, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Writes all bytes at a position.
fn put(file: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
    #[cfg(test)]
    let bytes = {
        let room = usize::try_from(DISK.get().saturating_sub(at)).unwrap_or(usize::MAX);
        if room < bytes.len() {
            write_all_at(file, &bytes[..room], at)?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        bytes
    };
    write_all_at(file, bytes, at)
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(not(unix))]
fn write_all_at(mut file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}

#[cfg(test)]
thread_local! {
    /// Bytes that fit on the disk of the tests.
    pub(crate) static DISK: std::cell::Cell<u64> = const { std::cell::Cell::new(u64::MAX) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use framepool::FramePool;
    use std::io::{Read, Seek};

    #[test]
    fn pixels_are_the_same_on_either_way() {
        let mut pixels = FramePool::try_new(1, 2 * BLOCK + 10).unwrap().try_acquire().unwrap();
        pixels.iter_mut().zip(0_u64..).for_each(|(byte, index)| *byte = (index % 251) as u8);
        // Aligned, not aligned in the file, not aligned in memory.
        for (at, from) in [(BLOCK as u64, 0), (BLOCK as u64 + 8, 0), (BLOCK as u64, 1)] {
            let mut disk = Disk::new(tempfile::tempfile().unwrap(), 0);
            disk.go_direct();
            disk.put_pixels(at, &pixels[from..]).unwrap();
            let mut found = Vec::new();
            let mut file = disk.file();
            file.seek(io::SeekFrom::Start(at)).unwrap();
            file.read_to_end(&mut found).unwrap();
            assert!(found == pixels[from..], "at {at} from {from}");
        }
    }

    #[test]
    fn what_is_set_aside_does_not_make_the_file_longer_and_is_given_back() {
        let mut disk = Disk::new(tempfile::tempfile().unwrap(), 1 << 20);
        disk.put_pixels(0, &[1; 100]).unwrap();
        assert_eq!(disk.file().metadata().unwrap().len(), 100);
        disk.cut(100).unwrap();
        #[cfg(target_os = "linux")]
        assert!(std::os::linux::fs::MetadataExt::st_blocks(&disk.file().metadata().unwrap()) <= 16);
    }
}
