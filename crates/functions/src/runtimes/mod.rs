//! Runtimes: their names, and the interpreters of this machine that run them.

mod names;

pub use names::{Family, InterpreterVersion, RuntimeName, nearest};
