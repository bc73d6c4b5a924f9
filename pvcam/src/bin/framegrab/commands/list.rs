//! `list`: the cameras that are there.

use crate::commands::said::Said;
use crate::commands::table::Table;
use crate::sdk;
use clap::Args;
use framepool_pvcam::Description;
use serde::Serialize;
use std::error::Error;
use std::path::PathBuf;

/// Of which SDK, and how to print it.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// The PVCAM library to load, such as /usr/lib/libpvcam.so.2 [default: the linked-in simulator]
    #[arg(long, value_name = "PATH")]
    sdk: Option<PathBuf>,

    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

/// The fields' names are the keys of the JSON.
#[derive(Debug, Serialize)]
struct Found {
    library: String,
    cameras: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    name: String,
    #[serde(flatten)]
    opened: Opened,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Opened {
    Described(Described),
    Refused {
        /// Why the camera cannot be opened.
        error: String,
    },
}

/// What an open camera says of itself.
#[derive(Debug, Serialize)]
struct Described {
    product: String,
    serial: String,
    firmware: String,
    /// Columns and rows.
    sensor: [u32; 2],
    /// Width and height of a pixel, nanometres.
    pixel_nm: Option<[u32; 2]>,
    bit_depth: u8,
    /// Of the sensor, degrees Celsius.
    temperature: Option<f32>,
    simulated: bool,
}

impl List {
    pub(crate) fn run(&self) -> Result<Said, Box<dyn Error>> {
        let sdk = sdk::init(self.sdk.as_deref())?;
        let cameras = sdk.cameras()?.into_iter().map(|name| {
            let opened = match sdk.open(&name) {
                Ok(camera) => Opened::Described(Described::of(camera.description())),
                Err(error) => Opened::Refused { error: error.to_string() },
            };
            Entry { name, opened }
        });
        let found = Found { cameras: cameras.collect(), library: sdk::described(sdk.library()) };
        let text = if self.json { serde_json::to_string_pretty(&found)? } else { found.to_table() };
        Ok(Said { text, failure: found.failure() })
    }
}

impl Described {
    fn of(camera: &Description) -> Self {
        Self {
            product: camera.product.clone(),
            serial: camera.serial.clone(),
            firmware: camera.firmware.clone(),
            sensor: [camera.sensor_width, camera.sensor_height],
            pixel_nm: camera.pixel_nm.map(<[u32; 2]>::from),
            bit_depth: camera.bit_depth,
            temperature: camera.temperature,
            simulated: camera.is_simulated,
        }
    }

    fn cells(&self) -> Vec<String> {
        let [columns, rows] = self.sensor;
        let um = |nm: u32| f64::from(nm) / 1e3;
        vec![
            or_none(self.product.clone()),
            or_none(self.serial.clone()),
            or_none(self.firmware.clone()),
            format!("{columns} x {rows}"),
            or_none(
                self.pixel_nm
                    .map(|[width, height]| format!("{} x {} um", um(width), um(height)))
                    .unwrap_or_default(),
            ),
            self.bit_depth.to_string(),
            or_none(self.temperature.map(|degrees| format!("{degrees:.1} C")).unwrap_or_default()),
            if self.simulated { "simulated" } else { "a real camera" }.to_owned(),
        ]
    }
}

impl Found {
    fn to_table(&self) -> String {
        if self.cameras.is_empty() {
            return String::new();
        }
        let mut table = Table::new(&[
            "name",
            "product",
            "serial",
            "firmware",
            "sensor",
            "pixel",
            "bits",
            "temperature",
            "kind",
        ]);
        for Entry { name, opened } in &self.cameras {
            let rest = match opened {
                Opened::Described(described) => described.cells(),
                Opened::Refused { error } => vec![format!("cannot be opened: {error}")],
            };
            table.push([vec![name.clone()], rest].concat());
        }
        table.to_string()
    }

    fn failure(&self) -> Option<String> {
        let is_open = |entry: &Entry| matches!(entry.opened, Opened::Described(_));
        match self.cameras.len() {
            0 => Some("no camera was found".to_owned()),
            1 if !self.cameras.iter().any(is_open) => {
                Some("the camera cannot be opened".to_owned())
            }
            count if !self.cameras.iter().any(is_open) => {
                Some(format!("none of the {count} cameras can be opened"))
            }
            _ => None,
        }
    }
}

/// Fills a cell that would be empty.
fn or_none(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}
