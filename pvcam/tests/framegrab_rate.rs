//! `framegrab` by rate: how much room there is for frames, which rates and regions there are, which frames are saved,
//! and how the thread runs that takes them.

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

#[test]
fn a_thread_can_only_be_as_the_system_has_it() {
    assert_refused(&mut framegrab(&["--priority", "20"]), &["--priority", "-20 to 19", "rt:1"]);
    assert_refused(&mut framegrab(&["--cpu", "-1"]), &["--cpu"]);
    if cfg!(target_os = "linux") {
        assert_refused(&mut framegrab(&["--cpu", "1023"]), &["--cpu 1023: ", "no such processor"]);
    }
}

#[cfg(target_os = "linux")]
mod threads {
    use super::*;
    use std::io::Read;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Stdio};
    use std::time::{Duration, Instant};

    /// Returns the value of a line of `status` of a process or thread.
    fn status(of: &str, key: &str) -> Option<String> {
        let text = fs::read_to_string(format!("{of}/status")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.trim_start_matches(':').trim().to_owned())
    }

    /// Returns the names of a process's threads that have this nice value and run on this processor alone.
    fn set(process: &Child, nice: &str, cpu: &str) -> Vec<String> {
        let Ok(threads) = fs::read_dir(format!("/proc/{}/task", process.id())) else {
            return Vec::new();
        };
        let folders = threads.map(|entry| entry.unwrap().path().display().to_string());
        folders
            .filter(|folder| {
                let stat = fs::read_to_string(format!("{folder}/stat")).unwrap_or_default();
                // Fields after the name, which ends with a bracket, from the third on.
                let fields = stat.rsplit(')').next().unwrap_or_default();
                let is_nice = fields.split_whitespace().nth(16) == Some(nice);
                is_nice && status(folder, "Cpus_allowed_list").as_deref() == Some(cpu)
            })
            .filter_map(|folder| status(&folder, "Name"))
            .collect()
    }

    #[test]
    fn the_thread_that_takes_frames_is_set_and_no_other() {
        let allowed = status("/proc/self", "Cpus_allowed_list").unwrap();
        let cpu: String = allowed.chars().take_while(char::is_ascii_digit).collect();
        let args = ["--fps", "200", "--seconds", "60", "--priority", "17", "--cpu", &cpu];
        let mut command = framegrab(&[TINY, &args].concat());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        let mut threads = Vec::new();
        // At first it is the thread on which it is tried.
        while threads != ["pvcam-notifier"] && begun.elapsed() < Duration::from_secs(50) {
            threads = set(&process, "17", &cpu);
        }
        // SAFETY: a signal to a process that was not waited for yet.
        unsafe { libc::kill(process.id().try_into().unwrap(), libc::SIGINT) };
        let mut printed = String::new();
        process.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        process.wait().unwrap();
        assert_eq!(threads, ["pvcam-notifier"]);
        let summary: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(summary["frame_thread"]["priority"], "17");
        assert_eq!(summary["frame_thread"]["cpu"].to_string(), cpu);
    }

    /// Takes the right to be urgent away from a command, if it had it.
    fn without_rights(command: &mut Command) -> &mut Command {
        const CAP_SYS_NICE: libc::c_ulong = 23;
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        let take = move || {
            // SAFETY: takes a capability from what the new program may have; the call has no memory to do with.
            unsafe { libc::prctl(libc::PR_CAPBSET_DROP, CAP_SYS_NICE, 0, 0, 0) };
            for limit in [libc::RLIMIT_RTPRIO, libc::RLIMIT_NICE] {
                // SAFETY: the limit is read before the call returns.
                unsafe { libc::setrlimit(limit, &raw const none) };
            }
            Ok(())
        };
        // SAFETY: nothing but calls to the system, after the fork.
        unsafe { command.pre_exec(take) }
    }

    #[test]
    fn what_the_system_does_not_permit_is_a_warning() {
        for priority in ["rt:10", "-5"] {
            let args = ["--fps", "200", "--frames", "20", "--priority", priority];
            let (code, printed, said) =
                ran(without_rights(&mut framegrab(&[TINY, &args].concat())));
            assert_eq!(code, Some(0), "{said}");
            assert!(said.contains(&format!("--priority {priority} has no effect: ")), "{said}");
            let summary: Value = serde_json::from_str(&printed).unwrap();
            assert_eq!(summary["frame_thread"]["priority"], Value::Null);
            assert_eq!(summary["seen"], 20);
        }
    }
}
