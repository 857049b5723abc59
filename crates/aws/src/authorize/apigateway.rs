//! API Gateway's actions, of both kinds of API: the HTTP method, on the path of what is managed.
//!
//! "Actions, resources, and condition keys for Amazon API Gateway Management": `apigateway:POST` on
//! `arn:aws:apigateway:us-east-1::/restapis`. The ARN has no account.

use tinderbox_wire::{Call, Value, schema::Location};

/// The action and the resource of a call.
pub(super) fn action_and_resource(call: &Call<'_>) -> (String, String) {
    let mut path = call.operation.uri.split('?').next().unwrap_or_default().to_owned();
    let members = call.service.members(call.operation.input);
    for member in members.iter().filter(|member| member.location == Location::Label) {
        let value = call.member(member.name).and_then(Value::as_str).unwrap_or_default();
        for label in [format!("{{{}}}", member.wire), format!("{{{}+}}", member.wire)] {
            path = path.replace(&label, value);
        }
    }
    let resource = format!("arn:aws:apigateway:{}::{path}", call.caller.region);
    (format!("apigateway:{}", call.operation.method), resource)
}
