//! Texts, numbers, lists, ranges and maps as they are written.

use super::{ast::Expression, parser::Parser};
use crate::Fault;
use std::borrow::Cow;

impl Parser<'_> {
    /// Reads a text in quotes. The quote itself is written twice in it; a backslash means nothing, but before `u`
    /// and four hexadecimal digits. In double quotes it is a template.
    pub(super) fn string(&mut self) -> Result<Expression, Fault> {
        let quote = if self.take("\"") { '"' } else { '\'' };
        if quote == '\'' {
            self.expect("'", "to begin a text")?;
        }
        let start = self.at;
        let len = text_len(self.rest(), quote).ok_or_else(|| Fault::syntax("A text is not closed"))?;
        let raw = self.rest().get(..len).unwrap_or_default();
        self.at += len + 1;
        let text = unescape(raw, quote);
        if quote == '"' && text.contains(['$', '#']) {
            return Ok(Expression::Template(self.quoted(&text, start)?));
        }
        Ok(Expression::Text(text.into()))
    }

    /// Whether the text that begins here also ends.
    pub(super) fn string_ends(&self) -> bool {
        let Some(quote) = self.rest().chars().next() else { return false };
        self.rest().get(1..).is_some_and(|rest| text_len(rest, quote).is_some())
    }

    /// Reads a number: digits, with a fraction and an exponent if need be.
    pub(super) fn number(&mut self) -> Result<Expression, Fault> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
        let sign = usize::from(bytes.first() == Some(&b'-'));
        let whole = digits(sign);
        let mut len = sign + whole;
        let fraction = if bytes.get(len) == Some(&b'.') { digits(len + 1) } else { 0 };
        if fraction > 0 {
            len += 1 + fraction;
        }
        let mut float = fraction > 0;
        if matches!(bytes.get(len), Some(b'e' | b'E')) {
            let signed = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
            let exponent = digits(len + 1 + signed);
            if exponent > 0 {
                len += 1 + signed + exponent;
                float = true;
            }
        }
        let text = rest.get(..len).unwrap_or_default();
        let number = match text.parse::<i64>() {
            Ok(n) if !float => Some(Expression::Int(n)),
            _ if whole == 0 && fraction == 0 => None,
            _ => text.parse().ok().map(Expression::Float),
        };
        let number = number.ok_or_else(|| self.unexpected("a number"))?;
        self.at += len;
        Ok(number)
    }

    /// Reads `[a, b]` or `[a..b]`.
    pub(super) fn list(&mut self) -> Result<Expression, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.take("]") {
            return Ok(Expression::List(items));
        }
        loop {
            items.push(self.expression()?);
            self.skip_space();
            if self.take("]") {
                return Ok(Expression::List(items));
            }
            if items.len() == 1 && self.take("..") {
                let end = self.expression()?;
                self.skip_space();
                self.expect("]", "to end the range")?;
                let start = items.pop().unwrap_or(Expression::Int(0));
                return Ok(Expression::Range(Box::new((start, end))));
            }
            self.expect(",", "between elements")?;
        }
    }

    /// Reads `{key: value, …}`.
    pub(super) fn map(&mut self) -> Result<Expression, Fault> {
        self.at += 1;
        let mut entries = Vec::new();
        self.skip_space();
        if self.take("}") {
            return Ok(Expression::Map(entries));
        }
        loop {
            let key = self.expression()?;
            self.skip_space();
            self.expect(":", "after a key")?;
            entries.push((key, self.expression()?));
            self.skip_space();
            if self.take("}") {
                return Ok(Expression::Map(entries));
            }
            self.expect(",", "between entries")?;
        }
    }
}

/// Bytes up to the quote that ends a text.
fn text_len(text: &str, quote: char) -> Option<usize> {
    let mut at = 0;
    loop {
        at += text.get(at..)?.find(quote)?;
        if text.get(at + 1..)?.starts_with(quote) {
            at += 2;
        } else {
            return Some(at);
        }
    }
}

fn unescape(raw: &str, quote: char) -> String {
    let text = match quote {
        '"' => raw.replace("\"\"", "\""),
        _ => raw.replace("''", "'"),
    };
    unicode(&text).into_owned()
}

/// Replaces `\uXXXX` by its character.
fn unicode(text: &str) -> Cow<'_, str> {
    if !text.contains("\\u") {
        return text.into();
    }
    let mut parts = text.split("\\u");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..4).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let character = code.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        match character {
            Some(character) => {
                out.push(character);
                out.push_str(part.get(4..).unwrap_or_default());
            }
            None => {
                out.push_str("\\u");
                out.push_str(part);
            }
        }
    }
    out.into()
}
