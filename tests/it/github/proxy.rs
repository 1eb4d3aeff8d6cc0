//! GitHub behind a proxy that the environment names.

use super::server::GitHub;
use super::{Skipped, patience, wait_for};
use shipgate::github::{Address, Client, CommentTarget, Error, Posted, PostedAs, Repository, Token, post_comment};
use shipgate::proxy::Proxies;
use shipgate::report::CommentIdentity;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A proxy that only knows `CONNECT`; gives its address and what it is asked for.
fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || tunnel(stream, &shared));
        }
    });
    (address, asked)
}

fn tunnel(mut stream: TcpStream, asked: &Mutex<Vec<String>>) {
    // Unbuffered: what follows the head belongs to the tunnel.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).unwrap() == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let mut lines = BufReader::new(&head[..]).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    let password = lines.find(|line| line.to_ascii_lowercase().starts_with("proxy-authorization")).unwrap_or_default();
    asked.lock().unwrap().push(format!("{first} {password}"));
    let target = first.split(' ').nth(1).unwrap().to_owned();
    let Ok(mut server) = TcpStream::connect(&target) else { return };
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let (mut from, mut to) = (stream.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    let _ended = std::io::copy(&mut server, &mut stream);
}

fn post(server: &GitHub, environment: &[(&str, &str)]) -> Result<Posted, Error> {
    let environment: BTreeMap<String, String> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let address = Address::new(&server.url, None).unwrap().through(Proxies::read(&environment));
    let marker = CommentIdentity { key: "default".into(), run: 1, attempt: 1, sha: "1".into() }.marker();
    wait_for(async {
        let client = Client::new(address, &Token::new("ghs_secret").unwrap(), patience())?;
        let client = client.with_timer(Arc::new(Skipped::default()));
        let target = CommentTarget { repository: Repository::parse("octo/demo").unwrap(), number: 7 };
        post_comment(&client, &target, &format!("{marker}\ntext")).await
    })
}

#[test]
fn the_proxy_of_the_environment_is_used_and_given_its_password_and_not_our_token() {
    let (proxy, asked) = proxy();
    let server = GitHub::start();
    let posted = post(&server, &[("HTTP_PROXY", &format!("http://user:word@{proxy}"))]).unwrap();
    assert_eq!(posted.outcome, PostedAs::Created);
    let asked = asked.lock().unwrap();
    let github = server.url.strip_prefix("http://").unwrap();
    assert!(!asked.is_empty());
    for line in &*asked {
        assert!(line.starts_with(&format!("CONNECT {github} ")), "{line}");
        assert!(line.contains("Basic dXNlcjp3b3Jk") && !line.contains("ghs_secret"), "{line}");
    }
}

#[test]
fn what_is_excepted_goes_straight_and_a_proxy_that_is_away_is_told_about() {
    let (proxy, asked) = proxy();
    let server = GitHub::start();
    let through = format!("http://{proxy}");
    for environment in [
        &[("HTTP_PROXY", through.as_str()), ("NO_PROXY", "127.0.0.0/8")][..],
        &[("http_proxy", &through), ("no_proxy", "127.0.0.1")],
        &[("HTTPS_PROXY", &through)],
        &[("ALL_PROXY", " ")],
    ] {
        post(&server, environment).unwrap();
        assert!(asked.lock().unwrap().is_empty(), "{environment:?}");
    }
    let away = [("all_proxy", "http://name:secret@127.0.0.1:1")];
    let error = post(&GitHub::start(), &away).unwrap_err();
    assert!(error.to_string().contains("could not be reached"), "{error}");
    assert!(!format!("{error:?} {error}").contains("secret"), "{error:?}");
    let read = Proxies::read(&away.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert!(!format!("{read:?}").contains("secret"), "{read:?}");
}
