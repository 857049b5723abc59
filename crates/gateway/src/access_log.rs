//! Access logs: one line a request, in the format that a stage gives.

use std::fmt::Write as _;
use tinderbox_base::Arn;

/// Where a stage's requests are written down, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccessLog {
    pub(crate) format: Format,
    /// The log group.
    pub(crate) group: String,
    /// The stream in it.
    pub(crate) stream: String,
}

impl AccessLog {
    /// The access log of a stage of `api`, by what is set; none if that does not suffice for one.
    pub(crate) fn of(
        format: Option<&str>,
        destination: Option<&str>,
        api: &str,
        stage: &str,
    ) -> Option<Self> {
        let format = Format::parse(format.filter(|format| !format.is_empty())?);
        Some(Self { format, group: log_group(destination?)?, stream: format!("{api}/{stage}") })
    }
}

/// The log group that an ARN names.
pub(crate) fn log_group(arn: &str) -> Option<String> {
    let arn: Arn = arn.parse().ok().filter(|arn: &Arn| arn.service == "logs")?;
    let group = arn.resource.strip_prefix("log-group:")?;
    let group = group.strip_suffix(":*").unwrap_or(group);
    (!group.is_empty() && !group.contains(':')).then(|| group.to_owned())
}

/// A format such as `$context.requestId $context.status`, taken apart once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Format(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable(String),
}

const VARIABLE: &str = "$context.";

impl Format {
    /// Takes a format apart.
    pub(crate) fn parse(text: &str) -> Self {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once(VARIABLE) {
            let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)));
            let (name, after) = after.split_at(end.unwrap_or(after.len()));
            // A full stop that ends a sentence is not part of a name.
            let name_end = name.trim_end_matches('.').len();
            let (name, dots) = name.split_at(name_end);
            pieces.extend((!before.is_empty()).then(|| Piece::Text(before.to_owned())));
            pieces.push(Piece::Variable(name.to_owned()));
            pieces.extend((!dots.is_empty()).then(|| Piece::Text(dots.to_owned())));
            rest = after;
        }
        pieces.extend((!rest.is_empty()).then(|| Piece::Text(rest.to_owned())));
        Self(pieces)
    }

    /// Whether the line will name its request, which AWS demands of every format.
    pub(crate) fn names_request(&self) -> bool {
        let names = ["requestId", "extendedRequestId"];
        self.0.iter().any(|piece| matches!(piece, Piece::Variable(name) if names.contains(&name.as_str())))
    }

    /// The line; a variable that has no value is `-`.
    pub(crate) fn line(&self, value: impl Fn(&str) -> Option<String>) -> String {
        let mut line = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => line.push_str(text),
                Piece::Variable(name) => {
                    let _ = write!(line, "{}", value(name).as_deref().unwrap_or("-"));
                }
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines() {
        fn check(format: &str, names_request: bool, expect: &str) {
            let format = Format::parse(format);
            let line = format.line(|name| match name {
                "requestId" => Some("id".into()),
                "identity.sourceIp" => Some("::1".into()),
                _ => None,
            });
            assert_eq!((format.names_request(), line.as_str()), (names_request, expect));
        }
        check("$context.requestId", true, "id");
        check(
            r#"{"id":"$context.requestId","ip":"$context.identity.sourceIp"}"#,
            true,
            r#"{"id":"id","ip":"::1"}"#,
        );
        check("$context.status $context.identity.sourceIp.", false, "- ::1.");
        check("$context", false, "$context");
        check("", false, "");
    }

    #[test]
    fn groups() {
        fn check(arn: &str, expect: Option<&str>) {
            assert_eq!(log_group(arn).as_deref(), expect, "{arn}");
        }
        let group = "arn:aws:logs:us-east-1:123456789012:log-group";
        check(&format!("{group}:access"), Some("access"));
        check(&format!("{group}:access:*"), Some("access"));
        check(&format!("{group}:access:log-stream:x"), None);
        check(&format!("{group}:"), None);
        check("arn:aws:firehose:us-east-1:123456789012:log-group:access", None);
        check("access", None);
    }

    proptest! {
        #[test]
        fn any_format_is_parsed(text in "(\\PC|\\$context\\.){0,20}") {
            let _ = Format::parse(&text).line(|_| None);
        }
    }
}
