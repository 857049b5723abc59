//! What a function is, as stored: its record, its settings, and the rules they keep.

mod alias;
mod environment;
mod event_config;
mod function;
mod function_url;
mod logging;
mod policy;
mod settings;
mod tags;
mod version_name;
mod vpc;

pub use alias::{Additional, Alias, MAX_ALIAS_NAME};
pub use environment::{Environment, RESERVED_KEYS};
pub use event_config::{EventConfig, MAX_EVENT_AGE_S, MAX_RETRIES, MIN_EVENT_AGE_S};
pub use function::{Code, Function, Generation, Publication, Uid};
pub use function_url::{FunctionUrl, UrlCors};
pub use logging::{ApplicationLogLevel, LogFormat, LoggingConfig, LoggingSettings, SystemLogLevel};
pub use policy::{Access, MAX_POLICY, Policy, PolicyPrincipal, Statement};
pub use settings::{Configuration, Limits, Settings, SnapStart, TracingMode};
pub use tags::{MAX_TAGS, Tags};
pub use version_name::VersionName;
pub use vpc::VpcConfig;
