//! `tinderbox invoke`: run a function and print what it returns.

use super::{Failure, Outcome, client::Endpoint, failure::During};
use http::Method;
use std::{io::Read as _, io::Write as _, process::ExitCode};

/// Run a function and print what it returns.
#[derive(Debug, clap::Args)]
pub(crate) struct Invoke {
    /// Name or ARN of the function.
    function: String,
    /// The event: JSON, @FILE, or - for standard input.
    #[arg(long, short, default_value = "{}")]
    payload: String,
    /// Queue the event and return at once.
    #[arg(long = "async")]
    asynchronous: bool,
    /// Do not print the invocation's log.
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Invoke {
    /// Invokes; the process fails when the function did.
    pub(crate) async fn run(self) -> Outcome {
        let payload = payload(&self.payload)?;
        let path = format!("/2015-03-31/functions/{}/invocations", super::package::percent(&self.function));
        let (kind, tail) = match (self.asynchronous, self.quiet) {
            (true, _) => ("Event", "None"),
            (false, true) => ("RequestResponse", "None"),
            (false, false) => ("RequestResponse", "Tail"),
        };
        let headers = [("x-amz-invocation-type", kind), ("x-amz-log-type", tail)];
        let answer = self.endpoint.client().lambda(Method::POST, &path, &headers, payload).await??;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        if self.asynchronous {
            eprintln!("queued as {}", header("x-amzn-requestid").unwrap_or("-"));
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(log) = header("x-amz-log-result").and_then(super::package::from_base64) {
            eprint!("{}", String::from_utf8_lossy(&log));
        }
        let mut out = std::io::stdout();
        let written = out.write_all(answer.body()).and_then(|()| out.write_all(b"\n"));
        written.during(|| "cannot print the answer".into())?;
        let failed = header("x-amz-function-error").is_some();
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn payload(argument: &str) -> Outcome<Vec<u8>> {
    if argument == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(8 << 20).read_to_end(&mut bytes);
        return read.map(|_| bytes).during(|| "cannot read standard input".into());
    }
    match argument.strip_prefix('@') {
        Some(file) => std::fs::read(file).map_err(|error| {
            Failure::new(format!("cannot read {file}: {error}"))
                .help("an event in place is given as --payload '{\"key\": 1}'")
        }),
        None => Ok(argument.as_bytes().to_vec()),
    }
}
