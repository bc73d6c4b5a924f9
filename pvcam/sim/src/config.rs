//! The configuration: which cameras there are. A file and environment variables say so; the crate's documentation
//! lists what they say.

use std::env;
use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use framepool_pvcam_sys::{CAM_NAME_LEN, MAX_CAM, PL_CAM_IFC_TYPE_VIRTUAL};
use serde::Deserialize;

use crate::fault::Plan;
use crate::film::Films;
use crate::kind::Kind;
use crate::model::Model;
use crate::scene::{Scene, Shows};
use crate::table::INTERFACES;

/// The environment variable that names the configuration's file.
pub const CONFIG_VARIABLE: &str = "FRAMEPOOL_SIM_CONFIG";

/// The environment variable that sets the number of cameras where there is no file; there is 1 if it is not set.
pub const CAMERAS_VARIABLE: &str = "FRAMEPOOL_SIM_CAMERAS";

/// The smallest side of a sensor, and the largest.
const SIDES: std::ops::RangeInclusive<u16> = 16..=16_384;

/// What a file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    camera: Vec<Camera>,
}

/// What is said of one camera.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Camera {
    model: Option<String>,
    name: Option<String>,
    sensor: Option<Vec<u16>>,
    frames_per_second: Option<f64>,
    interface: Option<String>,
    picture: Option<String>,
    folder: Option<PathBuf>,
    stamp: Option<bool>,
    jitter_us: Option<u64>,
    seed: Option<u64>,
    oldest_frame: Option<String>,
    metadata_version: Option<u8>,
    faults: Option<Vec<String>>,
    scribble: Option<bool>,
    no_overwrite: Option<String>,
    ring_mb: Option<f64>,
    aborts_fail: Option<u32>,
    exposing_at_open: Option<bool>,
}

/// The keys of a camera, each with what a variable for all cameras is called.
const KEYS: [(&str, &str); 17] = [
    ("model", "FRAMEPOOL_SIM_MODEL"),
    ("sensor", "FRAMEPOOL_SIM_SENSOR"),
    ("frames_per_second", "FRAMEPOOL_SIM_FRAMES_PER_SECOND"),
    ("interface", "FRAMEPOOL_SIM_INTERFACE"),
    ("picture", "FRAMEPOOL_SIM_PICTURE"),
    ("folder", "FRAMEPOOL_SIM_FOLDER"),
    ("stamp", "FRAMEPOOL_SIM_STAMP"),
    ("jitter_us", "FRAMEPOOL_SIM_JITTER_US"),
    ("seed", "FRAMEPOOL_SIM_SEED"),
    ("oldest_frame", "FRAMEPOOL_SIM_OLDEST_FRAME"),
    ("metadata_version", "FRAMEPOOL_SIM_METADATA_VERSION"),
    ("faults", "FRAMEPOOL_SIM_FAULTS"),
    ("scribble", "FRAMEPOOL_SIM_SCRIBBLE"),
    ("no_overwrite", "FRAMEPOOL_SIM_NO_OVERWRITE"),
    ("ring_mb", "FRAMEPOOL_SIM_RING_MB"),
    ("aborts_fail", "FRAMEPOOL_SIM_ABORTS_FAIL"),
    ("exposing_at_open", "FRAMEPOOL_SIM_EXPOSING_AT_OPEN"),
];

/// Those of texts, which need no quotes in a variable, also where they look like numbers.
const TEXTS: [&str; 6] =
    ["model", "interface", "picture", "folder", "oldest_frame", "no_overwrite"];

/// The one that is a list of texts, which in a variable may be one text with commas.
const LIST: &str = "faults";

/// Reads the configuration, and returns the cameras that it describes.
///
/// # Errors
/// What is wrong, and where.
pub(crate) fn cameras() -> Result<Vec<Kind>, String> {
    check_names(env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()))?;
    let all = from_variables(|name| env::var_os(name).map(|value| value.to_string_lossy().into()))?;
    let (mut listed, folder) = match env::var_os(CONFIG_VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => {
            let path = Path::new(&path);
            let listed = from_file(path)?;
            (listed, path.parent().unwrap_or(Path::new("")).to_path_buf())
        }
        None => (vec![Camera::default(); count()?], PathBuf::new()),
    };
    if listed.len() > MAX_CAM {
        return Err(format!("{} cameras are more than the SDK's {MAX_CAM}", listed.len()));
    }
    for camera in &mut listed {
        camera.folder = camera.folder.as_ref().map(|films| folder.join(films));
    }
    let (mut kinds, mut films): (Vec<Kind>, _) = (Vec::new(), Films::default());
    for (index, camera) in listed.into_iter().enumerate() {
        let kind = camera
            .or(&all)
            .kind(index, &mut films)
            .map_err(|wrong| format!("camera {index}: {wrong}"))?;
        if kinds.iter().any(|other| other.name == kind.name) {
            return Err(format!("camera {index}: another one has the name {:?}", kind.name));
        }
        kinds.push(kind);
    }
    Ok(kinds)
}

/// Refuses variables that look like the simulator's, and are none: a misspelt one would be ignored.
fn check_names(names: impl Iterator<Item = String>) -> Result<(), String> {
    let known = KEYS.map(|(_, name)| name).into_iter().chain([CONFIG_VARIABLE, CAMERAS_VARIABLE]);
    let known: Vec<_> = known.collect();
    for name in names.filter(|name| name.starts_with("FRAMEPOOL_SIM_")) {
        if !known.contains(&name.as_str()) {
            return Err(format!("{name}: the simulator has no such variable"));
        }
    }
    Ok(())
}

fn count() -> Result<usize, String> {
    let Some(value) = env::var_os(CAMERAS_VARIABLE) else { return Ok(1) };
    let count = value.to_str().and_then(|text| text.trim().parse().ok());
    count
        .filter(|&count| count <= MAX_CAM)
        .ok_or_else(|| format!("{CAMERAS_VARIABLE} is not a number from 0 to {MAX_CAM}"))
}

fn from_file(path: &Path) -> Result<Vec<Camera>, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{CONFIG_VARIABLE}={}: {error}", path.display()))?;
    let file: File = toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        // A list of all keys would fill the message that a client gets.
        let message = error.message().split(", expected one of").next().unwrap_or_default();
        format!("{} line {line}: {message}", path.display())
    })?;
    Ok(file.camera)
}

/// Reads what variables say of all cameras: each is a value as in the file, where a text needs no quotes.
fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Camera, String> {
    let mut all = toml::Table::new();
    for (key, name) in KEYS {
        let Some(text) = variable(name) else { continue };
        let parsed = format!("it = {text}").parse::<toml::Table>().ok();
        let value = parsed.and_then(|mut table| table.remove("it"));
        let value = value.filter(|value| value.is_str() || !TEXTS.contains(&key));
        let value = match value.unwrap_or(toml::Value::String(text)) {
            toml::Value::String(text) if key == LIST => listed(&text),
            value => value,
        };
        all.insert(key.to_owned(), value);
        let so_far: Result<Camera, _> = all.clone().try_into();
        so_far.map_err(|error| format!("{name}: {}", error.message()))?;
    }
    all.try_into().map_err(|error: toml::de::Error| error.message().to_owned())
}

/// Makes a list of a text with commas.
fn listed(text: &str) -> toml::Value {
    let texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
    texts.map(|text| toml::Value::String(text.to_owned())).collect::<Vec<_>>().into()
}

impl Camera {
    /// Returns what is said here, and where nothing is, what is said of `all`.
    fn or(self, all: &Self) -> Self {
        let all = all.clone();
        // A folder for all is for those that show one.
        let is_film = self.picture.as_ref().is_none_or(|picture| picture == "tiff");
        Self {
            model: self.model.or(all.model),
            name: self.name,
            sensor: self.sensor.or(all.sensor),
            frames_per_second: self.frames_per_second.or(all.frames_per_second),
            interface: self.interface.or(all.interface),
            picture: self.picture.or(all.picture),
            folder: self.folder.or(all.folder.filter(|_| is_film)),
            stamp: self.stamp.or(all.stamp),
            jitter_us: self.jitter_us.or(all.jitter_us),
            seed: self.seed.or(all.seed),
            oldest_frame: self.oldest_frame.or(all.oldest_frame),
            metadata_version: self.metadata_version.or(all.metadata_version),
            faults: self.faults.or(all.faults),
            scribble: self.scribble.or(all.scribble),
            no_overwrite: self.no_overwrite.or(all.no_overwrite),
            ring_mb: self.ring_mb.or(all.ring_mb),
            aborts_fail: self.aborts_fail.or(all.aborts_fail),
            exposing_at_open: self.exposing_at_open.or(all.exposing_at_open),
        }
    }

    /// Makes camera number `index`.
    fn kind(self, index: usize, films: &mut Films) -> Result<Kind, String> {
        let models = Model::ALL.map(|model| (model.key, model));
        let model = one_of("model", self.model, &models)?.unwrap_or(Model::ALL[0]);
        let name = self.name.unwrap_or_else(|| format!("SimCam{index:02}"));
        if name.is_empty() || name.len() >= CAM_NAME_LEN {
            return Err(format!("the name {name:?} does not have 1 to {} bytes", CAM_NAME_LEN - 1));
        }
        let name = CString::new(name).map_err(|_| "a NUL in the name".to_owned())?;
        let (columns, rows) = match self.sensor.as_deref() {
            None => (model.columns, model.rows),
            Some(&[columns, rows]) => (columns, rows),
            Some(other) => return Err(format!("sensor: {other:?} is not columns and rows")),
        };
        if !SIDES.contains(&columns) || !SIDES.contains(&rows) {
            return Err(format!("sensor: {columns} x {rows} is not from {SIDES:?} each"));
        }
        let row_time = self.frames_per_second.map(|rate| row_time(rate, rows)).transpose()?;
        let interfaces = INTERFACES.each_ref().map(|(name, choice)| (*name, choice.value));
        let interface = one_of("interface", self.interface, &interfaces)?;
        let seed = self.seed.unwrap_or(index as u64);
        let jitter = Duration::from_micros(self.jitter_us.unwrap_or(0));
        if jitter > Duration::from_secs(10) {
            return Err("jitter_us: more than ten seconds".to_owned());
        }
        let oldest = [("no-overwrite", false), ("always", true)];
        let metadata_version = self.metadata_version.unwrap_or(2);
        if !(1..=3).contains(&metadata_version) {
            return Err(format!("metadata_version: {metadata_version} is not 1, 2 or 3"));
        }
        let full = [("overwrites", false), ("halts", true)];
        let shows = shows(self.picture, self.folder.as_deref(), seed, films)?;
        Ok(Kind {
            model,
            name,
            columns,
            rows,
            row_time,
            interface: interface.unwrap_or(PL_CAM_IFC_TYPE_VIRTUAL),
            scene: Arc::new(Scene::new(shows, self.stamp.unwrap_or(true), seed, (columns, rows))),
            jitter,
            seed,
            oldest_always: one_of("oldest_frame", self.oldest_frame, &oldest)?.unwrap_or(false),
            metadata_version,
            faults: Plan::parse(&self.faults.unwrap_or_default())?,
            scribbles: self.scribble.unwrap_or(false),
            halts: one_of("no_overwrite", self.no_overwrite, &full)?.unwrap_or(false),
            ring_bytes: self.ring_mb.map(ring_bytes).transpose()?,
            aborts_fail: self.aborts_fail.unwrap_or(0),
            exposing_at_open: self.exposing_at_open.unwrap_or(false),
        })
    }
}

/// Returns the time per row of a sensor of so many rows and frames per second.
fn row_time(rate: f64, rows: u16) -> Result<Duration, String> {
    let time = 1.0 / (rate * f64::from(rows));
    // A clock tells nanoseconds.
    if rate >= 0.01 && time >= 1e-9 {
        Ok(Duration::from_secs_f64(time))
    } else {
        let most = 1_000_000_000 / u32::from(rows);
        Err(format!("frames_per_second: {rate} is not from 0.01 to {most}, with {rows} rows"))
    }
}

/// Returns the bytes of a ring of so many MiB.
fn ring_bytes(mib: f64) -> Result<u64, String> {
    if !(mib > 0.0 && mib <= 4096.0) {
        return Err(format!("ring_mb: {mib} is not more than 0, up to 4096"));
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole bytes of at most 4 GiB"
    )]
    let bytes = (mib * f64::from(1 << 20)) as u64;
    Ok(bytes)
}

fn shows(
    picture: Option<String>,
    folder: Option<&Path>,
    seed: u64,
    films: &mut Films,
) -> Result<Shows, String> {
    let pictures = ["pattern", "noise", "points", "tiff"].map(|name| (name, name));
    match (one_of("picture", picture, &pictures)?, folder) {
        (Some("tiff"), None) => Err("picture: \"tiff\" needs a folder".to_owned()),
        (Some("tiff") | None, Some(folder)) => films.read(folder).map(Shows::Film),
        (Some(_), Some(_)) => Err("folder: only for picture = \"tiff\"".to_owned()),
        (Some("noise"), None) => Ok(Shows::noise(seed)),
        (Some("points"), None) => Ok(Shows::points(seed)),
        (_, None) => Ok(Shows::Pattern),
    }
}

/// Returns what a text means, if there is one.
fn one_of<T: Copy>(
    key: &str,
    text: Option<String>,
    known: &[(&str, T)],
) -> Result<Option<T>, String> {
    let Some(text) = text else { return Ok(None) };
    match known.iter().find(|(name, _)| *name == text) {
        Some((_, value)) => Ok(Some(*value)),
        None => {
            let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            Err(format!("{key}: {text:?} is not one of {}", names.join(", ")))
        }
    }
}

#[cfg(test)]
impl Default for Kind {
    fn default() -> Self {
        Camera::default()
            .kind(0, &mut Films::default())
            .expect("the camera that is if nothing is said")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::What;

    fn parsed(text: &str) -> Result<Kind, String> {
        let camera: Camera = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        camera.kind(3, &mut Films::default())
    }

    #[test]
    fn every_key_is_heeded() {
        let kind = parsed(
            r#"
            model = "cool"
            name = "left"
            sensor = [640, 480]
            frames_per_second = 100.0
            interface = "usb3"
            picture = "noise"
            jitter_us = 50
            seed = 9
            oldest_frame = "always"
            metadata_version = 3
            faults = ["lost@5", "late@3:2%9"]
            scribble = true
            no_overwrite = "halts"
            ring_mb = 0.5
            aborts_fail = 2
            exposing_at_open = true
            "#,
        )
        .unwrap();
        assert_eq!((kind.model.key, kind.name.as_c_str()), ("cool", c"left"));
        assert_eq!((kind.columns, kind.rows), (640, 480));
        assert_eq!(kind.row_time, Some(Duration::from_nanos(20_833)));
        assert_eq!((kind.interface, kind.seed, kind.metadata_version), (516, 9, 3));
        assert!(kind.oldest_always && kind.jitter == Duration::from_micros(50));
        assert!(kind.faults.has(What::Lost, 5) && kind.faults.has(What::Late, 13));
        assert!(kind.scribbles && kind.halts && kind.exposing_at_open);
        assert_eq!((kind.ring_bytes, kind.aborts_fail), (Some(1 << 19), 2));
        assert_eq!(parsed("").unwrap().name.as_c_str(), c"SimCam03");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, named) in [
            ("model = \"retiga\"", "model: \"retiga\" is not one of prime, cool"),
            ("sensor = [8, 2048]", "sensor: 8 x 2048"),
            ("sensor = [2048]", "sensor: [2048] is not columns and rows"),
            ("sensor = [64, 64, 64]", "sensor: [64, 64, 64] is not"),
            ("frames_per_second = 0.0", "frames_per_second: 0"),
            ("interface = \"scsi\"", "interface: \"scsi\" is not one of virtual"),
            ("picture = \"tiff\"", "needs a folder"),
            ("picture = \"noise\"\nfolder = \"x\"", "folder: only for"),
            ("metadata_version = 4", "metadata_version: 4"),
            ("jitter_us = 20000000", "jitter_us"),
            ("faults = [\"lost@5\", \"late@3\"]", "faults: \"late@3\": it takes a value"),
            ("faults = \"lost@5\"", "invalid type: string"),
            ("no_overwrite = \"waits\"", "no_overwrite: \"waits\" is not one of overwrites, halts"),
            ("ring_mb = 0", "ring_mb: 0"),
            ("aborts_fail = -1", "invalid value"),
            ("name = \"\"", "the name"),
            ("shutter = 1", "unknown field `shutter`"),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    #[test]
    fn variables_say_what_no_camera_says() {
        let variable = |name: &str| match name {
            "FRAMEPOOL_SIM_MODEL" => Some("cool".to_owned()),
            "FRAMEPOOL_SIM_SENSOR" => Some("[64, 32]".to_owned()),
            _ => None,
        };
        let all = from_variables(variable).unwrap();
        let kind = Camera { sensor: Some(vec![128, 64]), ..Camera::default() }
            .or(&all)
            .kind(0, &mut Films::default())
            .unwrap();
        assert_eq!((kind.model.key, kind.columns), ("cool", 128));
        for list in ["lost@5, late@3:2%9", "['lost@5', 'late@3:2%9']", "'lost@5,late@3:2%9'"] {
            let faults = |name: &str| (name == "FRAMEPOOL_SIM_FAULTS").then(|| list.to_owned());
            let all = from_variables(faults).unwrap();
            assert_eq!(all.faults.unwrap(), ["lost@5", "late@3:2%9"], "{list}");
        }
        let wrong =
            from_variables(|name| (name == "FRAMEPOOL_SIM_JITTER_US").then(|| "much".to_owned()));
        assert!(wrong.unwrap_err().starts_with("FRAMEPOOL_SIM_JITTER_US: "));
        let names = ["PATH", "FRAMEPOOL_SIM_SEED", "FRAMEPOOL_SIM_JITER_US"].map(str::to_owned);
        let misspelt = check_names(names.into_iter()).unwrap_err();
        assert!(misspelt.starts_with("FRAMEPOOL_SIM_JITER_US: "), "{misspelt}");
    }
}
