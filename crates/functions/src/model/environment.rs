//! The environment a function's owner sets.

use crate::errors;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tinderbox_base::Result;

/// Most bytes of an environment, measured as JSON (Lambda quotas: 4 KB, all variables together).
pub(super) const MAX_BYTES: usize = 4096;

/// Variables that only the platform sets (Lambda developer guide, "Reserved environment variables").
pub const RESERVED_KEYS: [&str; 18] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

/// Names that take effect while a process starts, so that a process which runs already comes too late.
const BOOT_TIME: [&str; 3] = ["NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "AWS_LAMBDA_EXEC_WRAPPER"];
const BOOT_TIME_PREFIXES: [&str; 3] = ["LD_", "PYTHON", "GLIBC_TUNABLES"];

/// Variables whose names and size were checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Checks what a caller sent.
    pub fn new(variables: BTreeMap<String, String>) -> Result<Self> {
        let reserved: Vec<&str> =
            variables.keys().map(String::as_str).filter(|k| RESERVED_KEYS.contains(k)).collect();
        if !reserved.is_empty() {
            return Err(errors::invalid_parameter(format!(
                "Lambda was unable to configure your environment variables because the environment variables \
                 you have provided contains reserved keys that are currently not supported for modification. \
                 Reserved keys used in this request: {}",
                reserved.join(", ")
            )));
        }
        if let Some(key) = variables.keys().find(|k| !is_key(k)) {
            let rule = "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: \
                        [a-zA-Z]([a-zA-Z0-9_])+]";
            let shown: String = key.chars().take(128).collect();
            return Err(errors::validation(shown, "environment.variables", rule));
        }
        if let Some((key, _)) = variables.iter().find(|(_, value)| value.contains('\0')) {
            return Err(errors::invalid_parameter(format!(
                "The value of the environment variable {key} contains a NUL character."
            )));
        }
        let measured = serde_json::to_string(&variables).unwrap_or_default();
        if measured.len() > MAX_BYTES {
            return Err(errors::invalid_parameter(format!(
                "Lambda was unable to configure your environment variables because the environment variables \
                 you have provided exceeded the 4KB limit. String measured: {measured}"
            )));
        }
        Ok(Self(variables))
    }

    /// The variables.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// The program that is to start the runtime in its stead, if one is named.
    pub fn exec_wrapper(&self) -> Option<&str> {
        self.0.get("AWS_LAMBDA_EXEC_WRAPPER").map(String::as_str).filter(|wrapper| !wrapper.is_empty())
    }

    /// Whether a process must be started with these variables, instead of being told of them later.
    pub fn acts_at_boot(&self) -> bool {
        self.0.keys().any(|key| {
            BOOT_TIME.contains(&key.as_str()) || BOOT_TIME_PREFIXES.iter().any(|p| key.starts_with(p))
        })
    }
}

/// `[a-zA-Z]([a-zA-Z0-9_])+`, the API's pattern.
fn is_key(key: &str) -> bool {
    key.len() >= 2
        && key.as_bytes()[0].is_ascii_alphabetic()
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn what_may_be_set() {
        fn check(pairs: &[(&str, &str)], expect: Result<(), &str>) {
            match (Environment::new(of(pairs)), expect) {
                (Ok(_), Ok(())) => {}
                (Err(error), Err(text)) => assert!(error.message().contains(text), "{error}"),
                (found, _) => panic!("{pairs:?}: {found:?}"),
            }
        }
        check(&[], Ok(()));
        check(&[("STAGE", "prod"), ("Db_1", "")], Ok(()));
        check(
            &[("AWS_REGION", "x"), ("A1", "y"), ("_HANDLER", "z")],
            Err("contains reserved keys that are currently not supported for modification. \
                 Reserved keys used in this request: AWS_REGION, _HANDLER"),
        );
        check(&[("1A", "x")], Err("Value '1A' at 'environment.variables' failed to satisfy constraint"));
        check(&[("A", "x")], Err("failed to satisfy constraint"));
        check(&[("A=B", "x")], Err("failed to satisfy constraint"));
        check(&[("AB", "x\0y")], Err("contains a NUL character"));
        // `{"AB":""}` is 9 bytes.
        check(&[("AB", &"x".repeat(MAX_BYTES - 9))], Ok(()));
        check(
            &[("AB", &"x".repeat(MAX_BYTES - 8))],
            Err("exceeded the 4KB limit. String measured: {\"AB\":\"x"),
        );
    }

    #[test]
    fn what_acts_at_boot() {
        fn check(key: &str, expect: bool) {
            let environment = Environment::new(of(&[(key, "x")])).expect("acceptable");
            assert_eq!(environment.acts_at_boot(), expect, "{key}");
        }
        for key in
            ["NODE_OPTIONS", "LD_PRELOAD", "PYTHONPATH", "NODE_EXTRA_CA_CERTS", "AWS_LAMBDA_EXEC_WRAPPER"]
        {
            check(key, true);
        }
        for key in ["STAGE", "NODE_ENV", "OLD_LD", "TZ"] {
            check(key, false);
        }
    }
}
