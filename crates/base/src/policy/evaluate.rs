//! Deciding: "Policy evaluation logic" of the IAM guide, for one account and across two.

use super::{
    Context, Decision, Denial, Effect, Matched, Policy, Source, Statement, Subject, SubjectKind,
    principal::{Closeness, closeness},
};
use crate::AccountId;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who asks.
    pub subject: &'a Subject,
    /// The action, such as `lambda:InvokeFunction`.
    pub action: &'a str,
    /// The resource's ARN, or `*` where the action has none.
    pub resource: &'a str,
    /// The account that owns the resource.
    pub owner: &'a AccountId,
    /// Everything else that is known.
    pub context: &'a Context,
}

/// A policy and the name by which it is told.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Its name or ARN.
    pub name: &'a str,
    /// What it says.
    pub policy: &'a Policy,
}

/// Policies of the resource.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'a> {
    /// [`Source::Resource`], or [`Source::Trust`] for a role that is to be assumed.
    pub source: Source,
    /// The policies.
    pub policies: &'a [Named<'a>],
}

/// The policies that apply to a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policies<'a> {
    /// Those of the user or role.
    pub identity: &'a [Named<'a>],
    /// Those of the resource; none if it can have none.
    pub resource: Option<Applied<'a>>,
    /// The permissions boundary; none if there is none, which limits nothing.
    pub boundary: Option<&'a [Named<'a>]>,
    /// The session's; none if it was given none, which limits nothing.
    pub session: Option<&'a [Named<'a>]>,
}

/// Decides a request.
///
/// A trust policy must itself allow whom it concerns, also the account's own; a policy of a resource need not: to
/// callers of its account it only adds.
pub fn evaluate(request: &Request<'_>, policies: &Policies<'_>) -> Decision {
    let identity = (Source::Identity, policies.identity);
    let boundary = policies.boundary.map(|found| (Source::Boundary, found));
    let session = policies.session.map(|found| (Source::Session, found));
    let own = [Some(identity), boundary, session].into_iter().flatten();
    let forbidding = own.filter_map(|(source, list)| first(list, source, Effect::Deny, request));
    let resource = policies.resource.map_or((Source::Resource, &[][..]), |r| (r.source, r.policies));
    let by_resource = forbidden_by_resource(resource, request);
    if let Some(matched) = forbidding.chain(by_resource).next() {
        return Decision::Denied(Denial::Explicit(matched));
    }
    let granted = granted_by_resource(resource, request);
    let foreign = request.subject.account != *request.owner;
    match (&request.subject.kind, granted) {
        // A service has nothing but what the resource grants it.
        (SubjectKind::Service(_), Some((_, matched))) => return Decision::Allowed(Some(matched)),
        (SubjectKind::Service(_), None) => return Decision::Denied(Denial::Implicit(resource.0)),
        // Who lets nobody know who they are has what everyone is granted, and what was answered for them.
        (SubjectKind::Anonymous, Some((_, matched))) => return Decision::Allowed(Some(matched)),
        (SubjectKind::Anonymous, None) if policies.identity.is_empty() => {
            return Decision::Denied(Denial::Implicit(resource.0));
        }
        // A trust policy must name its own too, and across accounts any policy must.
        (_, None) if foreign || resource.0 == Source::Trust => {
            return Decision::Denied(Denial::Implicit(resource.0));
        }
        (SubjectKind::Root, granted) => return Decision::Allowed(granted.map(|(_, matched)| matched)),
        (_, Some((Closeness::Self_, matched))) if !foreign => return Decision::Allowed(Some(matched)),
        (_, Some((Closeness::Role, matched))) if !foreign => {
            return limited(policies, request)
                .map_or_else(Decision::Denied, |()| Decision::Allowed(Some(matched)));
        }
        (_, Some((Closeness::Self_ | Closeness::Role | Closeness::Account, _)) | None) => {}
    }
    match first(policies.identity, Source::Identity, Effect::Allow, request) {
        None => Decision::Denied(Denial::Implicit(Source::Identity)),
        Some(matched) => {
            limited(policies, request).map_or_else(Decision::Denied, |()| Decision::Allowed(Some(matched)))
        }
    }
}

/// Whether the boundary and the session's policies allow the request too, where there are any.
fn limited(policies: &Policies<'_>, request: &Request<'_>) -> Result<(), Denial> {
    let limits = [(Source::Boundary, policies.boundary), (Source::Session, policies.session)];
    for (source, list) in limits {
        if list.is_some_and(|list| first(list, source, Effect::Allow, request).is_none()) {
            return Err(Denial::Implicit(source));
        }
    }
    Ok(())
}

/// The first statement of `effect` that speaks of the request.
fn first(list: &[Named<'_>], source: Source, effect: Effect, request: &Request<'_>) -> Option<Matched> {
    list.iter().find_map(|named| {
        let at = named.policy.statements.iter().position(|statement| {
            statement.effect == effect && speaks_of(statement, named.policy.variables, request)
        })?;
        matched(source, named, at)
    })
}

fn forbidden_by_resource(resource: (Source, &[Named<'_>]), request: &Request<'_>) -> Option<Matched> {
    let (source, list) = resource;
    list.iter().find_map(|named| {
        let at = named.policy.statements.iter().position(|statement| {
            statement.effect == Effect::Deny
                && closeness(statement, request.subject).is_some()
                && speaks_of(statement, named.policy.variables, request)
        })?;
        matched(source, named, at)
    })
}

/// The statement of the resource that allows the request and names its subject most closely.
fn granted_by_resource(
    resource: (Source, &[Named<'_>]),
    request: &Request<'_>,
) -> Option<(Closeness, Matched)> {
    let (source, list) = resource;
    let mut best: Option<(Closeness, Matched)> = None;
    for named in list {
        for (at, statement) in named.policy.statements.iter().enumerate() {
            let Some(close) = closeness(statement, request.subject) else { continue };
            let better = best.as_ref().is_none_or(|(found, _)| close > *found);
            if better
                && statement.effect == Effect::Allow
                && speaks_of(statement, named.policy.variables, request)
            {
                best = matched(source, named, at).map(|matched| (close, matched));
            }
        }
    }
    best
}

fn speaks_of(statement: &Statement, variables: bool, request: &Request<'_>) -> bool {
    statement.names_action(request.action)
        && statement.names_resource(request.resource, variables, request.context)
        && statement.conditions.iter().all(|condition| condition.holds(variables, request.context))
}

fn matched(source: Source, named: &Named<'_>, at: usize) -> Option<Matched> {
    let sid = named.policy.statements.get(at)?.sid.clone();
    let statement = sid.unwrap_or_else(|| format!("#{}", at + 1));
    Some(Matched { source, policy: named.name.to_owned(), statement })
}

#[cfg(test)]
mod tests;
