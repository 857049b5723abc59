//! A request's context: as functions get it, and as `$context` variables.

use super::exchange::Exchange;
use crate::{
    clock_text::common_log,
    json::{self, Object},
};

/// Members of `identity` that need what is not there: Cognito and organisations.
const NO_IDENTITY: [&str; 5] = [
    "cognitoIdentityPoolId",
    "cognitoIdentityId",
    "principalOrgId",
    "cognitoAuthenticationType",
    "cognitoAuthenticationProvider",
];
/// Members of `identity` that tell who signed.
const SIGNED: [&str; 5] = ["userArn", "user", "accountId", "caller", "accessKey"];

impl Exchange {
    /// Appends `requestContext` of proxy events.
    pub(super) fn write_context(&self, out: &mut Vec<u8>) {
        let (call, place) = (&self.call, self.served.place());
        let mut object = Object::begin(out);
        if let Some(route) = self.routed() {
            object.text("resourceId", &route.resource_id);
            object.text("resourcePath", &route.path);
            if let Some(name) = &route.method.operation_name {
                object.text("operationName", name);
            }
        }
        if let Some(authorization) = &self.authorization {
            let mut authorizer = Object::begin(object.key("authorizer"));
            for (name, value) in &authorization.context {
                authorizer.text(name, value);
            }
            authorizer.text("principalId", &authorization.principal);
            let millis = i64::try_from(self.authorizer_latency.as_millis()).unwrap_or(i64::MAX);
            json::number(millis, authorizer.key("integrationLatency"));
            authorizer.end();
        }
        object.text("httpMethod", call.method.as_str());
        object.text("extendedRequestId", &call.extended_id);
        object.text("requestTime", &common_log(call.received));
        object.text("path", call.path());
        object.text("accountId", place.account.as_str());
        object.text("protocol", call.protocol());
        object.text("stage", self.stage_name());
        object.text("domainPrefix", self.domain_prefix());
        json::number(call.received.as_millis(), object.key("requestTimeEpoch"));
        object.text("requestId", &call.request_id.to_string());
        self.write_identity(object.key("identity"));
        object.text("domainName", call.domain_name());
        if let Some(variant) = self.variant().filter(|variant| !variant.compiled.id.is_empty()) {
            object.text("deploymentId", &variant.compiled.id);
        }
        object.text("apiId", self.served.api.id());
        object.end();
    }

    fn write_identity(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        for name in NO_IDENTITY {
            object.maybe(name, None);
        }
        for name in SIGNED {
            object.maybe(name, self.signed(name));
        }
        if let Some(key) = &self.api_key {
            object.text("apiKey", &key.value);
            object.text("apiKeyId", &key.id);
        }
        object.text("sourceIp", &self.source());
        object.maybe("userAgent", self.call.header("user-agent"));
        object.end();
    }

    /// A member of `identity` that tells who signed.
    fn signed(&self, name: &str) -> Option<&str> {
        self.signer.as_ref()?.identity(name)
    }

    /// The first label of the host's name; for one that is an address, the API's id.
    fn domain_prefix(&self) -> &str {
        if self.call.address.prefix > 0 {
            return self.served.api.id();
        }
        self.call.domain_name().split('.').next().unwrap_or_default()
    }

    /// A `$context` variable, by its name without that; none if it has no value.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let (call, route, place) = (&self.call, self.routed(), self.served.place());
        let failed = self.failed.as_ref();
        Some(match name {
            "accountId" => place.account.to_string(),
            "apiId" => self.served.api.id().to_owned(),
            "deploymentId" => self.variant()?.compiled.id.clone(),
            "domainName" => call.domain_name().to_owned(),
            "domainPrefix" => self.domain_prefix().to_owned(),
            "error.message" => failed?.message.as_ref()?.to_string(),
            "error.messageString" => serde_json::json!(failed?.message).to_string(),
            "error.responseType" => failed?.trouble.name().to_owned(),
            "integrationErrorMessage" | "integration.error" => failed?.reason.clone()?,
            "extendedRequestId" => call.extended_id.clone(),
            "httpMethod" => call.method.to_string(),
            "identity.apiKey" => self.api_key.as_ref()?.value.clone(),
            "identity.apiKeyId" => self.api_key.as_ref()?.id.clone(),
            "identity.sourceIp" => self.source(),
            "identity.userAgent" => call.header("user-agent")?.to_owned(),
            "integrationLatency" | "integration.latency" | "integration.integrationLatency" => {
                self.integration_latency?.as_millis().to_string()
            }
            // Of a function behind a proxy the one is its own answer's, the others are Lambda's.
            "integration.status" => self.function_status.or(self.integration_status)?.to_string(),
            "integrationStatus" | "integration.integrationStatus" => self.integration_status?.to_string(),
            "isCanaryRequest" => self.canary.to_string(),
            "operationName" => route?.method.operation_name.clone()?,
            "path" => call.path().to_owned(),
            "protocol" => call.protocol().to_owned(),
            "requestId" => call.request_id.to_string(),
            "requestTime" => common_log(call.received),
            "requestTimeEpoch" => call.received.as_millis().to_string(),
            "resourceId" => route?.resource_id.clone(),
            "resourcePath" => route?.path.clone(),
            "stage" => self.stage.as_ref().map(|stage| stage.stage.stage_name.clone())?,
            "xrayTraceId" => call.trace.clone(),
            _ => match name.split_once('.')? {
                ("authorizer", name) => return self.authorized(name),
                ("identity", name) => self.signed(name)?.to_owned(),
                _ => return None,
            },
        })
    }

    fn authorized(&self, name: &str) -> Option<String> {
        let authorization = self.authorization.as_ref()?;
        match name {
            "principalId" => return Some(authorization.principal.clone()),
            "integrationLatency" => return Some(self.authorizer_latency.as_millis().to_string()),
            _ => {}
        }
        let found = authorization.context.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.clone())
    }
}
