//! Settings: what a caller sends, what is stored of it, and what is refused.
//!
//! Stored and shown without effect yet: SnapStart (which acts on published versions
//! only), VPC (instances reach the platform alone),
//! architecture (code runs on this machine's own). Everything else either acts or is refused.

use super::{Environment, LoggingConfig, LoggingSettings, VpcConfig};
use crate::errors;
use crate::runtimes::RuntimeName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tinderbox_base::{Arn, Memory, Result, config::RetiredRuntimes};

/// What a caller sends; an absent setting keeps its value, or takes its default in a new function.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The runtime's name.
    pub runtime: Option<String>,
    /// The execution role's ARN.
    pub role: Option<String>,
    /// What is called, such as `index.handler`.
    pub handler: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Seconds an invocation may take.
    pub timeout_s: Option<i64>,
    /// MiB of memory.
    pub memory_mib: Option<i64>,
    /// Variables of the owner.
    pub environment: Option<BTreeMap<String, String>>,
    /// MiB of /tmp.
    pub ephemeral_storage_mib: Option<i64>,
    /// `Active` or `PassThrough`.
    pub tracing_mode: Option<String>,
    /// Where logs go, and in which form.
    pub logging: Option<LoggingSettings>,
    /// Where events that failed go; empty for nowhere.
    pub dead_letter_target: Option<String>,
    /// The private network.
    pub vpc: Option<VpcConfig>,
    /// The key that encrypts the environment.
    pub kms_key_arn: Option<String>,
    /// ARNs of layer versions.
    pub layers: Option<Vec<String>>,
    /// `PublishedVersions` or `None`.
    pub snap_start: Option<String>,
    /// `x86_64` or `arm64`.
    pub architectures: Option<Vec<String>>,
    /// Features of the API that the caller uses and that are not there yet, by their member's name.
    pub unsupported: Vec<&'static str>,
}

/// Whether invocations are traced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TracingMode {
    /// Always.
    Active,
    /// When the caller traces.
    #[default]
    PassThrough,
}

/// What is snapshotted after its initialisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SnapStart {
    /// Versions when they are published.
    PublishedVersions,
    /// Nothing.
    #[default]
    None,
}

/// Bounds that the operator sets.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest timeout, in seconds.
    pub max_timeout_s: u32,
    /// MiB of /tmp that an instance has.
    pub scratch_mib: u64,
    /// What happens with names of retired runtimes.
    pub retired_runtimes: RetiredRuntimes,
}

/// Settings as stored: complete and within their bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// What interprets the code.
    pub runtime: RuntimeName,
    /// The execution role's ARN.
    pub role: String,
    /// What is called.
    pub handler: String,
    /// Free text.
    pub description: String,
    /// Seconds an invocation may take.
    pub timeout_s: u32,
    /// Memory of an instance.
    pub memory: Memory,
    /// Variables of the owner; absent when never given.
    pub environment: Option<Environment>,
    /// MiB of /tmp.
    pub ephemeral_storage_mib: u32,
    /// Whether invocations are traced.
    pub tracing: TracingMode,
    /// Where logs go.
    pub logging: LoggingConfig,
    /// Where events that failed go.
    pub dead_letter_target: Option<String>,
    /// The private network.
    pub vpc: Option<VpcConfig>,
    /// What is snapshotted.
    pub snap_start: SnapStart,
    /// The architecture the owner names.
    pub architecture: String,
}

const DEFAULT_TIMEOUT_S: u32 = 3;
const DEFAULT_EPHEMERAL_MIB: u32 = 512;
const MAX_HANDLER: usize = 128;
const MAX_DESCRIPTION: usize = 256;

impl Configuration {
    /// The configuration of a new function.
    pub fn new(settings: Settings, limits: &Limits) -> Result<Self> {
        let (Some(runtime), Some(handler)) = (&settings.runtime, &settings.handler) else {
            return Err(errors::invalid_parameter(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
            ));
        };
        let Some(role) = settings.role.clone() else {
            let text = "1 validation error detected: Value null at 'role' failed to satisfy constraint: \
                        Member must not be null";
            return Err(tinderbox_base::Error::invalid(text).with_code("ValidationException"));
        };
        let new = Self {
            runtime: RuntimeName::requested(runtime, limits.retired_runtimes)?,
            role,
            handler: handler.clone(),
            description: String::new(),
            timeout_s: DEFAULT_TIMEOUT_S,
            memory: Memory::default(),
            environment: None,
            ephemeral_storage_mib: DEFAULT_EPHEMERAL_MIB,
            tracing: TracingMode::default(),
            logging: LoggingConfig::default(),
            dead_letter_target: None,
            vpc: None,
            snap_start: SnapStart::default(),
            architecture: "x86_64".into(),
        };
        new.with(settings, limits)
    }

    /// This configuration with what the caller changes.
    pub fn with(mut self, settings: Settings, limits: &Limits) -> Result<Self> {
        refuse_unsupported(&settings)?;
        if let Some(name) = settings.runtime.filter(|name| name != self.runtime.as_str()) {
            self.runtime = RuntimeName::requested(&name, limits.retired_runtimes)?;
        }
        if let Some(role) = settings.role {
            self.role = role;
        }
        if let Some(handler) = settings.handler {
            self.handler = within(handler, "handler", MAX_HANDLER)?;
        }
        if let Some(description) = settings.description {
            self.description = within(description, "description", MAX_DESCRIPTION)?;
        }
        if let Some(seconds) = settings.timeout_s {
            self.timeout_s = timeout(seconds, limits.max_timeout_s)?;
        }
        if let Some(mib) = settings.memory_mib {
            self.memory = memory(mib)?;
        }
        if let Some(variables) = settings.environment {
            self.environment = Some(Environment::new(variables)?);
        }
        if let Some(mib) = settings.ephemeral_storage_mib {
            self.ephemeral_storage_mib = ephemeral_storage(mib, limits.scratch_mib)?;
        }
        if let Some(mode) = settings.tracing_mode {
            self.tracing = match mode.as_str() {
                "Active" => TracingMode::Active,
                "PassThrough" => TracingMode::PassThrough,
                _ => return Err(no_member(&mode, "tracingConfig.mode", "[Active, PassThrough]")),
            };
        }
        if let Some(logging) = settings.logging {
            self.logging = self.logging.with(logging)?;
        }
        if let Some(target) = settings.dead_letter_target {
            self.dead_letter_target = dead_letter_target(target)?;
        }
        if let Some(vpc) = settings.vpc {
            self.vpc = Some(vpc.checked()?);
        }
        if let Some(apply_on) = settings.snap_start {
            self.snap_start = match apply_on.as_str() {
                "PublishedVersions" => SnapStart::PublishedVersions,
                "None" => SnapStart::None,
                _ => return Err(no_member(&apply_on, "snapStart.applyOn", "[PublishedVersions, None]")),
            };
        }
        if let Some(architectures) = settings.architectures {
            self.architecture = architecture(&architectures)?;
        }
        Ok(self)
    }
}

fn refuse_unsupported(settings: &Settings) -> Result<()> {
    if settings.layers.as_ref().is_some_and(|l| !l.is_empty()) {
        return Err(errors::not_yet("Layers"));
    }
    if settings.kms_key_arn.as_ref().is_some_and(|k| !k.is_empty()) {
        return Err(errors::not_yet("KMSKeyArn"));
    }
    settings.unsupported.first().map_or(Ok(()), |what| Err(errors::not_yet(what)))
}

fn within(text: String, member: &str, max: usize) -> Result<String> {
    if text.chars().count() > max {
        let rule = format!("Member must have length less than or equal to {max}");
        return Err(errors::validation(text.chars().take(max + 1).collect::<String>(), member, &rule));
    }
    Ok(text)
}

fn timeout(seconds: i64, max: u32) -> Result<u32> {
    if seconds < 1 {
        return Err(errors::validation(
            seconds,
            "timeout",
            "Member must have value greater than or equal to 1",
        ));
    }
    u32::try_from(seconds).ok().filter(|s| *s <= max).ok_or_else(|| {
        errors::validation(seconds, "timeout", &format!("Member must have value less than or equal to {max}"))
    })
}

/// A queue or a topic, as AWS has it; none if the text is empty.
fn dead_letter_target(target: String) -> Result<Option<String>> {
    if target.is_empty() {
        return Ok(None);
    }
    let arn: Option<Arn> = target.parse().ok();
    match arn.as_ref().map(|arn| arn.service.as_str()) {
        Some("sqs" | "sns") => Ok(Some(target)),
        Some(_) | None => Err(errors::invalid_parameter(format!(
            "The dead-letter target {target} is neither a queue of SQS nor a topic of SNS."
        ))),
    }
}

fn memory(mib: i64) -> Result<Memory> {
    Memory::try_from(mib).map_err(|error| {
        if mib < i64::from(Memory::MIN) {
            let rule = "Member must have value greater than or equal to 128";
            errors::validation(mib, "memorySize", rule).because(error)
        } else {
            let text = "'MemorySize' value failed to satisfy constraint: \
                        Member must have value less than or equal to 10240";
            errors::invalid_parameter(text).because(error)
        }
    })
}

fn ephemeral_storage(mib: i64, scratch_mib: u64) -> Result<u32> {
    let rule = match mib {
        ..512 => "Member must have value greater than or equal to 512",
        512..=10_240 => "",
        _ => "Member must have value less than or equal to 10240",
    };
    if !rule.is_empty() {
        return Err(errors::validation(mib, "ephemeralStorage.size", rule));
    }
    u32::try_from(mib).ok().filter(|m| u64::from(*m) <= scratch_mib.max(512)).ok_or_else(|| {
        errors::invalid_parameter(format!(
            "EphemeralStorage of {mib} MB is more than the {scratch_mib} MB that this server gives its \
             instances (engine.scratch_mib)."
        ))
    })
}

fn architecture(names: &[String]) -> Result<String> {
    match names {
        [name] if name == "x86_64" || name == "arm64" => Ok(name.clone()),
        [_] => Err(errors::validation(
            format!("[{}]", names.join(", ")),
            "architectures",
            "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], \
             Member must not be null]",
        )),
        _ => {
            let bound = if names.is_empty() { "greater" } else { "less" };
            let rule = format!("Member must have length {bound} than or equal to 1");
            Err(errors::validation(format!("[{}]", names.join(", ")), "architectures", &rule))
        }
    }
}

pub(super) fn no_member(value: &str, member: &str, set: &str) -> tinderbox_base::Error {
    let shown: String = value.chars().take(64).collect();
    errors::validation(shown, member, &format!("Member must satisfy enum value set: {set}"))
}

#[cfg(test)]
mod tests;
