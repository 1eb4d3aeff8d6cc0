//! Makes the release program smaller by a sixth, at link time and nowhere else: without the tables for unwinding (it
//! aborts on a panic, so nothing ever unwinds), identical functions once, relocations packed. Only with the linker that
//! the toolchain itself brings (LLD, for Linux on x86-64), which is known to take all that; a release made with
//! another one is larger and nothing else.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]

use std::env::var;
use std::process::Command;

/// The first C library that can load a program with packed relocations (`DT_RELR`).
const PACKS_RELOCATIONS: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=release.ld");
    let is = |name: &str, value: &str| var(name).is_ok_and(|it| it == value);
    let own_linker = var("RUSTC_LINKER").is_err() && is("CARGO_ENCODED_RUSTFLAGS", "");
    if !(is("PROFILE", "release") && is("TARGET", "x86_64-unknown-linux-gnu") && own_linker) {
        return;
    }
    let folder = var("CARGO_MANIFEST_DIR").unwrap_or_default();
    pass(&format!("-T,{folder}/release.ld"));
    pass("--icf=all");
    // A program runs where the C library is no older than where it was made.
    if libc_version().is_some_and(|version| version >= PACKS_RELOCATIONS) {
        pass("-z,pack-relative-relocs");
    }
}

fn pass(argument: &str) {
    println!("cargo::rustc-link-arg-bin=shipgate=-Wl,{argument}");
}

/// Of `glibc 2.36`.
fn libc_version() -> Option<(u32, u32)> {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}
