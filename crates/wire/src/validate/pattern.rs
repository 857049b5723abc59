//! The models' patterns, which are Java's, as Rust's regular expressions.

use crate::schema::{ServiceSchema, ShapeId};
use fancy_regex::Regex as Looking;
use regex::Regex;
use std::sync::OnceLock;

/// The compiled patterns of one service, each made when it is first needed.
#[derive(Debug)]
pub(crate) struct Patterns(Box<[OnceLock<Option<Pattern>>]>);

/// One pattern.
#[derive(Debug)]
pub(crate) enum Pattern {
    Plain(Regex),
    /// It looks ahead or behind, which takes an engine that tries and goes back, within a limit.
    Looking(Looking),
}

impl Pattern {
    /// Whether the whole text matches. One on which the engine gives up does not.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Plain(regex) => regex.is_match(text),
            Self::Looking(regex) => regex.is_match(text).unwrap_or(false),
        }
    }
}

impl Patterns {
    pub(crate) fn new(service: &ServiceSchema) -> Self {
        Self(service.shapes.iter().map(|_| OnceLock::new()).collect())
    }

    /// The pattern of the shape numbered `id`.
    pub(crate) fn get(&self, service: &ServiceSchema, id: ShapeId) -> Option<&Pattern> {
        let pattern = service.shape(id).pattern?;
        self.0.get(usize::from(id))?.get_or_init(|| compile(pattern)).as_ref()
    }
}

/// The shapes of `service` whose patterns are not checked, for want of an equivalent here.
pub fn unchecked_patterns(service: &ServiceSchema) -> Vec<&'static str> {
    let unchecked = service.shapes.iter().filter(|s| s.pattern.is_some_and(|p| compile(p).is_none()));
    unchecked.map(|shape| shape.name).collect()
}

/// The whole text must match.
fn compile(pattern: &str) -> Option<Pattern> {
    let whole = format!(r"\A(?:{})\z", translate(pattern));
    match Regex::new(&whole) {
        Ok(regex) => Some(Pattern::Plain(regex)),
        Err(_) => Looking::new(&whole).ok().map(Pattern::Looking),
    }
}

/// Java's `\d`, `\w` and `\s` know ASCII only.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('d') => out.push_str("[0-9]"),
            Some('D') => out.push_str("[^0-9]"),
            Some('w') => out.push_str("[0-9A-Za-z_]"),
            Some('W') => out.push_str("[^0-9A-Za-z_]"),
            Some('s') => out.push_str(r"[ \t\n\x0B\f\r]"),
            Some('S') => out.push_str(r"[^ \t\n\x0B\f\r]"),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        fn check(pattern: &str, text: &str, matches: bool) {
            let regex = compile(pattern).expect("a pattern we can compile");
            assert_eq!(regex.is_match(text), matches, "{pattern} on {text}");
        }
        check(r"\d{12}", "123456789012", true);
        check(r"\d{1}", "\u{0661}", false);
        check(r"[a-zA-Z0-9-_\.]+", "a-b_c.d", true);
        check(r"[a-zA-Z0-9-_\.]+", "a b", false);
        check(r"[^\s]+", "a b", false);
        check(r"a|b", "ab", false);
        check(r"(arn:.*)|()", "", true);
        check(r"[\w-]+", "x-1", true);
        check(r"[\u0009\u000A\u000D\u0020-\u00FF]+", "tab\tand é", true);
        check(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "größe 1", true);
        check("^a$", "a\n", false);
    }

    #[test]
    fn patterns_that_look_around() {
        fn check(pattern: &str, text: &str, matches: bool) {
            let found = compile(pattern).expect("a pattern we can compile");
            assert!(matches!(found, Pattern::Looking(_)), "{pattern}");
            assert_eq!(found.is_match(text), matches, "{pattern} on {text}");
        }
        check(r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)", "live-1", true);
        check(r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)", "12", false);
        check(r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)", "", false);
        check(r"((?!^\d+$)^[0-9a-zA-Z-_]+$)", "12", false);
        check(r"[0-9A-Za-z\.\-_]*(?<!\.)", "bucket.", false);
        check(r"[0-9A-Za-z\.\-_]*(?<!\.)", "a.bucket", true);
    }
}
