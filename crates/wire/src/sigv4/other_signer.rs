//! The signer of AWS's SDK for Rust: what it signs must verify here, whatever is signed.

use super::{ChunkedPayload, SignedRequest};
use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
        SigningSettings, UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::http::Headers;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use std::time::{Duration, SystemTime};
use tinderbox_base::Timestamp;

pub(super) const KEY: &str = "AKIDEXAMPLE";
pub(super) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_440_938_160_000);
pub(super) const REGION: &str = "us-east-1";
const HOST: &str = "localhost:4566";

/// Where the signature goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Header,
    Query,
}

/// What is signed. It has no `Host` header yet.
#[derive(Clone, Debug)]
pub(super) struct Unsigned<'a> {
    pub(super) service: &'a str,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: HeaderMap,
    pub(super) body: &'a [u8],
    pub(super) chunked: Option<ChunkedPayload>,
    pub(super) token: Option<&'a str>,
}

/// The same, signed.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Signed {
    pub(super) fn request(&self) -> SignedRequest<'_> {
        SignedRequest {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            authority: None,
        }
    }
}

fn time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(NOW.as_millis().unsigned_abs())
}

fn identity(token: Option<&str>) -> Identity {
    Credentials::new(KEY, SECRET, token.map(str::to_owned), None, "test").into()
}

fn settings(service: &str, place: Place, body: &SignableBody<'_>) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    // As the SDK does: S3 is told the body's hash, the others only if it is none.
    if service == "s3" || !matches!(body, SignableBody::Bytes(_)) {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    if place == Place::Query {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(60));
    }
    settings
}

impl Unsigned<'_> {
    /// Signs it; none if the signer cannot.
    pub(super) fn sign(&self, place: Place) -> Option<Signed> {
        let identity = identity(self.token);
        let body = match self.chunked {
            Some(kind) => SignableBody::Precomputed(kind.name().to_owned()),
            // Whoever presigns for S3 does not know the body.
            None if place == Place::Query && self.service == "s3" => SignableBody::UnsignedPayload,
            None => SignableBody::Bytes(self.body),
        };
        let settings = settings(self.service, place, &body);
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name(self.service)
            .time(time())
            .settings(settings)
            .build()
            .ok()?;
        let mut headers = self.headers.clone();
        headers.insert("host", HeaderValue::from_static(HOST));
        let question = if self.query.is_empty() { "" } else { "?" };
        let uri = format!("http://{HOST}{}{question}{}", self.path, self.query);
        let pairs: Option<Vec<_>> =
            headers.iter().map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
        let signable = SignableRequest::new(self.method, uri, pairs?.into_iter(), body).ok()?;
        let (instructions, signature) = sign(signable, &parameters.into()).ok()?.into_parts();
        let (added, parameters) = instructions.into_parts();
        for header in added {
            headers.insert(header.name(), header.value().parse().ok()?);
        }
        let mut query = self.query.to_owned();
        for (name, value) in parameters {
            let value = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC);
            query = format!("{query}{}{name}={value}", if query.is_empty() { "" } else { "&" });
        }
        let body = match self.chunked {
            Some(kind) => self.chunks(kind, &signature)?,
            None => self.body.to_vec(),
        };
        let (method, path) = (self.method.to_owned(), self.path.to_owned());
        Some(Signed { method, path, query, headers, body })
    }

    /// The body in three chunks and a last one, as `kind` says.
    fn chunks(&self, kind: ChunkedPayload, seed: &str) -> Option<Vec<u8>> {
        let identity = identity(self.token);
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name(self.service)
            .time(time())
            .settings(())
            .build()
            .ok()?;
        let (mut out, mut running) = (Vec::new(), seed.to_owned());
        let step = self.body.len().div_ceil(3).max(1);
        for chunk in self.body.chunks(step).chain([&[][..]]) {
            out.extend(format!("{:x}", chunk.len()).bytes());
            if kind != ChunkedPayload::UnsignedTrailer {
                let chunk = Bytes::copy_from_slice(chunk);
                running = v4::sign_chunk(&chunk, &running, &parameters).ok()?.into_parts().1;
                out.extend(format!(";chunk-signature={running}").bytes());
            }
            out.extend(b"\r\n");
            if !chunk.is_empty() {
                out.extend(chunk);
                out.extend(b"\r\n");
            }
        }
        if kind != ChunkedPayload::Signed {
            out.extend(b"x-amz-checksum-crc32c:sOO8/Q==\r\n");
        }
        if kind == ChunkedPayload::SignedTrailer {
            let mut trailers = Headers::new();
            trailers.insert("x-amz-checksum-crc32c", "sOO8/Q==");
            let signature = v4::sign_trailer(&trailers, &running, &parameters).ok()?.into_parts().1;
            out.extend(format!("x-amz-trailer-signature:{signature}\r\n").bytes());
        }
        out.extend(b"\r\n");
        Some(out)
    }
}

mod tests;
