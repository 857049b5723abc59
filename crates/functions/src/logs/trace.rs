//! The trace of an invocation that is recorded.

/// What a trace header names, where the decision was to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace<'a> {
    /// The whole header.
    pub header: &'a str,
    /// The trace.
    pub id: &'a str,
    /// The part of it that the invocation is.
    pub segment: &'a str,
}

impl<'a> Trace<'a> {
    /// The trace of `header`, if it says that it is sampled.
    pub fn sampled(header: &'a str) -> Option<Self> {
        let field = |name: &'static str| header.split(';').find_map(|field| field.trim().strip_prefix(name));
        (field("Sampled=") == Some("1")).then_some(())?;
        Some(Self { header, id: field("Root=")?, segment: field("Parent=")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        fn check(header: &str, expect: Option<(&str, &str)>) {
            assert_eq!(Trace::sampled(header).map(|t| (t.id, t.segment)), expect, "{header}");
        }
        check("Root=1-a-b;Parent=c;Sampled=1", Some(("1-a-b", "c")));
        check("Sampled=1; Root=1-a-b; Parent=c; Lineage=d:0", Some(("1-a-b", "c")));
        check("Root=1-a-b;Parent=c;Sampled=0", None);
        check("Root=1-a-b;Parent=c", None);
        check("Root=1-a-b;Sampled=1", None);
        check("", None);
    }
}
