//! The operators of conditions, by their names.

use std::str::FromStr;

/// How a condition's values are compared with the request's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    pub(super) comparison: Comparison,
    /// `…NotEquals`, `NotIpAddress`: true where the comparison is false.
    pub(super) negated: bool,
    /// `…IfExists`: true when the request has no such key.
    pub(super) if_exists: bool,
    pub(super) quantifier: Option<Quantifier>,
}

/// What the values of a key of several must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    /// `ForAllValues:`: each of the request's values.
    All,
    /// `ForAnyValue:`: at least one of them.
    Any,
}

/// What one value must be to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Order),
    Date(Order),
    Bool,
    Binary,
    IpAddress,
    Arn,
    /// Whether the key is absent.
    Null,
}

/// The order of two numbers or moments, the request's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The text is not the name of an operator.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownOperator;

impl FromStr for Operator {
    type Err = UnknownOperator;

    fn from_str(text: &str) -> Result<Self, UnknownOperator> {
        let (quantifier, name) = match text.split_once(':') {
            Some(("ForAllValues", name)) => (Some(Quantifier::All), name),
            Some(("ForAnyValue", name)) => (Some(Quantifier::Any), name),
            Some(_) => return Err(UnknownOperator),
            None => (None, text),
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (comparison, negated) = comparison(name).ok_or(UnknownOperator)?;
        if comparison == Comparison::Null && (if_exists || quantifier.is_some()) {
            return Err(UnknownOperator);
        }
        Ok(Self { comparison, negated, if_exists, quantifier })
    }
}

fn comparison(name: &str) -> Option<(Comparison, bool)> {
    use Comparison::{
        Arn, Binary, Bool, Date, IpAddress, Null, Numeric, StringEquals, StringEqualsIgnoreCase, StringLike,
    };
    if let Some(order) = name.strip_prefix("Numeric").and_then(order) {
        return Some((Numeric(order.0), order.1));
    }
    if let Some(order) = name.strip_prefix("Date").and_then(order) {
        return Some((Date(order.0), order.1));
    }
    Some(match name {
        "StringEquals" => (StringEquals, false),
        "StringNotEquals" => (StringEquals, true),
        "StringEqualsIgnoreCase" => (StringEqualsIgnoreCase, false),
        "StringNotEqualsIgnoreCase" => (StringEqualsIgnoreCase, true),
        "StringLike" => (StringLike, false),
        "StringNotLike" => (StringLike, true),
        "Bool" => (Bool, false),
        "BinaryEquals" => (Binary, false),
        "IpAddress" => (IpAddress, false),
        "NotIpAddress" => (IpAddress, true),
        // AWS: the two behave the same.
        "ArnEquals" | "ArnLike" => (Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Arn, true),
        "Null" => (Null, false),
        _ => return None,
    })
}

fn order(name: &str) -> Option<(Order, bool)> {
    Some(match name {
        "Equals" => (Order::Equal, false),
        "NotEquals" => (Order::Equal, true),
        "LessThan" => (Order::Less, false),
        "LessThanEquals" => (Order::LessOrEqual, false),
        "GreaterThan" => (Order::Greater, false),
        "GreaterThanEquals" => (Order::GreaterOrEqual, false),
        _ => return None,
    })
}

impl Order {
    /// Whether `ordering`, of the request's value to the condition's, is this.
    pub(super) fn is(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}
