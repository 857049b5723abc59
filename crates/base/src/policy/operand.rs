//! One value of a request against one of a condition.

use super::{
    Context,
    operator::Comparison,
    pattern::{self, Token},
};
use std::net::IpAddr;

/// A condition's value, made ready to be compared; none that is not of the operator's kind.
pub(super) enum Operand {
    Text(String),
    NoCase(String),
    Glob(Vec<Token>),
    Arn(Vec<Token>),
    Number(f64),
    /// Milliseconds since the epoch.
    Moment(f64),
    Truth(bool),
    Network(IpAddr, u32),
}

impl Operand {
    pub(super) fn new(
        comparison: Comparison,
        text: &str,
        variables: bool,
        context: &Context,
    ) -> Option<Self> {
        let plain = || pattern::plain(text, variables, context);
        Some(match comparison {
            Comparison::StringEquals | Comparison::Binary => Self::Text(plain()?),
            Comparison::StringEqualsIgnoreCase => Self::NoCase(plain()?.to_lowercase()),
            Comparison::StringLike => Self::Glob(pattern::compile(text, variables, context)?),
            Comparison::Arn => Self::Arn(pattern::compile(text, variables, context)?),
            Comparison::Numeric(_) => Self::Number(number(text)?),
            Comparison::Date(_) => Self::Moment(moment(text)?),
            Comparison::Bool | Comparison::Null => Self::Truth(truth(text)?),
            Comparison::IpAddress => {
                let (address, bits) = network(text)?;
                Self::Network(address, bits)
            }
        })
    }

    /// Whether the request's `value` is what `comparison` says to this one; none if it is of another kind.
    pub(super) fn compare(&self, comparison: Comparison, value: &str) -> Option<bool> {
        Some(match (self, comparison) {
            (Self::Text(own), _) => own == value,
            (Self::NoCase(own), _) => *own == value.to_lowercase(),
            (Self::Glob(own), _) => pattern::glob(own, value),
            (Self::Arn(own), _) => pattern::arn(own, value),
            (Self::Number(own), Comparison::Numeric(order)) => order.is(number(value)?.partial_cmp(own)?),
            (Self::Moment(own), Comparison::Date(order)) => order.is(moment(value)?.partial_cmp(own)?),
            (Self::Truth(own), _) => truth(value)? == *own,
            (Self::Network(address, bits), _) => within(value.parse().ok()?, *address, *bits),
            (Self::Number(_) | Self::Moment(_), _) => return None,
        })
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|n: &f64| n.is_finite())
}

pub(super) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A moment in one of the forms that W3C's profile of ISO 8601 allows, or in seconds since the epoch.
fn moment(text: &str) -> Option<f64> {
    if let Some(seconds) = number(text) {
        // A year alone is a number too, and read as one, as AWS reads it.
        return Some(seconds * 1000.0);
    }
    let full = match text.len() {
        // A day, and a month.
        10 => format!("{text}T00:00:00Z"),
        7 => format!("{text}-01T00:00:00Z"),
        _ => text.to_owned(),
    };
    let moment: jiff::Timestamp = full.parse().ok()?;
    Some(moment.as_millisecond() as f64)
}

fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(most);
    (bits <= most).then_some((address, bits))
}

fn within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    let same = |a: u128, b: u128, width: u32| bits == 0 || (a ^ b) >> (width - bits) == 0;
    match (address.to_canonical(), network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}
