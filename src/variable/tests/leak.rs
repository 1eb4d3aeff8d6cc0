use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

const SECRET: &str = "teapot&heron \"oar\" 41/ß";

fn search(scene: &Scene, secrets: &[Secret]) -> LeakSearch {
    search_leaks(Path::new("dist"), scene.path(), secrets).unwrap()
}

fn secret() -> Vec<Secret> {
    vec![Secret::new("API_TOKEN", SECRET)]
}

fn places(search: &LeakSearch) -> Vec<(&str, &str, u32, &str)> {
    search.leaks.iter().map(|it| (it.key.as_str(), it.file.as_str(), it.line, it.encoding.as_str())).collect()
}

#[test]
fn a_secret_is_found_in_every_encoding_with_its_place() {
    let json = serde_json::to_string(SECRET).unwrap();
    let basic = STANDARD.encode(format!("user:{SECRET}"));
    let text = URL_SAFE_NO_PAD.encode(SECRET);
    let encoded = "teapot%26heron%20%22oar%22%2041%2F%C3%9F";
    let scene = Scene::new(&[
        ("dist/index.html", &format!("<p>\n{SECRET}</p>")),
        ("dist/_astro/a.js", &format!("x\n\nconst a={json}")),
        ("dist/b.js", &format!("'{basic}'\n'{text}'")),
        ("dist/c.js", &format!("f('?q={encoded}')")),
        (
            "dist/d.html",
            "<a title=\"teapot&amp;heron &quot;oar&quot; 41/ß\">\n<b title='teapot&#38;heron &#34;oar&#34; 41/ß'>",
        ),
        ("dist/e.js", "nothing here, teapot&heron"),
        ("src/a.ts", SECRET),
    ]);
    let found = search(&scene, &secret());
    assert_eq!(
        places(&found),
        [
            ("API_TOKEN", "dist/_astro/a.js", 3, "json"),
            ("API_TOKEN", "dist/b.js", 1, "base64"),
            ("API_TOKEN", "dist/b.js", 2, "base64"),
            ("API_TOKEN", "dist/c.js", 1, "url"),
            ("API_TOKEN", "dist/d.html", 1, "html"),
            ("API_TOKEN", "dist/d.html", 2, "html"),
            ("API_TOKEN", "dist/index.html", 2, "plain"),
        ]
    );
    assert_eq!(found.files, 6);
}

#[test]
fn only_the_folder_that_is_given_is_searched() {
    let scene = Scene::new(&[
        ("dist/server/entry.mjs", SECRET),
        ("dist/client/a.js", SECRET),
        ("dist/client/server/a.js", "x"),
    ]);
    let found = search_leaks(Path::new("dist/client"), scene.path(), &secret()).unwrap();
    assert_eq!(places(&found), [("API_TOKEN", "dist/client/a.js", 1, "plain")]);
    assert_eq!(found.files, 2);
}

#[test]
fn secrets_within_secrets_and_of_one_value_are_all_named() {
    let scene = Scene::new(&[("dist/a.js", "postgres://user:teapot-heron@db.test/x")]);
    let secrets = [
        Secret::new("DATABASE_URL", "postgres://user:teapot-heron@db.test/x"),
        Secret::new("DB_PASSWORD", "teapot-heron"),
        Secret::new("OTHER", "teapot-heron"),
    ];
    let keys: Vec<_> = search(&scene, &secrets).leaks.into_iter().map(|leak| leak.key).collect();
    assert_eq!(keys, ["DATABASE_URL", "DB_PASSWORD", "OTHER"]);
}

#[test]
fn the_password_of_a_url_is_searched_for_on_its_own_unless_it_is_common() {
    let scene = Scene::new(&[("dist/a.js", "const p = 'teapot-heron', q = 'postgres', r = 'cG9zdGdyZXM='")]);
    let found = search(&scene, &[Secret::new("URL", "postgres://user:teapot-heron@db.test/x")]);
    assert_eq!(places(&found), [("URL", "dist/a.js", 1, "plain")]);
    assert!(search(&scene, &[Secret::new("URL", "postgres://postgres:postgres@db.test/x")]).leaks.is_empty());
}

#[test]
fn of_a_value_of_several_lines_only_telling_lines_are_searched_for() {
    let key = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    let json = format!("{{\n  \"type\": \"service_account\",\n  \"private_key\": \"{key}\"\n}}");
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n");
    let scene = Scene::new(&[("dist/a.js", "  \"type\": \"service_account\","), ("dist/b.js", key)]);
    let found = search(&scene, &[Secret::new("ACCOUNT", json), Secret::new("PEM", pem)]);
    assert_eq!(places(&found), [("PEM", "dist/b.js", 1, "plain")]);
}

#[test]
fn values_that_cannot_be_searched_for_are_listed() {
    let scene = Scene::new(&[("dist/a.js", "true production abc 4321 http://localhost:4321 aaaaaaaaaa")]);
    let values = ["true", "production", "abc", "4321", "http://localhost:4321", "aaaaaaaaaa", "1234567"];
    let secrets: Vec<_> = values.iter().map(|value| Secret::new(format!("K_{}", value.len()), *value)).collect();
    let found = search(&scene, &secrets);
    assert!(found.leaks.is_empty());
    let keys: BTreeSet<_> = found.not_searchable.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(keys, secrets.iter().map(Secret::key).collect());
    let shown = format!("{found:?}");
    assert!(values.iter().all(|value| value.len() < 5 || !shown.contains(value)), "{shown}");
}

#[test]
fn large_files_are_streamed_and_seams_hide_nothing() {
    let scene = Scene::new(&[]);
    let chunk = 1024 * 1024;
    let longest = SECRET.len() * 6;
    for offset in [chunk - longest, chunk - SECRET.len(), chunk - 5, chunk, chunk + longest, 2 * chunk + 7] {
        let mut text = vec![b'\n'; offset];
        text.extend_from_slice(SECRET.as_bytes());
        text.extend(vec![b'x'; 3 * chunk]);
        scene.write("dist/a.js", &text);
        let found = search(&scene, &secret());
        assert_eq!(places(&found), [("API_TOKEN", "dist/a.js", u32::try_from(offset).unwrap() + 1, "plain")]);
        assert_eq!(found.bytes, text.len() as u64);
    }
}

#[test]
fn a_secret_that_fills_a_file_is_listed_a_hundred_times_and_hides_no_other() {
    let text = format!("{}other-secret-41", "teapot-heron\n".repeat(10_000));
    let scene = Scene::new(&[("dist/a.js", &text)]);
    let found = search(&scene, &[Secret::new("A_TOKEN", "teapot-heron"), Secret::new("B_TOKEN", "other-secret-41")]);
    assert_eq!(found.leaks.len(), 101);
    assert_eq!(places(&found)[100], ("B_TOKEN", "dist/a.js", 10_001, "plain"));
}

#[test]
fn bytes_that_are_no_text_are_searched_too() {
    let scene = Scene::new(&[]);
    let mut bytes = vec![0xff, 0, b'\n', 0xc3];
    bytes.extend_from_slice(SECRET.as_bytes());
    scene.write("dist/a.wasm", &bytes);
    assert_eq!(search(&scene, &secret()).leaks[0].line, 2);
}

#[test]
fn an_output_that_is_missing_is_an_error() {
    let scene = Scene::new(&[("dist2", "a file")]);
    for folder in ["dist", "dist2"] {
        let error = search_leaks(Path::new(folder), scene.path(), &secret()).unwrap_err();
        assert_eq!(error.to_string(), format!("there is no folder `{folder}` to search for secrets"));
        assert!(error.help().contains("`output`"));
    }
}

#[test]
fn without_secrets_files_are_counted_all_the_same() {
    let scene = Scene::new(&[("dist/a.js", "abc")]);
    let found = search(&scene, &[]);
    assert_eq!((found.files, found.bytes, found.leaks.len()), (1, 3, 0));
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_the_project_only() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("x.js"), SECRET).unwrap();
    let scene = Scene::new(&[("dist/a.js", "x"), ("shared/b.js", SECRET), ("shared/deep/c.js", SECRET)]);
    let dist = scene.path().join("dist");
    symlink(outside.path(), dist.join("out")).unwrap();
    symlink(outside.path().join("x.js"), dist.join("x.js")).unwrap();
    symlink("../shared/b.js", dist.join("b.js")).unwrap();
    symlink("../shared/deep", dist.join("deep")).unwrap();
    symlink(".", dist.join("circle")).unwrap();
    symlink("gone", dist.join("gone")).unwrap();
    let found = search(&scene, &secret());
    let files: Vec<_> = found.leaks.iter().map(|leak| leak.file.as_str()).collect();
    assert!(files.contains(&"dist/b.js") && files.contains(&"dist/deep/c.js"), "{files:?}");
    let skipped: Vec<_> =
        found.unsearched.iter().map(|it| it.name.as_str()).filter(|it| !it.contains("circle")).collect();
    assert_eq!(skipped, ["dist/gone", "dist/out", "dist/x.js"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_listed_and_not_waited_for() {
    let scene = Scene::new(&[("dist/a.js", "x")]);
    let _socket = std::os::unix::net::UnixListener::bind(scene.path().join("dist/socket")).unwrap();
    let _env = std::os::unix::net::UnixListener::bind(scene.path().join(".env")).unwrap();
    let found = search(&scene, &secret());
    assert_eq!(found.unsearched[0].name, "dist/socket");
    assert_eq!(scene.try_check().unwrap_err().to_string(), "`.env` is neither a file nor a folder");
}
