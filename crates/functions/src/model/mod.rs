//! What a function is, as stored: its record, its settings, and the rules they keep.

mod environment;
mod function;
mod settings;
mod tags;

pub use environment::{Environment, RESERVED_KEYS};
pub use function::{Code, Function, Generation, Uid};
pub use settings::{
    Configuration, Limits, LoggingConfig, LoggingSettings, Settings, SnapStart, TracingMode, VpcConfig,
};
pub use tags::{MAX_TAGS, Tags};
