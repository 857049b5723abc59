//! Whether a request has what its method requires (API Gateway guide, "Request validation for REST APIs").

use super::{
    compiled::Route,
    exchange::Exchange,
    trouble::{Failed, Trouble},
};
use crate::rest_api::schema;
use ::http::header;
use serde_json::Value;

/// Refuses a request that lacks something, if the method has a validator that looks for it.
pub(super) fn validate(exchange: &Exchange, route: &Route) -> Result<(), Failed> {
    let Some(variant) = exchange.variant() else { return Ok(()) };
    let definition = &variant.compiled.definition;
    let id = route.method.request_validator_id.as_ref();
    let Some(validator) = id.and_then(|id| definition.validators.get(id)) else { return Ok(()) };
    if validator.validate_request_parameters {
        parameters(exchange, route)?;
    }
    if validator.validate_request_body { body(exchange, route) } else { Ok(()) }
}

fn parameters(exchange: &Exchange, route: &Route) -> Result<(), Failed> {
    let required = route.method.request_parameters.iter().filter(|(_, required)| **required);
    let missing: Vec<&str> = required
        .filter_map(|(place, _)| {
            let place = place.strip_prefix("method.request.")?;
            let (kind, name) = place.split_once('.')?;
            let there = match kind {
                "header" => {
                    exchange.call.header(&name.to_ascii_lowercase()).is_some_and(|text| !text.is_empty())
                }
                "querystring" => exchange.query.iter().any(|(own, value)| own == name && !value.is_empty()),
                "path" => exchange.params().iter().any(|(own, value)| own == name && !value.is_empty()),
                _ => true,
            };
            (!there).then_some(name)
        })
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Missing required request parameters: [{}]", missing.join(", "));
    Err(Failed::new(Trouble::BadRequestParameters, message))
}

/// A body of a content type that no model is for is not looked at.
fn body(exchange: &Exchange, route: &Route) -> Result<(), Failed> {
    let models = &route.method.request_models;
    let content_type = exchange.call.header(header::CONTENT_TYPE.as_str()).unwrap_or("application/json");
    let content_type = content_type.split(';').next().unwrap_or_default().trim();
    let name = models.iter().find(|(kind, _)| kind.eq_ignore_ascii_case(content_type));
    let Some((_, name)) = name.or_else(|| models.get_key_value("$default")) else { return Ok(()) };
    let compiled = exchange.variant().map(|variant| &variant.compiled);
    let Some(schema) = compiled.and_then(|compiled| compiled.schemas.get(name)) else { return Ok(()) };
    let invalid = |reason: String| Failed {
        reason: Some(reason),
        ..Failed::new(Trouble::BadRequestBody, "Invalid request body")
    };
    let value: Value =
        serde_json::from_slice(&exchange.call.body).map_err(|error| invalid(error.to_string()))?;
    let schemas = compiled.map(|compiled| &compiled.schemas);
    let none = schema::Schemas::new();
    schema::check(schema, schemas.unwrap_or(&none), &value).map_err(|mismatch| invalid(mismatch.0))
}
