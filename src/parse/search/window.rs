//! Words found by windows of three bytes, 32 places at a time.
//!
//! The method is Teddy (<https://github.com/jneem/teddy>, used by Hyperscan): each word lies in one of sixteen
//! buckets, and two tables of 16 bytes tell for each place of the window which buckets may have a byte there. Unlike
//! elsewhere the window is not a word's beginning but its rarest part, and words share a bucket so that what else
//! passes the tables is rare: with the many short words of compilers that is what the time depends on. Needs AVX2;
//! without it the caller searches otherwise.

#![expect(clippy::inline_always, reason = "only what is inlined is compiled for the instructions that were asked for")]

use super::bucket::{self, BUCKETS, MOST, PLACES, Word};
use pulp::NullaryFnOnce;
use pulp::x86::V3;
use std::arch::x86_64::__m256i;

const LANES: usize = 32;
/// Of what passes the tables so many bytes are compared before any whole word is.
const COMPARED: usize = 4;
/// The bytes of one step, with the windows that begin at its end.
const BLOCK: usize = LANES + COMPARED - 1;

/// What the search knows of a set of words.
#[derive(Debug)]
pub(super) struct Windows {
    simd: V3,
    buckets: [Bucket; BUCKETS],
    /// For each place of the window: the buckets by the two keys of the byte there. First the even buckets, a bit
    /// each, then the odd ones.
    tables: [[[[u8; LANES]; 2]; 2]; PLACES],
}

/// Words, and their windows as numbers: what they must be where the mask is.
#[derive(Debug, Default)]
struct Bucket {
    words: Vec<Word>,
    masks: [u32; MOST],
    values: [u32; MOST],
}

impl Bucket {
    fn new(words: Vec<Word>) -> Self {
        // An empty place would match four NULs.
        let mut bucket = Self { words: Vec::new(), masks: [0; MOST], values: [u32::MAX; MOST] };
        for (place, word) in words.iter().enumerate() {
            let bytes = [0, 1, 2, 3].map(|place| word.byte(place));
            bucket.masks[place] = u32::from_le_bytes(bytes.map(|byte| if byte.is_some() { 0xff } else { 0 }));
            bucket.values[place] = u32::from_le_bytes(bytes.map(Option::unwrap_or_default));
        }
        bucket.words = words;
        bucket
    }

    /// The last byte of a word that has its window at `at`, where these bytes are. Comparing whole words is
    /// left to those few whose window fits.
    #[inline(always)]
    fn find(&self, simd: V3, window: u32, data: &[u8], at: usize) -> Option<usize> {
        let mut fitting = self.fitting(simd, window);
        while fitting != 0 {
            let word = &self.words[fitting.trailing_zeros() as usize];
            fitting &= fitting - 1;
            if let Some(start) = at.checked_sub(word.window)
                && data[start..].starts_with(&word.bytes)
            {
                return Some(start + word.bytes.len() - 1);
            }
        }
        None
    }

    /// A bit for each word whose window it may be.
    #[inline(always)]
    fn fitting(&self, simd: V3, window: u32) -> u32 {
        let V3 { avx, avx2, .. } = simd;
        let window = avx._mm256_set1_epi32(window.cast_signed());
        let masks: __m256i = pulp::cast(self.masks);
        let values: __m256i = pulp::cast(self.values);
        let same = avx2._mm256_cmpeq_epi32(avx2._mm256_and_si256(window, masks), values);
        avx._mm256_movemask_ps(avx._mm256_castsi256_ps(same)).cast_unsigned()
    }
}

impl Windows {
    /// `None` where the processor cannot do it, or the words do not fit in.
    pub(super) fn new(words: &[&str]) -> Option<Self> {
        let simd = V3::try_new()?;
        let buckets = bucket::share(words)?;
        let mut tables = [[[[0; LANES]; 2]; 2]; PLACES];
        for (number, bucket) in buckets.iter().enumerate() {
            for (tables, sets) in tables.iter_mut().zip(bucket.sets) {
                for (table, set) in tables[number % 2].iter_mut().zip(sets) {
                    for (entry, slot) in table.iter_mut().enumerate() {
                        *slot |= ((set >> (entry & 15) & 1) as u8) << (number / 2);
                    }
                }
            }
        }
        Some(Self { simd, buckets: buckets.map(|bucket| Bucket::new(bucket.words)), tables })
    }

    /// The last byte of the first word at or behind `at`; first by its window.
    pub(super) fn find(&self, data: &[u8], at: usize) -> Option<usize> {
        self.simd.vectorize(Scan { windows: self, data, at })
    }

    /// The first word of those that a block may have.
    #[inline(always)]
    fn first_of(&self, data: &[u8], at: usize, found: &Candidates, block: &[u8; BLOCK]) -> Option<usize> {
        let mut left = found.places;
        while left != 0 {
            let place = left.trailing_zeros() as usize;
            left &= left - 1;
            let window = u32::from_le_bytes(*block[place..].first_chunk()?);
            for (odd, buckets) in found.buckets.iter().enumerate() {
                let mut buckets = buckets[place];
                while buckets != 0 {
                    let bucket = &self.buckets[(buckets.trailing_zeros() as usize & 7) * 2 + odd];
                    buckets &= buckets - 1;
                    if let Some(end) = bucket.find(self.simd, window, data, at + place) {
                        return Some(end);
                    }
                }
            }
        }
        None
    }
}

/// The search itself, as what is compiled for these instructions.
struct Scan<'a> {
    windows: &'a Windows,
    data: &'a [u8],
    at: usize,
}

type Tables = [[[__m256i; 2]; 2]; PLACES];

impl NullaryFnOnce for Scan<'_> {
    type Output = Option<usize>;

    #[inline(always)]
    fn call(self) -> Option<usize> {
        let Self { windows, data, at } = self;
        let tables: Tables = windows.tables.map(|place| place.map(|keys| keys.map(pulp::cast)));
        let mut at = at;
        while let Some(block) = data[at..].first_chunk() {
            if let Some(found) = candidates(windows.simd, &tables, block)
                && let Some(end) = windows.first_of(data, at, &found, block)
            {
                return Some(end);
            }
            at += LANES;
        }
        // What is left is shorter than a block with its window.
        let mut last = [0; 2 * LANES + COMPARED];
        last[..data.len() - at].copy_from_slice(&data[at..]);
        for start in [0, LANES] {
            let block = last[start..].first_chunk()?;
            if let Some(found) = candidates(windows.simd, &tables, block)
                && let Some(end) = windows.first_of(data, at + start, &found, block)
            {
                return Some(end);
            }
        }
        None
    }
}

/// Where in a block windows may begin, and of which buckets' words.
struct Candidates {
    places: u32,
    /// The even ones and the odd ones.
    buckets: [[u8; LANES]; 2],
}

#[inline(always)]
fn candidates(simd: V3, tables: &Tables, block: &[u8; BLOCK]) -> Option<Candidates> {
    let V3 { avx, avx2, .. } = simd;
    // One after the other: a loop would be left a loop where all is compiled for size.
    let [first, second, third] = tables;
    let (first, second, third) =
        (passing::<0>(simd, first, block)?, passing::<1>(simd, second, block)?, passing::<2>(simd, third, block)?);
    let and = |one, other| avx2._mm256_and_si256(one, other);
    let all = [and(and(first.0, second.0), third.0), and(and(first.1, second.1), third.1)];
    let any = avx2._mm256_or_si256(all[0], all[1]);
    if avx._mm256_testz_si256(any, any) == 1 {
        return None;
    }
    let none = avx2._mm256_cmpeq_epi8(any, avx._mm256_setzero_si256());
    Some(Candidates { places: !(avx2._mm256_movemask_epi8(none).cast_unsigned()), buckets: all.map(pulp::cast) })
}

/// The even and the odd buckets that bytes may have at a place of the window.
#[inline(always)]
fn passing<const PLACE: usize>(
    simd: V3,
    tables: &[[__m256i; 2]; 2],
    block: &[u8; BLOCK],
) -> Option<(__m256i, __m256i)> {
    let V3 { avx, avx2, .. } = simd;
    let four_bits = avx._mm256_set1_epi8(15);
    let bytes: __m256i = pulp::cast(*block[PLACE..].first_chunk::<LANES>()?);
    // As `bucket::keys` has them.
    let low = avx2._mm256_and_si256(bytes, four_bits);
    let high = avx2._mm256_and_si256(avx2._mm256_srli_epi16::<3>(bytes), four_bits);
    let [even, odd] = tables;
    let of = |[lows, highs]: &[__m256i; 2]| {
        avx2._mm256_and_si256(avx2._mm256_shuffle_epi8(*lows, low), avx2._mm256_shuffle_epi8(*highs, high))
    };
    Some((of(even), of(odd)))
}
