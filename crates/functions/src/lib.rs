//! Functions as a resource: the model of AWS Lambda, independent of how it is spoken on the wire.

mod errors;
pub mod names;
pub mod package;
pub mod runtimes;
pub mod model;
pub mod logs;
mod code;
mod keys;
#[cfg(test)]
mod testing;
mod run;
