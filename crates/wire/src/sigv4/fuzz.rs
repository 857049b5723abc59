//! Signatures that nobody would make.

use super::*;
use http::{HeaderMap, HeaderValue};

#[test]
fn fuzz_signature() {
    let words = [
        "AWS4-HMAC-SHA256 ",
        "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request",
        "SignedHeaders=host;x-amz-date",
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ", ",
        "=",
        "/",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "&X-Amz-Credential=",
        "&X-Amz-Date=20150830T123600Z",
        "&X-Amz-Expires=60",
        "%2F",
        ";",
    ];
    tinderbox_fuzz::run("signature", &words, |input| {
        let text = String::from_utf8_lossy(input);
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("h"));
        headers.insert("x-amz-date", HeaderValue::from_static("20150830T123600Z"));
        // What no header can hold is read as a query string.
        let header = HeaderValue::from_bytes(input).ok().filter(|_| !text.starts_with("X-Amz-"));
        let query = if header.is_some() { "" } else { &*text };
        if let Some(header) = header {
            headers.insert("authorization", header);
        }
        let request = SignedRequest { method: "GET", path: "/", query, headers: &headers, authority: None };
        let claim = Claim::parse(&request)
            .map_err(|fault| format!("{fault:?}").chars().take(40).collect::<String>())?;
        claim.verify(&request, "secret", None).map_err(|_| "mismatch".to_owned())
    });
}

#[test]
fn fuzz_chunks() {
    let words = ["0", "5", ";chunk-signature=", "\r\n", "hello", "x-amz-checksum-crc32:abc=", "\n", "ffff"];
    tinderbox_fuzz::run("chunks", &words, |input| {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "h"),
            ("x-amz-date", "20150830T123600Z"),
            ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/s3/aws4_request, \
                 SignedHeaders=host;x-amz-content-sha256, \
                 Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let request =
            SignedRequest { method: "PUT", path: "/", query: "", headers: &headers, authority: None };
        let claim = Claim::parse(&request).map_err(|_| "claim".to_owned())?;
        let mut body = ChunkedBody::new(&claim, "secret", None).ok_or("chunks")?;
        for part in input.chunks(7) {
            body.push(bytes::Bytes::copy_from_slice(part)).map_err(|fault| fault.to_string())?;
        }
        body.finish().map(drop).map_err(|fault| fault.to_string())
    });
}
