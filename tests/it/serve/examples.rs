//! The systemd unit and the container file: what they start is started, each word of it.

use super::free_port;
use crate::workshop::{SHIPGATE, Workshop};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn example(file: &str) -> String {
    std::fs::read_to_string(format!("{}/examples/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// With nothing of the machine: no git, as in an image without a shell.
fn start(workshop: &Workshop, words: &[String]) -> Child {
    let mut command = Command::new(SHIPGATE);
    command.args(&words[1..]).current_dir(workshop.path("")).env_clear().env("PATH", workshop.beside("empty"));
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn answers(child: &mut Child, port: u16) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) && child.try_wait().unwrap().is_none() {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
            let answer = super::exchange(&mut stream, port, "GET", "/healthz", &[], b"").unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
            return answer.status == 200;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn the_unit_starts_the_server_where_it_may_write() {
    let unit = example("shipgate.service");
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    assert!(unit.contains("StateDirectory=shipgate\n") && line.contains("/var/lib/shipgate"), "{unit}");
    let port = free_port();
    let workshop = Workshop::configured(&format!("default-branch: main\nserve: {{ listen: \"127.0.0.1:{port}\" }}\n"));
    let at = |path: &str| workshop.path(path).display().to_string();
    let words: Vec<String> = line
        .split(' ')
        .map(|word| match word {
            "/usr/local/bin/shipgate" => SHIPGATE.to_owned(),
            "/etc/shipgate/shipgate.yml" => at("shipgate.yml"),
            "/var/lib/shipgate" => at(""),
            flag => flag.to_owned(),
        })
        .collect();
    assert!(answers(&mut start(&workshop, &words), port));
}

#[test]
fn the_container_starts_the_server_and_only_with_tokens() {
    let file = example("Containerfile");
    let line = file.lines().find_map(|line| line.strip_prefix("ENTRYPOINT ")).unwrap();
    let mut words: Vec<String> = serde_json::from_str(line).unwrap();
    assert!(words[0] == "shipgate" && words.last().unwrap() == "0.0.0.0:8686", "{words:?}");
    assert!(file.contains("EXPOSE 8686\n") && file.contains("/usr/local/bin/shipgate\n"), "{file}");
    let port = free_port();
    *words.last_mut().unwrap() = format!("0.0.0.0:{port}");
    let workshop = Workshop::configured("default-branch: main\n");
    let refused = start(&workshop, &words).wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(2) && said.contains("can be reached from elsewhere"), "{said}");
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    workshop.put(
        "shipgate.yml",
        format!("default-branch: main\nserve: {{ tokens: [{{ name: team, hash: \"{hash}\" }}] }}\n"),
    );
    assert!(answers(&mut start(&workshop, &words), port));
}
