//! OME-XML: what a TIFF stack says of itself to microscopists' programs, in the schema of June 2016.

use crate::record::about::{About, Ending, SOFTWARE};
use crate::record::index::Row;
use std::fmt;
use std::io::{self, Write};

/// The schema, by which readers know the XML.
const SCHEMA: &str = "http://www.openmicroscopy.org/Schemas/OME/2016-06";

/// Writes the XML of a stack with a page for each of these `frames`, as ASCII.
pub(crate) fn write_xml(
    to: &mut impl Write,
    about: &About,
    frames: u64,
    ending: Ending,
    rows: impl Iterator<Item = io::Result<Row>>,
) -> io::Result<()> {
    let camera = &about.camera;
    write!(
        to,
        r#"<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="{SCHEMA}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{SCHEMA} {SCHEMA}/ome.xsd" Creator="{SOFTWARE}">
<Instrument ID="Instrument:0"><Detector ID="Detector:0" Model="{}" SerialNumber="{}"/></Instrument>
<Image ID="Image:0" Name="{}">
<AcquisitionDate>{}</AcquisitionDate>
<InstrumentRef ID="Instrument:0"/>
<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="{}" SignificantBits="{}" BigEndian="{}" SizeX="{}" SizeY="{}" SizeZ="1" SizeC="1" SizeT="{frames}""#,
        Escaped(&camera.product),
        Escaped(&camera.serial),
        Escaped(&camera.name),
        Escaped(&about.started),
        if about.bytes_per_pixel == 1 { "uint8" } else { "uint16" },
        about.bit_depth,
        about.byte_order == "big",
        about.width,
        about.height,
    )?;
    if let Some([width, height]) = about.pixel_um() {
        // In micrometres, unless a unit is named.
        write!(to, r#" PhysicalSizeX="{width}" PhysicalSizeY="{height}""#)?;
    }
    let binning = match about.binning {
        [1, 1] => "1x1",
        [2, 2] => "2x2",
        [4, 4] => "4x4",
        [8, 8] => "8x8",
        _ => "Other",
    };
    write!(
        to,
        r#">
<Channel ID="Channel:0:0" SamplesPerPixel="1"><DetectorSettings ID="Detector:0" Binning="{binning}"/></Channel>
<TiffData IFD="0" PlaneCount="{frames}"/>
"#
    )?;
    for (plane, row) in rows.enumerate() {
        let Row { timestamp_ns, exposure_ns } = row?;
        write!(to, r#"<Plane TheZ="0" TheC="0" TheT="{plane}""#)?;
        // 0: the camera did not say when it was.
        if timestamp_ns > 0 {
            let since = timestamp_ns.saturating_sub(about.first_timestamp_ns);
            write!(to, r#" DeltaT="{}""#, Seconds(since))?;
        }
        writeln!(to, r#" ExposureTime="{}"/>"#, Seconds(exposure_ns))?;
    }
    write!(
        to,
        r#"</Pixels>
<AnnotationRef ID="Annotation:0"/>
</Image>
<StructuredAnnotations><MapAnnotation ID="Annotation:0" Namespace="framegrab"><Value>
"#
    )?;
    let [x, y, width, height] = about.region;
    let [across, down] = about.binning;
    let sensor = camera.sensor.map(|[columns, rows]| format!("{columns},{rows}"));
    let pairs = [
        ("region", format!("{x},{y},{width},{height}")),
        ("binning", format!("{across},{down}")),
        ("sensor", known(sensor)),
        ("bit_depth", about.bit_depth.to_string()),
        ("exposure_ns", about.exposure_ns.to_string()),
        ("exposure_mode", about.exposure_mode.to_owned()),
        ("period_ns", about.period_ns.to_string()),
        ("timestamp_resolution_ns", about.timestamp_resolution_ns.to_string()),
        ("started", about.started.clone()),
        ("camera", camera.name.clone()),
        ("product", camera.product.clone()),
        ("serial", camera.serial.clone()),
        ("firmware", camera.firmware.clone()),
        ("simulated", camera.simulated.to_string()),
        ("library", about.library.clone()),
        ("readout_port", known(about.readout.port)),
        ("speed", known(about.readout.speed.as_ref())),
        ("gain", known(about.readout.gain.as_ref())),
        ("temperature", known(about.readout.temperature)),
        ("complete", ending.complete.to_string()),
        ("missing", ending.missing.to_string()),
    ];
    for (key, value) in pairs {
        writeln!(to, r#"<M K="{key}">{}</M>"#, Escaped(&value))?;
    }
    write!(to, "</Value></MapAnnotation></StructuredAnnotations>\n</OME>")
}

/// Shows what may not be known.
fn known(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// Nanoseconds, shown as seconds without rounding.
struct Seconds(u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }
}

/// A text, shown as XML in ASCII. What XML cannot hold is left out.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use std::fmt::Write;
        self.0.chars().try_for_each(|letter| match letter {
            '<' | '>' | '&' | '"' | '\'' => write!(f, "&#{};", u32::from(letter)),
            ' '..='~' => f.write_char(letter),
            '\u{fffe}' | '\u{ffff}' | '\0'..='\u{1f}' | '\u{7f}' => Ok(()),
            _ => write!(f, "&#{};", u32::from(letter)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_ascii_and_escaped() {
        assert_eq!(
            Escaped("a<b>&\"'\u{1}\u{b5}m").to_string(),
            "a&#60;b&#62;&#38;&#34;&#39;&#181;m"
        );
        assert_eq!(Seconds(1_000_000_001).to_string(), "1.000000001");
    }

    #[test]
    fn each_frame_is_a_plane_after_the_first() {
        let mut text = Vec::new();
        let rows =
            [7_000_000, 17_000_000].map(|timestamp_ns| Ok(Row { timestamp_ns, exposure_ns: 1 }));
        let about = About { first_timestamp_ns: 7_000_000, ..About::of_tests() };
        let ending = Ending { complete: false, missing: 3 };
        write_xml(&mut text, &about, 2, ending, rows.into_iter()).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.is_ascii() && text.ends_with("</OME>"));
        for part in [
            r#"TheT="1" DeltaT="0.010000000" ExposureTime="0.000000001""#,
            r#"SizeT="2" PhysicalSizeX="13" PhysicalSizeY="8""#,
            r#"Model="B &#38; W""#,
            r#"<M K="region">0,4,8,4</M>"#,
            r#"<M K="missing">3</M>"#,
            r#"<M K="gain">high</M>"#,
        ] {
            assert!(text.contains(part), "no {part} in {text}");
        }
    }
}
