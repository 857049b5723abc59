//! The private network that a function's owner names: kept and shown.

use crate::errors;
use serde::{Deserialize, Serialize};
use tinderbox_base::Result;

/// The longest id of a subnet or a security group (Lambda API, `SubnetId`, `SecurityGroupId`).
const MAX_ID: usize = 1024;

/// A private network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcConfig {
    /// Ids of subnets.
    pub subnet_ids: Vec<String>,
    /// Ids of security groups.
    pub security_group_ids: Vec<String>,
    /// Whether IPv6 is allowed.
    pub ipv6: Option<bool>,
}

impl VpcConfig {
    /// Refuses ids that are none; whether there are such subnets and groups is not known here.
    pub(super) fn checked(self) -> Result<Self> {
        let small = |c: u8| c.is_ascii_digit() || c.is_ascii_lowercase();
        ids(&self.subnet_ids, "subnetIds", "subnet-[0-9a-z]*", |id| {
            id.strip_prefix("subnet-").is_some_and(|rest| rest.bytes().all(small))
        })?;
        ids(&self.security_group_ids, "securityGroupIds", "sg-[0-9a-zA-Z]*", |id| {
            id.strip_prefix("sg-").is_some_and(|rest| rest.bytes().all(|c| c.is_ascii_alphanumeric()))
        })?;
        Ok(self)
    }
}

fn ids(ids: &[String], member: &str, pattern: &str, fits: impl Fn(&str) -> bool) -> Result<()> {
    if ids.iter().all(|id| id.len() <= MAX_ID && fits(id)) {
        return Ok(());
    }
    let shown: String = ids.join(", ").chars().take(MAX_ID).collect();
    let rule = format!(
        "Member must satisfy constraint: [Member must have length less than or equal to {MAX_ID}, Member must have \
         length greater than or equal to 0, Member must satisfy regular expression pattern: {pattern}]"
    );
    Err(errors::validation(format!("[{shown}]"), &format!("vpcConfig.{member}"), &rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_networks() {
        fn check(subnet: &str, group: &str, expect: Result<(), &str>) {
            let (subnet_ids, security_group_ids) = (vec![subnet.to_owned()], vec![group.to_owned()]);
            let found = VpcConfig { subnet_ids, security_group_ids, ipv6: None }.checked();
            match (found.map(drop), expect) {
                (Ok(()), Ok(())) => {}
                (Err(error), Err(text)) => assert!(error.message().contains(text), "{error}"),
                (found, _) => panic!("{subnet} {group}: {found:?}"),
            }
        }
        check("subnet-0a1b", "sg-0A1b", Ok(()));
        check("net-1", "sg-1", Err("Value '[net-1]' at 'vpcConfig.subnetIds' failed to satisfy constraint"));
        check("subnet-A", "sg-1", Err("regular expression pattern: subnet-[0-9a-z]*]"));
        check("subnet-1", "sg_1", Err("regular expression pattern: sg-[0-9a-zA-Z]*]"));
        check(&format!("subnet-{}", "a".repeat(MAX_ID)), "sg-1", Err("less than or equal to 1024"));
    }
}
