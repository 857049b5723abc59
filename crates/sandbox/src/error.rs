//! What goes wrong, in words an operator can act on.

use std::{fmt, io, path::PathBuf};
use tinderbox_base::{Error, ErrorKind};

/// A protection this host cannot give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What would be unprotected, e.g. `memory limit`.
    pub protection: &'static str,
    /// Why, and what would help.
    pub reason: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  - {}: {}", self.protection, self.reason)
    }
}

/// Sandboxes cannot be had here.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The host lacks protections; all of them are listed.
    #[error("functions cannot be isolated on this host:\n{}\nTo run them without any isolation, on a machine \
             that holds nothing of value: --isolation=none", list(.0))]
    Missing(Vec<Missing>),
    /// A step of the start failed.
    #[error("starting the sandboxes: {step}: {source}")]
    Step {
        /// What was being done.
        step: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

fn list(missing: &[Missing]) -> String {
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl StartError {
    pub(crate) fn step(step: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Step { step, source }
    }
}

/// One sandbox cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// What was asked for breaks a rule of this crate.
    #[error("{0}")]
    Invalid(String),
    /// A path of the host cannot be shown inside.
    #[error("mounting {path}: {source}")]
    Mount {
        /// The host's path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A step inside the sandbox failed.
    #[error("{step}: {source}")]
    Step {
        /// What was being done.
        step: String,
        /// What the system said.
        source: io::Error,
    },
    /// The program cannot be started.
    #[error("starting {program}: {step}: {source}")]
    Start {
        /// The program's path inside.
        program: String,
        /// What was being done.
        step: String,
        /// What the system said.
        source: io::Error,
    },
    /// The sandbox, or the process that makes sandboxes, is gone.
    #[error("the sandbox is gone")]
    Gone,
    /// A step took longer than its limit.
    #[error("{0} took too long")]
    TimedOut(&'static str),
    /// What was asked for needs isolation, which is off.
    #[error("{0} needs isolation, which is off")]
    Unsupported(&'static str),
}

impl SandboxError {
    pub(crate) fn step(step: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let step = step.into();
        move |source| Self::Step { step, source }
    }
}

impl From<SandboxError> for Error {
    fn from(error: SandboxError) -> Self {
        match error {
            SandboxError::Gone | SandboxError::TimedOut(_) => {
                Self::new(ErrorKind::Unavailable, "The sandbox is not available.").because(error)
            }
            SandboxError::Invalid(_)
            | SandboxError::Mount { .. }
            | SandboxError::Step { .. }
            | SandboxError::Start { .. }
            | SandboxError::Unsupported(_) => Self::internal(error),
        }
    }
}
