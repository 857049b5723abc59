//! Requests and policies that nobody would write: whatever they are, the decision keeps the rules it is made by.

use super::{
    Applied, Context, Decision, Denial, Effect, Named, Policies, Policy, PolicyKind, Request, Source,
    Subject, SubjectKind, evaluate,
    pattern::{arn, glob, literal},
};
use crate::AccountId;

const WORDS: [&str; 58] = [
    "\nidentity ",
    "\nresource ",
    "\ntrust ",
    "\nboundary ",
    "\nsession ",
    "\nkey ",
    "root ",
    "user ",
    "role ",
    "service ",
    "{\"Version\":\"2012-10-17\",\"Statement\":",
    "[{",
    "}]",
    "}",
    "{",
    "\"Sid\":\"a\"",
    "\"Effect\":\"Allow\"",
    "\"Effect\":\"Deny\"",
    ",\"Action\":",
    ",\"NotAction\":",
    ",\"Resource\":",
    ",\"NotResource\":",
    ",\"Principal\":",
    ",\"NotPrincipal\":",
    ",\"Condition\":{",
    "\"*\"",
    "\"lambda:Invoke*\"",
    "\"lambda:InvokeFunction\"",
    "\"arn:aws:lambda:*:*:function:f\"",
    "{\"AWS\":\"123456789012\"}",
    "{\"AWS\":\"arn:aws:iam::123456789012:role/work\"}",
    "{\"Service\":\"events.amazonaws.com\"}",
    "[\"a\",\"b\"]",
    "\"StringEquals\":{",
    "\"StringNotLike\":{",
    "\"ForAllValues:StringLike\":{",
    "\"ForAnyValue:StringNotEquals\":{",
    "\"StringEqualsIgnoreCaseIfExists\":{",
    "\"NumericLessThan\":{",
    "\"DateGreaterThan\":{",
    "\"Bool\":{",
    "\"IpAddress\":{",
    "\"NotIpAddress\":{",
    "\"ArnLike\":{",
    "\"Null\":{",
    "\"aws:username\":",
    "\"aws:SourceIp\":",
    "\"${aws:username}\"",
    "${aws:username, 'x'}",
    "\"203.0.113.0/24\"",
    "\"2001:db8::/32\"",
    "\"2026-01-31T12:00:00Z\"",
    "\"1e308\"",
    "\"true\"",
    "*",
    "?",
    ":",
    ",",
];

const OWN: &str = "123456789012";

/// What a case consists of. Lines: who, action, resource, owner; then policies and condition keys.
#[derive(Default)]
struct Case {
    identity: Vec<Policy>,
    resource: Vec<Policy>,
    trust: Vec<Policy>,
    boundary: Option<Vec<Policy>>,
    session: Option<Vec<Policy>>,
    context: Context,
}

fn subject(kind: &str) -> Option<Subject> {
    let account: AccountId = OWN.parse().ok()?;
    let kind = match kind {
        "root" => SubjectKind::Root,
        "user" => SubjectKind::User("arn:aws:iam::123456789012:user/anna".into()),
        "role" => SubjectKind::Session {
            role: "arn:aws:iam::123456789012:role/work".into(),
            session: "arn:aws:sts::123456789012:assumed-role/work/s".into(),
        },
        "service" => SubjectKind::Service("events.amazonaws.com".into()),
        _ => return None,
    };
    Some(Subject { account, kind })
}

fn parse<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Case, String> {
    let mut case = Case::default();
    for line in lines {
        let (kind, text) = line.split_once(' ').ok_or("no line")?;
        let policy =
            |kind| Policy::parse(text, kind).map_err(|m| m.to_string().chars().take(40).collect::<String>());
        match kind {
            "identity" => case.identity.push(policy(PolicyKind::Identity)?),
            "resource" => case.resource.push(policy(PolicyKind::Resource)?),
            "trust" => case.trust.push(policy(PolicyKind::Trust)?),
            "boundary" => case.boundary.get_or_insert_default().push(policy(PolicyKind::Identity)?),
            "session" => case.session.get_or_insert_default().push(policy(PolicyKind::Identity)?),
            "key" => {
                let (key, values) = text.split_once('=').ok_or("no key")?;
                case.context.set_all(key, values.split(',').map(str::to_owned).collect());
            }
            _ => return Err("no kind".to_owned()),
        }
    }
    Ok(case)
}

fn named(list: &[Policy]) -> Vec<Named<'_>> {
    list.iter().map(|policy| Named { name: "p", policy }).collect()
}

fn decide(request: &Request<'_>, case: &Case) -> Decision {
    let (identity, resource, trust) = (named(&case.identity), named(&case.resource), named(&case.trust));
    let (boundary, session) = (case.boundary.as_deref().map(named), case.session.as_deref().map(named));
    let applied = match (&*resource, &*trust) {
        ([], []) => None,
        ([], trust) => Some(Applied { source: Source::Trust, policies: trust }),
        (resource, _) => Some(Applied { source: Source::Resource, policies: resource }),
    };
    let (boundary, session) = (boundary.as_deref(), session.as_deref());
    evaluate(request, &Policies { identity: &identity, resource: applied, boundary, session })
}

/// Any policy that speaks of everything.
fn everything(effect: &str) -> Policy {
    let text = format!(r#"{{"Statement":{{"Effect":"{effect}","Action":"*","Resource":"*"}}}}"#);
    Policy::parse(&text, PolicyKind::Identity).expect("a policy")
}

impl Case {
    fn all(&mut self) -> impl Iterator<Item = &mut Vec<Policy>> {
        let (own, limits) = (
            [&mut self.identity, &mut self.resource, &mut self.trust],
            [&mut self.boundary, &mut self.session],
        );
        own.into_iter().chain(limits.into_iter().flatten())
    }
}

/// What must hold of any decision; each changes the case further.
fn check_rules(request: &Request<'_>, mut case: Case, found: &Decision) {
    if let Decision::Denied(denial) = found {
        let message = denial.message(request.subject, request.action, request.resource);
        assert!(message.contains("is not authorized to perform"), "{message}");
    }
    case.all().for_each(|list| list.reverse());
    assert_eq!(decide(request, &case).is_allowed(), found.is_allowed(), "the order of policies decides");
    let boundary = case.boundary.clone();
    case.boundary.get_or_insert_default().push(everything("Allow"));
    if found.is_allowed() {
        assert!(decide(request, &case).is_allowed(), "a boundary that allows everything limits");
    }
    case.boundary = boundary;
    for policy in case.all().flatten() {
        policy.statements.retain(|statement| statement.effect == Effect::Allow);
    }
    if found.is_allowed() {
        assert!(decide(request, &case).is_allowed(), "what forbids was needed to allow");
    }
    if matches!(found, Decision::Denied(Denial::Implicit(_))) {
        assert_eq!(decide(request, &case), *found, "nothing forbade it, and now something does");
    }
    case.identity.push(everything("Deny"));
    let forbidden = matches!(decide(request, &case), Decision::Denied(Denial::Explicit(_)));
    assert!(forbidden, "a statement that forbids everything forbids nothing");
    case.all().for_each(Vec::clear);
    let alone = decide(request, &case).is_allowed();
    let root = request.subject.kind == SubjectKind::Root && request.subject.account == *request.owner;
    assert_eq!(alone, root, "who has no policies has nothing, but for the account itself");
}

/// Whether `text` fits `pattern`, the slow way: a table of which beginnings of one fit which of the other.
fn fits(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut row: Vec<bool> = (0..=text.len()).map(|at| at == 0).collect();
    for p in pattern.chars() {
        let mut next = vec![p == '*' && row.first() == Some(&true)];
        for (at, char) in text.iter().enumerate() {
            let before = row.get(at) == Some(&true);
            next.push(match p {
                '*' => row.get(at + 1) == Some(&true) || next.last() == Some(&true),
                '?' => before,
                p => before && p == *char,
            });
        }
        row = next;
    }
    row.last() == Some(&true)
}

/// Characters of a pattern and of a text that are compared the slow way, too.
const SHORT: usize = 64;

#[test]
fn fuzz_policy() {
    tinderbox_fuzz::run("policy", &WORDS, |input| {
        let text = String::from_utf8_lossy(input);
        let mut lines = text.split('\n');
        let mut words = lines.next().unwrap_or_default().split(' ');
        let mut word = || words.next().ok_or("words");
        let (who, action, resource, owner) = (word()?, word()?, word()?, word()?);
        let (pattern, name): (String, String) =
            (action.chars().take(SHORT).collect(), resource.chars().take(SHORT).collect());
        assert_eq!(glob(&literal(&pattern), &name), fits(&pattern, &name), "{pattern} {name}");
        let _ = arn(&literal(&pattern), &name);
        let subject = subject(who).ok_or("nobody")?;
        let owner: AccountId = owner.parse().map_err(|_| "no account")?;
        let case = parse(lines)?;
        let context = case.context.clone();
        let request = Request { subject: &subject, action, resource, owner: &owner, context: &context };
        let found = decide(&request, &case);
        let shape = (
            case.identity.len().min(3),
            case.resource.len().min(3),
            case.trust.len().min(3),
            case.boundary.is_some(),
            case.session.is_some(),
        );
        let conditions: Vec<String> = case
            .identity
            .iter()
            .chain(&case.resource)
            .flat_map(|policy| &policy.statements)
            .flat_map(|statement| &statement.conditions)
            .map(|condition| format!("{:?} {}", condition.operator, condition.holds(true, &context)))
            .take(3)
            .collect();
        check_rules(&request, case, &found);
        let decided = match &found {
            Decision::Allowed(matched) => {
                (true, matched.as_ref().map(|m| (m.source, m.statement.len().min(4))))
            }
            Decision::Denied(Denial::Explicit(matched)) => (false, Some((matched.source, 0))),
            Decision::Denied(Denial::Implicit(source)) => (false, Some((*source, 9))),
        };
        Ok::<_, String>(format!("{who} {shape:?} {decided:?} {conditions:?}"))
    });
}
