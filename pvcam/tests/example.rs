//! The example, as a driver author runs it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use framepool_pvcam_sim::picture;
use std::env::consts::EXE_EXTENSION;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the example that was built with the tests. (Building it from here would replace the simulator's library, whose
/// file has one name whatever it is built for.)
fn camera_to_file(file: &Path, frames: u32) -> Output {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let example = profile.join("examples/camera_to_file").with_extension(EXE_EXTENSION);
    assert!(example.exists(), "run `cargo test`, or `cargo build --example camera_to_file` before");
    Command::new(example).arg(file).arg(frames.to_string()).output().unwrap()
}

#[test]
fn the_example_writes_whole_frames_and_accounts_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("frames.raw");
    let output = camera_to_file(&file, 12);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("seen 12") && said.contains("conserved true"), "{said}");

    let bytes = fs::read(&file).unwrap();
    let frames = bytes.chunks(512 * 512 * 2);
    let written = frames.len();
    let numbers = frames.map(|frame| picture::verify(frame, 512, 512).unwrap());
    assert!(numbers.is_sorted_by(|a, b| a < b));
    assert!(said.contains(&format!("delivered {written}")), "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn the_example_fails_if_the_frames_cannot_be_written() {
    for file in ["/nowhere/frames.raw", "/dev/full"] {
        let output = camera_to_file(Path::new(file), 100);
        assert_eq!(output.status.code(), Some(1), "{file}");
    }
}
