//! Why a request goes no further, and what its client reads.

use http::StatusCode;

/// The service's own answer (API Gateway guide, "Troubleshooting HTTP APIs", and what the service is seen to answer).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) status: StatusCode,
    /// What the client reads.
    pub(super) message: &'static str,
    /// What the client is told about the token that it sent or did not send.
    pub(super) challenge: Option<String>,
    /// Why, for the owner.
    pub(super) reason: Option<String>,
}

impl Failed {
    fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, message, challenge: None, reason: None }
    }

    /// No such stage or route.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found")
    }

    /// Nothing that says who calls, or nothing that is right.
    pub(super) fn unauthorized(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::new(StatusCode::UNAUTHORIZED, "Unauthorized") }
    }

    /// It is known who calls, and they may not.
    pub(super) fn forbidden(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::new(StatusCode::FORBIDDEN, "Forbidden") }
    }

    /// Too often.
    pub(super) fn throttled() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests")
    }

    /// What is set up does not work, or what works does not answer as it must.
    pub(super) fn internal(reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    }

    /// An integration that cannot be reached now, or does not answer in time.
    pub(super) fn unavailable(reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
        }
    }

    /// The same with what the client is told about its token.
    pub(super) fn with_challenge(mut self, challenge: impl Into<String>) -> Self {
        self.challenge = Some(challenge.into());
        self
    }
}
