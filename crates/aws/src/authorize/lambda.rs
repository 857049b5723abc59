//! Lambda's actions, and the ARNs of functions.

use super::rule::{Resource, Rule};
use tinderbox_base::{
    AccountId, Caller, Error,
    policy::{Policy, PolicyKind, Source},
};
use tinderbox_functions::{Functions, names::FunctionRef};
use tinderbox_identity::OwnedPolicy;
use tinderbox_wire::Call;

const FUNCTION: Resource = Resource::Function;

pub(super) const RULES: &[Rule] = &[
    Rule::new("AddPermission", "lambda:AddPermission", FUNCTION),
    Rule::new("CreateAlias", "lambda:CreateAlias", FUNCTION),
    Rule::new("CreateFunction", "lambda:CreateFunction", FUNCTION).passing("Role"),
    Rule::new("CreateFunctionUrlConfig", "lambda:CreateFunctionUrlConfig", FUNCTION),
    Rule::new("DeleteAlias", "lambda:DeleteAlias", FUNCTION),
    Rule::new("DeleteFunction", "lambda:DeleteFunction", FUNCTION),
    Rule::new("DeleteFunctionConcurrency", "lambda:DeleteFunctionConcurrency", FUNCTION),
    Rule::new("DeleteFunctionEventInvokeConfig", "lambda:DeleteFunctionEventInvokeConfig", FUNCTION),
    Rule::new("DeleteFunctionUrlConfig", "lambda:DeleteFunctionUrlConfig", FUNCTION),
    Rule::new("GetAccountSettings", "lambda:GetAccountSettings", Resource::Any),
    Rule::new("GetAlias", "lambda:GetAlias", FUNCTION),
    Rule::new("GetFunction", "lambda:GetFunction", FUNCTION),
    Rule::new("GetFunctionCodeSigningConfig", "lambda:GetFunctionCodeSigningConfig", FUNCTION),
    Rule::new("GetFunctionConcurrency", "lambda:GetFunctionConcurrency", FUNCTION),
    Rule::new("GetFunctionConfiguration", "lambda:GetFunctionConfiguration", FUNCTION),
    Rule::new("GetFunctionEventInvokeConfig", "lambda:GetFunctionEventInvokeConfig", FUNCTION),
    Rule::new("GetFunctionRecursionConfig", "lambda:GetFunctionRecursionConfig", FUNCTION),
    Rule::new("GetFunctionUrlConfig", "lambda:GetFunctionUrlConfig", FUNCTION),
    Rule::new("GetPolicy", "lambda:GetPolicy", FUNCTION),
    Rule::new("GetProvisionedConcurrencyConfig", "lambda:GetProvisionedConcurrencyConfig", FUNCTION),
    Rule::new("Invoke", "lambda:InvokeFunction", FUNCTION),
    Rule::new("InvokeWithResponseStream", "lambda:InvokeFunction", FUNCTION),
    Rule::new("ListAliases", "lambda:ListAliases", FUNCTION),
    Rule::new("ListCodeSigningConfigs", "lambda:ListCodeSigningConfigs", Resource::Any),
    Rule::new("ListEventSourceMappings", "lambda:ListEventSourceMappings", Resource::Any),
    Rule::new("ListFunctionEventInvokeConfigs", "lambda:ListFunctionEventInvokeConfigs", FUNCTION),
    Rule::new("ListFunctionUrlConfigs", "lambda:ListFunctionUrlConfigs", FUNCTION),
    Rule::new("ListFunctions", "lambda:ListFunctions", Resource::Any),
    Rule::new("ListLayerVersions", "lambda:ListLayerVersions", Resource::Any),
    Rule::new("ListLayers", "lambda:ListLayers", Resource::Any),
    Rule::new("ListProvisionedConcurrencyConfigs", "lambda:ListProvisionedConcurrencyConfigs", FUNCTION),
    Rule::new("ListTags", "lambda:ListTags", Resource::Given("Resource")),
    Rule::new("ListVersionsByFunction", "lambda:ListVersionsByFunction", FUNCTION),
    Rule::new("PublishVersion", "lambda:PublishVersion", FUNCTION),
    Rule::new("PutFunctionConcurrency", "lambda:PutFunctionConcurrency", FUNCTION),
    Rule::new("PutFunctionEventInvokeConfig", "lambda:PutFunctionEventInvokeConfig", FUNCTION),
    Rule::new("RemovePermission", "lambda:RemovePermission", FUNCTION),
    Rule::new("TagResource", "lambda:TagResource", Resource::Given("Resource")),
    Rule::new("UntagResource", "lambda:UntagResource", Resource::Given("Resource")),
    Rule::new("UpdateAlias", "lambda:UpdateAlias", FUNCTION),
    Rule::new("UpdateFunctionCode", "lambda:UpdateFunctionCode", FUNCTION),
    Rule::new("UpdateFunctionConfiguration", "lambda:UpdateFunctionConfiguration", FUNCTION).passing("Role"),
    Rule::new("UpdateFunctionEventInvokeConfig", "lambda:UpdateFunctionEventInvokeConfig", FUNCTION),
    Rule::new("UpdateFunctionUrlConfig", "lambda:UpdateFunctionUrlConfig", FUNCTION),
];

/// The ARN of the function that a call names, with its qualifier.
///
/// A name that is none matches what `*` matches: what is wrong with it, the operation says.
pub(super) fn arn(call: &Call<'_>) -> String {
    let (name, qualifier) = (call.text("FunctionName").unwrap_or_default(), call.text("Qualifier"));
    let target = FunctionRef::parse(name).and_then(|function| function.locate(call.caller, qualifier));
    target.map_or_else(|_| "*".to_owned(), |target| target.arn().to_string())
}

/// The policy of the function, version or alias that `resource` names, if it has one.
pub(super) fn attached(
    functions: &Functions,
    call: &Call<'_>,
    resource: &str,
    owner: &AccountId,
) -> Result<Option<(Source, Vec<OwnedPolicy>)>, Error> {
    if !resource.contains(":function:") {
        return Ok(None);
    }
    let own = Caller::root(owner.clone(), call.caller.region.clone(), call.caller.request_id);
    // A function that is not there has no policy; that it is not there, the operation says.
    let Ok(found) = functions.policy(&own, resource, None) else { return Ok(None) };
    let policy = Policy::parse(&found.policy, PolicyKind::Resource).map_err(Error::internal)?;
    Ok(Some((Source::Resource, vec![OwnedPolicy { name: "the function's policy".into(), policy }])))
}
