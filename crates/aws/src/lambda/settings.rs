//! Settings and code as requests carry them.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{
    CodeSource, Destinations,
    model::{self, LoggingSettings, Settings},
};

/// The settings of a new function.
pub(super) fn of_new(input: &CreateFunctionRequest) -> Settings {
    let given = [
        ("FileSystemConfigs", input.file_system_configs.as_ref().is_some_and(|f| !f.is_empty())),
        ("ImageConfig", input.image_config.is_some()),
        ("CodeSigningConfigArn", input.code_signing_config_arn.as_ref().is_some_and(|a| !a.is_empty())),
        ("CapacityProviderConfig", input.capacity_provider_config.is_some()),
        ("PublishTo", input.publish_to.is_some()),
        ("DurableConfig", input.durable_config.is_some()),
        ("TenancyConfig", input.tenancy_config.is_some()),
        ("Code.SourceKMSKeyArn", input.code.source_kms_key_arn.is_some()),
    ];
    Settings {
        runtime: input.runtime.clone(),
        role: Some(input.role.clone()),
        handler: input.handler.clone(),
        description: input.description.clone(),
        timeout_s: input.timeout,
        memory_mib: input.memory_size,
        environment: input.environment.clone().map(|e| e.variables.unwrap_or_default()),
        ephemeral_storage_mib: input.ephemeral_storage.as_ref().map(|e| e.size),
        tracing_mode: input.tracing_config.as_ref().and_then(|t| t.mode.clone()),
        logging: input.logging_config.as_ref().map(logging),
        dead_letter_target: input.dead_letter_config.as_ref().and_then(|d| d.target_arn.clone()),
        vpc: input.vpc_config.as_ref().map(vpc),
        kms_key_arn: input.kms_key_arn.clone(),
        layers: input.layers.clone(),
        snap_start: input.snap_start.as_ref().and_then(|s| s.apply_on.clone()),
        architectures: input.architectures.clone(),
        unsupported: names(&given),
    }
}

/// The settings that an update changes.
pub(super) fn of_update(input: &UpdateFunctionConfigurationRequest) -> Settings {
    let given = [
        ("FileSystemConfigs", input.file_system_configs.as_ref().is_some_and(|f| !f.is_empty())),
        ("ImageConfig", input.image_config.is_some()),
        ("CapacityProviderConfig", input.capacity_provider_config.is_some()),
        ("DurableConfig", input.durable_config.is_some()),
    ];
    Settings {
        runtime: input.runtime.clone(),
        role: input.role.clone(),
        handler: input.handler.clone(),
        description: input.description.clone(),
        timeout_s: input.timeout,
        memory_mib: input.memory_size,
        environment: input.environment.clone().map(|e| e.variables.unwrap_or_default()),
        ephemeral_storage_mib: input.ephemeral_storage.as_ref().map(|e| e.size),
        tracing_mode: input.tracing_config.as_ref().and_then(|t| t.mode.clone()),
        logging: input.logging_config.as_ref().map(logging),
        dead_letter_target: input.dead_letter_config.as_ref().and_then(|d| d.target_arn.clone()),
        vpc: input.vpc_config.as_ref().map(vpc),
        kms_key_arn: input.kms_key_arn.clone(),
        layers: input.layers.clone(),
        snap_start: input.snap_start.as_ref().and_then(|s| s.apply_on.clone()),
        architectures: None,
        unsupported: names(&given),
    }
}

/// Who hears of the ends of events.
pub(super) fn destinations(config: DestinationConfig) -> Destinations {
    Destinations {
        on_success: config.on_success.and_then(|on| on.destination),
        on_failure: config.on_failure.and_then(|on| on.destination),
    }
}

/// Where the code of a request comes from.
pub(super) fn code(
    zip: Option<bytes::Bytes>,
    bucket: Option<&String>,
    key: Option<&String>,
    image: Option<&String>,
) -> CodeSource {
    match (zip, bucket.or(key), image) {
        (Some(zip), None, None) => CodeSource::Zip(zip),
        (None, Some(_), None) => CodeSource::S3,
        (None, None, Some(_)) => CodeSource::Image,
        (None, None, None) => CodeSource::None,
        _ => CodeSource::Ambiguous,
    }
}

fn names(given: &[(&'static str, bool)]) -> Vec<&'static str> {
    given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect()
}

fn logging(config: &LoggingConfig) -> LoggingSettings {
    LoggingSettings {
        format: config.log_format.clone(),
        group: config.log_group.clone(),
        application_level: config.application_log_level.clone(),
        system_level: config.system_log_level.clone(),
    }
}

fn vpc(config: &VpcConfig) -> model::VpcConfig {
    model::VpcConfig {
        subnet_ids: config.subnet_ids.clone().unwrap_or_default(),
        security_group_ids: config.security_group_ids.clone().unwrap_or_default(),
        ipv6: config.ipv6_allowed_for_dual_stack,
    }
}
