//! See [`framepool_fuzz::sdk_calls`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| framepool_fuzz::sdk_calls(bytes));
