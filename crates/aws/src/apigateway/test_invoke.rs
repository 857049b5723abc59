//! Test invocations.

use std::collections::BTreeMap;
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_base::{Caller, policy::Subject};
use tinderbox_gateway::{
    Signer,
    rest_api::{self, MethodName, TestRequest},
};
use tinderbox_wire::{Context, Result};

pub(super) async fn test_invoke_method(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: TestInvokeMethodRequest,
) -> Result<TestInvokeMethodResponse> {
    let name =
        MethodName { api: input.rest_api_id, resource: input.resource_id, http_method: input.http_method };
    let test = TestRequest {
        path: input.path_with_query_string,
        headers: headers(input.headers, input.multi_value_headers),
        body: input.body,
        stage_variables: input.stage_variables.unwrap_or_default(),
        signer: signer(&cx.caller),
    };
    let tested = apis.test_method(&cx.caller, &name, test).await?;
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &tested.headers {
        all.entry(name.clone()).or_default().push(value.clone());
    }
    Ok(TestInvokeMethodResponse {
        status: Some(tested.status.into()),
        body: Some(tested.body),
        headers: Some(tested.headers.into_iter().collect()),
        multi_value_headers: Some(all),
        log: Some(tested.log),
        latency: Some(tested.latency),
    })
}

pub(super) async fn test_invoke_authorizer(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: TestInvokeAuthorizerRequest,
) -> Result<TestInvokeAuthorizerResponse> {
    let test = TestRequest {
        path: input.path_with_query_string,
        headers: headers(input.headers, input.multi_value_headers),
        body: input.body,
        stage_variables: input.stage_variables.unwrap_or_default(),
        signer: signer(&cx.caller),
    };
    let tested = apis.test_authorizer(&cx.caller, &input.rest_api_id, &input.authorizer_id, test).await?;
    Ok(TestInvokeAuthorizerResponse {
        client_status: Some(tested.status.into()),
        log: Some(tested.log),
        latency: Some(tested.latency),
        principal_id: tested.principal,
        policy: tested.policy,
        authorization: None,
        claims: None,
    })
}

fn headers(
    single: Option<BTreeMap<String, String>>,
    multiple: Option<BTreeMap<String, Vec<String>>>,
) -> Vec<(String, String)> {
    let multiple = multiple.unwrap_or_default();
    // A header that is given in both ways is what the lists say, as in proxies' answers.
    let own = single.unwrap_or_default().into_iter().filter(|(name, _)| !multiple.contains_key(name));
    let lists = multiple.iter();
    let lists = lists.flat_map(|(name, values)| values.iter().map(|value| (name.clone(), value.clone())));
    own.chain(lists).collect()
}

/// The function sees who tries it as who signed. Of a user it is told the ARN in place of the unique id.
fn signer(caller: &Caller) -> Signer {
    let subject = Subject::of(caller);
    let arn = subject.name();
    let root = matches!(caller.principal, tinderbox_base::Principal::Root);
    let user_id = if root { caller.account.to_string() } else { arn.clone() };
    Signer { caller: caller.clone(), user_id, arn }
}
