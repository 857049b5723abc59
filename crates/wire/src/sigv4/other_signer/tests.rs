//! What the other signer signs: each place, token, path, query and way of sending a body.

use super::*;
use crate::sigv4::{Claim, SignatureFault, fuzz_verifier::decoded, sha256};

fn plain<'a>(service: &'a str, path: &'a str, query: &'a str) -> Unsigned<'a> {
    Unsigned {
        service,
        method: "POST",
        path,
        query,
        headers: HeaderMap::new(),
        body: b"{\"a\":1}",
        chunked: None,
        token: None,
    }
}

/// Verifies what was signed, and that it does not verify with another secret.
fn verified(what: &Unsigned<'_>, place: Place) -> Claim {
    let signed = what.sign(place).expect("it signs");
    let request = signed.request();
    let claim = Claim::parse(&request).unwrap_or_else(|fault| panic!("{fault:?} of {signed:?}"));
    assert_eq!(claim.check_scope(NOW, Some(what.service)), Ok(()), "{what:?}");
    let hash = sha256(&signed.body);
    assert_eq!(claim.verify(&request, SECRET, Some(&hash)), Ok(()), "{place:?} {what:?}");
    let wrong = claim.verify(&request, "wrong", Some(&hash));
    assert!(matches!(wrong, Err(SignatureFault::Mismatch { .. })), "{what:?}");
    claim
}

#[test]
fn odd_paths_and_queries() {
    let paths = [
        "/",
        "/2015-03-31/functions/hello/invocations",
        "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af",
        "/a//b/./c/../d/",
        "//",
        "/a%20b/%C3%A9/%2F/%25",
        "/a+b;c=d@e,f!g'h(i)*j&k$l",
        "/~user/-._",
    ];
    let queries = [
        "",
        "a",
        "a=",
        "b=2&a=1&a=0",
        "tagKeys=a%20b%2Bc%2Fd%3D%C3%A9&tagKeys=e",
        "x=a+b&y=%7e&Z=1",
        "a=b=c&&=d",
        "Action=GetCallerIdentity&Version=2011-06-15",
    ];
    for path in paths {
        for query in queries {
            for token in [None, Some("a/token+with=signs")] {
                for place in [Place::Header, Place::Query] {
                    let what = Unsigned { token, ..plain("lambda", path, query) };
                    assert_eq!(verified(&what, place).token.as_deref(), token);
                }
            }
        }
    }
    // S3 signs a path as it is sent, which its clients send in its one canonical form.
    for path in ["/", "/b/k//x/../y/", "/b/a%20b%2Bc/%C3%A9~"] {
        for place in [Place::Header, Place::Query] {
            verified(&plain("s3", path, "list-type=2&prefix=a%2Fb"), place);
        }
    }
}

#[test]
fn headers() {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("x-amz-target", "Logs_20140328.DescribeLogGroups"),
        ("content-type", "application/x-amz-json-1.1"),
        ("user-agent", "aws-sdk-rust/1.0"),
        ("x-amzn-trace-id", "Root=1-2-3"),
        ("my-header", "  a   b  "),
        ("my-header", "c"),
        ("empty", ""),
    ] {
        headers.append(name, HeaderValue::from_static(value));
    }
    let what = Unsigned { headers, ..plain("logs", "/", "") };
    let claim = verified(&what, Place::Header);
    assert!(!claim.signed_headers.iter().any(|name| name == "user-agent"), "a proxy may change it");
    verified(&what, Place::Query);
}

#[test]
fn bodies_in_chunks() {
    let kinds = [ChunkedPayload::Signed, ChunkedPayload::SignedTrailer, ChunkedPayload::UnsignedTrailer];
    for kind in kinds {
        for body in [&b""[..], b"a", b"twelve bytes", &[7; 100_000]] {
            let what = Unsigned { body, chunked: Some(kind), ..plain("s3", "/b/k", "") };
            let claim = verified(&what, Place::Header);
            let signed = what.sign(Place::Header).expect("it signs");
            let (data, trailers) = decoded(&claim, SECRET, &signed.body, 4096).expect("chunks");
            assert!(data == body, "{kind:?}");
            let expect = usize::from(kind != ChunkedPayload::Signed);
            assert_eq!(trailers.len(), expect, "{kind:?}");
            if kind != ChunkedPayload::UnsignedTrailer && !body.is_empty() {
                assert!(decoded(&claim, "wrong", &signed.body, 4096).is_err(), "{kind:?}");
            }
        }
    }
}

/// What botocore (by https) and the SDK for JavaScript sent for PutObject of a stream, recorded with the key of these tests: they
/// sign the head and leave the chunks to a checksum.
#[test]
fn bodies_in_chunks_of_other_clients() {
    #[derive(serde::Deserialize)]
    struct Recorded {
        client: String,
        method: String,
        path: String,
        query: String,
        headers: Vec<(String, String)>,
        body: String,
    }
    let text = include_str!("../../../tests/sigv4/chunked_clients.json");
    let recorded: Vec<Recorded> = serde_json::from_str(text).expect("JSON");
    assert_eq!(recorded.len(), 10);
    for one in recorded {
        let mut headers = HeaderMap::new();
        for (name, value) in &one.headers {
            let name: http::HeaderName = name.parse().expect("a name");
            headers.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        let length: u64 =
            headers["x-amz-decoded-content-length"].to_str().expect("text").parse().expect("a number");
        let body = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, &one.body).expect("base64");
        let (method, path, query) = (one.method, one.path, one.query);
        let signed = Signed { method, path, query, headers, body };
        let request = signed.request();
        let claim = Claim::parse(&request).expect(&one.client);
        assert_eq!(claim.check_scope(claim.moment, Some("s3")), Ok(()), "{}", one.client);
        assert_eq!(claim.verify(&request, SECRET, None), Ok(()), "{}", one.client);
        assert_eq!(claim.payload, crate::sigv4::Payload::Chunked(ChunkedPayload::UnsignedTrailer));
        let (data, trailers) = decoded(&claim, SECRET, &signed.body, 7).expect(&one.client);
        assert_eq!((data.len() as u64, &*trailers[0].0), (length, "x-amz-checksum-crc32"), "{}", one.client);
    }
}

/// The two AWS signers differ in one case, which no HTTP client sends: after a last `.` or `..` botocore and the SDK for
/// JavaScript write no slash, the SDK for Rust one.
#[test]
fn a_path_that_ends_in_dots() {
    for path in ["/a/.", "/a/b/.."] {
        let signed = plain("lambda", path, "").sign(Place::Header).expect("it signs");
        let request = signed.request();
        let claim = Claim::parse(&request).expect("a claim");
        let found = claim.verify(&request, SECRET, Some(&sha256(&signed.body)));
        assert!(matches!(found, Err(SignatureFault::Mismatch { .. })), "{path}");
    }
}
