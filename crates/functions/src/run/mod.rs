//! Running a function: its environment, its version as the engine knows it, and what its outcomes mean.

mod environment;
mod observer;
mod outcome;
mod prepare;
mod system_log;
mod tails;
mod writers;

pub(crate) use environment::access_key;
pub(crate) use outcome::{Answer, Failure, answer, platform_error};
pub(crate) use prepare::{Preparation, Unrunnable, group_id};
pub(crate) use system_log::{Ended, SystemLog};
pub(crate) use tails::{TailHandle, Tails};
