//! A function as the API shows it.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{
    model::{self, Function},
    names::LATEST,
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
        version: Some(LATEST.into()),
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
        logging_config: Some(LoggingConfig {
            log_format: Some(LogFormat::TEXT.into()),
            log_group: Some(function.log_group()),
            ..LoggingConfig::default()
        }),
        ..FunctionConfiguration::default()
    }
}

fn vpc(vpc: &model::VpcConfig) -> VpcConfigResponse {
    VpcConfigResponse {
        subnet_ids: Some(vpc.subnet_ids.clone()),
        security_group_ids: Some(vpc.security_group_ids.clone()),
        vpc_id: Some(String::new()),
        ipv6_allowed_for_dual_stack: vpc.ipv6,
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
