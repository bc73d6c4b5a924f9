//! The commands of `framegrab` that acquire nothing, as a user runs them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn framegrab(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_framegrab"));
    command.args(args);
    command
}

/// Runs a command that is to succeed, and returns what it prints.
fn printed(args: &[&str]) -> String {
    let (code, text, said) = ran(&mut framegrab(args));
    assert_eq!((code, said.as_str()), (0, ""), "{args:?}");
    text
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&printed(&[args, &["--json"]].concat())).unwrap()
}

/// Returns the exit code, and what was written to standard output and standard error.
fn ran(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// Asserts that a command prints nothing, and one line with these words on standard error.
fn assert_refused(command: &mut Command, code: i32, words: &[&str]) {
    let (actual, text, said) = ran(command);
    assert_eq!((actual, text.as_str()), (code, ""), "{command:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{command:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{command:?}: no {word:?} in {said}");
    }
}

/// Runs a command with cameras that are configured so.
fn with_cameras(folder: &Path, cameras: &str, args: &[&str]) -> Command {
    let path = folder.join("cameras.toml");
    fs::write(&path, cameras).unwrap();
    let mut command = framegrab(args);
    command.env("FRAMEPOOL_SIM_CONFIG", path);
    command
}

/// A camera that another process has left exposing, and that does not stop: it cannot be opened.
const STUCK: &str = "[[camera]]\nname = \"Stuck\"\nexposing_at_open = true\naborts_fail = 9\n";

#[test]
fn cameras_are_listed_with_what_their_labels_say() {
    let table = printed(&["list"]);
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 2, "{table}");
    let column = |name: &str| lines[0].find(name).unwrap();
    for (name, value) in [
        ("name", "SimCam00"),
        ("serial", "SimCam00"),
        ("firmware", "0.1"),
        ("sensor", "2048 x 2048"),
        ("pixel", "6.5 x 6.5 um"),
        ("bits", "16"),
        ("temperature", "20.0 C"),
        ("kind", "simulated"),
    ] {
        assert!(lines[1][column(name)..].starts_with(value), "{name}: {table}");
    }
    let camera = &json(&["list"])["cameras"][0];
    assert_eq!((&camera["name"], &camera["simulated"]), (&"SimCam00".into(), &true.into()));
    assert_eq!(camera["pixel_nm"], serde_json::json!([6500, 6500]));
}

#[test]
fn a_camera_that_cannot_be_opened_is_listed_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let both = format!("{STUCK}[[camera]]\nmodel = \"cool\"\nname = \"Cool\"\n");
    let (code, table, _) = ran(&mut with_cameras(folder.path(), &both, &["list"]));
    assert_eq!((code, table.lines().count()), (0, 3), "one can be opened: {table}");
    assert!(table.contains("Stuck  cannot be opened: pl_"), "{table}");
    let (code, text, said) = ran(&mut with_cameras(folder.path(), STUCK, &["list", "--json"]));
    assert_eq!((code, said.lines().last()), (1, Some("framegrab: the camera cannot be opened")));
    let found: Value = serde_json::from_str(&text).unwrap();
    assert!(found["cameras"][0]["error"].as_str().unwrap().starts_with("pl_"), "{found}");
    assert_refused(&mut with_cameras(folder.path(), "", &["list"]), 1, &["no camera was found"]);
    assert_refused(&mut framegrab(&["list", "--sdk", "missing.so"]), 2, &["missing.so"]);
}

#[test]
#[cfg(unix)]
fn a_reader_that_has_ended_is_no_error() {
    let mut command = framegrab(&["list"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_parameters_of_a_camera_are_listed() {
    let table = printed(&["params"]);
    let row = |name: &str| {
        let line = table.lines().find(|line| line.split_whitespace().next() == Some(name));
        line.unwrap().split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("SER_SIZE"), "uint16 read-only 2048");
    assert_eq!(row("TEMP_SETPOINT"), "int16 writable -1000 -2500 .. 2500");
    let units = "0 (One Millisecond), 1 (One Microsecond)";
    assert_eq!(row("EXP_RES"), format!("enum writable 0 (One Millisecond) {units}"));
    let listed = json(&["params"]);
    assert_eq!(listed.as_array().unwrap().len(), table.lines().count() - 1);
}

#[test]
fn a_parameter_is_set_and_shown_as_it_is_then() {
    let text = printed(&["params", "param_fan-speed-setpoint=low", "GAIN_INDEX=2", "BIT_DEPTH"]);
    for words in [
        "FAN_SPEED_SETPOINT: Fan speed.\n  type     enum, writable\n  value    2 (Low)\n",
        "GAIN_INDEX: Gain of the current speed, counted from 1.\n",
        "value    2\n  range    1 .. 2\n",
        // The gain has changed it.
        "BIT_DEPTH: Significant bits of a pixel at the current port, speed and gain.\n",
        "value    12\n",
    ] {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
    let shown = &json(&["params", "EXP_RES=1"])[0];
    assert_eq!((&shown["value"], &shown["label"]), (&1.into(), &"One Microsecond".into()));
    assert_eq!(shown["choices"][0]["label"], "One Millisecond");
    let shown = &json(&["params", "TEMP_SETPOINT=-1500"])[0];
    let [value, min, max] = ["value", "min", "max"].map(|key| shown[key].as_i64().unwrap());
    assert_eq!((value, min, max), (-1500, -2500, 2500));
}

#[test]
fn what_a_camera_does_not_offer_is_refused_with_what_it_does() {
    for (wanted, words) in [
        ("EXP_REZ", "there is no parameter named EXP_REZ: did you mean EXP_RES?"),
        ("xyzzy=1", "there is no parameter named xyzzy: `framegrab params` lists them"),
        ("TEMP=5", "the TEMP of this camera can be read, but not changed"),
        ("TEMP_SETPOINT=2501", "use from -2500 to 2500"),
        ("TEMP_SETPOINT=cold", "use a whole number from -2500 to 2500"),
        ("EXP_RES=hours", "it has: 0 (One Millisecond), 1 (One Microsecond)"),
        ("METADATA_ENABLED=2", "use on or off"),
        ("CLEAR_CYCLES", "this camera has no CLEAR_CYCLES"),
    ] {
        assert_refused(&mut framegrab(&["params", wanted]), 2, &[words]);
        let set = format!("{}{}", wanted, if wanted.contains('=') { "" } else { "=1" });
        assert_refused(&mut framegrab(&["--frames", "1", "--set", &set]), 2, &[words]);
    }
    assert_refused(&mut framegrab(&["--set", "EXP_RES"]), 2, &["--set", "expected NAME=VALUE"]);
    assert_refused(&mut framegrab(&["params", "--camera", "X"]), 2, &["no camera named \"X\""]);
}

#[test]
fn a_grab_has_the_parameters_that_are_set() {
    let small = ["--roi", "0,0,64,32", "--fps", "100", "--frames", "3", "--set", "GAIN_INDEX=2"];
    assert_eq!(json(&small)["bit_depth"], 12);
    // In this order: the speed resets the gain.
    let reset = [&small[..], &["--set", "SPDTAB_INDEX=1"]].concat();
    assert_ne!(json(&reset)["bit_depth"], 12);
    // Whatever unit is set, the exposure is what the grab asks for.
    let unit = [&small[..], &["--set", "exp-res=one millisecond"]].concat();
    assert_eq!(json(&unit)["seen"], 3);
}

/// Grabs small frames into a file, and returns the exit code.
fn grabbed(path: &Path, more: &[&str], faults: &str) -> i32 {
    let args = ["--roi", "0,0,64,32", "--fps", "200", "--ring", "1000", "--pool", "50", "--json"];
    let mut command = framegrab(&[&args[..], &["--out", path.to_str().unwrap()], more].concat());
    ran(command.env("FRAMEPOOL_SIM_FAULTS", faults)).0
}

/// Verifies a file that is not whole, and returns the JSON.
fn not_whole(path: &Path, words: &[&str]) -> Value {
    let (code, text, said) = ran(&mut framegrab(&["verify", path.to_str().unwrap(), "--json"]));
    assert_eq!((code, said.lines().count()), (1, 1), "{said}");
    let all = [&["is not whole"], words].concat();
    assert!(all.iter().all(|words| said.contains(words)), "{said}");
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["whole"], false);
    report
}

#[test]
fn a_recording_is_described_and_found_to_be_whole() {
    for (name, format) in [
        ("x.tif", "OME-TIFF"),
        ("x.raw", "raw"),
        ("x.ome.zarr", "OME-Zarr"),
        ("x-0002.tif", "OME-TIFF"),
    ] {
        check_whole(name, format);
    }
}

fn check_whole(name: &str, format: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    match name.split_once("-0002") {
        // Two parts of a recording, each a whole file.
        Some((first, last)) => {
            let path = folder.path().join(format!("{first}{last}"));
            let split = ["--frames", "40", "--split", "20"];
            assert_eq!(grabbed(&path, &split, ""), 0);
        }
        None => assert_eq!(grabbed(&path, &["--frames", "20"], ""), 0),
    }
    let name = path.to_str().unwrap();
    let report = json(&["info", name]);
    assert_eq!(report["format"], format);
    let camera = &report["camera"];
    assert_eq!((&camera["name"], &camera["simulated"]), (&"SimCam00".into(), &true.into()));
    assert!(report["started"].as_str().unwrap().starts_with("20"), "{report}");
    for (key, value) in [("frames", 20), ("width", 64), ("height", 32), ("bit_depth", 16)] {
        assert_eq!(report[key], value, "{key}");
    }
    assert_eq!(
        (&report["region"], &report["gaps"]),
        (&serde_json::json!([0, 0, 64, 32]), &0.into())
    );
    assert_eq!((&report["pixels"], &report["whole"]), (&Value::Null, &Value::Null));
    assert!(report["time"]["step_min_ns"].as_i64() > Some(0), "{report}");
    let report = json(&["verify", name]);
    assert_eq!((&report["whole"], &report["pixels"]["stamped"]), (&true.into(), &20.into()));
    let text = printed(&["verify", name]);
    for words in ["20 frames of 64 x 32 pixels", "gaps         none", "whole        yes"] {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
}

#[test]
fn a_recording_with_lost_frames_is_not_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tif");
    assert_eq!(grabbed(&path, &["--frames", "20", "--allow-missing"], "lost@5:2"), 0);
    let report = not_whole(&path, &["2 frames are missing"]);
    let gap = serde_json::json!([{"before": 4, "hardware_frame": 5, "missing": 2}]);
    assert_eq!(report["first_gaps"], gap);
    // Looking at it is no failure.
    assert_eq!(json(&["info", path.to_str().unwrap()])["missing_in_gaps"], 2);
}

#[test]
fn a_recording_that_was_cut_off_or_damaged_is_not_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tif");
    assert_eq!(grabbed(&path, &["--frames", "20"], ""), 0);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let report = not_whole(&path, &["cut off"]);
    assert!(
        report["frames"].as_u64() < Some(20) && report["frames"].as_u64() > Some(5),
        "{report}"
    );
    let mut damaged = whole;
    // In the first frame's pixels.
    damaged[1000] ^= 4;
    fs::write(&path, &damaged).unwrap();
    let report = not_whole(&path, &["1 frames have damaged pixels"]);
    assert_eq!(report["pixels"]["damaged"], serde_json::json!({"count": 1, "first": [0]}));
}

#[test]
fn what_is_no_recording_is_refused_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, bytes: Option<&[u8]>, words: &str| {
        let path = folder.path().join(name);
        if let Some(bytes) = bytes {
            fs::write(&path, bytes).unwrap();
        }
        for command in ["info", "verify"] {
            let name = path.to_str().unwrap();
            assert_refused(&mut framegrab(&[command, name]), 2, &[name, words]);
        }
    };
    refused("missing.tif", None, "cannot be read");
    refused("", None, "no regular file");
    refused("x.png", Some(b"\x89PNG"), ".tif, .tiff, .raw or .zarr");
    refused("x.tif", Some(b"GIF89a..........."), "no TIFF file");
    refused("empty.tif", Some(b""), "too short");
    refused("x.raw", Some(b"pixels"), "x.raw.json");
}

/// The commands beside the acquisition.
const COMMANDS: [&str; 9] =
    ["smoke", "soak", "disk", "list", "params", "info", "verify", "completions", "man"];

/// Gives a text to a program that checks it. A program that is not installed has no complaint.
fn checked(program: &mut Command, text: &str) {
    let piped = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = piped.spawn() else { return };
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{program:?}: {said}");
}

#[test]
fn shells_complete_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        for command in COMMANDS {
            assert!(script.contains(command), "{shell}: {command}");
        }
        assert!(script.contains("allow-missing"), "{shell}");
        if ["bash", "zsh"].contains(&shell) {
            checked(Command::new(shell).arg("-n"), &script);
        }
    }
    assert_refused(&mut framegrab(&["completions", "dos"]), 2, &["SHELL", "bash"]);
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().to_str().unwrap();
    assert_eq!(printed(&["man", name]), format!("the manual is in {name}\n"));
    let page = fs::read_to_string(folder.path().join("framegrab.1")).unwrap();
    assert_eq!(page.trim_end(), printed(&["man"]).trim_end());
    assert!(page.contains("Exit codes:"));
    let mut pages = vec![page.clone()];
    for command in COMMANDS {
        let own = folder.path().join(format!("framegrab-{command}.1"));
        pages.push(fs::read_to_string(own).unwrap());
        assert!(page.contains(&format!("framegrab\\-{command}(1)")), "{command}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), pages.len());
    for page in pages {
        checked(Command::new("groff").args(["-ww", "-z", "-man"]), &page);
    }
    assert_refused(
        &mut framegrab(&["man", &format!("{name}/none")]),
        2,
        &["cannot write to", name],
    );
}

/// What acquires nothing has nothing to bring to an end.
#[test]
#[cfg(target_os = "linux")]
fn the_first_interrupt_ends_a_command() {
    use std::time::{Duration, Instant};
    /// Longer than it takes to end.
    const LONG: Duration = Duration::from_secs(60);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.raw");
    let large = fs::File::create(&path).unwrap();
    // Takes no room on the disk, and long to read.
    large.set_len(1 << 40).unwrap();
    let sidecar =
        r#"{"format": "framegrab", "version": 1, "width": 64, "height": 64, "bytes_per_pixel": 2}"#;
    fs::write(folder.path().join("x.raw.json"), sidecar).unwrap();
    let mut child = framegrab(&["verify", path.to_str().unwrap()]).spawn().unwrap();
    let begun = Instant::now();
    let pid = child.id().to_string();
    let is_open = || {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
        open.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|link| link == path))
    };
    while !is_open() && begun.elapsed() < LONG {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let mut ended = None;
    while ended.is_none() && begun.elapsed() < LONG {
        ended = child.try_wait().unwrap();
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(ended.and_then(|status| status.code()), Some(130));
}
