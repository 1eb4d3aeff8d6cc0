//! Where GitHub's two APIs are: github.com, a data-residency host, or an Enterprise Server.
//!
//! Both must be on one origin, since the token goes to both: a GraphQL address elsewhere is ignored
//! and the right one derived (<https://docs.github.com/en/enterprise-server/graphql/guides/managing-enterprise-accounts>).

use super::Error;
use crate::proxy::Proxies;
use url::Url;

/// The addresses of one GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `https://api.github.com`, `https://ghe.example/api/v3`; no slash at the end.
    rest: Url,
    graphql: Url,
    proxies: Proxies,
}

impl Address {
    pub const DEFAULT_REST: &'static str = "https://api.github.com";

    /// `rest` is `GITHUB_API_URL`, `graphql` is `GITHUB_GRAPHQL_URL`.
    ///
    /// # Errors
    /// When `rest` is not an http(s) URL with a host.
    pub fn new(rest: &str, graphql: Option<&str>) -> Result<Self, Error> {
        let bad = |problem: String| Error::Environment { variable: "GITHUB_API_URL", problem };
        let url = Url::parse(rest).map_err(|error| bad(format!("is `{rest}`, which is not a URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(bad(format!("is `{rest}`, which is not an http(s) address")));
        }
        let derived = derive_graphql(&url);
        let graphql = graphql
            .and_then(|given| Url::parse(given).ok())
            .filter(|given| given.origin() == url.origin())
            .unwrap_or(derived);
        Ok(Self { rest: url, graphql, proxies: Proxies::default() })
    }

    /// The same, reached through one of these where they apply.
    #[must_use]
    pub fn through(self, proxies: Proxies) -> Self {
        Self { proxies, ..self }
    }

    pub(super) fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// Scheme, host and port of both.
    #[must_use]
    pub fn origin(&self) -> String {
        self.rest.origin().ascii_serialization()
    }

    /// The path of a REST route (`/repos/…`) on the origin.
    #[must_use]
    pub fn rest_path(&self, route: &str) -> String {
        format!("{}{route}", self.rest.path().trim_end_matches('/'))
    }

    #[must_use]
    pub fn graphql_path(&self) -> &str {
        self.graphql.path()
    }
}

/// `/graphql` beside `/`, `/api/graphql` beside `/api/v3`.
fn derive_graphql(rest: &Url) -> Url {
    let mut url = rest.clone();
    let path = rest.path().trim_end_matches('/');
    url.set_path(&format!("{}/graphql", path.strip_suffix("/v3").unwrap_or(path)));
    url.set_query(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(rest: &str, graphql: Option<&str>) -> (String, String, String) {
        let address = Address::new(rest, graphql).unwrap();
        (address.origin(), address.rest_path("/repos/o/r"), address.graphql_path().to_owned())
    }

    #[test]
    fn the_graphql_address_is_derived_for_each_kind_of_github() {
        let expected = |origin: &str, rest: &str, graphql: &str| (origin.into(), rest.into(), graphql.into());
        assert_eq!(paths("https://api.github.com", None), expected("https://api.github.com", "/repos/o/r", "/graphql"));
        assert_eq!(
            paths("https://ghe.example/api/v3/", None),
            expected("https://ghe.example", "/api/v3/repos/o/r", "/api/graphql")
        );
        assert_eq!(
            paths("https://api.acme.ghe.com", Some("https://api.acme.ghe.com/graphql")),
            expected("https://api.acme.ghe.com", "/repos/o/r", "/graphql")
        );
    }

    #[test]
    fn a_graphql_address_on_another_host_never_gets_the_token() {
        let (origin, _, graphql) = paths("http://127.0.0.1:18999", Some("https://api.github.com/graphql"));
        assert_eq!((origin.as_str(), graphql.as_str()), ("http://127.0.0.1:18999", "/graphql"));
    }

    #[test]
    fn an_address_that_is_none_is_refused_by_name() {
        for bad in ["", "api.github.com", "file:///etc", "https://"] {
            let error = Address::new(bad, None).unwrap_err().to_string();
            assert!(error.starts_with("`GITHUB_API_URL` is"), "{error}");
        }
    }
}
