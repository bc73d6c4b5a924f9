//! See [`framepool_fuzz::lease_ops`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| framepool_fuzz::lease_ops(bytes));
