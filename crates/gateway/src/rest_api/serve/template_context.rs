//! `$context` as mapping templates see it: an object of objects.

use super::exchange::Exchange;
use crate::mapping::set;
use serde_json::{Map, Value};

/// The variables that templates may read (API Gateway guide, "Variables for data models, authorizers, mapping templates,
/// and CloudWatch access logging").
const NAMES: [&str; 29] = [
    "accountId",
    "apiId",
    "deploymentId",
    "domainName",
    "domainPrefix",
    "error.message",
    "error.messageString",
    "error.responseType",
    "extendedRequestId",
    "httpMethod",
    "identity.accessKey",
    "identity.accountId",
    "identity.apiKey",
    "identity.apiKeyId",
    "identity.caller",
    "identity.sourceIp",
    "identity.user",
    "identity.userAgent",
    "identity.userArn",
    "isCanaryRequest",
    "operationName",
    "path",
    "protocol",
    "requestId",
    "requestTime",
    "resourceId",
    "resourcePath",
    "stage",
    "xrayTraceId",
];

impl Exchange {
    /// `$context`.
    pub(super) fn context_json(&self) -> Value {
        let mut context = Map::new();
        for name in NAMES {
            if let Some(value) = self.variable(name) {
                set(&mut context, name, value.into());
            }
        }
        set(&mut context, "requestTimeEpoch", self.call.received.as_millis().into());
        if let Some(authorization) = &self.authorization {
            let mut authorizer = Map::new();
            for (name, value) in &authorization.context {
                authorizer.insert(name.clone(), value.as_str().into());
            }
            authorizer.insert("principalId".into(), authorization.principal.as_str().into());
            let latency = self.authorizer_latency.as_millis().to_string();
            authorizer.insert("integrationLatency".into(), latency.into());
            context.insert("authorizer".into(), authorizer.into());
        }
        Value::Object(context)
    }
}
