//! Mappings: expressions that take values from the request, the context and the integration's answer.

use super::{
    exchange::Exchange,
    trouble::{Failed, Trouble},
};
use crate::call::text;
use crate::mapping::{self, Broken, Given, Rendered};
use crate::proxy::set_header;
use crate::rest_api::model::{Integration, IntegrationResponse, Texts};
use ::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;

/// The value of an expression; none if it has none.
///
/// Taken are `'literals'`, `method.request.{header|querystring|path|body}`, `context`, `stageVariables` and
/// `integration.response.{header|body}`. Paths into JSON bodies are for templates.
pub(super) fn value(
    exchange: &Exchange,
    expression: &str,
    answer: Option<&Response<Bytes>>,
) -> Option<String> {
    if let Some(literal) = expression.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Some(literal.to_owned());
    }
    if let Some(name) = expression.strip_prefix("integration.response.header.") {
        return answer?.headers().get(name).map(|value| text(value).into_owned());
    }
    if expression == "integration.response.body" {
        return Some(String::from_utf8_lossy(answer?.body()).into_owned());
    }
    let call = &exchange.call;
    if let Some(name) = expression.strip_prefix("method.request.header.") {
        return call.headers.get(name).map(|value| text(value).into_owned());
    }
    if let Some(name) = expression.strip_prefix("method.request.querystring.") {
        return exchange.query.iter().rfind(|(own, _)| own == name).map(|(_, value)| value.clone());
    }
    if let Some(name) = expression.strip_prefix("method.request.path.") {
        return exchange.params().iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
    }
    if expression == "method.request.body" {
        return Some(String::from_utf8_lossy(&call.body).into_owned());
    }
    if let Some(name) = expression.strip_prefix("stageVariables.") {
        return exchange.variant()?.variables.get(name).cloned();
    }
    exchange.variable(expression.strip_prefix("context.")?)
}

/// What a template makes of `body`: the request's, or the integration's answer.
pub(super) fn render(exchange: &Exchange, template: &str, body: &[u8]) -> Result<Rendered, Failed> {
    let shown = exchange.shown_headers();
    let headers: Vec<_> = shown.into_iter().map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    let none = Texts::new();
    let mut context = exchange.context_json();
    exchange.overrides.show(&mut context);
    let given = Given {
        body,
        path: exchange.params(),
        query: &exchange.query,
        headers: &headers,
        context: &context,
        stage_variables: exchange.variant().map_or(&none, |variant| &variant.variables),
    };
    mapping::render(&exchange.served.runtime.templates, template, given).map_err(|broken| match broken {
        Broken::Body(message) => Failed::new(Trouble::BadRequestBody, message),
        Broken::Template(reason) => Failed::misconfigured(format!("Unable to transform: {reason}")),
    })
}

/// The body of the request to the integration, by the template for its content type or as it is; what else the
/// template sets is kept for later.
pub(super) fn request_body(exchange: &mut Exchange, integration: &Integration) -> Result<Bytes, Failed> {
    let content_type = exchange.call.header(header::CONTENT_TYPE.as_str());
    match template(&integration.request_templates, content_type) {
        Some((_, template)) => {
            let rendered = render(exchange, template, &exchange.call.body)?;
            exchange.overrides = rendered.overrides;
            Ok(rendered.text.into())
        }
        None => {
            let none = integration.request_templates.is_empty();
            let passes = match integration.passthrough_behavior.as_str() {
                "NEVER" => false,
                "WHEN_NO_TEMPLATES" => none,
                _ => true,
            };
            if !passes {
                return Err(Failed::new(Trouble::UnsupportedMediaType, "Unsupported Media Type"));
            }
            Ok(exchange.call.body.clone())
        }
    }
}

/// The template for a content type, `application/json` where there is none.
pub(super) fn template<'t>(templates: &'t Texts, content_type: Option<&str>) -> Option<(&'t str, &'t str)> {
    let wanted = content_type.unwrap_or("application/json").split(';').next().unwrap_or_default().trim();
    let found = templates.iter().find(|(kind, _)| kind.eq_ignore_ascii_case(wanted));
    found.or_else(|| templates.get_key_value("$default")).map(|(kind, text)| (kind.as_str(), text.as_str()))
}

/// The integration's answer as the method's: which of its responses it is, and what that makes of it.
pub(super) fn respond(
    exchange: &Exchange,
    integration: &Integration,
    status: Option<&str>,
    answer: Response<Bytes>,
) -> Result<Response<Bytes>, Failed> {
    let selected = select(integration, status).ok_or_else(|| {
        Failed::misconfigured(format!(
            "no integration response is for {}, and none is the default",
            status.unwrap_or("success")
        ))
    })?;
    let mut overrides = exchange.overrides.clone();
    let accept = exchange.call.header(header::ACCEPT.as_str());
    let templates = &selected.response_templates;
    let wanted = accept.filter(|accept| !accept.contains('*'));
    let chosen = template(templates, wanted).or_else(|| template(templates, None));
    let chosen =
        chosen.or_else(|| templates.iter().next().map(|(kind, text)| (kind.as_str(), text.as_str())));
    let (kind, body) = match chosen {
        Some((kind, template)) => {
            let rendered = render(exchange, template, answer.body())?;
            overrides.status = rendered.overrides.status.or(overrides.status);
            overrides.response_headers.extend(rendered.overrides.response_headers);
            (Some(kind), rendered.text.into())
        }
        None => (None, answer.body().clone()),
    };
    let mut response = Response::new(body);
    let code = overrides.status.or_else(|| selected.status_code.parse().ok());
    // What is below ends no exchange: a client would go on waiting for an answer.
    let code = code.filter(|code| *code >= 200).and_then(|code| StatusCode::from_u16(code).ok());
    *response.status_mut() = code.ok_or_else(|| Failed::misconfigured("a status code that is none"))?;
    let kind = kind.filter(|kind| *kind != "$default").unwrap_or("application/json");
    if let Ok(kind) = HeaderValue::from_str(kind) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    for (target, expression) in &selected.response_parameters {
        let name = target.strip_prefix("method.response.header.");
        if let (Some(name), Some(value)) = (name, value(exchange, expression, Some(&answer))) {
            set_header(name, &value, response.headers_mut());
        }
    }
    for (name, value) in &overrides.response_headers {
        set_header(name, value, response.headers_mut());
    }
    Ok(response)
}

/// The response whose pattern is all of `status`, else the one without a pattern; of a function's success, which has
/// no status, only the latter.
fn select<'i>(integration: &'i Integration, status: Option<&str>) -> Option<&'i IntegrationResponse> {
    let responses = integration.integration_responses.values();
    let pattern =
        |response: &&IntegrationResponse| response.selection_pattern.clone().filter(|p| !p.is_empty());
    let fits = |response: &&IntegrationResponse| {
        let regex = pattern(response).and_then(|p| regex::Regex::new(&format!("^(?:{p})$")).ok());
        regex.zip(status).is_some_and(|(regex, status)| regex.is_match(status))
    };
    responses.clone().find(fits).or_else(|| responses.clone().find(|response| pattern(response).is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_selected_by_pattern() {
        fn check(patterns: &[(&str, Option<&str>)], status: &str, expect: Option<&str>) {
            let responses = patterns.iter().map(|(code, pattern)| {
                let selection_pattern = pattern.map(str::to_owned);
                let own = IntegrationResponse {
                    status_code: (*code).into(),
                    selection_pattern,
                    ..Default::default()
                };
                ((*code).to_owned(), own)
            });
            let integration =
                Integration { integration_responses: responses.collect(), ..Integration::default() };
            let status = Some(status).filter(|status| !status.is_empty());
            assert_eq!(select(&integration, status).map(|r| r.status_code.as_str()), expect, "{status:?}");
        }
        check(&[("200", None)], "200", Some("200"));
        check(&[("200", None), ("404", Some("4\\d{2}"))], "403", Some("404"));
        check(&[("200", None), ("404", Some("4\\d{2}"))], "500", Some("200"));
        check(&[("200", Some("200"))], "2000", None);
        check(&[("200", Some(""))], "500", Some("200"));
        check(&[], "200", None);
        check(&[("200", None), ("500", Some(".*"))], "", Some("200"));
    }

    #[test]
    fn templates_by_content_type() {
        fn check(content_type: Option<&str>, expect: Option<&str>) {
            let templates =
                Texts::from([("application/json".into(), "j".into()), ("text/xml".into(), "x".into())]);
            assert_eq!(template(&templates, content_type).map(|(_, t)| t), expect, "{content_type:?}");
        }
        check(None, Some("j"));
        check(Some("application/json; charset=utf-8"), Some("j"));
        check(Some("TEXT/XML"), Some("x"));
        check(Some("text/plain"), None);
    }
}
