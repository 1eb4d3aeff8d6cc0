//! `shipgate check api`, and the same in `run`, over real HTTP.

use super::server::{Raw, Server, free_port, silent};
use crate::workshop::{Ran, Workshop};
use shipgate::gate::{Outcome, ReasonKind};
use shipgate::record::HealthStatus;
use std::process::Command;

/// A project that has one step and an API.
fn project(api: &str) -> Workshop {
    Workshop::configured(&format!("steps: [{{ name: check, run: \"true\", format: exit-status }}]\napi:\n{api}"))
}

/// `check api` of endpoints at an address.
fn check(base: &str, endpoints: &str) -> Ran {
    project(&format!("  base-url: {base}\n{endpoints}")).shipgate(&["check", "api"]).ends()
}

/// The line about an endpoint and what follows it.
#[track_caller]
fn about<'a>(ran: &'a Ran, endpoint: &str) -> &'a str {
    let at = ran.stdout.find(endpoint).unwrap_or_else(|| panic!("nothing about {endpoint}: {ran:#?}"));
    &ran.stdout[at..]
}

#[test]
fn what_httpbin_answers_is_what_is_said_of_it() {
    let server = Server::httpbin();
    let endpoints = r#"
  failed-after: 4s
  endpoints:
    - path: /json
      expect:
        headers: { content-type: application/json }
        json: { $.slideshow.title: Sample Slide Show, "$.slideshow.slides": { min: 2 }, $.error: { exists: false } }
    - { path: /gzip, expect: { json: { $.gzipped: true } } }
    - { path: /deflate, expect: { json: { $.deflated: true } } }
    - { path: /brotli, expect: { json: { $.brotli: true } } }
    - { path: /status/418, expect: { status: 418 } }
    - { path: /redirect/3, redirects: 3, expect: { json: { $.url: { matches: "/get$" } } } }
    - { path: /redirect-to?url=%2Fget, expect: { status: 3xx } }
    - { path: /post, method: POST, headers: { content-type: application/json }, body: '{"a": 1}', expect: { json: { $.json.a: 1 } } }
    - { path: /status/503 }
    - { path: /redirect/4, redirects: 3 }
    - { path: /delay/1, degraded-after: 900ms }
    - { path: /delay/9 }
    - { path: /html, expect: { body: { contains: Herman }, json: { $.a: 1 } } }
    - { path: /uuid, warn-unless: { json: { $.uuid: none } } }
"#;
    let ran = check(&server.url(), endpoints);
    assert_eq!(ran.status, Some(1), "{ran:#?}");
    assert!(ran.stdout.starts_with("API  4 failed, 2 degraded, 8 healthy"), "{}", ran.stdout);
    let said = |endpoint: &str, words: &str| {
        let line = about(&ran, endpoint);
        assert!(line.starts_with(&format!("{endpoint}` {words}")), "{line}");
    };
    said("GET /status/503", "has failed: status: expected 200, got 503");
    said("GET /redirect/4", "has failed: it leads through more than 3 redirects");
    said("GET /delay/9", "has failed: response time: expected at most 4000 ms, got more than that");
    said("GET /html", "has failed: json `$.a`: expected a JSON body, got a body that is no JSON");
    said("GET /delay/1", "is degraded: response time: expected at most 900 ms, got 1");
    said("GET /uuid", "is degraded: json `$.uuid`: expected `none`, got");
    assert!(ran.seconds < 9.0, "they are asked side by side: {}", ran.seconds);
}

#[test]
fn a_slow_500_has_failed_and_is_not_degraded() {
    let server = Raw::start(|_, _| {
        std::thread::sleep(std::time::Duration::from_millis(300));
        b"HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n".to_vec()
    });
    let ran = check(&server.url(), "  degraded-after: 100ms\n  endpoints: [{ path: /x }]");
    assert!(about(&ran, "GET /x").starts_with("GET /x` has failed: status: expected 200, got 500"), "{ran:#?}");
}

#[test]
fn no_secret_of_a_request_or_an_answer_is_shown_or_kept() {
    let server = Server::httpbin();
    let yaml = r#"
  base-url: http://${WHO}:${PASSWORD}@127.0.0.1:PORT
  headers: { x-one: "${HIDDEN_ONE}" }
  endpoints:
    - { path: "/anything/${HIDDEN_TWO}?q=${HIDDEN_TWO}", expect: { json: { $.url: x } } }
    - { path: /headers, expect: { json: { "$.headers['X-One']": x } } }
    - { path: /basic-auth/someone/pass-word-9931 }
    - { path: /bearer, auth: { bearer: "${HIDDEN_THREE}" }, expect: { json: { $.token: x } } }
    - { path: /post, method: POST, body: "${HIDDEN_FOUR}", expect: { json: { $.data: x } } }
"#;
    let workshop = project(&yaml.replace("PORT", &server.port.to_string()));
    let variables = [
        ("WHO", "someone"),
        ("PASSWORD", "pass-word-9931"),
        ("HIDDEN_ONE", "value-one-5521"),
        ("HIDDEN_TWO", "value-two-5522"),
        ("HIDDEN_THREE", "value-three-5523"),
        ("HIDDEN_FOUR", "value-four-5524"),
    ];
    let run = |arguments: &[&str]| {
        variables.iter().fold(workshop.shipgate(arguments), |it, (name, value)| it.env(name, value)).ends()
    };
    let ran = run(&["check", "api", "--record"]);
    assert!(about(&ran, "GET /basic-auth/someone/").contains("200"), "the user of the address was sent: {ran:#?}");
    assert!(about(&ran, "GET /anything/$HIDDEN_TWO` has failed: json `$.url`").contains("***"), "{ran:#?}");
    let report = workshop.beside("all.json");
    let gate = run(&["run", "--record", "--report", &format!("json={}", report.display()), "--verbose"]);
    let mut seen = format!("{}{}{}", ran.said(), gate.said(), std::fs::read_to_string(&report).unwrap());
    for (_, bytes) in workshop.snapshot(&["shipgate.yml"]) {
        seen.push_str(&String::from_utf8_lossy(&bytes));
    }
    assert!(seen.contains("api_health") || workshop.path(".shipgate/api_health.json").exists());
    for hidden in ["value-one-5521", "value-two-5522", "value-three-5523", "value-four-5524"] {
        assert!(!seen.contains(hidden), "{hidden} is shown");
    }
    // This one stands in a path of the configuration; as a password it is masked there, too.
    assert!(!seen.contains("pass-word-9931"), "{seen}");
}

#[test]
fn an_endpoint_whose_path_holds_a_secret_keeps_its_history() {
    let broken = Raw::start(|_, _| b"HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n".to_vec());
    let workshop = project(&format!(
        "  base-url: {}\n  headers: {{ x-key: \"${{KEY}}\" }}\n  failed-after-misses: 9\n  endpoints: [{{ path: /of/key-4417-abcd/x }}]\n\
         monitor: {{ interval: 1s }}\n",
        broken.url()
    ));
    let run = |arguments: &[&str]| workshop.shipgate(arguments).env("KEY", "key-4417-abcd").ends();
    let imported = "<testsuite><testcase name='GET /of/key-4417-abcd/x'><failure message='no'/></testcase></testsuite>";
    workshop.put("report.xml", imported);
    let mut said = String::new();
    for arguments in [
        &["check", "api", "--record"][..],
        &["run", "--record"],
        &["monitor", "--once"],
        &["check", "api", "--from", "report.xml", "--record"],
    ] {
        said += &run(arguments).said();
    }
    let watching = workshop.shipgate(&["monitor"]).env("KEY", "key-4417-abcd").start();
    let before = broken.asked().len();
    // What is under way when it is stopped is no record.
    watching.wait_for(|| broken.asked().len() > before + 1);
    watching.signal(nix::sys::signal::Signal::SIGTERM);
    said += &watching.end().said();
    let records: serde_json::Value = serde_json::from_str(&workshop.read(".shipgate/api_health.json")).unwrap();
    let records = records["records"].as_array().unwrap();
    let mut misses: Vec<_> = records.iter().map(|record| record["consecutive_failures"].as_u64().unwrap()).collect();
    misses.sort_unstable();
    assert!(misses.starts_with(&[1, 2, 3, 4, 5]), "{misses:?}: {records:#?}");
    assert!(records.iter().all(|record| record["endpoint_path"] == "/of/***/x"), "{records:#?}");
    assert!(broken.asked().iter().all(|head| head.starts_with("GET /of/key-4417-abcd/x ")), "{:?}", broken.asked());
    assert!(!said.contains("key-4417-abcd"), "{said}");
}

#[test]
fn what_breaks_on_the_way_is_named_for_what_it_is() {
    let cut = Raw::start(|_, _| b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec());
    let garbage = Raw::start(|_, _| b"220 mail.example.org ESMTP\r\n".to_vec());
    let gone = Raw::start(|_, _| Vec::new());
    let large =
        Raw::start(|_, _| [b"HTTP/1.1 200 OK\r\ncontent-length: 3000\r\n\r\n".as_slice(), &[b'x'; 3000]].concat());
    let packed =
        Raw::start(|_, _| b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope".to_vec());
    let silence = silent();
    let at =
        |base: &str| check(base, "  max-size: 2 kB\n  timeouts: { first-byte: 300ms }\n  endpoints: [{ path: /x }]");
    let said = |base: &str, words: &str| {
        let ran = at(base);
        assert_eq!(ran.status, Some(1), "{ran:#?}");
        assert!(ran.stdout.replace("\n    ", " ").contains(words), "{words}: {ran:#?}");
    };
    said(&cut.url(), "broke in the middle of the answer");
    said(&garbage.url(), "answered with something that is no HTTP");
    said(&gone.url(), "broke before an answer came");
    said(&large.url(), "its answer is larger than 2000 bytes");
    said(&packed.url(), "packed with `gzip`, and cannot be unpacked");
    said(&format!("http://{}", silence.local_addr().unwrap()), "took longer than 300 ms");
    said(&format!("http://127.0.0.1:{}", free_port()), "refused the connection: nothing listens there");
    said("http://no-such-host.invalid", "no");
}

#[test]
fn the_network_is_tried_again_and_answers_are_not() {
    let answer = |number: usize| match number {
        1 | 2 => Vec::new(),
        _ => b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_vec(),
    };
    let flaky = Raw::start(move |number, _| answer(number));
    let ran = check(&flaky.url(), "  retries: 2\n  endpoints: [{ path: /x }]");
    assert_eq!((ran.status, flaky.asked().len()), (Some(0), 3), "{ran:#?}");
    assert!(ran.stdout.contains("2 repetitions"), "{}", ran.stdout);
    // It may have been carried out, so it is not sent twice.
    let flaky = Raw::start(move |number, _| answer(number));
    let ran = check(&flaky.url(), "  retries: 2\n  endpoints: [{ path: /x, method: POST }]");
    assert_eq!((ran.status, flaky.asked().len()), (Some(1), 1), "{ran:#?}");
    let broken = Raw::start(|_, _| b"HTTP/1.1 503 x\r\ncontent-length: 0\r\n\r\n".to_vec());
    let ran = check(&broken.url(), "  retries: 2\n  endpoints: [{ path: /x }]");
    assert_eq!((ran.status, broken.asked().len()), (Some(1), 1), "{ran:#?}");
}

#[test]
fn misses_are_counted_over_runs_and_what_is_unknown_is_not_healthy() {
    let server = Server::httpbin();
    let workshop = project(&format!(
        "  base-url: {}\n  failed-after-misses: 3\n  recovered-after: 2\n  endpoints:\n    - {{ path: \"/status/200?${{CODE}}\" }}\n",
        server.url()
    ));
    let check = |code: &str| {
        let invocation = workshop.shipgate(&["check", "api", "--record"]);
        invocation.env("CODE", code).ends()
    };
    // The path is the identity, so the expectation changes and not the path.
    let expect = |status: u16| {
        let yaml = workshop.read("shipgate.yml");
        let yaml = yaml.split(", expect").next().unwrap().trim_end().trim_end_matches(" }").to_owned();
        workshop.put("shipgate.yml", format!("{yaml}, expect: {{ status: {status} }} }}\n"));
    };
    expect(500);
    let statuses: Vec<Option<i32>> = (0..3).map(|_| check("x").status).collect();
    // Degraded is a warning until the third miss.
    assert_eq!(statuses, [Some(0), Some(0), Some(1)]);
    let unknown = check("");
    assert_eq!(unknown.status, Some(3), "{unknown:#?}");
    assert!(unknown.stdout.contains("the variable `CODE`, which the request needs, is not set"), "{unknown:#?}");
    expect(200);
    let first = check("x");
    assert_eq!(first.status, Some(1), "{first:#?}");
    assert!(first.stdout.contains("it answers again"), "{first:#?}");
    assert_eq!(check("x").status, Some(0));
    let records: serde_json::Value = serde_json::from_str(&workshop.read(".shipgate/api_health.json")).unwrap();
    let mut states: Vec<(String, String, u64)> = records["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            let text = |key: &str| record[key].as_str().unwrap().to_owned();
            (text("last_checked"), text("status"), record["consecutive_failures"].as_u64().unwrap())
        })
        .collect();
    states.sort();
    let states: Vec<(&str, u64)> = states.iter().map(|(_, status, misses)| (status.as_str(), *misses)).collect();
    assert_eq!(
        states,
        [("degraded", 1), ("degraded", 2), ("failed", 3), ("unknown", 3), ("failed", 0), ("healthy", 0)]
    );
    drop(server);
    // What was recorded can be asked for without a request.
    let last = workshop.shipgate(&["check", "api", "--last"]).ends();
    assert_eq!(last.status, Some(0), "{last:#?}");
    assert!(last.stdout.contains("GET /status/200") && last.stdout.contains(" at 20"), "{last:#?}");
    workshop.put("report.xml", "<testsuite><testcase name='GET /gone'><failure message='no'/></testcase></testsuite>");
    workshop.shipgate(&["check", "api", "--from", "report.xml", "--record"]).ends();
    let last = workshop.shipgate(&["check", "api", "--last"]).ends();
    // How old news is belongs to the news.
    assert!(about(&last, "GET /gone` is degraded").lines().next().unwrap().contains(", at 20"), "{last:#?}");
}

#[test]
fn a_run_judges_and_reports_the_api() {
    let server = Server::httpbin();
    let endpoints = "  endpoints: [{ path: /json }, { path: /status/502 }, { path: \"/x?${NONE}\" }]\n";
    let workshop = project(&format!("  base-url: {}\n{endpoints}", server.url()));
    let ran = workshop.gate().ends();
    ran.is(Outcome::Failed);
    assert_eq!(ran.conditions("failed-endpoints")[0].actual, Some(1.0));
    assert!(ran.reasons().contains(&ReasonKind::HealthUnknown));
    let api = ran.report().api.as_ref().unwrap();
    let statuses: Vec<HealthStatus> = api.checks.iter().map(|check| check.record.status).collect();
    assert_eq!(statuses, [HealthStatus::Healthy, HealthStatus::Failed, HealthStatus::Unknown]);
    assert_eq!(api.checks[1].assertion.as_deref(), Some("status"));
    assert!(api.checks[0].phases.first_byte.unwrap() <= api.checks[0].phases.total.unwrap());
    assert!(ran.stdout.contains("`GET /status/502` has failed"), "{}", ran.stdout);
    let comment = workshop.shipgate(&["run", "--dry-run", "--report", "markdown"]).ends();
    assert!(
        comment.stdout.contains("### API") && comment.stdout.contains("❌ `GET /status/502` has failed"),
        "{comment:#?}"
    );
    // Unknown alone is never green, unless the configuration says how much of it is allowed.
    let alone = project(&format!("  base-url: {}\n  endpoints: [{{ path: \"/x?${{NONE}}\" }}]\n", server.url()));
    alone.gate().ends().is(Outcome::Inconclusive);
    alone.put(
        "shipgate.yml",
        format!("{}thresholds: {{ unknown-endpoints: {{ max: 0, on-exceed: warn }} }}\n", alone.read("shipgate.yml")),
    );
    alone.gate().ends().is(Outcome::Warned);
}

#[test]
fn a_proxy_of_the_environment_is_used_and_its_failure_is_ours() {
    let proxy = Raw::start(|_, _| b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec());
    let workshop = project("  base-url: http://inside.example.org\n  endpoints: [{ path: /x }]\n");
    let ran = workshop.shipgate(&["check", "api"]).env("HTTP_PROXY", proxy.url()).ends();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    assert!(proxy.asked()[0].starts_with("GET http://inside.example.org/x HTTP/1.1"), "{:?}", proxy.asked());
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let ran = workshop.shipgate(&["check", "api"]).env("http_proxy", nobody).ends();
    assert_eq!(ran.status, Some(3), "{ran:#?}");
    assert!(ran.stdout.contains("the proxy of this machine does not work"), "{ran:#?}");
    let direct = Raw::start(|_, _| b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec());
    let workshop = project(&format!("  base-url: {}\n  endpoints: [{{ path: /x }}]\n", direct.url()));
    let ran = workshop.shipgate(&["check", "api"]).env("HTTP_PROXY", proxy.url()).env("NO_PROXY", "127.0.0.1").ends();
    assert_eq!((ran.status, proxy.asked().len()), (Some(0), 1), "{ran:#?}");
}

#[test]
fn what_proves_who_we_are_stays_with_the_host_it_is_for() {
    let other = Raw::start(|_, _| b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec());
    let location = format!("HTTP/1.1 302 x\r\nlocation: {}/there\r\ncontent-length: 0\r\n\r\n", other.url());
    let first = Raw::start(move |_, _| location.clone().into_bytes());
    let yaml = format!(
        "  base-url: {}\n  auth: {{ bearer: \"${{TOKEN}}\" }}\n  headers: {{ cookie: \"a=${{TOKEN}}\", x-key: \"${{TOKEN}}\" }}\n  redirects: 2\n  endpoints: [{{ path: /x }}]\n",
        first.url()
    );
    let ran = project(&yaml).shipgate(&["check", "api"]).env("TOKEN", "token-7788").ends();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    assert_eq!(first.asked()[0].matches("token-7788").count(), 3, "{:?}", first.asked());
    assert!(!other.asked()[0].contains("token-7788"), "{:?}", other.asked());
}

#[test]
fn http_2_is_spoken_with_who_speaks_it() {
    let port = free_port();
    let script = format!(
        "require('http2').createServer((q, s) => s.end(JSON.stringify({{ v: q.httpVersion }}))).listen({port}, '127.0.0.1')"
    );
    let server = Server::start(Command::new("node").args(["-e", &script]), port);
    let ran = check(&server.url(), "  http: 2\n  endpoints: [{ path: /x, expect: { json: { $.v: \"2.0\" } } }]");
    assert_eq!(ran.status, Some(0), "{ran:#?}");
}

#[test]
fn what_cannot_be_reached_is_unknown_when_nothing_can() {
    // 192.0.2.0/24 is nobody's (RFC 5737): a connection there either ends at once or waits.
    let yaml = |witness: &str| {
        format!(
            "  base-url: http://192.0.2.1\n  connectivity: {witness}\n  timeouts: {{ connect: 300ms, first-byte: 300ms }}\n  endpoints: [{{ path: /x }}]\n"
        )
    };
    let listener = silent();
    let there = project(&yaml(&listener.local_addr().unwrap().to_string())).shipgate(&["check", "api"]).ends();
    let gone = project(&yaml(&format!("127.0.0.1:{}", free_port()))).shipgate(&["check", "api"]).ends();
    // Where no route leads there at all, it is our own network that is missing, whatever the witness says.
    let is_routed = !there.stdout.contains("cannot be reached from here");
    assert_eq!(there.status, Some(if is_routed { 1 } else { 3 }), "{there:#?}");
    assert_eq!(gone.status, Some(3), "{gone:#?}");
    if is_routed {
        assert!(gone.stdout.replace("\n    ", " ").contains("which always answers, does not either"), "{gone:#?}");
    }
}

#[test]
fn reports_of_other_tests_become_checks_and_records() {
    let junit = "<testsuites><testsuite name='x'><testcase name='GET /a'/><testcase name='POST /b'><failure \
                 message='expected 201, got 500'/></testcase></testsuite></testsuites>";
    let workshop = Workshop::new().with("report.xml", junit);
    for misses in 1..=2 {
        let ran = workshop.shipgate(&["check", "api", "--from", "report.xml", "--record"]).ends();
        assert_eq!(ran.status, Some(1), "{ran:#?}");
        assert!(ran.stdout.starts_with("API  1 failed, 1 healthy"), "{ran:#?}");
        let said = about(&ran, "POST /b").lines().next().unwrap();
        assert_eq!(said.contains("2 times in a row"), misses == 2, "{said}");
    }
    let elsewhere =
        "<testsuite><testcase name='GET /a'/><testcase name='adds up'><failure message='no'/></testcase></testsuite>";
    workshop.put("report.xml", elsewhere);
    let ran = workshop.shipgate(&["check", "api", "--from", "report.xml"]).ends();
    assert_eq!(ran.status, Some(1), "{ran:#?}");
    assert!(ran.stdout.contains("test `adds up` failed: no"), "{ran:#?}");
    for (text, words) in [("", "neither JUnit"), ("<testsuite/>", "no test in it")] {
        workshop.put("report.xml", text);
        let ran = workshop.shipgate(&["check", "api", "--from", "report.xml"]).ends();
        assert_eq!(ran.status, Some(3), "{ran:#?}");
        assert!(ran.stderr.contains(words), "{ran:#?}");
    }
}
