//! A request and an answer after an integration's parameter mappings.

use super::{StageLive, exchange::Exchange};
use crate::{
    call::text,
    http_api::{
        model::Integration,
        parameters::{Deed, Part, evaluate, parse},
    },
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Uri, uri::PathAndQuery};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// What is written as it is in query strings, and in paths.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// Changes the request as the integration wants it.
pub(super) fn request(exchange: &mut Exchange, stage: &StageLive, integration: &Integration) {
    // All values are of the request as it came.
    let changes: Vec<_> = integration
        .request_parameters
        .iter()
        .filter_map(|(key, template)| {
            let value = evaluate(template, |name| variable(exchange, stage, name, None));
            parse(key).map(|(deed, part)| (deed, part, value))
        })
        .collect();
    let mut path = None;
    let mut query = false;
    for (deed, part, value) in changes {
        match part {
            Part::Header(name) => change_header(&mut exchange.call.headers, deed, name, &value),
            Part::Query(name) => {
                query = true;
                if deed != Deed::Append {
                    exchange.query.retain(|(own, _)| own != name);
                }
                if deed != Deed::Remove {
                    exchange.query.push((name.to_owned(), value));
                }
            }
            Part::Path => path = Some(value),
            Part::Status => {}
        }
    }
    if path.is_some() || query {
        readdress(exchange, path.as_deref());
    }
}

/// Writes the path and the query string anew.
fn readdress(exchange: &mut Exchange, path: Option<&str>) {
    let prefix = exchange.call.uri.path().get(..exchange.call.address.prefix).unwrap_or_default();
    let mut target = match path {
        Some(path) => format!("{prefix}/{}", utf8_percent_encode(path.trim_start_matches('/'), PATH)),
        None => exchange.call.uri.path().to_owned(),
    };
    for (at, (name, value)) in exchange.query.iter().enumerate() {
        target.push(if at == 0 { '?' } else { '&' });
        target.extend(utf8_percent_encode(name, QUERY));
        target.push('=');
        target.extend(utf8_percent_encode(value, QUERY));
    }
    let mut parts = exchange.call.uri.clone().into_parts();
    if let Ok(target) = target.parse::<PathAndQuery>() {
        parts.path_and_query = Some(target);
        if let Ok(uri) = Uri::from_parts(parts) {
            exchange.call.uri = uri;
        }
    }
}

/// Changes the answer as the integration wants it for its status.
pub(super) fn answer(
    exchange: &Exchange,
    stage: &StageLive,
    integration: &Integration,
    response: &mut Response<Bytes>,
) {
    let status = response.status().as_u16().to_string();
    let Some(mappings) = integration.response_parameters.get(&status) else { return };
    let changes: Vec<_> = mappings
        .iter()
        .filter_map(|(key, template)| {
            let value = evaluate(template, |name| variable(exchange, stage, name, Some(response)));
            parse(key).map(|(deed, part)| (deed, part, value))
        })
        .collect();
    for (deed, part, value) in changes {
        match part {
            Part::Header(name) => change_header(response.headers_mut(), deed, name, &value),
            Part::Status => {
                let status = value.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
                *response.status_mut() = status.unwrap_or(response.status());
            }
            Part::Query(_) | Part::Path => {}
        }
    }
}

fn change_header(headers: &mut HeaderMap, deed: Deed, name: &str, value: &str) {
    let Ok(name) = HeaderName::try_from(name) else { return };
    if deed == Deed::Remove {
        headers.remove(name);
        return;
    }
    // A value that no header can hold changes nothing.
    let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) else { return };
    match deed {
        Deed::Append => drop(headers.append(name, value)),
        Deed::Overwrite | Deed::Remove => drop(headers.insert(name, value)),
    }
}

fn variable(
    exchange: &Exchange,
    stage: &StageLive,
    name: &str,
    answer: Option<&Response<Bytes>>,
) -> Option<String> {
    let call = &exchange.call;
    let pairs = |pairs: &[(String, String)], name: &str| {
        let values: Vec<_> =
            pairs.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(","))
    };
    let header = |headers: &HeaderMap, name: &str| {
        let values: Vec<_> = headers.get_all(name.to_ascii_lowercase()).iter().map(text).collect();
        (!values.is_empty()).then(|| values.join(","))
    };
    let member = |body: &[u8], path: &str| {
        let body: Value = serde_json::from_slice(body).ok()?;
        match path.split('.').try_fold(&body, |at, name| at.get(name))? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    };
    if let Some(name) = name.strip_prefix("request.header.") {
        return header(&call.headers, name);
    }
    if let Some(name) = name.strip_prefix("request.querystring.") {
        return pairs(&exchange.query, name);
    }
    if let Some(name) = name.strip_prefix("request.path.") {
        return pairs(&exchange.params, name);
    }
    if name == "request.path" {
        return Some(exchange.path().to_owned());
    }
    if let Some(path) = name.strip_prefix("request.body.") {
        return member(&call.body, path);
    }
    if let Some(name) = name.strip_prefix("response.header.") {
        return header(answer?.headers(), name);
    }
    if let Some(path) = name.strip_prefix("response.body.") {
        return member(answer?.body(), path);
    }
    if let Some(name) = name.strip_prefix("stageVariables.") {
        return stage.stage.stage_variables.get(name).cloned();
    }
    exchange.variable(name.strip_prefix("context.")?)
}
