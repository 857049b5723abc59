//! What was acknowledged survives `kill -9`, loss of power, a full disk and one that becomes read-only.
//!
//! A short run is part of `cargo test`. `TINDERBOX_TORTURE_CYCLES=1000` makes it a long one, and
//! `TINDERBOX_TORTURE_SEED` repeats the choices of a run that failed.

#![expect(clippy::print_stdout, reason = "the harness of its own tests")]

mod disk;
mod full;
mod fuse;
mod kill;
mod load;
mod power;
mod process;
mod readonly;
mod verify;

use process::WRITERS;
use std::{env, path::Path, process::ExitCode};
use tinderbox_base::{OsRandom, Random, SeededRandom};
use verify::Acks;

/// How many cycles a run of `cargo test` does.
const SHORT: u64 = 8;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["load", dir] => load::run(Path::new(dir), WRITERS).map_err(|error| error.to_string()),
        ["verify", dir, acks] => verify(Path::new(dir), Path::new(acks)),
        ["power", cycles, seed] => power(cycles, seed),
        ["full"] => report("full", full::run()),
        ["readonly"] => report("readonly", readonly::run()),
        // What `cargo test` passes on: at most a filter.
        _ => tests(arguments.iter().find(|argument| !argument.starts_with('-')).map_or("", |filter| filter)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Verifies the store in `dir`, given first the least number of each writer, then what was acknowledged.
/// Prints what was found, then `whole`.
fn verify(dir: &Path, known: &Path) -> Result<(), String> {
    let known = std::fs::read_to_string(known).map_err(|error| error.to_string())?;
    let must: Vec<u64> = known.lines().map_while(|line| line.parse().ok()).collect();
    let mut acks = vec![Acks::new(); must.len()];
    if !known.lines().skip(must.len()).all(|line| verify::add_line(&mut acks, line)) {
        return Err("the list of acknowledgements is damaged".to_owned());
    }
    verify::run(dir, &must, &mut acks)?;
    println!("{}whole", verify::to_lines(&acks));
    Ok(())
}

fn power(cycles: &str, seed: &str) -> Result<(), String> {
    let (Ok(cycles), Ok(seed)) = (cycles.parse(), seed.parse()) else {
        return Err("power takes a number of cycles and a seed".to_owned());
    };
    report("power", power::run(cycles, &SeededRandom::new(seed)))
}

fn report(name: &str, outcome: Result<String, String>) -> Result<(), String> {
    let told = outcome.map_err(|error| format!("test {name} ... FAILED: {error}"))?;
    println!("test {name} ... ok: {told}");
    Ok(())
}

fn tests(filter: &str) -> Result<(), String> {
    let number = |name| env::var(name).ok().map(|text: String| text.parse::<u64>()).transpose();
    let cycles = number("TINDERBOX_TORTURE_CYCLES").map_err(|error| error.to_string())?.unwrap_or(SHORT);
    let seed = number("TINDERBOX_TORTURE_SEED").map_err(|error| error.to_string())?;
    let seed = seed.unwrap_or_else(|| OsRandom.below(u64::MAX));
    println!("seed {seed}");
    if "kill".contains(filter) {
        report("kill", kill::run(cycles, &SeededRandom::new(seed)))?;
    }
    let root = rustix::process::geteuid().is_root();
    if "full".contains(filter) {
        if root {
            process::with_own_mounts(&["full"])?;
        } else {
            println!("test full ... skipped: needs root");
        }
    }
    if "readonly".contains(filter) {
        if root {
            process::with_own_mounts(&["readonly"])?;
        } else {
            println!("test readonly ... skipped: needs root");
        }
    }
    if "power".contains(filter) {
        if root && Path::new("/dev/fuse").exists() {
            process::with_own_mounts(&["power", &cycles.to_string(), &seed.to_string()])?;
        } else {
            println!("test power ... skipped: needs root and /dev/fuse");
        }
    }
    Ok(())
}
