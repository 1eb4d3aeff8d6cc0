//! Links into the repository at the commit that was checked. Everything that comes from a report is
//! held to a form before it becomes part of a URL; without a good one there is no link, only text.

use crate::report::{RenderOptions, Report, escape};
use url::Url;

/// A longer path is named but not linked.
const MAX_PATH: usize = 400;

#[derive(Debug)]
pub(super) struct Links {
    server: Option<String>,
    /// `https://github.com/owner/name`
    repository: Option<String>,
    /// `https://github.com/owner/name/blob/COMMIT/`, with the project's folder.
    files: Option<String>,
}

impl Links {
    pub(super) fn new(report: &Report, options: &RenderOptions) -> Self {
        let server = checked_server(&options.server_url);
        let repository = match (&server, report.run.repository.as_deref()) {
            (Some(server), Some(name)) if is_repository(name) => Some(format!("{server}/{name}")),
            _ => None,
        };
        let files = match (&repository, report.run.commit.as_deref(), checked_path(&report.project.directory)) {
            (Some(repository), Some(commit), Some(folder)) if is_commit(commit) => {
                let slash = if folder.is_empty() { "" } else { "/" };
                Some(format!("{repository}/blob/{commit}/{}{slash}", escape::url_path(folder)))
            }
            _ => None,
        };
        Self { server, repository, files }
    }

    /// A file of the project, at a line of it.
    pub(super) fn file(&self, path: &str, line: Option<u32>) -> Option<String> {
        let files = self.files.as_ref()?;
        let path = checked_path(path).filter(|path| !path.is_empty() && path.len() <= MAX_PATH)?;
        let mut url = format!("{files}{}", escape::url_path(path));
        if let Some(line) = line {
            // GitHub shows these rendered, without lines, unless told not to.
            let is_rendered = [".md", ".mdx", ".markdown"].iter().any(|ending| path.ends_with(ending));
            url.push_str(if is_rendered { "?plain=1#L" } else { "#L" });
            url.push_str(&line.to_string());
        }
        Some(url)
    }

    pub(super) fn commit(&self, commit: &str) -> Option<String> {
        let repository = self.repository.as_ref()?;
        is_commit(commit).then(|| format!("{repository}/commit/{commit}"))
    }

    /// A page of the same server.
    pub(super) fn page(&self, url: &str) -> Option<String> {
        let path = url.strip_prefix(self.server.as_ref()?)?.strip_prefix('/')?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.');
        (path.len() <= MAX_PATH && path.chars().all(is_plain)).then(|| url.to_owned())
    }
}

fn checked_server(server: &str) -> Option<String> {
    let url = Url::parse(server).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let is_bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let text = url.as_str().trim_end_matches('/').to_owned();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '_' | '-' | '.' | '[' | ']');
    let in_path = url.path().contains(['[', ']']);
    (is_web && is_bare && !in_path && text.chars().all(is_plain)).then_some(text)
}

/// `owner/name` as GitHub allows it.
fn is_repository(name: &str) -> bool {
    let is_part = |part: &str| {
        (1..=100).contains(&part.len())
            && !part.chars().all(|c| c == '.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    name.split_once('/').is_some_and(|(owner, name)| is_part(owner) && is_part(name))
}

fn is_commit(commit: &str) -> bool {
    (7..=64).contains(&commit.len()) && commit.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A path that stays within the repository.
fn checked_path(path: &str) -> Option<&str> {
    let path = path.strip_prefix("./").unwrap_or(path);
    let is_inside = path.is_empty() || path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let is_text = !path.chars().any(|c| c.is_control() || c == '\\');
    (is_inside && is_text).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn links(server: &str, repository: &str, commit: &str) -> Links {
        let mut report = sample::passed();
        report.run.repository = Some(repository.into());
        report.run.commit = Some(commit.into());
        Links::new(&report, &RenderOptions { server_url: server.into(), ..RenderOptions::default() })
    }

    fn good() -> Links {
        links("https://github.com", "acme/site", "3f2c1ab9")
    }

    #[test]
    fn a_file_is_linked_at_its_line_from_the_root_of_the_repository() {
        let url = good().file("src/pages/[...slug].astro", Some(12));
        let expected =
            "https://github.com/acme/site/blob/3f2c1ab9/examples/astro-site/src/pages/%5B...slug%5D.astro#L12";
        assert_eq!(url.as_deref(), Some(expected));
        assert!(good().file("README.md", Some(3)).is_some_and(|url| url.ends_with("/README.md?plain=1#L3")));
    }

    #[test]
    fn nothing_leads_out_of_the_repository() {
        for path in ["../secret", "/etc/passwd", "a/../../b", "a//b", "", "C:\\a", "a\nb"] {
            assert_eq!(good().file(path, None), None, "{path:?}");
        }
        assert_eq!(good().file(&"a".repeat(MAX_PATH + 1), None), None);
        assert!(good().file("a)](javascript:x) \"<b>", None).is_some_and(|url| !url.contains([')', ' ', '"', '<'])));
    }

    #[test]
    fn a_server_a_repository_and_a_commit_are_held_to_their_form() {
        let has_links = |server, repository, commit| links(server, repository, commit).files.is_some();
        assert!(has_links("https://github.com", "a/b", "3f2c1ab9"));
        assert!(has_links("http://127.0.0.1:8080/git/", "a/b.c", "3f2c1ab9"));
        for server in ["javascript:alert(1)", "https://a@b", "https://a/?x", "https://a/(x)", "github.com", ""] {
            assert!(!has_links(server, "a/b", "3f2c1ab9"), "{server}");
        }
        for repository in ["a", "a/b/c", "a/..", "a/b)", "/b"] {
            assert!(!has_links("https://github.com", repository, "3f2c1ab9"), "{repository}");
        }
        for commit in ["", "main", "3f2c", "3f2c1ab9/.."] {
            assert!(!has_links("https://github.com", "a/b", commit), "{commit}");
        }
    }

    #[test]
    fn a_page_of_another_server_is_no_link() {
        assert!(good().page("https://github.com/acme/site/actions/runs/1").is_some());
        for url in ["https://github.com.evil.org/x", "https://evil.org/", "javascript:x", "https://github.com/a)b"] {
            assert_eq!(good().page(url), None, "{url}");
        }
    }
}
