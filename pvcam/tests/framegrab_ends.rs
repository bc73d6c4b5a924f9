//! How runs of `framegrab` end badly, and what is readable then.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use framepool_pvcam_sim::picture;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

const WIDTH: usize = 128;
const HEIGHT: usize = 64;
const FRAME: usize = WIDTH * HEIGHT * 2;

/// Frames of a small region without end, saved under this name.
fn endless(folder: &Path, name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_framegrab"));
    command.args(["--roi", "0,0,128,64", "--fps", "500", "--json", "--frames", "1000000"]);
    command.arg("--out").arg(folder.join(name));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits until this is there, for as long as the child lives.
fn wait_for<T>(child: &mut Child, mut found: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = found() {
            return found;
        }
        if child.try_wait().unwrap().is_some() {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("it ended too early: {said}");
        }
        thread::yield_now();
    }
}

/// Waits until about so many frames are in a file.
fn wait_for_frames(child: &mut Child, path: &Path, frames: usize) {
    let bytes = (frames * FRAME) as u64;
    wait_for(child, || fs::metadata(path).ok().filter(|there| there.len() > bytes));
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
}

/// Returns the exit code, the summary and what was said on standard error.
fn ended(child: Child) -> (Option<i32>, Value, String) {
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let summary = serde_json::from_slice(&stdout).unwrap_or_default();
    (status.code(), summary, String::from_utf8(stderr).unwrap())
}

/// Checks the pixels of frames that follow each other, and returns how many there are.
fn check_frames<'a>(frames: impl IntoIterator<Item = &'a [u8]>) -> usize {
    let mut count = 0;
    for (frame, number) in frames.into_iter().zip(1..) {
        assert_eq!(picture::verify(frame, WIDTH, HEIGHT), Ok(number));
        count += 1;
    }
    count
}

/// Returns the number of pages that can be read, all of them right.
fn pages(path: &Path) -> usize {
    let mut decoder = tiff::decoder::Decoder::new(File::open(path).unwrap()).unwrap();
    let mut frames = Vec::new();
    loop {
        let tiff::decoder::DecodingResult::U16(pixels) = decoder.read_image().unwrap() else {
            panic!("16-bit pixels")
        };
        frames.push(pixels.iter().flat_map(|pixel| pixel.to_ne_bytes()).collect::<Vec<_>>());
        if !decoder.more_images() {
            return check_frames(frames.iter().map(Vec::as_slice));
        }
        decoder.next_image().unwrap();
    }
}

/// Returns the number of frames in the first shards by their tables, all of them right.
fn chunks(folder: &Path) -> usize {
    let text = fs::read(folder.join("0/zarr.json")).unwrap();
    let array: Value = serde_json::from_slice(&text).unwrap();
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let frames = number(&array["shape"][0]);
    let per_shard = number(&array["chunk_grid"]["configuration"]["chunk_shape"][0]);
    let shards: Vec<_> = (0..frames.div_ceil(per_shard))
        .map(|shard| fs::read(folder.join(format!("0/c/{shard}/0/0"))).unwrap())
        .collect();
    let frame = |index: usize| {
        let (shard, entry) = (&shards[index / per_shard], index % per_shard * 16);
        let number = |at: usize| {
            let bytes: [u8; 8] = shard[at..at + 8].try_into().unwrap();
            usize::try_from(u64::from_le_bytes(bytes)).unwrap()
        };
        &shard[number(entry)..][..number(entry + 8)]
    };
    check_frames((0..frames).map(frame))
}

#[test]
fn what_a_killed_run_leaves_is_readable_to_its_last_frames() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let run = |name: &str, file: PathBuf, frames| {
        let mut child = endless(folder.path(), name).spawn().unwrap();
        wait_for_frames(&mut child, &file, frames);
        signal(&child, "-KILL");
        assert_eq!(ended(child).0, None);
    };
    run("a.tif", at("a.partial.tif"), 50);
    assert!(pages(&at("a.partial.tif")) >= 49);
    let first = fs::read(at("a.partial.tif")).unwrap();
    assert!(!first.windows(5).any(|bytes| bytes == b"<?xml"), "no XML before the end");

    run("b.raw", at("b.partial.raw"), 50);
    let pixels = fs::read(at("b.partial.raw")).unwrap();
    assert!(check_frames(pixels.chunks_exact(FRAME)) >= 50);
    let rows = fs::read_to_string(at("b.partial.raw.csv")).unwrap().lines().skip(1).count();
    assert!(pixels.len() / FRAME - rows <= 1, "{rows} rows of {} bytes", pixels.len());
    let sidecar = fs::read(at("b.partial.raw.json")).unwrap();
    let sidecar: Value = serde_json::from_slice(&sidecar).unwrap();
    assert_eq!((&sidecar["complete"], &sidecar["width"]), (&Value::Null, &128.into()));

    run("c.ome.zarr", at("c.partial.ome.zarr/0/c/0/0/0"), 50);
    assert!(chunks(&at("c.partial.ome.zarr")) >= 49);
}

#[test]
fn a_run_that_is_stopped_by_a_signal_says_what_it_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = endless(folder.path(), "x.raw");
    let mut child = command.args(["--ring", "8", "--pool", "8", "--queue", "16"]).spawn().unwrap();
    let partial = folder.path().join("x.partial.raw");
    wait_for_frames(&mut child, &partial, 20);
    signal(&child, "-STOP");
    // The camera is simulated in the same process, and makes up for the time afterwards.
    thread::sleep(std::time::Duration::from_millis(300));
    signal(&child, "-CONT");
    let now = usize::try_from(fs::metadata(&partial).unwrap().len()).unwrap() / FRAME;
    wait_for_frames(&mut child, &partial, now + 20);
    signal(&child, "-INT");
    let (code, summary, said) = ended(child);
    let missing = summary["missing"].as_u64().unwrap();
    assert_eq!(code, Some(if missing > 0 { 3 } else { 4 }), "{said}");
    assert_eq!(summary["conserved"], true);
    if missing > 0 {
        assert!(said.contains(&format!("{missing} frames are missing")), "{said}");
    }
}

#[test]
fn a_folder_that_is_removed_takes_the_recording_with_it() {
    let folder = tempfile::tempdir().unwrap();
    for (name, file) in [
        ("a.tif", "a.partial.tif"),
        ("b.raw", "b.partial.raw"),
        ("c.zarr", "c.partial.zarr/0/c/0/0/0"),
    ] {
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let mut child = endless(&inner, name).spawn().unwrap();
        wait_for_frames(&mut child, &inner.join(file), 20);
        fs::remove_dir_all(&inner).unwrap();
        signal(&child, "-INT");
        let (code, summary, said) = ended(child);
        assert_eq!(code, Some(1), "{name}: {said}");
        assert!(said.contains("are gone"), "{name}: {said}");
        assert_eq!(
            (&summary["complete"], &summary["saved"]["path"]),
            (&false.into(), &Value::Null)
        );
    }
}

#[test]
fn a_slow_reader_of_the_pipe_costs_frames_that_are_counted() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_framegrab"));
    command.args([
        "--roi",
        "0,0,128,64",
        "--fps",
        "500",
        "--json",
        "--frames",
        "300",
        "--out",
        "-",
    ]);
    command.args(["--pool", "8", "--queue", "8", "--on-exhausted", "drop"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It reads nothing before the run has ended.
    let mut said = String::new();
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    while !said.contains("still to be saved") {
        assert!(std::io::BufRead::read_line(&mut stderr, &mut said).unwrap() > 0, "{said}");
    }
    let mut pixels = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut pixels).unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3), "{said}");
    let saved = pixels.len() / FRAME;
    assert_eq!(pixels.len() % FRAME, 0);
    assert!(said.contains(&format!("{} frames are missing", 300 - saved)), "{said}");
    assert!(said.contains(&format!("{saved} frames were written")), "{said}");
}

#[test]
fn a_summary_that_cannot_be_printed_is_a_failure_and_a_reader_that_ends_is_none() {
    let run = |redirection: &str| {
        let line = format!(
            "{} --roi 0,0,128,64 --fps 500 --frames 5 {redirection}; echo ${{PIPESTATUS[0]}} >&2",
            env!("CARGO_BIN_EXE_framegrab")
        );
        let output = Command::new("bash").args(["-c", &line]).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let full = run("> /dev/full");
    assert!(
        full.contains("the summary could not be printed: No space left") && full.ends_with("\n1\n"),
        "{full}"
    );
    assert_eq!(run("| head -c 1 > /dev/null"), "0\n");
    assert_eq!(run(">&-"), "0\n");
}

#[test]
fn hostile_names_are_refused_with_one_line_and_nothing_is_touched() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mine = at("mine");
    File::create(&mine).unwrap().write_all(b"mine").unwrap();
    for extension in ["tif", "raw", "ome.zarr"] {
        let link = at(&format!("link.{extension}"));
        symlink(&mine, &link).unwrap();
        let fifo = at(&format!("fifo.{extension}"));
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let file = at(&format!("file.{extension}"));
        fs::write(&file, "mine").unwrap();
        let below = mine.join(format!("x.{extension}"));
        for path in [&link, &fifo, &file, &below] {
            let forced = extension == "ome.zarr" || path != &file;
            for force in [false, true].into_iter().filter(|force| !force || forced) {
                let mut command = endless(Path::new(""), path.to_str().unwrap());
                let output = command.args(force.then_some("--force")).output().unwrap();
                let said = String::from_utf8(output.stderr).unwrap();
                assert_eq!(output.status.code(), Some(2), "{path:?}: {said}");
                assert_eq!(said.lines().count(), 1, "{path:?}: {said}");
            }
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(!fs::symlink_metadata(&fifo).unwrap().is_file());
        assert_eq!(fs::read(&file).unwrap(), b"mine");
    }
    assert_eq!(fs::read(&mine).unwrap(), b"mine");

    // A name that is not UTF-8 is as good as any.
    let name = std::ffi::OsStr::from_bytes(b"\xff\xfe.ome.tif");
    let mut command = Command::new(env!("CARGO_BIN_EXE_framegrab"));
    command.args(["--roi", "0,0,128,64", "--frames", "3", "--out"]).arg(folder.path().join(name));
    assert!(command.output().unwrap().status.success());
    assert_eq!(pages(&folder.path().join(name)), 3);
}

#[test]
fn a_disk_is_measured_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["tif", "raw", "zarr"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_framegrab"));
        command.arg("disk").arg(folder.path()).args(["--json", "--frame", "64,64", "--direct"]);
        let output = command.args(["--frames", "300", "--format", format]).output().unwrap();
        let speed: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&speed["frames"], &speed["frame_bytes"]), (&300.into(), &8192.into()));
        assert_eq!(speed["heap_allocations_per_frame"], 0.0, "{format}");
        // But for code that runs late for the first time.
        assert!(speed["page_faults_per_frame"].as_f64().unwrap_or(0.0) < 0.05, "{format}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

/// Builds the library that makes a disk faulty.
#[cfg(target_os = "linux")]
fn faulty_disk(folder: &Path) -> PathBuf {
    let library = folder.join("faulty_disk.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faulty_disk.c");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-ldl");
    assert!(compiler.status().unwrap().success());
    library
}

/// Returns what `framegrab info` or `verify` finds, and its exit code.
#[cfg(target_os = "linux")]
fn found(command: &str, file: &Path) -> (Value, Option<i32>) {
    let mut run = Command::new(env!("CARGO_BIN_EXE_framegrab"));
    let output = run.arg(command).arg(file).arg("--json").output().unwrap();
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code())
}

#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_fails_ends_the_run_and_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let library = faulty_disk(folder.path());
    let errors = [
        (libc::ENOSPC, "No space left on device"),
        (libc::EDQUOT, "Disk quota exceeded"),
        (libc::EROFS, "Read-only file system"),
        (libc::EIO, "Input/output error"),
    ];
    for (name, partial) in [
        ("a.ome.tif", "a.partial.ome.tif"),
        ("b.raw", "b.partial.raw"),
        ("c.ome.zarr", "c.partial.ome.zarr"),
    ] {
        for (number, words) in errors {
            let mut run = endless(folder.path(), name);
            run.env("LD_PRELOAD", &library).env("DISK_ERROR", number.to_string());
            let (code, summary, said) = ended(run.env("DISK_BYTES", "1500000").spawn().unwrap());
            assert_eq!(code, Some(1), "{name}: {said}");
            assert!(said.contains(words) && said.contains("frames are in"), "{name}: {said}");
            let saved = &summary["saved"];
            let partial = folder.path().join(partial);
            assert_eq!(saved["path"], partial.to_str().unwrap());
            assert!(saved["saved"].as_u64() > Some(60), "{name}: {saved}");
            let (there, _) = found("verify", &partial);
            assert_eq!(there["frames"], saved["saved"], "{name}: {there}");
            assert_eq!(there["whole"], false, "{name}: {there}");
            if partial.is_dir() {
                fs::remove_dir_all(&partial).unwrap();
            } else {
                fs::remove_file(&partial).unwrap();
            }
            for beside in ["b.partial.raw.csv", "b.partial.raw.json"] {
                drop(fs::remove_file(folder.path().join(beside)));
            }
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_is_slow_costs_frames_that_are_counted_and_seen_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let library = faulty_disk(folder.path());
    for name in ["a.tif", "b.raw", "c.zarr"] {
        let file = folder.path().join(name);
        let mut run = Command::new(env!("CARGO_BIN_EXE_framegrab"));
        run.args(["--roi", "0,0,128,64", "--fps", "500", "--json", "--frames", "200"]);
        run.args(["--pool", "4", "--queue", "4", "--on-exhausted", "drop", "--allow-missing"]);
        run.arg("--out").arg(&file).env("LD_PRELOAD", &library).env("DISK_MICROSECONDS", "10000");
        let (code, summary, said) =
            ended(run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        assert_eq!(code, Some(0), "{said}");
        let missing = summary["missing"].as_u64().unwrap();
        let saved = summary["saved"]["saved"].as_u64().unwrap();
        assert!(missing > 0 && saved + missing == 200, "{summary}");
        let (there, code) = found("verify", &file);
        assert_eq!((&there["frames"], code), (&saved.into(), Some(1)), "{there}");
    }
}

/// The system tells such an error once, to the thread that puts frames on the disk.
#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_takes_frames_and_cannot_keep_them_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = endless(folder.path(), "x.tif");
    run.env("LD_PRELOAD", faulty_disk(folder.path()));
    let (code, _, said) = ended(run.env("DISK_SYNC_ERROR", libc::EIO.to_string()).spawn().unwrap());
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("Input/output error") && said.contains("frames are in"), "{said}");
    assert!(folder.path().join("x.partial.tif").exists());
}

/// As a terminal is after Ctrl-S, or the other end of a connection that was lost.
#[test]
fn a_terminal_that_is_held_up_holds_up_nothing_else() {
    use rustix::fs::OFlags;

    let (_never_read, mut full) = std::io::pipe().unwrap();
    rustix::fs::fcntl_setfl(&full, OFlags::NONBLOCK).unwrap();
    while full.write(&[b'.'; 4096]).is_ok() {}
    rustix::fs::fcntl_setfl(&full, OFlags::empty()).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let mut run = endless(folder.path(), "x.raw");
    // It warns that the pool is empty, and says each second how far it is.
    run.args(["--seconds", "2", "--pool", "2", "--queue", "100", "--slow-consumer", "8"]);
    let output = run.stderr(full).spawn().unwrap().wait_with_output().unwrap();
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(summary["seen"].as_u64() > Some(500), "{summary}");
}

#[test]
fn an_interrupt_that_is_hammered_counts_more_than_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = endless(folder.path(), "x.raw");
    let mut child = run.args(["--slow-consumer", "100000"]).spawn().unwrap();
    wait_for(&mut child, || folder.path().join("x.partial.raw").exists().then_some(()));
    while child.try_wait().unwrap().is_none() {
        signal(&child, "-INT");
        thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(ended(child).0, Some(130));
}
