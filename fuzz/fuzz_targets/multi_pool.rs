//! See [`framepool_fuzz::multi_pool`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| framepool_fuzz::multi_pool(bytes));
