//! Tells the linker what memory the machine has that QEMU shows for this target.

use std::{env, fs, path::PathBuf};

/// The least that any of the Cortex-M machines has: a microbit's.
const CORTEX_M: &str = "MEMORY {
    FLASH : ORIGIN = 0x00000000, LENGTH = 256K
    RAM : ORIGIN = 0x20000000, LENGTH = 16K
}";
const VIRT: &str = "MEMORY { RAM : ORIGIN = 0x80000000, LENGTH = 512K }
REGION_ALIAS(\"REGION_TEXT\", RAM);
REGION_ALIAS(\"REGION_RODATA\", RAM);
REGION_ALIAS(\"REGION_DATA\", RAM);
REGION_ALIAS(\"REGION_BSS\", RAM);
REGION_ALIAS(\"REGION_HEAP\", RAM);
REGION_ALIAS(\"REGION_STACK\", RAM);";

fn main() {
    let out = PathBuf::from(var("OUT_DIR"));
    let memory = if var("TARGET").starts_with("thumb") { CORTEX_M } else { VIRT };
    fs::write(out.join("memory.x"), memory).expect("OUT_DIR can be written to");
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rerun-if-changed=build.rs");
}

fn var(name: &str) -> String {
    env::var(name).expect("cargo sets it")
}
