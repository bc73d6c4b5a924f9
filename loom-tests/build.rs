//! Compiles core's source for loom, without any RUSTFLAGS.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Without this, two checkouts that share a target directory share a stale library.
    println!("cargo::rerun-if-changed=../core/src");
    println!("cargo::rustc-cfg=framepool_loom");
    // Features of core that concern no model: names that the compiler knows, but never on here.
    println!(
        "cargo::rustc-check-cfg=cfg(feature, values(\"bytes\", \"defmt\", \"serde\", \"std\"))"
    );
}
