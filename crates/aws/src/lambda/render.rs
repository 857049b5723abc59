//! A function as the API shows it.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_base::{Error, Result};
use tinderbox_functions::{
    AliasFound, EventConfigFound,
    model::{self, Function},
};

/// The function under the name `arn`.
pub(super) fn configuration(function: &Function, arn: String) -> FunctionConfiguration {
    FunctionConfiguration {
        state: Some(State::ACTIVE.into()),
        last_update_status: Some(LastUpdateStatus::SUCCESSFUL.into()),
        ..listed(function, arn)
    }
}

/// The function as lists show it: without its state.
pub(super) fn listed(function: &Function, arn: String) -> FunctionConfiguration {
    let own = &function.configuration;
    FunctionConfiguration {
        function_name: Some(function.name.to_string()),
        function_arn: Some(arn),
        runtime: Some(own.runtime.to_string()),
        role: Some(own.role.clone()),
        handler: Some(own.handler.clone()),
        code_size: Some(i64::try_from(function.code.size).unwrap_or(i64::MAX)),
        description: Some(own.description.clone()),
        timeout: Some(own.timeout_s.into()),
        memory_size: Some(own.memory.into()),
        last_modified: Some(function.last_modified.to_lambda_last_modified()),
        code_sha256: Some(function.code.sha256_base64()),
        version: Some(function.version().to_string()),
        vpc_config: own.vpc.as_ref().map(vpc),
        dead_letter_config: own
            .dead_letter_target
            .clone()
            .map(|arn| DeadLetterConfig { target_arn: Some(arn) }),
        environment: own.environment.as_ref().map(|environment| EnvironmentResponse {
            variables: Some(environment.variables().clone()),
            error: None,
        }),
        tracing_config: Some(TracingConfigResponse { mode: Some(tracing(own.tracing).into()) }),
        revision_id: Some(function.revision_id()),
        package_type: Some(PackageType::ZIP.into()),
        architectures: Some(vec![own.architecture.clone()]),
        ephemeral_storage: Some(EphemeralStorage { size: own.ephemeral_storage_mib.into() }),
        snap_start: Some(SnapStartResponse {
            apply_on: Some(snap_start(own.snap_start).into()),
            optimization_status: Some(SnapStartOptimizationStatus::OFF.into()),
        }),
        logging_config: Some(logging(function)),
        ..FunctionConfiguration::default()
    }
}

/// An alias as the API shows it.
pub(super) fn alias(found: &AliasFound) -> AliasConfiguration {
    let alias = &found.alias;
    let weights = |a: &model::Additional| [(a.version.to_string(), a.weight)].into_iter().collect();
    AliasConfiguration {
        alias_arn: Some(found.arn.to_string()),
        name: Some(alias.name.clone()),
        function_version: Some(alias.version.to_string()),
        description: Some(alias.description.clone()),
        routing_config: alias
            .additional
            .as_ref()
            .map(|a| AliasRoutingConfiguration { additional_version_weights: Some(weights(a)) }),
        revision_id: Some(alias.revision.to_string()),
    }
}

/// How events are handled as the API shows it.
pub(super) fn event_config(found: &EventConfigFound) -> FunctionEventInvokeConfig {
    let config = &found.config;
    FunctionEventInvokeConfig {
        last_modified: Some(config.last_modified),
        function_arn: Some(found.arn.to_string()),
        maximum_retry_attempts: config.retries.map(Into::into),
        maximum_event_age_in_seconds: config.max_age_s.map(Into::into),
        destination_config: Some(DestinationConfig {
            on_success: Some(OnSuccess { destination: config.on_success.clone() }),
            on_failure: Some(OnFailure { destination: config.on_failure.clone() }),
        }),
    }
}

/// Refuses to publish to `$LATEST.PUBLISHED`, which only functions on capacity providers have.
pub(super) fn refuse_latest_published(publish_to: Option<&str>) -> Result<()> {
    match publish_to {
        None => Ok(()),
        Some(_) => Err(Error::invalid("PublishTo is not supported by this server yet.")
            .with_code("InvalidParameterValueException")),
    }
}

fn vpc(vpc: &model::VpcConfig) -> VpcConfigResponse {
    VpcConfigResponse {
        subnet_ids: Some(vpc.subnet_ids.clone()),
        security_group_ids: Some(vpc.security_group_ids.clone()),
        vpc_id: Some(String::new()),
        // Told once there is a network to use it in.
        ipv6_allowed_for_dual_stack: vpc.ipv6.or_else(|| (!vpc.subnet_ids.is_empty()).then_some(false)),
    }
}

fn logging(function: &Function) -> LoggingConfig {
    let format = function.configuration.logging.format;
    let levels = match format {
        model::LogFormat::Text => None,
        model::LogFormat::Json { application, system } => Some((application.as_str(), system.as_str())),
    };
    LoggingConfig {
        log_format: Some(format.as_str().into()),
        application_log_level: levels.map(|(application, _)| application.into()),
        system_log_level: levels.map(|(_, system)| system.into()),
        log_group: Some(function.log_group()),
    }
}

fn tracing(mode: model::TracingMode) -> &'static str {
    match mode {
        model::TracingMode::Active => TracingMode::ACTIVE,
        model::TracingMode::PassThrough => TracingMode::PASS_THROUGH,
    }
}

fn snap_start(apply_on: model::SnapStart) -> &'static str {
    match apply_on {
        model::SnapStart::PublishedVersions => SnapStartApplyOn::PUBLISHED_VERSIONS,
        model::SnapStart::None => SnapStartApplyOn::NONE,
    }
}
