//! See [`framepool_fuzz::pool_ops`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| framepool_fuzz::pool_ops(bytes));
