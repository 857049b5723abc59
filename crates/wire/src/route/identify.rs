//! From a request's head to its operation.

use super::{Scope, paths::Labels};
use crate::{mounted::Mounted, schema::Protocol};
use http::{HeaderMap, Method, header::CONTENT_TYPE};

/// The parts of a request that tell what it is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a [(String, String)],
    pub(crate) headers: &'a HeaderMap,
    pub(crate) scope: Option<&'a Scope>,
}

/// What a request is for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Identified {
    /// The protocol to answer in.
    pub(crate) protocol: Protocol,
    /// The service's number; `None` if we have none of that name.
    pub(crate) service: Option<usize>,
    pub(crate) found: Found,
}

/// How far a request was understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// An operation of the service's model, with the labels of its path.
    Operation(usize, Labels),
    /// An operation that no model names; the text is what was asked for.
    Unknown(String),
    /// A service that we do not have.
    NoService(String),
    /// The operation is named in the form that is the body.
    InForm,
}

impl Identified {
    fn no_service(protocol: Protocol, name: impl Into<String>) -> Self {
        Self { protocol, service: None, found: Found::NoService(name.into()) }
    }

    fn unknown(protocol: Protocol, service: Option<usize>, name: impl Into<String>) -> Self {
        Self { protocol, service, found: Found::Unknown(name.into()) }
    }
}

/// Finds the operation, or as much as the head tells. `None`: nothing about it is AWS's.
pub(crate) fn identify(services: &[Mounted], head: &Head<'_>) -> Option<Identified> {
    if let Some(found) = rpc(services, head).or_else(|| target(services, head)) {
        return Some(found);
    }
    if let Some(found) = rest(services, head) {
        return Some(found);
    }
    if is_form(head) && speaks(services, head.scope, Protocol::AwsQuery) {
        return Some(Identified { protocol: Protocol::AwsQuery, service: None, found: Found::InForm });
    }
    let scope = head.scope?;
    let asked = format!("{} {}", head.method, head.path);
    match services.iter().position(|s| s.schema.signing_name == scope.service) {
        Some(service) => {
            let protocol = services.get(service)?.schema.protocols.first().copied()?;
            Some(Identified::unknown(protocol, Some(service), asked))
        }
        None => Some(Identified::no_service(guess(head), scope.service.clone())),
    }
}

/// The protocol of a service that we do not have.
fn guess(head: &Head<'_>) -> Protocol {
    let s3 = head.scope.is_some_and(|scope| scope.service == "s3");
    match (is_form(head), s3) {
        (_, true) => Protocol::RestXml,
        (true, false) => Protocol::AwsQuery,
        (false, false) => Protocol::RestJson1,
    }
}

fn is_form(head: &Head<'_>) -> bool {
    if head.method == Method::GET {
        return head.query.iter().any(|(name, _)| name == "Action");
    }
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    head.method == Method::POST && content_type.starts_with("application/x-www-form-urlencoded")
}

/// Whether the signed-for service speaks `protocol`; for an unsigned request, whether any does.
fn speaks(services: &[Mounted], scope: Option<&Scope>, protocol: Protocol) -> bool {
    let of_scope = |s: &&Mounted| scope.is_none_or(|scope| s.schema.signing_name == scope.service);
    services.iter().filter(of_scope).any(|s| s.schema.protocols.contains(&protocol))
}

/// `POST /service/NAME/operation/NAME`.
fn rpc(services: &[Mounted], head: &Head<'_>) -> Option<Identified> {
    let (service, operation) = head.path.strip_prefix("/service/")?.split_once("/operation/")?;
    let protocol = Protocol::RpcV2Cbor;
    let index = services
        .iter()
        .position(|s| s.schema.target_prefix == Some(service) && s.schema.protocols.contains(&protocol));
    let Some(index) = index else { return Some(Identified::no_service(protocol, service)) };
    Some(by_name(services, index, protocol, operation))
}

/// `X-Amz-Target: PREFIX.OPERATION`.
fn target(services: &[Mounted], head: &Head<'_>) -> Option<Identified> {
    let target = head.headers.get("x-amz-target")?;
    let target = String::from_utf8_lossy(target.as_bytes());
    let content_type = head.headers.get(CONTENT_TYPE).map_or(&b""[..], |v| v.as_bytes());
    let asked = if content_type.ends_with(b"1.0") { Protocol::AwsJson1_0 } else { Protocol::AwsJson1_1 };
    let Some((prefix, operation)) = target.rsplit_once('.') else {
        return Some(Identified::unknown(asked, None, target));
    };
    let index = services.iter().position(|s| s.schema.target_prefix == Some(prefix));
    let protocols = index.and_then(|i| services.get(i)).map(|s| s.schema.protocols).unwrap_or_default();
    let own = protocols.iter().copied().filter(|p| p.is_aws_json());
    let protocol = own.clone().find(|p| *p == asked).or_else(|| own.clone().next());
    match (index, protocol) {
        (Some(index), Some(protocol)) => Some(by_name(services, index, protocol, operation)),
        _ => Some(Identified::no_service(asked, prefix)),
    }
}

/// A path of a REST service: of the one signed for, else of any.
fn rest(services: &[Mounted], head: &Head<'_>) -> Option<Identified> {
    let candidates = services
        .iter()
        .enumerate()
        .filter(|(_, s)| head.scope.is_none_or(|scope| s.schema.signing_name == scope.service));
    for (index, service) in candidates {
        let Some(protocol) = service.schema.protocols.iter().copied().find(|p| p.is_rest()) else { continue };
        if let Some((operation, labels)) = service.paths.find(head.method.as_str(), head.path, head.query) {
            let found = Found::Operation(operation, labels);
            return Some(Identified { protocol, service: Some(index), found });
        }
    }
    None
}

/// The operation that a form's `Action` and `Version` name.
pub(crate) fn identify_form(
    services: &[Mounted],
    scope: Option<&Scope>,
    form: &[(String, String)],
) -> Identified {
    let protocol = Protocol::AwsQuery;
    let field = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let Some(action) = field("Action") else {
        return Identified::unknown(protocol, None, "");
    };
    let version = field("Version");
    let candidates = services.iter().enumerate().filter(|(_, s)| {
        s.schema.protocols.contains(&protocol)
            && scope.is_none_or(|scope| s.schema.signing_name == scope.service)
            && version.is_none_or(|version| s.schema.api_version == version)
    });
    let mut first = None;
    for (index, service) in candidates {
        first = first.or(Some(index));
        if let Some(operation) = service.operation(action) {
            let found = Found::Operation(operation, Vec::new());
            return Identified { protocol, service: Some(index), found };
        }
    }
    Identified::unknown(protocol, first, action)
}

fn by_name(services: &[Mounted], index: usize, protocol: Protocol, name: &str) -> Identified {
    match services.get(index).and_then(|s| s.operation(name)) {
        Some(operation) => {
            Identified { protocol, service: Some(index), found: Found::Operation(operation, Vec::new()) }
        }
        None => Identified::unknown(protocol, Some(index), name),
    }
}
