//! Where an API is reached: by its own host name, or by a path of ours.

use http::{HeaderMap, Uri, header};

/// Under these paths an id and then its own path follow; the second label of a host name; and what an id of that kind
/// begins with here. API ids have no colon, so that the two kinds never meet.
const KINDS: [(&str, &str, &str); 2] =
    [("/_aws/execute-api/", "execute-api", ""), ("/_aws/lambda-url/", "lambda-url", URL_PREFIX)];
/// What tells the id of a function URL from that of an API.
pub(crate) const URL_PREFIX: &str = "url:";

/// The API or the function URL that a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The API's id; that of a function URL begins with `url:`.
    pub api: String,
    /// Bytes of the request's path before the part that is the API's own.
    pub prefix: usize,
}

impl Address {
    /// The address of a request; `None` if it is for no API.
    ///
    /// Names are `{api}.execute-api.localhost`, and AWS's own `{api}.execute-api.{region}.amazonaws.com`, which
    /// instances resolve to us. Any other name might be a page's that was made to lead here.
    pub fn of(uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        for (path, _, kind) in KINDS {
            if let Some(rest) = uri.path().strip_prefix(path) {
                let api = rest.split('/').next().unwrap_or_default();
                return Some(Self { api: format!("{kind}{api}"), prefix: path.len() + api.len() });
            }
        }
        let host = uri.host().or_else(|| headers.get(header::HOST)?.to_str().ok())?;
        Some(Self { api: api_of_host(host)?, prefix: 0 })
    }
}

fn api_of_host(host: &str) -> Option<String> {
    let name = host.split(':').next().unwrap_or_default();
    // Most requests are not for an API, and their names are told apart by this alone.
    let (api, rest) = name.split_once('.')?;
    let (label, domain) = rest.split_once('.')?;
    let (_, _, kind) = KINDS.iter().find(|(_, own, _)| label.eq_ignore_ascii_case(own))?;
    if api.is_empty() {
        return None;
    }
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let ours = domain == "localhost"
        || domain.ends_with(".localhost")
        || domain.ends_with(".amazonaws.com")
        || domain.ends_with(".on.aws");
    ours.then(|| format!("{kind}{}", api.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        fn check(host: &str, path: &str, expect: Option<(&str, &str)>) {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().expect("a host"));
            let uri: Uri = path.parse().expect("a path");
            let found = Address::of(&uri, &headers);
            let found = found.as_ref().map(|a| (a.api.as_str(), &uri.path()[a.prefix..]));
            assert_eq!(found, expect, "{host} {path}");
        }
        check("abc.execute-api.localhost:4566", "/lab3/x", Some(("abc", "/lab3/x")));
        check("ABC.Execute-API.localhost", "/", Some(("abc", "/")));
        check("abc.execute-api.us-east-1.amazonaws.com", "/lab3", Some(("abc", "/lab3")));
        check("abc.execute-api.us-east-1.localhost:1", "/lab3", Some(("abc", "/lab3")));
        check("127.0.0.1:4566", "/_aws/execute-api/abc/lab3/x", Some(("abc", "/lab3/x")));
        check("127.0.0.1:4566", "/_aws/execute-api/abc", Some(("abc", "")));
        check("127.0.0.1:4566", "/_aws/execute-api/", Some(("", "")));
        check("127.0.0.1:4566", "/restapis", None);
        check("abc.execute-api.evil.example", "/", None);
        check("xyz.lambda-url.us-east-1.localhost:4566", "/a", Some(("url:xyz", "/a")));
        check("xyz.lambda-url.us-east-1.on.aws", "/a", Some(("url:xyz", "/a")));
        check("127.0.0.1:4566", "/_aws/lambda-url/xyz/a", Some(("url:xyz", "/a")));
        check("xyz.lambda-url.us-east-1.evil.example", "/", None);
        check("abc.execute-api.localhost.evil.example", "/", None);
        check("execute-api.localhost", "/", None);
        check("localhost:4566", "/", None);
    }
}
