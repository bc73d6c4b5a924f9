//! Metadata of frames, saved and read back.

#![cfg(feature = "serde")]

use framepool_core::{FrameMeta, RegionOfInterest};

fn meta() -> FrameMeta {
    FrameMeta {
        number: u64::MAX,
        hardware_number: u32::MAX,
        timestamp_ns: 1_700_000_000_123_456_789,
        exposure_ns: 20_000_000,
        width: 1024,
        height: 512,
        bit_depth: 16,
        region: RegionOfInterest { x: 8, y: 16, width: 2048, height: 1024 },
        binning: (2, 2),
        temperature: Some(-19.5),
    }
}

#[test]
fn what_was_saved_is_read_back() {
    for meta in [meta(), FrameMeta::default(), FrameMeta { temperature: None, ..meta() }] {
        let text = serde_json::to_string(&meta).unwrap();
        assert_eq!(serde_json::from_str::<FrameMeta>(&text).unwrap(), meta);
    }
    let region = meta().region;
    let value = serde_json::to_value(region).unwrap();
    assert_eq!(serde_json::from_value::<RegionOfInterest>(value).unwrap(), region);
}

#[test]
fn names_in_the_text_are_the_fields_own() {
    let value = serde_json::to_value(meta()).unwrap();
    assert_eq!(value["hardware_number"], u32::MAX);
    assert_eq!(value["region"]["width"], 2048);
    assert_eq!(value["binning"], serde_json::json!([2, 2]));
    assert_eq!(value["temperature"], -19.5);
}

#[test]
fn a_missing_or_wrong_field_is_an_error() {
    assert!(serde_json::from_str::<RegionOfInterest>(r#"{"x":0,"y":0,"width":1}"#).is_err());
    let negative = r#"{"x":-1,"y":0,"width":1,"height":1}"#;
    assert!(serde_json::from_str::<RegionOfInterest>(negative).is_err());
}
