//! The ladders of this crate's files, of the simulator's and of those of `framepool`: each file imports only from rungs below
//! its own, so there are no circles.

use std::fs;
use std::path::Path;

/// The crate `framepool`, from the bottom up.
const RUNTIME: &[&[&str]] = &[
    &["error", "memory/available", "memory/options", "memory/piece", "waiting/blocking"],
    &["memory/huge"],
    &["memory", "waiting"],
    &["buffer", "device", "reading"],
    &["pooled"],
    &["pool"],
    &[
        "stream/counter",
        "stream/fault",
        "stream/outcome",
        "stream/policy",
        "stream/timing",
        "stream/warning",
    ],
    &["stream/frame", "stream/lease"],
    &["stream/any", "stream/channel"],
    &["stream/frames", "stream/newest"],
    &["stream/tap"],
    &["stream/taps"],
    &["stream/metrics", "stream/offers"],
    &["stream/facade", "stream/health", "stream/shared"],
    &["stream/account", "stream/openmetrics"],
    &["stream/exhausted"],
    &["stream/intake"],
    &["stream/leasing"],
    &["stream"],
    &["classes/slot"],
    &["classes/buffer", "classes/options"],
    &["classes"],
];

/// The library, from the bottom up.
const LIBRARY: &[&[&str]] = &[
    &[
        "announced",
        "callback",
        "choice",
        "clock",
        "conserved",
        "error",
        "limit",
        "metadata/error",
        "ring",
        "seen",
        "signal",
        "slots",
        "trigger",
        "value",
    ],
    &["library", "end", "fan", "metadata/reader"],
    &["parameter", "session", "metadata/header"],
    &["typed", "description", "metadata/region"],
    &["handle", "known", "metadata"],
    &[
        "camera_ring",
        "exposure",
        "filling",
        "mode",
        "named/parameter",
        "recovery",
        "registration",
        "settings/readout",
    ],
    &["camera", "scripted"],
    &["frame", "named", "sdk", "settings", "setup"],
    &["advice", "arrival", "copy", "pinned"],
    &["prepare"],
    &["standby"],
    &["acquisition", "sequences"],
    &["capture"],
];

/// The command, from the bottom up.
const FRAMEGRAB: &[&[&str]] = &[
    &["aside", "assignment", "commands/said", "commands/table", "record/about", "sdk"],
    &["commands/recording"],
    &["commands/sidecar"],
    &[
        "commands/completions",
        "commands/directory",
        "commands/index",
        "commands/list",
        "commands/man",
        "commands/params",
        "commands/series",
        "commands/stamp",
    ],
    &["commands/raw", "commands/report", "commands/tiff", "commands/zarr"],
    &["commands/look"],
    &["commands"],
    &[
        "expense",
        "gather",
        "live/http",
        "live/options",
        "live/picture",
        "live/series",
        "live/status",
        "pace",
        "priority",
        "rate",
        "record/destination",
        "record/disk",
        "record/index",
        "record/keeper",
        "record/room",
        "resident",
        "sequel",
        "sizes",
        "window",
    ],
    &[
        "frame_thread",
        "live/view",
        "probe",
        "progress",
        "record/ome",
        "record/raw",
        "record/zarr",
        "stop",
    ],
    &["record/stack"],
    &["record/recording"],
    &["record/part"],
    &["record/finisher"],
    &["record/output"],
    &["record"],
    &["speed"],
    &["options"],
    &["live/pages"],
    &["live/serve"],
    &["live", "minutes", "mode"],
    &["consume", "probes", "refusal", "watch"],
    &["grab"],
    &["verdict"],
    &["summary"],
    &["report/machine", "report/plots"],
    &["report"],
    &["main"],
];

/// The simulator, from the bottom up.
const SIMULATOR: &[&[&str]] = &[
    &["choice", "cooler", "error", "fault", "picture", "ring", "settings"],
    &["model", "out", "part", "plug", "post_processing", "slots"],
    &["notifier", "scene"],
    &["film", "kind"],
    &["herald", "setup"],
    &["metadata", "pace", "row"],
    &["blocks", "clock", "table"],
    &["write"],
    &["run"],
    &["config", "parameter"],
    &["camera", "value"],
    &["sdk"],
    &["abi"],
];

#[test]
fn imports_go_down_the_ladders() {
    check("../runtime/src", RUNTIME);
    check("src", LIBRARY);
    check("src/bin/framegrab", FRAMEGRAB);
    check("sim/src", SIMULATOR);
}

/// Checks the files of a folder, and of the folders in it, against a ladder.
fn check(folder: &str, ladder: &[&[&str]]) {
    let rung = |file: &str| ladder.iter().position(|rung| rung.contains(&file));
    for (file, source) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
        let own = rung(&file).unwrap_or_else(|| panic!("{file}.rs stands on no rung"));
        for line in code(&source) {
            let relative = line.contains("super::") && line.trim() != "use super::*;";
            assert!(!relative, "{file}.rs imports by a relative path: {line}");
            for import in imports(line) {
                let imported = rung(&import).or_else(|| rung(import.split('/').next()?));
                let imported = imported.unwrap_or_else(|| panic!("{file}.rs imports {import}"));
                assert!(imported < own, "{file}.rs imports {import}, which is not below it");
            }
        }
    }
}

/// Returns the names and texts of the Rust files; `a/b` for a file in a folder, and the tests of a
/// file as the file itself. The root, which imports everything, and programs are left out.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("readable").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if name == "lib" || name == "bin" {
            continue;
        }
        if path.is_dir() {
            let inner = sources(&path).into_iter();
            found.extend(inner.map(|(file, text)| match file.as_str() {
                "tests" => (name.clone(), text),
                file => (format!("{name}/{file}"), text),
            }));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((name, fs::read_to_string(&path).expect("readable")));
        }
    }
    found
}

/// Returns the lines without their comments.
fn code(source: &str) -> impl Iterator<Item = &str> {
    source.lines().map(|line| line.split("//").next().unwrap_or_default())
}

/// Returns what a line imports from this crate, as `a/b` for `crate::a::b`.
fn imports(line: &str) -> impl Iterator<Item = String> {
    line.split("crate::").skip(1).map(|path| {
        let end = |c: char| !(c.is_alphanumeric() || c == '_');
        let names = path.split("::").take(2).filter_map(|name| name.split(end).next());
        names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join("/")
    })
}

#[test]
fn the_check_sees_imports() {
    let seen = |line| imports(line).collect::<Vec<_>>();
    assert_eq!(seen("use crate::a::b::{C, D};"), ["a/b"]);
    assert_eq!(seen("use crate::a::{self, C};"), ["a"]);
    assert_eq!(seen("fn f(x: crate::a::C) -> crate::d {"), ["a/C", "d"]);
    assert_eq!(seen("pub(crate) fn f()"), [""; 0]);
    assert_eq!(code("a // crate::b").collect::<Vec<_>>(), ["a "]);
}
