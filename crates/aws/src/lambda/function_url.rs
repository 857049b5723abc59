//! Function URLs as the API shows them.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{UrlFound, model::UrlCors};
use tinderbox_wire::Context;

/// An URL, with the address that it is reached at from where the caller is.
pub(super) fn config(found: &UrlFound, cx: &Context) -> FunctionUrlConfig {
    let url = &found.url;
    FunctionUrlConfig {
        function_url: address(found, cx),
        function_arn: found.arn.to_string(),
        auth_type: url.auth_type.clone(),
        cors: url.cors.clone().map(cors),
        creation_time: url.created.to_lambda_last_modified(),
        last_modified_time: url.last_modified.to_lambda_last_modified(),
        invoke_mode: Some(url.invoke_mode.clone()),
    }
}

/// `http://ID.lambda-url.REGION.localhost:PORT/`, and AWS's own name where the caller reached us by one of those.
fn address(found: &UrlFound, cx: &Context) -> String {
    let (scheme, host) = cx.endpoint.split_once("://").unwrap_or(("http", &cx.endpoint));
    let port = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
    let (name, port) = port.unwrap_or((host, ""));
    let (id, region) = (&found.url.id, &found.region);
    if name.ends_with(".amazonaws.com") {
        return format!("{scheme}://{id}.lambda-url.{region}.on.aws/");
    }
    let colon = if port.is_empty() { "" } else { ":" };
    format!("{scheme}://{id}.lambda-url.{region}.localhost{colon}{port}/")
}

fn cors(own: UrlCors) -> Cors {
    Cors {
        allow_credentials: own.allow_credentials,
        allow_headers: own.allow_headers,
        allow_methods: own.allow_methods,
        allow_origins: own.allow_origins,
        expose_headers: own.expose_headers,
        max_age: own.max_age,
    }
}

pub(super) fn cors_settings(given: Cors) -> UrlCors {
    UrlCors {
        allow_credentials: given.allow_credentials,
        allow_headers: given.allow_headers,
        allow_methods: given.allow_methods,
        allow_origins: given.allow_origins,
        expose_headers: given.expose_headers,
        max_age: given.max_age,
    }
}
