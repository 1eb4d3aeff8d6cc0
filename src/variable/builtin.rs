//! Variables that every build, shell or host sets, so that nobody has to declare them.

/// Of Vite and Astro, of Node, of shells.
const NAMES: [&str; 44] = [
    "MODE",
    "DEV",
    "PROD",
    "SSR",
    "BASE_URL",
    "SITE",
    "ASSETS_PREFIX",
    "LEGACY",
    "NODE_ENV",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NODE_DEBUG",
    "NODE_EXTRA_CA_CERTS",
    "CI",
    "PORT",
    "HOST",
    "HOSTNAME",
    "TZ",
    "HOME",
    "PATH",
    "PWD",
    "OLDPWD",
    "USER",
    "USERNAME",
    "USERPROFILE",
    "LOGNAME",
    "SHELL",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "FORCE_COLOR",
    "LANG",
    "LANGUAGE",
    "TMPDIR",
    "TEMP",
    "TMP",
    "EDITOR",
    "APPDATA",
    "LOCALAPPDATA",
    "DEBUG",
    "VERCEL",
    "NETLIFY",
    "RENDER",
    "DYNO",
];

const PREFIXES: [&str; 19] = [
    "npm_",
    "GITHUB_",
    "RUNNER_",
    "ACTIONS_",
    "GITLAB_",
    "CI_",
    "VERCEL_",
    "NEXT_PUBLIC_VERCEL_",
    "PUBLIC_VERCEL_",
    "ZEABUR_",
    "NETLIFY_",
    "CF_PAGES",
    "RENDER_",
    "RAILWAY_",
    "FLY_",
    "HEROKU_",
    "VITEST",
    "JEST_",
    "LC_",
];

/// Under a host's prefix, yet names that applications choose, as of an OAuth app.
const OWN: [&str; 7] = ["CLIENT", "OAUTH", "APP", "WEBHOOK", "PRIVATE", "SECRET", "PAT"];

pub(super) fn is_builtin(key: &str) -> bool {
    NAMES.contains(&key)
        || PREFIXES.into_iter().any(|prefix| {
            key.strip_prefix(prefix).is_some_and(|rest| !OWN.iter().any(|own| rest.split('_').any(|word| word == *own)))
        })
}

/// Whether `key` is what `pattern` names; a `*` at its end stands for anything.
pub(super) fn matches(pattern: &str, key: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => key.starts_with(start),
        None => pattern == key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_build_sets_needs_no_declaration() {
        for key in
            ["MODE", "SSR", "NODE_ENV", "npm_package_version", "GITHUB_SHA", "VERCEL_URL", "ZEABUR_WEB_URL", "CI"]
        {
            assert!(is_builtin(key), "{key}");
        }
        for key in ["PUBLIC_SITE_URL", "GITHUB_CLIENT_SECRET", "GITHUB_APP_ID", "MODES", "DATABASE_URL", "NPM_TOKEN"] {
            assert!(!is_builtin(key), "{key}");
        }
    }

    #[test]
    fn patterns_may_end_in_a_star() {
        assert!(matches("FOO_*", "FOO_BAR") && matches("FOO", "FOO"));
        assert!(!matches("FOO", "FOO_BAR") && !matches("FOO_*", "FO"));
    }
}
