//! Blocks: text, references and directives in order.

use super::Renderer;
use crate::{
    Fault, Value,
    syntax::{Block, Expression, Node},
};
use std::sync::Arc;

/// How rendering goes on after a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    /// The innermost loop ends; without one, the template does.
    Break,
    /// The template ends.
    Stop,
}

impl Renderer<'_> {
    pub(super) fn block(&mut self, block: &Block) -> Result<Flow, Fault> {
        self.deeper(|renderer| {
            for node in &block.nodes {
                match renderer.node(node)? {
                    Flow::Next => {}
                    flow => return Ok(flow),
                }
            }
            Ok(Flow::Next)
        })
    }

    fn node(&mut self, node: &Node) -> Result<Flow, Fault> {
        match node {
            Node::Text(text) => self.write(text)?,
            Node::Reference(reference) => {
                let value = self.reference(reference)?;
                if let Value::Block(block) = &value {
                    return self.block(block);
                }
                let text = self.scope.heap.display(&value)?;
                self.write(&text)?;
            }
            Node::Escaped { backslashes, name, source } => {
                let known = self.scope.variables.contains_key(name);
                let count = if known { backslashes / 2 } else { *backslashes };
                self.write(&"\\".repeat(count))?;
                self.write(source)?;
            }
            Node::Set { target, value } => {
                let value = self.evaluate(value)?;
                self.assign(target, value)?;
            }
            Node::If { arms, otherwise } => return self.condition(arms, otherwise.as_ref()),
            Node::Foreach { name, over, body, at } => {
                self.at = *at;
                return self.foreach(name, over, body);
            }
            Node::Break => return Ok(Flow::Break),
            Node::Stop => return Ok(Flow::Stop),
            Node::Define { name, body } => {
                self.scope.heap.spend(1)?;
                self.scope.variables.insert(Arc::clone(name), Value::Block(Arc::clone(body)));
            }
            Node::Call { name, arguments, at } => {
                self.at = *at;
                return self.call(name, arguments);
            }
        }
        Ok(Flow::Next)
    }

    fn condition(&mut self, arms: &[(Expression, Block)], otherwise: Option<&Block>) -> Result<Flow, Fault> {
        for (condition, block) in arms {
            if self.evaluate(condition)?.is_true() {
                return self.block(block);
            }
        }
        otherwise.map_or(Ok(Flow::Next), |block| self.block(block))
    }

    /// A `#macro`: its parameters are variables while it runs.
    fn call(&mut self, name: &str, arguments: &[Expression]) -> Result<Flow, Fault> {
        self.scope.heap.spend(1)?;
        let template = self.template;
        let Some(called) = template.macros.get(name) else { return Ok(Flow::Next) };
        let values = arguments.iter().map(|argument| self.evaluate(argument));
        let mut values = values.collect::<Result<Vec<_>, _>>()?.into_iter();
        let mut before = Vec::new();
        for parameter in &called.parameters {
            let value = values.next().unwrap_or(Value::Null);
            before.push((parameter, self.scope.variables.insert(Arc::clone(parameter), value)));
        }
        let flow = self.block(&called.body);
        for (parameter, value) in before.into_iter().rev() {
            self.restore(parameter, value);
        }
        flow
    }

    /// Gives a variable back what it was before.
    pub(super) fn restore(&mut self, name: &Arc<str>, value: Option<Value>) {
        match value {
            Some(value) => drop(self.scope.variables.insert(Arc::clone(name), value)),
            None => drop(self.scope.variables.remove(name)),
        }
    }
}
