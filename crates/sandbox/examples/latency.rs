//! Measures what a sandbox costs: `cargo run --release --example latency -- [ROUNDS] [PAUSE_MS] [PROGRAM]` as root.
//!
//! The pause is between creating and attaching: with one a sandbox comes from a pool, without it is made on demand.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tinderbox_base::{Clock, SystemClock};
use tinderbox_sandbox::{
    Command, Exit, Limits, Listener, Mount, Options, SandboxSpec, Sandboxes, entrypoint, host_mounts_for,
};

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn main() -> Result<()> {
    entrypoint();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(run())
}

async fn run() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let rounds: usize = args.next().map_or(Ok(200), |n| n.parse())?;
    let pause = Duration::from_millis(args.next().map_or(Ok(0), |n| n.parse())?);
    let program = PathBuf::from(args.next().unwrap_or_else(|| "/bin/true".to_owned()));
    let dir = tempfile::tempdir()?;
    let clock = SystemClock::default();
    let started = clock.monotonic();
    let sandboxes = Sandboxes::start(Options::new(dir.path(), "latency")).await?;
    println!("start of the server side: {:?}", clock.monotonic().since(started));
    println!("{}", sandboxes.protections().summary());
    let spec = SandboxSpec {
        mounts: host_mounts_for(&program)?,
        listeners: ["127.0.0.1:9001", "127.0.0.2:4566", "127.0.0.2:443", "127.0.0.2:80", "127.0.0.2:53"]
            .iter()
            .map(|address| Ok(Listener::Tcp(address.parse()?)))
            .collect::<Result<_>>()?,
        ..SandboxSpec::default()
    };
    let mut steps: Vec<(&str, Vec<Duration>)> =
        ["create", "pause", "attach", "start", "freeze", "thaw", "exit", "destroy"]
            .map(|step| (step, Vec::new()))
            .to_vec();
    for round in 0..rounds {
        let mut last = clock.monotonic();
        let mut times = Vec::new();
        let mut lap = || {
            let now = clock.monotonic();
            times.push(now.since(std::mem::replace(&mut last, now)));
        };
        let mut sandbox = sandboxes.create(spec.clone()).await?;
        lap();
        tokio::time::sleep(pause).await;
        lap();
        sandbox.attach(vec![Mount::bind(dir.path(), "/var/task")], Limits::default()).await?;
        lap();
        let command =
            Command { argv: vec![program.clone().into()], cwd: Path::new("/").into(), ..Command::default() };
        sandbox.start(command).await?;
        lap();
        sandbox.freeze().await?;
        lap();
        sandbox.thaw().await?;
        lap();
        let exit = sandbox.exited().await;
        lap();
        if exit != Exit::Code(0) {
            return Err(format!("{exit:?}").into());
        }
        sandbox.destroy().await;
        lap();
        // The first rounds warm caches.
        if round >= rounds.min(10) {
            steps.iter_mut().zip(times).for_each(|((_, all), time)| all.push(time));
        }
    }
    for (step, times) in &mut steps {
        times.sort();
        let at = |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1)));
        println!("{step:8} n={} p50 {:?} min {:?} p99 {:?}", times.len(), at(50), times.first(), at(99));
    }
    sandboxes.shutdown().await;
    Ok(())
}
