//! Reading a claim from a request: from its `Authorization` header, or from its query string.

use super::{ChunkedPayload, Claim, Payload, SignatureFault, SignedRequest, claim::UNSIGNED, hash, moment};
use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;
use std::{str::FromStr as _, time::Duration};

/// The one algorithm that is verified.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// What signs for several regions, with a key pair; it is refused by name.
const SIGV4A: &str = "AWS4-ECDSA-P256-SHA256";
/// Headers that a signature names at most. A request has no more.
const MAX_SIGNED_HEADERS: usize = 256;
/// Seconds that a presigned request counts at most: a week (S3 guide, "Authenticating requests: using query parameters").
const MAX_EXPIRES: u64 = 604_800;
/// Seconds that a presigned request counts if it does not say: as long as any other.
const DEFAULT_EXPIRES: u64 = 900;
/// `X-Amz-` headers that need not be signed: the token, which may be added after signing, and what CloudFront adds.
const FREE_HEADERS: [&str; 3] = ["x-amz-security-token", "x-amz-cf-id", "x-amz-date"];

type Result<T> = std::result::Result<T, SignatureFault>;

fn incomplete<T>(text: impl Into<String>) -> Result<T> {
    Err(SignatureFault::Incomplete(text.into()))
}

impl Claim {
    /// The claim of a request.
    ///
    /// # Errors
    /// It has none, or one that is not whole. Nothing is verified here.
    pub fn parse(request: &SignedRequest<'_>) -> Result<Self> {
        let presigned = parameter(request.query, "X-Amz-Algorithm");
        let claim = match (request.headers.get(header::AUTHORIZATION), presigned) {
            (Some(_), Some(_)) => incomplete(
                "A request is signed in its Authorization header or in its query string, not in both.",
            ),
            (Some(_), None) => by_header(request.headers),
            (None, Some(algorithm)) => by_query(request, &algorithm),
            (None, None) => Err(SignatureFault::Missing),
        }?;
        claim.check_headers(request)?;
        Ok(claim)
    }

    /// Checks that the headers are signed that say what a request is.
    fn check_headers(&self, request: &SignedRequest<'_>) -> Result<()> {
        let signed = |name: &str| self.signed_headers.iter().any(|signed| signed == name);
        if !signed("host") {
            return incomplete("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
        }
        let named = request.headers.keys().map(http::HeaderName::as_str);
        let mut ours = named.filter(|name| name.starts_with("x-amz-") && !FREE_HEADERS.contains(name));
        if let Some(name) = ours.find(|name| !signed(name)) {
            return incomplete(format!("'{name}' must be a 'SignedHeader' in the AWS Authorization."));
        }
        if let Some(name) = self.signed_headers.iter().find(|name| !request.has(name)) {
            return incomplete(format!("The signed header '{name}' is not in the request."));
        }
        Ok(())
    }
}

/// `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`
fn by_header(headers: &HeaderMap) -> Result<Claim> {
    if headers.get_all(header::AUTHORIZATION).iter().nth(1).is_some() {
        return incomplete("A request has one Authorization header.");
    }
    let text = text(headers, header::AUTHORIZATION.as_str()).unwrap_or_default();
    let (algorithm, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    check_algorithm(algorithm, text)?;
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for pair in rest.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("Credential", value)) => credential = Some(value),
            Some(("SignedHeaders", value)) => signed_headers = Some(value),
            Some(("Signature", value)) => signature = Some(value),
            // AWS ignores what it does not know.
            Some(_) => {}
            None => return incomplete(not_a_pair(pair, text)),
        }
    }
    let date = ["x-amz-date", "date"].into_iter().find_map(|name| self::text(headers, name));
    let missing: Vec<_> =
        [("Credential", credential), ("Signature", signature), ("SignedHeaders", signed_headers)]
            .into_iter()
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| format!("Authorization header requires '{name}' parameter."))
            .chain(date.is_none().then(|| {
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
                    .to_owned()
            }))
            .collect();
    let (Some(credential), Some(signed_headers), Some(signature), Some(date)) =
        (credential, signed_headers, signature, date)
    else {
        return incomplete(missing.join(" "));
    };
    let Some(moment) = moment::parse_date(date) else {
        return incomplete(format!(
            "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ));
    };
    let parts = Parts { credential, signed_headers, signature };
    let token = self::text(headers, "x-amz-security-token").map(str::to_owned);
    let claim = parts.claim(moment)?;
    Ok(Claim { token, payload: payload(headers)?.unwrap_or(Payload::Whole), ..claim })
}

/// `X-Amz-Algorithm=…&X-Amz-Credential=…&X-Amz-Date=…&X-Amz-Expires=…&X-Amz-SignedHeaders=…&X-Amz-Signature=…`
fn by_query(request: &SignedRequest<'_>, algorithm: &str) -> Result<Claim> {
    check_algorithm(algorithm, algorithm)?;
    let required = |name: &str| match parameter(request.query, name) {
        Some(value) => Ok(value),
        None => incomplete(format!("AWS query-string parameters must include '{name}'.")),
    };
    let (credential, signed) = (required("X-Amz-Credential")?, required("X-Amz-SignedHeaders")?);
    let (signature, date) = (required("X-Amz-Signature")?, required("X-Amz-Date")?);
    let Some(moment) = moment::parse(&date) else {
        return incomplete(format!("X-Amz-Date must be in the ISO8601 Long Format, not '{date}'."));
    };
    let seconds = match parameter(request.query, "X-Amz-Expires").map(|text| u64::from_str(&text)) {
        None => DEFAULT_EXPIRES,
        Some(Ok(seconds)) if seconds <= MAX_EXPIRES => seconds,
        Some(Ok(_)) => {
            return incomplete(format!(
                "X-Amz-Expires must be less than a week (in seconds) that is {MAX_EXPIRES}"
            ));
        }
        Some(Err(_)) => return incomplete("X-Amz-Expires should be a number"),
    };
    let parts = Parts { credential: &credential, signed_headers: &signed, signature: &signature };
    let claim = parts.claim(moment)?;
    // Whoever presigns for S3 does not know the body; for others it is signed as ever, and mostly empty.
    let unsaid = if claim.service == "s3" { Payload::Unsigned } else { Payload::Whole };
    Ok(Claim {
        token: parameter(request.query, "X-Amz-Security-Token"),
        expires: Some(Duration::from_secs(seconds)),
        payload: payload(request.headers)?.unwrap_or(unsaid),
        ..claim
    })
}

fn check_algorithm(algorithm: &str, text: &str) -> Result<()> {
    match algorithm {
        ALGORITHM => Ok(()),
        SIGV4A => {
            incomplete(format!("{SIGV4A} (Signature Version 4A) is not supported; sign with {ALGORITHM}."))
        }
        other if other.starts_with("AWS4-") => incomplete(format!("Unsupported AWS 'algorithm': '{other}'.")),
        other => incomplete(not_a_pair(other, text)),
    }
}

fn not_a_pair(part: &str, text: &str) -> String {
    format!("'{part}' not a valid key=value pair (missing equal-sign) in Authorization header: '{text}'.")
}

/// The parts of a signature that a header and a query string have in common.
struct Parts<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl Parts<'_> {
    fn claim(&self, moment: tinderbox_base::Timestamp) -> Result<Claim> {
        // An access key id may hold slashes, so the parts are counted from the end.
        let mut scope = self.credential.rsplitn(5, '/');
        let mut next = || scope.next().filter(|part| !part.is_empty()).map(str::to_owned);
        let parts = (next(), next(), next(), next(), next());
        let (Some(terminator), Some(service), Some(region), Some(date), Some(access_key)) = parts else {
            return incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{}'",
                self.credential
            ));
        };
        let Some(signature) = hash::from_hex(self.signature) else {
            return incomplete("Signature must be 64 lower-case hexadecimal digits.");
        };
        let signed_headers: Vec<String> = self.signed_headers.split(';').map(str::to_owned).collect();
        let small = |name: &String| !name.is_empty() && !name.bytes().any(|b| b.is_ascii_uppercase());
        let sorted = signed_headers.windows(2).all(|pair| pair[0] < pair[1]);
        if signed_headers.len() > MAX_SIGNED_HEADERS || !signed_headers.iter().all(small) || !sorted {
            return incomplete("SignedHeaders must be lower-case names in order, each once.");
        }
        Ok(Claim {
            access_key,
            token: None,
            region,
            service,
            moment,
            expires: None,
            payload: Payload::Whole,
            date,
            terminator,
            signed_headers,
            signature,
        })
    }
}

fn payload(headers: &HeaderMap) -> Result<Option<Payload>> {
    let Some(text) = text(headers, "x-amz-content-sha256") else { return Ok(None) };
    if text == UNSIGNED {
        return Ok(Some(Payload::Unsigned));
    }
    if let Some(chunked) = ChunkedPayload::named(text) {
        return Ok(Some(Payload::Chunked(chunked)));
    }
    match hash::from_hex(text) {
        Some(hash) => Ok(Some(Payload::Hashed(hash))),
        None => incomplete(
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, the name of a streaming payload, or a valid sha256 value.",
        ),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The first parameter of this name, decoded.
fn parameter(query: &str, name: &str) -> Option<String> {
    let found = query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then_some(value)
    })?;
    Some(percent_decode_str(&found.replace('+', " ")).decode_utf8_lossy().into_owned())
}
