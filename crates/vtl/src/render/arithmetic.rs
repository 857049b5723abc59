//! `+ - * / %` on numbers.

use crate::{Value, syntax::Operator};

/// Whole numbers stay whole, and become floating point numbers where they would overflow. What cannot be
/// calculated, such as a division by zero, is nothing.
pub(super) fn calculate(operator: Operator, left: &Value, right: &Value) -> Value {
    if let (Value::Int(a), Value::Int(b)) = (left, right) {
        let whole = match operator {
            Operator::Add => a.checked_add(*b),
            Operator::Subtract => a.checked_sub(*b),
            Operator::Multiply => a.checked_mul(*b),
            Operator::Divide | Operator::Remainder if *b == 0 => return Value::Null,
            Operator::Divide => a.checked_div(*b),
            Operator::Remainder => a.checked_rem(*b).or(Some(0)),
            _ => return Value::Null,
        };
        if let Some(n) = whole {
            return Value::Int(n);
        }
    }
    let (Some(a), Some(b)) = (left.number(), right.number()) else { return Value::Null };
    Value::Float(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide | Operator::Remainder if b == 0.0 => return Value::Null,
        Operator::Divide => a / b,
        Operator::Remainder => a % b,
        _ => return Value::Null,
    })
}
