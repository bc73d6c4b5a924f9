//! See [`framepool_fuzz::async_ops`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| framepool_fuzz::async_ops(bytes));
