//! Which part of a word is looked for, and which words share a bucket: so that little else passes.
//!
//! Nothing but speed depends on it. How much would pass is counted in [`CHATTER`], which is like what logs are made
//! of; where nothing of it would, it is reckoned from how often the bytes come.

/// The bytes of a word that the tables know.
pub(super) const PLACES: usize = 3;
pub(super) const BUCKETS: usize = 16;
/// More words are not put into one bucket.
pub(super) const MOST: usize = 8;

/// Lines of the kind that a build prints most of.
const CHATTER: &[u8] = "
> my-site@1.4.0 build
> vite build && astro build

vite v7.1.2 building for production...
transforming (318) node_modules/react-dom/client.js
✓ 1432 modules transformed.
rendering chunks (12)...
dist/assets/index-BkX3v9aQ.css    14.20 kB │ gzip:   3.91 kB
dist/_astro/hoisted.D2kq0aZb.js  182.67 kB │ gzip:  57.03 kB
✓ built in 4.61s
12:04:33 [content] Synced content
12:04:36 [build] ✓ Completed in 1.25s.
▶ src/pages/blog/[slug].astro
  ├─ /blog/first-post/index.html (+12ms)
added 412 packages, and audited 413 packages in 9s
npm http fetch GET 200 https://registry.example.org/yargs 84ms (cache hit)
npm verbose title npm run build
Compiling serde_json v1.0.140
   Creating an optimized production build ...
Route (app)                 Size  First Load JS
#12 4.210 Get:7 http://deb.example.org/stable bookworm/main amd64 libssl3 [2,012 kB]
Unpacking ca-certificates (20240203) ...
Downloading numpy-2.1.0-cp312-manylinux_2_17_x86_64.whl (16.0 MB)
-- Installing: /usr/local/lib/cmake/fmt/fmt-config.cmake
[ 47%] Building CXX object src/CMakeFiles/core.dir/http/server.cpp.o
  ✓ returns the total of an order with discounts (3 ms)
2026-03-01T12:30:45.1234567Z the quick check of this and that is done, with nothing else to do
"
.as_bytes();

/// A bit for each place in the chatter.
type Bits = [u64; CHATTER.len().div_ceil(64)];

/// By what a byte is looked up: its low four bits, and its bits three to six. With the one that both have, fewer
/// strangers pass than by two halves.
pub(super) fn keys(byte: u8) -> [usize; 2] {
    [usize::from(byte & 15), usize::from(byte >> 3 & 15)]
}

#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) bytes: Vec<u8>,
    /// Where the window begins in it.
    pub(super) window: usize,
}

impl Word {
    pub(super) fn byte(&self, place: usize) -> Option<u8> {
        self.bytes.get(self.window + place).copied()
    }

    fn keys(&self) -> [[usize; 2]; PLACES] {
        [0, 1, 2].map(|place| keys(self.byte(place).unwrap_or_default()))
    }
}

/// Words, and what lets them pass: for each place of the window, a set for each key.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    pub(super) words: Vec<Word>,
    pub(super) sets: [[u16; 2]; PLACES],
    /// Where in the chatter a place passes by a key.
    passing: [[Bits; 2]; PLACES],
    cost: f32,
}

impl Bucket {
    fn add(&mut self, word: Word, chatter: &Chatter) {
        let keys = word.keys();
        self.cost = self.cost_with(keys, chatter);
        for (place, keys) in keys.into_iter().enumerate() {
            for (which, key) in keys.into_iter().enumerate() {
                self.sets[place][which] |= 1 << key;
                let more = &chatter.places[place][which][key];
                self.passing[place][which].iter_mut().zip(more).for_each(|(bits, more)| *bits |= more);
            }
        }
        self.words.push(word);
    }

    /// How often something passes when one more window does, roughly.
    fn cost_with(&self, window: [[usize; 2]; PLACES], chatter: &Chatter) -> f32 {
        let mut passing: Bits = [u64::MAX; _];
        let mut chance = 1.0;
        for (place, keys) in window.into_iter().enumerate() {
            let mut sets = self.sets[place];
            for (which, key) in keys.into_iter().enumerate() {
                sets[which] |= 1 << key;
                let known = self.passing[place][which].iter().zip(&chatter.places[place][which][key]);
                passing.iter_mut().zip(known).for_each(|(bits, (some, more))| *bits &= some | more);
            }
            let pairs = members(sets[0]).flat_map(|low| members(sets[1]).map(move |high| (low, high)));
            chance *= pairs.map(|(low, high)| chatter.weights[low][high]).sum::<f32>();
        }
        let count: u32 = passing.iter().map(|bits| bits.count_ones()).sum();
        count as f32 / CHATTER.len() as f32 + chance
    }
}

fn members(set: u16) -> impl Iterator<Item = usize> {
    (0..16).filter(move |key| set >> key & 1 == 1)
}

struct Chatter {
    /// Where a key stands at a place of the window that begins there.
    places: [[[Bits; 16]; 2]; PLACES],
    /// How often a byte with these keys comes.
    weights: [[f32; 16]; 16],
}

impl Chatter {
    fn new() -> Self {
        let mut places = [[[[0; _]; 16]; 2]; PLACES];
        let mut weights = [[0.0; 16]; 16];
        for (at, &byte) in CHATTER.iter().enumerate() {
            let [low, high] = keys(byte);
            weights[low][high] += 1.0 / CHATTER.len() as f32;
            for (place, places) in places.iter_mut().enumerate() {
                let Some(begin) = at.checked_sub(place) else { continue };
                places[0][low][begin / 64] |= 1 << (begin % 64);
                places[1][high][begin / 64] |= 1 << (begin % 64);
            }
        }
        // Any byte may come.
        for byte in 0..=u8::MAX {
            let [low, high] = keys(byte);
            weights[low][high] += 0.0002;
        }
        Self { places, weights }
    }
}

/// Puts the words into buckets; `None`: one is shorter than a window, or they are too many.
pub(super) fn share(words: &[&str]) -> Option<[Bucket; BUCKETS]> {
    let chatter = Chatter::new();
    let mut windows = words.iter().map(|word| rarest_window(word, &chatter)).collect::<Option<Vec<_>>>()?;
    windows.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut buckets: [Bucket; BUCKETS] = Default::default();
    for (_, word) in windows {
        let keys = word.keys();
        let open = buckets.iter_mut().filter(|bucket| bucket.words.len() < MOST);
        let grown = open.map(|bucket| (bucket.cost_with(keys, &chatter) - bucket.cost, bucket));
        let (_, bucket) = grown.min_by(|one, other| one.0.total_cmp(&other.0))?;
        bucket.add(word, &chatter);
    }
    Some(buckets)
}

/// The part of a word that passes least, and how often it does.
fn rarest_window(word: &str, chatter: &Chatter) -> Option<(f32, Word)> {
    let empty = Bucket::default();
    let windows = 0..=word.len().checked_sub(PLACES)?;
    let words = windows.map(|window| Word { bytes: word.as_bytes().to_vec(), window });
    words.map(|word| (empty.cost_with(word.keys(), chatter), word)).min_by(|one, other| one.0.total_cmp(&other.0))
}
