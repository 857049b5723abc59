//! Instances and invocations: who runs where, when, for how long, and what it costs.
//!
//! An *instance* is one sandboxed process tree that serves one invocation at a time. The engine knows
//! versions, groups and accounts, and no provider: names of environment variables, texts of log lines
//! and wordings of errors belong to those who use it.

mod company;
mod cores;
mod driver;
mod endpoint;
mod engine;
mod frame;
#[cfg(test)]
mod fuzz;
mod home;
mod invocation;
mod launcher;
mod log_parser;
mod machine;
mod observer;
mod sandboxed;
mod scheduler;
mod stats;
mod stream;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod turns;
mod version;

pub use cores::{Processors, Usage};
pub use endpoint::{Endpoint, EndpointGuard, Listeners, NoEndpoint};
pub use engine::{Engine, EngineDeps};
pub use home::Home;
pub use invocation::{
    Invocation, InvokeError, MAX_RESPONSE_BYTES, Outcome, Phase, Report, Response, StartKind, ThrottleReason,
};
pub use launcher::{Control, Exit, HostMemory, Launch, Launched, Launcher, LinkEnd};
pub use observer::{EndReason, InstanceEvent, InstanceFacts, InstanceId, InstanceInfo, Level, Observer};
pub use sandboxed::SandboxLauncher;
pub use stats::Stats;
pub use stream::{
    MAX_CHUNK_BYTES, MAX_QUEUED_PARTS, MAX_STREAM_BYTES, Part, StreamReceiver, StreamSender, stream,
};
pub use version::{Boot, GroupId, Mount, Protocol, RuntimeClass, Version, VersionId};
