//! The account's settings.

use super::render;
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_account(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetAccountRequest,
) -> Result<Account> {
    let GetAccountRequest {} = input;
    Ok(shown(apis.account(&cx.caller)))
}

pub(super) async fn update_account(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateAccountRequest,
) -> Result<Account> {
    let operations = render::patches(input.patch_operations);
    Ok(shown(apis.update_account(&cx.caller, operations).await?))
}

fn shown(account: rest_api::Account) -> Account {
    Account {
        cloudwatch_role_arn: account.cloudwatch_role_arn,
        // AWS's quotas of an account. They are shown because tools read them; nothing is throttled by them.
        throttle_settings: Some(ThrottleSettings { burst_limit: Some(5000), rate_limit: Some(10_000.0) }),
        features: Some(vec!["UsagePlans".into()]),
        api_key_version: Some("4".into()),
    }
}
