//! What the project is, on real folders, with real `git`.

use shipgate::project::measure::Options;
use shipgate::project::{Error, Project, find_git, measure};
use shipgate::record::{AssetKind, Sizes};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

fn put(root: &Path, file: &str, bytes: impl AsRef<[u8]>) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn script(lines: u32) -> String {
    let lines: Vec<String> = (0..lines).map(|n| format!("export const value{n} = {};\n", n * 7919 % 1009)).collect();
    lines.concat()
}

#[test]
fn a_site_is_measured_file_by_file() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "index.html", "<p>Hello</p>".repeat(100));
    put(root.path(), "_astro/Counter.BkZfQdRm.js", script(100));
    put(root.path(), "_astro/Counter.BkZfQdRm.js.map", script(900));
    put(root.path(), "_astro/index.C6rJxrT-.css", "a{color:red}".repeat(50));
    put(root.path(), "images/boat.png", [7; 4000]);
    put(root.path(), ".well-known/security.txt", "Contact: a@b.c");
    put(root.path(), "empty.txt", "");

    let measured = measure(root.path(), &Options::for_output(root.path())).unwrap();
    assert_eq!(measured.notes, []);
    let found: Vec<(&str, &str, AssetKind)> =
        measured.bundle.assets.iter().map(|asset| (asset.path.as_str(), asset.name.as_str(), asset.kind)).collect();
    assert_eq!(
        found,
        [
            (".well-known/security.txt", ".well-known/security.txt", AssetKind::Other),
            ("_astro/Counter.BkZfQdRm.js", "_astro/Counter.js", AssetKind::ClientScript),
            ("_astro/Counter.BkZfQdRm.js.map", "_astro/Counter.js.map", AssetKind::SourceMap),
            ("_astro/index.C6rJxrT-.css", "_astro/index.css", AssetKind::Style),
            ("empty.txt", "empty.txt", AssetKind::Other),
            ("images/boat.png", "images/boat.png", AssetKind::Image),
            ("index.html", "index.html", AssetKind::Html),
        ]
    );
    let total = measured.bundle.total();
    assert_eq!(total.raw, 1200 + script(100).len() as u64 + 600 + 4000 + 14);
    assert!(total.brotli.unwrap() < total.gzip && total.gzip < total.raw);
    assert_eq!(measured.bundle.by_kind()[&AssetKind::Image], Sizes::uncompressed(4000));
}

#[test]
fn server_code_is_kept_apart_from_what_visitors_download() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "client/_astro/a.BkZfQdRm.js", "1");
    put(root.path(), "client/about/index.html", "2");
    put(root.path(), "server/entry.mjs", "3");
    put(root.path(), "server/chunks/_@astrojs-ssr-adapter_CvSoi7hX.mjs", "4");
    let measured = measure(root.path(), &Options::for_output(root.path())).unwrap();
    let kinds: Vec<AssetKind> = measured.bundle.assets.iter().map(|asset| asset.kind).collect();
    assert_eq!(kinds, [AssetKind::ClientScript, AssetKind::Html, AssetKind::ServerCode, AssetKind::ServerCode]);
}

#[test]
fn nexts_caches_and_traces_are_not_shipped() {
    let root = tempfile::tempdir().unwrap();
    for file in
        ["BUILD_ID", "server/app/page.js", "cache/webpack/0.pack", "trace", "static/chunks/main-7f9d3ad4c3a52fd9.js"]
    {
        put(root.path(), file, file);
    }
    let measured = measure(root.path(), &Options::for_output(root.path())).unwrap();
    let names: Vec<&str> = measured.bundle.assets.iter().map(|asset| asset.name.as_str()).collect();
    assert_eq!(names, ["BUILD_ID", "server/app/page.js", "static/chunks/main.js"]);
}

#[test]
fn files_that_share_a_name_are_numbered_by_size() {
    let root = tempfile::tempdir().unwrap();
    let page = "_astro/index.astro_astro_type_script_index_0_lang";
    put(root.path(), &format!("{page}.ZZfQdRm1.js"), "longest script");
    put(root.path(), &format!("{page}.AAfQdRm2.js"), "short");
    put(root.path(), &format!("{page}.MMfQdRm3.js"), "in between");
    let measured = measure(root.path(), &Options::default()).unwrap();
    let named = |end: &str| {
        let name = format!("{page}.js{end}");
        measured.bundle.assets.iter().find(|asset| asset.name == name).map(|asset| asset.sizes.raw)
    };
    assert_eq!((named(""), named("#2"), named("#3")), (Some(14), Some(10), Some(5)));
}

#[test]
fn copies_for_the_server_are_not_counted_twice() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "a.js", script(50));
    put(root.path(), "a.js.br", "x");
    put(root.path(), "a.js.gz", "x");
    put(root.path(), "data.gz", "no original");
    let measured = measure(root.path(), &Options::default()).unwrap();
    assert_eq!(measured.bundle.assets.len(), 2);
    assert!(measured.notes[0].message.starts_with("2 compressed copies"), "{:?}", measured.notes);
}

#[test]
fn a_missing_output_and_one_that_is_a_file_are_errors() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "file", "");
    let missing = measure(&root.path().join("dist"), &Options::default()).unwrap_err();
    assert!(matches!(missing, Error::NoOutput(_)) && missing.help().unwrap().contains("output:"));
    assert!(matches!(measure(&root.path().join("file"), &Options::default()), Err(Error::OutputNotAFolder(_))));
    fs::create_dir(root.path().join("empty")).unwrap();
    assert_eq!(measure(&root.path().join("empty"), &Options::default()).unwrap().bundle.assets, []);
}

#[test]
fn the_cache_gives_the_same_sizes_and_lies_are_not_believed() {
    let root = tempfile::tempdir().unwrap();
    let (dist, cache) = (root.path().join("dist"), root.path().join("cache"));
    put(&dist, "a.js", script(200));
    put(&dist, "b.css", "a{}".repeat(300));
    let options = Options { cache: Some(cache.clone()), ..Options::default() };
    let first = measure(&dist, &options).unwrap();
    assert_eq!(measure(&dist, &options).unwrap(), first);
    assert_eq!(measure(&dist, &Options::default()).unwrap(), first);

    let file = fs::read_dir(&cache).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace(' ', " 1")).unwrap();
    assert_eq!(measure(&dist, &options).unwrap(), first);

    put(&dist, "a.js", script(201));
    assert_ne!(measure(&dist, &options).unwrap().bundle.assets[0].sizes, first.bundle.assets[0].sizes);
}

#[test]
fn a_cache_that_cannot_be_written_is_a_note_and_the_sizes_are_right() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "dist/a.js", script(20));
    put(root.path(), "cache", "a file in its place");
    let options = Options { cache: Some(root.path().join("cache")), ..Options::default() };
    let measured = measure(&root.path().join("dist"), &options).unwrap();
    assert_eq!(measured.bundle.assets.len(), 1);
    assert!(measured.notes[0].message.contains("cache of sizes"), "{:?}", measured.notes);
}

#[test]
fn a_file_of_many_megabytes_is_read_in_pieces() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "film.mp4", vec![1; 30_000_000]);
    let measured = measure(root.path(), &Options::default()).unwrap();
    assert_eq!(measured.bundle.total(), Sizes::uncompressed(30_000_000));
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_to_files_of_the_output_and_nowhere_else() {
        let root = tempfile::tempdir().unwrap();
        let dist = root.path().join("dist");
        put(&dist, "a/real.txt", "12345");
        put(root.path(), "outside.txt", "secret");
        symlink("a/real.txt", dist.join("again.txt")).unwrap();
        symlink(root.path().join("outside.txt"), dist.join("out.txt")).unwrap();
        symlink("..", dist.join("a/cycle")).unwrap();
        symlink("nowhere", dist.join("broken")).unwrap();
        symlink(root.path(), dist.join("up")).unwrap();
        let measured = measure(&dist, &Options::default()).unwrap();
        let paths: Vec<&str> = measured.bundle.assets.iter().map(|asset| asset.path.as_str()).collect();
        assert_eq!(paths, ["a/real.txt", "again.txt"]);
        assert_eq!(measured.bundle.total().raw, 10);
        assert_eq!(measured.notes.len(), 4, "{:?}", measured.notes);
    }

    #[test]
    fn an_output_that_is_itself_a_link_is_measured() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "real/a.txt", "1");
        symlink("real", root.path().join("dist")).unwrap();
        assert_eq!(measure(&root.path().join("dist"), &Options::default()).unwrap().bundle.assets.len(), 1);
    }

    #[test]
    fn a_pipe_in_the_output_does_not_hang_the_measurement() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "a.txt", "1");
        assert!(Command::new("mkfifo").arg(root.path().join("pipe")).status().unwrap().success());
        let measured = measure(root.path(), &Options::default()).unwrap();
        assert_eq!((measured.bundle.assets.len(), measured.notes.len()), (1, 1));
    }

    #[test]
    fn a_name_that_is_not_utf8_is_measured() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(OsStr::from_bytes(b"caf\xe9.js")), "1").unwrap();
        let measured = measure(root.path(), &Options::default()).unwrap();
        assert_eq!(measured.bundle.assets[0].path, "caf\u{fffd}.js");
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    let error = Project::detect(&root.path().join("none")).unwrap_err();
    assert!(matches!(error, Error::NoDirectory(_)) && error.help().is_some());
}

fn git(root: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "protocol.file.allow=always"];
    let output = Command::new("git").args(identity).args(arguments).current_dir(root).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn search_path() -> OsString {
    OsString::from("/usr/local/bin:/usr/bin:/bin")
}

fn repository() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    git(root.path(), &["init", "-q", "-b", "main"]);
    put(root.path(), "site/package.json", "{}");
    git(root.path(), &["add", "."]);
    git(root.path(), &["commit", "-qm", "feat: begin"]);
    root
}

#[tokio::test]
async fn git_tells_root_branch_commit_and_changes() {
    let root = repository();
    let top = root.path().canonicalize().unwrap();
    let path = search_path();
    let look = async || find_git(&top.join("site"), Some(&path)).await.unwrap().unwrap();

    let facts = look().await;
    assert_eq!((facts.root.as_path(), facts.branch.as_deref()), (top.as_path(), Some("main")));
    assert_eq!(facts.commit.as_deref().map(str::len), Some(40));
    assert_eq!(facts.default_branch.as_deref(), Some("main"));
    assert!(!facts.is_dirty && !facts.has_untracked);

    put(&top, "new.txt", "");
    put(&top, "site/package.json", "{\"a\": 1}");
    git(&top, &["checkout", "-q", "--detach"]);
    let facts = look().await;
    assert!(facts.is_dirty && facts.has_untracked && facts.is_detached());
    assert!(!top.join(".git/index.lock").exists());
}

#[tokio::test]
async fn worktrees_and_submodules_have_a_root_of_their_own() {
    let root = repository();
    let other = tempfile::tempdir().unwrap();
    let tree = other.path().canonicalize().unwrap().join("tree");
    git(root.path(), &["worktree", "add", "-q", "-b", "feat/x", tree.to_str().unwrap()]);
    let facts = find_git(&tree.join("site"), Some(&search_path())).await.unwrap().unwrap();
    assert_eq!((facts.root, facts.branch.as_deref()), (tree, Some("feat/x")));
    assert_eq!(facts.default_branch.as_deref(), Some("main"));

    let parent = repository();
    git(parent.path(), &["submodule", "--quiet", "add", root.path().to_str().unwrap(), "inner"]);
    let inner = parent.path().canonicalize().unwrap().join("inner");
    assert!(inner.join(".git").is_file());
    assert_eq!(find_git(&inner.join("site"), Some(&search_path())).await.unwrap().unwrap().root, inner);
}

#[tokio::test]
async fn the_default_branch_is_what_origin_says() {
    let origin = repository();
    git(origin.path(), &["branch", "-m", "trunk"]);
    let folder = tempfile::tempdir().unwrap();
    let clone = folder.path().canonicalize().unwrap().join("clone");
    git(folder.path(), &["clone", "-q", origin.path().to_str().unwrap(), "clone"]);
    git(&clone, &["checkout", "-qb", "feat/y"]);
    let facts = find_git(&clone, Some(&search_path())).await.unwrap().unwrap();
    assert_eq!((facts.branch.as_deref(), facts.default_branch.as_deref()), (Some("feat/y"), Some("trunk")));
}

#[tokio::test]
async fn a_repository_without_a_commit_has_none() {
    let root = tempfile::tempdir().unwrap();
    git(root.path(), &["init", "-q", "-b", "main"]);
    let facts = find_git(root.path(), Some(&search_path())).await.unwrap().unwrap();
    assert_eq!((facts.commit, facts.branch.as_deref()), (None, Some("main")));
}

#[tokio::test]
async fn no_repository_and_no_git_are_none_and_a_broken_repository_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(find_git(root.path(), Some(&search_path())).await.unwrap(), None);
    fs::create_dir(root.path().join(".git")).unwrap();
    assert_eq!(find_git(root.path(), Some("/nonexistent".as_ref())).await.unwrap(), None);
    assert_eq!(find_git(root.path(), None).await.unwrap(), None);
    let error = find_git(root.path(), Some(&search_path())).await.unwrap_err();
    assert!(error.to_string().contains("not a git repository"), "{error}");
}
