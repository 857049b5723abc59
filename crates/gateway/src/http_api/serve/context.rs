//! A request's context: as functions get it in either format, and as `$context` variables.

use super::{StageLive, authorize::Authorization, event, exchange::Exchange};
use crate::{
    clock_text::common_log,
    gate::Signer,
    json::{self, Object},
};
use serde_json::Value;

/// Members of `identity` in format 1.0 that need what is not there: Cognito and organisations.
const NO_IDENTITY: [&str; 5] = [
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
];

impl Exchange {
    /// Appends `requestContext` of format 2.0.
    pub(super) fn write_context(&self, out: &mut Vec<u8>) {
        let (call, api) = (&self.call, &self.served.api);
        let mut object = Object::begin(out);
        object.text("accountId", api.account.as_str());
        object.text("apiId", api.id());
        match &self.authorization {
            None => {}
            Some(Authorization::Token(token)) => {
                let mut authorizer = Object::begin(object.key("authorizer"));
                let mut jwt = Object::begin(authorizer.key("jwt"));
                write_claims(&token.claims, jwt.key("claims"));
                match &token.scopes {
                    Some(scopes) => {
                        let scopes: Vec<_> = scopes.iter().map(String::as_str).collect();
                        event::list(&scopes, jwt.key("scopes"));
                    }
                    None => jwt.raw("scopes", b"null"),
                }
                jwt.end();
                authorizer.end();
            }
            Some(Authorization::Function(decision)) => {
                let mut authorizer = Object::begin(object.key("authorizer"));
                let context = Value::Object(decision.context.clone());
                authorizer.raw("lambda", context.to_string().as_bytes());
                authorizer.end();
            }
            Some(Authorization::Signed(signer)) => write_signer(signer, object.key("authorizer")),
        }
        object.text("domainName", call.domain_name());
        object.text("domainPrefix", self.domain_prefix());
        let mut http = Object::begin(object.key("http"));
        http.text("method", call.method.as_str());
        http.text("path", self.path());
        http.text("protocol", call.protocol());
        http.text("sourceIp", &call.source_ip.to_string());
        http.text("userAgent", call.header("user-agent").unwrap_or_default());
        http.end();
        object.text("requestId", &call.extended_id);
        object.text("routeKey", self.route_key());
        object.text("stage", self.stage_name());
        object.text("time", &common_log(call.received));
        json::number(call.received.as_millis(), object.key("timeEpoch"));
        object.end();
    }

    /// Appends `requestContext` of format 1.0.
    pub(super) fn write_old_context(&self, out: &mut Vec<u8>) {
        let (call, api) = (&self.call, &self.served.api);
        let mut object = Object::begin(out);
        object.text("accountId", api.account.as_str());
        object.text("apiId", api.id());
        match &self.authorization {
            None | Some(Authorization::Signed(_)) => {}
            Some(Authorization::Token(token)) => {
                let mut authorizer = Object::begin(object.key("authorizer"));
                write_claims(&token.claims, authorizer.key("claims"));
                let scopes = token.scopes.as_ref().map(|scopes| scopes.join(" "));
                authorizer.maybe("scopes", scopes.as_deref());
                authorizer.end();
            }
            Some(Authorization::Function(decision)) => {
                let mut authorizer = Object::begin(object.key("authorizer"));
                for (name, value) in &decision.context {
                    authorizer.text(name, &plain(value));
                }
                if let Some(principal) = &decision.principal {
                    authorizer.text("principalId", principal);
                }
                authorizer.end();
            }
        }
        object.text("domainName", call.domain_name());
        object.text("domainPrefix", self.domain_prefix());
        object.text("extendedRequestId", &call.extended_id);
        object.text("httpMethod", call.method.as_str());
        let mut identity = Object::begin(object.key("identity"));
        for name in ["accessKey", "accountId", "caller"] {
            identity.maybe(name, self.signed(name));
        }
        for name in NO_IDENTITY {
            identity.maybe(name, None);
        }
        identity.text("sourceIp", &call.source_ip.to_string());
        identity.maybe("user", self.signed("user"));
        identity.maybe("userAgent", call.header("user-agent"));
        identity.maybe("userArn", self.signed("userArn"));
        identity.end();
        object.text("path", self.path());
        object.text("protocol", call.protocol());
        object.text("requestId", &call.extended_id);
        object.text("requestTime", &common_log(call.received));
        json::number(call.received.as_millis(), object.key("requestTimeEpoch"));
        object.text("resourceId", self.route_key());
        object.text("resourcePath", self.resource());
        object.text("stage", self.stage_name());
        object.end();
    }

    /// A member of `identity` that tells who signed.
    fn signed(&self, name: &str) -> Option<&str> {
        match self.authorization.as_ref()? {
            Authorization::Signed(signer) => signer.identity(name),
            Authorization::Token(_) | Authorization::Function(_) => None,
        }
    }

    /// The path without its stage.
    pub(super) fn path_in(&self, stage: &StageLive) -> &str {
        let path = self.path();
        path.strip_prefix('/').and_then(|path| path.strip_prefix(&stage.stage.stage_name)).unwrap_or(path)
    }

    /// The whole path, with its stage.
    pub(super) fn path(&self) -> &str {
        let path = self.call.path();
        if path.is_empty() { "/" } else { path }
    }

    pub(super) fn stage_name(&self) -> &str {
        self.stage.as_ref().map_or("", |stage| stage.stage.stage_name.as_str())
    }

    pub(super) fn route_key(&self) -> &str {
        self.route.as_ref().map_or("", |route| route.route.route_key.as_str())
    }

    /// The path of the route's key, or `$default`.
    pub(super) fn resource(&self) -> &str {
        let key = self.route_key();
        key.split_once(' ').map_or(key, |(_, path)| path)
    }

    /// The first label of the host's name; for one that is an address, the API's id.
    fn domain_prefix(&self) -> &str {
        if self.call.address.prefix > 0 {
            return self.served.api.id();
        }
        self.call.domain_name().split('.').next().unwrap_or_default()
    }

    /// The ARN of what is called: `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH`, and for the catch-all
    /// route `…/STAGE/$default`, as the console writes it into permissions.
    pub(super) fn route_arn(&self, stage: &StageLive, path: &str) -> String {
        let api = &self.served.api;
        let what = if self.resource() == "$default" {
            "$default".to_owned()
        } else {
            format!("{}/{}", self.call.method, path.trim_start_matches('/'))
        };
        format!(
            "arn:aws:execute-api:{}:{}:{}/{}/{what}",
            api.region,
            api.account,
            api.id(),
            stage.stage.stage_name
        )
    }

    /// A `$context` variable, by its name without that; none if it has no value.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let (call, api) = (&self.call, &self.served.api);
        let failed = self.failed.as_ref();
        Some(match name {
            "accountId" => api.account.to_string(),
            "apiId" => api.id().to_owned(),
            "awsEndpointRequestId" | "integration.requestId" => return None,
            "deploymentId" => self.stage.as_ref()?.deployment_id.clone(),
            "domainName" => call.domain_name().to_owned(),
            "domainPrefix" => self.domain_prefix().to_owned(),
            "error.message" => failed?.message.to_owned(),
            "error.messageString" => serde_json::json!(failed?.message).to_string(),
            "authorizer.error" => self.authorizer_error.clone()?,
            "integrationErrorMessage" | "integration.error" if self.authorizer_error.is_none() => {
                failed?.reason.clone()?
            }
            "extendedRequestId" | "requestId" => call.extended_id.clone(),
            "httpMethod" => call.method.to_string(),
            "identity.sourceIp" => call.source_ip.to_string(),
            "identity.userAgent" => call.header("user-agent")?.to_owned(),
            "integrationLatency" | "integration.latency" => self.integration_latency?.as_millis().to_string(),
            // Of a function the one is its own answer's, the others are Lambda's.
            "integration.status" => self.function_status.or(self.integration_status)?.to_string(),
            "integrationStatus" | "integration.integrationStatus" => self.integration_status?.to_string(),
            "path" => self.path().to_owned(),
            "protocol" => call.protocol().to_owned(),
            "requestTime" => common_log(call.received),
            "requestTimeEpoch" => call.received.as_millis().to_string(),
            "routeKey" => self.route.as_ref()?.route.route_key.clone(),
            "stage" => self.stage.as_ref()?.stage.stage_name.clone(),
            _ => match name.split_once('.')? {
                ("authorizer", name) => return self.authorized(name),
                ("identity", name) => self.signed(name)?.to_owned(),
                _ => return None,
            },
        })
    }

    fn authorized(&self, name: &str) -> Option<String> {
        match self.authorization.as_ref()? {
            Authorization::Token(token) => token.claims.get(name.strip_prefix("claims.")?).map(plain),
            Authorization::Function(decision) if name == "principalId" => decision.principal.clone(),
            Authorization::Function(decision) => decision.context.get(name).map(plain),
            Authorization::Signed(_) => None,
        }
    }
}

/// Who signed, as functions see it in format 2.0: the same in events of HTTP APIs and of function URLs.
pub(crate) fn write_signer(signer: &Signer, out: &mut Vec<u8>) {
    let mut authorizer = Object::begin(out);
    let mut iam = Object::begin(authorizer.key("iam"));
    iam.maybe("accessKey", signer.identity("accessKey"));
    iam.maybe("accountId", signer.identity("accountId"));
    iam.maybe("callerId", signer.identity("caller"));
    iam.maybe("cognitoIdentity", None);
    iam.maybe("principalOrgId", None);
    iam.maybe("userArn", signer.identity("userArn"));
    iam.maybe("userId", signer.identity("user"));
    iam.end();
    authorizer.end();
}

/// Claims as functions see them: all are texts, and lists are written `[a b]`.
fn write_claims(claims: &serde_json::Map<String, Value>, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    for (name, value) in claims {
        object.text(name, &plain(value));
    }
    object.end();
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    }
}
