//! The cases of "Policy evaluation logic" and "Evaluation logic … within a single account" and "… cross-account" of the
//! IAM guide, one line each.

use super::super::PolicyKind;
use super::*;
use proptest::prelude::*;

const OWN: &str = "123456789012";
const OTHER: &str = "999999999999";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";
const USER: &str = "arn:aws:iam::123456789012:user/anna";
const ROLE: &str = "arn:aws:iam::123456789012:role/work";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/work/s";

fn account(text: &str) -> AccountId {
    text.parse().expect("an account")
}

fn user() -> Subject {
    Subject { account: account(OWN), kind: SubjectKind::User(USER.into()) }
}

fn session() -> Subject {
    let kind = SubjectKind::Session { role: ROLE.into(), session: SESSION.into() };
    Subject { account: account(OWN), kind }
}

fn root() -> Subject {
    Subject { account: account(OWN), kind: SubjectKind::Root }
}

fn service() -> Subject {
    Subject { account: account(OWN), kind: SubjectKind::Service("events.amazonaws.com".into()) }
}

fn nobody() -> Subject {
    Subject::anonymous(&account(OWN))
}

/// A policy of statements written short: `+` allows, `-` forbids; action; `@` principal.
fn policy(short: &str) -> (Policy, Source) {
    let (short, principal) = match short.split_once('@') {
        Some((short, "*")) => (short, r#","Principal":"*""#.to_owned()),
        Some((short, name)) if name.ends_with(".com") => {
            (short, format!(r#","Principal":{{"Service":"{name}"}}"#))
        }
        Some((short, name)) => (short, format!(r#","Principal":{{"AWS":"{name}"}}"#)),
        None => (short, String::new()),
    };
    let (effect, action) = match short.split_at(1) {
        ("+", action) => ("Allow", action),
        (_, action) => ("Deny", action),
    };
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"s","Effect":"{effect}","Action":"{action}","Resource":"*"{principal}}}]}}"#
    );
    let kind = if principal.is_empty() { PolicyKind::Identity } else { PolicyKind::Resource };
    (Policy::parse(&text, kind).expect("a policy"), Source::Resource)
}

struct Case<'a> {
    subject: Subject,
    owner: &'a str,
    identity: &'a [&'a str],
    resource: &'a [&'a str],
    boundary: Option<&'a [&'a str]>,
    session: Option<&'a [&'a str]>,
}

fn case<'a>(subject: Subject, identity: &'a [&'a str], resource: &'a [&'a str]) -> Case<'a> {
    Case { subject, owner: OWN, identity, resource, boundary: None, session: None }
}

fn decide(case: &Case<'_>) -> Decision {
    let parse = |list: &[&str]| list.iter().map(|short| policy(short).0).collect::<Vec<_>>();
    let (identity, resource) = (parse(case.identity), parse(case.resource));
    let (boundary, session) = (case.boundary.map(parse), case.session.map(parse));
    fn named(list: &[Policy]) -> Vec<Named<'_>> {
        list.iter().map(|policy| Named { name: "p", policy }).collect()
    }
    let (identity, resource) = (named(&identity), named(&resource));
    let (boundary, session) = (boundary.as_deref().map(named), session.as_deref().map(named));
    let request = Request {
        subject: &case.subject,
        action: "lambda:InvokeFunction",
        resource: FUNCTION,
        owner: &account(case.owner),
        context: &Context::new(),
    };
    let policies = Policies {
        identity: &identity,
        resource: Some(Applied { source: Source::Resource, policies: &resource }),
        boundary: boundary.as_deref(),
        session: session.as_deref(),
    };
    evaluate(&request, &policies)
}

/// What decided: `+identity-based policy`, `-…` for a statement that forbids, `?…` for one that is missing.
fn told(decision: &Decision) -> String {
    match decision {
        Decision::Allowed(None) => "+".into(),
        Decision::Allowed(Some(matched)) => format!("+{}", matched.source),
        Decision::Denied(Denial::Explicit(matched)) => format!("-{}", matched.source),
        Decision::Denied(Denial::Implicit(source)) => format!("?{source}"),
    }
}

fn check(case: &Case<'_>, expect: &str) {
    let (i, r) = (case.identity, case.resource);
    assert_eq!(
        told(&decide(case)),
        expect,
        "{:?} {i:?} {r:?} {:?} {:?}",
        case.subject,
        case.boundary,
        case.session
    );
}

const INVOKE: &str = "+lambda:InvokeFunction";

#[test]
fn in_one_account() {
    let of = |subject: Subject, identity: &[&str], resource: &[&str], expect: &str| {
        check(&case(subject, identity, resource), expect);
    };
    // By default everything is denied; an allowance lifts that; a denial wins.
    of(user(), &[], &[], "?identity-based policy");
    of(user(), &[INVOKE], &[], "+identity-based policy");
    of(user(), &["+lambda:Get*"], &[], "?identity-based policy");
    of(user(), &["+LAMBDA:invoke*"], &[], "+identity-based policy");
    of(user(), &[INVOKE, "-lambda:*"], &[], "-identity-based policy");
    of(user(), &[INVOKE], &["-*@*"], "-resource-based policy");
    // Either of identity and resource suffices.
    of(user(), &[], &[&format!("{INVOKE}@{USER}")], "+resource-based policy");
    of(user(), &[], &[&format!("{INVOKE}@*")], "+resource-based policy");
    // To grant the account is to leave it to the account's own policies.
    of(user(), &[], &[&format!("{INVOKE}@{OWN}")], "?identity-based policy");
    of(user(), &[INVOKE], &[&format!("{INVOKE}@arn:aws:iam::{OWN}:root")], "+identity-based policy");
    // To forbid the account is to forbid all in it.
    of(user(), &[INVOKE], &[&format!("-lambda:*@{OWN}")], "-resource-based policy");
    of(session(), &[], &[&format!("{INVOKE}@{ROLE}")], "+resource-based policy");
    of(session(), &[], &[&format!("{INVOKE}@{SESSION}")], "+resource-based policy");
    of(session(), &[], &[&format!("{INVOKE}@{USER}")], "?identity-based policy");
    // The account itself may do everything that nobody forbids it.
    of(root(), &[], &[], "+");
    of(root(), &[], &["-*@*"], "-resource-based policy");
    of(root(), &[], &[&format!("-*@{USER}")], "+");
    // A service may do what the resource grants it.
    of(service(), &[], &[], "?resource-based policy");
    of(service(), &[], &[&format!("{INVOKE}@events.amazonaws.com")], "+resource-based policy");
    of(service(), &[], &[&format!("{INVOKE}@s3.amazonaws.com")], "?resource-based policy");
    of(service(), &[], &[&format!("{INVOKE}@{OWN}")], "?resource-based policy");
    of(user(), &[], &[&format!("{INVOKE}@events.amazonaws.com")], "?identity-based policy");
    // Who does not say who they are has what everyone is granted, or what somebody answered for them.
    of(nobody(), &[], &[], "?resource-based policy");
    of(nobody(), &[], &[&format!("{INVOKE}@*")], "+resource-based policy");
    of(nobody(), &[], &[&format!("{INVOKE}@{OWN}")], "?resource-based policy");
    of(nobody(), &[INVOKE], &[], "+identity-based policy");
    of(nobody(), &["+lambda:Get*"], &[], "?identity-based policy");
    of(nobody(), &[INVOKE], &["-*@*"], "-resource-based policy");
}

#[test]
fn with_a_boundary_and_session_policies() {
    type List<'a> = &'a [&'a str];
    let (all, none, get): (List<'_>, List<'_>, List<'_>) = (&["+*"], &[], &["+lambda:Get*"]);
    let by_user = format!("{INVOKE}@{USER}");
    let (by_role, by_session) = (format!("{INVOKE}@{ROLE}"), format!("{INVOKE}@{SESSION}"));
    let everyone = format!("{INVOKE}@*");
    let of = |subject: Subject,
              identity: List<'_>,
              resource: List<'_>,
              boundary: Option<List<'_>>,
              session: Option<List<'_>>,
              expect: &str| {
        check(&Case { boundary, session, ..case(subject, identity, resource) }, expect);
    };
    of(user(), &[INVOKE], &[], Some(all), None, "+identity-based policy");
    of(user(), &[INVOKE], &[], Some(get), None, "?permissions boundary");
    of(user(), &[INVOKE], &[], Some(none), None, "?permissions boundary");
    of(user(), &[], &[], Some(all), None, "?identity-based policy");
    of(user(), &[INVOKE], &[], Some(&["-lambda:*"]), None, "-permissions boundary");
    // What the resource grants a user itself, no boundary limits.
    of(user(), &[], &[&by_user], Some(get), None, "+resource-based policy");
    of(session(), &[INVOKE], &[], None, Some(get), "?session policy");
    of(session(), &[INVOKE], &[], None, Some(all), "+identity-based policy");
    of(session(), &[INVOKE], &[], None, Some(&["-lambda:*"]), "-session policy");
    of(session(), &[INVOKE], &[], Some(get), Some(all), "?permissions boundary");
    // What is granted a role is limited in its sessions; what is granted a session is not.
    of(session(), &[], &[&by_role], None, Some(get), "?session policy");
    of(session(), &[], &[&by_role], None, Some(all), "+resource-based policy");
    of(session(), &[], &[&by_role], Some(get), None, "?permissions boundary");
    of(session(), &[], &[&by_session], Some(get), Some(get), "+resource-based policy");
    of(session(), &[], &[&everyone], None, Some(get), "?session policy");
}

#[test]
fn across_accounts_both_must_allow() {
    let (grants_user, grants_account) = (format!("{INVOKE}@{USER}"), format!("{INVOKE}@{OWN}"));
    let of = |subject: Subject, identity: &[&str], resource: &[&str], expect: &str| {
        check(&Case { owner: OTHER, ..case(subject, identity, resource) }, expect);
    };
    of(user(), &[INVOKE], &[], "?resource-based policy");
    of(user(), &[], &[&grants_user], "?identity-based policy");
    of(user(), &[INVOKE], &[&grants_user], "+identity-based policy");
    of(user(), &[INVOKE], &[&grants_account], "+identity-based policy");
    of(user(), &[INVOKE], &[&grants_account, "-*@*"], "-resource-based policy");
    of(root(), &[], &[], "?resource-based policy");
    of(root(), &[], &[&grants_account], "+resource-based policy");
    of(service(), &[], &[&format!("{INVOKE}@events.amazonaws.com")], "+resource-based policy");
}

#[test]
fn what_a_statement_speaks_of() {
    fn speaks(rest: &str, resource: &str, context: &Context) -> bool {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{rest}}}]}}"#);
        let policy = Policy::parse(&text, PolicyKind::Identity).expect("a policy");
        let (subject, owner) = (user(), account(OWN));
        let request =
            Request { subject: &subject, action: "lambda:InvokeFunction", resource, owner: &owner, context };
        let identity = [Named { name: "p", policy: &policy }];
        evaluate(&request, &Policies { identity: &identity, ..Policies::default() }).is_allowed()
    }
    let context = Context::new().with("aws:username", "f").with("aws:SourceIp", "10.0.0.1");
    let check = |rest: &str, expect: bool| assert_eq!(speaks(rest, FUNCTION, &context), expect, "{rest}");
    check(r#""NotAction":"lambda:Get*","Resource":"*""#, true);
    check(r#""NotAction":["lambda:Invoke*"],"Resource":"*""#, false);
    check(r#""Action":"*","NotResource":"arn:aws:lambda:*:*:function:g""#, true);
    check(r#""Action":"*","NotResource":"arn:aws:lambda:*:*:function:*""#, false);
    check(r#""Action":"*","Resource":"arn:aws:lambda:*:*:function:${aws:username}""#, true);
    check(r#""Action":"*","Resource":"arn:aws:lambda:*:*:function:${aws:userid}""#, false);
    check(r#""Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#, true);
    let both = r#""Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"Bool":{"aws:SecureTransport":"true"}}"#;
    check(both, false);
}

#[test]
fn a_trust_policy_must_name_its_own_too() {
    let trust = |principal: &str| {
        let text = format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}}}"#
        );
        Policy::parse(&text, PolicyKind::Trust).expect("a policy")
    };
    let of = |subject: &Subject, identity: &[&str], principal: &str, expect: &str| {
        let (trusted, own) = (trust(principal), identity.iter().map(|p| policy(p).0).collect::<Vec<_>>());
        let own: Vec<_> = own.iter().map(|policy| Named { name: "p", policy }).collect();
        let list = [Named { name: "trust", policy: &trusted }];
        let request = Request {
            subject,
            action: "sts:AssumeRole",
            resource: ROLE,
            owner: &account(OWN),
            context: &Context::new(),
        };
        let resource = Some(Applied { source: Source::Trust, policies: &list });
        let found = evaluate(&request, &Policies { identity: &own, resource, ..Policies::default() });
        assert_eq!(told(&found), expect, "{subject:?} {identity:?} {principal}");
    };
    let (this, me) = (format!(r#"{{"AWS":"{OWN}"}}"#), format!(r#"{{"AWS":"{USER}"}}"#));
    let lambda = r#"{"Service":"lambda.amazonaws.com"}"#;
    of(&user(), &["+*"], lambda, "?role trust policy");
    of(&root(), &[], lambda, "?role trust policy");
    of(&root(), &[], &this, "+role trust policy");
    of(&user(), &[], &this, "?identity-based policy");
    of(&user(), &["+sts:AssumeRole"], &this, "+identity-based policy");
    of(&user(), &[], &me, "+role trust policy");
}

#[test]
fn denials_are_told_as_aws_tells_them() {
    let told = |denial: Denial| denial.message(&user(), "lambda:InvokeFunction", FUNCTION);
    assert_eq!(
        told(Denial::Implicit(Source::Identity)),
        "User: arn:aws:iam::123456789012:user/anna is not authorized to perform: lambda:InvokeFunction on resource: \
         arn:aws:lambda:us-east-1:123456789012:function:f because no identity-based policy allows the \
         lambda:InvokeFunction action"
    );
    let matched = Matched { source: Source::Boundary, policy: "p".into(), statement: "#1".into() };
    assert_eq!(matched.to_string(), "permissions boundary p, statement #1");
    assert_eq!(
        Denial::Explicit(matched).message(&session(), "lambda:ListFunctions", "*"),
        "User: arn:aws:sts::123456789012:assumed-role/work/s is not authorized to perform: lambda:ListFunctions with an \
         explicit deny in a permissions boundary"
    );
}

proptest! {
    /// Whatever else there is, a statement that forbids everyone everything wins.
    #[test]
    fn a_denial_wins(
        identity in prop::collection::vec(prop::sample::select(vec!["+*", "+lambda:*", "-s3:*"]), 0..3),
        who in 0..3usize,
        owner in prop::sample::select(vec![OWN, OTHER]),
    ) {
        let subject = [user(), session(), root()][who].clone();
        let case = Case { owner, ..case(subject, &identity, &["-*@*", "+*@*"]) };
        prop_assert_eq!(told(&decide(&case)), "-resource-based policy");
    }
}
