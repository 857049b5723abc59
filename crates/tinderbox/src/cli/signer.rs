//! Signing the command line's requests with the credentials of the environment.

use http::{HeaderValue, Request, header::HOST};
use tinderbox_base::{Clock as _, SystemClock};
use tinderbox_wire::sigv4::{Credentials, Hash, SignedRequest, sign};

/// Credentials and the region they are used in.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    credentials: Credentials,
    region: String,
}

impl Signer {
    /// The credentials that AWS's own tools would take from the environment; none if it has none.
    pub(super) fn from_environment() -> Option<Self> {
        let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let credentials = Credentials {
            access_key: read("AWS_ACCESS_KEY_ID")?,
            secret: read("AWS_SECRET_ACCESS_KEY")?,
            token: read("AWS_SESSION_TOKEN"),
        };
        let region = read("AWS_REGION").or_else(|| read("AWS_DEFAULT_REGION"));
        Some(Self { credentials, region: region.unwrap_or_else(|| "us-east-1".into()) })
    }

    /// Adds a signature to a request whose body has this hash.
    pub(super) fn sign<B>(&self, service: &str, request: &mut Request<B>, body: &Hash) {
        let host = request.uri().authority().map(|authority| authority.as_str().to_owned());
        // The client would add it anyway; a signature covers it.
        if let Some(host) = host.and_then(|host| HeaderValue::try_from(host).ok()) {
            request.headers_mut().insert(HOST, host);
        }
        let signed = SignedRequest {
            method: request.method().as_str(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or_default(),
            headers: request.headers(),
            authority: None,
        };
        let now = SystemClock::default().now();
        let added = sign(&self.credentials, (&self.region, service), &signed, body, now);
        for (name, value) in added {
            // Credentials that no header can hold are refused by whoever is called.
            if let Ok(value) = HeaderValue::try_from(value) {
                request.headers_mut().insert(name, value);
            }
        }
    }
}
