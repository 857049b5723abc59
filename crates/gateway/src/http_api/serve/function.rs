//! Functions (`AWS_PROXY`), in payload format 1.0 or 2.0.

use super::{
    RouteLive, StageLive,
    answer::{Answer, Defaults},
    event::{Event, RawPath, body_is_text},
    exchange::Exchange,
    failed::Failed,
};
use crate::{
    function::{self, Called, PRINCIPAL, with_variables},
    http_api::{integrations, model::Integration},
    proxy::{self, put_header, shown_headers},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use tinderbox_base::{Arn, Caller, Error, ErrorKind, Principal, RequestId};

/// What an answer has that does not say it (API Gateway guide, format 2.0; seen in the service's answers).
const DEFAULTS: Defaults = Defaults { content_type: "text/plain; charset=utf-8" };

/// Calls the function and answers with what it says.
pub(super) async fn proxy(
    exchange: &mut Exchange,
    stage: &StageLive,
    route: &RouteLive,
    integration: &Integration,
) -> Result<Response<Bytes>, Failed> {
    let arn = match &route.function {
        Some(arn) => arn.clone(),
        None => {
            let uri = integration.integration_uri.as_deref().unwrap_or_default();
            let uri = with_variables(uri, &stage.stage.stage_variables);
            integrations::function(&uri)
                .ok_or_else(|| Failed::internal("the integration names no function"))?
        }
    };
    let old = integration.payload_format_version == "1.0";
    let event = if old { old_event(exchange, stage) } else { event(exchange, stage) };
    let role = integration.credentials_arn.as_deref();
    let caller = caller(exchange, exchange.route_arn(stage, exchange.resource()), role);
    let timeout = exchange.timeout(integration.timeout_in_millis);
    let reply = match function::call(&exchange.served.edge.targets, caller, arn, event, timeout).await {
        Called::Answered(reply) => reply,
        Called::TimedOut => return Err(Failed::unavailable("the function did not answer in time")),
        Called::Refused(error) => return Err(refused(exchange, &error)),
    };
    exchange.integration_status = Some(200);
    if reply.failed {
        return Err(Failed::internal("the function failed"));
    }
    let malformed =
        || Failed::internal("the function's answer is not of the form that a proxy integration needs");
    let mut response = if old {
        old_response(proxy::Answer::read(&reply.payload, proxy::Form::Lenient).map_err(|_| malformed())?)
    } else {
        Answer::read(&reply.payload, DEFAULTS).map_err(|_| malformed())?.into_response()
    };
    exchange.function_status = Some(response.status().as_u16());
    if let Some(start) = reply.start {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-tinderbox-start"), HeaderValue::from_static(start));
    }
    Ok(response)
}

/// What a client reads when a function was not run.
pub(super) fn refused(exchange: &Exchange, error: &Error) -> Failed {
    match error.kind() {
        ErrorKind::Throttled | ErrorKind::Unavailable => Failed::unavailable(error.to_string()),
        _ => {
            exchange.call.report(error);
            Failed::internal(error.to_string())
        }
    }
}

/// Who the function sees: the service on behalf of `source`, or the role that is named.
pub(super) fn caller(exchange: &Exchange, source: String, role: Option<&str>) -> Caller {
    let (api, edge) = (&exchange.served.api, &exchange.served.edge);
    let role = role.and_then(|arn| arn.parse::<Arn>().ok());
    let role = role.filter(|arn| arn.service == "iam" && arn.resource.starts_with("role/"));
    let principal = match role {
        Some(role) => Principal::AssumedRole { role, session: "BackplaneAssumeRoleSession".into() },
        None => Principal::Service(PRINCIPAL.into()),
    };
    Caller {
        principal,
        source_arn: source.parse().ok(),
        source_account: Some(api.account.clone()),
        trace: Some(exchange.call.trace.clone()),
        ..Caller::root(api.account.clone(), api.region.clone(), RequestId::new(&*edge.random))
    }
}

fn event(exchange: &Exchange, stage: &StageLive) -> Bytes {
    let event = Event {
        call: &exchange.call,
        path: RawPath::Decoded,
        query: &exchange.query,
        params: &exchange.params,
        route_key: exchange.route_key(),
        variables: &stage.variables_json,
    };
    event.write(|out| exchange.write_context(out)).into()
}

fn old_event(exchange: &Exchange, stage: &StageLive) -> Bytes {
    let headers = shown_headers(&exchange.call);
    let params: Vec<_> = exchange.params.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let call = &exchange.call;
    let text = body_is_text(call.header("content-type"), call.headers.contains_key(header::CONTENT_ENCODING));
    let event = proxy::Event {
        call,
        headers: &headers,
        query: &exchange.query,
        params: &params,
        resource: exchange.resource(),
        path: exchange.path(),
        stage_variables: &stage.variables_json,
        binary: !text || std::str::from_utf8(&call.body).is_err(),
    };
    let written = event.write(|out| exchange.write_old_context(out));
    // An event of a REST API, but for its version.
    let mut out = br#"{"version":"1.0","#.to_vec();
    out.extend_from_slice(written.get(1..).unwrap_or_default());
    out.into()
}

fn old_response(answer: proxy::Answer) -> Response<Bytes> {
    let body = match answer.base64 {
        true => BASE64_STANDARD.decode(&answer.body).map_or(answer.body, Bytes::from),
        false => answer.body,
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &answer.headers {
        put_header(name, value, response.headers_mut());
    }
    if !response.headers().contains_key(header::CONTENT_TYPE) {
        let kind = HeaderValue::from_static(DEFAULTS.content_type);
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}
