//! The other floor: a JSON round trip over a unix socket to a Python child that answers each line, one at a time.
//!
//! What any server that keeps Python processes has to pay beside its HTTP. Tells p50 and p99 in microseconds as JSON.

use clap::Parser;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::Stdio,
};
use tinderbox_base::{Clock as _, SystemClock};

/// What the child runs: its standard input is the socket.
const CHILD: &str = "
import json, socket
peer = socket.socket(fileno=0)
lines = peer.makefile('r')
for line in lines:
    json.loads(line)
    peer.sendall((json.dumps('hello') + chr(10)).encode())
";

#[derive(Debug, Parser)]
struct Arguments {
    /// The interpreter.
    #[arg(long, default_value = "python3")]
    python: String,
    /// Round trips that are counted; a tenth as many come before.
    #[arg(long, default_value_t = 8000)]
    requests: usize,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let (ours, theirs) = UnixStream::pair()?;
    #[expect(clippy::disallowed_methods, reason = "a floor is measured without the sandbox")]
    let mut child = std::process::Command::new(&arguments.python)
        .args(["-c", CHILD])
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()?;
    let clock = SystemClock::default();
    let mut answers = BufReader::new(ours.try_clone()?);
    let mut micros = Vec::with_capacity(arguments.requests);
    let mut line = String::new();
    for turn in 0..arguments.requests + arguments.requests / 10 {
        let begun = clock.monotonic();
        (&ours).write_all(b"{}\n")?;
        line.clear();
        answers.read_line(&mut line)?;
        if turn >= arguments.requests / 10 {
            micros.push(u64::try_from(clock.monotonic().since(begun).as_micros())?);
        }
    }
    drop((ours, answers));
    child.wait()?;
    micros.sort_unstable();
    let at = |percent: usize| micros.get(micros.len() * percent / 100).copied();
    println!("{}", serde_json::json!({ "p50_us": at(50), "p99_us": at(99) }));
    Ok(())
}
