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
    if compiler().starts_with(PINNED) {
        trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
    } else {
        refused_for_the_same_reasons("tests/ui");
    }
    // Where a constant fails is told through core's own source: only why is compared.
    refused_for_the_same_reasons("tests/ui/constants");
}

fn compiler() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("there is a compiler");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Compares the errors' codes, and what a panic in a constant says: compilers word the rest
/// differently.
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
    let output = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "misuse_does_not_compile"])
        .env(ELSEWHERE, &theirs)
        .env("TRYBUILD", "overwrite")
        .output()
        .expect("started");
    // Shown only then: it quotes the errors that are wanted.
    let shown = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "a case of {directory} compiles: {shown}");
    let messages = names(&ours, "stderr");
    assert_eq!(messages.len(), cases.len(), "one message per case of {directory}");
    for message in messages {
        let expected = reasons(&ours.join(&message));
        assert!(!expected.is_empty(), "{message} names no error");
        assert_eq!(reasons(&theirs.join(&message)), expected, "{message}");
    }
}

/// Returns the names of the files with that ending.
fn names(directory: &Path, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("readable").map(|e| e.expect("readable"));
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(&format!(".{ending}"))).collect()
}

/// Returns the reasons of the errors in a message, each once: a code such as `E0277`, and for a panic
/// its text.
fn reasons(message: &Path) -> Vec<String> {
    let text = fs::read_to_string(message).expect("readable");
    let errors = text.lines().filter_map(|line| line.strip_prefix("error[")?.split_once("]: "));
    let mut reasons: Vec<_> = errors
        .map(|(code, said)| {
            let panic = said.strip_prefix("evaluation panicked").unwrap_or_default();
            format!("{code}{panic}")
        })
        .collect();
    reasons.dedup();
    reasons
}
