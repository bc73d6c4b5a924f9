//! `framegrab` by rate: how much room there is for frames, which rates and regions there are, and which frames are saved.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use framepool_pvcam_sim::picture;
use serde_json::Value;
use std::fs;
use std::process::{Command, Output};

/// Frames of 512 bytes.
const TINY: &[&str] = &["--roi", "0,0,16,16", "--json"];

/// Runs a command; returns its exit code, and what it wrote to standard output and standard error.
fn ran(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn framegrab(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_framegrab"));
    command.args(args);
    command
}

fn summary(args: &[&str]) -> Value {
    let (code, printed, said) = ran(&mut framegrab(&[TINY, args].concat()));
    assert_eq!(code, Some(0), "{args:?}: {said}");
    serde_json::from_str(&printed).unwrap()
}

fn assert_refused(command: &mut Command, words: &[&str]) {
    let (code, _, said) = ran(command);
    assert_eq!((code, said.lines().count()), (Some(2), 1), "{command:?}: {said}");
    let missing: Vec<_> = words.iter().filter(|word| !said.contains(**word)).collect();
    assert!(missing.is_empty(), "{command:?}: no {missing:?} in {said}");
}

/// Returns the places of the ring, the pool and the queue.
fn places(summary: &Value) -> [u64; 3] {
    ["ring_frames", "capacity", "queue"].map(|key| summary[key].as_u64().unwrap())
}

#[test]
fn there_is_room_for_a_second_of_frames() {
    let fast = summary(&["--fps", "5000", "--frames", "20"]);
    assert_eq!(places(&fast), [5000, 5000, 10_000]);
    let slow = summary(&["--fps", "50", "--frames", "2"]);
    assert_eq!(places(&slow), [50, 50, 100]);
    let short = summary(&["--exposure", "0.5", "--frames", "20"]);
    assert_eq!(places(&short), [2000, 2000, 4000]);
}

#[test]
fn what_is_said_goes_before() {
    let args =
        ["--fps", "5000", "--frames", "20", "--ring", "200", "--pool", "30", "--queue", "40"];
    assert_eq!(places(&summary(&args)), [200, 30, 40]);
    let args = ["--tier", "pinned", "--fps", "1000", "--frames", "20", "--pool", "30"];
    assert_eq!(places(&summary(&args)), [1000, 30, 1031]);
    // Whole sequences, and none of a ring.
    let args = ["--tier", "sequence", "--sequence", "20", "--fps", "1000", "--frames", "20"];
    assert_eq!(places(&summary(&args)), [20, 1000, 1001]);
}

#[test]
fn people_are_told_how_much_room_there_is() {
    let args = ["--roi", "0,0,16,16", "--frames", "20", "--fps", "200"];
    let (_, printed, _) = ran(&mut framegrab(&args));
    assert!(printed.contains("200 frames in the camera's ring\n"), "{printed}");
    assert!(printed.contains("  places       200 in the pool, 400 in the queue\n"), "{printed}");
}

/// Of two gigabytes of addresses, whatever memory the machine has.
#[test]
#[cfg(target_os = "linux")]
fn what_does_not_fit_in_memory_is_refused_by_its_name() {
    let limited = |args: &str| {
        let mut command = Command::new("sh");
        let program = env!("CARGO_BIN_EXE_framegrab");
        command.args(["-c", &format!("ulimit -v 2000000; exec {program} {args}")]);
        command
    };
    let full = "of 8388608 bytes";
    assert_refused(&mut limited("--ring 300"), &["--ring 300: ", full, "in the ring", "available"]);
    assert_refused(&mut limited("--pool 300"), &["--pool 300: ", full, "in the pool", "available"]);
    // What waits beyond the pool is on the heap, but no more than will come.
    let queue = ["--queue 300: ", full, "waiting on the heap", "--on-exhausted drop"];
    assert_refused(&mut limited("--queue 300 --frames 1000"), &queue);
    assert_refused(&mut limited("--queue 300 --seconds 5"), &queue);
    for fits in ["--frames 2", "--on-exhausted drop --seconds 0.1", "--seconds 0.1"] {
        let (code, _, said) = ran(&mut limited(&format!("--queue 300 {fits}")));
        assert_eq!(code, Some(0), "{fits}: {said}");
    }
}

#[test]
fn rates_and_exposures_that_a_camera_lacks_are_named_with_its_limits() {
    let lowest = ["--fps 0.001: ", "1000000 ms", "10000 ms at most", "--fps 0.1 ", "--exposure"];
    assert_refused(&mut framegrab(&["--fps", "0.001"]), &lowest);
    let longest = ["--exposure 20000: ", "to 10000 ms"];
    assert_refused(&mut framegrab(&["--exposure", "20000"]), &longest);
    // What the message proposes is possible.
    let args = ["--fps", "0.1", "--seconds", "0.05", "--pool", "1", "--ring", "4"];
    summary(&args);
    summary(&["--fps", "0.001", "--exposure", "5", "--frames", "1", "--pool", "1", "--ring", "4"]);
}

#[test]
fn a_region_that_the_binning_does_not_divide_is_told_what_would_do() {
    let bin = ["--bin", "2", "--roi"];
    let columns = ["--roi 0,0,101,64 with --bin 2: ", "101 columns", "multiple", "use 100 of them"];
    assert_refused(&mut framegrab(&[&bin[..], &["0,0,101,64"]].concat()), &columns);
    let rows = ["--bin 2: ", "1 rows", "multiple", "use 2 of them"];
    assert_refused(&mut framegrab(&[&bin[..], &["0,0,100,1"]].concat()), &rows);
}

/// Runs a command that saves; returns the summary, and the numbers of the frames in the file.
fn saved(args: &[&str]) -> (Value, Vec<u32>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.raw");
    let (code, printed, said) =
        ran(framegrab(&[TINY, args].concat()).arg("--out").arg(file.to_str().unwrap()));
    assert_eq!(code, Some(0), "{args:?}: {said}");
    let bytes = fs::read(file).unwrap();
    let numbers = bytes.chunks(512).map(|frame| picture::verify(frame, 16, 16).unwrap()).collect();
    (serde_json::from_str(&printed).unwrap(), numbers)
}

#[test]
fn the_first_frames_are_counted_and_not_saved() {
    for tier in ["copy", "pinned", "sequence"] {
        let args = ["--fps", "500", "--frames", "40", "--skip", "12", "--tier", tier];
        let (summary, numbers) = saved(&args);
        assert_eq!((&summary["seen"], &summary["skipped"]), (&40.into(), &12.into()), "{tier}");
        assert_eq!(summary["saved"]["saved"], 28);
        assert_eq!((&summary["missing"], &summary["complete"]), (&0.into(), &true.into()));
        assert_eq!(summary["conserved"], true);
        // Of the sequence tier, numbers begin again with each sequence of 16.
        let expected: Vec<u32> = match tier {
            "sequence" => (12..40).map(|frame| frame % 16 + 1).collect(),
            _ => (13..=40).collect(),
        };
        assert_eq!(numbers, expected, "{tier}");
    }
}

#[test]
fn a_run_ends_when_enough_is_saved() {
    let (summary, numbers) = saved(&["--fps", "500", "--saved", "30", "--skip", "5"]);
    assert_eq!(numbers, (6..=35).collect::<Vec<_>>());
    let [seen, skipped, surplus] =
        ["seen", "skipped", "surplus"].map(|key| summary[key].as_u64().unwrap());
    assert_eq!((skipped, seen), (5, 35 + surplus));
    assert_eq!((&summary["complete"], &summary["conserved"]), (&true.into(), &true.into()));
    // Another limit may come first.
    let (summary, numbers) = saved(&["--fps", "500", "--saved", "30", "--frames", "10"]);
    assert_eq!((numbers.len(), &summary["surplus"]), (10, &0.into()));
}

/// What is lost while the camera settles is not missing in the file; what is lost later is.
#[test]
fn only_frames_that_were_to_be_saved_can_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let cameras = folder.path().join("cameras.toml");
    fs::write(&cameras, "[[camera]]\nfaults = ['lost@4', 'lost@9']\n").unwrap();
    let grab = |skip: &str, saved: &str| {
        let (args, out) = (["--fps", "500", "--frames", "20", "--skip", skip], ["--saved", saved]);
        let mut command = framegrab(&[TINY, &args, &out, &["--force", "--out"]].concat());
        command.arg(folder.path().join("x.raw")).env("FRAMEPOOL_SIM_CONFIG", &cameras);
        let (code, printed, said) = ran(&mut command);
        (code, serde_json::from_str::<Value>(&printed).unwrap()["missing"].clone(), said)
    };
    let (code, missing, said) = grab("0", "20");
    assert_eq!((code, missing), (Some(3), 2.into()), "{said}");
    let (code, missing, said) = grab("5", "20");
    assert_eq!((code, missing), (Some(3), 1.into()), "{said}");
    assert!(said.contains("2 lost") && said.contains("1 of them before the first"), "{said}");
    let (code, missing, said) = grab("10", "20");
    assert_eq!((code, missing), (Some(0), 0.into()), "{said}");
    // Enough is there before the second loss.
    let (code, missing, said) = grab("4", "3");
    assert_eq!((code, missing), (Some(0), 0.into()), "{said}");
}

#[test]
fn a_window_without_frames_is_refused() {
    let out = ["--out", "x.tif"];
    let refused = |args: &[&str], words: &[&str]| {
        assert_refused(&mut framegrab(&[args, &out].concat()), words);
    };
    refused(&["--skip", "200"], &["--skip 200", "200 frames"]);
    refused(&["--skip", "5", "--frames", "5"], &["--skip 5", "5 frames"]);
    refused(&["--skip", "-1"], &["--skip"]);
    refused(&["--saved", "0"], &["--saved"]);
    assert_refused(&mut framegrab(&["--skip", "5"]), &["--out"]);
    assert_refused(&mut framegrab(&["--saved", "5"]), &["--out"]);
}
