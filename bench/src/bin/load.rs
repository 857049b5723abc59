//! The load: POSTs an event over kept-alive connections, and tells latencies and rate as JSON.
//!
//! With `--interval-ms` requests arrive at that distance, over the paths in turn (cold starts);
//! without it every connection sends its next request when the last was answered.

use bytes::Bytes;
use clap::Parser;
use http::{Request, header::HOST};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tinderbox_base::{Clock, SystemClock};
use tokio::net::TcpStream;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// ADDR:PORT of the server, on this machine.
    #[arg(long)]
    address: std::net::SocketAddr,
    /// Path to POST to; several are taken in turn.
    #[arg(long, required = true)]
    path: Vec<String>,
    /// Connections at once.
    #[arg(long, default_value_t = 1)]
    connections: usize,
    /// Requests in all that are counted.
    #[arg(long, default_value_t = 1000)]
    requests: usize,
    /// Requests on each connection before counting begins.
    #[arg(long, default_value_t = 0)]
    warmup: usize,
    /// Milliseconds between requests.
    #[arg(long)]
    interval_ms: Option<u64>,
    /// The event.
    #[arg(long, default_value = "{}")]
    body: String,
}

/// What one connection saw.
#[derive(Default)]
struct Seen {
    micros: Vec<u64>,
    starts: BTreeMap<String, u64>,
    failures: u64,
}

impl Seen {
    fn add(&mut self, other: Seen) {
        self.micros.extend(other.micros);
        self.failures += other.failures;
        for (start, count) in other.starts {
            *self.starts.entry(start).or_default() += count;
        }
    }
}

async fn connection(
    arguments: Arc<Arguments>,
    index: usize,
    clock: Arc<SystemClock>,
) -> Result<Seen, Failure> {
    let stream = TcpStream::connect(arguments.address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut seen = Seen::default();
    let mine = arguments.requests / arguments.connections;
    for turn in 0..arguments.warmup + mine {
        let path = &arguments.path[(index * mine + turn) % arguments.path.len()];
        let begun = clock.monotonic();
        let (failed, start) = once(&mut sender, &arguments, path).await?;
        let took = clock.monotonic().since(begun);
        if turn >= arguments.warmup {
            seen.micros.push(u64::try_from(took.as_micros())?);
            seen.failures += u64::from(failed);
            *seen.starts.entry(start).or_default() += 1;
        }
        if let Some(interval) = arguments.interval_ms {
            tokio::time::sleep(Duration::from_millis(interval)).await;
        }
    }
    Ok(seen)
}

async fn once(
    sender: &mut SendRequest<Full<Bytes>>,
    arguments: &Arguments,
    path: &str,
) -> Result<(bool, String), Failure> {
    let request = Request::post(path)
        .header(HOST, arguments.address.to_string())
        .body(Full::new(Bytes::from(arguments.body.clone())))?;
    sender.ready().await?;
    let answer = sender.send_request(request).await?;
    let header =
        |name: &str| answer.headers().get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let failed = !answer.status().is_success() || header("x-amz-function-error").is_some();
    let start = header("x-tinderbox-start").unwrap_or_default();
    answer.into_body().collect().await?;
    Ok((failed, start))
}

fn percentile(sorted: &[u64], percent: f64) -> u64 {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arc::new(Arguments::parse());
    if !arguments.address.ip().is_loopback() {
        return Err("load is sent to this machine only".into());
    }
    let clock = Arc::new(SystemClock::default());
    let begun = clock.monotonic();
    let tasks: Vec<_> = (0..arguments.connections)
        .map(|index| tokio::spawn(connection(Arc::clone(&arguments), index, Arc::clone(&clock))))
        .collect();
    let mut seen = Seen::default();
    for task in tasks {
        seen.add(task.await??);
    }
    let seconds = clock.monotonic().since(begun).as_secs_f64();
    let total = seen.micros.len() + arguments.warmup * arguments.connections;
    seen.micros.sort_unstable();
    let told = serde_json::json!({
        "requests": seen.micros.len(),
        "failures": seen.failures,
        "starts": seen.starts,
        "per_second": total as f64 / seconds,
        "min_us": seen.micros.first(),
        "p50_us": percentile(&seen.micros, 50.0),
        "p99_us": percentile(&seen.micros, 99.0),
        "max_us": seen.micros.last(),
    });
    println!("{told}");
    Ok(())
}
