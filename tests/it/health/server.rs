//! Servers on loopback that end with their test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// Python packages of the test server, as they were when the tests were written.
const PACKAGES: [&str; 2] = ["httpbin==0.10.4", "gunicorn==23.0.0"];

/// A process that listens on loopback.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // gunicorn's master ends its workers when it is asked to.
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        let _gone = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _status = self.child.wait();
    }
}

impl Server {
    /// Starts it and waits until it can be connected to.
    pub(crate) fn start(command: &mut Command, port: u16) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let server = Self { child: child.unwrap_or_else(|error| panic!("{command:?}: {error}")), port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{command:?} does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// <https://httpbin.org>, here.
    pub(crate) fn httpbin() -> Self {
        Self::gunicorn("httpbin:app", Path::new("."))
    }

    /// The same below every folder: what is asked for at `/x/get` is answered as `/get`. `place` is for its script.
    pub(crate) fn httpbin_below_folders(place: &Path) -> Self {
        let script = "import httpbin\n\n\
                      def app(environ, start_response):\n    \
                      folder, _, rest = environ['PATH_INFO'][1:].partition('/')\n    \
                      environ['SCRIPT_NAME'], environ['PATH_INFO'] = '/' + folder, '/' + rest\n    \
                      return httpbin.app(environ, start_response)\n";
        std::fs::write(place.join("folders.py"), script).unwrap();
        Self::gunicorn("folders:app", place)
    }

    fn gunicorn(app: &str, folder: &Path) -> Self {
        let port = free_port();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(python().join("bin/gunicorn"));
        command.args(["-b", &address, "-k", "gthread", "--threads", "16", "--pythonpath"]).arg(folder).arg(app);
        let server = Self::start(&mut command, port);
        // It listens before it has loaded what it serves.
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(b"GET /any/get HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1."), "{answer}");
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// A port that nobody listened on a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The virtual environment of the test server, made once.
fn python() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("httpbin");
        let stamp = folder.join("packages");
        if std::fs::read_to_string(&stamp).is_ok_and(|text| text == PACKAGES.join(" ")) {
            return folder;
        }
        let run = |command: &mut Command| {
            let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; run scripts/test"));
            assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        };
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        run(Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(PACKAGES));
        std::fs::write(stamp, PACKAGES.join(" ")).unwrap();
        folder
    })
}

/// Answers every connection with what `answer` makes of the head of its request, byte for byte; an
/// answer may be cut anywhere. Keeps what it was asked.
pub(crate) struct Raw {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Raw {
    pub(crate) fn start(answer: impl Fn(usize, &str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = String::new();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
                let number = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(head.clone());
                    seen.len()
                };
                let _closed = stream.write_all(&answer(number, &head));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of all requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Takes connections and never says a word.
pub(crate) fn silent() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}
