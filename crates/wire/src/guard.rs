//! Who may call the AWS APIs by where a browser says the request comes from.
//!
//! A page anywhere on the web can make a visitor's browser send requests to this machine. It cannot hide its
//! `Origin`, nor, after rebinding its name to our address, the `Host` it thinks it talks to.

use crate::Origin;
use http::{HeaderMap, HeaderValue, Method, Uri, header};

/// Hosts besides the machine's own names under which the listener is reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    pub(crate) hosts: Vec<String>,
}

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It was sent to a name that is not ours.
    Host,
    /// A page of another site sent it.
    Origin,
}

impl Guard {
    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap, origin: &Origin) -> Result<(), Refused> {
        // HTTP/2 and proxies put the host into the URI. Without either it is no browser.
        // Where every request is signed, its host is too, and no page of another site can sign.
        if matches!(origin, Origin::Public { .. }) {
            return self.check_page(uri, headers, origin);
        }
        let host = uri.authority().map(|a| a.as_str()).or_else(|| text(headers.get(header::HOST)));
        if host.is_some_and(|host| !self.knows(host, origin))
            || host.is_none() && headers.contains_key(header::HOST)
        {
            return Err(Refused::Host);
        }
        self.check_page(uri, headers, origin)
    }

    fn check_page(&self, uri: &Uri, headers: &HeaderMap, origin: &Origin) -> Result<(), Refused> {
        let host = uri.authority().map(|a| a.as_str()).or_else(|| text(headers.get(header::HOST)));
        let page = headers.get(header::ORIGIN);
        // A page of the host that is asked is no other site.
        let own = |page: &HeaderValue| {
            let site = text(Some(page)).and_then(|page| page.split_once("://")).map(|(_, site)| site);
            matches!(origin, Origin::Public { .. }) && site.is_some() && site == host
        };
        if page.is_some_and(own) {
            return Ok(());
        }
        if page.is_some_and(|page| !self.knows_origin(page, origin)) {
            return Err(Refused::Origin);
        }
        // Requests that images and links make carry no origin, but browsers tell that they cross sites.
        let site = text(headers.get("sec-fetch-site"));
        if page.is_none() && matches!(site, Some("cross-site" | "same-site")) {
            return Err(Refused::Origin);
        }
        Ok(())
    }

    fn knows_origin(&self, page: &HeaderValue, origin: &Origin) -> bool {
        let Some(page) = text(Some(page)) else { return false };
        let host = page.strip_prefix("http://").or_else(|| page.strip_prefix("https://"));
        host.is_some_and(|host| self.knows(host, origin))
    }

    /// Whether `host`, with or without a port, is one of our names.
    fn knows(&self, host: &str, origin: &Origin) -> bool {
        let name = without_port(host).trim_end_matches('.').to_ascii_lowercase();
        let ours = matches!(name.as_str(), "localhost" | "127.0.0.1" | "[::1]")
            || name.ends_with(".localhost")
            || self.hosts.iter().any(|h| without_port(h).eq_ignore_ascii_case(&name));
        let amazon = name.ends_with(".amazonaws.com") || name == "127.0.0.2";
        ours || (amazon && matches!(origin, Origin::Instance { .. }))
    }
}

/// The host of `host:port` or `[v6]:port`.
fn without_port(host: &str) -> &str {
    match host.rfind(']') {
        Some(end) => host.get(..=end).unwrap_or(host),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    }
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value.and_then(|v| v.to_str().ok())
}

/// The answer's headers that let a page which may call read it; none if no page asks.
pub(crate) fn cross_origin(method: &Method, request: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(page) = request.get(header::ORIGIN) else { return headers };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, page.clone());
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    if method == Method::OPTIONS {
        let methods = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        if let Some(asked) = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    } else {
        // A star covers all headers for requests without cookies, which signed ones are.
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*"));
    }
    headers
}

/// Whether a browser asks in advance what it may send.
pub(crate) fn is_preflight(method: &Method, request: &HeaderMap) -> bool {
    method == Method::OPTIONS && request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinderbox_base::{AccountId, Caller, Region, RequestId, SeededRandom};

    fn instance() -> Origin {
        let id = RequestId::new(&SeededRandom::new(1));
        let caller = Caller::root(AccountId::default(), Region::default(), id);
        Origin::Instance { caller: Box::new(caller), tls: true }
    }

    fn check(origin: &Origin, headers: &[(&'static str, &str)], expect: Result<(), Refused>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().expect("a header"));
        }
        let guard = Guard { hosts: vec!["192.0.2.7:4566".into()] };
        assert_eq!(guard.check(&Uri::from_static("/"), &map, origin), expect, "{headers:?}");
    }

    #[test]
    fn hosts() {
        let loopback = Origin::Loopback;
        for host in
            ["localhost:4566", "127.0.0.1", "[::1]:4566", "LOCALHOST", "x.lambda.localhost:1", "192.0.2.7"]
        {
            check(&loopback, &[("host", host)], Ok(()));
        }
        for host in
            ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.8", "", "[::2]:1"]
        {
            check(&loopback, &[("host", host)], Err(Refused::Host));
        }
        check(&loopback, &[], Ok(()));
        check(&loopback, &[("host", "lambda.us-east-1.amazonaws.com")], Err(Refused::Host));
        check(&instance(), &[("host", "lambda.us-east-1.amazonaws.com")], Ok(()));
        check(&instance(), &[("host", "127.0.0.2:4566")], Ok(()));
        check(&instance(), &[("host", "amazonaws.com.evil.example")], Err(Refused::Host));
    }

    #[test]
    fn pages() {
        let loopback = Origin::Loopback;
        let page =
            |origin: &str, expect| check(&loopback, &[("host", "localhost"), ("origin", origin)], expect);
        page("http://localhost:3000", Ok(()));
        page("https://127.0.0.1:4566", Ok(()));
        page("http://app.localhost", Ok(()));
        page("https://evil.example", Err(Refused::Origin));
        page("null", Err(Refused::Origin));
        page("file://localhost", Err(Refused::Origin));
        check(&loopback, &[("host", "localhost"), ("sec-fetch-site", "cross-site")], Err(Refused::Origin));
        check(&loopback, &[("host", "localhost"), ("sec-fetch-site", "none")], Ok(()));
    }
}
