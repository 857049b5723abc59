//! Operators and what they work on, from the weakest to the strongest.

use super::{
    ast::{Expression, Operator},
    parser::{Parser, identifier_len},
};
use crate::Fault;

/// Operators by precedence: as symbols, and as the words that mean the same.
///
/// Of two symbols that begin alike the longer stands first.
const LEVELS: [&[(&str, &str, Operator)]; 6] = [
    &[("||", "or", Operator::Or)],
    &[("&&", "and", Operator::And)],
    &[("==", "eq", Operator::Equal), ("!=", "ne", Operator::Unequal)],
    &[
        ("<=", "le", Operator::LessOrEqual),
        ("<", "lt", Operator::Less),
        (">=", "ge", Operator::GreaterOrEqual),
        (">", "gt", Operator::Greater),
    ],
    &[("+", "", Operator::Add), ("-", "", Operator::Subtract)],
    &[("*", "", Operator::Multiply), ("/", "", Operator::Divide), ("%", "", Operator::Remainder)],
];

impl Parser<'_> {
    /// Reads an expression.
    pub(super) fn expression(&mut self) -> Result<Expression, Fault> {
        self.nested(|parser| parser.level(0))
    }

    fn level(&mut self, level: usize) -> Result<Expression, Fault> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let first = self.level(level + 1)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.operator(operators) {
            rest.push((operator, self.level(level + 1)?));
        }
        Ok(if rest.is_empty() { first } else { Expression::Chain(Box::new(first), rest) })
    }

    fn operator(&mut self, operators: &[(&str, &str, Operator)]) -> Option<Operator> {
        self.skip_space();
        for (symbol, word, operator) in operators {
            if self.take(symbol) || (!word.is_empty() && self.word(word)) {
                return Some(*operator);
            }
        }
        None
    }

    /// Reads `word` if it stands here alone.
    fn word(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let found = rest.get(..identifier_len(rest)) == Some(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn unary(&mut self) -> Result<Expression, Fault> {
        let mut negations = 0_usize;
        loop {
            self.skip_space();
            if self.peek() == Some(b'!') && self.peek_at(1) != Some(b'=') {
                self.at += 1;
            } else if !self.word("not") {
                break;
            }
            negations += 1;
        }
        let value = self.primary()?;
        Ok(match negations {
            0 => value,
            n if n % 2 == 1 => Expression::Not(Box::new(value)),
            // Two of them still make a boolean of whatever stands there.
            _ => Expression::Not(Box::new(Expression::Not(Box::new(value)))),
        })
    }

    /// Reads what stands between operators.
    pub(super) fn primary(&mut self) -> Result<Expression, Fault> {
        self.skip_space();
        match self.peek() {
            Some(b'$') => match self.reference()? {
                Some(reference) => Ok(Expression::Reference(reference)),
                None => Err(self.unexpected("a reference")),
            },
            Some(b'(') => {
                self.at += 1;
                let inner = self.expression()?;
                self.skip_space();
                self.expect(")", "to end what '(' began")?;
                Ok(inner)
            }
            Some(b'"' | b'\'') => self.string(),
            Some(b'[') => self.nested(Self::list),
            Some(b'{') => self.nested(Self::map),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.word("true") => Ok(Expression::Bool(true)),
            _ if self.word("false") => Ok(Expression::Bool(false)),
            _ => Err(self.unexpected("a value")),
        }
    }
}
