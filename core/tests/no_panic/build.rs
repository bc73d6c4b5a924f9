//! Links without the C runtime's start, which the program brings itself.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg=-nostartfiles");
    // For `memset` and its like; a program that allocates needs more than that.
    println!("cargo::rustc-link-arg=-lc");
}
