//! Integrations: who does a method's work.

use super::{
    RestApis, errors,
    methods::MethodName,
    model::{Api, Integration, IntegrationKind, Method},
    patch::{Kind, PatchOperation, Rule, patch},
};
use crate::function::STREAMED;
use tinderbox_base::{Caller, Result};

/// Milliseconds that an integration may be given (quotas: integration timeout, 50 ms to 29 s).
const TIMEOUTS: std::ops::RangeInclusive<i64> = 50..=29_000;

/// The same where answers are passed on as they come (API Gateway guide, "Stream the integration response": 15 minutes).
const STREAM_TIMEOUTS: std::ops::RangeInclusive<i64> = 50..=900_000;

const RULES: [Rule; 14] = [
    ("/uri", Kind::Text),
    ("/httpMethod", Kind::Text),
    ("/credentials", Kind::Text),
    ("/passthroughBehavior", Kind::Text),
    ("/contentHandling", Kind::Text),
    ("/timeoutInMillis", Kind::Whole),
    ("/responseTransferMode", Kind::Text),
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
    let timeouts = if integration.is_streamed() { STREAM_TIMEOUTS } else { TIMEOUTS };
    if integration.timeout_in_millis.is_some_and(|timeout| !timeouts.contains(&timeout)) {
        let most = timeouts.end();
        return Err(errors::bad(format!("Timeout should be between 50 ms and {most} ms")));
    }
    check_transfer(integration)?;
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

/// How answers are passed on, and that the function is asked for them in that way.
fn check_transfer(integration: &Integration) -> Result<()> {
    let asks = integration.uri.as_deref().is_some_and(|uri| uri.ends_with(STREAMED));
    match (integration.response_transfer_mode.as_deref(), integration.kind) {
        (Some("STREAM"), IntegrationKind::AwsProxy) if asks => Ok(()),
        (Some("STREAM"), IntegrationKind::AwsProxy) => Err(errors::bad(
            "Response transfer mode STREAM requires the URI of the function's response-streaming-invocations",
        )),
        (Some("STREAM"), IntegrationKind::HttpProxy) => {
            Err(errors::absent("response streaming of HTTP_PROXY integrations"))
        }
        (Some("STREAM"), IntegrationKind::Aws | IntegrationKind::Http | IntegrationKind::Mock) => {
            Err(errors::bad(
                "Response transfer mode STREAM is only supported for integrations of type AWS_PROXY and HTTP_PROXY",
            ))
        }
        (None | Some("BUFFERED"), _) if asks => Err(errors::bad(
            "A URI of response-streaming-invocations requires the response transfer mode STREAM",
        )),
        (None | Some("BUFFERED"), _) => Ok(()),
        (Some(_), _) => Err(errors::bad("Invalid response transfer mode specified")),
    }
}
