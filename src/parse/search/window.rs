//! Words found by windows of four bytes, 32 places at a time.
//!
//! The method is Teddy (<https://github.com/jneem/teddy>, used by Hyperscan): each word lies in one of
//! eight buckets, and two tables of 16 bytes tell for each half of a byte which buckets may have it at a
//! place of the window. Unlike elsewhere the window is not a word's beginning but its rarest part, and words
//! share a bucket so that what else passes the tables is rare: with the many short words of compilers that is
//! what the time depends on. Needs AVX2; without it the caller searches otherwise.

#![expect(clippy::inline_always, reason = "only what is inlined is compiled for the instructions that were asked for")]

use pulp::NullaryFnOnce;
use pulp::x86::V3;
use std::arch::x86_64::__m256i;

const WIDTH: usize = 4;
const LANES: usize = 32;
/// The bytes of one step, with the windows that begin at its end.
const BLOCK: usize = LANES + WIDTH - 1;

/// Bytes of logs, the commonest first. Only speed depends on it.
const COMMON: &[u8] =
    b" etaoinsrcdlpmu/.-_hg10fb2y3kvx4w5:(968)7j'TSACEPRDINq\"z,=OMLFUB@#[]H>\\GWV+VKYJXZ{}<$&*;%|~!?`^\n\t\r";

/// What the search knows of a set of words.
#[derive(Debug)]
pub(super) struct Windows {
    simd: V3,
    buckets: [Bucket; 8],
    /// For each place of the window: the buckets by the low and the high half of the byte there.
    tables: [[[u8; LANES]; 2]; WIDTH],
}

/// Words, and their windows as numbers: what they must be where the mask is.
#[derive(Debug, Default)]
struct Bucket {
    words: Vec<Word>,
    masks: [u32; MOST],
    values: [u32; MOST],
}

/// More words are not put into one bucket.
const MOST: usize = 16;

impl Bucket {
    fn push(&mut self, word: Word) {
        let place = self.words.len();
        let byte = |place| word.byte(place);
        self.masks[place] = u32::from_le_bytes([0, 1, 2, 3].map(|place| if byte(place).is_some() { 0xff } else { 0 }));
        self.values[place] = u32::from_le_bytes([0, 1, 2, 3].map(|place| byte(place).unwrap_or_default()));
        self.words.push(word);
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
        let masks: [__m256i; 2] = pulp::cast(self.masks);
        let values: [__m256i; 2] = pulp::cast(self.values);
        let fits = |half: usize| {
            let same = avx2._mm256_cmpeq_epi32(avx2._mm256_and_si256(window, masks[half]), values[half]);
            avx._mm256_movemask_ps(avx._mm256_castsi256_ps(same)).cast_unsigned()
        };
        fits(0) | fits(1) << 8
    }
}

#[derive(Debug, Clone)]
struct Word {
    bytes: Vec<u8>,
    /// Where the window begins in it.
    window: usize,
}

impl Word {
    fn byte(&self, place: usize) -> Option<u8> {
        self.bytes.get(self.window + place).copied()
    }
}

/// Which bytes a bucket lets pass: for each place of the window, low and high halves.
#[derive(Debug, Clone, Copy, Default)]
struct Halves([[u16; 2]; WIDTH]);

impl Halves {
    fn add(mut self, word: &Word) -> Self {
        for (place, [low, high]) in self.0.iter_mut().enumerate() {
            if let Some(byte) = word.byte(place) {
                *low |= 1 << (byte & 15);
                *high |= 1 << (byte >> 4);
            } else {
                (*low, *high) = (u16::MAX, u16::MAX);
            }
        }
        self
    }

    /// How often something passes, roughly.
    fn chance(self, weights: &[f32; 256]) -> f32 {
        let place = |[low, high]: [u16; 2]| -> f32 {
            let passes = |byte: usize| low >> (byte & 15) & 1 == 1 && high >> (byte >> 4) & 1 == 1;
            (0..256).filter(|&byte| passes(byte)).map(|byte| weights[byte]).sum()
        };
        self.0.into_iter().map(place).product()
    }
}

impl Windows {
    /// `None` where the processor cannot do it.
    pub(super) fn new(words: &[&str]) -> Option<Self> {
        let simd = V3::try_new()?;
        let mut weights = [0.0001_f32; 256];
        for (rank, &byte) in COMMON.iter().enumerate() {
            weights[usize::from(byte)] = 0.2 / (rank + 2) as f32;
        }
        let mut words: Vec<(f32, Word)> = words.iter().map(|word| rarest_window(word.as_bytes(), &weights)).collect();
        words.sort_by(|one, other| other.0.total_cmp(&one.0));
        let mut buckets: [Bucket; 8] = Default::default();
        let mut halves = [Halves::default(); 8];
        let mut chances = [0.0_f32; 8];
        for (_, word) in words {
            let grown = |bucket: usize| halves[bucket].add(&word).chance(&weights) - chances[bucket];
            let bucket = (0..8)
                .filter(|&bucket| buckets[bucket].words.len() < MOST)
                .min_by(|&one, &other| grown(one).total_cmp(&grown(other)))?;
            halves[bucket] = halves[bucket].add(&word);
            chances[bucket] = halves[bucket].chance(&weights);
            buckets[bucket].push(word);
        }
        let mut tables = [[[0; LANES]; 2]; WIDTH];
        for (bucket, halves) in halves.iter().enumerate() {
            for (table, sets) in tables.iter_mut().zip(halves.0) {
                for (table, set) in table.iter_mut().zip(sets) {
                    for (entry, slot) in table.iter_mut().enumerate() {
                        *slot |= ((set >> (entry & 15) & 1) as u8) << bucket;
                    }
                }
            }
        }
        // An empty place would match four NULs.
        for bucket in &mut buckets {
            let used = bucket.words.len();
            bucket.values[used..].fill(u32::MAX);
        }
        Some(Self { simd, buckets, tables })
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
            let mut buckets = found.buckets[place];
            while buckets != 0 {
                let bucket = &self.buckets[buckets.trailing_zeros() as usize & 7];
                buckets &= buckets - 1;
                if let Some(end) = bucket.find(self.simd, window, data, at + place) {
                    return Some(end);
                }
            }
        }
        None
    }
}

/// The part of a word that is the rarest in logs.
fn rarest_window(bytes: &[u8], weights: &[f32; 256]) -> (f32, Word) {
    let word = |window| Word { bytes: bytes.to_vec(), window };
    let chance = |window: &usize| Halves::default().add(&word(*window)).chance(weights);
    let last = bytes.len().saturating_sub(WIDTH);
    let window = (0..=last).min_by(|one, other| chance(one).total_cmp(&chance(other))).unwrap_or_default();
    (chance(&window), word(window))
}

/// The search itself, as what is compiled for these instructions.
struct Scan<'a> {
    windows: &'a Windows,
    data: &'a [u8],
    at: usize,
}

impl NullaryFnOnce for Scan<'_> {
    type Output = Option<usize>;

    #[inline(always)]
    fn call(self) -> Option<usize> {
        let Self { windows, data, at } = self;
        let tables = windows.tables.map(|halves| halves.map(pulp::cast));
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
        let mut last = [0; 2 * LANES + WIDTH];
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
    buckets: [u8; LANES],
}

#[inline(always)]
fn candidates(simd: V3, tables: &[[__m256i; 2]; WIDTH], block: &[u8; BLOCK]) -> Option<Candidates> {
    let V3 { avx, avx2, .. } = simd;
    let four_bits = avx._mm256_set1_epi8(15);
    let mut all = avx._mm256_set1_epi8(-1);
    for (place, [low, high]) in tables.iter().enumerate() {
        let bytes: __m256i = pulp::cast(*block[place..].first_chunk::<LANES>()?);
        let low = avx2._mm256_shuffle_epi8(*low, avx2._mm256_and_si256(bytes, four_bits));
        let half = avx2._mm256_and_si256(avx2._mm256_srli_epi16::<4>(bytes), four_bits);
        let high = avx2._mm256_shuffle_epi8(*high, half);
        all = avx2._mm256_and_si256(all, avx2._mm256_and_si256(low, high));
    }
    let none = avx2._mm256_cmpeq_epi8(all, avx._mm256_setzero_si256());
    let places = !(avx2._mm256_movemask_epi8(none) as u32);
    (places != 0).then(|| Candidates { places, buckets: pulp::cast(all) })
}
