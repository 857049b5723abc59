//! The proof that the caller holds the secret: checked when the body is there.

use crate::sigv4::{Claim, Hash, Payload, SignatureFault, SignedRequest};
use std::sync::Arc;
use tinderbox_base::KnownKey;

/// A signature and the secret that it must have been made with.
pub(crate) struct Proof {
    claim: Claim,
    known: Arc<KnownKey>,
}

impl Proof {
    pub(super) fn new(claim: Claim, known: Arc<KnownKey>) -> Self {
        Self { claim, known }
    }

    /// Checks the signature of a request whose body, as it came, has the hash `body`.
    pub(crate) fn check(&self, request: &SignedRequest<'_>, body: &Hash) -> Result<(), SignatureFault> {
        if let Payload::Chunked(kind) = self.claim.payload {
            // No service but S3 takes bodies in chunks.
            let text = format!("x-amz-content-sha256 {} is not supported by this service.", kind.name());
            return Err(SignatureFault::Incomplete(text));
        }
        self.claim.verify(request, self.known.secret.reveal(), Some(body))
    }
}
