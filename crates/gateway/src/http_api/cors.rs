//! Which pages of other origins may call: what can be set, and what it means for a request.

use super::{errors, model::Cors};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tinderbox_base::Result;

/// Entries of one list.
const MAX_ENTRIES: usize = 100;
/// Seconds that browsers may remember: -1 to a day (API Gateway guide, "Configure CORS for HTTP APIs").
const MAX_AGE: std::ops::RangeInclusive<i64> = -1..=86_400;

/// Refuses what cannot be set.
pub(crate) fn check(cors: &Cors) -> Result<()> {
    let lists = [&cors.allow_headers, &cors.allow_methods, &cors.allow_origins, &cors.expose_headers];
    if lists.iter().any(|list| list.as_ref().is_some_and(|list| list.len() > MAX_ENTRIES)) {
        return Err(errors::too_many("entries of a CORS configuration", MAX_ENTRIES));
    }
    let origins = cors.allow_origins.as_deref().unwrap_or_default();
    if cors.allow_credentials == Some(true) && origins.iter().any(|origin| origin == "*") {
        return Err(errors::bad("allowCredentials is not supported for '*' in allowOrigins"));
    }
    let formed = |origin: &&String| *origin == "*" || origin.contains("://");
    if let Some(origin) = origins.iter().find(|origin| !formed(origin)) {
        return Err(errors::bad(format!(
            "Invalid format for origin {origin}. Expected format: scheme://host, scheme://* or *"
        )));
    }
    if cors.max_age.is_some_and(|age| !MAX_AGE.contains(&age)) {
        return Err(errors::bad("maxAge must be between -1 and 86400"));
    }
    Ok(())
}

/// Whether a request asks what it may do rather than doing it.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The headers that say what a page may do, for a preflight and for any other answer. None, if the request comes
/// from no page or its origin may not call.
pub(crate) fn headers(cors: &Cors, request: &HeaderMap, preflight: bool) -> HeaderMap {
    let mut out = HeaderMap::new();
    let Some(origin) = request.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()) else {
        return out;
    };
    let allowed = cors.allow_origins.as_deref().unwrap_or_default();
    let Some(own) = allowed.iter().find(|own| covers(own, origin)) else { return out };
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            out.insert(name, value);
        }
    };
    set(header::ACCESS_CONTROL_ALLOW_ORIGIN, if own == "*" { "*" } else { origin });
    if own != "*" {
        set(header::VARY, "Origin");
    }
    if cors.allow_credentials == Some(true) {
        set(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    let list =
        |list: &Option<Vec<String>>| list.as_ref().filter(|list| !list.is_empty()).map(|list| list.join(","));
    if preflight {
        if let Some(methods) = list(&cors.allow_methods) {
            set(header::ACCESS_CONTROL_ALLOW_METHODS, &methods);
        }
        if let Some(names) = list(&cors.allow_headers) {
            set(header::ACCESS_CONTROL_ALLOW_HEADERS, &names);
        }
        if let Some(age) = cors.max_age {
            set(header::ACCESS_CONTROL_MAX_AGE, &age.to_string());
        }
    } else if let Some(names) = list(&cors.expose_headers) {
        set(header::ACCESS_CONTROL_EXPOSE_HEADERS, &names);
    }
    out
}

/// Puts what `cors` says in place of what an integration says about it.
pub(crate) fn apply(cors: &Cors, request: &HeaderMap, answer: &mut HeaderMap) {
    const NAMES: [HeaderName; 6] = [
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
        header::ACCESS_CONTROL_ALLOW_METHODS,
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        header::ACCESS_CONTROL_MAX_AGE,
    ];
    for name in NAMES {
        answer.remove(name);
    }
    for (name, value) in &headers(cors, request, false) {
        answer.insert(name.clone(), value.clone());
    }
}

/// Whether `own`, which may end with a star, is for `origin`.
fn covers(own: &str, origin: &str) -> bool {
    match own.strip_suffix('*') {
        Some(start) => origin.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start)),
        None => own.eq_ignore_ascii_case(origin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> Option<Vec<String>> {
        Some(items.iter().map(|item| (*item).to_owned()).collect())
    }

    #[test]
    fn origins() {
        fn check(own: &[&str], origin: &str, expect: Option<&str>) {
            let cors = Cors { allow_origins: list(own), ..Cors::default() };
            let mut request = HeaderMap::new();
            request.insert(header::ORIGIN, origin.parse().expect("a value"));
            let found = headers(&cors, &request, false);
            let found = found.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).map(|v| v.to_str().expect("text"));
            assert_eq!(found, expect, "{own:?} {origin}");
        }
        check(&["*"], "https://a.example", Some("*"));
        check(&["https://a.example"], "https://a.example", Some("https://a.example"));
        check(&["https://a.example"], "https://b.example", None);
        check(&["http://x", "https://*"], "https://b.example", Some("https://b.example"));
        check(&["https://*"], "http://b.example", None);
        check(&[], "http://b.example", None);
    }

    #[test]
    fn what_cannot_be_set() {
        let good = Cors { allow_origins: list(&["*"]), max_age: Some(0), ..Cors::default() };
        assert!(check(&good).is_ok());
        assert!(check(&Cors { allow_credentials: Some(true), ..good.clone() }).is_err());
        assert!(check(&Cors { allow_origins: list(&["example.com"]), ..good.clone() }).is_err());
        assert!(check(&Cors { max_age: Some(86_401), ..good }).is_err());
    }
}
