//! Signature Version 4: verifying what others signed, and signing.
//!
//! A request carries a [`Claim`]: who says to have signed it, when, for which service, over which headers. Whether
//! that is true follows from the secret of the access key, the request as it was received, and the body's hash.
//!
//! A signature counts for [`MAX_SKEW`] before and after its moment, a presigned one until it says. Within that
//! time the same signature counts again, as it does at AWS: two equal requests of one second have the same signature, so
//! refusing the second would refuse what clients rightly send. What must not happen twice has its own token.
//!
//! # What is assumed about AWS
//!
//! - A `+` in a query string is a space, as it is wherever the query is read.
//! - Every `X-Amz-` header that is sent must be signed, except the token and what proxies add: S3 says so, others are
//!   not documented. Otherwise `X-Amz-Target` could be exchanged under a signature.
//! - The moment may lie 15 minutes ahead too; some services are known to take only 5.

mod canonical;
mod chunked;
mod claim;
mod fault;
mod hash;
mod moment;
mod parse;
mod sign;

pub use canonical::SignedRequest;
pub use chunked::{ChunkFault, ChunkedBody, ChunkedPayload, MAX_CHUNK_LINE};
pub use claim::{Claim, MAX_SKEW, Payload};
pub use fault::SignatureFault;
pub use hash::{Hash, sha256};
pub use sign::{Credentials, sign};

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod fuzz_verifier;
#[cfg(test)]
mod other_signer;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod tests;
