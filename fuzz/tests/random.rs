//! Random operations, from fixed seeds: a fuzzer's first minute without a fuzzer.
//!
//! With `FRAMEPOOL_RANDOM_OPS=10000000` each target runs that many operations, and says how long it
//! took.

#![allow(clippy::print_stdout, reason = "the figures in README.md")]

use framepool_fuzz::{TARGETS, Target};
use std::time::Instant;
use std::{env, panic};

/// A plain test's operations, for each target.
const OPS: usize = 100_000;
const OPS_PER_CASE: usize = 200;

/// Marsaglia's xorshift64.
struct XorShift(u64);

impl XorShift {
    fn byte(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.to_le_bytes()[4]
    }

    fn case(seed: u64, length: usize) -> Vec<u8> {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..length).map(|_| random.byte()).collect()
    }
}

/// Returns what went wrong, if something does.
fn fault(target: &Target, bytes: &[u8]) -> Option<String> {
    let fault = panic::catch_unwind(|| (target.body)(bytes)).err()?;
    // What a panic with arguments carries.
    Some(fault.downcast::<String>().map_or_else(|_| "no text".to_owned(), |text| *text))
}

/// Leaves operations out as long as the case still fails.
fn shrink(target: &Target, mut bytes: Vec<u8>) -> Vec<u8> {
    let mut at = bytes.len();
    while at >= target.head_bytes + target.op_bytes {
        at -= target.op_bytes;
        let mut shorter = bytes.clone();
        shorter.drain(at..at + target.op_bytes);
        if fault(target, &shorter).is_some() {
            bytes = shorter;
            // Something before may be needless now.
            at = bytes.len();
        }
    }
    bytes
}

fn run(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target");
    let ops = env::var("FRAMEPOOL_RANDOM_OPS").map_or(OPS, |ops| ops.parse().expect("a number"));
    let length = target.head_bytes + target.op_bytes * OPS_PER_CASE;
    let (begun, cases) = (Instant::now(), ops.div_ceil(OPS_PER_CASE));
    for seed in 1..=cases as u64 {
        let bytes = XorShift::case(seed, length);
        if fault(target, &bytes).is_some() {
            let hook = panic::take_hook();
            panic::set_hook(Box::new(|_| {}));
            let bytes = shrink(target, bytes);
            let fault = fault(target, &bytes);
            panic::set_hook(hook);
            panic!("{name}, seed {seed}, shrunk to {bytes:?}: {fault:?}");
        }
    }
    println!("{name}: {} operations in {:.0?}", cases * OPS_PER_CASE, begun.elapsed());
}

#[test]
fn random_pool_ops_agree_with_the_model() {
    run("pool_ops");
}

#[test]
fn random_buffer_ops_agree_with_the_model() {
    run("buffer_ops");
}

#[test]
fn random_multi_pool_agree_with_the_model() {
    run("multi_pool");
}

#[test]
fn random_async_ops_agree_with_the_model() {
    run("async_ops");
}

#[test]
fn random_lease_ops_agree_with_the_model() {
    run("lease_ops");
}

#[test]
fn random_mixed_ops_agree_with_the_model() {
    run("mixed_ops");
}

#[test]
fn random_sdk_calls_end_in_a_code() {
    run("sdk_calls");
}

#[test]
fn random_sdk_frames_are_what_arithmetic_says() {
    run("sdk_frames");
}

#[test]
fn every_target_runs_here() {
    let source = include_str!("random.rs");
    for target in TARGETS {
        assert!(source.contains(&format!("run(\"{}\")", target.name)), "{}", target.name);
    }
}
