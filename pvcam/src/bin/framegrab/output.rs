//! Saving frames: a BigTIFF stack or bare pixels, under a partial name until it is complete.

use framepool::FrameView;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tiff::encoder::TiffEncoder;
use tiff::encoder::colortype::{ColorType, Gray8, Gray16};
use tiff::encoder::{TiffKindBig, TiffValue};
use tiff::tags::Tag;

/// What became of the output.
#[derive(Debug, Clone)]
pub(crate) struct Saved {
    /// Where the frames are.
    pub(crate) path: PathBuf,
    pub(crate) saved: u64,
    pub(crate) not_saved: u64,
    /// Why not all of them are there.
    pub(crate) error: Option<String>,
}

/// A file that frames are written to, whole ones only.
pub(crate) struct Output {
    path: PathBuf,
    partial: PathBuf,
    format: Format,
    /// The same file, for cutting off what was begun and not finished.
    file: File,
    /// Where the last whole frame ends.
    whole: u64,
    saved: u64,
    not_saved: u64,
    error: Option<String>,
}

enum Format {
    Tiff(Box<TiffEncoder<Sticky, TiffKindBig>>),
    Raw(File),
}

impl Output {
    pub(crate) fn create(path: &Path) -> Result<Self, String> {
        let trouble =
            |error: &dyn std::fmt::Display| format!("cannot write to {}: {error}", path.display());
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        let is_tiff = match extension.to_str() {
            Some("tif" | "tiff") => true,
            Some("raw") => false,
            _ => return Err(trouble(&"the name must end in .tif, .tiff or .raw")),
        };
        let mut partial_name = path.file_stem().unwrap_or_default().to_owned();
        partial_name.push(".partial.");
        partial_name.push(path.extension().unwrap_or_default());
        let partial = path.with_file_name(partial_name);
        if path.is_dir() {
            return Err(trouble(&"it is a folder"));
        }
        let file = File::create(&partial).map_err(|error| trouble(&error))?;
        let made = file.try_clone().map_err(|error| trouble(&error)).and_then(|writer| {
            Ok(if is_tiff {
                let sticky = Sticky { file: writer, failed: false };
                let encoder = TiffEncoder::new_big(sticky).map_err(|error| trouble(&error))?;
                Format::Tiff(Box::new(encoder))
            } else {
                Format::Raw(writer)
            })
        });
        let format = made.inspect_err(|_| drop(fs::remove_file(&partial)))?;
        Ok(Self {
            path: path.to_owned(),
            partial,
            format,
            file,
            whole: 0,
            saved: 0,
            not_saved: 0,
            error: None,
        })
    }

    /// Saves a frame, or counts it as not saved. After the first failure all are.
    pub(crate) fn save(&mut self, frame: FrameView<'_>) {
        if self.error.is_some() {
            self.not_saved += 1;
            return;
        }
        match self.write(frame) {
            Ok(()) => self.saved += 1,
            Err(error) => {
                self.not_saved += 1;
                self.error = Some(format!("saving to {} failed: {error}", self.path.display()));
                if let Err(error) = self.file.set_len(self.whole) {
                    tracing::warn!(%error, "the last frame in the file is cut off");
                }
            }
        }
    }

    fn write(&mut self, frame: FrameView<'_>) -> Result<(), String> {
        match &mut self.format {
            Format::Raw(file) => file.write_all(frame.bytes()).map_err(|e| e.to_string())?,
            Format::Tiff(encoder) => {
                if frame.meta().bytes_per_pixel() == 2 {
                    let pixels = frame.pixels_u16().map_err(|e| e.to_string())?;
                    page::<Gray16>(encoder, frame, pixels)?;
                } else {
                    page::<Gray8>(encoder, frame, frame.bytes())?;
                }
            }
        }
        self.whole = self.file.metadata().map_err(|e| e.to_string())?.len();
        Ok(())
    }

    /// Gives the file its name if all frames are in it.
    pub(crate) fn finish(mut self) -> Saved {
        if self.error.is_none() && self.saved > 0 {
            let named = self.file.sync_all().and_then(|()| fs::rename(&self.partial, &self.path));
            if let Err(error) = named {
                self.error = Some(format!("saving to {} failed: {error}", self.path.display()));
            }
        }
        let mut path = if self.error.is_none() { self.path } else { self.partial.clone() };
        if self.saved == 0 {
            // No frame, no file.
            drop(fs::remove_file(&self.partial));
            path = self.partial;
        }
        Saved { path, saved: self.saved, not_saved: self.not_saved, error: self.error }
    }
}

/// Appends one page, described so that a reader can tell which frame it is.
fn page<C: ColorType>(
    encoder: &mut TiffEncoder<Sticky, TiffKindBig>,
    frame: FrameView<'_>,
    pixels: &[C::Inner],
) -> Result<(), String>
where
    [C::Inner]: TiffValue,
{
    let meta = frame.meta();
    let description = format!(
        "{{\"frame\": {}, \"hardware_frame\": {}, \"timestamp_ns\": {}, \"exposure_ns\": {}}}",
        meta.number, meta.hardware_number, meta.timestamp_ns, meta.exposure_ns
    );
    let mut append = || {
        let mut image = encoder.new_image::<C>(meta.width, meta.height)?;
        image.encoder().write_tag(Tag::ImageDescription, description.as_str())?;
        image.encoder().write_tag(Tag::Software, "framegrab")?;
        image.write_data(pixels)
    };
    append().map_err(|error| match error {
        tiff::TiffError::IoError(error) => error.to_string(),
        error => error.to_string(),
    })
}

/// A file that, once a write has failed, fails every later one.
///
/// The encoder finishes a page also when writing it failed; on a disk that is full the page's few
/// bytes of directory may still fit, and would link a page that is not whole.
struct Sticky {
    file: File,
    failed: bool,
}

impl Write for Sticky {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed {
            return Err(io::Error::other("an earlier write failed"));
        }
        self.file.write(bytes).inspect_err(|error| {
            self.failed = error.kind() != io::ErrorKind::Interrupted;
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Sticky {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
