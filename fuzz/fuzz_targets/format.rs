//! Every format, named by the binary.
#![no_main]

use shipgate_fuzz::{in_time, invariant};

libfuzzer_sys::fuzz_target!(|input: &[u8]| in_time(|| invariant::read_log(env!("CARGO_BIN_NAME"), input)));
