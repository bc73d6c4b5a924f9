//! What safe code must not be able to write does not compile.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The compiler whose messages lie beside the cases, to the letter.
const PINNED: &str = "rustc 1.95.";

/// Set for this program when it runs itself, to learn what the compiler at hand says.
const ELSEWHERE: &str = "FRAMEPOOL_UI_CASES";

#[test]
fn misuse_does_not_compile() {
    if let Some(cases) = env::var_os(ELSEWHERE) {
        trybuild::TestCases::new().compile_fail(Path::new(&cases).join("*.rs"));
        return;
    }
    let mut directories = vec!["tests/ui"];
    if cfg!(feature = "alloc") {
        directories.push("tests/ui/alloc");
    }
    for directory in directories {
        if compiler().starts_with(PINNED) {
            trybuild::TestCases::new().compile_fail(format!("{directory}/*.rs"));
        } else {
            refused_for_the_same_reasons(directory);
        }
    }
    // Where a constant fails is told through core's own source: not to the letter.
    refused_for_the_same_reasons("tests/ui/constants");
}

fn compiler() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("there is a compiler");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Compares the codes of the errors alone: compilers word their messages differently.
fn refused_for_the_same_reasons(directory: &str) {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let theirs = Path::new(env!("CARGO_TARGET_TMPDIR")).join(directory);
    let _absent = fs::remove_dir_all(&theirs);
    fs::create_dir_all(&theirs).expect("a directory of our own");
    let cases = names(&ours, "rs");
    for case in &cases {
        fs::copy(ours.join(case), theirs.join(case)).expect("copied");
    }
    // To overwrite is to accept any message, but not that a case compiles.
    let status = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "misuse_does_not_compile"])
        .env(ELSEWHERE, &theirs)
        .env("TRYBUILD", "overwrite")
        .status()
        .expect("started");
    assert!(status.success(), "a case of {directory} compiles");
    let messages = names(&ours, "stderr");
    assert_eq!(messages.len(), cases.len(), "one message per case of {directory}");
    for message in messages {
        let expected = codes(&ours.join(&message));
        assert!(!expected.is_empty(), "{message} names no error");
        assert_eq!(codes(&theirs.join(&message)), expected, "{message}");
    }
}

/// Returns the names of the files with that ending.
fn names(directory: &Path, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("readable").map(|e| e.expect("readable"));
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(&format!(".{ending}"))).collect()
}

/// Returns the codes of the errors in a message, such as `E0277`, each once.
fn codes(message: &Path) -> Vec<String> {
    let text = fs::read_to_string(message).expect("readable");
    let errors = text.lines().filter_map(|line| line.strip_prefix("error["));
    let mut codes: Vec<_> =
        errors.filter_map(|error| Some(error.split_once(']')?.0.to_owned())).collect();
    codes.dedup();
    codes
}
