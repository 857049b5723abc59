//! CloudWatch's actions. None of them is about a resource.

use super::rule::{Resource, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::new("GetMetricStatistics", "cloudwatch:GetMetricStatistics", Resource::Any),
    Rule::new("ListMetrics", "cloudwatch:ListMetrics", Resource::Any),
    Rule::new("PutMetricData", "cloudwatch:PutMetricData", Resource::Any),
];
