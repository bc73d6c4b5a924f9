//! Reading the pictures of a folder.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult};

use crate::picture::PIXEL_BYTES;
use crate::scene::Image;

/// The most bytes of all pictures of all cameras.
const MOST_BYTES: usize = 1 << 30;

/// What may still be read.
#[derive(Debug)]
pub(crate) struct Films {
    bytes_left: usize,
}

impl Default for Films {
    fn default() -> Self {
        Self { bytes_left: MOST_BYTES }
    }
}

impl Films {
    /// Reads the TIFF files of a folder in the order of their names, and all pictures of each.
    ///
    /// # Errors
    /// What is wrong, and with which file.
    pub(crate) fn read(&mut self, folder: &Path) -> Result<Vec<Image>, String> {
        read(folder, &mut self.bytes_left)
    }
}

fn read(folder: &Path, left: &mut usize) -> Result<Vec<Image>, String> {
    let named = |path: &Path, error: String| format!("{}: {error}", path.display());
    let entries = fs::read_dir(folder).map_err(|error| named(folder, error.to_string()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let is_tiff = |path: &PathBuf| {
        // Some systems put descriptions beside files, in hidden ones.
        let is_hidden =
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
        !is_hidden && extension.is_some_and(|extension| extension == "tif" || extension == "tiff")
    };
    paths.retain(is_tiff);
    paths.sort();
    let mut images = Vec::new();
    for path in paths {
        read_file(&path, &mut images, left).map_err(|error| named(&path, error))?;
    }
    if images.is_empty() {
        return Err(named(folder, "no file ends in .tif or .tiff".to_owned()));
    }
    Ok(images)
}

fn read_file(path: &Path, images: &mut Vec<Image>, left: &mut usize) -> Result<(), String> {
    let file = BufReader::new(File::open(path).map_err(|error| error.to_string())?);
    let mut decoder = Decoder::new(file).map_err(|error| error.to_string())?;
    loop {
        let image = read_image(&mut decoder, left)?;
        images.push(image);
        if !decoder.more_images() {
            return Ok(());
        }
        decoder.next_image().map_err(|error| error.to_string())?;
    }
}

fn read_image(decoder: &mut Decoder<BufReader<File>>, left: &mut usize) -> Result<Image, String> {
    let (width, height) = decoder.dimensions().map_err(|error| error.to_string())?;
    let color = decoder.colortype().map_err(|error| error.to_string())?;
    if !matches!(color, ColorType::Gray(8 | 16)) {
        return Err(format!("{color:?}, where only grey pictures of 8 or 16 bits are shown"));
    }
    let (width, height) = (width as usize, height as usize);
    let bytes = width.saturating_mul(height).saturating_mul(PIXEL_BYTES);
    *left = left.checked_sub(bytes).ok_or("more than 1 GiB of pictures")?;
    if bytes == 0 {
        return Err("an empty picture".to_owned());
    }
    let pixels = match decoder.read_image().map_err(|error| error.to_string())? {
        DecodingResult::U8(pixels) => pixels.into_iter().map(u16::from).collect(),
        DecodingResult::U16(pixels) => pixels,
        _ => return Err("only unsigned numbers are shown".to_owned()),
    };
    if pixels.len() != width * height {
        return Err(format!("{} pixels instead of {width} x {height}", pixels.len()));
    }
    Ok(Image { width, height, pixels })
}
