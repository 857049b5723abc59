//! What is asked of an operation.

/// One operation in the terms of policies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// Its name in the model.
    pub(super) operation: &'static str,
    /// Its action; none if everyone may.
    pub(super) action: Option<&'static str>,
    /// What it is about.
    pub(super) resource: Resource,
    /// The member that names a role which the call hands on: that asks for `iam:PassRole` too.
    pub(super) passes: Option<&'static str>,
}

/// What an operation is about, and which members of its input tell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Resource {
    /// Nothing in particular: `*`.
    Any,
    /// What the ARN in this member names.
    Given(&'static str),
    /// The function in `FunctionName`, with its qualifier.
    Function,
    /// The log group in the first of these members that is given, by name or ARN.
    Group(&'static [&'static str]),
    /// The stream in the last member, of the group in the first of the others that is given.
    Stream(&'static [&'static str], &'static str),
    /// The user in this member; without it, the caller.
    User(&'static str),
    /// The role in this member.
    Role(&'static str),
    /// Something of this kind that is to be made, by the member that holds its name, with the path in `Path`.
    New(&'static str, &'static str),
}

impl Rule {
    pub(super) const fn new(operation: &'static str, action: &'static str, resource: Resource) -> Self {
        Self { operation, action: Some(action), resource, passes: None }
    }

    /// An operation that everyone may call.
    pub(super) const fn free(operation: &'static str) -> Self {
        Self { operation, action: None, resource: Resource::Any, passes: None }
    }

    /// The rule of an operation that hands a role on.
    pub(super) const fn passing(mut self, member: &'static str) -> Self {
        self.passes = Some(member);
        self
    }
}
