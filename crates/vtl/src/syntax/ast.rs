//! What a template consists of. Every `at` is a byte of its source.

use crate::MAX_NESTING;
use std::sync::Arc;

/// Nodes in order.
#[derive(Debug, Default)]
pub struct Block {
    pub(crate) nodes: Vec<Node>,
}

#[derive(Debug)]
pub(crate) enum Node {
    Text(Arc<str>),
    Reference(Reference),
    /// A reference after backslashes: written as it stands if its variable exists, without the last of them.
    Escaped {
        backslashes: usize,
        name: Arc<str>,
        source: Arc<str>,
    },
    Set {
        target: Reference,
        value: Expression,
    },
    If {
        arms: Vec<(Expression, Block)>,
        otherwise: Option<Block>,
    },
    Foreach {
        name: Arc<str>,
        over: Expression,
        body: Block,
        at: usize,
    },
    Break,
    Stop,
    Define {
        name: Arc<str>,
        body: Arc<Block>,
    },
    Call {
        name: Arc<str>,
        arguments: Vec<Expression>,
        at: usize,
    },
}

/// A `#macro`.
#[derive(Debug)]
pub(crate) struct Macro {
    pub(crate) parameters: Vec<Arc<str>>,
    pub(crate) body: Arc<Block>,
}

/// `$name` and what follows it.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) name: Arc<str>,
    pub(crate) tail: Vec<Access>,
    pub(crate) at: usize,
}

#[derive(Debug)]
pub(crate) enum Access {
    Property(Arc<str>),
    Method(Arc<str>, Vec<Expression>),
    Index(Expression),
}

#[derive(Debug)]
pub(crate) enum Expression {
    Text(Arc<str>),
    /// A text in double quotes that is itself a template.
    Template(Block),
    Int(i64),
    Float(f64),
    Bool(bool),
    Reference(Reference),
    List(Vec<Expression>),
    Range(Box<(Expression, Expression)>),
    Map(Vec<(Expression, Expression)>),
    Not(Box<Expression>),
    /// Operators of one precedence, from left to right. Chains are flat, so that long ones are not deep.
    Chain(Box<Expression>, Vec<(Operator, Expression)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

// Trees are dropped by recursion; nesting is what bounds it.
const _: () = assert!(MAX_NESTING <= 64);
