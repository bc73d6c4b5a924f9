//! What `framegrab` shows while it runs, and after: the page, its picture and its numbers.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

/// A small region, so that a debug build keeps up, and seconds of frames in the ring, so that a busy machine loses none.
const SMALL: &[&str] = &["--roi", "0,0,128,64", "--ring", "1000", "--json"];

fn framegrab(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_framegrab"));
    command.args(SMALL).args(args);
    command
}

fn assert_refused(args: &[&str], words: &[&str]) {
    let output = framegrab(args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{args:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{args:?}: no {word:?} in {said}");
    }
}

/// A run that serves.
struct Run {
    child: Child,
    said: BufReader<ChildStderr>,
    /// The first line that it says.
    first: String,
    address: String,
}

impl Run {
    fn start(args: &[&str]) -> Self {
        let mut command = framegrab(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        said.read_line(&mut first).unwrap();
        let address = first.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        Self { child, said, first, address }
    }

    /// Waits until the run has ended and lingers.
    fn until_it_lingers(&mut self) {
        let mut line = String::new();
        while !line.contains("serving the last counts") {
            line.clear();
            assert!(self.said.read_line(&mut line).unwrap() > 0, "it has ended");
        }
    }

    /// Sends a request as it is; returns the head of the answer, and its body.
    fn send(&self, request: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let body = answer.split_off(end + 4);
        (String::from_utf8(answer).unwrap(), body)
    }

    fn get(&self, path: &str) -> (String, Vec<u8>) {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address))
    }

    fn status(&self) -> Value {
        serde_json::from_slice(&self.get("/status.json").1).unwrap()
    }

    /// Returns the newest picture's frame number, size and pixels; `None` if there is none.
    fn picture(&self) -> Option<(u64, u32, u32, Vec<u8>)> {
        let (head, png) = self.get("/picture.png");
        if head.starts_with("HTTP/1.1 204") {
            assert!(png.is_empty());
            return None;
        }
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let frame = header(&head, "X-Frame").parse().unwrap();
        let (width, height, pixels) = decoded(png);
        Some((frame, width, height, pixels))
    }

    /// Ends it as Ctrl-C does.
    fn end(self) -> (Output, Value) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let output = self.child.wait_with_output().unwrap();
        let summary = serde_json::from_slice(&output.stdout).unwrap();
        (output, summary)
    }
}

/// Returns the size and the pixels of a picture.
fn decoded(png: Vec<u8>) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels)
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {head}"))
}

#[test]
fn each_tier_shows_its_frames_and_in_the_end_the_last() {
    for tier in ["copy", "pinned", "sequence"] {
        let args = ["--frames", "160", "--pool", "64", "--tier", tier];
        let mut run = Run::start(
            &[&args[..], &["--serve", "127.0.0.1:0", "--metrics-linger", "60"]].concat(),
        );
        let mut shown = vec![0];
        while shown.len() < 4 {
            match run.picture() {
                Some((frame, ..)) if frame == shown[shown.len() - 1] && frame == 160 => break,
                Some((frame, ..)) if frame == shown[shown.len() - 1] => {}
                Some((frame, width, height, pixels)) => {
                    assert_eq!((width, height, pixels.len()), (128, 64, 128 * 64));
                    assert!(pixels.contains(&0) && pixels.contains(&255), "not stretched");
                    shown.push(frame);
                }
                None => assert_eq!(shown, [0]),
            }
        }
        assert!(shown.is_sorted(), "{shown:?}");
        run.until_it_lingers();
        assert_eq!(run.picture().unwrap().0, 160, "{tier}");
        let status = run.status();
        assert_eq!((&status["stage"], &status["report"]["seen"]), (&"ended".into(), &160.into()));
        let (output, summary) = run.end();
        assert_eq!(output.status.code(), Some(0), "{summary}");
        assert_eq!((&summary["lost"], &summary["conserved"]), (&0.into(), &true.into()));
        assert_eq!(summary["heap_allocations_per_frame"], 0.0, "{tier}");
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere_and_its_numbers_are_those_of_the_metrics() {
    let args = ["--frames", "40", "--serve", "127.0.0.1:0", "--metrics-linger", "60"];
    let mut run = Run::start(&args);
    assert!(run.first.starts_with(&format!("serving http://{}/ and http://", run.address)));
    run.until_it_lingers();
    let (head, page) = run.get("/?x");
    let page = String::from_utf8(page).unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("default-src 'none'"), "{head}");
    assert_eq!(header(&head, "Content-Length").parse(), Ok(page.len()));
    let addresses = page.matches("http").count() - page.matches("http://www.w3.org/").count();
    assert_eq!(addresses, 0, "no address but of the namespace");
    let status = run.status();
    assert_eq!(status["about"]["simulated"], true);
    let metrics = String::from_utf8(run.get("/metrics").1).unwrap();
    let report = &status["report"];
    for (metric, value) in [
        ("frames_seen_total", &report["seen"]),
        ("frames_delivered_total{buffer=\"pool\"}", &report["delivered"]["pooled"]),
        ("frames_lost_total", &report["lost"]),
        ("frames_dropped_total{cause=\"channel_full\"}", &report["dropped"]["channel_full"]),
        ("pool_buffers", &report["pool_capacity"]),
    ] {
        let line = format!("framepool_{metric} {value}\n");
        assert!(metrics.contains(&line), "no {line:?} in {metrics}");
    }
    assert_eq!(report["seen"], 40);
    let (head, _) = run.get("/nothing");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    let (head, _) = run.send("POST /picture.png HTTP/1.1\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 405") && head.contains("Allow: GET, HEAD"), "{head}");
    let (head, body) = run.send("HEAD / HTTP/1.1\r\n\r\n");
    assert_eq!((header(&head, "Content-Length").parse(), body.len()), (Ok(page.len()), 0));
    let (head, _) = run.send("nonsense\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    let (output, _) = run.end();
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_page_that_is_open_is_told_of_the_end() {
    let run = Run::start(&["--frames", "60", "--serve", "127.0.0.1:0"]);
    while run.status()["stage"] != "ended" {}
    // Nothing lingers for long.
    let output = run.child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn counters_alone_come_without_a_page() {
    let args = ["--frames", "10", "--metrics", "127.0.0.1:0", "--metrics-linger", "60"];
    let mut run = Run::start(&args);
    assert!(run.first.starts_with(&format!("serving http://{}/metrics and", run.address)));
    run.until_it_lingers();
    assert!(run.get("/metrics").0.starts_with("HTTP/1.1 200"));
    assert_eq!(run.get("/health").1, b"healthy: nothing is to be done\n");
    for path in ["/", "/status.json", "/picture.png"] {
        assert!(run.get(path).0.starts_with("HTTP/1.1 404"), "{path}");
    }
    run.end();
}

#[test]
fn no_picture_is_an_answer_too() {
    // The first frame comes after ten seconds.
    let mut run = Run::start(&["--fps", "0.1", "--serve", "127.0.0.1:0"]);
    assert_eq!(run.picture(), None);
    assert_eq!(run.status()["report"]["seen"], 0);
    run.child.kill().unwrap();
    run.child.wait().unwrap();
}

#[test]
fn addresses_that_cannot_be_served_are_refused() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_refused(&["--serve", &address], &["--serve", &address, "in use"]);
    assert_refused(&["--serve", "127.0.0.1"], &["--serve", "127.0.0.1"]);
    let both = ["--serve", "127.0.0.1:0", "--metrics", "127.0.0.1:0"];
    assert_refused(&both, &["--serve", "--metrics", "cannot be used with"]);
    assert_refused(&["--metrics-linger", "5"], &["--serve", "--metrics"]);
    assert_refused(&["--metrics", &address, "--metrics-linger", "0"], &["--metrics-linger", "0"]);
}

#[test]
fn a_preview_is_the_last_frame_and_a_report_says_what_became_of_all() {
    for tier in ["copy", "pinned", "sequence"] {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (preview, report, out) = (at("last.png"), at("run.html"), at("run.raw"));
        let args = ["--frames", "48", "--pool", "64", "--tier", tier, "--out", &out];
        let left = ["--preview", &preview, "--report", &report];
        let summary = summary(&[&args[..], &left].concat());
        assert_eq!((&summary["complete"], &summary["lost"]), (&true.into(), &0.into()), "{tier}");
        assert_eq!(summary["heap_allocations_per_frame"], 0.0, "{tier}");
        // But for code that runs late for the first time.
        assert!(summary["page_faults_per_frame"].as_f64().unwrap_or(0.0) < 0.05, "{tier}");

        let frames = std::fs::read(&out).unwrap();
        let last = &frames[frames.len() - 128 * 64 * 2..];
        let pixels: Vec<u16> =
            last.chunks_exact(2).map(|two| u16::from_ne_bytes([two[0], two[1]])).collect();
        let (width, height, shown) = decoded(std::fs::read(&preview).unwrap());
        assert_eq!((width, height), (128, 64));
        // Brighter is brighter, and the darkest and the brightest are far apart.
        let mut pairs: Vec<_> = pixels.into_iter().zip(shown).collect();
        pairs.sort_unstable();
        assert!(pairs.is_sorted_by_key(|&(_, shade)| shade), "{tier}: another frame");
        assert_eq!((pairs[0].1, pairs[pairs.len() - 1].1), (0, 255));

        let page = std::fs::read_to_string(&report).unwrap();
        for words in [
            "No frame is missing.",
            "SIMULATED",
            "SimCam00",
            "<td>128 x 64 pixels of 16 bits</td>",
            "<td>48 in ",
            "buffers in use",
            "dropped (amber) over time: none",
            "</i>save</td>",
            &format!("--tier {tier}"),
        ] {
            assert!(page.contains(words), "{tier}: no {words:?} in {page}");
        }
        let plots = page.matches("<svg").count();
        assert_eq!((plots, page.matches("</svg>").count()), (4, 4));
        assert!(!page.contains("could not be drawn") && !page.contains("NaN"));
        assert_eq!(page.matches("src=").count() + page.matches("href=").count(), 0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5, "nothing else is left");
    }
}

/// Runs to its end, which must be good.
fn summary(args: &[&str]) -> Value {
    let output = framegrab(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_report_tells_of_frames_that_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("run.html");
    let args = ["--frames", "60", "--pool", "64", "--report", report.to_str().unwrap()];
    let output = framegrab(&args).env("FRAMEPOOL_SIM_FAULTS", "lost@20:3").output().unwrap();
    assert!(output.status.success());
    let page = std::fs::read_to_string(&report).unwrap();
    assert!(page.contains("3 frames are missing: 3 lost, 0 dropped, 0 not saved."), "{page}");
    assert!(
        page.contains("over time: 3</figcaption>") && page.contains("<td>gap 3</td>"),
        "{page}"
    );
    assert_eq!(page.matches("<svg").count(), 4);
}

#[test]
fn no_frame_leaves_no_preview() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (preview, report) = (at("last.png"), at("run.html"));
    let args = ["--seconds", "0.1", "--fps", "1", "--preview", &preview, "--report", &report];
    summary(&args);
    let page = std::fs::read_to_string(&report).unwrap();
    assert!(page.contains("<b>0</b><span>frames delivered</span>"), "{page}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_run_that_failed_leaves_a_report_too() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (report, out) = (at("run.html"), at("run.raw"));
    // Files of at most 98 KiB: six frames.
    let limited = format!(
        "ulimit -f 98; exec {} {} --frames 1000000 --out {out} --report {report}",
        env!("CARGO_BIN_EXE_framegrab"),
        SMALL.join(" ")
    );
    let output = Command::new("bash").args(["-c", &limited]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let page = std::fs::read_to_string(&report).unwrap();
    assert!(
        page.contains("The run failed: saving to ") && page.contains("File too large"),
        "{page}"
    );
}

#[test]
fn files_beside_the_frames_are_refused_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (option, name, wrong) in
        [("--preview", at("x.png"), at("x.tif")), ("--report", at("x.html"), at("x.png"))]
    {
        std::fs::write(&name, "mine").unwrap();
        assert_refused(&[option, &name, "--sdk", "/nowhere"], &[&name, "exists", "--force"]);
        assert_eq!(std::fs::read(&name).unwrap(), b"mine");
        assert_refused(&[option, &wrong], &["must end in .", &wrong]);
        let nowhere = format!("/nowhere/{}", name.rsplit('/').next().unwrap());
        assert_refused(&[option, &nowhere], &[&nowhere, "No such file"]);
        let link = format!("{}.{}", at("link"), name.rsplit('.').next().unwrap());
        std::os::unix::fs::symlink(&name, &link).unwrap();
        assert_refused(&[option, &link, "--force"], &["link"]);
        summary(&["--frames", "3", option, &name, "--force"]);
        assert!(std::fs::read(&name).unwrap().len() > 100, "replaced");
    }
    assert_refused(&["--force"], &["--out", "--preview", "--report"]);
}
