//! Acquiring and releasing cannot panic, and need neither a heap nor a standard library: a program
//! that does both links, though its panic handler calls a function that does not exist.

#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Copies the program out of the source tree, with the versions that this workspace has locked.
fn program() -> PathBuf {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (from, to) =
        (core.join("tests/no_panic"), Path::new(env!("CARGO_TARGET_TMPDIR")).join("no_panic"));
    fs::create_dir_all(to.join("src")).expect("a directory of our own");
    for file in ["build.rs", "src/main.rs"] {
        fs::copy(from.join(file), to.join(file)).expect("copied");
    }
    let manifest = fs::read_to_string(from.join("Cargo.toml")).expect("readable");
    let manifest = manifest.replace("\"../..\"", &format!("{:?}", core.display().to_string()));
    fs::write(to.join("Cargo.toml"), manifest).expect("written");
    // Without it cargo would choose versions anew; a crate on its own has none.
    let _absent = fs::copy(core.join("../Cargo.lock"), to.join("Cargo.lock"));
    to
}

/// Builds the program; `Err` is what the build said when it failed.
fn build(program: &Path, features: &str) -> Result<(), String> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--offline", "--features", features])
        .arg("--target-dir")
        .arg(program.join("target"))
        .current_dir(program)
        // Flags for this test, such as a sanitizer's, are not for the program.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo starts");
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn acquire_and_release_link_without_a_panic_a_heap_or_std() {
    let program = program();
    let plain = build(&program, "");
    assert!(plain.is_ok(), "{}", plain.unwrap_err());
    // The controls: were these to link, the check would see nothing.
    let panics = build(&program, "panics").unwrap_err();
    assert!(panics.contains("this_program_can_panic"), "{panics}");
    let allocates = build(&program, "allocates").unwrap_err();
    assert!(allocates.contains("global memory allocator"), "{allocates}");
}
