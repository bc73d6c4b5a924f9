//! Compiles core's source for loom, without any RUSTFLAGS.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Without this, two checkouts that share a target directory share a stale library.
    println!("cargo::rerun-if-changed=../core/src");
    println!("cargo::rustc-cfg=framepool_loom");
}
