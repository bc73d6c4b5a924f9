//! The house rules of `core/src`, checked: imports go down the ladder, only `sync` knows atomics, and
//! the spin model of waiting names what is there.

use std::fs;
use std::path::{Path, PathBuf};

/// A file imports only from rungs below its own.
const LADDER: &[&[&str]] = &[
    &["sync", "error"],
    &["word"],
    &["free_list", "waiters"],
    &["book", "storage", "stats"],
    &["raw"],
    &["loan"],
    &["run", "acquire", "bytes"],
    &["pool", "frame"],
    &["acquirer", "recycle"],
    &["reserve"],
    &["owned"],
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

fn rung(module: &str) -> Option<usize> {
    LADDER.iter().position(|rung| rung.contains(&module))
}

/// Returns the crate's modules that the code (not the comments) of a source names.
fn imports(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in code(source) {
        for path in line.split("crate::").skip(1) {
            let name = path.split(|c: char| !(c.is_alphanumeric() || c == '_')).next();
            found.extend(name.map(str::to_owned));
        }
    }
    found
}

fn code(source: &str) -> impl Iterator<Item = &str> {
    source.lines().map(|line| line.split("//").next().unwrap_or_default())
}

/// Returns every file of the ladder with its module and text. A file in a folder stands on the rung
/// of the folder's module.
fn sources() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let name = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut files = Vec::new();
    for path in entries(&src) {
        if path.is_dir() {
            files.extend(entries(&path).into_iter().map(|file| (name(&path), file)));
        } else if name(&path) != "lib" {
            files.push((name(&path), path));
        }
    }
    let read = |path| fs::read_to_string(path).expect("readable");
    files.into_iter().map(|(module, path)| (module, read(path))).collect()
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("the folder is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    paths
}

#[test]
fn imports_go_down_the_ladder() {
    for (module, source) in sources() {
        let own = rung(&module).unwrap_or_else(|| panic!("{module}.rs stands on no rung"));
        for import in imports(&source) {
            let Some(imported) = rung(&import) else { continue };
            assert!(imported < own, "{module}.rs imports {import}, which is not below it");
        }
    }
}

#[test]
fn only_the_facade_names_atomics() {
    for (module, source) in sources().into_iter().filter(|(module, _)| module != "sync") {
        for line in code(&source) {
            for name in BEHIND_THE_FACADE {
                assert!(!line.contains(name), "{module}.rs names {name}: {line}");
            }
        }
    }
}

#[test]
fn the_check_sees_imports() {
    let source = "use crate::pool::Pool; // crate::frame\nfn f(x: crate::sync::Ordering) {}";
    assert_eq!(imports(source), ["pool", "sync"]);
}

#[test]
fn every_ordering_says_why() {
    for (module, source) in sources().into_iter().filter(|(module, _)| module != "sync") {
        let lines: Vec<&str> = source.lines().collect();
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

/// Returns the public types and traits of a source whose docs have no example.
fn without_example(source: &str) -> Vec<String> {
    let kinds = ["struct ", "enum ", "trait ", "unsafe trait ", "type "];
    let mut found = Vec::new();
    let mut docs = String::new();
    for line in source.lines().map(str::trim) {
        let name = line.strip_prefix("pub ").and_then(|item| {
            kinds.iter().find_map(|kind| item.strip_prefix(kind)).map(str::to_owned)
        });
        if line.starts_with("///") || line.starts_with("#[") {
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
    for (module, source) in sources() {
        let mut missing = without_example(&source);
        // Nobody can name a seal.
        missing.retain(|name| !name.starts_with("Sealed"));
        assert!(missing.is_empty(), "{module}.rs: no example for {missing:?}");
    }
}

#[test]
fn the_check_sees_missing_examples() {
    let source =
        "/// Has none.\n#[derive(Debug)]\npub struct A;\n\n/// # Examples\npub enum B {}\n";
    assert_eq!(without_example(source), ["A;"]);
}

/// The states and functions that the spin model says it has from core.
fn named_by_the_model(model: &str) -> [Vec<&str>; 2] {
    let header = model.split("*/").next().unwrap_or_default();
    let before = |text| header.split(text).next().unwrap_or_default();
    let states = before("State, as in").lines().last().unwrap_or_default();
    let functions = before("the\n *   same names").lines().last().unwrap_or_default();
    [states, functions].map(|line| {
        let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        words.filter(|word| !word.is_empty()).collect()
    })
}

#[test]
fn the_spin_model_names_what_is_there() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../loom-tests/spin/waiting.pml");
    let model = fs::read_to_string(path).expect("the model is there");
    let [states, functions] = named_by_the_model(&model);
    assert!(states.len() == 4 && functions.len() > 8, "{states:?} {functions:?}");
    let sources = sources();
    let (_, waiters) = sources.iter().find(|(module, _)| module == "waiters").expect("there");
    let state = waiters.split("enum State {").nth(1).and_then(|rest| rest.split('}').next());
    let variants: Vec<&str> = state
        .expect("the states are an enum")
        .lines()
        .filter_map(|line| line.trim().split(['(', ',']).next().filter(|name| !name.is_empty()))
        .collect();
    assert_eq!(variants, states);
    for name in functions {
        let function = [format!("fn {name}("), format!("fn {name}<")];
        let there = sources.iter().any(|(_, text)| function.iter().any(|f| text.contains(f)));
        assert!(there, "the model's `{name}` is not in core");
    }
}
