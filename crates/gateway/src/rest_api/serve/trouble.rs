//! What the gateway itself answers when a request goes no further.

use crate::rest_api::model::GatewayResponse;
use std::borrow::Cow;

/// The kinds of trouble that the service's API knows as gateway response types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rest_api) enum Trouble {
    Default4xx,
    Default5xx,
    ResourceNotFound,
    Unauthorized,
    InvalidApiKey,
    AccessDenied,
    AuthorizerFailure,
    AuthorizerConfigurationError,
    InvalidSignature,
    ExpiredToken,
    MissingAuthenticationToken,
    IntegrationFailure,
    IntegrationTimeout,
    ApiConfigurationError,
    UnsupportedMediaType,
    BadRequestParameters,
    BadRequestBody,
    RequestTooLarge,
    Throttled,
    QuotaExceeded,
    WafFiltered,
}

/// Name, status (API Gateway guide, "Gateway response types"), and the name in `x-amzn-ErrorType`.
type Row = (Trouble, &'static str, Option<u16>, &'static str);

use Trouble::*;
const ROWS: [Row; 21] = [
    (Default4xx, "DEFAULT_4XX", None, "ForbiddenException"),
    (Default5xx, "DEFAULT_5XX", None, "InternalServerErrorException"),
    (ResourceNotFound, "RESOURCE_NOT_FOUND", Some(404), "NotFoundException"),
    (Unauthorized, "UNAUTHORIZED", Some(401), "UnauthorizedException"),
    (InvalidApiKey, "INVALID_API_KEY", Some(403), "ForbiddenException"),
    (AccessDenied, "ACCESS_DENIED", Some(403), "AccessDeniedException"),
    (AuthorizerFailure, "AUTHORIZER_FAILURE", Some(500), "AuthorizerConfigurationException"),
    (
        AuthorizerConfigurationError,
        "AUTHORIZER_CONFIGURATION_ERROR",
        Some(500),
        "AuthorizerConfigurationException",
    ),
    (InvalidSignature, "INVALID_SIGNATURE", Some(403), "InvalidSignatureException"),
    (ExpiredToken, "EXPIRED_TOKEN", Some(403), "ExpiredTokenException"),
    (
        MissingAuthenticationToken,
        "MISSING_AUTHENTICATION_TOKEN",
        Some(403),
        "MissingAuthenticationTokenException",
    ),
    (IntegrationFailure, "INTEGRATION_FAILURE", Some(504), "InternalServerErrorException"),
    (IntegrationTimeout, "INTEGRATION_TIMEOUT", Some(504), "InternalServerErrorException"),
    (ApiConfigurationError, "API_CONFIGURATION_ERROR", Some(500), "InternalServerErrorException"),
    (UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", Some(415), "BadRequestException"),
    (BadRequestParameters, "BAD_REQUEST_PARAMETERS", Some(400), "BadRequestException"),
    (BadRequestBody, "BAD_REQUEST_BODY", Some(400), "BadRequestException"),
    (RequestTooLarge, "REQUEST_TOO_LARGE", Some(413), "RequestTooLargeException"),
    (Throttled, "THROTTLED", Some(429), "TooManyRequestsException"),
    (QuotaExceeded, "QUOTA_EXCEEDED", Some(429), "LimitExceededException"),
    (WafFiltered, "WAF_FILTERED", Some(403), "ForbiddenException"),
];

impl Trouble {
    /// All kinds.
    pub(in crate::rest_api) const ALL: [Self; 21] = [
        Default4xx,
        Default5xx,
        ResourceNotFound,
        Unauthorized,
        InvalidApiKey,
        AccessDenied,
        AuthorizerFailure,
        AuthorizerConfigurationError,
        InvalidSignature,
        ExpiredToken,
        MissingAuthenticationToken,
        IntegrationFailure,
        IntegrationTimeout,
        ApiConfigurationError,
        UnsupportedMediaType,
        BadRequestParameters,
        BadRequestBody,
        RequestTooLarge,
        Throttled,
        QuotaExceeded,
        WafFiltered,
    ];

    fn row(self) -> &'static Row {
        ROWS.iter().find(|(trouble, ..)| *trouble == self).unwrap_or(&ROWS[1])
    }

    /// The kind of this name.
    pub(in crate::rest_api) fn of(name: &str) -> Option<Self> {
        ROWS.iter().find(|(_, own, ..)| *own == name).map(|(trouble, ..)| *trouble)
    }

    /// Its name.
    pub(in crate::rest_api) fn name(self) -> &'static str {
        self.row().1
    }

    /// Its status.
    pub(super) fn status(self) -> u16 {
        self.row().2.unwrap_or(if self == Default4xx { 400 } else { 500 })
    }

    /// What `x-amzn-ErrorType` says.
    fn error_type(self) -> &'static str {
        self.row().3
    }

    /// The kind whose answer is taken where an API has set none for this.
    pub(super) fn fallback(self) -> Self {
        if self.status() < 500 { Default4xx } else { Default5xx }
    }

    /// What every API begins with, as it is shown.
    pub(in crate::rest_api) fn default_response(self) -> GatewayResponse {
        let template = r#"{"message":$context.error.messageString}"#;
        GatewayResponse {
            response_type: self.name().into(),
            status_code: self.row().2.map(|status| status.to_string()),
            response_templates: [("application/json".to_owned(), template.to_owned())].into(),
            ..GatewayResponse::default()
        }
    }
}

/// Why a request goes no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    /// The kind of trouble.
    pub(super) trouble: Trouble,
    /// A status other than the kind's.
    pub(super) status: Option<u16>,
    /// What `x-amzn-ErrorType` says, if it is not what the kind's does.
    pub(super) error_type: Option<Cow<'static, str>>,
    /// What the client reads; nothing is `null`.
    pub(super) message: Option<Cow<'static, str>>,
    /// Why, for the operator's log and the access log.
    pub(super) reason: Option<String>,
}

impl Failed {
    /// Trouble with what the client reads.
    pub(super) fn new(trouble: Trouble, message: impl Into<Cow<'static, str>>) -> Self {
        Self { trouble, status: None, error_type: None, message: Some(message.into()), reason: None }
    }

    /// No such route.
    pub(super) fn no_route() -> Self {
        Self::new(MissingAuthenticationToken, "Missing Authentication Token")
    }

    /// No such API or stage, or no key.
    pub(super) fn forbidden(trouble: Trouble) -> Self {
        Self { status: Some(403), ..Self::new(trouble, "Forbidden") }
    }

    /// An integration whose answer cannot be understood.
    pub(super) fn malformed(reason: impl Into<String>) -> Self {
        Self { status: Some(502), ..Self::internal(Default5xx, reason) }
    }

    /// What is set up cannot work.
    pub(super) fn misconfigured(reason: impl Into<String>) -> Self {
        Self::internal(ApiConfigurationError, reason)
    }

    /// A fault that the client learns nothing of.
    pub(super) fn internal(trouble: Trouble, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::new(trouble, "Internal server error") }
    }

    /// An integration that did not answer in time.
    pub(super) fn timed_out() -> Self {
        Self::new(IntegrationTimeout, "Endpoint request timed out")
    }

    /// An authorizer that does not do its work.
    pub(super) fn authorizer(trouble: Trouble, reason: impl Into<String>) -> Self {
        Self { trouble, status: None, error_type: None, message: None, reason: Some(reason.into()) }
    }

    /// A signature that is none that counts: the error's name, as of the AWS APIs, and its text.
    ///
    /// Which kind of gateway response an unknown key is, AWS does not say; here it is the least particular.
    pub(super) fn signature(error_type: Cow<'static, str>, message: String) -> Self {
        let trouble = match &*error_type {
            "MissingAuthenticationTokenException" => return Self::no_route(),
            "ExpiredTokenException" => ExpiredToken,
            "InvalidSignatureException" | "IncompleteSignatureException" => InvalidSignature,
            _ => Default4xx,
        };
        Self { status: Some(403), error_type: Some(error_type), ..Self::new(trouble, message) }
    }

    /// Somebody whom the API's policy, or their own, does not let call `arn`. Of the account only the last digits are
    /// told.
    pub(super) fn denied(who: &str, arn: &str, explicit: bool) -> Self {
        let parts: Vec<_> = arn.splitn(6, ':').collect();
        let masked = match parts[..] {
            [arn, partition, service, region, account, resource] => {
                let last = account.get(account.len().saturating_sub(4)..).unwrap_or_default();
                format!("{arn}:{partition}:{service}:{region}:********{last}:{resource}")
            }
            _ => arn.to_owned(),
        };
        let how = if explicit { " with an explicit deny" } else { "" };
        let message = format!(
            "User: {who} is not authorized to perform: execute-api:Invoke on resource: {masked}{how}"
        );
        Self::new(AccessDenied, message)
    }

    /// What `x-amzn-ErrorType` says.
    pub(super) fn error_type(&self) -> &str {
        self.error_type.as_deref().unwrap_or(self.trouble.error_type())
    }

    /// Its status.
    pub(super) fn status(&self) -> u16 {
        self.status.unwrap_or(self.trouble.status())
    }

    /// The body where the API has set none. AWS's own differ in a space and a capital, and some clients compare.
    pub(super) fn body(&self) -> String {
        let message = serde_json::json!(self.message);
        match self.trouble {
            AccessDenied => format!(r#"{{"Message":{message}}}"#),
            Default5xx | IntegrationFailure | IntegrationTimeout | ApiConfigurationError => {
                format!(r#"{{"message": {message}}}"#)
            }
            BadRequestBody | BadRequestParameters => format!(r#"{{"message": {message}}}"#),
            _ => format!(r#"{{"message":{message}}}"#),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_row() {
        for trouble in Trouble::ALL {
            assert_eq!(Trouble::of(trouble.name()), Some(trouble));
        }
        assert_eq!(Trouble::of("OTHER"), None);
    }

    #[test]
    fn answers() {
        fn check(failed: Failed, status: u16, kind: &str, body: &str) {
            assert_eq!((failed.status(), failed.error_type(), &*failed.body()), (status, kind, body));
        }
        check(
            Failed::no_route(),
            403,
            "MissingAuthenticationTokenException",
            r#"{"message":"Missing Authentication Token"}"#,
        );
        check(Failed::forbidden(InvalidApiKey), 403, "ForbiddenException", r#"{"message":"Forbidden"}"#);
        check(
            Failed::malformed("x"),
            502,
            "InternalServerErrorException",
            r#"{"message": "Internal server error"}"#,
        );
        check(
            Failed::timed_out(),
            504,
            "InternalServerErrorException",
            r#"{"message": "Endpoint request timed out"}"#,
        );
        check(
            Failed::authorizer(AuthorizerFailure, "x"),
            500,
            "AuthorizerConfigurationException",
            r#"{"message":null}"#,
        );
        check(
            Failed::denied("anonymous", "arn:aws:execute-api:us-east-1:123456789012:abc/s/GET/", false),
            403,
            "AccessDeniedException",
            r#"{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********9012:abc/s/GET/"}"#,
        );
        check(
            Failed::signature("UnrecognizedClientException".into(), "No".into()),
            403,
            "UnrecognizedClientException",
            r#"{"message":"No"}"#,
        );
        check(Failed::new(AccessDenied, "No"), 403, "AccessDeniedException", r#"{"Message":"No"}"#);
    }
}
