//! Kept inputs still pass, on stable and without a fuzzer.

use framepool_fuzz::{TARGETS, Target};
use std::path::{Path, PathBuf};
use std::{fs, io, panic};

fn files(folder: &str, target: &str) -> io::Result<Vec<PathBuf>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(target);
    let mut files = fs::read_dir(dir)?
        .map(|entry| Ok(entry?.path()))
        .filter(|path| path.as_ref().map_or(true, |path| !path.ends_with(".gitkeep")))
        .collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn replay(folder: &str) -> usize {
    let mut replayed = 0;
    for Target { name: target, body, .. } in TARGETS {
        for path in files(folder, target).expect("each target has its folder") {
            let bytes = fs::read(&path).expect("readable");
            let outcome = panic::catch_unwind(|| body(&bytes));
            assert!(outcome.is_ok(), "{} fails: see above", path.display());
            replayed += 1;
        }
    }
    replayed
}

#[test]
fn the_corpus_passes_and_is_there() {
    for Target { name: target, .. } in TARGETS {
        assert!(!files("corpus", target).expect("its folder").is_empty(), "{target}: no corpus");
    }
    assert!(replay("corpus") >= TARGETS.len());
}

#[test]
fn what_failed_once_passes() {
    replay("regressions");
}

#[test]
fn every_target_has_its_binary() {
    let manifest = include_str!("../Cargo.toml");
    for Target { name: target, .. } in TARGETS {
        let path = format!("fuzz_targets/{target}.rs");
        assert!(manifest.contains(&format!("path = \"{path}\"")), "{path}");
        let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path));
        let call = format!("framepool_fuzz::{target}(bytes)");
        assert!(source.expect(&path).contains(&call), "{path}");
    }
}
