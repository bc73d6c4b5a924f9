//! The house rules of `core/src`, checked: imports go down the ladder, only `sync` knows atomics, and
//! the spin model of waiting names what is there.

use std::fs;
use std::path::{Path, PathBuf};

/// A module imports only from rungs below its own: `crate::` at the root, `super::` in a folder. That
/// a folder's inner modules are reached through the folder alone is the compiler's to check.
const LADDERS: &[(&str, &[&[&str]])] = &[
    (
        "",
        &[
            &["sync", "error", "stats", "frame"],
            &["raw", "rescue"],
            &["storage"],
            &["recycle"],
            &["pool_in"],
            &["guard"],
            &["pool"],
        ],
    ),
    (
        "raw",
        &[
            &["word"],
            &["watch", "recent", "waiters"],
            &["free_list"],
            &["bookkeeping", "queue"],
            &["waiting", "cache"],
        ],
    ),
    ("storage", &[&["memory", "inline", "boxed"], &["buffers", "heap_bytes"]]),
    ("guard", &[&["pool_ref"], &["loan"], &["local_loan", "frozen", "run", "acquire"], &["bytes"]]),
    ("pool", &[&["acquirer"], &["local", "reserve"], &["shared"], &["cached"]]),
];

/// Public, as associated types or seals have to be, and yet not to be named outside core.
const UNNAMEABLE: &[&str] = &[
    "Sealed",
    "Bookkeeping",
    "Header",
    "Extent",
    "Counted",
    "Exactly",
    "Fixed",
    "Bare",
    "OnHeap",
    "Reservation",
];

/// Only `sync` names these.
const BEHIND_THE_FACADE: &[&str] = &[
    "core::sync::atomic",
    "portable_atomic",
    "loom::",
    "shuttle::",
    "critical_section::",
    "spin::",
];

fn rung(folder: &str, module: &str) -> Option<usize> {
    let (_, ladder) = LADDERS.iter().find(|(name, _)| *name == folder)?;
    ladder.iter().position(|rung| rung.contains(&module))
}

/// Returns the modules that the code (not the comments) of a source names behind `prefix`.
fn imports(source: &str, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in code(source) {
        for path in line.split(prefix).skip(1) {
            let name = path.split(|c: char| !(c.is_alphanumeric() || c == '_')).next();
            found.extend(name.map(str::to_owned));
        }
    }
    found
}

fn code(source: &str) -> impl Iterator<Item = &str> {
    source.lines().map(|line| line.split("//").next().unwrap_or_default())
}

/// A file of core: the folder that it is in (none: the root), its module, and its text.
struct File {
    folder: String,
    module: String,
    text: String,
}

fn sources() -> Vec<File> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let name = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut files = Vec::new();
    for path in entries(&src) {
        if path.is_dir() {
            files.extend(entries(&path).into_iter().map(|file| (name(&path), file)));
        } else if name(&path) != "lib" {
            files.push((String::new(), path));
        }
    }
    let read = |path: &Path| fs::read_to_string(path).expect("readable");
    let file =
        |(folder, path): (String, PathBuf)| File { folder, module: name(&path), text: read(&path) };
    files.into_iter().map(file).collect()
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("the folder is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    paths
}

#[test]
fn imports_go_down_the_ladder() {
    for File { folder, module, text } in sources() {
        let check = |folder: &str, module: &str, prefix: &str| {
            let own = rung(folder, module);
            let own = own.unwrap_or_else(|| panic!("{folder}/{module}.rs stands on no rung"));
            for import in imports(&text, prefix) {
                let Some(imported) = rung(folder, &import) else { continue };
                assert!(
                    imported < own,
                    "{folder}/{module}.rs imports {import}, which is not below it"
                );
            }
        };
        if folder.is_empty() {
            check("", &module, "crate::");
        } else {
            check("", &folder, "crate::");
            check(&folder, &module, "super::");
        }
    }
}

#[test]
fn only_the_facade_names_atomics() {
    for File { module, text, .. } in sources().into_iter().filter(|file| file.module != "sync") {
        for line in code(&text) {
            for name in BEHIND_THE_FACADE {
                assert!(!line.contains(name), "{module}.rs names {name}: {line}");
            }
        }
    }
}

#[test]
fn the_check_sees_imports() {
    let source = "use crate::pool::Pool; // crate::frame\nfn f(x: crate::sync::Ordering) {}";
    assert_eq!(imports(source, "crate::"), ["pool", "sync"]);
}

#[test]
fn every_ordering_says_why() {
    for File { module, text, .. } in sources().into_iter().filter(|file| file.module != "sync") {
        let lines: Vec<&str> = text.lines().collect();
        for (i, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if code.contains("Ordering::") && !code.contains("use ") {
                let above = lines[i.saturating_sub(12)..=i].iter();
                let said = above.clone().any(|l| l.contains("// Ordering:"));
                assert!(said, "{module}.rs:{}: an ordering without its comment", i + 1);
            }
        }
    }
}

#[test]
fn the_root_stays_small_and_nothing_in_it_is_hidden() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let root = fs::read_to_string(path).expect("readable");
    assert!(!root.contains("doc(hidden)"));
    let exports = root.split("pub use ").skip(1).filter_map(|rest| rest.split(';').next());
    let names = exports.filter(|export| !export.contains("peek_by_load")).flat_map(|export| {
        let names = export.rsplit("::").next().unwrap_or(export);
        names.split([',', '{', '}']).map(str::trim).filter(|name| !name.is_empty())
    });
    let modules = root.lines().filter(|line| line.starts_with("pub mod "));
    let names: Vec<&str> = names.chain(modules).collect();
    assert!((20..=28).contains(&names.len()), "{names:?}");
}

/// Returns the public types and traits of a source whose docs have no example.
fn without_example(source: &str) -> Vec<String> {
    let kinds = ["struct ", "enum ", "trait ", "unsafe trait ", "type "];
    let mut found = Vec::new();
    let (mut docs, mut in_attribute) = (String::new(), false);
    for line in source.lines().map(str::trim) {
        let name = line.strip_prefix("pub ").and_then(|item| {
            kinds.iter().find_map(|kind| item.strip_prefix(kind)).map(str::to_owned)
        });
        if in_attribute || line.starts_with("///") || line.starts_with("#[") {
            // An attribute of several lines ends where one ends in a bracket.
            in_attribute = (in_attribute || line.starts_with("#[")) && !line.ends_with(']');
            docs += line;
        } else if let Some(name) = name {
            if !docs.contains("# Examples") && !docs.contains("doc(hidden)") {
                found.push(name);
            }
            docs.clear();
        } else if !line.starts_with("//") {
            docs.clear();
        }
    }
    found
}

#[test]
fn every_public_type_has_an_example() {
    // Those of `raw` are for the storages; but for this one users cannot name them.
    let is_named =
        |file: &File| file.folder != "raw" || file.text.contains("pub struct ShareCount");
    for File { module, text, .. } in sources().into_iter().filter(is_named) {
        let mut missing = without_example(&text);
        missing.retain(|name| !UNNAMEABLE.iter().any(|start| name.starts_with(start)));
        assert!(missing.is_empty(), "{module}.rs: no example for {missing:?}");
    }
}

#[test]
fn the_check_sees_missing_examples() {
    let source =
        "/// Has none.\n#[derive(Debug)]\npub struct A;\n\n/// # Examples\npub enum B {}\n";
    assert_eq!(without_example(source), ["A;"]);
}

/// The states, flags and functions that the spin model says it has from core.
fn named_by_the_model(model: &str) -> [Vec<&str>; 3] {
    let header = model.split("*/").next().unwrap_or_default();
    let mut rest = header;
    let mut until = |end| {
        let (before, after) = rest.split_once(end).unwrap_or_default();
        rest = after;
        before
    };
    let states = until("State, as in raw/waiters.rs").lines().last().unwrap_or_default();
    let flags = until("flags, as in raw/watch.rs");
    let functions = until("the same names");
    [states, flags, functions].map(|text| {
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        words.filter(|word| !word.is_empty()).collect()
    })
}

#[test]
fn the_spin_model_names_what_is_there() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../loom-tests/spin/waiting.pml");
    let model = fs::read_to_string(path).expect("the model is there");
    let [states, flags, functions] = named_by_the_model(&model);
    assert!(functions.len() > 20, "{functions:?}");
    let sources = sources();
    let waiters = sources.iter().find(|file| file.module == "waiters").expect("there");
    let state = waiters.text.split("enum State {").nth(1).and_then(|rest| rest.split('}').next());
    let variants: Vec<&str> = state
        .expect("the states are an enum")
        .lines()
        .filter_map(|line| line.trim().split(['(', ',']).next().filter(|name| !name.is_empty()))
        .collect();
    assert_eq!(variants, states);
    let watch = sources.iter().find(|file| file.module == "watch").expect("there");
    assert_eq!(flags.len(), 4, "{flags:?}");
    for flag in flags {
        assert!(watch.text.contains(&format!("const {flag}: Word")), "{flag} is not in watch.rs");
    }
    for name in functions {
        let function = [format!("fn {name}("), format!("fn {name}<")];
        let there = sources.iter().any(|file| function.iter().any(|f| file.text.contains(f)));
        assert!(there, "the model's `{name}` is not in core");
    }
}
