//! `$name`, `${name}`, `$!name`, and the properties, methods and indexes after it.

use super::{
    ast::{Access, Expression, Reference},
    parser::{Parser, identifier_len},
};
use crate::Fault;

impl Parser<'_> {
    /// Reads a reference at a `$`; none, with nothing read, if what follows makes it plain text.
    ///
    /// The `!` that keeps Velocity quiet about what is missing changes nothing: missing is rendered as nothing.
    pub(super) fn reference(&mut self) -> Result<Option<Reference>, Fault> {
        let (start, at) = (self.at, self.position());
        if !self.take("$") {
            return Ok(None);
        }
        self.take("!");
        let formal = self.take("{");
        let Some(name) = self.identifier() else {
            self.at = start;
            return Ok(None);
        };
        let tail = self.nested(Self::tail)?;
        if formal {
            self.expect("}", "to end the reference")?;
        }
        Ok(Some(Reference { name: name.into(), tail, at }))
    }

    fn tail(&mut self) -> Result<Vec<Access>, Fault> {
        let mut tail = Vec::new();
        loop {
            match self.peek() {
                Some(b'.') => {
                    let ahead = self.rest().get(1..).unwrap_or_default();
                    if identifier_len(ahead) == 0 {
                        return Ok(tail);
                    }
                    self.at += 1;
                    let Some(name) = self.identifier() else { return Ok(tail) };
                    tail.push(if self.take("(") {
                        Access::Method(name.into(), self.arguments()?)
                    } else {
                        Access::Property(name.into())
                    });
                }
                Some(b'[') => match self.index()? {
                    Some(index) => tail.push(Access::Index(index)),
                    None => return Ok(tail),
                },
                _ => return Ok(tail),
            }
        }
    }

    fn arguments(&mut self) -> Result<Vec<Expression>, Fault> {
        let mut arguments = Vec::new();
        self.skip_space();
        if self.take(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            self.skip_space();
            if self.take(")") {
                return Ok(arguments);
            }
            self.expect(",", "between arguments")?;
        }
    }

    /// Reads `[…]` with a number, a text or a reference in it; anything else is plain text, and nothing is read.
    fn index(&mut self) -> Result<Option<Expression>, Fault> {
        let start = self.at;
        self.at += 1;
        self.skip_space();
        let index = match self.peek() {
            Some(b'$') => self.reference()?.map(Expression::Reference),
            Some(b'-' | b'0'..=b'9') => self.number().ok(),
            Some(b'"' | b'\'') if self.string_ends() => Some(self.string()?),
            _ => None,
        };
        self.skip_space();
        if index.is_some() && self.take("]") {
            return Ok(index);
        }
        self.at = start;
        Ok(None)
    }
}
