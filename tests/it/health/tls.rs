//! Certificates that are wrong, each in its own way, served by `openssl s_server`.

use super::server::{Server, free_port};
use crate::workshop::{Ran, Workshop};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// An authority and what it signed.
pub(crate) struct Authority {
    pub(crate) folder: TempDir,
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("openssl: {error}; install it with your package manager"));
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

const KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

impl Authority {
    pub(crate) fn new() -> Self {
        Self::called("authority")
    }

    fn called(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = [
            &["req", "-x509", "-subj", &format!("/CN={name}"), "-days", "2", "-keyout", "ca.key", "-out", "ca.pem"],
            &KEY[..],
        ];
        openssl(folder.path(), &own.concat());
        fs::write(folder.path().join("index.txt"), "").unwrap();
        let config = "[ca]\ndefault_ca = it\n[it]\ndatabase = index.txt\nnew_certs_dir = .\nrand_serial = yes\n\
                      default_md = sha256\npolicy = any\nunique_subject = no\n[any]\ncommonName = supplied\n";
        fs::write(folder.path().join("ca.conf"), config).unwrap();
        Self { folder }
    }

    /// A certificate for a name, valid between two times, and its key.
    fn sign(&self, file: &str, name: &str, from: &str, until: &str) -> (PathBuf, PathBuf) {
        let folder = self.folder.path();
        let (key, request, certificate) = (format!("{file}.key"), format!("{file}.csr"), format!("{file}.pem"));
        openssl(folder, &[&["req", "-new", "-subj", "/CN=x", "-keyout", &key, "-out", &request], &KEY[..]].concat());
        let extensions = format!("{file}.ext");
        fs::write(folder.join(&extensions), format!("subjectAltName = {name}\n")).unwrap();
        openssl(
            folder,
            &[
                "ca",
                "-batch",
                "-notext",
                "-config",
                "ca.conf",
                "-cert",
                "ca.pem",
                "-keyfile",
                "ca.key",
                "-startdate",
                from,
                "-enddate",
                until,
                "-extfile",
                &extensions,
                "-in",
                &request,
                "-out",
                &certificate,
            ],
        );
        (folder.join(certificate), folder.join(key))
    }

    pub(crate) fn valid(&self, file: &str, name: &str) -> (PathBuf, PathBuf) {
        self.sign(file, name, "20250101000000Z", "20400101000000Z")
    }
}

/// Serves a page with a certificate.
pub(crate) fn serve((certificate, key): &(PathBuf, PathBuf), more: &[&str]) -> Server {
    let port = free_port();
    let mut command = Command::new("openssl");
    command.args(["s_server", "-accept", &format!("127.0.0.1:{port}"), "-www", "-quiet"]);
    command.arg("-cert").arg(certificate).arg("-key").arg(key).args(more);
    Server::start(&mut command, port)
}

fn check(server: &Server, tls: &str) -> Ran {
    let api = format!("api:\n  base-url: https://127.0.0.1:{}\n  endpoints: [{{ path: /x }}]\n{tls}", server.port);
    Workshop::configured(&api).shipgate(&["check", "api"]).ends()
}

#[track_caller]
fn fails_with(ran: &Ran, words: &str) {
    assert_eq!(ran.status, Some(1), "{ran:#?}");
    assert!(ran.stdout.replace("\n    ", " ").contains(words), "{words}: {ran:#?}");
}

#[test]
fn each_wrong_certificate_is_called_what_it_is() {
    let authority = Authority::new();
    let check = |server: &Server| {
        let api = format!(
            "api:\n  base-url: https://127.0.0.1:{}\n  endpoints: [{{ path: /x }}]\n  tls: {{ ca: ../ca.pem }}\n",
            server.port
        );
        let workshop = Workshop::configured(&api);
        fs::copy(authority.folder.path().join("ca.pem"), workshop.beside("ca.pem")).unwrap();
        workshop.shipgate(&["check", "api"]).ends()
    };
    let good = serve(&authority.valid("good", "IP:127.0.0.1"), &[]);
    let ran = check(&good);
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    assert!(ran.stdout.contains("tls "), "the handshake has a time of its own: {ran:#?}");

    let expired = authority.sign("expired", "IP:127.0.0.1", "20240101000000Z", "20240201000000Z");
    fails_with(&check(&serve(&expired, &[])), "its certificate has expired");
    let early = authority.sign("early", "IP:127.0.0.1", "20390101000000Z", "20400101000000Z");
    fails_with(&check(&serve(&early, &[])), "its certificate is not valid yet");
    let other = authority.valid("other", "DNS:other.example.org");
    fails_with(&check(&serve(&other, &[])), "its certificate is not for `127.0.0.1`");
    let own = Authority::called("stranger");
    let unknown = own.valid("good", "IP:127.0.0.1");
    fails_with(&check(&serve(&unknown, &[])), "its certificate comes from an unknown authority");
    let old = authority.valid("old", "IP:127.0.0.1");
    fails_with(&check(&serve(&old, &["-no_tls1_3", "-no_tls1_2", "-cipher", "ALL:@SECLEVEL=0"])), "no TLS with");
}

#[test]
fn without_the_authority_nobody_is_trusted_and_files_that_are_no_certificates_are_refused() {
    let authority = Authority::new();
    let server = serve(&authority.valid("good", "IP:127.0.0.1"), &[]);
    fails_with(&check(&server, ""), "unknown authority");
    let ran = check(&server, "  tls: { ca: shipgate.yml }\n");
    assert_eq!(ran.status, Some(2), "{ran:#?}");
    assert!(ran.stderr.contains("holds no certificate"), "{ran:#?}");
}

#[test]
fn a_server_that_wants_a_certificate_of_ours_gets_it() {
    let authority = Authority::new();
    let folder = authority.folder.path();
    let ca = folder.join("ca.pem");
    let wants = ["-Verify", "1", "-verify_return_error", "-CAfile", ca.to_str().unwrap()];
    let server = serve(&authority.valid("good", "IP:127.0.0.1"), &wants);
    let (certificate, key) = authority.valid("client", "DNS:client.example.org");
    let workshop = Workshop::configured(&format!(
        "api:\n  base-url: https://127.0.0.1:{}\n  endpoints: [{{ path: /x }}]\n  tls: {{ ca: c/ca.pem, certificate: c/own.pem, key: c/own.key }}\n",
        server.port
    ));
    workshop.put("c/ca.pem", fs::read(&ca).unwrap());
    workshop.put("c/own.pem", fs::read(certificate).unwrap());
    workshop.put("c/own.key", fs::read(key).unwrap());
    let ran = workshop.shipgate(&["check", "api"]).ends();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    let without = workshop.read("shipgate.yml").replace(", certificate: c/own.pem, key: c/own.key", "");
    workshop.put("shipgate.yml", without);
    assert_eq!(workshop.shipgate(&["check", "api"]).ends().status, Some(1));
}

#[test]
fn a_way_through_a_proxy_is_asked_for_and_kept_apart_from_what_is_said_in_it() {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::{TcpListener, TcpStream};
    let authority = Authority::new();
    let server = serve(&authority.valid("good", "IP:127.0.0.1"), &[]);
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let asked = std::thread::spawn(move || {
        let (mut client, _) = proxy.accept().unwrap();
        let mut head = String::new();
        let mut reader = BufReader::new(client.try_clone().unwrap());
        while reader.read_line(&mut head).unwrap() > 2 {}
        let target = head.split(' ').nth(1).unwrap().to_owned();
        let mut upstream = TcpStream::connect(target).unwrap();
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let (mut to, mut from) = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        let _closed = std::io::copy(&mut upstream, &mut client);
        head
    });
    let workshop = Workshop::configured(&format!(
        "api:\n  base-url: https://127.0.0.1:{}\n  endpoints: [{{ path: /x }}]\n  auth: {{ bearer: \"${{TOKEN}}\" }}\n  tls: {{ ca: ca.pem }}\n",
        server.port
    ));
    workshop.put("ca.pem", fs::read(authority.folder.path().join("ca.pem")).unwrap());
    let proxy = format!("http://user:pass@{address}");
    let ran = workshop.shipgate(&["check", "api"]).env("HTTPS_PROXY", proxy).env("TOKEN", "token-5512").ends();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    let asked = asked.join().unwrap();
    assert!(asked.starts_with(&format!("CONNECT 127.0.0.1:{} HTTP/1.1", server.port)), "{asked}");
    assert!(asked.to_ascii_lowercase().contains("proxy-authorization: basic dxnlcjpwyxnz"), "{asked}");
    assert!(!asked.contains("token-5512"), "{asked}");
}
