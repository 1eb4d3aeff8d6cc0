//! The proxies that the environment names, by the rules of curl
//! (<https://everything.curl.dev/usingcurl/proxies/env.html>). Connects to nothing.

use hyper_util::client::proxy::matcher::Matcher;
use std::collections::BTreeMap;
use std::fmt;

/// What the variables say.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    all: String,
    https: String,
    http: String,
    except: String,
}

impl Proxies {
    /// Small letters come first; an empty variable is none.
    #[must_use]
    pub fn read(environment: &BTreeMap<String, String>) -> Self {
        let get = |name: &str| {
            // CGI hands a client's `Proxy` header on as HTTP_PROXY, so that one counts in small letters only there.
            let is_cgi = name == "http_proxy" && environment.contains_key("REQUEST_METHOD");
            let upper = (!is_cgi).then(|| environment.get(&name.to_ascii_uppercase())).flatten();
            let mut set = environment.get(name).into_iter().chain(upper).map(|value| value.trim());
            set.find(|value| !value.is_empty()).unwrap_or_default().to_owned()
        };
        Self { all: get("all_proxy"), https: get("https_proxy"), http: get("http_proxy"), except: get("no_proxy") }
    }

    /// Tells for an address which proxy is in between.
    #[must_use]
    pub fn matcher(&self) -> Matcher {
        let Self { all, https, http, except } = self.clone();
        Matcher::builder().all(all).https(https).http(http).no(except).build()
    }
}

/// Never the addresses: they may hold a password.
impl fmt::Debug for Proxies {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_any = *self != Self::default();
        formatter.write_str(if is_any { "Proxies(***)" } else { "Proxies(none)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_letters_come_first_and_a_header_of_cgi_is_no_proxy() {
        let read = |pairs: &[(&str, &str)]| {
            Proxies::read(&pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        let proxy = |proxies: &Proxies| {
            proxies.matcher().intercept(&"http://example.com".parse().unwrap()).map(|proxy| proxy.uri().to_string())
        };
        assert_eq!(
            proxy(&read(&[("http_proxy", "http://a"), ("HTTP_PROXY", "http://b")])).as_deref(),
            Some("http://a/")
        );
        assert_eq!(proxy(&read(&[("http_proxy", " "), ("HTTP_PROXY", "http://b")])).as_deref(), Some("http://b/"));
        assert_eq!(proxy(&read(&[("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://b")])), None);
        assert_eq!(proxy(&read(&[("ALL_PROXY", "http://c"), ("NO_PROXY", "example.com")])), None);
    }
}
