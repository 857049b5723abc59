//! From what went wrong to a protocol's error.

use crate::{
    ServiceError, Value,
    codec::{self, Fault, Malformed, Reply, SERIALIZATION},
    guard::Refused,
    schema::{ErrorSchema, Protocol, ServiceSchema},
};
use tinderbox_base::{Error, ErrorKind, RequestId};

/// Why a request did not get its operation's output.
#[derive(Debug)]
pub(super) enum Problem {
    /// The operation failed.
    Service(ServiceError),
    /// The request could not be read.
    Malformed(Malformed),
    /// The service has no such operation, nor has AWS's.
    UnknownOperation(String),
    /// We have no such service.
    UnknownService(String),
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl Problem {
    pub(super) fn unknown(path: &str) -> Self {
        Self::UnknownOperation(path.to_owned())
    }

    pub(super) fn refused(refused: &Refused) -> Self {
        let text = match refused {
            Refused::Host => "The request names a host that is not this server's",
            Refused::Origin => "Pages of other sites may not call this server",
        };
        Self::Service(ServiceError::coded("AccessDeniedException", 403, text))
    }

    /// What a handler panicked with, for the log; the caller learns that it is a fault of ours.
    pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> Self {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        Self::Service(Error::internal(Panic(text.to_owned())).into())
    }
}

/// A handler's panic as the cause of an error.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked: {0}")]
struct Panic(String);

/// The code, its status, and the message of an error that is in no model.
struct Plain {
    code: String,
    status: u16,
    message: String,
}

/// Renders `problem` in `protocol`.
pub(super) fn problem(
    service: Option<&'static ServiceSchema>,
    protocol: Protocol,
    problem: &Problem,
    id: RequestId,
) -> Reply {
    let plain = match problem {
        Problem::Service(ServiceError::Modeled { name, value }) => match service {
            Some(schema) => match schema.error(name) {
                Some(error) => return modeled(schema, protocol, error, value.clone(), id),
                None => Plain { code: (*name).to_owned(), status: 400, message: String::new() },
            },
            None => Plain { code: (*name).to_owned(), status: 500, message: String::new() },
        },
        Problem::Service(ServiceError::Plain(error)) => {
            return plain_error(service, protocol, error, id);
        }
        Problem::Service(ServiceError::Coded { code, status, message }) => {
            Plain { code: code.clone().into_owned(), status: *status, message: message.clone() }
        }
        Problem::Malformed(malformed) => {
            let query = protocol == Protocol::AwsQuery;
            let code = if query { "MalformedInput" } else { SERIALIZATION };
            Plain { code: code.into(), status: 400, message: malformed.message(protocol) }
        }
        Problem::UnknownOperation(name) => unknown_operation(service, protocol, name),
        Problem::UnknownService(name) => Plain {
            code: "NotImplemented".into(),
            status: 501,
            message: format!("Tinderbox has no service '{name}'."),
        },
    };
    render(service, protocol, &plain, id)
}

fn unknown_operation(service: Option<&ServiceSchema>, protocol: Protocol, name: &str) -> Plain {
    match protocol {
        Protocol::AwsQuery if name.is_empty() => Plain {
            code: "MissingAction".into(),
            status: 400,
            message: "The request must contain the parameter Action".into(),
        },
        Protocol::AwsQuery => Plain {
            code: "InvalidAction".into(),
            status: 400,
            message: match service {
                Some(s) => format!("Could not find operation {name} for version {}", s.api_version),
                None => format!("Could not find operation {name}"),
            },
        },
        _ => Plain {
            code: "UnknownOperationException".into(),
            status: if protocol.is_aws_json() { 400 } else { 404 },
            message: format!("The operation {name} is unknown"),
        },
    }
}

/// Translates an error of a lower layer, and logs it if it is a fault of ours.
fn plain_error(
    service: Option<&'static ServiceSchema>,
    protocol: Protocol,
    error: &Error,
    id: RequestId,
) -> Reply {
    if error.kind() == ErrorKind::Internal {
        tracing::error!(request_id = %id, causes = %error.causes(), "{}", error.message());
    }
    let code = error.code().unwrap_or(service.unwrap_or(&ServiceSchema::EMPTY).code_for(error.kind()));
    if let Some((schema, found)) = service.and_then(|s| Some((s, s.error(code)?))) {
        return modeled(schema, protocol, found, with_message(schema, found, error.message()), id);
    }
    let plain = Plain {
        code: code.to_owned(),
        status: status(error.kind(), protocol),
        message: error.message().to_owned(),
    };
    render(service, protocol, &plain, id)
}

/// The status of an error whose code no model has.
fn status(kind: ErrorKind, protocol: Protocol) -> u16 {
    match kind {
        // JSON services without paths have one status for all that clients do wrong.
        ErrorKind::Denied | ErrorKind::Unauthenticated if protocol.is_aws_json() => 400,
        ErrorKind::Invalid | ErrorKind::Quota => 400,
        ErrorKind::NotFound => 404,
        ErrorKind::Conflict => 409,
        ErrorKind::Precondition => 412,
        ErrorKind::TooLarge => 413,
        ErrorKind::Throttled => 429,
        ErrorKind::Denied | ErrorKind::Unauthenticated => 403,
        ErrorKind::NotImplemented => 501,
        ErrorKind::Unavailable => 503,
        ErrorKind::Internal => 500,
    }
}

/// The members of `error` with nothing set but its message.
fn with_message(schema: &ServiceSchema, error: &ErrorSchema, message: &str) -> Value {
    let members = schema.shape(error.shape).members().iter().map(|member| {
        if member.name.eq_ignore_ascii_case("message") {
            Value::String(message.to_owned())
        } else {
            Value::Null
        }
    });
    Value::Struct(members.collect())
}

fn modeled(
    schema: &'static ServiceSchema,
    protocol: Protocol,
    error: &ErrorSchema,
    mut value: Value,
    id: RequestId,
) -> Reply {
    let members = schema.shape(error.shape).members();
    let mut message = String::new();
    if let Value::Struct(values) = &mut value {
        for (member, value) in members.iter().zip(values) {
            if member.name.eq_ignore_ascii_case("message") {
                message = value.as_str().unwrap_or_default().to_owned();
            } else if member.name == "Type" && value.is_null() {
                // Lambda's errors tell in a member of their own who is at fault.
                *value = Value::String(if error.sender { "User" } else { "Service" }.to_owned());
            }
        }
    }
    let fault = Fault {
        code: schema.shape(error.shape).name,
        query_code: error.code,
        status: error.status,
        sender: error.sender,
        message: &message,
        members: Some((error.shape, &value)),
    };
    codec::encode_error(Some(schema), protocol, &fault, id)
}

fn render(service: Option<&ServiceSchema>, protocol: Protocol, plain: &Plain, id: RequestId) -> Reply {
    let fault = Fault {
        code: &plain.code,
        query_code: &plain.code,
        status: plain.status,
        sender: plain.status < 500,
        message: &plain.message,
        members: None,
    };
    codec::encode_error(service, protocol, &fault, id)
}
