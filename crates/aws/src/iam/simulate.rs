//! SimulateCustomPolicy and SimulatePrincipalPolicy: the evaluator that decides calls, asked without one.

use tinderbox_aws_model_iam::types::*;
use tinderbox_base::policy::Source;
use tinderbox_identity::{Identity, Simulate, Simulated};
use tinderbox_wire::{Context, Result, ServiceError};

pub(super) async fn simulate_custom_policy(
    identity: &Identity,
    cx: &mut Context,
    input: SimulateCustomPolicyRequest,
) -> Result<SimulatePolicyResponse> {
    without_resource_policy(input.resource_policy.is_some(), "SimulateCustomPolicy")?;
    let simulate = Simulate {
        principal: None,
        policies: input.policy_input_list,
        boundary: input.permissions_boundary_policy_input_list,
        actions: input.action_names,
        resources: input.resource_arns.unwrap_or_default(),
        context: context(input.context_entries),
    };
    answer(identity, cx, simulate).await
}

pub(super) async fn simulate_principal_policy(
    identity: &Identity,
    cx: &mut Context,
    input: SimulatePrincipalPolicyRequest,
) -> Result<SimulatePolicyResponse> {
    without_resource_policy(input.resource_policy.is_some(), "SimulatePrincipalPolicy")?;
    let simulate = Simulate {
        principal: Some(input.policy_source_arn),
        policies: input.policy_input_list.unwrap_or_default(),
        boundary: input.permissions_boundary_policy_input_list,
        actions: input.action_names,
        resources: input.resource_arns.unwrap_or_default(),
        context: context(input.context_entries),
    };
    answer(identity, cx, simulate).await
}

/// All results are one page, whatever was asked for: the simulation is bounded.
async fn answer(identity: &Identity, cx: &Context, simulate: Simulate) -> Result<SimulatePolicyResponse> {
    let results = identity.simulate(&cx.caller, simulate).await?;
    Ok(SimulatePolicyResponse {
        evaluation_results: Some(results.into_iter().map(render).collect()),
        is_truncated: Some(false),
        marker: None,
    })
}

fn without_resource_policy(given: bool, operation: &str) -> Result<()> {
    if given {
        let text = format!("Tinderbox does not implement ResourcePolicy of {operation}.");
        return Err(ServiceError::coded("NotImplemented", 501, text));
    }
    Ok(())
}

fn context(entries: Option<Vec<ContextEntry>>) -> Vec<(String, Vec<String>)> {
    let pair =
        |entry: ContextEntry| Some((entry.context_key_name?, entry.context_key_values.unwrap_or_default()));
    entries.unwrap_or_default().into_iter().filter_map(pair).collect()
}

fn render(simulated: Simulated) -> EvaluationResult {
    let statement = simulated.matched.map(|matched| Statement {
        source_policy_id: Some(matched.policy),
        source_policy_type: Some(match matched.source {
            Source::Identity | Source::Boundary | Source::Session => "IAM Policy".into(),
            Source::Resource | Source::Trust => "Resource Policy".into(),
        }),
        ..Statement::default()
    });
    EvaluationResult {
        eval_action_name: simulated.action,
        eval_resource_name: Some(simulated.resource),
        eval_decision: simulated.decision.into(),
        matched_statements: Some(Vec::from_iter(statement)),
        missing_context_values: Some(Vec::new()),
        ..EvaluationResult::default()
    }
}
