//! A few of AWS's own managed policies, by the ARNs that everybody writes. They say what AWS's say as far as there
//! is anything here that it applies to.

use crate::managed::ManagedPolicy;
use std::collections::BTreeMap;
use tinderbox_base::Timestamp;

/// Path, name and what it allows: actions, separated by spaces, on everything.
const POLICIES: [(&str, &str, &str); 11] = [
    ("/", "AdministratorAccess", "*"),
    ("/", "IAMFullAccess", "iam:*"),
    ("/", "IAMReadOnlyAccess", "iam:Get* iam:List* iam:Simulate*"),
    ("/", "CloudWatchLogsFullAccess", "logs:*"),
    ("/", "CloudWatchLogsReadOnlyAccess", "logs:Describe* logs:Get* logs:List* logs:FilterLogEvents"),
    (
        "/",
        "AWSLambda_FullAccess",
        "lambda:* cloudwatch:ListMetrics cloudwatch:GetMetricData iam:GetRole iam:ListRoles iam:PassRole iam:GetPolicy \
         iam:GetPolicyVersion iam:GetRolePolicy iam:ListAttachedRolePolicies iam:ListRolePolicies logs:DescribeLogGroups \
         logs:DescribeLogStreams logs:GetLogEvents logs:FilterLogEvents",
    ),
    (
        "/",
        "AWSLambda_ReadOnlyAccess",
        "lambda:Get* lambda:List* cloudwatch:ListMetrics cloudwatch:GetMetricData iam:GetRole iam:ListRoles \
         logs:DescribeLogGroups logs:DescribeLogStreams logs:GetLogEvents logs:FilterLogEvents",
    ),
    (
        "/service-role/",
        "AWSLambdaBasicExecutionRole",
        "logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents",
    ),
    ("/service-role/", "AWSLambdaRole", "lambda:InvokeFunction"),
    ("/", "AmazonAPIGatewayAdministrator", "apigateway:*"),
    ("/", "AmazonAPIGatewayInvokeFullAccess", "execute-api:Invoke execute-api:ManageConnections"),
];

/// What their ARNs begin with.
pub(crate) const PREFIX: &str = "arn:aws:iam::aws:policy/";

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = ManagedPolicy> {
    POLICIES.iter().map(|(path, name, actions)| {
        let actions: Vec<_> = actions.split(' ').map(|action| format!("\"{action}\"")).collect();
        ManagedPolicy {
            name: (*name).to_owned(),
            path: (*path).to_owned(),
            id: format!("ANPA{:A<17}", name.to_ascii_uppercase().replace('_', "").get(..17).unwrap_or("TINDERBOX")),
            arn: format!("arn:aws:iam::aws:policy{path}{name}"),
            created: Timestamp::default(),
            description: None,
            document: format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{}],"Resource":"*"}}]}}"#,
                actions.join(",")
            ),
            tags: BTreeMap::new(),
            attachments: 0,
        }
    })
}

/// The one with this ARN.
pub(crate) fn find(arn: &str) -> Option<ManagedPolicy> {
    arn.starts_with(PREFIX).then(|| all().find(|policy| policy.arn == arn)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinderbox_base::policy::{Policy, PolicyKind};

    #[test]
    fn each_is_a_policy_and_is_found() {
        for policy in all() {
            Policy::parse(&policy.document, PolicyKind::Identity).expect(&policy.name);
            assert_eq!(find(&policy.arn).as_ref(), Some(&policy));
            assert_eq!(policy.id.len(), 21, "{}", policy.id);
        }
        assert_eq!(find("arn:aws:iam::aws:policy/Nope"), None);
    }
}
