//! Sizes of one file: raw, gzip, Brotli.
//!
//! Brotli is Google's own encoder, which is what servers have: another one is bytes apart.
//!
//! The compressed sizes are the raw one for formats that are compressed already, because servers send
//! those as they are, and for files that compressing makes no smaller.

use super::cache::{Cache, Digest};
use super::kind::is_compressed_format;
use crate::record::{Compressors, Sizes};
use brotlic::encode::BrotliEncoderOptions;
use brotlic::{CompressorWriter, Quality, WindowSize};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

const PIECE: usize = 64 * 1024;

/// Reads the file at most twice, in pieces: once to know it again, once to compress it.
pub(super) fn sizes(path: &Path, length: u64, with: Compressors, cache: Option<&Cache>) -> io::Result<Sizes> {
    let name = path.to_string_lossy();
    if is_compressed_format(&name) {
        let mut raw = 0;
        read_pieces(path, |piece| {
            raw += piece.len() as u64;
            Ok(())
        })?;
        return Ok(Sizes::uncompressed(raw));
    }
    if let Some(cache) = cache {
        let mut hash = Sha256::new();
        let mut raw = 0;
        read_pieces(path, |piece| {
            hash.update(piece);
            raw += piece.len() as u64;
            Ok(())
        })?;
        let known = cache.get(&hash.finalize().into()).filter(|known| known.raw == raw);
        match (known, with) {
            (Some(known), Compressors::Gzip) => return Ok(Sizes { brotli: None, ..known }),
            (Some(known), Compressors::GzipAndBrotli) if known.brotli.is_some() => return Ok(known),
            _ => {}
        }
    }
    let (sizes, digest) = compress(path, length, with)?;
    if let Some(cache) = cache {
        cache.put(digest, sizes);
    }
    Ok(sizes)
}

fn compress(path: &Path, length: u64, with: Compressors) -> io::Result<(Sizes, Digest)> {
    let mut hash = Sha256::new();
    let mut gzip = GzEncoder::new(Counter(0), Compression::new(9));
    let mut brotli = match with {
        Compressors::Gzip => None,
        Compressors::GzipAndBrotli => Some(brotli(length)?),
    };
    let mut raw = 0;
    read_pieces(path, |piece| {
        raw += piece.len() as u64;
        hash.update(piece);
        gzip.write_all(piece)?;
        brotli.as_mut().map_or(Ok(()), |brotli| brotli.write_all(piece))
    })?;
    let gzip = gzip.finish()?.0.min(raw);
    let brotli = brotli.map(CompressorWriter::into_inner).transpose();
    let brotli = brotli.map_err(|error| io::Error::other(error.to_string()))?.map(|counter| counter.0.min(raw));
    Ok((Sizes { raw, gzip, brotli }, hash.finalize().into()))
}

fn brotli(length: u64) -> io::Result<CompressorWriter<Counter>> {
    let encoder = BrotliEncoderOptions::new()
        .quality(Quality::best())
        .window_size(WindowSize::default())
        // So that reading in pieces gives what compressing at once does.
        .size_hint(u32::try_from(length).unwrap_or(u32::MAX))
        .build()
        .map_err(io::Error::other)?;
    Ok(CompressorWriter::with_encoder(encoder, Counter(0)))
}

fn read_pieces(path: &Path, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => each(&piece[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Counts what is written to it.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, bytes: &[u8]) -> Sizes {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        sizes(&path, bytes.len() as u64, Compressors::GzipAndBrotli, None).unwrap()
    }

    #[test]
    fn text_gets_smaller_and_brotli_beats_gzip() {
        let lines: Vec<String> = (0..3000).map(|n| format!("export const value{n} = {};\n", n * n % 977)).collect();
        let text = lines.concat();
        let sizes = of("a.js", text.as_bytes());
        assert_eq!(sizes.raw, text.len() as u64);
        assert!(sizes.brotli.unwrap() < sizes.gzip && sizes.gzip < sizes.raw / 3, "{sizes:?}");
    }

    #[test]
    fn what_servers_send_as_it_is_counts_as_it_is() {
        let zeros = [0; 5000];
        assert_eq!(of("a.PNG", &zeros), Sizes::uncompressed(5000));
        assert!(of("a.svg", &zeros).gzip < 100);
    }

    #[test]
    fn what_was_measured_without_brotli_is_measured_anew_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.js");
        let text = "x = 1;\n".repeat(900);
        std::fs::write(&path, &text).unwrap();
        let look = |with| {
            let cache = Cache::open(folder.path());
            let sizes = sizes(&path, text.len() as u64, with, Some(&cache)).unwrap();
            cache.write().unwrap();
            sizes
        };
        let alone = look(Compressors::Gzip);
        assert_eq!((alone.raw, alone.brotli), (text.len() as u64, None));
        let both = look(Compressors::GzipAndBrotli);
        assert!(both.gzip == alone.gzip && both.brotli.is_some_and(|size| size > 0 && size < both.gzip), "{both:?}");
        assert_eq!(look(Compressors::Gzip), alone, "the same, whatever the cache knows");
        assert_eq!(Cache::open(folder.path()).get(&Sha256::digest(&text).into()), Some(both), "and the cache keeps it");
    }

    #[test]
    fn compressing_never_makes_a_file_larger() {
        assert_eq!(of("a.js", b"x=1"), Sizes::uncompressed(3));
        assert_eq!(of("a.js", b""), Sizes::default());
    }
}
