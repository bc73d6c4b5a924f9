//! One recording in one of the formats, from its first frame to its end.

use crate::record::about::{About, Ending};
use crate::record::destination::{Destination, Kind, Partial};
use crate::record::disk::{self, BLOCK, Disk};
use crate::record::index::Index;
use crate::record::raw::Raw;
use crate::record::stack::Stack;
use crate::record::zarr::Zarr;
use framepool::FrameView;
use std::fs::File;
use std::io;

/// Files that frames are appended to. They always end with a whole frame, once [`cut`](Self::cut) has mended an error.
#[derive(Debug)]
pub(crate) enum Recording {
    Tiff(Stack),
    Raw(Raw),
    Zarr(Box<Zarr>),
}

/// What is known of a recording before it begins.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) about: About,
    pub(crate) frame_bytes: u64,
    /// Frames of a run, if they are limited.
    pub(crate) frames: Option<u64>,
    /// Pixels are written past the page cache.
    pub(crate) is_direct: bool,
    /// Frames that were lost before the first one are missing.
    pub(crate) is_from_the_first: bool,
}

impl Recording {
    /// Begins to write to these files.
    pub(crate) fn begin(to: &Destination, partial: &mut Partial, plan: &Plan) -> io::Result<Self> {
        let Plan { about, frame_bytes, frames, is_direct, .. } = plan;
        let beside = |files: &mut Vec<File>| files.pop().ok_or(io::ErrorKind::NotFound);
        let disk = || -> io::Result<Disk> {
            let each = to.kind().bytes_on_disk(*frame_bytes, *is_direct);
            let expected = frames.map_or(0, |frames| frames.saturating_mul(each));
            Ok(Disk::new(partial.file.try_clone()?, expected))
        };
        Ok(match to.kind() {
            Kind::Tiff => {
                let mut disk = disk()?;
                if *is_direct {
                    disk.go_direct();
                }
                let spool = tempfile::tempfile_in(to.folder())?;
                Self::Tiff(Stack::begin(disk, Index::begin(spool)?, about)?)
            }
            Kind::Raw => {
                let mut disk = disk()?;
                if *is_direct && frame_bytes.is_multiple_of(BLOCK as u64) {
                    disk.go_direct();
                } else if *is_direct {
                    let why = format!(
                        "frames of {frame_bytes} bytes, not of a multiple of {BLOCK}, follow each other in a raw file"
                    );
                    disk::warn(&why);
                }
                let sidecar = beside(&mut partial.beside)?;
                let index = Index::begin(beside(&mut partial.beside)?)?;
                let mut raw = Raw::begin(disk, index, sidecar);
                raw.describe(about, to.path(), None)?;
                Self::Raw(raw)
            }
            Kind::Zarr => {
                let zarr = Zarr::begin(&partial.path, about, *frame_bytes, *frames, *is_direct)?;
                Self::Zarr(Box::new(zarr))
            }
            // `Destination::check` makes none.
            Kind::Plain => return Err(io::ErrorKind::Unsupported.into()),
        })
    }

    pub(crate) fn append(&mut self, frame: FrameView<'_>) -> io::Result<()> {
        match self {
            Self::Tiff(stack) => stack.append(frame),
            Self::Raw(raw) => raw.append(frame),
            Self::Zarr(zarr) => zarr.append(frame),
        }
    }

    /// Cuts off a frame that was not written to its end, and room that was set aside.
    pub(crate) fn cut(&mut self) -> io::Result<()> {
        match self {
            Self::Tiff(stack) => stack.disk().cut(stack.end()),
            Self::Raw(raw) => raw.disk().cut(raw.end()),
            Self::Zarr(zarr) => zarr.cut(),
        }
    }

    /// Ends the recording: it is on the disk, and then says of itself what there is to say.
    pub(crate) fn finish(
        &mut self,
        to: &Destination,
        about: &About,
        ending: Ending,
    ) -> io::Result<()> {
        self.cut()?;
        match self {
            Self::Tiff(stack) => {
                let described = stack.describe(about, ending);
                stack.disk().cut(stack.end())?;
                described?;
                stack.disk().sync()
            }
            Self::Raw(raw) => {
                raw.disk().sync()?;
                raw.describe(about, to.path(), Some(ending))
            }
            Self::Zarr(zarr) => zarr.finish(about, ending),
        }
    }
}
