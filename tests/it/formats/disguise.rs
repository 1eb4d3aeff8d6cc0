//! What CI, containers and runners put round a tool's output changes nothing of what is read from
//! it but the folder of its paths, alone and one inside the other.

use super::{Case, corpus, env, fixtures};
use shipgate::diagnostic::{Account, Diagnostic};
use shipgate::parse::{Format, LogParser, Options};

/// What makes a log look like one from somewhere else.
type Disguise = (&'static str, &'static str, fn(&[u8]) -> Vec<u8>);

/// Name, folder of the paths, and how it is put on.
const DISGUISES: &[Disguise] = &[
    ("github", "", |log| github(log)),
    ("github raw log with a byte order mark", "", |log| [&b"\xef\xbb\xbf"[..], &github(log)].concat()),
    ("gh run view --log", "", |log| each(&github(log), |line| [b"build\tRun npm run check\t", line].concat())),
    ("carriage returns", "", |log| carriage(log)),
    ("buildkit", "", |log| buildkit(log)),
    ("buildkit on github", "", |log| github(&buildkit(log))),
    ("turbo", "", |log| turbo(log)),
    ("turbo in colour", "", |log| turbo_in_colour(log)),
    ("turbo on github", "", |log| github(&turbo(log))),
    ("turbo in colour on github", "", |log| github(&turbo_in_colour(log))),
    ("turbo in buildkit", "", |log| buildkit(&turbo(log))),
    ("turbo in buildkit on github", "", |log| github(&buildkit(&turbo(log)))),
    ("pnpm -r", "apps/web", |log| pnpm(log)),
    ("pnpm -r on github", "apps/web", |log| github(&pnpm(log))),
    ("pnpm -r in buildkit with carriage returns", "apps/web", |log| carriage(&buildkit(&pnpm(log)))),
    ("lerna", "", |log| lerna(log)),
    ("lerna on github", "", |log| github(&lerna(log))),
    ("concurrently", "", |log| prefixed(b"[0] ", &header(log))),
    ("concurrently with names", "", |log| prefixed(b"[check] ", &header(log))),
    ("concurrently on github", "", |log| github(&prefixed(b"[0] ", &header(log)))),
    ("run-p -l", "", |log| prefixed(b"[check    ] ", &header(log))),
    ("concurrently in pnpm -r", "apps/web", |log| pnpm(&prefixed(b"[0] ", &header(log)))),
    ("concurrently in turbo", "", |log| turbo(&prefixed(b"[0] ", &header(log)))),
    ("nx", "", |log| [b"\n> nx run web:build\n\n", log].concat()),
    ("nx in colour on github", "", |log| {
        github(&[b"\n\x1b[2m> \x1b[22m\x1b[2mnx run\x1b[22m web:build\n\n", log].concat())
    }),
    ("npm", "", |log| header(log)),
];

fn each(log: &[u8], change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    for line in log.strip_suffix(b"\n").unwrap_or(log).split(|&byte| byte == b'\n') {
        out.extend(change(line));
        out.push(b'\n');
    }
    out
}

fn prefixed(prefix: &[u8], log: &[u8]) -> Vec<u8> {
    each(log, |line| [prefix, line].concat())
}

fn github(log: &[u8]) -> Vec<u8> {
    let run =
        b"##[group]Run npm run check\n\x1b[36;1mnpm run check\x1b[0m\nshell: /usr/bin/bash -e {0}\n##[endgroup]\n";
    let end = b"##[error]Process completed with exit code 2.\n";
    let log = log.strip_suffix(b"\n").unwrap_or(log);
    prefixed(b"2026-01-01T00:00:00.0377919Z ", &[&run[..], log, b"\n", end].concat())
}

fn carriage(log: &[u8]) -> Vec<u8> {
    each(log, |line| [line, b"\r"].concat())
}

fn buildkit(log: &[u8]) -> Vec<u8> {
    [b"#12 [build 6/6] RUN npm run check\n", &prefixed(b"#12 2.013 ", log)[..]].concat()
}

fn header(log: &[u8]) -> Vec<u8> {
    [b"\n> @shop/web@0.1.0 check\n> check -p .\n\n", log].concat()
}

fn turbo(log: &[u8]) -> Vec<u8> {
    let log = [b"cache miss, executing aa18dfdfd8a302ac\n", &header(log)[..]].concat();
    prefixed(b"@shop/web:check: ", &log)
}

fn turbo_in_colour(log: &[u8]) -> Vec<u8> {
    let log = [b"cache miss, executing \x1b[2maa18dfdfd8a302ac\x1b[0m\n", &header(log)[..]].concat();
    prefixed(b"\x1b[34m@shop/web:check: \x1b[0m", &log)
}

fn pnpm(log: &[u8]) -> Vec<u8> {
    [b"Scope: 5 of 6 workspace projects\napps/web check$ check -p .\n", &prefixed(b"apps/web check: ", log)[..]]
        .concat()
}

fn lerna(log: &[u8]) -> Vec<u8> {
    prefixed(b"@shop/web: ", &header(log))
}

/// What has to be the same: all that was found, and the tools' totals.
type Read = (Vec<Diagnostic>, Vec<String>, Vec<String>);

fn read(case: &Case, log: &[u8], directory: &str) -> (Read, Account) {
    let options = Options { root: Some(case.root.clone()), directory: directory.to_owned(), ..Options::default() };
    let mut parser = LogParser::new(Format::AUTO, options);
    let mut found = Vec::new();
    parser.feed(log, &mut |diagnostic| found.push(diagnostic));
    let account = parser.finish(&mut |diagnostic| found.push(diagnostic));
    let totals = account.totals.iter().map(|total| format!("{total:?}")).collect();
    let crashes = account.crashes.iter().map(|crash| crash.kind.clone()).collect();
    ((found, totals, crashes), account)
}

/// The disguises that change something of a case.
fn seen_through(case: &Case) -> Vec<String> {
    const LONGEST: usize = 40_000;
    let mut wrong = Vec::new();
    if case.log.len() > LONGEST && env("SHIPGATE_CORPUS").is_none() {
        return wrong;
    }
    // What is disguised already would be so twice; a raw carriage return is lost among others.
    if case.log.contains(&b'\r') || ["gha", "docker"].iter().any(|word| case.name.contains(word)) {
        return wrong;
    }
    for (name, folder, put_on) in DISGUISES {
        // Where a package has its own folder, what the runner's header says of others does not count.
        let (expected, _) = read(case, &case.log, folder);
        let (found, _) = read(case, &put_on(&case.log), "");
        if found != expected {
            let difference = expected.0.iter().zip(&found.0).find(|(expected, found)| expected != found);
            wrong.push(format!(
                "{} in {name}: {} instead of {} diagnostics, {:?} instead of {:?}, crashes {:?} instead of {:?}; {difference:?}",
                case.name,
                found.0.len(),
                expected.0.len(),
                found.1,
                expected.1,
                found.2,
                expected.2,
            ));
        }
    }
    wrong
}

#[test]
fn disguises_change_nothing() {
    let mut cases = corpus::fixtures(&fixtures());
    let only = env("SHIPGATE_CORPUS_ONLY");
    if let Some(folder) = env("SHIPGATE_CORPUS") {
        cases.extend(corpus::all(std::path::Path::new(&folder)));
    }
    if let Some(only) = &only {
        cases.retain(|case| case.name.contains(only.as_str()));
    }
    let wrong: Vec<String> = cases.iter().flat_map(seen_through).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len() * DISGUISES.len(), wrong.join("\n"));
}
