//! The command line. Every command but `up`, `config` and `store` is a client of the public API; `keys` is also one of a
//! data directory that no server holds.

mod client;
mod config;
mod deploy;
mod failure;
#[cfg(test)]
mod fuzz;
mod init;
mod invoke;
mod keys;
mod logs;
mod ls;
mod package;
mod project;
mod signer;
mod store;
mod up;
mod watch;

pub(crate) use client::Client;
pub(crate) use failure::{During, Failure, Outcome};

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A serverless cloud in one binary: AWS Lambda functions and what they need, isolated and durable.
#[derive(Debug, Parser)]
#[command(name = "tinderbox", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the platform in the foreground.
    Up(up::Up),
    /// Write a small project that can be deployed at once.
    Init(init::Init),
    /// Create or update a function from a directory.
    Deploy(deploy::Deploy),
    /// Run a function and print what it returns.
    Invoke(invoke::Invoke),
    /// Print a function's log.
    Logs(logs::Logs),
    /// List functions.
    Ls(ls::Ls),
    /// Make, list and revoke access keys.
    Keys(keys::Keys),
    /// Print every option with its default and its meaning.
    Config(config::Config),
    /// Check, compact, export or import the store while no server runs.
    Store(store::Store),
}

/// Runs the command that the arguments name.
pub(crate) fn run() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Up(command) => command.run(),
        Command::Config(command) => command.run(),
        Command::Store(command) => command.run(),
        Command::Init(command) => command.run(),
        Command::Deploy(command) => client::block_on(command.run()),
        Command::Invoke(command) => client::block_on(command.run()),
        Command::Logs(command) => client::block_on(command.run()),
        Command::Ls(command) => client::block_on(command.run()),
        Command::Keys(command) => client::block_on(command.run()),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
