//! The one error type that crosses layers.

use std::{borrow::Cow, fmt, sync::Arc};

/// The result of an operation that may fail for a reason its caller should read.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in terms a front can translate into its own provider's code.
///
/// The list follows what callers do about an error, not where it arose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A value the caller sent breaks a rule.
    Invalid,
    /// The thing named does not exist.
    NotFound,
    /// The thing to be made exists already, or its state forbids the operation.
    Conflict,
    /// A precondition the caller gave (a revision id, a token) does not hold.
    Precondition,
    /// What was sent is larger than the service accepts.
    TooLarge,
    /// A quota on stored things (code, names) is used up.
    Quota,
    /// A rate or concurrency limit says: later.
    Throttled,
    /// The caller is known and may not do this.
    Denied,
    /// The caller's credentials are missing, unknown or wrong.
    Unauthenticated,
    /// The operation exists in the provider's API and not here.
    NotImplemented,
    /// A part this one needs cannot answer now; the same call may succeed later.
    Unavailable,
    /// A fault of ours. The caller learns nothing but the request id.
    Internal,
}

/// An error with its kind, a message for the caller and, apart from it, the cause for the operator.
///
/// The cause is never shown to the caller: it is logged once, where the error is handled.
#[derive(Clone)]
pub struct Error {
    kind: ErrorKind,
    code: Option<&'static str>,
    message: Cow<'static, str>,
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind` whose `message` the caller will read.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, code: None, message: message.into(), cause: None }
    }

    /// A value the caller sent breaks a rule.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// The thing named does not exist.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// The thing to be made exists already, or its state forbids the operation.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// A fault of ours, with the cause for the log.
    pub fn internal(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(ErrorKind::Internal, "An internal error occurred.").because(cause)
    }

    /// The same error with the provider's own `code`, where the kind alone does not decide it.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// The same error with its `cause`, for the operator's log.
    #[must_use]
    pub fn because(mut self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Arc::new(cause));
        self
    }

    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The provider's own code, if one was given; otherwise the front derives it from the kind.
    pub fn code(&self) -> Option<&'static str> {
        self.code
    }

    /// What the caller reads.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The causes, outermost first, joined by `: `; empty when there is none.
    pub fn causes(&self) -> String {
        let mut next = self.cause.as_deref().map(|c| c as &dyn std::error::Error);
        let mut chain = Vec::new();
        while let Some(cause) = next {
            chain.push(cause.to_string());
            next = cause.source();
        }
        chain.join(": ")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.message)?;
        match self.causes() {
            causes if causes.is_empty() => Ok(()),
            causes => write!(f, " ({causes})"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|c| c as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_for_the_operator_only() {
        let error = Error::internal(std::io::Error::other("disk on fire"));
        assert_eq!(error.to_string(), "An internal error occurred.");
        assert_eq!(error.causes(), "disk on fire");
        assert_eq!(error.kind(), ErrorKind::Internal);
    }
}
