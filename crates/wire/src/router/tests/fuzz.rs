//! Whole requests that nobody would send, and what a request's head alone may hold.

use super::*;
use crate::route::{Head, Scope, parse_query};
use std::cell::RefCell;

const WORDS: [&str; 40] = [
    "GET ",
    "POST ",
    "PUT ",
    "DELETE ",
    "/greet/",
    "/part",
    "/service/Rpc_2026/operation/",
    "Greet",
    "Silence",
    "Part",
    "\n",
    "\n\n",
    ": ",
    "x-amz-target: Rpc_2026.",
    "content-type: application/x-www-form-urlencoded",
    "application/x-amz-json-1.0",
    "content-encoding: gzip",
    "expect: 100-continue",
    "host: localhost",
    "origin: http://localhost",
    "Action=",
    "Version=2026-01-31",
    "Name=",
    "&",
    "?",
    "%2F",
    "{\"Name\":\"",
    "\"}",
    "nobody",
    "broken",
    "authorization: AWS4-HMAC-SHA256 Credential=",
    "/20260131/us-east-1/",
    "rest",
    "rpc",
    "/aws4_request",
    ", SignedHeaders=host;x-amz-date, Signature=",
    "X-Amz-Credential=",
    "x-amz-security-token: ",
    "AKIAIOSFODNN7EXAMPLE",
    "\u{a1}dName",
];

/// A request from bytes that look like HTTP/1: a line, headers, an empty line, a body. `None`: they do not.
fn parse(input: &[u8]) -> Option<Request<Full<Bytes>>> {
    let cut = input.windows(2).position(|pair| pair == b"\n\n").unwrap_or(input.len());
    let (head, body) = input.split_at(cut);
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut line = lines.next()?.split(|byte| *byte == b' ');
    let mut builder = Request::builder().method(line.next()?).uri(line.next()?);
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        builder = builder.header(line.get(..colon)?, line.get(colon + 1..)?.trim_ascii());
    }
    builder.body(Full::new(Bytes::copy_from_slice(body.get(2..).unwrap_or_default()))).ok()
}

#[test]
fn fuzz_request() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let router = router();
    tinderbox_fuzz::run("request", &WORDS, |input| {
        let request = parse(input)?;
        let response = runtime.block_on(router.handle(request, &Origin::Loopback));
        let (head, _) = response.into_parts();
        assert!(head.headers.contains_key("x-amzn-requestid"));
        let kind = head.headers.get("content-type").map(|v| v.as_bytes().to_vec());
        let code = head.headers.get("x-amzn-errortype").map(|v| v.as_bytes().to_vec());
        Some((head.status.as_u16(), kind, code, head.headers.len()))
    });
}

#[test]
fn fuzz_signature_head() {
    let buffer = RefCell::new(String::new());
    tinderbox_fuzz::run("signature_head", &WORDS, |input| {
        let query = parse_query(input).unwrap_or_default();
        let mut headers = http::HeaderMap::new();
        if let Ok(value) = http::HeaderValue::from_bytes(input) {
            headers.insert("authorization", value);
        }
        let scopes = [Scope::of(&headers, &[]), Scope::of(&http::HeaderMap::new(), &query)];
        let mut out = buffer.borrow_mut();
        out.clear();
        for scope in scopes.iter().flatten() {
            assert!(!scope.service.contains('/') && !scope.region.contains('/'));
            out.push_str(&format!(
                "{} {} {}.",
                scope.access_key.len().min(3),
                scope.region.is_empty(),
                scope.service.len().min(3)
            ));
        }
        out.clone()
    });
}

#[test]
fn fuzz_path() {
    let router = router();
    let words = ["/greet/", "/part", "/", "//", "%2F", "%", "+", "greet", "?", "=", "&", "."];
    tinderbox_fuzz::run("path", &words, |input| {
        let text = String::from_utf8_lossy(input);
        let (path, query) = text.split_once('?').unwrap_or((&text, ""));
        let query = parse_query(query.as_bytes()).unwrap_or_default();
        let head = Head {
            method: &http::Method::POST,
            path,
            query: &query,
            headers: &http::HeaderMap::new(),
            scope: None,
        };
        crate::route::identify(&router.services, &head).map(|found| format!("{found:?}").len().min(200))
    });
}
