//! CloudWatch Logs' actions, and the ARNs of groups and streams.
//!
//! A group's ARN in policies ends with `:*`; what is asked for is `…:log-group:NAME:log-stream:`, as AWS's denials tell.

use super::rule::{Resource, Rule};
use tinderbox_wire::Call;

const NAMED: &[&str] = &["logGroupName"];
/// Some operations take a name or an ARN.
const EITHER: &[&str] = &["logGroupName", "logGroupIdentifier"];
const GROUP: Resource = Resource::Group(NAMED);

pub(super) const RULES: &[Rule] = &[
    Rule::new("CreateLogGroup", "logs:CreateLogGroup", GROUP),
    Rule::new("CreateLogStream", "logs:CreateLogStream", GROUP),
    Rule::new("DeleteLogGroup", "logs:DeleteLogGroup", GROUP),
    Rule::new("DeleteLogStream", "logs:DeleteLogStream", Resource::Stream(NAMED, "logStreamName")),
    Rule::new("DeleteRetentionPolicy", "logs:DeleteRetentionPolicy", GROUP),
    Rule::new("DescribeLogGroups", "logs:DescribeLogGroups", Resource::Group(&["logGroupNamePrefix"])),
    Rule::new("DescribeLogStreams", "logs:DescribeLogStreams", Resource::Group(EITHER)),
    Rule::new("FilterLogEvents", "logs:FilterLogEvents", Resource::Group(EITHER)),
    Rule::new("GetLogEvents", "logs:GetLogEvents", Resource::Stream(EITHER, "logStreamName")),
    Rule::new("ListTagsForResource", "logs:ListTagsForResource", Resource::Given("resourceArn")),
    Rule::new("PutLogEvents", "logs:PutLogEvents", Resource::Stream(NAMED, "logStreamName")),
    Rule::new("PutRetentionPolicy", "logs:PutRetentionPolicy", GROUP),
    Rule::new("TagResource", "logs:TagResource", Resource::Given("resourceArn")),
    Rule::new("UntagResource", "logs:UntagResource", Resource::Given("resourceArn")),
];

pub(super) fn group(call: &Call<'_>, members: &[&str]) -> String {
    stream_arn(call, members, "")
}

pub(super) fn stream(call: &Call<'_>, members: &[&str], stream: &str) -> String {
    stream_arn(call, members, call.text(stream).unwrap_or_default())
}

fn stream_arn(call: &Call<'_>, members: &[&str], stream: &str) -> String {
    let given = members.iter().find_map(|member| call.text(member)).unwrap_or_default();
    if given.starts_with("arn:") {
        return format!("{}:log-stream:{stream}", given.trim_end_matches(":*"));
    }
    // A listing is about the groups of the account, whatever prefix it gives.
    let name = if members.contains(&"logGroupNamePrefix") { "" } else { given };
    let (region, account) = (&call.caller.region, &call.caller.account);
    format!("arn:aws:logs:{region}:{account}:log-group:{name}:log-stream:{stream}")
}
