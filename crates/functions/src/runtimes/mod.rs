//! Runtimes: their names, and the interpreters of this machine that run them.

mod bootstraps;
mod class;
mod host;
pub mod interpreters;
mod module_syntax;
mod names;
mod sdk;
mod tools;

pub use class::{CaBundle, Chosen, Missing, Runtimes, version_arn};
pub use names::{Family, InterpreterVersion, RuntimeName, nearest};
