//! Expressions.

use super::{Renderer, arithmetic, compare};
use crate::{
    Fault, Key, Value,
    syntax::{Expression, Operator},
};

impl Renderer<'_> {
    pub(super) fn evaluate(&mut self, expression: &Expression) -> Result<Value, Fault> {
        self.scope.heap.spend(1)?;
        match expression {
            Expression::Text(text) => self.scope.heap.text(&**text),
            Expression::Template(block) => self.captured(|renderer| renderer.block(block)),
            Expression::Int(n) => Ok(Value::Int(*n)),
            Expression::Float(x) => Ok(Value::Float(*x)),
            Expression::Bool(b) => Ok(Value::Bool(*b)),
            Expression::Reference(reference) => self.reference(reference),
            Expression::List(items) => {
                let items = self.deeper(|renderer| renderer.all(items))?;
                self.scope.heap.list(items)
            }
            Expression::Range(ends) => self.range(&ends.0, &ends.1),
            Expression::Map(entries) => {
                let entries = self.deeper(|renderer| {
                    let entry = |(key, value): &(Expression, Expression)| {
                        let key = renderer.evaluate(key)?;
                        Ok((renderer.key(&key)?, renderer.evaluate(value)?))
                    };
                    entries.iter().map(entry).collect::<Result<Vec<_>, Fault>>()
                })?;
                self.scope.heap.map(entries)
            }
            Expression::Not(inner) => {
                let value = self.deeper(|renderer| renderer.evaluate(inner))?;
                Ok(Value::Bool(!value.is_true()))
            }
            Expression::Chain(first, rest) => self.deeper(|renderer| renderer.chain(first, rest)),
        }
    }

    pub(super) fn all(&mut self, expressions: &[Expression]) -> Result<Vec<Value>, Fault> {
        expressions.iter().map(|expression| self.evaluate(expression)).collect()
    }

    /// `value` as a key of a map.
    pub(super) fn key(&mut self, value: &Value) -> Result<Key, Fault> {
        self.scope.heap.key(value)
    }

    fn chain(&mut self, first: &Expression, rest: &[(Operator, Expression)]) -> Result<Value, Fault> {
        let mut left = self.evaluate(first)?;
        for (operator, right) in rest {
            left = match operator {
                // What cannot change the result is not evaluated.
                Operator::And if !left.is_true() => Value::Bool(false),
                Operator::Or if left.is_true() => Value::Bool(true),
                Operator::And | Operator::Or => Value::Bool(self.evaluate(right)?.is_true()),
                _ => {
                    let right = self.evaluate(right)?;
                    self.operate(*operator, &left, &right)?
                }
            };
        }
        Ok(left)
    }

    fn operate(&mut self, operator: Operator, left: &Value, right: &Value) -> Result<Value, Fault> {
        let heap = &mut self.scope.heap;
        Ok(match operator {
            Operator::Equal => Value::Bool(compare::equal(heap, left, right)?),
            Operator::Unequal => Value::Bool(!compare::equal(heap, left, right)?),
            Operator::Less => Value::Bool(compare::order(left, right).is_some_and(|o| o.is_lt())),
            Operator::LessOrEqual => Value::Bool(compare::order(left, right).is_some_and(|o| o.is_le())),
            Operator::Greater => Value::Bool(compare::order(left, right).is_some_and(|o| o.is_gt())),
            Operator::GreaterOrEqual => Value::Bool(compare::order(left, right).is_some_and(|o| o.is_ge())),
            Operator::Add if matches!((left, right), (Value::Text(_), _) | (_, Value::Text(_))) => {
                let joined = [heap.display(left)?, heap.display(right)?].concat();
                heap.text(joined)?
            }
            arithmetic => arithmetic::calculate(arithmetic, left, right),
        })
    }

    /// `[a..b]`, which may go down; nothing unless both ends are whole numbers.
    fn range(&mut self, start: &Expression, end: &Expression) -> Result<Value, Fault> {
        let (start, end) = (self.evaluate(start)?, self.evaluate(end)?);
        let (Value::Int(start), Value::Int(end)) = (start, end) else { return Ok(Value::Null) };
        let len = start.abs_diff(end).saturating_add(1);
        // Charged before it is made: the ends may be anything.
        let heap = &mut self.scope.heap;
        heap.charge(usize::try_from(len).unwrap_or(usize::MAX).saturating_mul(size_of::<Value>()))?;
        let items: Vec<Value> = if start <= end {
            (start..=end).map(Value::Int).collect()
        } else {
            (end..=start).rev().map(Value::Int).collect()
        };
        heap.list(items)
    }
}
