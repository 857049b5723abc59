//! Whom a statement of a resource's policy speaks of.

use super::{Match, Principals, Subject, document::Statement, subject::SubjectKind};

/// How closely a statement names a subject; the closest is greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Closeness {
    /// By its account: an allowance is the account's to pass on by its own policies.
    Account,
    /// By its role, or a session among everyone: boundaries and session policies still limit it.
    Role,
    /// Itself.
    Self_,
}

/// How the statement names the subject; none if it does not.
pub(super) fn closeness(statement: &Statement, subject: &Subject) -> Option<Closeness> {
    match statement.principals.as_ref()? {
        Match::Only(listed) => listed.iter().filter_map(|kind| of_kind(kind, subject)).max(),
        Match::AllBut(listed) => {
            let named = listed.iter().any(|kind| of_kind(kind, subject).is_some());
            (!named).then(|| everyone(subject))
        }
    }
}

fn of_kind(kind: &Principals, subject: &Subject) -> Option<Closeness> {
    match kind {
        Principals::Everyone => Some(everyone(subject)),
        Principals::Aws(names) => names.iter().filter_map(|name| by_name(name, subject)).max(),
        Principals::Service(names) => match &subject.kind {
            SubjectKind::Service(own) => names.contains(own).then_some(Closeness::Self_),
            _ => None,
        },
        Principals::Other(_) => None,
    }
}

fn everyone(subject: &Subject) -> Closeness {
    match subject.kind {
        SubjectKind::Session { .. } => Closeness::Role,
        SubjectKind::Root | SubjectKind::User(_) | SubjectKind::Service(_) | SubjectKind::Anonymous => {
            Closeness::Self_
        }
    }
}

fn by_name(name: &str, subject: &Subject) -> Option<Closeness> {
    if matches!(subject.kind, SubjectKind::Service(_) | SubjectKind::Anonymous) {
        return None;
    }
    if name == subject.account.as_str() || is_root_of(name, subject) {
        return Some(if subject.kind == SubjectKind::Root { Closeness::Self_ } else { Closeness::Account });
    }
    match &subject.kind {
        SubjectKind::User(arn) => (name == arn).then_some(Closeness::Self_),
        SubjectKind::Session { session, .. } if name == session => Some(Closeness::Self_),
        SubjectKind::Session { role, .. } if name == role => Some(Closeness::Role),
        SubjectKind::Session { .. }
        | SubjectKind::Root
        | SubjectKind::Service(_)
        | SubjectKind::Anonymous => None,
    }
}

/// `arn:aws:iam::123456789012:root` of the subject's account.
fn is_root_of(name: &str, subject: &Subject) -> bool {
    let mut parts = name.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    next() == "arn"
        && !next().is_empty()
        && next() == "iam"
        && next().is_empty()
        && next() == subject.account.as_str()
        && next() == "root"
}
