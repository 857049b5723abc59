//! Runtimes: their names, and the interpreters of this machine that run them.

pub mod interpreters;
mod names;

pub use names::{Family, InterpreterVersion, RuntimeName, nearest};
