//! Whole requests, signed by another signer and then changed: what was signed verifies, and what was changed does not.

use super::{
    ChunkFault, ChunkedBody, ChunkedPayload, Claim, Payload,
    other_signer::{NOW, Place, SECRET, Signed, Unsigned},
    sha256,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

const WORDS: [&str; 36] = [
    "header ",
    "query ",
    "chunks ",
    "trailer ",
    "unsigned ",
    "raw ",
    "lambda ",
    "s3 ",
    "logs ",
    "token ",
    "GET ",
    "POST ",
    "/2015-03-31/functions/",
    "/a/../b/./",
    "//",
    "?",
    "&",
    "=",
    "+",
    "%2F",
    "%20",
    "%C3%A9",
    "%",
    "\n",
    "\n\n",
    ": ",
    "x-amz-target: ",
    "x-amz-meta-a: ",
    "content-type: ",
    "  ",
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20150830%2Fus-east-1%2Fs3%2Faws4_request",
    "&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Expires=60&X-Amz-Signature=",
    "authorization: AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/lambda/aws4_request, SignedHeaders=host, \
     Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    "x-amz-date: 20150830T123600Z",
    "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "host: localhost",
];

/// How a request is signed, or that it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    At(Place, Option<ChunkedPayload>),
    Raw,
}

/// `mode service [token] method target`, headers, an empty line, a body.
struct Input<'a> {
    mode: Mode,
    unsigned: Unsigned<'a>,
}

fn parse(input: &[u8]) -> Option<Input<'_>> {
    let cut = input.windows(2).position(|pair| pair == b"\n\n").unwrap_or(input.len());
    let (head, body) = input.split_at(cut);
    let mut lines = std::str::from_utf8(head).ok()?.split('\n');
    let mut words = lines.next()?.split(' ').peekable();
    let mode = match words.next()? {
        "header" => Mode::At(Place::Header, None),
        "query" => Mode::At(Place::Query, None),
        "chunks" => Mode::At(Place::Header, Some(ChunkedPayload::Signed)),
        "trailer" => Mode::At(Place::Header, Some(ChunkedPayload::SignedTrailer)),
        "unsigned" => Mode::At(Place::Header, Some(ChunkedPayload::UnsignedTrailer)),
        "raw" => Mode::Raw,
        _ => return None,
    };
    let service =
        words.next().filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()))?;
    let token = words.next_if_eq(&"token");
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    // What follows a `#` is never sent.
    if !path.starts_with('/') || target.contains('#') {
        return None;
    }
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        headers.append(name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value.trim()).ok()?);
    }
    let body = body.get(2..).unwrap_or_default();
    let chunked = None;
    Some(Input { mode, unsigned: Unsigned { service, method, path, query, headers, body, chunked, token } })
}

/// What the signer itself sets, or leaves unsigned on purpose.
const NOT_SIGNED: [&str; 10] = [
    "authorization",
    "host",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
    "x-amz-user-agent",
    "x-amz-checksum-mode",
    "x-amzn-trace-id",
    "user-agent",
    "transfer-encoding",
];

/// The data of a body in chunks, and its trailers.
pub(super) type Decoded = (Vec<u8>, Vec<(String, String)>);

/// The body of chunks taken apart, fed in parts of `step` bytes.
pub(super) fn decoded(claim: &Claim, secret: &str, body: &[u8], step: usize) -> Result<Decoded, ChunkFault> {
    let mut decoder = ChunkedBody::new(claim, secret, None).ok_or(ChunkFault::Malformed)?;
    let mut data = Vec::new();
    for part in body.chunks(step) {
        decoder.push(Bytes::copy_from_slice(part))?.iter().for_each(|piece| data.extend_from_slice(piece));
    }
    Ok((data, decoder.finish()?))
}

/// Everything that is asked of a request: what it says, when and for what, the signature, the chunks.
fn judge(signed: &Signed, service: &str, secret: &str, step: usize) -> Result<Vec<u8>, String> {
    let request = signed.request();
    let short = |fault: &dyn std::fmt::Debug| format!("{fault:?}").chars().take(40).collect::<String>();
    let claim = Claim::parse(&request).map_err(|fault| short(&fault))?;
    claim.check_scope(NOW, Some(service)).map_err(|fault| short(&fault))?;
    let hash = sha256(&signed.body);
    claim.verify(&request, secret, Some(&hash)).map_err(|_| "mismatch".to_owned())?;
    match claim.payload {
        Payload::Chunked(_) => {
            decoded(&claim, secret, &signed.body, step).map(|(data, _)| data).map_err(|f| short(&f))
        }
        Payload::Whole | Payload::Hashed(_) | Payload::Unsigned => Ok(signed.body.clone()),
    }
}

/// Whether the two sides are known to differ over this: see `other_signer`'s tests.
fn left_out(unsigned: &Unsigned<'_>) -> bool {
    let query = percent_encoding::percent_decode_str(unsigned.query).decode_utf8_lossy().to_lowercase();
    // Text that is none in UTF-8 is replaced by the signer, and kept here as the bytes it is.
    let text = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8().is_ok();
    let canonical = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    let dots = ["/.", "/.."].iter().any(|end| unsigned.path.ends_with(end));
    let s3 = unsigned.service == "s3" && !unsigned.path.bytes().all(canonical);
    // A tab in a header is white space like any other here and for botocore; the other signer keeps it.
    let tab = unsigned.headers.values().any(|value| value.as_bytes().contains(&b'\t'));
    query.contains("x-amz-") || !text(unsigned.query) || dots || s3 || tab
}

/// One change that a signature must not survive; none where there is nothing to change.
fn change(signed: &mut Signed, which: u64, chunked: Option<ChunkedPayload>) -> Option<()> {
    match which % 6 {
        0 => signed.method.push('X'),
        1 => signed.path.push_str("/x"),
        2 => signed.query.push_str(if signed.query.is_empty() { "zz=1" } else { "&zz=1" }),
        3 => {
            let name = signed.headers.keys().find(|name| !NOT_SIGNED.contains(&name.as_str()))?.clone();
            signed.headers.append(name, HeaderValue::from_static("more"));
        }
        4 => {
            signed.headers.insert("host", HeaderValue::from_static("elsewhere"));
        }
        _ => match chunked {
            None => signed.body.push(b'x'),
            Some(ChunkedPayload::UnsignedTrailer) => return None,
            // The first byte of the first chunk.
            Some(ChunkedPayload::Signed | ChunkedPayload::SignedTrailer) => {
                let at = signed.body.windows(2).position(|pair| pair == b"\r\n")? + 2;
                *signed.body.get_mut(at)? ^= 1;
            }
        },
    }
    Some(())
}

#[test]
fn fuzz_verifier() {
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    tinderbox_fuzz::run("verifier", &WORDS, |input| {
        let Input { mode, mut unsigned } = parse(input).ok_or("shape")?;
        let which = hasher.hash_one(input);
        let step = 1 + (which % 97) as usize;
        let service = unsigned.service.to_owned();
        let Mode::At(place, chunked) = mode else {
            let Unsigned { method, path, query, headers, body, .. } = unsigned;
            let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
            let signed = Signed { method, path, query, headers, body: body.to_vec() };
            return judge(&signed, &service, SECRET, step).map(|_| format!("{mode:?}"));
        };
        if left_out(&unsigned) {
            return Err("left out".to_owned());
        }
        NOT_SIGNED.iter().for_each(|name| drop(unsigned.headers.remove(*name)));
        unsigned.chunked = chunked;
        let mut signed = unsigned.sign(place).ok_or("not signed")?;
        assert_eq!(judge(&signed, &service, SECRET, step).as_deref(), Ok(unsigned_body(&unsigned, &signed)));
        assert!(judge(&signed, &service, "wrong", step).is_err());
        let free = place == Place::Query && service == "s3" && which % 6 == 5;
        if !free && change(&mut signed, which, chunked).is_some() {
            let found = judge(&signed, &service, SECRET, step);
            assert!(found.is_err(), "changed in way {}: {signed:?}", which % 6);
        }
        Ok(format!("{mode:?} {}", which % 6))
    });
}

/// What is to come out of a body: what was put into the chunks.
fn unsigned_body<'a>(unsigned: &Unsigned<'a>, signed: &'a Signed) -> &'a [u8] {
    if unsigned.chunked.is_some() { unsigned.body } else { &signed.body }
}
