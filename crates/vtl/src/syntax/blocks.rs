//! Text with references and directives in it.

use super::{
    ast::{Block, Node},
    parser::Parser,
};
use crate::Fault;

/// What ended a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Terminator {
    Text,
    End,
    Else,
    ElseIf,
}

/// The nodes of a block while it is read; text between two others becomes one node.
#[derive(Default)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    text: String,
}

impl Nodes {
    pub(super) fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn push(&mut self, node: Node) {
        self.flush();
        self.nodes.push(node);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.nodes.push(Node::Text(std::mem::take(&mut self.text).into()));
        }
    }

    fn finish(mut self) -> Block {
        self.flush();
        Block { nodes: self.nodes }
    }
}

impl Parser<'_> {
    /// Reads everything.
    pub(super) fn template(&mut self) -> Result<Block, Fault> {
        let (block, end) = self.block()?;
        match end {
            Terminator::Text => Ok(block),
            Terminator::End => Err(Fault::syntax("Encountered #end without a directive that it ends")),
            Terminator::Else | Terminator::ElseIf => Err(Fault::syntax("Encountered #else without an #if")),
        }
    }

    /// Reads a block up to what ends it, which is read too.
    pub(super) fn block(&mut self) -> Result<(Block, Terminator), Fault> {
        let mut nodes = Nodes::default();
        loop {
            let rest = self.rest();
            let plain = rest.find(['$', '#', '\\']).unwrap_or(rest.len());
            nodes.text(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                None => return Ok((nodes.finish(), Terminator::Text)),
                Some(b'$') => match self.reference()? {
                    Some(reference) => nodes.push(Node::Reference(reference)),
                    None => self.one_as_text(&mut nodes),
                },
                Some(b'\\') => self.backslashes(&mut nodes)?,
                Some(_) => {
                    if let Some(end) = self.hash(&mut nodes)? {
                        return Ok((nodes.finish(), end));
                    }
                }
            }
        }
    }

    pub(super) fn one_as_text(&mut self, nodes: &mut Nodes) {
        let end = self.at + 1;
        nodes.text(self.text.get(self.at..end).unwrap_or_default());
        self.at = end;
    }

    /// Backslashes are plain text unless a reference or a directive follows them: then each pair is one of them,
    /// and one that is left over takes away the meaning of what follows.
    fn backslashes(&mut self, nodes: &mut Nodes) -> Result<(), Fault> {
        let count = self.rest().bytes().take_while(|b| *b == b'\\').count();
        let start = self.at;
        self.at += count;
        let half = "\\".repeat(count / 2);
        if self.peek() == Some(b'$') {
            let from = self.at;
            if let Some(reference) = self.reference()? {
                if count.is_multiple_of(2) {
                    nodes.text(&half);
                    nodes.push(Node::Reference(reference));
                } else {
                    let source = self.text.get(from..self.at).unwrap_or_default().into();
                    nodes.push(Node::Escaped { backslashes: count, name: reference.name, source });
                }
                return Ok(());
            }
            self.at = from;
        } else if self.peek() == Some(b'#') && self.at_directive() {
            nodes.text(&half);
            if count % 2 == 1 {
                self.one_as_text(nodes);
            }
            return Ok(());
        }
        nodes.text(self.text.get(start..self.at).unwrap_or_default());
        Ok(())
    }
}
