//! From text to a tree.

mod ast;
mod blocks;
mod directives;
mod expressions;
mod literals;
mod parser;
mod references;

pub use ast::Block;
pub(crate) use ast::{Access, Expression, Macro, Node, Operator, Reference};

use crate::{Error, Fault, MAX_TEMPLATE_BYTES};
use parser::Parser;
use std::{collections::HashMap, sync::Arc};

/// A template that was read.
#[derive(Debug)]
pub struct Template {
    pub(crate) source: Arc<str>,
    pub(crate) body: Block,
    pub(crate) macros: HashMap<Arc<str>, Macro>,
}

impl Template {
    /// Reads a template of at most [`MAX_TEMPLATE_BYTES`].
    pub fn parse(source: &str) -> Result<Self, Error> {
        if source.len() > MAX_TEMPLATE_BYTES {
            let message = format!("The template is larger than {MAX_TEMPLATE_BYTES} bytes");
            return Err(Error::at(source, 0, Fault::limit(message)));
        }
        let mut parser = Parser::new(source);
        let parsed = parser.template();
        let at = parser.position();
        let body = parsed.map_err(|fault| Error::at(source, at, fault))?;
        Ok(Self { source: source.into(), body, macros: parser.into_macros() })
    }
}

#[cfg(test)]
mod tests;
