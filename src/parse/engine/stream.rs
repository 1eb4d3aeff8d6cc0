//! The streams of a log: a runner that puts the names of packages before their lines runs several tools at once, and each
//! package has readers of its own, and its own folder that paths start in.

use super::super::draft::{Out, Since, Sink};
use super::super::path::Place;
use super::super::reader::Reader;
use super::super::runner::{self, Runner, Split};
use super::{LogParser, is_inside};

/// The lines of one package of a runner, or all lines of a log without runner.
pub(super) struct Stream {
    /// A package's script may start a runner of its own.
    pub(super) runner: Runner,
    pub(super) readers: Vec<Box<dyn Reader>>,
    /// The reader that took the last line.
    pub(super) owner: usize,
    pub(super) open: bool,
    pub(super) since: Since,
    /// Where its runner started it.
    pub(super) home: Place,
    /// Where its scripts run now.
    pub(super) place: Place,
}

/// More streams are not told apart.
pub(super) const MOST_STREAMS: usize = 1000;

/// Runners within runners.
const MOST_RUNNERS: usize = 4;

impl LogParser {
    pub(super) fn folder_of(&mut self, package: &[u8]) -> Option<&String> {
        if let Some(seek) = self.unsought.take() {
            let base = &self.base;
            self.packages.extend(seek().into_iter().filter(|(_, folder)| is_inside(base, folder)));
        }
        self.packages.get(&*String::from_utf8_lossy(package))
    }

    pub(super) fn stream_of(&mut self, text: &[u8]) -> (usize, usize) {
        let (mut stream, mut at) = (0, 0);
        if self.in_document {
            return (stream, at);
        }
        for _ in 0..MOST_RUNNERS {
            match self.streams[stream].runner.split(&text[at..]) {
                Split::Root => break,
                Split::Stream(inner, length) => {
                    stream = inner;
                    at += length;
                }
                Split::New(..) if self.streams.len() >= MOST_STREAMS => break,
                Split::New(length, folder) => {
                    let prefix = &text[at..at + length];
                    let known = self.folder_of(runner::package_of(prefix)).cloned();
                    let outer = &self.streams[stream].place;
                    let place = match (known, folder) {
                        (Some(folder), _) => self.base.within(&folder),
                        (None, Some(folder)) => outer.within(&folder),
                        (None, None) => outer.clone(),
                    };
                    let inner = self.add_stream(place);
                    self.streams[stream].runner.register(prefix, inner);
                    stream = inner;
                    at += length;
                }
            }
        }
        (stream, at)
    }

    pub(super) fn add_stream(&mut self, place: Place) -> usize {
        self.streams.push(Stream {
            runner: Runner::default(),
            readers: self.specs.iter().map(|spec| self.options.reader(spec)).collect(),
            owner: 0,
            open: false,
            since: Since::default(),
            home: place.clone(),
            place,
        });
        self.streams.len() - 1
    }

    /// A new script begins: what was open ends, and paths may start elsewhere.
    pub(super) fn script_header(&mut self, stream: usize, text: &[u8], sink: &mut Sink<'_>) -> bool {
        let Some((name, folder)) = runner::script_header(text) else { return false };
        self.finish_stream(stream, sink);
        self.streams[stream].since.forget();
        let folder = folder.map(|folder| String::from_utf8_lossy(folder).into_owned());
        let folder = folder.filter(|folder| self.base.holds(folder));
        let named = self.folder_of(name).cloned();
        if let Some(folder) = folder.or(named) {
            self.streams[stream].place = self.base.within(&folder);
        } else if stream == 0 {
            self.streams[stream].place = self.base.clone();
        }
        true
    }

    pub(super) fn finish_stream(&mut self, stream: usize, sink: &mut Sink<'_>) {
        let Self { streams, ledger, open, lines, .. } = self;
        let stream = &mut streams[stream];
        let Stream { readers, since, place, .. } = stream;
        let mut out = Out { sink, ledger, since, place, number: *lines };
        for reader in readers {
            reader.finish(&mut out);
        }
        out.settle();
        if stream.open {
            stream.open = false;
            *open -= 1;
        }
    }
}
