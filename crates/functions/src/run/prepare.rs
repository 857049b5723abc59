//! From a function's record to a version that the engine can run.

use super::environment::{TASK_ROOT, environment};
use super::observer::FunctionLog;
use super::outcome::INVALID_ENTRYPOINT;
use super::system_log::SystemLog;
use super::tails::Tails;
use super::writers::Writers;
use crate::code::CodeStore;
use crate::logs::text;
use crate::model::{Environment, Function};
use crate::runtimes::{Family, Missing, Runtimes, version_arn};
use serde_json::{Map, Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tinderbox_base::{Clock, LogSink, Random, Result};
use tinderbox_engine::{Boot, GroupId, Version, VersionId};

/// Where a custom runtime's program may lie.
const BOOTSTRAPS: &str = "[/var/task/bootstrap /opt/bootstrap]";

/// What versions are made with.
pub(crate) struct Preparation {
    pub(crate) code: Arc<CodeStore>,
    pub(crate) runtimes: Runtimes,
    pub(crate) sink: Arc<dyn LogSink>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) tails: Arc<Tails>,
    pub(crate) writers: Arc<Writers>,
}

/// Why a function cannot run on this machine as it is: an error for whoever invokes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unrunnable {
    /// The error's type.
    pub kind: &'static str,
    /// What is wrong and what helps.
    pub message: String,
    /// A line for the log alone.
    pub detail: Option<String>,
}

/// The group in which a function's concurrency is counted.
pub(crate) fn group_id(function: &Function) -> GroupId {
    GroupId::new(function.arn().to_string())
}

impl Preparation {
    /// The version of `function` under the name `id`.
    pub(crate) async fn version(
        &self,
        function: &Function,
        id: VersionId,
    ) -> Result<Result<Arc<Version>, Unrunnable>> {
        let configuration = &function.configuration;
        let none = Environment::default();
        let own = configuration.environment.as_ref().unwrap_or(&none);
        let chosen = match self.runtimes.choose(configuration.runtime, configuration.memory, own).await? {
            Ok(chosen) => chosen,
            Err(Missing(message)) => {
                return Ok(Err(Unrunnable { kind: "Runtime.InvalidRuntime", message, detail: None }));
            }
        };
        let code = self.code.directory(function.code.sha256).await?;
        if let Some(unrunnable) = unrunnable(function, code.path()) {
            return Ok(Err(unrunnable));
        }
        let env = environment(function, &chosen.class);
        let timeout = Duration::from_secs(configuration.timeout_s.into());
        let arn = version_arn(&function.region, &chosen.class);
        let mounts = vec![(code.path().to_owned(), TASK_ROOT.into())];
        let log = FunctionLog {
            sink: self.sink.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            tails: self.tails.clone(),
            account: function.account.clone(),
            region: function.region.clone(),
            group: function.log_group(),
            owner: function.stream_owner().to_owned(),
            timeout,
            system: SystemLog::new(function, (chosen.label, arn)),
            streams: Mutex::default(),
            early: Mutex::default(),
            _writer: self.writers.enter(),
            _code: code,
        };
        Ok(Ok(Arc::new(Version {
            id,
            group: group_id(function),
            account: function.account.clone(),
            load: load(function, &env),
            env: if chosen.boot == Boot::Spawn { env } else { Vec::new() },
            class: chosen.class,
            boot: chosen.boot,
            mounts,
            memory: configuration.memory,
            timeout,
            observer: Arc::new(log),
        })))
    }
}

/// The head of the frame that makes a generic instance this function's.
fn load(function: &Function, env: &[(String, String)]) -> Value {
    let configuration = &function.configuration;
    let env: Map<String, Value> = env.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect();
    json!({
        "handler": configuration.handler,
        "task_root": TASK_ROOT,
        "env": env,
        "function_name": function.name.as_str(),
        "function_version": function.version(),
        "memory_mb": configuration.memory.mib(),
        "log_group": function.log_group(),
        "timeout_ms": u64::from(configuration.timeout_s) * 1000,
        // For whoever looks into an instance: the bootstraps have no use for it.
        "revision_id": function.revision_id(),
    })
}

/// What of the function's own that starts its process is missing in `code`.
fn unrunnable(function: &Function, code: &Path) -> Option<Unrunnable> {
    let configuration = &function.configuration;
    if configuration.runtime.family() == Family::Provided
        && let Some(message) = no_entrypoint(&code.join("bootstrap"))
    {
        return Some(Unrunnable { kind: INVALID_ENTRYPOINT, message, detail: None });
    }
    let wrapper = configuration.environment.as_ref()?.exec_wrapper()?;
    // There are no layers, so nothing lies in /opt; elsewhere it may be one of the system's tools.
    let missing = match wrapper.strip_prefix(TASK_ROOT).map(|path| path.trim_start_matches('/')) {
        Some(path) => !is_executable(&code.join(path)),
        None => wrapper.starts_with("/opt/"),
    };
    missing.then(|| Unrunnable {
        kind: "Runtime.ExitError",
        // What a shell says of a program that it cannot find.
        message: text::exited(Some(127), None),
        detail: Some(format!("AWS_LAMBDA_EXEC_WRAPPER: {wrapper} cannot be executed")),
    })
}

/// What is wrong with a custom runtime's program, as far as it can be seen without starting it.
fn no_entrypoint(bootstrap: &Path) -> Option<String> {
    match bootstrap.symlink_metadata() {
        Ok(found) if !found.is_dir() => {
            (!is_executable(bootstrap)).then(|| text::not_started("permission denied"))
        }
        _ => Some(format!("Couldn't find valid bootstrap(s): {BOOTSTRAPS}")),
    }
}

/// Whether `path` is a program, or a link, which may lead to one only where it will be mounted.
fn is_executable(path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|m| m.is_symlink() || m.is_file() && m.permissions().mode() & 0o111 != 0)
}
