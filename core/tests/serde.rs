//! Metadata of frames, saved and read back.

#![cfg(feature = "serde")]

use framepool_core::frame::{FrameMeta, RegionOfInterest};

fn meta() -> FrameMeta {
    let mut meta = FrameMeta::new(1024, 512, 16);
    meta.number = u64::MAX;
    meta.hardware_number = u32::MAX;
    meta.timestamp_ns = 1_700_000_000_123_456_789;
    meta.arrival_ns = 987_654_321_000;
    meta.exposure_ns = 20_000_000;
    meta.region = RegionOfInterest::new(8, 16, 2048, 1024);
    meta.binning = (2, 2);
    meta.temperature = Some(-19.5);
    meta
}

#[test]
fn what_was_saved_is_read_back() {
    let mut warm = meta();
    warm.temperature = None;
    for meta in [meta(), FrameMeta::default(), warm] {
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
fn what_was_saved_without_an_arrival_is_read_back() {
    let mut value = serde_json::to_value(meta()).unwrap();
    assert!(value.as_object_mut().unwrap().remove("arrival_ns").is_some());
    let read: FrameMeta = serde_json::from_value(value).unwrap();
    let mut expected = meta();
    expected.arrival_ns = 0;
    assert_eq!(read, expected);
}

#[test]
fn a_missing_or_wrong_field_is_an_error() {
    assert!(serde_json::from_str::<RegionOfInterest>(r#"{"x":0,"y":0,"width":1}"#).is_err());
    let negative = r#"{"x":-1,"y":0,"width":1,"height":1}"#;
    assert!(serde_json::from_str::<RegionOfInterest>(negative).is_err());
}
