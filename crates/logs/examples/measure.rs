//! How fast lines come in and are found again, and what that takes.
//!
//! `cargo run --release -p tinderbox-logs --example measure -- DIRECTORY [MILLIONS OF LINES]` writes lines as a
//! function's log has them into DIRECTORY, which must be empty, and prints what it measured.

use std::{path::PathBuf, sync::Arc, time::Duration};
use tinderbox_base::{
    AccountId, Caller, Clock, LogLine, LogOrigin, LogSink, OsRandom, Region, RequestId, SystemClock, config,
};
use tinderbox_logs::{Deps, DescribeStreams, FilterEvents, GetEvents, Logs, Pattern, StreamOrder};
use tinderbox_store::{EmbeddedStore, Store};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STREAMS: usize = 50;
const GROUPS: usize = 4;
/// Lines handed over at once.
const BURST: usize = 50;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let dir: PathBuf = arguments.next().ok_or("name an empty directory")?.into();
    let lines: usize = arguments.next().map_or(Ok(1), |n| n.parse::<usize>())? * 1_000_000;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let caller = Caller::root(AccountId::default(), Region::default(), RequestId::new(&OsRandom));
    println!("before: {} KiB resident", resident());

    let logs = open(&dir, &clock).await?;
    println!("open and empty: {} KiB resident", resident());
    let raw = write(&logs, &clock, &caller, lines).await?;
    puts(&logs, &clock, &caller).await?;
    logs.close().await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!("{:?} for {} MiB of text; {} KiB resident", logs.stats(), raw >> 20, resident());
    reads(&logs, &clock, &caller).await?;
    println!("after reading: {} KiB resident", resident());
    drop(logs);
    // The background work holds the store until its tasks have ended.
    tokio::time::sleep(Duration::from_millis(200)).await;

    let start = clock.monotonic();
    let logs = open(&dir, &clock).await?;
    println!("reopening, store included: {:?}", clock.monotonic().since(start));
    reads(&logs, &clock, &caller).await
}

async fn open(dir: &std::path::Path, clock: &Arc<dyn Clock>) -> Result<Logs, Failure> {
    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(dir.join("store"), clock.clone())?);
    let start = clock.monotonic();
    let deps = Deps { dir: dir.join("logs"), store, clock: clock.clone(), config: config::Logs::default() };
    let logs = Logs::open(deps).await?;
    println!("opening the logs: {:?}", clock.monotonic().since(start));
    Ok(logs)
}

/// Hands lines to the sink as fast as it takes them, never so fast that it drops any.
async fn write(logs: &Logs, clock: &Arc<dyn Clock>, caller: &Caller, lines: usize) -> Result<usize, Failure> {
    let (start, mut raw, mut peak) = (clock.monotonic(), 0, 0);
    for burst in 0..lines / BURST {
        let lines: Vec<LogLine> = (0..BURST).map(|i| line(clock, burst * BURST + i)).collect();
        raw += lines.iter().map(|l| l.message.len()).sum::<usize>();
        let (group, stream) = (burst % GROUPS, burst / GROUPS % STREAMS);
        logs.append(
            &caller.account,
            &caller.region,
            &format!("/aws/lambda/f{group}"),
            &format!("2026/01/01/[$LATEST]{stream:032x}"),
            LogOrigin::Function,
            lines,
        );
        while logs.stats().waiting_bytes > 12 << 20 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if burst % 1000 == 0 {
            peak = peak.max(resident());
        }
    }
    while logs.stats().waiting_bytes > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let took = clock.monotonic().since(start).as_secs_f64();
    println!(
        "sink: {:.0} lines/s, {:.1} MiB/s of text; {peak} KiB resident at most",
        lines as f64 / took,
        (raw >> 20) as f64 / took
    );
    Ok(raw)
}

fn line(clock: &Arc<dyn Clock>, n: usize) -> LogLine {
    let id = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let message = match n % 5 {
        0 => format!("START RequestId: {id:016x}-0000-4000-8000-{n:012x} Version: $LATEST"),
        1 => format!(
            "[INFO]\t2026-01-01T00:00:00.{:03}Z\t{id:016x}\tprocessing record {n} of customer {}",
            n % 1000,
            id % 9973
        ),
        2 => format!(
            "{{\"level\":\"info\",\"order\":{n},\"items\":[{},{}],\"total\":{}}}",
            id % 97,
            id % 89,
            id % 10007
        ),
        3 => format!("END RequestId: {id:016x}-0000-4000-8000-{n:012x}"),
        _ => format!(
            "REPORT RequestId: {id:016x}-0000-4000-8000-{n:012x}\tDuration: {}.{:02} ms\tBilled Duration: 100 ms\t\
             Memory Size: 128 MB\tMax Memory Used: {} MB",
            id % 90,
            id % 100,
            id % 128
        ),
    };
    LogLine { time: clock.now(), message }
}

/// `PutLogEvents` of one event and of a thousand: durable, so each waits for the disk.
async fn puts(logs: &Logs, clock: &Arc<dyn Clock>, caller: &Caller) -> Result<(), Failure> {
    let group = "/aws/lambda/f0";
    logs.create_stream(caller, group, "puts").await?;
    for (events, rounds) in [(1, 400), (1000, 40)] {
        let mut times = Vec::new();
        for _ in 0..rounds {
            let events = (0..events).map(|n| line(clock, n)).collect();
            let start = clock.monotonic();
            logs.put_events(caller, group, "puts", events).await?;
            times.push(clock.monotonic().since(start));
        }
        println!("put of {events}: {}", percentiles(&mut times));
    }
    Ok(())
}

async fn reads(logs: &Logs, clock: &Arc<dyn Clock>, caller: &Caller) -> Result<(), Failure> {
    let group = "/aws/lambda/f1".to_owned();
    let stream = format!("2026/01/01/[$LATEST]{:032x}", 7);
    let get = |limit, from_head| GetEvents {
        group: group.clone(),
        stream: stream.clone(),
        limit: Some(limit),
        from_head,
        ..GetEvents::default()
    };
    for (name, limit, from_head) in [
        ("latest 100 of a stream", 100, false),
        ("first 100", 100, true),
        ("10,000 (or 1 MiB)", 10_000, false),
    ] {
        let mut times = Vec::new();
        for _ in 0..20 {
            let start = clock.monotonic();
            logs.get_events(caller, get(limit, from_head)).await?;
            times.push(clock.monotonic().since(start));
        }
        println!("get, {name}: {}", percentiles(&mut times));
    }
    let (start, mut pages, mut token) = (clock.monotonic(), 0, None);
    loop {
        pages += 1;
        let pattern = Pattern::parse("nowhere")?;
        let filter = FilterEvents { group: group.clone(), pattern, token, ..FilterEvents::default() };
        token = logs.filter_events(caller, filter).await?.token;
        if token.is_none() {
            break;
        }
    }
    println!(
        "filter, a term that is nowhere, whole group: {:?} in {pages} pages",
        clock.monotonic().since(start)
    );
    let start = clock.monotonic();
    let order = StreamOrder::LastEvent;
    let describe = DescribeStreams { group, order, descending: true, ..DescribeStreams::default() };
    logs.describe_streams(caller, describe).await?;
    println!("streams by latest event: {:?}", clock.monotonic().since(start));
    Ok(())
}

fn percentiles(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    format!("p50 {:?}, p99 {:?}", at(50), at(99))
}

/// KiB of memory that the process has resident.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4
}
