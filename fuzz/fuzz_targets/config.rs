//! `shipgate.yml`.
#![no_main]

use shipgate_fuzz::{in_time, invariant};

libfuzzer_sys::fuzz_target!(|input: &[u8]| in_time(|| invariant::read_config(input)));
