//! The options themselves.

use super::{OptionInfo, Section, section};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What a function's code may reach beyond its instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// The platform's own endpoint and nothing else.
    #[default]
    Platform,
    /// The platform and public addresses of the internet.
    Internet,
    /// Nothing at all.
    None,
}

/// What happens with the name of a runtime that AWS has retired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RetiredRuntimes {
    /// The name is accepted and the nearest interpreter runs it, which the log tells.
    #[default]
    Nearest,
    /// The name is refused as AWS refuses it.
    Reject,
}

/// How strictly instances are confined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Every protection, or the server refuses to start and says which is missing.
    #[default]
    Full,
    /// Instances are plain processes of the server's user. For hosts without the means; never for others' code.
    None,
}

/// Who has to prove who it is, and what it may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// On loopback addresses any credentials are accepted; on others signatures are verified. Whoever is known may
    /// do everything.
    #[default]
    Relaxed,
    /// Signatures are verified and policies are enforced everywhere.
    Enforce,
}

/// Whether connections are encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Where others can listen in: on addresses that are no loopback's.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never: something in front does it.
    Off,
}

/// How an instance's share of the processors follows from its memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cpu {
    /// A weight among those who compete; what nobody else wants is anyone's, up to one processor, or two above 1,536 MB.
    #[default]
    Weight,
    /// A hard share, always the same: one processor at 1,769 MB (AWS Lambda developer guide, "Configure Lambda function
    /// memory").
    Quota,
}

section! {
    /// The server itself.
    Server {
        /// Address and port to listen on. Port 0 picks a free one.
        listen: String = "127.0.0.1:4566".into(),
        /// Directory that holds all durable state.
        data: PathBuf = ".tinderbox".into(),
        /// Seconds that requests in flight are given to finish after SIGTERM.
        drain_timeout_s: u64 = 10,
        /// Connections served at once; further ones wait to be accepted.
        max_connections: usize = 4096,
        /// Who must sign: "relaxed" accepts any credentials on loopback addresses and verifies them on others; "enforce" verifies everywhere and enforces policies.
        auth: Auth = Auth::Relaxed,
        /// Encrypted connections: "auto" (on addresses that are no loopback's), "on" or "off".
        tls: Tls = Tls::Auto,
        /// File with the certificate and its chain, in PEM. Without one the server makes its own, signed by the authority in tls/authority.pem of the data directory.
        tls_certificate: Option<PathBuf> = None,
        /// File with the certificate's key, in PEM.
        tls_key: Option<PathBuf> = None,
        /// Further names and addresses under which the server is reached; they go into the certificate that it makes.
        names: Vec<String> = Vec::new(),
    }
}

section! {
    /// The instances of functions and the limits they live within.
    Engine {
        /// How instances are confined: "full" or "none".
        isolation: Isolation = Isolation::Full,
        /// What instances may reach: "platform", "internet" (public addresses, too; never private ones) or "none".
        network: Network = Network::Platform,
        /// Name servers asked for instances that may reach the internet, IP addresses; without any, those of
        /// /etc/resolv.conf.
        name_servers: Vec<std::net::IpAddr> = Vec::new(),
        /// How processor time follows from memory: "weight" (work-conserving) or "quota" (a hard share, as for sizing).
        cpu: Cpu = Cpu::Weight,
        /// Invocations running at once in one account.
        account_concurrency: u32 = 1000,
        /// Concurrency of an account that reservations must leave unreserved.
        min_unreserved_concurrency: u32 = 100,
        /// Seconds after which an idle instance is ended.
        idle_timeout_s: u64 = 1800,
        /// Seconds after which any instance is replaced, once it is free.
        max_instance_age_s: u64 = 14_400,
        /// Milliseconds that duration is rounded up to for billing.
        billing_increment_ms: u64 = 100,
        /// Milliseconds of idleness after which an instance is frozen.
        freeze_after_ms: u64 = 50,
        /// Seconds an instance may take to load a function's code, before that begins anew as part of the invocation.
        init_timeout_s: u64 = 10,
        /// Booted generic instances kept ready for each runtime in use.
        stems: usize = 2,
        /// How many are kept for a runtime while requests come in bursts that find too few.
        max_stems: usize = 16,
        /// Whether instances of Python may be forks of an interpreter that has booted (see docs/isolation.md for what these share).
        forks: bool = true,
        /// MiB of the host's memory to leave available: when less is, idle instances are ended. 0: a twentieth, at most 512.
        memory_reserve_mib: u64 = 0,
        /// Instances of all functions together; beyond it idle ones are ended to make room.
        max_instances: usize = 2000,
        /// MiB of /tmp of an instance.
        scratch_mib: u64 = 512,
        /// Processes and threads of an instance.
        max_processes: u64 = 1024,
        /// Open files of an instance.
        max_open_files: u64 = 1024,
    }
}

section! {
    /// Functions as a resource.
    Functions {
        /// Names of retired runtimes: "nearest" or "reject".
        retired_runtimes: RetiredRuntimes = RetiredRuntimes::Nearest,
        /// Longest timeout a function may have, in seconds.
        max_timeout_s: u32 = 900,
        /// MiB of code, all functions of an account together.
        code_storage_mib: u64 = 75 * 1024,
        /// Asynchronous events waiting for one function; beyond it a new one is throttled.
        max_async_events: u64 = 100_000,
        /// MiB of asynchronous events waiting, all functions together; beyond it a new one is throttled.
        max_async_mib: u64 = 4096,
        /// Seconds before an asynchronous event that failed is tried again; the second time twice as many.
        async_retry_delay_s: u64 = 60,
        /// Where interpreters are looked for besides PATH: directories that hold one prefix each.
        interpreter_prefixes: Vec<PathBuf> = Vec::new(),
        /// Directory of the SDKs that instances are given, one subdirectory a language.
        sdk: Option<PathBuf> = None,
    }
}

section! {
    /// APIs in front of functions.
    Gateway {
        /// Milliseconds that an API waits for what does its work; then it answers 504.
        timeout_ms: u64 = 30_000,
    }
}

section! {
    /// Log groups.
    Logs {
        /// Milliseconds that lines are gathered before one append.
        flush_interval_ms: u64 = 100,
        /// MiB of lines waiting for their append; beyond it lines are dropped and counted.
        buffer_mib: u64 = 16,
        /// MiB of log kept on disk; beyond it the oldest segments go first.
        disk_mib: u64 = 4096,
    }
}

/// The whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The server itself.
    pub server: Server,
    /// Instances and limits.
    pub engine: Engine,
    /// Functions as a resource.
    pub functions: Functions,
    /// APIs in front of functions.
    pub gateway: Gateway,
    /// Log groups.
    pub logs: Logs,
}

impl Section for Config {
    fn describe(prefix: &str) -> Vec<OptionInfo> {
        [
            Server::describe(&format!("{prefix}server.")),
            Engine::describe(&format!("{prefix}engine.")),
            Functions::describe(&format!("{prefix}functions.")),
            Gateway::describe(&format!("{prefix}gateway.")),
            Logs::describe(&format!("{prefix}logs.")),
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_described_once() {
        let described: Vec<_> = Config::describe("").into_iter().map(|o| o.path).collect();
        let tree = serde_json::to_value(Config::default()).expect("a configuration is JSON");
        let mut present = Vec::new();
        for (section, options) in tree.as_object().expect("sections") {
            for option in options.as_object().expect("options").keys() {
                present.push(format!("{section}.{option}"));
            }
        }
        let sorted = |mut v: Vec<String>| {
            v.sort();
            v
        };
        assert_eq!(sorted(described), sorted(present));
    }

    #[test]
    fn an_unknown_option_is_refused() {
        assert!(serde_json::from_str::<Config>(r#"{"engine":{"idle":1}}"#).is_err());
        assert!(serde_json::from_str::<Config>(r#"{"engine":{"idle_timeout_s":1}}"#).is_ok());
    }
}
