//! Where a value stands, told only when it breaks a constraint.

use std::fmt;

/// A chain of steps from the input down; the empty path is the input itself.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Input,
    Member(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    pub(super) const INPUT: Path<'static> = Path { parent: None, step: Step::Input };

    pub(super) fn member(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Member(name) }
    }

    /// An element of a list, counted from zero here and from one in messages.
    pub(super) fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }

    pub(super) fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Key(key) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent.filter(|p| !matches!(p.step, Step::Input)) {
            write!(f, "{parent}.")?;
        }
        match self.step {
            Step::Input => Ok(()),
            // `KMSKeyArn` is told as `kMSKeyArn`.
            Step::Member(name) => {
                let mut chars = name.chars();
                let first = chars.next().map(|c| c.to_ascii_lowercase());
                first.map_or(Ok(()), |c| write!(f, "{c}{}", chars.as_str()))
            }
            Step::Index(index) => write!(f, "{}.member", index.saturating_add(1)),
            Step::Key(key) => write!(f, "{key}.member"),
        }
    }
}
