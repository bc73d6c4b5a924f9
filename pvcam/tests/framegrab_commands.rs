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
