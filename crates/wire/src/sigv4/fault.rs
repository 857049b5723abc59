//! Why a request's signature is not accepted, in the words of each protocol.

use crate::{ServiceError, schema::Protocol};
use std::borrow::Cow;

/// Why a request's signature is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureFault {
    /// It has none.
    Missing,
    /// It does not say all that it must; the text says what.
    Incomplete(String),
    /// Nobody has this access key, or its token is not the key's.
    UnknownKey,
    /// The token's time is over.
    ExpiredToken,
    /// The moment of the signature is too far from now; the text says how far.
    Skewed(String),
    /// It is made for another day, region or service; the text says for which.
    Scope(String),
    /// It does not fit the request: what should have been signed.
    Mismatch {
        /// The canonical request.
        canonical: String,
        /// The text that its hash goes into.
        string_to_sign: String,
    },
    /// The body has not the hash that was signed.
    PayloadMismatch,
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
    Secret Access Key and signing method. Consult the service documentation for details.";

/// Codes and messages by who speaks.
enum Speaker {
    Json,
    Query,
    S3,
}

impl SignatureFault {
    /// The error that a service answers in `protocol`.
    pub fn into_error(self, protocol: Protocol) -> ServiceError {
        let speaker = match protocol {
            Protocol::AwsQuery => Speaker::Query,
            Protocol::RestXml => Speaker::S3,
            Protocol::RestJson1 | Protocol::RpcV2Cbor | Protocol::AwsJson1_0 | Protocol::AwsJson1_1 => {
                Speaker::Json
            }
        };
        let (code, message) = self.told_by(&speaker);
        let status = match (&speaker, code) {
            (Speaker::S3, "ExpiredToken" | "AuthorizationHeaderMalformed" | "XAmzContentSHA256Mismatch") => {
                400
            }
            // JSON services without paths have one status for all that clients do wrong.
            (Speaker::Json, _) if protocol.is_aws_json() => 400,
            _ => 403,
        };
        ServiceError::coded(code, status, message)
    }

    fn told_by(self, speaker: &Speaker) -> (&'static str, Cow<'static, str>) {
        use Speaker::{Json, Query, S3};
        match (self, speaker) {
            (Self::Missing, Json) => {
                ("MissingAuthenticationTokenException", "Missing Authentication Token".into())
            }
            (Self::Missing, Query) => {
                ("MissingAuthenticationToken", "Request is missing Authentication Token".into())
            }
            (Self::Missing, S3) => ("AccessDenied", "Access Denied".into()),
            (Self::Incomplete(text), Json) => ("IncompleteSignatureException", text.into()),
            (Self::Incomplete(text), Query) => ("IncompleteSignature", text.into()),
            (Self::Incomplete(text), S3) => ("AuthorizationHeaderMalformed", text.into()),
            (Self::UnknownKey, Json) => {
                ("UnrecognizedClientException", "The security token included in the request is invalid.".into())
            }
            (Self::UnknownKey, Query) => {
                ("InvalidClientTokenId", "The security token included in the request is invalid.".into())
            }
            (Self::UnknownKey, S3) => (
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.".into(),
            ),
            (Self::ExpiredToken, Json) => {
                ("ExpiredTokenException", "The security token included in the request is expired".into())
            }
            (Self::ExpiredToken, Query) => {
                ("ExpiredToken", "The security token included in the request is expired".into())
            }
            (Self::ExpiredToken, S3) => ("ExpiredToken", "The provided token has expired.".into()),
            (Self::Skewed(_), S3) => (
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.".into(),
            ),
            (Self::Scope(text), S3) => ("AuthorizationHeaderMalformed", text.into()),
            (Self::Skewed(text) | Self::Scope(text), Json) => ("InvalidSignatureException", text.into()),
            (Self::Skewed(text) | Self::Scope(text), Query) => ("SignatureDoesNotMatch", text.into()),
            (Self::Mismatch { canonical, string_to_sign }, Json) => (
                "InvalidSignatureException",
                format!(
                    "{MISMATCH}\n\nThe Canonical String for this request should have been\n'{canonical}'\n\n\
                     The String-to-Sign should have been\n'{string_to_sign}'\n"
                )
                .into(),
            ),
            (Self::Mismatch { .. }, Query) => ("SignatureDoesNotMatch", MISMATCH.into()),
            (Self::Mismatch { .. }, S3) => (
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and \
                 signing method."
                    .into(),
            ),
            (Self::PayloadMismatch, S3) => (
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.".into(),
            ),
            (Self::PayloadMismatch, Json) => ("InvalidSignatureException", MISMATCH.into()),
            (Self::PayloadMismatch, Query) => ("SignatureDoesNotMatch", MISMATCH.into()),
        }
    }
}
