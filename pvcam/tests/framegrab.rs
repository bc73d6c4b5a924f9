//! The command, as a user runs it: what it prints, its files and its exit codes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use framepool_pvcam_sim::picture;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A small, fast region, so that a debug build keeps up, and two seconds of frames in the ring, so
/// that a busy machine loses none.
const SMALL: &[&str] = &["--roi", "0,0,128,64", "--fps", "500", "--ring", "1000"];

fn framegrab(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_framegrab"));
    command.args(args);
    command
}

fn output(args: &[&str]) -> Output {
    framegrab(args).output().unwrap()
}

fn json(args: &[&str]) -> Value {
    let output = output(&[SMALL, &["--json"], args].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn simulated_library() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.parent().unwrap().join(libloading::library_filename("framepool_pvcam_sim"))
}

/// Asserts that `args` lead to exit code 2 and to one line on standard error with these `words`.
fn assert_refused(args: &[&str], words: &[&str]) {
    let output = output(args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{args:?}: {said}");
    assert!(output.stdout.is_empty(), "{args:?}");
    for word in words {
        assert!(said.contains(word), "{args:?}: no {word:?} in {said}");
    }
}

#[test]
fn every_frame_is_delivered_and_counted() {
    let summary = json(&["--frames", "50", "--pool", "50"]);
    assert_eq!(summary["seen"], 50);
    assert_eq!(summary["delivered"]["pooled"], 50);
    assert_eq!(summary["lost"], 0);
    assert_eq!(summary["conserved"], true);
    assert_eq!(summary["simulated"], true);
    assert_eq!(summary["hit_rate_percent"], 100.0);
    assert_eq!(summary["heap_allocations_per_frame"], 0.0);
    assert_eq!(summary["camera"], "SimCam00");
    for times in ["copy_us", "acquire_ns"] {
        for key in ["median", "p99", "max"] {
            assert!(summary[times][key].as_f64().unwrap() > 0.0, "{times}.{key}");
        }
    }
}

#[test]
fn the_summary_for_people_says_that_the_camera_is_simulated() {
    let output = output(&[SMALL, &["--frames", "3"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    for words in
        ["SIMULATED", "SimCam00", "linked-in simulator", "seen         3", "conserved    yes"]
    {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
}

/// One that has the legacy exposure modes only, and another depth.
#[test]
fn an_older_camera_is_grabbed_from_too() {
    let mut command = framegrab(&["--json", "--frames", "5", "--fps", "10"]);
    let output = command.env("FRAMEPOOL_SIM_MODEL", "cool").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["width"], &summary["height"]), (&1392.into(), &1040.into()));
    assert_eq!(summary["delivered"]["pooled"], 5);
}

/// A configuration that is wrong is said to be, with the place.
#[test]
fn a_wrong_configuration_of_the_simulator_is_named() {
    let mut command = framegrab(&["--frames", "5"]);
    let output = command.env("FRAMEPOOL_SIM_SEED", "much").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("FRAMEPOOL_SIM_SEED: "), "{said}");
}

#[test]
fn the_shared_library_gives_the_same_summary_as_the_linked_in_one() {
    let library = simulated_library();
    let args = ["--frames", "30", "--pool", "30"];
    let mut loaded = json(&[&args[..], &["--sdk", library.to_str().unwrap()]].concat());
    let mut linked = json(&args);
    assert!(loaded["library"].as_str().unwrap().starts_with(library.to_str().unwrap()));
    for summary in [&mut loaded, &mut linked] {
        let summary = summary.as_object_mut().unwrap();
        // These differ between any two runs.
        let times = ["copy_us", "acquire_ns", "seconds", "start_ms", "first_frame_ms", "stop_ms"];
        for key in times.iter().chain(&["library", "frames_per_second", "high_water", "faults"]) {
            assert!(summary.remove(*key).is_some(), "{key}");
        }
    }
    assert_eq!(loaded, linked);
}

#[test]
fn each_policy_does_what_it_says_with_a_slow_consumer() {
    let slow = |policy| {
        let args = ["--frames", "40", "--pool", "2", "--slow-consumer", "10"];
        json(&[&args[..], &["--queue", "50", "--on-exhausted", policy]].concat())
    };
    let heap = slow("heap");
    assert_eq!(heap["seen"], 40);
    assert!(heap["delivered"]["heap"].as_u64() > Some(0));
    assert_eq!(heap["dropped"]["exhausted"], 0);

    let drop = slow("drop");
    assert!(drop["dropped"]["exhausted"].as_u64() > Some(0));
    assert_eq!(drop["delivered"]["heap"], 0);

    let short_wait = slow("wait:1");
    assert!(short_wait["dropped"]["timeout"].as_u64() > Some(0));
    assert_eq!(short_wait["dropped"]["exhausted"], 0);

    let long_wait = slow("wait:60000");
    assert_eq!(long_wait["delivered"]["pooled"], 40, "the camera's own ring overflows instead");
    for summary in [heap, drop, short_wait, long_wait] {
        assert_eq!(summary["conserved"], true, "{summary}");
    }
}

#[test]
fn each_tier_delivers_every_frame_and_says_what_it_copied() {
    for (tier, place, copied) in
        [("copy", "pooled", 48), ("pinned", "leased", 0), ("sequence", "pooled", 0)]
    {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("frames.raw");
        let args =
            ["--frames", "48", "--pool", "48", "--tier", tier, "--out", file.to_str().unwrap()];
        let summary = json(&args);
        assert_eq!(summary["tier"], tier);
        assert_eq!(summary["delivered"][place], 48, "{summary}");
        assert_eq!((&summary["copied"], &summary["conserved"]), (&copied.into(), &true.into()));
        assert_eq!(summary["gaps"].is_null(), tier != "sequence");
        assert_eq!((&summary["discontinuities"], &summary["lost"]), (&0.into(), &0.into()));
        assert_eq!(summary["heap_allocations_per_frame"], 0.0, "{tier}");
        let sequence = if tier == "sequence" { 16 } else { 48 };
        for (frame, index) in fs::read(&file).unwrap().chunks(128 * 64 * 2).zip(0_u32..) {
            assert_eq!(picture::verify(frame, 128, 64), Ok(index % sequence + 1));
        }
    }
}

#[test]
fn frames_that_are_held_in_the_ring_are_rescued() {
    let args = ["--roi", "0,0,128,64", "--fps", "500", "--frames", "60", "--json"];
    let slow = ["--tier", "pinned", "--ring", "8", "--pool", "60", "--slow-consumer", "4"];
    let output = output(&[&args[..], &slow].concat());
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(summary["leases"]["rescued"].as_u64() > Some(10), "{summary}");
    assert_eq!(summary["conserved"], true);
}

#[test]
fn a_smoke_test_passes_or_says_why_not() {
    let args = ["smoke", "--roi", "0,0,128,64", "--ring", "1000", "--pool", "200", "--json"];
    let good = output(&args);
    let summary: Value = serde_json::from_slice(&good.stdout).unwrap();
    assert_eq!((&summary["seen"], &summary["check"]["passed"]), (&200.into(), &true.into()));
    assert!(good.status.success() && summary["check"]["check"] == "smoke");

    let bad = framegrab(&args).env("FRAMEPOOL_SIM_FAULTS", "lost@50:3").output().unwrap();
    let summary: Value = serde_json::from_slice(&bad.stdout).unwrap();
    assert_eq!(summary["faults"]["gaps"], 3);
    let failures = summary["check"]["failures"].as_array().unwrap();
    assert_eq!(failures, &["3 frames were lost: gap 3", "1 discontinuities in the numbers"]);
    let said = String::from_utf8_lossy(&bad.stderr);
    assert_eq!(bad.status.code(), Some(1));
    assert!(said.contains("framegrab: smoke failed: 3 frames were lost: gap 3; 1 disc"), "{said}");
}

#[test]
fn a_soak_lasts_as_long_as_it_is_to() {
    for tier in ["copy", "pinned", "sequence"] {
        let args = [&["soak"], SMALL, &["--frames", "1500", "--pool", "1500", "--json"]].concat();
        let output = output(&[&args[..], &["--tier", tier]].concat());
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(output.status.success(), "{summary}");
        assert_eq!((&summary["seen"], &summary["check"]["check"]), (&1500.into(), &"soak".into()));
        let said = String::from_utf8_lossy(&output.stderr);
        // But for a rate that a loaded machine does not reach.
        let is_of_rate = |line: &str| line.contains("were asked for");
        assert!(said.lines().all(is_of_rate), "no progress but a line a minute: {said}");
    }
    let short = output(&[&["soak"], SMALL, &["--frames", "20"]].concat());
    assert_eq!(short.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&short.stderr).contains("too short to tell"));
    assert_refused(&["soak"], &["--frames N", "--hours H"]);
    assert_refused(&["soak", "--hours", "0"], &["--hours", "0"]);
    assert_refused(&["soak", "--hours", "1", "--seconds", "1"], &["--hours", "--seconds"]);
    assert_refused(&["--frames", "5", "smoke"], &["smoke", "cannot be used with"]);
}

#[test]
fn the_pool_can_be_switched_off_by_an_option_and_by_the_environment() {
    let args = [SMALL, &["--frames", "20", "--queue", "50", "--json"]].concat();
    let all_from_the_heap = |command: &mut Command| {
        let output = command.output().unwrap();
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(summary["delivered"]["heap"], 20, "{summary}");
        assert_eq!(
            (&summary["hit_rate_percent"], &summary["conserved"]),
            (&0.0.into(), &true.into())
        );
    };
    all_from_the_heap(framegrab(&args).arg("--no-pool"));
    all_from_the_heap(framegrab(&args).env("FRAMEPOOL_USE_POOL", "0"));
    all_from_the_heap(framegrab(&args).env("PVCAM_USE_POOL", "0"));
}

#[test]
fn an_address_that_cannot_be_served_is_refused() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_refused(&["--frames", "2", "--metrics", &address], &[&address, "in use"]);
}

#[test]
fn a_full_channel_is_its_own_cause() {
    let args = ["--frames", "40", "--pool", "8", "--queue", "2", "--slow-consumer", "10"];
    let summary = json(&args);
    assert!(summary["dropped"]["channel_full"].as_u64() > Some(0));
    assert_eq!(summary["conserved"], true);
}

#[test]
fn software_triggers_pace_short_exposures() {
    let args = ["--frames", "20", "--roi", "0,0,64,64", "--fps", "100", "--exposure", "1"];
    let output = output(&[&args[..], &["--json"]].concat());
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["seen"], 20);
    assert_eq!(summary["lost"], 0);
}

#[test]
fn raw_files_hold_every_frame_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("frames.raw");
    let summary = json(&["--frames", "12", "--out", file.to_str().unwrap()]);
    assert_eq!(summary["saved"]["saved"], 12);
    let bytes = fs::read(&file).unwrap();
    let frames: Vec<_> = bytes.chunks(128 * 64 * 2).collect();
    assert_eq!(frames.len(), 12);
    for (frame, number) in frames.into_iter().zip(1..) {
        assert_eq!(picture::verify(frame, 128, 64), Ok(number));
    }
    let left = ["frames.raw", "frames.raw.csv", "frames.raw.json"];
    assert_eq!(names(folder.path()), left, "no partial file is left");
    let index = fs::read_to_string(folder.path().join("frames.raw.csv")).unwrap();
    let rows: Vec<Vec<u64>> = index
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(|number| number.parse().unwrap()).collect())
        .collect();
    assert_eq!(rows.len(), 12);
    assert!(rows.iter().zip(1..).all(|(row, number)| row[..2] == [number, number]));
    assert!(rows.windows(2).all(|pair| pair[0][3] < pair[1][3]), "they arrive one after the other");
    let sidecar = fs::read(folder.path().join("frames.raw.json")).unwrap();
    let sidecar: Value = serde_json::from_slice(&sidecar).unwrap();
    assert_eq!((&sidecar["complete"], &sidecar["frames"]), (&true.into(), &12.into()));
    assert_eq!(sidecar["region"], serde_json::json!([0, 0, 128, 64]));
    assert_eq!(sidecar["camera"]["pixel_nm"], serde_json::json!([6500, 6500]));
}

/// Returns the names of what is in a folder, in order.
fn names(folder: &std::path::Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string();
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| name(entry).unwrap()).collect();
    names.sort();
    names
}

#[test]
fn split_recordings_are_whole_part_by_part() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.ome.tif");
    let args = ["--frames", "25", "--split", "10", "--direct", "--out", file.to_str().unwrap()];
    let summary = json(&args);
    let parts = ["x-0001.ome.tif", "x-0002.ome.tif", "x-0003.ome.tif"];
    assert_eq!(names(folder.path()), parts);
    assert_eq!(summary["saved"]["files"].as_array().unwrap().len(), 3);
    let numbers = parts.map(|name| tiff_frame_numbers(&folder.path().join(name)));
    assert_eq!(numbers.concat(), (1..=25).collect::<Vec<_>>());
    assert_eq!(numbers[2].len(), 5);
    assert_refused(&args, &["x-0", "exists", "remove it first"]);
    assert_refused(&["--out", "x.tif", "--split", "0"], &["--split", "4GiB"]);
}

#[test]
fn frames_are_piped_and_the_summary_goes_elsewhere() {
    let output = output(&[SMALL, &["--frames", "12", "--json", "--out", "-"]].concat());
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    let summary: Value = serde_json::from_str(&said[said.find('{').unwrap()..]).unwrap();
    assert_eq!((&summary["complete"], &summary["saved"]["saved"]), (&true.into(), &12.into()));
    assert_eq!(output.stdout.len(), 12 * 128 * 64 * 2);
    for (frame, number) in output.stdout.chunks(128 * 64 * 2).zip(1..) {
        assert_eq!(picture::verify(frame, 128, 64), Ok(number));
    }
}

#[test]
#[cfg(unix)]
fn a_reader_that_ends_stops_the_run() {
    let program = env!("CARGO_BIN_EXE_framegrab");
    let line = format!(
        "{program} --roi 0,0,128,64 --fps 500 --frames 1000000 --json --out - | head -c 100000 | wc -c; \
         echo ${{PIPESTATUS[0]}}"
    );
    let output = Command::new("bash").args(["-c", &line]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "100000\n1\n");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("saving to standard output failed: Broken pipe"), "{said}");
}

#[test]
fn a_recording_that_does_not_fit_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.tif");
    let args = ["--frames", "1000000000000", "--out", file.to_str().unwrap()];
    assert_refused(&args, &["x.tif", "the frames take", "are free in"]);
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn tiff_stacks_hold_every_frame_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("frames.tif");
    json(&["--frames", "12", "--out", file.to_str().unwrap()]);
    assert_eq!(tiff_frame_numbers(&file), (1..=12).collect::<Vec<_>>());
}

#[test]
fn saving_costs_neither_allocations_nor_page_faults() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["x.tif", "x.raw", "x.ome.zarr"] {
        let file = folder.path().join(name);
        let summary = json(&["--frames", "100", "--pool", "100", "--out", file.to_str().unwrap()]);
        assert_eq!(summary["complete"], true);
        assert_eq!(summary["heap_allocations_per_frame"], 0.0, "{name}");
        // A page of code that a busy machine runs late for the first time is a fault, once: not one a frame.
        let faults = summary["page_faults_per_frame"].as_f64().unwrap_or(0.0);
        assert!(faults < 0.05, "{name}: {faults}");
    }
}

/// Checks every pixel of every page and returns the pages' frame numbers.
fn tiff_frame_numbers(file: &PathBuf) -> Vec<u32> {
    let mut decoder = tiff::decoder::Decoder::new(fs::File::open(file).unwrap()).unwrap();
    let mut numbers = Vec::new();
    loop {
        let (width, height) = decoder.dimensions().unwrap();
        let tiff::decoder::DecodingResult::U16(pixels) = decoder.read_image().unwrap() else {
            panic!("16-bit pixels")
        };
        let bytes: Vec<u8> = pixels.iter().flat_map(|pixel| pixel.to_ne_bytes()).collect();
        numbers.push(picture::verify(&bytes, width as usize, height as usize).unwrap());
        if !decoder.more_images() {
            return numbers;
        }
        decoder.next_image().unwrap();
    }
}

#[test]
#[cfg(unix)]
fn a_disk_that_fills_up_keeps_the_frames_that_fit() {
    for extension in ["tif", "raw"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(format!("frames.{extension}"));
        // Files of at most 98 KiB: six bare frames of 16 KiB, five with their TIFF directories.
        let limited = format!(
            "ulimit -f 98; exec {} --roi 0,0,128,64 --fps 500 --json --frames 10 \
             --on-save-error continue --out {}",
            env!("CARGO_BIN_EXE_framegrab"),
            file.display()
        );
        let output = Command::new("bash").args(["-c", &limited]).output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(1));
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(summary["complete"], false);
        assert_eq!(summary["seen"], 10);
        assert_eq!(summary["conserved"], true);
        let saved = summary["saved"]["saved"].as_u64().unwrap();
        assert!((5..=6).contains(&saved), "{saved}");
        assert_eq!(summary["saved"]["not_saved"], 10 - saved);
        assert!(String::from_utf8_lossy(&output.stderr).contains("File too large"));
        assert!(!file.exists(), "nothing looks complete");
        let partial = folder.path().join(format!("frames.partial.{extension}"));
        if extension == "tif" {
            let numbers = tiff_frame_numbers(&partial);
            assert_eq!(numbers, (1..=u32::try_from(saved).unwrap()).collect::<Vec<_>>());
        } else {
            let length = fs::metadata(&partial).unwrap().len();
            assert_eq!(length, saved * 128 * 64 * 2, "whole frames only");
        }
    }
}

#[test]
#[cfg(unix)]
fn an_interrupt_stops_cleanly_and_prints_the_summary() {
    stops_cleanly("-INT");
    stops_cleanly("-TERM");
}

#[cfg(unix)]
fn stops_cleanly(signal: &str) {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("frames.raw");
    let name = file.to_str().unwrap();
    let mut command =
        framegrab(&[SMALL, &["--frames", "1000000", "--json", "--out", name]].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The first line of progress says that frames arrive.
    let mut progress = BufReader::new(child.stderr.take().unwrap());
    progress.read_line(&mut String::new()).unwrap();
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    let mut printed = String::new();
    child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(4));
    let summary: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(summary["interrupted"], true);
    assert_eq!(summary["complete"], false);
    assert_eq!(summary["conserved"], true);
    assert!(summary["seen"].as_u64() > Some(0));
    assert!(file.exists(), "the user ended it, so the file is complete");
}

#[test]
#[cfg(unix)]
fn a_failure_to_save_stops_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("frames.raw");
    let limited = format!(
        "ulimit -f 98; exec {} --roi 0,0,128,64 --fps 500 --json --frames 1000000 --out {}",
        env!("CARGO_BIN_EXE_framegrab"),
        file.display()
    );
    let output = Command::new("bash").args(["-c", &limited]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(summary["seen"].as_u64() < Some(100_000), "{summary}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("6 frames are in"));
}

#[test]
fn missing_frames_are_told_by_the_exit_code_and_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let (file, partial) = (folder.path().join("x.raw"), folder.path().join("x.partial.raw"));
    let slow = ["--pool", "2", "--queue", "2", "--slow-consumer", "10", "--frames", "40", "--json"];
    let args = [SMALL, &slow, &["--out", file.to_str().unwrap()]].concat();
    let output = output(&args);
    assert_eq!(output.status.code(), Some(3));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let missing = summary["missing"].as_u64().unwrap();
    assert!(missing > 0 && summary["complete"] == false, "{summary}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&format!("{missing} frames are missing")), "{said}");
    assert!(partial.exists() && !file.exists(), "its name says so too");

    let output = framegrab(&[&args[..], &["--allow-missing"]].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(file.exists());
    assert_refused(&["--allow-missing"], &["--out"]);
}

/// Starts a run that takes so many milliseconds to save a frame to a file in the folder, and waits until that is there.
#[cfg(unix)]
fn slow_run(folder: &std::path::Path, ms: &str) -> std::process::Child {
    let file = folder.join("x.raw");
    let args = ["--pool", "400", "--queue", "400", "--slow-consumer", ms, "--frames", "300"];
    let args = [SMALL, &args, &["--json", "--out", file.to_str().unwrap()]].concat();
    let mut command = framegrab(&args);
    let streams = (std::process::Stdio::piped(), std::process::Stdio::piped());
    let mut child = command.stdout(streams.0).stderr(streams.1).spawn().unwrap();
    let partial = folder.join("x.partial.raw");
    while !partial.exists() {
        assert_eq!(child.try_wait().unwrap(), None, "it ended without a file");
        std::thread::yield_now();
    }
    child
}

#[cfg(unix)]
fn interrupt(child: &std::process::Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    // Signals that come closer together are one.
    std::thread::sleep(std::time::Duration::from_millis(400));
}

#[test]
#[cfg(unix)]
fn the_second_interrupt_drops_what_waits_and_the_third_ends_at_once() {
    use std::io::{BufRead, BufReader};

    let folder = tempfile::tempdir().unwrap();
    let mut child = slow_run(folder.path(), "20");
    // It ends by its limit, 300 frames, which takes six seconds to save.
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let waits = said.find(|line| line.as_ref().unwrap().contains("still to be saved")).unwrap();
    assert!(waits.unwrap().contains("Ctrl-C drops them"));
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let saved = summary["saved"]["saved"].as_u64().unwrap();
    assert!(saved < 250 && summary["saved"]["not_saved"].as_u64() > Some(0), "{summary}");
    let partial = folder.path().join("x.partial.raw");
    assert_eq!(fs::metadata(&partial).unwrap().len(), saved * 128 * 64 * 2, "whole frames");

    // Its consumer is at the first frame for ten seconds.
    let folder = tempfile::tempdir().unwrap();
    let child = slow_run(folder.path(), "10000");
    (0..3).for_each(|_| interrupt(&child));
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
}

#[test]
#[cfg(unix)]
fn a_run_owns_its_output() {
    let folder = tempfile::tempdir().unwrap();
    let child = slow_run(folder.path(), "20");
    let name = folder.path().join("x.raw");
    let name = name.to_str().unwrap();
    assert_refused(&["--out", name], &["another run is writing to it"]);
    assert_refused(&["--out", name, "--force"], &["another run is writing to it"]);
    // Removed meanwhile: nothing is said to be in it.
    fs::remove_file(folder.path().join("x.partial.raw")).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("was removed while it was written") && said.contains("are gone"),
        "{said}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "what was said of the frames");
}

#[test]
fn a_file_that_exists_is_kept_unless_forced() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("frames.raw");
    let name = file.to_str().unwrap();
    fs::write(&file, "mine").unwrap();
    assert_refused(&["--out", name], &["frames.raw", "exists", "--force"]);
    // This is checked before anything else.
    assert_refused(&["--out", name, "--sdk", "/nowhere/libpvcam.so"], &["exists"]);
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    json(&["--frames", "2", "--out", name, "--force"]);
    assert_eq!(fs::metadata(&file).unwrap().len(), 2 * 128 * 64 * 2);
    assert_refused(&["--force"], &["--out"]);
}

#[test]
fn a_camera_that_waits_for_a_buffer_can_be_stopped() {
    let args = ["--seconds", "0.1", "--pool", "1", "--slow-consumer", "300"];
    let summary = json(&[&args[..], &["--on-exhausted", "wait:1000000"]].concat());
    assert_eq!(summary["conserved"], true);
    assert!(summary["dropped"]["closed"].as_u64() <= Some(1), "{summary}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_summary_that_cannot_be_printed_is_a_failure() {
    for extra in [&["--frames", "2"][..], &["--frames", "2", "--json"], &["--help"]] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = framegrab(&[SMALL, extra].concat()).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{extra:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("No space left"), "{said}");
    }
}

#[test]
fn one_frame_has_no_rate() {
    assert_eq!(json(&["--frames", "1"])["frames_per_second"], Value::Null);
}

#[test]
fn the_version_names_the_command() {
    assert!(output(&["--version"]).stdout.starts_with(b"framegrab "));
}

#[test]
fn bad_input_is_refused_in_one_line() {
    assert_refused(&["--frames", "0"], &["--frames", "0"]);
    assert_refused(&["--pool", "0"], &["--pool", "0"]);
    for option in
        ["--frames", "--seconds", "--fps", "--exposure", "--bin", "--pool", "--queue", "--ring"]
    {
        assert_refused(&[option, "-1"], &[option, "-1"]);
    }
    assert_refused(&["--queue", "2305843009213693952"], &["--queue", "1 to 1000000"]);
    assert_refused(&["--ring", "3"], &["--ring", "from 4"]);
    assert_refused(&["--ring", "1000"], &["--ring 1000: ", "4 GiB", "fewer frames in the ring"]);
    assert_refused(&["--roi", "0,0,4096,10"], &["0,0,4096,10", "sensor of 2048 x 2048"]);
    assert_refused(&["--roi", "0,0,0,10"], &["0,0,0,10", "sensor"]);
    assert_refused(&["--roi", "1,2,3"], &["x,y,width,height"]);
    assert_refused(&["--bin", "3"], &["binning"]);
    assert_refused(&["--camera", "NoSuchCam"], &["NoSuchCam", "SimCam00"]);
    assert_refused(&["--on-exhausted", "retry"], &["heap, drop, wait:MS or wait-heap:MS"]);
    assert_refused(&["--fps", "100", "--exposure", "50"], &["50 ms", "100 frames"]);
    assert_refused(&["--tier", "mapped"], &["copy, pinned or sequence"]);
    assert_refused(&["--sequence", "0"], &["--sequence", "0"]);
    assert_refused(&["--sequence", "65536", "--tier", "sequence"], &["--sequence", "65536"]);
    assert_refused(&["--sequence", "8"], &["--sequence is for --tier sequence"]);
    assert_refused(&["--sequence", "65535", "--tier", "sequence"], &["bytes"]);
    assert_refused(&["--no-pool", "--tier", "pinned"], &["--no-pool is for --tier copy"]);
    assert_refused(&["--hours", "8"], &["--hours"]);
    assert_refused(&["--no-such-option"], &["--no-such-option"]);
}

#[test]
fn a_pool_larger_than_memory_names_both_figures() {
    let words = ["--pool 1000000: ", "bytes requested", "available", "1000000 frames of 8388608"];
    assert_refused(&["--pool", "1000000"], &words);
    assert_refused(&["--pool", "99999999999999"], &["--pool 99999999999999: ", "overflow"]);
}

#[test]
fn outputs_that_cannot_be_written_are_refused_before_anything_runs() {
    assert_refused(&["--out", "/nowhere/frames.tif"], &["/nowhere/frames.tif", "No such file"]);
    assert_refused(&["--out", "frames.png"], &[".tif", ".raw"]);
    let folder = tempfile::tempdir().unwrap();
    let named_like_a_file = folder.path().join("x.tif");
    fs::create_dir(&named_like_a_file).unwrap();
    assert_refused(&["--out", named_like_a_file.to_str().unwrap()], &["folder"]);
}

#[test]
#[cfg(target_os = "linux")]
fn libraries_that_cannot_be_used_are_named() {
    assert_refused(&["--sdk", "/nowhere/libpvcam.so"], &["/nowhere/libpvcam.so", "No such file"]);
    // A library, but not the SDK's.
    assert_refused(&["--sdk", "libc.so.6"], &["libc.so.6", "lacks the function pl_"]);
    assert_refused(&["--sdk", env!("CARGO_MANIFEST_PATH")], &["Cargo.toml"]);
}

#[test]
fn an_sdk_without_cameras_is_an_error() {
    let output = framegrab(&[]).env("FRAMEPOOL_SIM_CAMERAS", "0").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "framegrab: no camera was found\n");
}
