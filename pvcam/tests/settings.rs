//! The settings of cameras of both simulated models, and what is refused before the SDK is asked.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{COOL, LONG, PRIME, numbers, sdk, small};
use framepool_pvcam::{
    Acquisition, Camera, Choice, ExposeOut, FanSpeed, NamedParameter, NamedParameters,
    ParameterError, ParameterOffer, StartError, Trigger,
};
use std::time::Duration;

fn names<T>(choices: &[Choice<T>]) -> Vec<&str> {
    choices.iter().map(|choice| choice.name.as_str()).collect()
}

/// Returns "speed: gain" of the port, each with the gain's depth.
fn readout(camera: &Camera) -> Vec<(String, u8)> {
    let settings = camera.settings();
    let mut found = Vec::new();
    for speed in settings.speeds().unwrap() {
        settings.set_speed(speed.index).unwrap();
        let gains = settings.gains().unwrap().into_iter();
        found.extend(
            gains.map(|gain| (format!("{}: {}", speed.name, gain.name), gain.bit_depth.unwrap())),
        );
    }
    found
}

#[test]
fn a_camera_is_described_by_what_its_label_says() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open(PRIME).unwrap();
    let described = camera.description();
    assert_eq!((described.serial.as_str(), described.firmware.as_str()), (PRIME, "0.1"));
    assert_eq!(described.pixel_nm, Some((6500, 6500)));
}

#[test]
fn port_speed_and_gain_are_listed_and_chosen_in_this_order() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open(COOL).unwrap();
    let settings = camera.settings();
    let ports = settings.ports().unwrap();
    assert_eq!(names(&ports), ["Normal", "Multiplication gain"]);
    let expect = |expected: &[(&str, u8)]| {
        let found = readout(&camera);
        assert!(
            found.iter().map(|(name, bits)| (name.as_str(), *bits)).eq(expected.iter().copied()),
            "{found:?}"
        );
    };
    expect(&[
        ("20 MHz: 1x", 12),
        ("20 MHz: 2x", 12),
        ("20 MHz: 4x", 12),
        ("10 MHz: 1x", 14),
        ("10 MHz: 2x", 14),
    ]);
    settings.set_gain(2).unwrap();
    settings.set_port(ports[1].value).unwrap();
    assert_eq!(settings.port(), Ok(ports[1].value));
    let (speed, gain_now) = (settings.speed().unwrap(), settings.gain().unwrap());
    assert_eq!((speed.index, gain_now.index), (0, 1), "the port resets both");
    assert_eq!(speed.pixel_time, Some(Duration::from_nanos(100)));
    expect(&[("10 MHz: 1x", 14)]);
}

#[test]
fn listing_leaves_speed_gain_and_set_point_as_they_were() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open(PRIME).unwrap();
    let settings = camera.settings();
    settings.set_speed(1).unwrap();
    settings.set_gain(3).unwrap();
    settings.set_temperature_set_point(-20.0).unwrap();
    let speeds = settings.speeds().unwrap();
    let times: Vec<_> = speeds.iter().map(|speed| speed.pixel_time.unwrap().as_nanos()).collect();
    assert_eq!(times, [10, 5]);
    let gains = settings.gains().unwrap();
    assert_eq!(gains.iter().map(|gain| gain.index).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(
        (settings.speed().unwrap(), settings.gain().unwrap()),
        (speeds[1].clone(), gains[2].clone())
    );
    assert_eq!(settings.temperature_set_point(), Ok(-20.0));
}

#[test]
fn what_a_camera_offers_is_listed() {
    let (_turn, sdk) = sdk();
    let (prime, cool) = (sdk.open(PRIME).unwrap(), sdk.open(COOL).unwrap());
    let (prime, cool) = (prime.settings(), cool.settings());
    assert_eq!(prime.binnings().unwrap(), [(1, 1), (2, 2), (4, 4)]);
    assert_eq!(cool.binnings().unwrap().last(), Some(&(8, 8)));

    let values = |choices: Vec<Choice<Trigger>>| choices.into_iter().map(|t| t.value).collect();
    let triggers: Vec<_> = values(prime.triggers().unwrap());
    let external = [Trigger::First, Trigger::EdgeRising, Trigger::Level];
    assert_eq!(triggers[..2], [Trigger::Internal, Trigger::Software]);
    assert_eq!(triggers[2..], external);
    // Those of its modes that no setup can use are left out.
    let legacy = [Trigger::Internal, Trigger::EdgeRising, Trigger::Level, Trigger::First];
    let triggers: Vec<_> = values(cool.triggers().unwrap());
    assert_eq!(triggers, legacy);

    let expose_outs = prime.expose_outs().unwrap();
    assert_eq!(names(&expose_outs), ["First Row", "All Rows", "Any Row"]);
    assert_eq!(expose_outs[2].value, ExposeOut::AnyRow);
    for settings in [prime, cool] {
        assert_eq!(settings.exposures(), Ok(Duration::ZERO..=Duration::from_secs(10)));
    }
    let fans = prime.fan_speeds().unwrap();
    assert_eq!(names(&fans), ["High", "Medium", "Low", "Off"]);
    prime.set_fan_speed(fans[2].value).unwrap();
    assert_eq!(prime.fan_speed(), Ok(FanSpeed::Low));
}

#[test]
fn the_temperature_is_read_and_its_set_point_has_a_range() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open(PRIME).unwrap();
    let settings = camera.settings();
    let limits = settings.temperature_set_point_limits().unwrap();
    assert_eq!((limits.min, limits.max, limits.increment), (-25.0, 25.0, 0.01));
    assert!((limits.min..=limits.max).contains(&settings.temperature().unwrap()));
    settings.set_temperature_set_point(limits.min).unwrap();
    assert_eq!(settings.temperature_set_point(), Ok(-25.0));
    for wrong in [25.01, f32::NAN, f32::NEG_INFINITY] {
        let error = settings.set_temperature_set_point(wrong).unwrap_err();
        let ParameterError::OutOfRange { parameter, min, max, increment, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(parameter, "temperature set point");
        assert_eq!((min, max, increment), (-25.0, 25.0, 0.01));
    }
    assert_eq!(settings.temperature_set_point(), Ok(-25.0), "nothing was set");
}

#[test]
fn what_a_camera_does_not_have_is_named_with_what_it_has() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open(COOL).unwrap();
    let settings = camera.settings();
    let text = |result: Result<(), ParameterError>| result.unwrap_err().to_string();
    assert_eq!(text(settings.set_fan_speed(FanSpeed::Off)), "this camera has no fan speed");
    assert_eq!(
        settings.metadata().unwrap_err().to_string(),
        "this camera has no embedded metadata"
    );
    assert_eq!(
        text(settings.set_port(7)),
        "7 is no readout port of this camera; it has: 0 (Normal), 1 (Multiplication gain)"
    );
    assert_eq!(
        text(settings.set_speed(2)),
        "2 is out of the range of the readout speed: use from 0 to 1"
    );
    assert_eq!(text(settings.set_gain(0)), "0 is out of the range of the gain: use from 1 to 3");
    let camera = sdk.open(PRIME).unwrap();
    assert_eq!(
        text(camera.settings().set_fan_speed(FanSpeed::Other(9))),
        "speed 9 is no fan speed of this camera; it has: high, medium, low, off"
    );
}

#[test]
fn while_the_camera_is_imaging_nothing_is_touched() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open(PRIME).unwrap();
    let settings = camera.settings();
    let (handler, frames) = numbers();
    let acquisition =
        Acquisition::start(camera.prepare(&small(&camera)).unwrap(), handler).unwrap();
    assert_eq!(frames.recv_timeout(LONG), Ok(1));
    let imaging = |result: Result<(), ParameterError>| match result.unwrap_err() {
        ParameterError::Imaging { parameter } => parameter,
        error => panic!("{error}"),
    };
    assert_eq!(imaging(settings.set_gain(1)), "gain");
    assert_eq!(imaging(settings.set_temperature_set_point(0.0)), "temperature set point");
    assert_eq!(imaging(settings.temperature().map(drop)), "temperature of the sensor");
    assert_eq!(imaging(settings.ports().map(drop)), "readout port");
    assert_eq!(imaging(settings.speeds().map(drop)), "readout speed");
    assert_eq!(imaging(settings.exposures().map(drop)), "unit of exposures");
    assert_eq!(imaging(settings.triggers().map(drop)), "trigger");
    let seen = frames.try_iter().last().unwrap_or(1);
    assert!(frames.recv_timeout(LONG).unwrap() > seen, "the acquisition goes on");
    acquisition.stop().unwrap();
    settings.set_gain(2).unwrap();
    settings.temperature().unwrap();
}

#[test]
fn what_changes_frames_outdates_a_setup() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open(PRIME).unwrap();
    let settings = camera.settings();
    let prepared = camera.prepare(&small(&camera)).unwrap();
    assert_eq!(prepared.meta().bit_depth, 16);
    settings.set_temperature_set_point(-5.0).unwrap();
    settings.temperature().unwrap();
    settings.exposures().unwrap();
    Acquisition::start(prepared.clone(), numbers().0).unwrap().stop().unwrap();
    // Refused, so nothing has changed.
    settings.set_gain(3).unwrap_err();
    Acquisition::start(prepared.clone(), numbers().0).unwrap().stop().unwrap();
    settings.set_gain(2).unwrap();
    let error = Acquisition::start(prepared, numbers().0).unwrap_err();
    assert!(matches!(error, StartError::Stale), "{error}");
    let prepared = camera.prepare(&small(&camera)).unwrap();
    assert_eq!(prepared.meta().bit_depth, 12, "as the gain has");
    assert!(prepared.meta().temperature.is_some());
}

/// Returns a parameter as a line for a person.
fn shown(camera: &Camera, name: &str) -> String {
    let parameter = camera.parameters().get(name).unwrap();
    let NamedParameter { name, kind, access, value, offer, .. } = parameter;
    let value = value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    format!("{name}: {kind}, {access}, {value}, {offer}").trim_end_matches(", ").to_owned()
}

#[test]
fn every_parameter_of_a_camera_is_described_by_the_sdks_name() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open(PRIME).unwrap();
    for line in [
        "SER_SIZE: uint16, read-only, 2048, 2048 .. 2048",
        "TEMP_SETPOINT: int16, writable, -1000, -2500 .. 2500",
        "EXP_RES: enum, writable, 0 (One Millisecond), 0 (One Millisecond), 1 (One Microsecond)",
        "METADATA_ENABLED: boolean, writable, off",
        "PRODUCT_NAME: text, read-only, framepool simulated camera",
        "DD_INFO: text, read-only, framepool simulated driver",
        // There is none before a setup.
        "FRAME_BUFFER_SIZE: uint64, read-only, -",
        "ROI: region, read-only, -",
    ] {
        let name = line.split(':').next().unwrap();
        assert_eq!(shown(&camera, name), line);
        assert_eq!(shown(&camera, &format!("param_{}", name.to_lowercase())), line);
    }
    let listed = camera.parameters().list().unwrap();
    let names: Vec<_> = listed.iter().map(|parameter| parameter.name).collect();
    assert!(names.len() > 60 && !names.contains(&"SHTR_OPEN_MODE"), "{names:?}");
    for (index, parameter) in listed.iter().enumerate() {
        assert!(!names[..index].contains(&parameter.name), "{} is there twice", parameter.name);
        let again = camera.parameters().get(parameter.name).unwrap();
        assert!(parameter.name == "TEMP" || *parameter == again, "{again:?}");
        let is_texts = parameter.about.ends_with('.') && parameter.about.trim() == parameter.about;
        assert!(is_texts, "{:?}", parameter.about);
    }
    let both = NamedParameters::names().filter(|name| name.ends_with("FRAME_FLIP"));
    assert_eq!(both.collect::<Vec<_>>(), ["HOST_FRAME_FLIP", "FRAME_FLIP"]);
}

#[test]
fn a_parameter_is_set_by_what_a_user_writes() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open(PRIME).unwrap();
    let parameters = camera.parameters();
    for (name, value, expected) in [
        ("temp-setpoint", " -1500 ", "-1500"),
        ("EXP_RES", "one-microsecond", "1 (One Microsecond)"),
        ("EXP_RES", "0", "0 (One Millisecond)"),
        ("PARAM_METADATA_ENABLED", "On", "on"),
        ("METADATA_ENABLED", "0", "off"),
    ] {
        parameters.set(name, value).unwrap();
        let now = parameters.get(name).unwrap().value.unwrap().to_string();
        assert_eq!(now, expected, "{name}={value}");
    }
    for (name, value, expected) in [
        ("EXP_REST", "0", "there is no parameter named EXP_REST"),
        ("SHTR_OPEN_MODE", "0", "this camera has no SHTR_OPEN_MODE"),
        ("TEMP", "0", "the TEMP of this camera can be read, but not changed"),
        (
            "TEMP_SETPOINT",
            "cold",
            "\"cold\" is no value of TEMP_SETPOINT: use a whole number from -2500 to 2500",
        ),
        (
            "TEMP_SETPOINT",
            "2501",
            "2501 is out of the range of the TEMP_SETPOINT: use from -2500 to 2500",
        ),
        (
            "EXP_RES",
            "hours",
            "hours is no EXP_RES of this camera; it has: 0 (One Millisecond), 1 (One Microsecond)",
        ),
        (
            "EXP_RES",
            "2",
            "2 is no EXP_RES of this camera; it has: 0 (One Millisecond), 1 (One Microsecond)",
        ),
        ("METADATA_ENABLED", "2", "\"2\" is no value of METADATA_ENABLED: use on or off"),
        ("DD_TIMEOUT", "", "\"\" is no value of DD_TIMEOUT: use a whole number from 0 to 65535"),
    ] {
        let before = parameters.list().unwrap();
        let error = parameters.set(name, value).unwrap_err();
        assert_eq!(error.to_string(), expected);
        let same = |a: &NamedParameter, b: &NamedParameter| a.name == "TEMP" || a == b;
        let after = parameters.list().unwrap();
        assert!(before.iter().zip(&after).all(|(a, b)| same(a, b)), "something was set");
    }
}

#[test]
fn a_named_parameter_outdates_a_setup_and_is_not_touched_while_the_camera_is_imaging() {
    let (_turn, sdk) = sdk();
    let camera = sdk.open(PRIME).unwrap();
    let prepared = camera.prepare(&small(&camera)).unwrap();
    camera.parameters().set("TEMP", "0").unwrap_err();
    let (handler, frames) = numbers();
    let acquisition = Acquisition::start(prepared.clone(), handler).unwrap();
    assert_eq!(frames.recv_timeout(LONG), Ok(1));
    let now = camera.parameters().get("SER_SIZE").unwrap();
    assert_eq!((now.value, now.offer), (None, ParameterOffer::Unstated));
    assert!(camera.parameters().get("DD_TIMEOUT").unwrap().value.is_some(), "it is live");
    let refused = camera.parameters().set("EXP_RES", "0").unwrap_err();
    assert_eq!(refused, ParameterError::Imaging { parameter: "EXP_RES" });
    acquisition.stop().unwrap();
    camera.parameters().set("ADC_OFFSET", "7").unwrap();
    let error = Acquisition::start(prepared, numbers().0).unwrap_err();
    assert!(matches!(error, StartError::Stale), "{error}");
}
