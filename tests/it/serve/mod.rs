//! `shipgate serve`, the real program, over HTTP.

pub(crate) mod api;
mod examples;
mod page;
mod poll;
mod render;
mod webhook;

use crate::workshop::{Running, Workshop};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// The server, ended with its test.
pub(crate) struct Server {
    running: Option<Running>,
    pub(crate) port: u16,
}

/// An answer as it came.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

pub(crate) const SECRET: &str = "It's a Secret to Everybody";

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Server {
    pub(crate) fn start(workshop: &Workshop) -> Self {
        Self::start_at(workshop, free_port(), "")
    }

    /// At this port, with `DB` in its environment.
    pub(crate) fn start_at(workshop: &Workshop, port: u16, database: &str) -> Self {
        Self::start_with(workshop, port, &[("SECRET", SECRET), ("DB", database)])
    }

    /// With these variables in its environment.
    pub(crate) fn start_with(workshop: &Workshop, port: u16, variables: &[(&str, &str)]) -> Self {
        let address = format!("127.0.0.1:{port}");
        let mut invocation = workshop.shipgate(&["serve", "--quiet", "--listen", &address]);
        for (name, value) in variables {
            invocation = invocation.env(name, value);
        }
        let running = invocation.start();
        let server = Self { running: Some(running), port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "the server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Ends it without a word.
    pub(crate) fn kill(mut self) {
        let mut running = self.running.take().unwrap();
        running.child.kill().unwrap();
        running.child.wait().unwrap();
    }

    /// Asks it to stop; gives its exit status and what it said.
    pub(crate) fn stop(mut self) -> crate::workshop::Ran {
        let running = self.running.take().unwrap();
        running.signal(nix::sys::signal::Signal::SIGTERM);
        running.end()
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        exchange(&mut stream, self.port, method, path, headers, body).expect("an answer")
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    /// Waits until something holds.
    pub(crate) fn wait_for(&self, mut holds: impl FnMut(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(begun.elapsed() < Duration::from_mins(3), "what was waited for never came");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _gone = running.child.kill();
            let _status = running.child.wait();
        }
    }
}

/// One request on a connection of its own; `None` where no whole answer came.
pub(crate) fn exchange(
    stream: &mut TcpStream,
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<Answer> {
    let host = if headers.iter().any(|(name, _)| *name == "host") {
        String::new()
    } else {
        format!("host: 127.0.0.1:{port}\r\n")
    };
    let more = headers.iter().fold(String::new(), |text, (name, value)| text + &format!("{name}: {value}\r\n"));
    let head =
        format!("{method} {path} HTTP/1.1\r\n{host}connection: close\r\ncontent-length: {}\r\n{more}\r\n", body.len());
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    stream.write_all(head.as_bytes()).ok()?;
    // It may have been refused before it was read.
    let _refused = stream.write_all(body);
    let mut text = Vec::new();
    stream.read_to_end(&mut text).ok()?;
    let at = text.windows(4).position(|it| it == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&text[..at]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head, body: String::from_utf8_lossy(&text[at + 4..]).into_owned() })
}

pub(crate) fn sign(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body);
    let hex = mac.finalize().into_bytes().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("sha256={hex}")
}
