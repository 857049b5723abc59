//! Lambda's actions, and the ARNs of functions.

use super::rule::{Resource, Rule};
use tinderbox_base::{Error, policy::Source};
use tinderbox_functions::{Functions, names::FunctionRef};
use tinderbox_identity::OwnedPolicy;
use tinderbox_wire::Call;

const FUNCTION: Resource = Resource::Function;

pub(super) const RULES: &[Rule] = &[
    Rule::new("CreateFunction", "lambda:CreateFunction", FUNCTION).passing("Role"),
    Rule::new("DeleteFunction", "lambda:DeleteFunction", FUNCTION),
    Rule::new("DeleteFunctionConcurrency", "lambda:DeleteFunctionConcurrency", FUNCTION),
    Rule::new("GetAccountSettings", "lambda:GetAccountSettings", Resource::Any),
    Rule::new("GetFunction", "lambda:GetFunction", FUNCTION),
    Rule::new("GetFunctionCodeSigningConfig", "lambda:GetFunctionCodeSigningConfig", FUNCTION),
    Rule::new("GetFunctionConcurrency", "lambda:GetFunctionConcurrency", FUNCTION),
    Rule::new("GetFunctionConfiguration", "lambda:GetFunctionConfiguration", FUNCTION),
    Rule::new("GetFunctionRecursionConfig", "lambda:GetFunctionRecursionConfig", FUNCTION),
    Rule::new("GetPolicy", "lambda:GetPolicy", FUNCTION),
    Rule::new("Invoke", "lambda:InvokeFunction", FUNCTION),
    Rule::new("ListFunctions", "lambda:ListFunctions", Resource::Any),
    Rule::new("ListTags", "lambda:ListTags", Resource::Given("Resource")),
    Rule::new("ListVersionsByFunction", "lambda:ListVersionsByFunction", FUNCTION),
    Rule::new("PublishVersion", "lambda:PublishVersion", FUNCTION),
    Rule::new("PutFunctionConcurrency", "lambda:PutFunctionConcurrency", FUNCTION),
    Rule::new("TagResource", "lambda:TagResource", Resource::Given("Resource")),
    Rule::new("UntagResource", "lambda:UntagResource", Resource::Given("Resource")),
    Rule::new("UpdateFunctionCode", "lambda:UpdateFunctionCode", FUNCTION),
    Rule::new("UpdateFunctionConfiguration", "lambda:UpdateFunctionConfiguration", FUNCTION).passing("Role"),
];

/// The ARN of the function that a call names, with its qualifier.
///
/// A name that is none matches what `*` matches: what is wrong with it, the operation says.
pub(super) fn arn(call: &Call<'_>) -> String {
    let (name, qualifier) = (call.text("FunctionName").unwrap_or_default(), call.text("Qualifier"));
    let target = FunctionRef::parse(name).map(|function| function.located(call.caller, qualifier));
    target.map_or_else(|_| "*".to_owned(), |target| target.arn().to_string())
}

/// The policies of the function that `resource` names: none are kept yet.
pub(super) fn attached(
    _functions: &Functions,
    _call: &Call<'_>,
    _resource: &str,
) -> Result<Option<(Source, Vec<OwnedPolicy>)>, Error> {
    Ok(None)
}
