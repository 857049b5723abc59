//! The environment of a function's instances, as Lambda composes it.

use crate::model::{Function, LogFormat};
use crate::runtimes::Family;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use tinderbox_base::Random;
use tinderbox_engine::{InstanceId, RuntimeClass};

/// The platform as an instance reaches it.
const ENDPOINT: &str = "http://127.0.0.2:4566";
/// The Runtime API as a custom runtime reaches it.
const RUNTIME_API: &str = "127.0.0.1:9001";
/// Where AWS's images have the code.
pub(super) const TASK_ROOT: &str = "/var/task";

/// Everything but what differs from instance to instance: the runtime's variables, Lambda's, and on
/// top of them the owner's.
pub(super) fn environment(function: &Function, class: &RuntimeClass) -> Vec<(String, String)> {
    let configuration = &function.configuration;
    let memory = configuration.memory.mib().to_string();
    let group = function.log_group();
    let region = function.region.as_str();
    let version = function.version().to_string();
    let mut lambda = vec![
        ("AWS_DEFAULT_REGION", region),
        ("AWS_ENDPOINT_URL", ENDPOINT),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.as_str()),
        ("AWS_LAMBDA_FUNCTION_VERSION", &version),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_FORMAT", configuration.logging.format.as_str()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &group),
        ("AWS_REGION", region),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("LAMBDA_TASK_ROOT", TASK_ROOT),
        ("PWD", TASK_ROOT),
        ("SHLVL", "0"),
        ("_HANDLER", &configuration.handler),
    ];
    if let LogFormat::Json { application, .. } = configuration.logging.format {
        lambda.push(("AWS_LAMBDA_LOG_LEVEL", application.as_str()));
    }
    let execution = format!("AWS_Lambda_{}", configuration.runtime);
    match configuration.runtime.family() {
        Family::Python | Family::Node => lambda.push(("AWS_EXECUTION_ENV", &execution)),
        Family::Provided => lambda.push(("AWS_LAMBDA_RUNTIME_API", RUNTIME_API)),
    }
    let lambda = lambda.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned()));
    let own = configuration.environment.iter().flat_map(|e| e.variables());
    let mut all: Vec<(String, String)> = class.env.clone();
    all.extend(lambda);
    all.extend(own.map(|(k, v)| (k.clone(), v.clone())));
    last_of_each(all)
}

/// The last value of each name, in the order in which names first come.
fn last_of_each(pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        match kept.iter_mut().find(|(n, _)| *n == name) {
            Some(pair) => pair.1 = value,
            None => kept.push((name, value)),
        }
    }
    kept
}

/// The access key of an instance's session: told by the instance's name, so that whoever serves the
/// instance knows the key without being told.
pub(crate) fn access_key(instance: InstanceId) -> String {
    let bits = u128::from_str_radix(&instance.to_string(), 16).unwrap_or_default();
    let letter = |i: u32| {
        // Five bits, a number below 32.
        let index = (bits >> (5 * i)) as usize % 32;
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[index])
    };
    format!("ASIA{}", (0..16).map(letter).collect::<String>())
}

/// Credentials of a session of the function's role. Inside an instance the secret need not be right:
/// there the network namespace tells who calls.
pub(super) fn credentials(instance: InstanceId, random: &dyn Random) -> Vec<(String, String)> {
    let mut bytes = [0; 80];
    random.fill(&mut bytes);
    vec![
        ("AWS_ACCESS_KEY_ID".into(), access_key(instance)),
        ("AWS_SECRET_ACCESS_KEY".into(), BASE64_STANDARD.encode(&bytes[..30])),
        ("AWS_SESSION_TOKEN".into(), format!("IQoJ{}", BASE64_STANDARD.encode(&bytes[30..]))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ApplicationLogLevel;
    use crate::testing::function;
    use tinderbox_base::SeededRandom;
    use tinderbox_engine::Protocol;

    fn class() -> RuntimeClass {
        RuntimeClass {
            key: "x".into(),
            argv: vec![],
            env: vec![("PATH".into(), "/var/lang/bin".into()), ("TZ".into(), ":UTC".into())],
            mounts: vec![],
            protocol: Protocol::Frames,
            zygote: None,
        }
    }

    #[test]
    fn environments() {
        let check = |runtime: &str, own: &[(&str, &str)], name: &str, expect: Option<&str>| {
            let function = function(runtime, own);
            let environment = environment(&function, &class());
            let found: Vec<_> = environment.iter().filter(|(k, _)| k == name).collect();
            assert!(found.len() <= 1, "{name} comes twice");
            assert_eq!(found.first().map(|(_, v)| v.as_str()), expect, "{name}");
        };
        check("python3.12", &[], "AWS_EXECUTION_ENV", Some("AWS_Lambda_python3.12"));
        check("provided.al2023", &[], "AWS_EXECUTION_ENV", None);
        check("provided.al2023", &[], "AWS_LAMBDA_RUNTIME_API", Some("127.0.0.1:9001"));
        check("python3.12", &[], "AWS_LAMBDA_RUNTIME_API", None);
        check("python3.12", &[], "AWS_LAMBDA_FUNCTION_NAME", Some("hello"));
        check("python3.12", &[], "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", Some("128"));
        check("python3.12", &[], "AWS_LAMBDA_LOG_GROUP_NAME", Some("/aws/lambda/hello"));
        check("python3.12", &[], "AWS_LAMBDA_LOG_FORMAT", Some("Text"));
        check("python3.12", &[], "AWS_LAMBDA_LOG_LEVEL", None);
        check("python3.12", &[], "AWS_DEFAULT_REGION", Some("us-east-1"));
        check("python3.12", &[], "AWS_ENDPOINT_URL", Some("http://127.0.0.2:4566"));
        check("python3.12", &[], "_HANDLER", Some("app.handler"));
        check("python3.12", &[("STAGE", "prod")], "STAGE", Some("prod"));
        check("python3.12", &[("PATH", "/mine")], "PATH", Some("/mine"));
        check("python3.12", &[("TZ", "Europe/Berlin")], "TZ", Some("Europe/Berlin"));
    }

    #[test]
    fn json_logs_have_a_level() {
        let mut function = function("nodejs22.x", &[]);
        let application = ApplicationLogLevel::Warn;
        function.configuration.logging.format = LogFormat::Json { application, system: Default::default() };
        let environment = environment(&function, &class());
        for (name, value) in [("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_LOG_LEVEL", "WARN")] {
            assert!(environment.contains(&(name.into(), value.into())), "{name}");
        }
    }

    #[test]
    fn credentials_look_like_a_sessions() {
        let random = SeededRandom::new(1);
        let (one, two) = (InstanceId::new(&random), InstanceId::new(&random));
        let found = credentials(one, &random);
        let value = |name: &str| found.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()).expect(name);
        let id = value("AWS_ACCESS_KEY_ID");
        assert!(id.starts_with("ASIA") && id.len() == 20, "{id}");
        assert_eq!(id, access_key(one));
        assert_ne!(id, access_key(two));
        assert_eq!(value("AWS_SECRET_ACCESS_KEY").len(), 40);
        assert!(!value("AWS_SESSION_TOKEN").is_empty());
    }
}
