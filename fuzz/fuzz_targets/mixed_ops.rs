//! See [`framepool_fuzz::mixed_ops`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| framepool_fuzz::mixed_ops(bytes));
