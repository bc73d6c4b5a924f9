//! Random operations, from fixed seeds: a fuzzer's first minute without a fuzzer.

use arbitrary::{Arbitrary, Unstructured};
use framepool_fuzz::{Case, Op, pool_ops};
use std::panic;

const CASES: u64 = 1_000;
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

    fn case(seed: u64) -> Vec<u8> {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..1 + Op::BYTES * OPS_PER_CASE).map(|_| random.byte()).collect()
    }
}

/// Returns what went wrong, if something does.
fn fault(bytes: &[u8]) -> Option<String> {
    let fault = panic::catch_unwind(|| pool_ops(bytes)).err()?;
    // What a panic with arguments carries.
    Some(fault.downcast::<String>().map_or_else(|_| "no text".to_owned(), |text| *text))
}

/// Leaves operations out as long as the case still fails.
fn shrink(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut at = bytes.len();
    while at > Op::BYTES {
        at -= Op::BYTES;
        let mut shorter = bytes.clone();
        shorter.drain(at..at + Op::BYTES);
        if fault(&shorter).is_some() {
            bytes = shorter;
            // Something before may be needless now.
            at = bytes.len();
        }
    }
    bytes
}

#[test]
fn random_operations_agree_with_the_model() {
    for seed in 1..=CASES {
        let bytes = XorShift::case(seed);
        if fault(&bytes).is_some() {
            let hook = panic::take_hook();
            panic::set_hook(Box::new(|_| {}));
            let bytes = shrink(bytes);
            let fault = fault(&bytes);
            panic::set_hook(hook);
            let case = Case::arbitrary(&mut Unstructured::new(&bytes));
            panic!("seed {seed}, shrunk to {bytes:?}: {case:?}: {fault:?}");
        }
    }
}
