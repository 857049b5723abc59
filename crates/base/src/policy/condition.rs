//! Conditions: `"StringEquals": {"aws:username": ["anna", "ben"]}`.

use super::{
    Context, Operator,
    operand::{self, Operand},
    operator::{Comparison, Quantifier},
};

/// One key of a condition block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// How values are compared.
    pub operator: Operator,
    /// The condition key, such as `aws:SourceArn`.
    pub key: String,
    /// What is compared with: any one of these.
    pub values: Vec<String>,
}

impl Condition {
    /// Whether it holds for a request with this context.
    pub fn holds(&self, variables: bool, context: &Context) -> bool {
        let Operator { comparison, negated, if_exists, quantifier } = self.operator;
        let given = context.get(&self.key);
        if comparison == Comparison::Null {
            return self.values.iter().any(|v| operand::truth(v) == Some(given.is_none()));
        }
        let Some(given) = given else {
            // A set without values satisfies what is asked of all, and nothing that is asked of one.
            return if_exists || quantifier == Some(Quantifier::All) || (negated && quantifier.is_none());
        };
        let operands: Vec<_> =
            self.values.iter().filter_map(|v| Operand::new(comparison, v, variables, context)).collect();
        if operands.is_empty() {
            return false;
        }
        let one = |value: &String| {
            let found: Vec<_> = operands.iter().map(|o| o.compare(comparison, value)).collect();
            match negated {
                false => found.contains(&Some(true)),
                // What cannot be compared is not known to differ.
                true => found.iter().all(|f| *f == Some(false)),
            }
        };
        match quantifier {
            Some(Quantifier::All) => given.iter().all(one),
            Some(Quantifier::Any) => given.iter().any(one),
            None if negated => given.iter().all(one),
            None => given.iter().any(one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn condition(operator: &str, key: &str, values: &[&str]) -> Condition {
        Condition {
            operator: operator.parse().expect("an operator"),
            key: key.into(),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        }
    }

    #[test]
    fn operators() {
        let mut context = Context::new()
            .with("s", "Red")
            .with("n", "10")
            .with("d", "2026-01-31T12:00:00Z")
            .with("b", "true")
            .with("ip", "203.0.113.7")
            .with("ip6", "2001:db8::7")
            .with("arn", "arn:aws:lambda:us-east-1:123456789012:function:f")
            .with("me", "red");
        context.set_all("tags", vec!["a".into(), "b".into()]);
        context.set_all("none", vec![]);
        let check = |operator: &str, key: &str, values: &[&str], expect: bool| {
            let found = condition(operator, key, values).holds(true, &context);
            assert_eq!(found, expect, "{operator} {key} {values:?}");
        };
        check("StringEquals", "s", &["Blue", "Red"], true);
        check("StringEquals", "S", &["red"], false);
        check("StringEquals", "absent", &["x"], false);
        check("StringEqualsIfExists", "absent", &["x"], true);
        check("StringNotEquals", "s", &["Blue", "Red"], false);
        check("StringNotEquals", "s", &["Blue", "Green"], true);
        check("StringNotEquals", "absent", &["x"], true);
        check("StringEqualsIgnoreCase", "s", &["${me}"], true);
        check("StringNotEqualsIgnoreCase", "s", &["RED"], false);
        check("StringLike", "s", &["R*"], true);
        check("StringNotLike", "s", &["R?d"], false);
        check("StringEquals", "s", &["R*"], false);
        check("NumericEquals", "n", &["10.0"], true);
        check("NumericLessThan", "n", &["10"], false);
        check("NumericLessThanEquals", "n", &["10"], true);
        check("NumericGreaterThan", "n", &["9"], true);
        check("NumericNotEquals", "n", &["9"], true);
        check("NumericGreaterThan", "s", &["9"], false);
        check("NumericNotEquals", "s", &["9"], false);
        check("NumericEquals", "n", &["ten"], false);
        check("DateLessThan", "d", &["2026-02-01"], true);
        check("DateGreaterThan", "d", &["2026-01-31T13:00:00+02:00"], true);
        check("DateGreaterThanEquals", "d", &["1769860800"], true);
        check("DateEquals", "d", &["2026-01"], false);
        check("Bool", "b", &["TRUE"], true);
        check("Bool", "b", &["false"], false);
        check("BinaryEquals", "s", &["Red"], true);
        check("IpAddress", "ip", &["203.0.113.0/24"], true);
        check("IpAddress", "ip", &["203.0.113.8"], false);
        check("IpAddress", "ip", &["0.0.0.0/0"], true);
        check("IpAddress", "ip", &["203.0.113.0/33"], false);
        check("NotIpAddress", "ip", &["203.0.113.0/24"], false);
        check("IpAddress", "ip6", &["2001:db8::/32"], true);
        check("IpAddress", "ip6", &["203.0.113.0/24"], false);
        check("ArnLike", "arn", &["arn:aws:lambda:*:123456789012:function:*"], true);
        check("ArnEquals", "arn", &["arn:aws:lambda:*:*:function:g"], false);
        check("ArnNotLike", "arn", &["arn:aws:sqs:*:*:*"], true);
        check("Null", "absent", &["true"], true);
        check("Null", "s", &["true"], false);
        check("Null", "s", &["false"], true);
        check("ForAllValues:StringEquals", "tags", &["a", "b", "c"], true);
        check("ForAllValues:StringEquals", "tags", &["a"], false);
        check("ForAllValues:StringEquals", "absent", &["a"], true);
        check("ForAllValues:StringEquals", "none", &["a"], true);
        check("ForAnyValue:StringEquals", "tags", &["b"], true);
        check("ForAnyValue:StringEquals", "tags", &["c"], false);
        check("ForAnyValue:StringEquals", "absent", &["a"], false);
        check("ForAnyValue:StringNotEquals", "tags", &["a"], true);
        check("ForAllValues:StringNotLike", "tags", &["c*"], true);
        check("StringNotEquals", "tags", &["a"], false);
        // A variable without a value matches nothing.
        check("StringEquals", "s", &["${aws:username}"], false);
        check("StringEquals", "s", &["${aws:username}", "Red"], true);
    }

    #[test]
    fn what_is_no_operator() {
        for name in ["", "Equals", "NumericLike", "ForSome:StringLike", "NullIfExists", "ForAnyValue:Null"] {
            assert!(name.parse::<Operator>().is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_values_are_compared(
            operator in prop::sample::select(vec!["NumericLessThan", "DateEquals", "IpAddress", "Bool", "ArnLike"]),
            own in "\\PC{0,24}",
            value in "\\PC{0,24}",
        ) {
            let _ = condition(operator, "k", &[&own]).holds(true, &Context::new().with("k", value));
        }
    }
}
