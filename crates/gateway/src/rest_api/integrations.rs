//! Integrations: who does a method's work.

use super::{
    RestApis, errors,
    methods::MethodName,
    model::{Api, Integration, IntegrationKind, Method},
    patch::{Kind, PatchOperation, Rule, patch},
};
use tinderbox_base::{Caller, Result};

/// Milliseconds that an integration may be given (quotas: integration timeout, 50 ms to 29 s).
const TIMEOUTS: std::ops::RangeInclusive<i64> = 50..=29_000;

const RULES: [Rule; 13] = [
    ("/uri", Kind::Text),
    ("/httpMethod", Kind::Text),
    ("/credentials", Kind::Text),
    ("/passthroughBehavior", Kind::Text),
    ("/contentHandling", Kind::Text),
    ("/timeoutInMillis", Kind::Whole),
    ("/cacheNamespace", Kind::Text),
    ("/connectionType", Kind::Text),
    ("/connectionId", Kind::Text),
    ("/requestParameters/*", Kind::Text),
    ("/requestTemplates/*", Kind::Text),
    ("/cacheKeyParameters/*", Kind::Member),
    ("/tlsConfig/insecureSkipVerification", Kind::Flag),
];

impl RestApis {
    /// Sets a method's integration in place of the one it has.
    ///
    /// # Errors
    /// `NotFound`, or it is none that can be.
    pub async fn put_integration(
        &self,
        caller: &Caller,
        name: MethodName,
        integration: Integration,
    ) -> Result<Integration> {
        check(&integration)?;
        let change = move |_: &Api, method: &mut Method| {
            method.method_integration = Some(integration.clone());
            Ok(integration)
        };
        self.change_method(caller, name, change).await
    }

    /// A method's integration.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_integration(&self, caller: &Caller, name: &MethodName) -> Result<Integration> {
        let method = self.get_method(caller, name)?;
        method.method_integration.ok_or_else(|| errors::missing("Integration"))
    }

    /// Changes a method's integration.
    ///
    /// # Errors
    /// `NotFound`, or an operation is none that can be.
    pub async fn update_integration(
        &self,
        caller: &Caller,
        name: MethodName,
        operations: Vec<PatchOperation>,
    ) -> Result<Integration> {
        let change = move |_: &Api, method: &mut Method| {
            let old = method.method_integration.as_ref().ok_or_else(|| errors::missing("Integration"))?;
            let new: Integration = patch(old, &operations, &RULES)?;
            check(&new)?;
            method.method_integration = Some(new.clone());
            Ok(new)
        };
        self.change_method(caller, name, change).await
    }

    /// Deletes a method's integration.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_integration(&self, caller: &Caller, name: MethodName) -> Result<()> {
        let change = |_: &Api, method: &mut Method| {
            method.method_integration.take().map(drop).ok_or_else(|| errors::missing("Integration"))
        };
        self.change_method(caller, name, change).await
    }
}

fn check(integration: &Integration) -> Result<()> {
    let uri = integration.uri.as_deref().unwrap_or_default();
    let method = integration.http_method.as_deref().unwrap_or_default();
    if integration.kind != IntegrationKind::Mock && method.is_empty() {
        return Err(errors::bad("Enumeration value for HttpMethod must be non-empty"));
    }
    match integration.kind {
        IntegrationKind::Mock => {}
        IntegrationKind::Aws | IntegrationKind::AwsProxy => {
            if !uri.starts_with("arn:") {
                return Err(errors::bad("Invalid ARN specified in the request"));
            }
            if !uri.contains(":path/") && !uri.contains(":action/") {
                return Err(errors::bad("AWS ARN for integration must contain path or action"));
            }
            if integration.kind == IntegrationKind::AwsProxy && !uri.contains(":lambda:path/") {
                return Err(errors::bad(
                    "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream \
                     invocations.",
                ));
            }
        }
        IntegrationKind::Http | IntegrationKind::HttpProxy => {
            let fine =
                ["http://", "https://"].iter().any(|s| uri.strip_prefix(s).is_some_and(|r| !r.is_empty()));
            if !fine {
                return Err(errors::bad("Invalid HTTP endpoint specified for URI"));
            }
        }
    }
    if integration.timeout_in_millis.is_some_and(|timeout| !TIMEOUTS.contains(&timeout)) {
        return Err(errors::bad("Timeout should be between 50 ms and 29000 ms"));
    }
    let behaviors = ["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"];
    if !behaviors.contains(&integration.passthrough_behavior.as_str()) {
        return Err(errors::bad("Invalid passthrough behavior specified"));
    }
    match integration.connection_type.as_deref() {
        None | Some("INTERNET") => {}
        Some("VPC_LINK") => return Err(errors::absent("VPC links")),
        Some(_) => return Err(errors::bad("Invalid connection type specified")),
    }
    if integration.tls_config.is_some_and(|tls| tls.insecure_skip_verification) {
        return Err(errors::absent("insecureSkipVerification"));
    }
    Ok(())
}
