//! Services, their operations and their errors.

use super::{Member, Shape, ShapeId};
use tinderbox_base::ErrorKind;

/// A protocol that a service may declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// REST paths with JSON bodies.
    RestJson1,
    /// `X-Amz-Target` with JSON bodies, version 1.0.
    AwsJson1_0,
    /// `X-Amz-Target` with JSON bodies, version 1.1.
    AwsJson1_1,
    /// Form-encoded requests, XML responses.
    AwsQuery,
    /// REST paths with XML bodies.
    RestXml,
    /// `/service/NAME/operation/NAME` with CBOR bodies.
    RpcV2Cbor,
}

impl Protocol {
    /// Whether operations are told apart by method and path.
    pub const fn is_rest(self) -> bool {
        matches!(self, Self::RestJson1 | Self::RestXml)
    }

    /// Whether the operation is named by `X-Amz-Target`.
    pub const fn is_aws_json(self) -> bool {
        matches!(self, Self::AwsJson1_0 | Self::AwsJson1_1)
    }
}

/// One service.
#[derive(Clone, Copy, Debug)]
pub struct ServiceSchema {
    /// Our short name, such as `lambda`.
    pub name: &'static str,
    /// The model's service id, such as `CloudWatch Logs`.
    pub sdk_id: &'static str,
    /// The version that awsQuery requests name, such as `2011-06-15`.
    pub api_version: &'static str,
    /// The service in a signature's credential scope.
    pub signing_name: &'static str,
    /// The first label of the service's host name at AWS.
    pub endpoint_prefix: &'static str,
    /// What precedes the dot in `X-Amz-Target`, and the service in rpcv2Cbor paths.
    pub target_prefix: Option<&'static str>,
    /// The namespace of XML responses.
    pub xml_namespace: Option<&'static str>,
    /// Whether JSON and CBOR errors also tell the query protocol's code (`x-amzn-query-error`).
    pub query_compatible: bool,
    /// All protocols the service speaks, the preferred one first.
    pub protocols: &'static [Protocol],
    /// Every operation of the model; those without [`OperationSchema::typed`] are known by name only.
    pub operations: &'static [OperationSchema],
    /// The shapes of the typed operations; a [`ShapeId`] is an index into it.
    pub shapes: &'static [Shape],
    /// The errors of the typed operations.
    pub errors: &'static [ErrorSchema],
    /// The error code for each kind of [`tinderbox_base::Error`] that gives none itself.
    pub error_codes: &'static [(ErrorKind, &'static str)],
    /// The error code of a broken constraint (length, range, pattern, enum, required).
    pub constraint_code: &'static str,
}

impl ServiceSchema {
    /// A service with nothing in it, for schemas made by hand.
    pub const EMPTY: Self = Self {
        name: "",
        sdk_id: "",
        api_version: "",
        signing_name: "",
        endpoint_prefix: "",
        target_prefix: None,
        xml_namespace: None,
        query_compatible: false,
        protocols: &[],
        operations: &[],
        shapes: &[],
        errors: &[],
        error_codes: &[],
        constraint_code: "ValidationException",
    };

    /// The shape numbered `id`.
    ///
    /// An id beyond the table (impossible in generated schemas) reads as a document, which holds anything.
    pub fn shape(&self, id: ShapeId) -> &'static Shape {
        static UNKNOWN: Shape = Shape::document("Unknown");
        self.shapes.get(usize::from(id)).unwrap_or(&UNKNOWN)
    }

    /// The members of the structure numbered `id`; none if there is no such structure.
    pub fn members(&self, id: Option<ShapeId>) -> &'static [Member] {
        id.map_or(&[], |id| self.shape(id).members())
    }

    /// The error whose shape or code is `name`.
    pub fn error(&self, name: &str) -> Option<&'static ErrorSchema> {
        let shape = self.errors.iter().find(|e| self.shape(e.shape).name == name);
        shape.or_else(|| self.errors.iter().find(|e| e.code == name))
    }

    /// The code for an error of `kind` that names none.
    pub fn code_for(&self, kind: ErrorKind) -> &'static str {
        let own = self.error_codes.iter().find(|(k, _)| *k == kind).map(|(_, code)| *code);
        own.unwrap_or(match kind {
            ErrorKind::Invalid => "ValidationException",
            ErrorKind::NotFound => "ResourceNotFoundException",
            ErrorKind::Conflict => "ConflictException",
            ErrorKind::Precondition => "PreconditionFailedException",
            ErrorKind::TooLarge => "RequestEntityTooLargeException",
            ErrorKind::Quota => "LimitExceededException",
            ErrorKind::Throttled => "ThrottlingException",
            ErrorKind::Denied => "AccessDeniedException",
            ErrorKind::Unauthenticated => "UnrecognizedClientException",
            ErrorKind::NotImplemented => "NotImplemented",
            ErrorKind::Unavailable => "ServiceUnavailableException",
            ErrorKind::Internal => "InternalFailure",
        })
    }
}

/// One operation.
#[derive(Clone, Copy, Debug)]
pub struct OperationSchema {
    /// Its name, such as `CreateFunction`.
    pub name: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path's template, such as `/2015-03-31/functions/{FunctionName}`.
    pub uri: &'static str,
    /// The status of success.
    pub status: u16,
    /// Whether the schema tells its shapes; if not, the operation is answered with 501.
    pub typed: bool,
    /// The structure it takes; `None` takes nothing.
    pub input: Option<ShapeId>,
    /// The structure it answers; `None` answers nothing.
    pub output: Option<ShapeId>,
    /// The element that wraps the result in awsQuery responses.
    pub result_wrapper: Option<&'static str>,
    /// Bytes a request's body may have.
    pub body_limit: u64,
}

/// Bytes of a request's body unless the operation says otherwise.
///
/// The largest body that most services document is 1 MiB of data (`PutLogEvents`, `PutMetricData`);
/// JSON escapes can make up to six bytes of one, but those of text rarely more than four.
pub const DEFAULT_BODY_LIMIT: u64 = 4 * 1024 * 1024;

impl OperationSchema {
    /// An operation known by name and route only.
    pub const fn named(name: &'static str, method: &'static str, uri: &'static str) -> Self {
        Self {
            name,
            method,
            uri,
            status: 200,
            typed: false,
            input: None,
            output: None,
            result_wrapper: None,
            body_limit: DEFAULT_BODY_LIMIT,
        }
    }

    /// The operation with its shapes.
    #[must_use]
    pub const fn typed(mut self, input: Option<ShapeId>, output: Option<ShapeId>) -> Self {
        self.typed = true;
        self.input = input;
        self.output = output;
        self
    }

    /// The operation with the status of success.
    #[must_use]
    pub const fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The operation with the element that wraps its awsQuery result.
    #[must_use]
    pub const fn wrapper(mut self, name: &'static str) -> Self {
        self.result_wrapper = Some(name);
        self
    }

    /// The operation with its own limit of body bytes.
    #[must_use]
    pub const fn body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }
}

/// One error of a service.
#[derive(Clone, Copy, Debug)]
pub struct ErrorSchema {
    /// Its structure.
    pub shape: ShapeId,
    /// The code in awsQuery and restXml; the shape's name unless the model says otherwise.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// Whether the caller is at fault.
    pub sender: bool,
}
