//! What begins with `#`.

use super::{
    ast::{Block, Expression, Macro, Node},
    blocks::{Nodes, Terminator},
    parser::{Parser, identifier_len},
};
use crate::Fault;
use std::sync::Arc;

/// Arguments and parameters of one macro.
const MAX_ARGUMENTS: usize = 64;

impl Parser<'_> {
    /// The name of the directive at the `#` where the parser stands, and its bytes with `#` and braces.
    fn directive(&self) -> Option<(&str, usize)> {
        let rest = self.rest().get(1..)?;
        if let Some(inner) = rest.strip_prefix('{') {
            let name = inner.get(..identifier_len(inner)).filter(|name| !name.is_empty())?;
            return inner.get(name.len()..)?.starts_with('}').then_some((name, name.len() + 3));
        }
        // Names of directives have no hyphen: `#end-` ends a block.
        let name = rest.get(..identifier_len(rest))?.split('-').next()?;
        (!name.is_empty()).then_some((name, name.len() + 1))
    }

    pub(super) fn at_directive(&self) -> bool {
        const NAMES: [&str; 14] = [
            "set", "if", "elseif", "else", "end", "foreach", "break", "stop", "define", "macro", "include",
            "parse", "evaluate", "return",
        ];
        self.directive().is_some_and(|(name, _)| NAMES.contains(&name) || self.known.contains(name))
    }

    /// Reads what begins with `#`; answers the end of the block if it was that.
    pub(super) fn hash(&mut self, nodes: &mut Nodes) -> Result<Option<Terminator>, Fault> {
        if self.comment(nodes)? {
            return Ok(None);
        }
        let Some((name, len)) = self.directive() else {
            self.one_as_text(nodes);
            return Ok(None);
        };
        let (name, start): (Arc<str>, usize) = (name.into(), self.at);
        match &*name {
            "end" | "else" => {
                self.at += len;
                self.skip_line_end();
                return Ok(Some(if &*name == "end" { Terminator::End } else { Terminator::Else }));
            }
            "elseif" => {
                self.at += len;
                return Ok(Some(Terminator::ElseIf));
            }
            "break" | "stop" => {
                self.at += len;
                nodes.push(if &*name == "break" { Node::Break } else { Node::Stop });
            }
            "include" | "parse" | "evaluate" => {
                return Err(Fault::syntax(format!("#{name} is not available in mapping templates")));
            }
            _ => {
                self.at += len;
                let node = self.with_arguments(&name, start)?;
                match node {
                    Some(Some(node)) => nodes.push(node),
                    Some(None) => {}
                    None => {
                        self.at = start;
                        self.one_as_text(nodes);
                    }
                }
            }
        }
        Ok(None)
    }

    /// Reads a directive whose name was read; none if it is plain text, nothing inside if it leaves no node.
    fn with_arguments(&mut self, name: &Arc<str>, start: usize) -> Result<Option<Option<Node>>, Fault> {
        let known = matches!(&**name, "set" | "if" | "foreach" | "define" | "macro");
        if !known && !self.known.contains(name) {
            return Ok(None);
        }
        self.skip_space();
        if !self.take("(") {
            // `#set` or the name of a macro may stand in a text; a block that is not opened cannot.
            let plain = !known || &**name == "set";
            return if plain { Ok(None) } else { Err(self.unexpected(&format!("'(' after #{name}"))) };
        }
        let node = match &**name {
            "set" => self.set()?,
            "if" => self.nested(Self::condition)?,
            "foreach" => self.nested(|parser| parser.foreach(start))?,
            "define" => self.nested(Self::define)?,
            "macro" => return self.nested(Self::define_macro).map(|()| Some(None)),
            _ => self.nested(|parser| parser.call(name, start))?,
        };
        Ok(Some(Some(node)))
    }

    /// Reads a comment or text that is to be left alone, if one begins here.
    fn comment(&mut self, nodes: &mut Nodes) -> Result<bool, Fault> {
        if self.quoted && self.rest().starts_with("##") {
            nodes.text("##");
            self.at += 2;
        } else if self.take("##") {
            let rest = self.rest();
            self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
            self.skip_line_end();
        } else if self.take("#*") {
            let end = self.rest().find("*#");
            self.at += end.ok_or_else(|| Fault::syntax("A comment is not closed by *#"))? + 2;
        } else if self.take("#[[") {
            let rest = self.rest();
            let end = rest.find("]]#").ok_or_else(|| Fault::syntax("#[[ is not closed by ]]#"))?;
            nodes.text(rest.get(..end).unwrap_or_default());
            self.at += end + 3;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn set(&mut self) -> Result<Node, Fault> {
        self.skip_space();
        let target = self.reference()?.ok_or_else(|| self.unexpected("a reference in #set"))?;
        self.skip_space();
        self.expect("=", "in #set")?;
        let value = self.expression()?;
        self.close("#set")?;
        Ok(Node::Set { target, value })
    }

    /// The parenthesis that ends a directive, and the rest of its line if that is blank.
    fn close(&mut self, directive: &str) -> Result<(), Fault> {
        self.skip_space();
        self.expect(")", &format!("to end {directive}"))?;
        self.skip_line_end();
        Ok(())
    }

    fn condition(&mut self) -> Result<Node, Fault> {
        let mut arms = Vec::new();
        loop {
            let condition = self.expression()?;
            self.close("#if")?;
            let (block, end) = self.block()?;
            arms.push((condition, block));
            match end {
                Terminator::End => return Ok(Node::If { arms, otherwise: None }),
                Terminator::Else => return Ok(Node::If { arms, otherwise: Some(self.ended("#else")?) }),
                Terminator::ElseIf => {
                    self.skip_space();
                    self.expect("(", "after #elseif")?;
                }
                Terminator::Text => return Err(Fault::syntax("#if is not ended by #end")),
            }
        }
    }

    /// A block that only `#end` may end.
    fn ended(&mut self, directive: &str) -> Result<Block, Fault> {
        match self.block()? {
            (block, Terminator::End) => Ok(block),
            (_, Terminator::Text) => Err(Fault::syntax(format!("{directive} is not ended by #end"))),
            _ => Err(Fault::syntax(format!("Encountered #else where {directive} should be ended"))),
        }
    }

    fn foreach(&mut self, at: usize) -> Result<Node, Fault> {
        let name = self.variable("#foreach")?;
        self.skip_space();
        if self.identifier() != Some("in") {
            return Err(Fault::syntax("'in' is missing in #foreach"));
        }
        let over: Expression = self.expression()?;
        self.close("#foreach")?;
        let body = self.ended("#foreach")?;
        Ok(Node::Foreach { name, over, body, at })
    }

    /// A reference that is a variable and nothing more.
    fn variable(&mut self, directive: &str) -> Result<Arc<str>, Fault> {
        self.skip_space();
        match self.reference()? {
            Some(reference) if reference.tail.is_empty() => Ok(reference.name),
            _ => Err(self.unexpected(&format!("a variable in {directive}"))),
        }
    }

    fn define(&mut self) -> Result<Node, Fault> {
        let name = self.variable("#define")?;
        self.close("#define")?;
        Ok(Node::Define { name, body: Arc::new(self.ended("#define")?) })
    }

    fn define_macro(&mut self) -> Result<(), Fault> {
        self.skip_space();
        let name = self.identifier().ok_or_else(|| self.unexpected("a name in #macro"))?;
        let name: Arc<str> = name.into();
        let mut parameters = Vec::new();
        loop {
            self.skip_comma();
            if self.take(")") {
                break;
            }
            parameters.push(self.variable("#macro")?);
            if parameters.len() > MAX_ARGUMENTS {
                return Err(Fault::limit(format!("#macro takes more than {MAX_ARGUMENTS} parameters")));
            }
        }
        self.skip_line_end();
        let body = Arc::new(self.ended("#macro")?);
        // The first definition counts, as Velocity has it.
        self.macros.entry(name).or_insert(Macro { parameters, body });
        Ok(())
    }

    fn call(&mut self, name: &Arc<str>, at: usize) -> Result<Node, Fault> {
        let mut arguments = Vec::new();
        loop {
            self.skip_comma();
            if self.take(")") {
                break;
            }
            arguments.push(self.primary()?);
            if arguments.len() > MAX_ARGUMENTS {
                return Err(Fault::limit(format!("#{name} has more than {MAX_ARGUMENTS} arguments")));
            }
        }
        self.skip_line_end();
        Ok(Node::Call { name: Arc::clone(name), arguments, at })
    }

    /// Arguments of macros are separated by blanks, and may be by commas.
    fn skip_comma(&mut self) {
        self.skip_space();
        if self.take(",") {
            self.skip_space();
        }
    }
}
