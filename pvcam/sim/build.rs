//! Gives the shared library the vendor's soname, so that programs linked to that library accept it.
#![allow(clippy::print_stdout, reason = "a build script talks to cargo through its output")]

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libpvcam.so.2");
    }
}
