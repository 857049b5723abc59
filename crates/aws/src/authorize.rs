//! Whether a caller may do what it asks for: each operation's action and resource, and the policies' decision.
//!
//! What an operation is called in policies, and what its resource is, stands in a table a service. AWS's "Service
//! Authorization Reference" is where both come from.

mod apigateway;
mod cloudwatch;
mod iam;
mod keys;
mod lambda;
mod logs;
mod rule;
mod sts;

use rule::{Resource, Rule};
use std::sync::Arc;
use tinderbox_base::{
    AccountId, Arn, Clock, Error, ErrorKind, Principal,
    policy::{Decision, Denial, Source, Subject},
};
use tinderbox_functions::Functions;
use tinderbox_identity::{Ask, Identity, OwnedPolicy};
use tinderbox_wire::{Authorize, Call, Refused, async_trait};

/// Decides by the policies of callers and resources.
pub struct PolicyAuthorizer {
    identity: Arc<Identity>,
    functions: Arc<Functions>,
    clock: Arc<dyn Clock>,
}

impl PolicyAuthorizer {
    /// An authorizer that asks `identity` for the policies of callers, and `functions` for those of functions.
    pub fn new(identity: Arc<Identity>, functions: Arc<Functions>, clock: Arc<dyn Clock>) -> Self {
        Self { identity, functions, clock }
    }

    /// Lets one action on one resource go on, or refuses it.
    async fn decide(&self, call: &Call<'_>, action: &str, resource: &str) -> Result<(), Refused> {
        let owner = owner(resource, &call.caller.account);
        let mut context = keys::of(call, self.clock.now());
        context.set("aws:ResourceAccount", owner.as_str());
        if action == "iam:PassRole" {
            context.set("iam:PassedToService", "lambda.amazonaws.com");
        }
        let attached = self.attached(call, action, resource, &owner).await?;
        let ask = Ask { action, resource, owner: &owner, context, attached };
        match self.identity.decide(call.caller, ask).await? {
            Decision::Allowed(_) => Ok(()),
            Decision::Denied(denial) => Err(refused(call, &denial, action, resource)),
        }
    }

    /// The policies of the resource itself.
    async fn attached(
        &self,
        call: &Call<'_>,
        action: &str,
        resource: &str,
        owner: &AccountId,
    ) -> Result<Option<(Source, Vec<OwnedPolicy>)>, Error> {
        if action == "sts:AssumeRole" {
            let arn = resource.parse::<Arn>().ok();
            let trust = match &arn {
                Some(arn) => self.identity.trust_policy(arn).await?,
                None => None,
            };
            return Ok(Some((Source::Trust, Vec::from_iter(trust))));
        }
        lambda::attached(&self.functions, call, resource, owner)
    }
}

#[async_trait]
impl Authorize for PolicyAuthorizer {
    async fn authorize(&self, call: &Call<'_>) -> Result<(), Refused> {
        if call.service.signing_name == "apigateway" {
            let (action, resource) = apigateway::action_and_resource(call);
            return self.decide(call, &action, &resource).await;
        }
        let Some(rule) = rule(call.service.name, call.operation.name) else {
            // What has no rule yet is about everything: only who may do it anywhere may do it.
            let action = format!("{}:{}", call.service.signing_name, call.operation.name);
            return self.decide(call, &action, "*").await;
        };
        let Some(action) = rule.action else { return Ok(()) };
        let resource = self.resource(call, rule.resource).await?;
        self.decide(call, action, &resource).await?;
        if let Some(role) = rule.passes.and_then(|member| call.text(member)) {
            self.decide(call, "iam:PassRole", role).await?;
        }
        Ok(())
    }
}

impl PolicyAuthorizer {
    /// The ARN of what the call is about.
    async fn resource(&self, call: &Call<'_>, resource: Resource) -> Result<String, Error> {
        Ok(match resource {
            Resource::Any => "*".to_owned(),
            Resource::Given(member) => call.text(member).unwrap_or("*").to_owned(),
            Resource::Function => lambda::arn(call),
            Resource::Group(members) => logs::group(call, members),
            Resource::Stream(members, stream) => logs::stream(call, members, stream),
            Resource::User(member) => iam::user(&self.identity, call, member).await?,
            Resource::Role(member) => iam::role(&self.identity, call, member).await?,
            Resource::New(kind, name) => iam::new(call, kind, name),
        })
    }
}

/// What is asked of an operation of a service, by our names of both.
fn rule(service: &str, operation: &str) -> Option<&'static Rule> {
    rules(service).iter().find(|rule| rule.operation == operation)
}

fn rules(service: &str) -> &'static [Rule] {
    match service {
        "cloudwatch" => cloudwatch::RULES,
        "iam" => iam::RULES,
        "lambda" => lambda::RULES,
        "logs" => logs::RULES,
        "sts" => sts::RULES,
        _ => &[],
    }
}

/// The account that owns a resource: the ARN's, else the caller's.
fn owner(resource: &str, caller: &AccountId) -> AccountId {
    resource.parse::<Arn>().ok().and_then(|arn| arn.account).unwrap_or_else(|| caller.clone())
}

fn refused(call: &Call<'_>, denial: &Denial, action: &str, resource: &str) -> Refused {
    let by = match denial {
        Denial::Explicit(matched) => Some(matched.to_string()),
        Denial::Implicit(_) => None,
    };
    let subject = Subject::of(call.caller);
    let mut error = Error::new(ErrorKind::Denied, denial.message(&subject, action, resource));
    if call.service.signing_name == "apigateway" {
        // Its model's own code is for callers of APIs.
        error = error.with_code("AccessDeniedException");
    }
    tracing::info!(
        request_id = %call.caller.request_id,
        action,
        resource,
        caller = subject.name(),
        by = by.as_deref().unwrap_or("no statement that allows it"),
        "a call was denied"
    );
    Refused { by, ..error.into() }
}

/// A user's or session's own ARN, where a call that names nobody is about its caller.
fn own(principal: &Principal, account: &AccountId) -> String {
    match principal {
        Principal::User { user } => user.to_string(),
        Principal::Root | Principal::AssumedRole { .. } | Principal::Service(_) => {
            format!("arn:aws:iam::{account}:root")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinderbox_wire::schema::ServiceSchema;

    /// Every operation that runs has its rule, and every rule an operation that runs.
    #[test]
    fn every_operation_has_a_rule() {
        let schemas: [&ServiceSchema; 5] = [
            &tinderbox_aws_model_cloudwatch::SCHEMA,
            &tinderbox_aws_model_iam::SCHEMA,
            &tinderbox_aws_model_lambda::SCHEMA,
            &tinderbox_aws_model_logs::SCHEMA,
            &tinderbox_aws_model_sts::SCHEMA,
        ];
        for schema in schemas {
            let typed = schema.operations.iter().filter(|operation| operation.typed);
            let mut operations: Vec<_> = typed.map(|operation| operation.name).collect();
            let mut ruled: Vec<_> = rules(schema.name).iter().map(|rule| rule.operation).collect();
            operations.sort_unstable();
            ruled.sort_unstable();
            assert_eq!(ruled, operations, "{}", schema.name);
        }
        // These have one rule for all: the method and the path.
        for schema in [&tinderbox_aws_model_apigateway::SCHEMA, &tinderbox_aws_model_apigatewayv2::SCHEMA] {
            assert_eq!(schema.signing_name, "apigateway");
        }
    }

    /// Every member that a rule speaks of is one of its operation's input.
    #[test]
    fn every_member_exists() {
        let schemas: [&ServiceSchema; 3] = [
            &tinderbox_aws_model_iam::SCHEMA,
            &tinderbox_aws_model_lambda::SCHEMA,
            &tinderbox_aws_model_logs::SCHEMA,
        ];
        for schema in schemas {
            for rule in rules(schema.name) {
                let operation =
                    schema.operations.iter().find(|o| o.name == rule.operation).expect("its operation");
                let members: Vec<_> = schema.members(operation.input).iter().map(|m| m.name).collect();
                let any = |wanted: &[&str]| wanted.iter().any(|name| members.contains(name));
                let fine = match rule.resource {
                    Resource::Any => true,
                    Resource::Function => any(&["FunctionName"]),
                    Resource::Given(member) | Resource::User(member) | Resource::Role(member) => {
                        any(&[member])
                    }
                    Resource::Group(names) => any(names),
                    Resource::Stream(names, stream) => any(names) && any(&[stream]),
                    Resource::New(_, name) => any(&[name]),
                };
                assert!(fine, "{} {members:?}", rule.operation);
                assert!(rule.passes.is_none_or(|member| any(&[member])), "{}", rule.operation);
            }
        }
    }
}
