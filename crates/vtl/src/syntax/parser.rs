//! Where a parser stands, and the small steps that all of its parts take.

use super::ast::{Block, Macro};
use crate::{Fault, MAX_NESTING};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    /// The next byte to read; always between characters.
    pub(super) at: usize,
    /// Where `text` begins in the source, if it is a text inside it.
    base: usize,
    /// Whether `text` is what stands in double quotes: there `##` is no comment.
    pub(super) quoted: bool,
    depth: usize,
    /// The names that `#macro` gives anywhere in the source: a macro may be called before it is defined.
    pub(super) known: HashSet<Arc<str>>,
    pub(super) macros: HashMap<Arc<str>, Macro>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let known = text.match_indices("#macro").filter_map(|(at, found)| {
            let rest = text.get(at + found.len()..)?.trim_start();
            let rest = rest.strip_prefix('(')?.trim_start();
            Some(rest.get(..identifier_len(rest))?.into())
        });
        let known = known.filter(|name: &Arc<str>| !name.is_empty()).collect();
        Self { text, at: 0, base: 0, quoted: false, depth: 0, known, macros: HashMap::new() }
    }

    pub(super) fn into_macros(self) -> HashMap<Arc<str>, Macro> {
        self.macros
    }

    /// The byte of the source where the parser stands.
    pub(super) fn position(&self) -> usize {
        self.base + self.at
    }

    /// What is still to be read.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    /// Reads `token` if it comes next.
    pub(super) fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    pub(super) fn expect(&mut self, token: &str, after: &str) -> Result<(), Fault> {
        if self.take(token) { Ok(()) } else { Err(self.unexpected(&format!("'{token}' {after}"))) }
    }

    /// Why the text cannot go on as it does.
    pub(super) fn unexpected(&self, wanted: &str) -> Fault {
        let found = match self.rest().chars().next() {
            None => "the end of the template".to_owned(),
            Some(c) => format!("{c:?}"),
        };
        Fault::syntax(format!("Encountered {found} where {wanted} was expected"))
    }

    /// Skips blanks, and ends of lines too.
    pub(super) fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Skips blanks up to the end of the line, and that too, if nothing else is there.
    pub(super) fn skip_line_end(&mut self) {
        let rest = self.rest();
        let blank = rest.trim_start_matches([' ', '\t']);
        let end = ["\r\n", "\n", "\r"].into_iter().find(|end| blank.starts_with(end));
        if let Some(end) = end {
            self.at += rest.len() - blank.len() + end.len();
        }
    }

    /// Reads a name: a letter or `_`, then letters, digits, `_`, and `-` between them.
    pub(super) fn identifier(&mut self) -> Option<&'a str> {
        let name = self.rest().get(..identifier_len(self.rest())).filter(|name| !name.is_empty())?;
        self.at += name.len();
        Some(name)
    }

    /// Does `work` one level deeper.
    pub(super) fn nested<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth >= MAX_NESTING {
            return Err(Fault::limit(format!("The template nests deeper than {MAX_NESTING} levels")));
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }

    /// Reads `text`, which stood in double quotes at byte `at` of this one, as a template.
    pub(super) fn quoted(&mut self, text: &str, at: usize) -> Result<Block, Fault> {
        let mut inner = Parser {
            text,
            at: 0,
            base: self.base + at,
            quoted: true,
            depth: self.depth,
            known: std::mem::take(&mut self.known),
            macros: std::mem::take(&mut self.macros),
        };
        let block = inner.nested(Parser::template);
        let stopped = inner.at;
        (self.known, self.macros) = (inner.known, inner.macros);
        block.inspect_err(|_| self.at = (at + stopped).min(self.text.len()))
    }
}

/// Bytes of the name at the start of `text`.
pub(super) fn identifier_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') {
        return 0;
    }
    let part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    // A hyphen belongs to a name only inside it: `$year-$month` are two names, although not in Velocity 1.7.
    let hyphen = |at: usize| bytes.get(at + 1).is_some_and(part);
    bytes.iter().enumerate().take_while(|(at, b)| part(b) || (**b == b'-' && hyphen(*at))).count()
}
