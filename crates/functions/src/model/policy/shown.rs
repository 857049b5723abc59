//! A policy as AWS writes it: the names and the order of its members.

use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Policy<'a> {
    pub(super) version: &'static str,
    pub(super) id: &'static str,
    pub(super) statement: Vec<Statement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Statement<'a> {
    pub(super) sid: &'a str,
    pub(super) effect: &'static str,
    pub(super) principal: Principal<'a>,
    pub(super) action: &'a str,
    pub(super) resource: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) condition: Option<Condition<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Principal<'a> {
    Service {
        #[serde(rename = "Service")]
        service: &'a str,
    },
    Aws {
        #[serde(rename = "AWS")]
        aws: &'a str,
    },
    Everyone(&'static str),
}

#[derive(Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Condition<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) string_equals: Option<StringEquals<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arn_like: Option<ArnLike<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bool: Option<Bool>,
}

#[derive(Default, PartialEq, Serialize)]
pub(super) struct StringEquals<'a> {
    #[serde(rename = "AWS:SourceAccount", skip_serializing_if = "Option::is_none")]
    pub(super) source_account: Option<&'a str>,
    #[serde(rename = "lambda:FunctionUrlAuthType", skip_serializing_if = "Option::is_none")]
    pub(super) function_url_auth_type: Option<&'a str>,
    #[serde(rename = "aws:PrincipalOrgID", skip_serializing_if = "Option::is_none")]
    pub(super) principal_org_id: Option<&'a str>,
    #[serde(rename = "lambda:EventSourceToken", skip_serializing_if = "Option::is_none")]
    pub(super) event_source_token: Option<&'a str>,
}

#[derive(PartialEq, Serialize)]
pub(super) struct ArnLike<'a> {
    #[serde(rename = "AWS:SourceArn")]
    pub(super) source_arn: &'a str,
}

#[derive(PartialEq, Serialize)]
pub(super) struct Bool {
    #[serde(rename = "lambda:InvokedViaFunctionUrl")]
    pub(super) via: String,
}
