//! Filter patterns of terms: `ERROR "out of memory" -retry`, `?ERROR ?WARN`.

use memchr::memmem;
use tinderbox_base::{Error, Result};

/// Characters a pattern may have (`FilterLogEvents` reference).
const MAX_PATTERN: usize = 1024;

/// What the text of an event must contain. The default matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl Pattern {
    /// Reads a pattern of terms, quoted phrases, optional (`?`) and excluded (`-`) terms.
    ///
    /// # Errors
    /// `Invalid` in AWS's words when it is malformed, and naming the kind when it is one of the patterns that
    /// are not implemented: JSON (`{…}`), columns (`[…]`), regular expressions (`%…%`).
    pub fn parse(text: &str) -> Result<Self> {
        if text.chars().count() > MAX_PATTERN {
            return Err(invalid());
        }
        let trimmed = text.trim();
        if trimmed == "\"\"" {
            return Ok(Self::default());
        }
        let (mut pattern, mut rest) = (Self::default(), trimmed);
        while !rest.is_empty() {
            let (target, after) = match rest.as_bytes()[0] {
                b'?' => (&mut pattern.any, &rest[1..]),
                b'-' => (&mut pattern.none, &rest[1..]),
                _ => (&mut pattern.all, rest),
            };
            let (term, after) = term(after)?;
            target.push(term);
            rest = after.trim_start();
        }
        if !pattern.all.is_empty() || !pattern.none.is_empty() {
            // AWS: with other terms beside them, optional terms have no effect.
            pattern.any.clear();
        }
        Ok(pattern)
    }

    /// Whether an event's text matches. Case matters; a term matches inside a word, too.
    pub fn matches(&self, text: &[u8]) -> bool {
        let contains = |term: &String| memmem::find(text, term.as_bytes()).is_some();
        self.all.iter().all(contains)
            && !self.none.iter().any(contains)
            && (self.any.is_empty() || self.any.iter().any(contains))
    }
}

/// Takes a term off the front: a quoted phrase or a word.
fn term(text: &str) -> Result<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        return phrase(quoted);
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    let missing = match word.chars().next() {
        None => return Err(invalid()),
        Some('{') => "JSON patterns ('{ ... }')",
        Some('[') => "space-delimited patterns ('[ ... ]')",
        Some('%') => "regular expressions ('%...%')",
        _ if word.chars().all(|c| c.is_alphanumeric() || "_.*#=@/;,-:".contains(c)) => "",
        _ => {
            let message = format!("Invalid filter pattern: Invalid character(s) in term '{word}'");
            return Err(Error::invalid(message));
        }
    };
    if missing.is_empty() {
        return Ok((word.to_owned(), after));
    }
    Err(Error::invalid(format!(
        "Invalid filter pattern: {missing} are not implemented by Tinderbox; use terms"
    )))
}

/// Takes the rest of a phrase whose opening quote was taken; `\"` and `\\` stand for the character.
fn phrase(text: &str) -> Result<(String, &str)> {
    let (mut phrase, mut chars) = (String::new(), text.char_indices());
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => {
                let after = &text[at + 1..];
                let ends = after.is_empty() || after.starts_with(char::is_whitespace);
                return if ends && !phrase.is_empty() { Ok((phrase, after)) } else { Err(invalid()) };
            }
            '\\' => match chars.next() {
                Some((_, escaped @ ('"' | '\\'))) => phrase.push(escaped),
                Some((_, other)) => phrase.extend(['\\', other]),
                None => return Err(invalid()),
            },
            _ => phrase.push(char),
        }
    }
    Err(invalid())
}

fn invalid() -> Error {
    Error::invalid("Invalid filter pattern")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns() {
        fn check(pattern: &str, text: &str, expect: bool) {
            let parsed = Pattern::parse(pattern).unwrap_or_else(|e| panic!("{pattern}: {e}"));
            assert_eq!(parsed.matches(text.as_bytes()), expect, "{pattern} on {text}");
        }
        check("", "anything", true);
        check("  ", "anything", true);
        check("\"\"", "anything", true);
        check("ERROR", "an ERROR here", true);
        check("ERROR", "an error here", false);
        check("ERROR disk", "disk ERROR", true);
        check("ERROR disk", "ERROR", false);
        check("\"out of memory\"", "it is out of memory", true);
        check("\"out of memory\"", "memory is out of it", false);
        check("\"a \\\"b\\\" \\\\ c\"", "a \"b\" \\ c", true);
        check("\"\\d\"", "\\d", true);
        check("ERROR -retry", "ERROR", true);
        check("ERROR -retry", "ERROR retry", false);
        check("-\"two words\"", "two  words", true);
        check("-\"two words\"", "two words", false);
        check("?ERROR ?WARN", "WARN", true);
        check("?ERROR ?WARN", "INFO", false);
        check("?\"no such\" ?b", "no such", true);
        check("?ERROR INFO", "INFO", true);
        check("?ERROR -x", "INFO", true);
        check("REPORT", "REPORT RequestId: 1", true);
        check("größe", "die größe", true);
        check("a-b", "a-b", true);
    }

    #[test]
    fn what_is_refused() {
        fn check(pattern: &str, expect: &str) {
            let error = Pattern::parse(pattern).expect_err(pattern);
            assert_eq!(error.to_string(), expect, "{pattern}");
        }
        check("\"open", "Invalid filter pattern");
        check("\"open\\", "Invalid filter pattern");
        check("\"a\"b", "Invalid filter pattern");
        check("?", "Invalid filter pattern");
        check("- x", "Invalid filter pattern");
        check("a \"\"", "Invalid filter pattern");
        check("a(b)", "Invalid filter pattern: Invalid character(s) in term 'a(b)'");
        check(
            "{ $.level = \"x\" }",
            "Invalid filter pattern: JSON patterns ('{ ... }') are not implemented by Tinderbox; use terms",
        );
        check(
            "[ip, user]",
            "Invalid filter pattern: space-delimited patterns ('[ ... ]') are not implemented by Tinderbox; use terms",
        );
        check(
            "%ERR.*%",
            "Invalid filter pattern: regular expressions ('%...%') are not implemented by Tinderbox; use terms",
        );
        check(&"x".repeat(1025), "Invalid filter pattern");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}", on in "\\PC{0,40}") {
            if let Ok(pattern) = Pattern::parse(&text) {
                pattern.matches(on.as_bytes());
            }
        }

        #[test]
        fn a_quoted_phrase_finds_itself(phrase in "\\PC{1,30}", around in "\\PC{0,5}") {
            let quoted = format!("\"{}\"", phrase.replace('\\', "\\\\").replace('"', "\\\""));
            let pattern = Pattern::parse(&quoted).expect("a phrase");
            let text = format!("{around}{phrase}{around}");
            prop_assert!(pattern.matches(text.as_bytes()));
        }
    }
}
