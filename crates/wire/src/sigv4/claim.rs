//! What a request says about its signature, and whether it is true.

use super::{
    SignatureFault, SignedRequest,
    hash::{self, Hash},
    moment,
};
use std::time::Duration;
use tinderbox_base::Timestamp;

/// How far the moment of a signature may be from now, either way.
pub const MAX_SKEW: Duration = Duration::from_secs(15 * 60);

/// A signature with all that belongs to it, unverified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The access key id.
    pub access_key: String,
    /// The session token, which temporary credentials come with.
    pub token: Option<String>,
    /// The region signed for.
    pub region: String,
    /// The service signed for.
    pub service: String,
    /// When it was signed.
    pub moment: Timestamp,
    /// How long it counts if it is a presigned request's.
    pub expires: Option<Duration>,
    /// What is said about the body.
    pub payload: Payload,
    /// The day of the scope, `YYYYMMDD`.
    pub(super) date: String,
    /// The last part of the scope.
    pub(super) terminator: String,
    /// In lower case and in order.
    pub(super) signed_headers: Vec<String>,
    pub(super) signature: Hash,
}

/// What a request says about its body (`X-Amz-Content-SHA256`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Nothing: its hash is signed.
    Whole,
    /// This hash, which is signed.
    Hashed(Hash),
    /// That it is not signed.
    Unsigned,
    /// That it comes in chunks, by the name of their algorithm.
    Chunked(super::ChunkedPayload),
}

impl Claim {
    /// Checks what needs no secret: when it was signed, and for what.
    ///
    /// # Errors
    /// It was signed too long ago or too far ahead, or not for this service.
    pub fn check_scope(&self, now: Timestamp, service: Option<&str>) -> Result<(), SignatureFault> {
        let scope = |text: String| Err(SignatureFault::Scope(text));
        if self.terminator != "aws4_request" {
            return scope(format!(
                "Credential should be scoped with a valid terminator: 'aws4_request', not '{}'.",
                self.terminator
            ));
        }
        if service.is_some_and(|service| service != self.service) {
            let service = service.unwrap_or_default();
            return scope(format!("Credential should be scoped to correct service: '{service}'. "));
        }
        if self.region.parse::<tinderbox_base::Region>().is_err() {
            return scope(format!("Credential should be scoped to a valid region, not '{}'. ", self.region));
        }
        let text = moment::format(self.moment);
        let day = text.get(..8).unwrap_or_default();
        if day != self.date {
            return scope(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{day}', \
                 from '{text}'.",
                self.date
            ));
        }
        self.check_moment(now, &text)
    }

    fn check_moment(&self, now: Timestamp, told: &str) -> Result<(), SignatureFault> {
        let minutes = |time: Duration| time.as_secs().div_ceil(60);
        let lasts = self.expires.unwrap_or(MAX_SKEW);
        let (present, signed) = (now.as_millis(), self.moment.as_millis());
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        if present.saturating_sub(millis(lasts)) > signed {
            let bound = Timestamp::from_millis(present.saturating_sub(millis(lasts)));
            return Err(SignatureFault::Skewed(format!(
                "Signature expired: {told} is now earlier than {} ({} - {} min.)",
                moment::format(bound),
                moment::format(now),
                minutes(lasts)
            )));
        }
        let bound = now + MAX_SKEW;
        if signed > bound.as_millis() {
            return Err(SignatureFault::Skewed(format!(
                "Signature not yet current: {told} is still later than {} ({} + {} min.)",
                moment::format(bound),
                moment::format(now),
                minutes(MAX_SKEW)
            )));
        }
        Ok(())
    }

    /// Checks the signature with the key's secret. `body` is the hash of the body as it was sent; it is not looked at
    /// if the body is not signed as a whole.
    ///
    /// # Errors
    /// The signature is not that of this request by this key, or the body not the one that was signed.
    pub fn verify(
        &self,
        request: &SignedRequest<'_>,
        secret: &str,
        body: Option<&Hash>,
    ) -> Result<(), SignatureFault> {
        let canonical =
            request.canonical(&self.signed_headers, &self.payload_text(body), self.service == "s3");
        let text = self.string_to_sign(&canonical);
        let signature = hash::hmac(&self.signing_key(secret), text.as_bytes());
        if !hash::same(&signature, &self.signature) {
            let canonical = String::from_utf8_lossy(&canonical).into_owned();
            return Err(SignatureFault::Mismatch { canonical, string_to_sign: text });
        }
        match (&self.payload, body) {
            (Payload::Hashed(told), Some(found)) if !hash::same(told, found) => {
                Err(SignatureFault::PayloadMismatch)
            }
            _ => Ok(()),
        }
    }

    /// The key that also signs the chunks of a body.
    pub(super) fn signing_key(&self, secret: &str) -> Hash {
        hash::signing_key(secret, &self.date, &self.region, &self.service)
    }

    /// `20150830/us-east-1/iam/aws4_request`.
    pub(super) fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }

    pub(super) fn string_to_sign(&self, canonical: &[u8]) -> String {
        let digest = hash::hex(&hash::sha256(canonical));
        format!("AWS4-HMAC-SHA256\n{}\n{}\n{digest}", moment::format(self.moment), self.scope())
    }

    fn payload_text(&self, body: Option<&Hash>) -> String {
        match &self.payload {
            Payload::Whole => hash::hex(body.unwrap_or(&hash::sha256(b""))),
            Payload::Hashed(told) => hash::hex(told),
            Payload::Unsigned => UNSIGNED.to_owned(),
            Payload::Chunked(kind) => kind.name().to_owned(),
        }
    }
}

/// The value of `X-Amz-Content-SHA256` for a body that is not signed.
pub(super) const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
