//! Functions as a resource: the model of AWS Lambda, independent of how it is spoken on the wire.
//!
//! [`Functions`] is the one public face. It reads from memory, commits to the store, keeps packages in
//! the blob store and unpacked beside it, and has the engine run them. It knows no protocol and no
//! sandbox: what is written on the wire belongs to the fronts, how a process is confined to the engine.

mod code;
mod errors;
#[cfg(test)]
mod fuzz;
mod keys;
pub mod logs;
pub mod model;
pub mod names;
pub mod package;
mod queue;
mod run;
pub mod runtimes;
mod service;
#[cfg(test)]
mod testing;

pub use service::*;
