//! See [`framepool_fuzz::buffer_ops`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| framepool_fuzz::buffer_ops(bytes));
