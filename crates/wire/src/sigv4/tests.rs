//! What is read of a signature, what is refused and how it is told.

use super::*;
use crate::{ServiceError, schema::Protocol};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use std::time::Duration;
use tinderbox_base::Timestamp;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const NOW: Timestamp = Timestamp::from_millis(1_440_938_160_000);

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name: HeaderName = name.parse().expect("a name");
        headers.append(name, HeaderValue::from_str(value).expect("a value"));
    }
    headers
}

fn get<'a>(path: &'a str, query: &'a str, headers: &'a HeaderMap) -> SignedRequest<'a> {
    SignedRequest { method: "GET", path, query, headers, authority: None }
}

fn credentials() -> Credentials {
    Credentials { access_key: "AKID".into(), secret: SECRET.into(), token: Some("token".into()) }
}

/// The headers of a request that is signed for Lambda at [`NOW`].
fn signed(path: &str, query: &str, body: &[u8]) -> HeaderMap {
    let mut all = headers(&[("host", "localhost:4566"), ("x-amz-target", "x")]);
    let request = get(path, query, &all);
    let added = sign(&credentials(), ("us-east-1", "lambda"), &request, &sha256(body), NOW);
    for (name, value) in added {
        all.insert(name, HeaderValue::from_str(&value).expect("a value"));
    }
    all
}

#[test]
fn what_is_signed_verifies_and_nothing_else() {
    let (path, query, body) = ("/2015-03-31/functions/a%20b", "Qualifier=1&x", &b"{}"[..]);
    let whole = signed(path, query, body);
    let verify = |path: &str, query: &str, headers: &HeaderMap, body: &[u8]| {
        let request = get(path, query, headers);
        Claim::parse(&request)?.verify(&request, SECRET, Some(&sha256(body)))
    };
    assert_eq!(verify(path, query, &whole, body), Ok(()));
    assert_eq!(verify(path, "x&Qualifier=1", &whole, body), Ok(()));
    let mut other_target = whole.clone();
    other_target.insert("x-amz-target", HeaderValue::from_static("y"));
    for result in [
        verify("/2015-03-31/functions/a", query, &whole, body),
        verify(path, "Qualifier=2&x", &whole, body),
        verify(path, query, &whole, b"{} "),
        verify(path, query, &other_target, body),
    ] {
        assert!(matches!(result, Err(SignatureFault::Mismatch { .. })), "{result:?}");
    }
    let request = get(path, query, &whole);
    let claim = Claim::parse(&request).expect("a claim");
    assert!(claim.verify(&request, "wrong", Some(&sha256(body))).is_err());
    assert_eq!(claim.token.as_deref(), Some("token"));
}

#[test]
fn incomplete_signatures() {
    fn check(pairs: &[(&str, &str)], query: &str, expect: &str) {
        let headers = headers(pairs);
        let found = Claim::parse(&get("/", query, &headers)).expect_err(expect);
        match found {
            SignatureFault::Incomplete(text) => assert_eq!(text, expect),
            other => assert_eq!(format!("{other:?}"), expect),
        }
    }
    let date = ("x-amz-date", "20150830T123600Z");
    let host = ("host", "h");
    let auth = |text: &'static str| ("authorization", text);
    check(&[], "", "Missing");
    check(
        &[auth("Bearer x")],
        "",
        "'Bearer' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer x'.",
    );
    check(
        &[auth("AWS4-HMAC-SHA256")],
        "",
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
         Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a \
         'X-Amz-Date' or a 'Date' header.",
    );
    check(
        &[date, auth("AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/lambda/aws4_request, Signature=00")],
        "",
        "Authorization header requires 'SignedHeaders' parameter.",
    );
    check(
        &[date, auth("AWS4-HMAC-SHA256 Credential=a/us-east-1/lambda, SignedHeaders=host, Signature=00")],
        "",
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
         'a/us-east-1/lambda'",
    );
    check(
        &[date, auth("AWS4-HMAC-SHA256 Credential=a/1/r/s/t, SignedHeaders=host, Signature=00")],
        "",
        "Signature must be 64 lower-case hexadecimal digits.",
    );
    check(
        &[auth("AWS4-ECDSA-P256-SHA256 Credential=a")],
        "",
        "AWS4-ECDSA-P256-SHA256 (Signature Version 4A) is not supported; sign with AWS4-HMAC-SHA256.",
    );
    check(
        &[("x-amz-date", "now"), auth("AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=00")],
        "",
        "Date must be in ISO-8601 'basic format'. Got 'now'. See http://en.wikipedia.org/wiki/ISO_8601",
    );
    let whole = signed("/", "", b"");
    let text = whole["authorization"].to_str().expect("text").to_owned();
    let token = ("x-amz-security-token", "token");
    let target = ("x-amz-target", "x");
    let fine = [host, date, token, target, ("authorization", &*text)];
    assert!(Claim::parse(&get("/", "", &headers(&fine))).is_ok());
    check(
        &[&fine[..], &[("x-amz-other", "1")]].concat(),
        "",
        "'x-amz-other' must be a 'SignedHeader' in the AWS Authorization.",
    );
    check(&[&fine[..3], &fine[4..]].concat(), "", "The signed header 'x-amz-target' is not in the request.");
    check(
        &fine,
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "A request is signed in its Authorization header or in its query string, not in both.",
    );
    check(&[fine[4], fine[4]], "", "A request has one Authorization header.");
    let hostless = text.replace("SignedHeaders=host;", "SignedHeaders=");
    check(
        &[date, token, target, ("authorization", &*hostless)],
        "",
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
    let algorithm = "X-Amz-Algorithm=AWS4-HMAC-SHA256";
    check(&[], algorithm, "AWS query-string parameters must include 'X-Amz-Credential'.");
    let long = format!(
        "{algorithm}&X-Amz-Credential=a%2F20150830%2Fr%2Fs%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=604801\
         &X-Amz-SignedHeaders=host&X-Amz-Signature={}",
        "0".repeat(64)
    );
    check(&[host], &long, "X-Amz-Expires must be less than a week (in seconds) that is 604800");
}

#[test]
fn moments_and_scopes() {
    let whole = signed("/", "", b"");
    let claim = Claim::parse(&get("/", "", &whole)).expect("a claim");
    let check = |claim: &Claim, offset: i64, service: &str, expect: Result<(), &str>| {
        let now = Timestamp::from_millis(NOW.as_millis() + offset * 1000);
        let found = claim.check_scope(now, Some(service)).map_err(|fault| match fault {
            SignatureFault::Scope(text) | SignatureFault::Skewed(text) => text,
            other => format!("{other:?}"),
        });
        assert_eq!(found, expect.map_err(str::to_owned));
    };
    check(&claim, 0, "lambda", Ok(()));
    check(&claim, 900, "lambda", Ok(()));
    check(&claim, -900, "lambda", Ok(()));
    check(
        &claim,
        901,
        "lambda",
        Err(
            "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)",
        ),
    );
    check(
        &claim,
        -901,
        "lambda",
        Err(
            "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 \
             min.)",
        ),
    );
    check(&claim, 0, "logs", Err("Credential should be scoped to correct service: 'logs'. "));
    let mut other = Claim { region: "Nowhere!".into(), ..claim.clone() };
    check(&other, 0, "lambda", Err("Credential should be scoped to a valid region, not 'Nowhere!'. "));
    other = Claim { terminator: "aws5".into(), ..claim.clone() };
    check(
        &other,
        0,
        "lambda",
        Err("Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'."),
    );
    other = Claim { date: "20150829".into(), ..claim.clone() };
    check(
        &other,
        0,
        "lambda",
        Err(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != \
             '20150830', from '20150830T123600Z'.",
        ),
    );
    let presigned = Claim { expires: Some(Duration::from_secs(3600)), ..claim };
    check(&presigned, 3600, "lambda", Ok(()));
    check(
        &presigned,
        3601,
        "lambda",
        Err(
            "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T133601Z - 60 min.)",
        ),
    );
}

/// The example of "Authenticating requests: using query parameters" of the S3 guide.
#[test]
fn presigned() {
    let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256\
        &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
        &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
        &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    let headers = headers(&[("host", "examplebucket.s3.amazonaws.com")]);
    let request = get("/test.txt", query, &headers);
    let claim = Claim::parse(&request).expect("a claim");
    assert_eq!((claim.access_key.as_str(), &claim.payload), ("AKIAIOSFODNN7EXAMPLE", &Payload::Unsigned));
    assert_eq!(claim.verify(&request, SECRET, None), Ok(()));
    assert!(claim.verify(&get("/test.tx", query, &headers), SECRET, None).is_err());
}

#[test]
fn the_body_is_what_was_signed() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let mut all = headers(&[("host", "h"), ("x-amz-content-sha256", empty)]);
    // The signature is over the hash that is told.
    for (name, value) in sign(&credentials(), ("us-east-1", "lambda"), &get("/", "", &all), &sha256(b""), NOW)
    {
        all.insert(name, HeaderValue::from_str(&value).expect("a value"));
    }
    let request = get("/", "", &all);
    let claim = Claim::parse(&request).expect("a claim");
    assert_eq!(claim.verify(&request, SECRET, Some(&sha256(b""))), Ok(()));
    let other = claim.verify(&request, SECRET, Some(&sha256(b"x")));
    assert_eq!(other, Err(SignatureFault::PayloadMismatch));
    for (told, expect) in [
        ("UNSIGNED-PAYLOAD", Some(Payload::Unsigned)),
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", Some(Payload::Chunked(ChunkedPayload::UnsignedTrailer))),
        ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", None),
        ("", None),
    ] {
        all.insert("x-amz-content-sha256", HeaderValue::from_static(told));
        assert_eq!(Claim::parse(&get("/", "", &all)).ok().map(|c| c.payload), expect, "{told}");
    }
}

#[test]
fn faults_in_each_protocol() {
    fn check(fault: SignatureFault, protocol: Protocol, expect: (&str, u16)) {
        let ServiceError::Coded { code, status, message } = fault.clone().into_error(protocol) else {
            panic!("{fault:?}");
        };
        assert_eq!((&*code, status), expect, "{fault:?} {message}");
    }
    use Protocol::{AwsJson1_1, AwsQuery, RestJson1, RestXml};
    check(SignatureFault::Missing, RestJson1, ("MissingAuthenticationTokenException", 403));
    check(SignatureFault::Missing, AwsJson1_1, ("MissingAuthenticationTokenException", 400));
    check(SignatureFault::Missing, AwsQuery, ("MissingAuthenticationToken", 403));
    check(SignatureFault::UnknownKey, RestJson1, ("UnrecognizedClientException", 403));
    check(SignatureFault::UnknownKey, AwsQuery, ("InvalidClientTokenId", 403));
    check(SignatureFault::UnknownKey, RestXml, ("InvalidAccessKeyId", 403));
    check(SignatureFault::ExpiredToken, RestJson1, ("ExpiredTokenException", 403));
    check(SignatureFault::ExpiredToken, AwsQuery, ("ExpiredToken", 403));
    check(SignatureFault::ExpiredToken, RestXml, ("ExpiredToken", 400));
    let skewed = || SignatureFault::Skewed("late".into());
    check(skewed(), RestJson1, ("InvalidSignatureException", 403));
    check(skewed(), AwsQuery, ("SignatureDoesNotMatch", 403));
    check(skewed(), RestXml, ("RequestTimeTooSkewed", 403));
    check(SignatureFault::Incomplete("x".into()), AwsJson1_1, ("IncompleteSignatureException", 400));
    check(SignatureFault::PayloadMismatch, RestXml, ("XAmzContentSHA256Mismatch", 400));
}

/// A chunked upload as the S3 guide shows it: 66,560 letters in two chunks.
struct Upload {
    kind: ChunkedPayload,
    seed: &'static str,
    chunks: [&'static str; 3],
    trailer: &'static str,
}

const SIGNED: Upload = Upload {
    kind: ChunkedPayload::Signed,
    seed: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    chunks: [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ],
    trailer: "",
};

const TRAILER: Upload = Upload {
    kind: ChunkedPayload::SignedTrailer,
    seed: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    chunks: [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ],
    trailer: "x-amz-checksum-crc32c:sOO8/Q==\r\n\
        x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
};

impl Upload {
    fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (size, signature) in [65536, 1024, 0].into_iter().zip(self.chunks) {
            body.extend(format!("{size:x};chunk-signature={signature}\r\n").bytes());
            if size > 0 {
                body.extend(std::iter::repeat_n(b'a', size));
                body.extend(b"\r\n");
            }
        }
        body.extend(format!("{}\r\n", self.trailer).bytes());
        body
    }

    fn decoder(&self, length: Option<u64>) -> ChunkedBody {
        let claim = Claim {
            access_key: "AKIAIOSFODNN7EXAMPLE".into(),
            token: None,
            region: "us-east-1".into(),
            service: "s3".into(),
            moment: moment::parse("20130524T000000Z").expect("a moment"),
            expires: None,
            payload: Payload::Chunked(self.kind),
            date: "20130524".into(),
            terminator: "aws4_request".into(),
            signed_headers: vec!["host".into()],
            signature: hash::from_hex(self.seed).expect("a hash"),
        };
        ChunkedBody::new(&claim, SECRET, length).expect("chunks")
    }
}

type Decoded = Result<(Vec<u8>, Vec<(String, String)>), ChunkFault>;

fn decode(mut decoder: ChunkedBody, body: &[u8], step: usize) -> Decoded {
    let mut data = Vec::new();
    for part in body.chunks(step) {
        for piece in decoder.push(Bytes::copy_from_slice(part))? {
            data.extend_from_slice(&piece);
        }
    }
    Ok((data, decoder.finish()?))
}

#[test]
fn chunks() {
    for upload in [SIGNED, TRAILER] {
        let body = upload.body();
        for step in [1, 7, 65536, body.len()] {
            let (data, trailers) = decode(upload.decoder(Some(66560)), &body, step).expect("chunks");
            assert!(data.len() == 66560 && data.iter().all(|b| *b == b'a'));
            let expect =
                (!upload.trailer.is_empty()).then(|| ("x-amz-checksum-crc32c".into(), "sOO8/Q==".into()));
            assert_eq!(trailers, Vec::from_iter(expect));
        }
        let mut changed = body.clone();
        changed[70_000 - 4000] = b'b';
        assert_eq!(decode(upload.decoder(None), &changed, 4096), Err(ChunkFault::Signature));
        let cut = &body[..body.len() - 3];
        assert_eq!(decode(upload.decoder(None), cut, 4096), Err(ChunkFault::Length));
        assert_eq!(decode(upload.decoder(Some(66559)), &body, 4096), Err(ChunkFault::Length));
        assert_eq!(decode(upload.decoder(Some(66561)), &body, 4096), Err(ChunkFault::Length));
        let more = [&body[..], b"0\r\n"].concat();
        assert_eq!(decode(upload.decoder(None), &more, 4096), Err(ChunkFault::Malformed));
    }
    let forged = Upload { trailer: "x-amz-checksum-crc32c:AAAA/Q==\r\n", ..TRAILER };
    assert_eq!(decode(forged.decoder(None), &forged.body(), 4096), Err(ChunkFault::Signature));
}

#[test]
fn chunks_without_signatures() {
    let upload = Upload { kind: ChunkedPayload::UnsignedTrailer, ..SIGNED };
    let check = |body: &str, expect: Result<(&str, usize), ChunkFault>| {
        let found = decode(upload.decoder(None), body.as_bytes(), 3);
        let found = found.map(|(data, trailers)| (String::from_utf8(data).expect("text"), trailers.len()));
        assert_eq!(found, expect.map(|(data, count)| (data.to_owned(), count)), "{body:?}");
    };
    check("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:abc=\r\n\r\n", Ok(("hello", 1)));
    check("0\r\n\r\n", Ok(("", 0)));
    check("", Err(ChunkFault::Length));
    check("5\nhello", Err(ChunkFault::Malformed));
    check("+5\r\nhello\r\n0\r\n\r\n", Err(ChunkFault::Malformed));
    check("fffffffffffffffff\r\n", Err(ChunkFault::Malformed));
    check("2\r\nhello\r\n", Err(ChunkFault::Malformed));
    check(&"1".repeat(MAX_CHUNK_LINE + 1), Err(ChunkFault::Malformed));
    check("0\r\nno trailer\r\n\r\n", Err(ChunkFault::Malformed));
}

proptest! {
    #[test]
    fn any_header_is_read_or_refused(text in "\\PC{0,120}", date in "[0-9TZ]{0,17}") {
        let mut all = HeaderMap::new();
        for (name, value) in [("authorization", text.clone()), ("x-amz-date", date)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                all.insert(name, value);
            }
        }
        let request = get("/", &text, &all);
        if let Ok(claim) = Claim::parse(&request) {
            let _ = claim.verify(&request, SECRET, None);
        }
    }

    #[test]
    fn any_query_is_read_or_refused(
        key in prop::sample::select(vec!["Credential", "Date", "Expires", "SignedHeaders", "Signature"]),
        value in "[a-z0-9/%;+=-]{0,80}",
    ) {
        let query = format!("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-{key}={value}");
        let _ = Claim::parse(&get("/", &query, &HeaderMap::new()));
    }

    #[test]
    fn any_path_and_query_that_is_signed_verifies(path in "/[a-z./%+é ]{0,24}", query in "[a-z&=%+é/ ]{0,24}") {
        let whole = signed(&path, &query, b"x");
        let request = get(&path, &query, &whole);
        let claim = Claim::parse(&request).expect("a claim");
        prop_assert_eq!(claim.verify(&request, SECRET, Some(&sha256(b"x"))), Ok(()));
    }

    #[test]
    fn any_body_is_decoded_or_refused(body in prop::collection::vec(any::<u8>(), 0..200), step in 1..9usize) {
        let _ = decode(Upload { kind: ChunkedPayload::UnsignedTrailer, ..SIGNED }.decoder(None), &body, step);
    }
}
