//! Lambda's own errors: codes and texts, as its API words them.
//!
//! The texts were compared with what the service answers; clients match on some of them.

use std::fmt::Display;
use tinderbox_base::{Error, ErrorKind};

/// `InvalidParameterValueException`.
pub(crate) fn invalid_parameter(message: impl Into<String>) -> Error {
    Error::invalid(message.into()).with_code("InvalidParameterValueException")
}

/// `ValidationException`, in the words of the service's constraint walker.
pub(crate) fn validation(value: impl Display, member: &str, rule: &str) -> Error {
    Error::invalid(violation(value, member, rule)).with_code("ValidationException")
}

/// The walker's sentence for one violated constraint.
pub(crate) fn violation(value: impl Display, member: &str, rule: &str) -> String {
    format!("1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}")
}

/// `ResourceNotFoundException`.
pub(crate) fn not_found(message: impl Into<String>) -> Error {
    Error::not_found(message.into()).with_code("ResourceNotFoundException")
}

/// `ResourceNotFoundException` for the function, version or alias that `arn` names.
pub(crate) fn function_not_found(arn: impl Display) -> Error {
    not_found(format!("Function not found: {arn}"))
}

/// `ResourceNotFoundException` for an alias that is read or protected.
pub(crate) fn alias_not_found(arn: impl Display) -> Error {
    not_found(format!("Cannot find alias arn: {arn}"))
}

/// `ResourceConflictException`.
pub(crate) fn conflict(message: impl Into<String>) -> Error {
    Error::conflict(message.into()).with_code("ResourceConflictException")
}

/// `ResourceConflictException` for a change that lost against another one.
pub(crate) fn update_in_progress(arn: impl Display) -> Error {
    conflict(format!(
        "The operation cannot be performed at this time. An update is in progress for resource: {arn}"
    ))
}

/// `PreconditionFailedException`: the caller's RevisionId is not the current one.
pub(crate) fn stale_revision() -> Error {
    const TEXT: &str = "The Revision Id provided does not match the latest Revision Id. \
        Call the GetFunction/GetAlias API to retrieve the latest Revision Id";
    Error::new(ErrorKind::Precondition, TEXT).with_code("PreconditionFailedException")
}

/// `PreconditionFailedException`: the caller's RevisionId of a policy is not the current one.
pub(crate) fn stale_policy_revision() -> Error {
    const TEXT: &str = "The Revision Id provided does not match the latest Revision Id. \
        Call the GetPolicy API to retrieve the latest Revision Id";
    Error::new(ErrorKind::Precondition, TEXT).with_code("PreconditionFailedException")
}

/// `PolicyLengthExceededException`: a permission that the policy has no room for.
pub(crate) fn policy_too_long(size: usize, limit: usize) -> Error {
    let message = format!("The final policy size ({size}) is bigger than the limit ({limit}).");
    Error::new(ErrorKind::Quota, message).with_code("PolicyLengthExceededException")
}

/// `AccessDeniedException` for a caller whom neither its account nor a policy allows `action`.
pub(crate) fn access_denied(principal: impl Display, action: &str, arn: impl Display) -> Error {
    let message = format!(
        "User: {principal} is not authorized to perform: lambda:{action} on resource: {arn} because \
         no resource-based policy allows the lambda:{action} action"
    );
    Error::new(ErrorKind::Denied, message).with_code("AccessDeniedException")
}

/// `RequestEntityTooLargeException`: a deployment package larger than may be sent directly.
pub(crate) fn entity_too_large(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::TooLarge, message.into()).with_code("RequestEntityTooLargeException")
}

/// `RequestEntityTooLargeException`: an event larger than the service accepts. The model names `RequestTooLargeException`;
/// this is what callers are told.
pub(crate) fn request_too_large(limit: usize) -> Error {
    let message = format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
    entity_too_large(message)
}

/// The same for an event that would wait, whose bound is another.
pub(crate) fn event_too_large(size: usize, limit: usize) -> Error {
    let message =
        format!("{size} byte payload is too large for the Event invocation type (limit {limit} bytes)");
    entity_too_large(message)
}

/// `InvalidRequestContentException`: an event that is not JSON.
pub(crate) fn invalid_request_content(message: impl Into<String>) -> Error {
    Error::invalid(message.into()).with_code("InvalidRequestContentException")
}

/// `TooManyRequestsException`: a limit of concurrency says: later.
pub(crate) fn rate_exceeded() -> Error {
    Error::new(ErrorKind::Throttled, "Rate Exceeded.").with_code("TooManyRequestsException")
}

/// `CodeStorageExceededException`: the account's code takes more room than it may.
pub(crate) fn code_storage_exceeded() -> Error {
    Error::new(ErrorKind::Quota, "Code storage limit exceeded.").with_code("CodeStorageExceededException")
}

/// A feature of the API that is not there yet; never an invented success.
pub(crate) fn not_yet(what: &str) -> Error {
    invalid_parameter(format!("{what} is not supported by this server yet."))
}
