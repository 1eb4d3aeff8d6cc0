//! As much of an HTTP server as a client's tests need: one request a connection, and every way to fail.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With its query.
    pub(crate) target: String,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    /// `null` where there is none.
    pub(crate) body: Value,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// How it ends.
    pub(crate) end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Whole,
    /// The connection ends before the first byte of the answer.
    Cut,
    /// It ends in the middle of the body.
    CutInside,
    /// Nothing is said for this long, or until the other side gives up.
    Silent(Duration),
}

/// Answers at an address of its own, from threads of its own, as long as the tests run.
pub(crate) fn serve(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> String {
    format!("http://{}", listen(move |tcp| respond(&mut tcp.try_clone().unwrap(), tcp, &answer)))
}

/// The same with TLS, as `localhost`.
pub(crate) fn serve_tls(
    config: Arc<rustls::ServerConfig>,
    answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> String {
    let address = listen(move |tcp| {
        let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, tcp.try_clone().unwrap());
        respond(&mut stream, tcp, &answer);
        stream.conn.send_close_notify();
        let _gone = stream.flush();
    });
    format!("https://localhost:{}", address.rsplit(':').next().unwrap())
}

fn listen(connection: impl Fn(&TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let connection = Arc::new(connection);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = Arc::clone(&connection);
            std::thread::spawn(move || connection(&stream));
        }
    });
    address
}

fn respond(stream: &mut (impl Read + Write), tcp: &TcpStream, answer: &dyn Fn(&Request) -> Reply) {
    let Some(request) = read(stream) else { return };
    let reply = answer(&request);
    let lines = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    let length = (reply.status != 204).then(|| format!("content-length: {}\r\n", reply.body.len()));
    let headers: String = lines.chain(length).collect();
    let text = format!("HTTP/1.1 {} X\r\nconnection: close\r\n{headers}\r\n{}", reply.status, reply.body);
    // Whoever asked may be gone.
    match reply.end {
        End::Whole => drop(stream.write_all(text.as_bytes())),
        End::Cut => {}
        End::CutInside => drop(stream.write_all(&text.as_bytes()[..text.len() - reply.body.len() / 2 - 1])),
        End::Silent(time) => {
            tcp.set_read_timeout(Some(time)).unwrap();
            let _gave_up = stream.read(&mut [0]);
        }
    }
}

fn read(stream: &mut impl Read) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request { method, target, headers, body: Value::Null };
    let length: usize = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    if length > 0 {
        request.body = serde_json::from_slice(&body).unwrap();
    }
    Some(request)
}
