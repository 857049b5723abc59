//! The canonical form of a request, which is what is signed.

use http::{HeaderMap, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// A request's head as it was received, before anything decoded it.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, still percent-encoded.
    pub path: &'a str,
    /// The query string, still percent-encoded, without the question mark.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The host of the URI, where the request has no `Host` header: HTTP/2.
    pub authority: Option<&'a str>,
}

/// What is left as it is: RFC 3986's unreserved characters.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const UNRESERVED_AND_SLASH: &AsciiSet = &UNRESERVED.remove(b'/');

impl SignedRequest<'_> {
    /// The canonical request: method, path, query, headers, their names, and the payload's hash as it is told.
    ///
    /// `s3` signs the path as it is; every other service normalises it and encodes it once more.
    pub(super) fn canonical(&self, signed_headers: &[String], payload: &str, s3: bool) -> Vec<u8> {
        let mut text = Vec::with_capacity(512);
        for line in [self.method, &path(self.path, s3), &query(self.query)] {
            text.extend_from_slice(line.as_bytes());
            text.push(b'\n');
        }
        for name in signed_headers {
            text.extend_from_slice(name.as_bytes());
            text.push(b':');
            self.value(name, &mut text);
            text.push(b'\n');
        }
        text.push(b'\n');
        text.extend_from_slice(signed_headers.join(";").as_bytes());
        text.push(b'\n');
        text.extend_from_slice(payload.as_bytes());
        text
    }

    /// Whether the request has a header of this name, or what stands for it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.headers.contains_key(name) || (name == "host" && self.authority.is_some())
    }

    /// Appends all values of a header, each trimmed and its runs of spaces made one, joined by commas.
    fn value(&self, name: &str, text: &mut Vec<u8>) {
        let mut values = self.headers.get_all(name).iter().map(|v| v.as_bytes()).peekable();
        if values.peek().is_none() && name == header::HOST.as_str() {
            text.extend_from_slice(self.authority.unwrap_or_default().as_bytes());
        }
        let mut first = true;
        for value in values {
            if !std::mem::take(&mut first) {
                text.push(b',');
            }
            let mut words = value.split(|b| matches!(b, b' ' | b'\t')).filter(|word| !word.is_empty());
            if let Some(word) = words.next() {
                text.extend_from_slice(word);
            }
            for word in words {
                text.push(b' ');
                text.extend_from_slice(word);
            }
        }
    }
}

fn path(path: &str, s3: bool) -> String {
    if path.is_empty() {
        return "/".to_owned();
    }
    if s3 {
        let decoded: Vec<u8> = percent_decode_str(path).collect();
        return percent_encode(&decoded, UNRESERVED_AND_SLASH).to_string();
    }
    let mut kept: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            part => kept.push(part),
        }
    }
    let ends_open = kept.is_empty() || !path.ends_with('/');
    let normal = format!("/{}{}", kept.join("/"), if ends_open { "" } else { "/" });
    percent_encode(normal.as_bytes(), UNRESERVED_AND_SLASH).to_string()
}

/// The parameters, encoded alike and sorted; that of the signature itself left out.
fn query(query: &str) -> String {
    let encode = |text: &str| {
        let spaced = text.replace('+', " ");
        let decoded: Vec<u8> = percent_decode_str(&spaced).collect();
        percent_encode(&decoded, UNRESERVED).to_string()
    };
    let mut pairs: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(name), encode(value)))
        .filter(|(name, _)| name != "X-Amz-Signature")
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<_> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn paths() {
        fn check(text: &str, expect: &str, s3: &str) {
            assert_eq!((&*path(text, false), &*path(text, true)), (expect, s3), "{text}");
        }
        check("", "/", "/");
        check("/", "/", "/");
        check("//", "/", "//");
        check("/a/../b/./c//d/", "/b/c/d/", "/a/../b/./c//d/");
        check("/../..", "/", "/../..");
        check("/a%20b", "/a%2520b", "/a%20b");
        check("/a b", "/a%20b", "/a%20b");
        check("/ሴ", "/%E1%88%B4", "/%E1%88%B4");
        check("/a%3Ab:c", "/a%253Ab%3Ac", "/a%3Ab%3Ac");
        check("/%", "/%25", "/%25");
    }

    #[test]
    fn queries() {
        fn check(text: &str, expect: &str) {
            assert_eq!(query(text), expect, "{text}");
        }
        check("", "");
        check("b=2&a=1&a=0", "a=0&a=1&b=2");
        check("a", "a=");
        check("a=b=c", "a=b%3Dc");
        check("&&a=1&", "a=1");
        check("x=a+b%2B%7e", "x=a%20b%2B~");
        check("X-Amz-Signature=f&a=1", "a=1");
        // Sorted by what is signed: a capital before a small letter, a name before a longer one.
        check("ab=1&a=2&B=3", "B=3&a=2&ab=1");
    }

    #[test]
    fn headers() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("my", "  a   b  "), ("my", "c\t\td"), ("empty", "")] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let request =
            SignedRequest { method: "GET", path: "/", query: "", headers: &headers, authority: Some("h:1") };
        let names = ["empty", "gone", "host", "my"].map(str::to_owned);
        let text = String::from_utf8(request.canonical(&names, "HASH", false)).expect("text");
        let expect = "GET\n/\n\nempty:\ngone:\nhost:h:1\nmy:a b,c d\n\nempty;gone;host;my\nHASH";
        assert_eq!(text, expect);
    }
}
