//! Load on the store.

use crate::stats::Durations;
use clap::Args;
use std::{error::Error, path::PathBuf, sync::Arc, time::Duration};
use tinderbox_base::{AccountId, Clock, Monotonic, Random, Region, SeededRandom, SystemClock};
use tinderbox_store::{Append, Check, Commit, EmbeddedStore, Key, KeyBuilder, Op, Store};

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// How many logs the writers share.
const LOGS: u64 = 4;

#[derive(Debug, Args)]
pub(crate) struct Load {
    #[arg(long)]
    dir: PathBuf,
    #[arg(long, default_value_t = 16)]
    writers: u64,
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    #[arg(long, default_value_t = 1024)]
    value: usize,
    /// Each writer deletes its item of so many commits ago; 0: never.
    #[arg(long, default_value_t = 0)]
    window: u64,
}

fn key(kind: &str, writer: u64) -> KeyBuilder {
    Key::of(&AccountId::default(), &Region::default(), "trial", kind).number(writer)
}

impl Load {
    pub(crate) async fn run(self) -> Result<(), Box<dyn Error>> {
        let clock = Arc::new(SystemClock::default());
        let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(&self.dir, clock.clone())?);
        let start = clock.monotonic();
        let end = start + Duration::from_secs(self.seconds);
        let mut tasks = tokio::task::JoinSet::new();
        for writer in 0..self.writers {
            tasks.spawn(write(Arc::clone(&store), clock.clone(), writer, self.value, self.window, end));
        }
        let mut durations = Durations::default();
        while let Some(ended) = tasks.join_next().await {
            durations.extend(ended?.map_err(|error| error.to_string())?);
        }
        let took = clock.monotonic().since(start);
        let rate = durations.len() as f64 / took.as_secs_f64();
        let cpu = cpu_seconds()? * 1e6 / durations.len() as f64;
        println!(
            "load writers={} commits_per_s={rate:.0} cpu_us_per_commit={cpu:.0} {}",
            self.writers,
            durations.summary()
        );
        Ok(())
    }
}

/// Processor time of this process so far, in seconds.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = fields.get(11).ok_or("no utime")?.parse::<f64>()?
        + fields.get(12).ok_or("no stime")?.parse::<f64>()?;
    Ok(ticks / 100.0)
}

async fn write(
    store: Arc<dyn Store>,
    clock: Arc<SystemClock>,
    writer: u64,
    size: usize,
    window: u64,
    end: Monotonic,
) -> Outcome<Durations> {
    let random = SeededRandom::new(writer ^ clock.now().as_millis() as u64);
    let mut durations = Durations::default();
    let first = random.below(1 << 40);
    let mut number = first;
    loop {
        let mut value = vec![0; size];
        random.fill(&mut value);
        // Ids are random, as those of invocations and items are; the index runs by time.
        let id = SeededRandom::new(writer << 48 | number).below(u64::MAX);
        let mut ops = vec![
            Op::Put(key("item", writer).number(id).build(), value.into()),
            Op::Put(key("index", writer).number(number).build(), id.to_be_bytes().to_vec().into()),
        ];
        if window > 0 && number - first >= window {
            let old = number - window;
            let id = SeededRandom::new(writer << 48 | old).below(u64::MAX);
            ops.push(Op::Delete(key("item", writer).number(id).build()));
            ops.push(Op::Delete(key("index", writer).number(old).build()));
        }
        let checks = vec![Check::Absent(key("item", writer).number(id).build())];
        let record = id.to_be_bytes().to_vec().into();
        let appends = vec![Append { log: key("log", writer % LOGS).build(), record }];
        let before = clock.monotonic();
        if before >= end {
            return Ok(durations);
        }
        store.commit(Commit { checks, ops, appends }).await?;
        durations.add(clock.monotonic().since(before));
        number += 1;
    }
}

#[derive(Debug, Args)]
pub(crate) struct Fill {
    #[arg(long)]
    dir: PathBuf,
    #[arg(long)]
    items: u64,
    #[arg(long, default_value_t = 1024)]
    value: usize,
    /// Ends by SIGKILL of itself.
    #[arg(long)]
    abort: bool,
}

/// Items that one commit of a fill writes.
const FILL_STEP: u64 = 1000;

impl Fill {
    pub(crate) async fn run(self) -> Result<(), Box<dyn Error>> {
        let store = EmbeddedStore::open(&self.dir, Arc::new(SystemClock::default()))?;
        let random = SeededRandom::new(7);
        let mut number = 0;
        while number < self.items {
            let until = self.items.min(number + FILL_STEP);
            let ops = (number..until).map(|number| {
                let mut value = vec![0; self.value];
                random.fill(&mut value);
                Op::Put(key("fill", 0).number(number).build(), value.into())
            });
            store.commit(Commit { ops: ops.collect(), ..Commit::default() }).await?;
            number = until;
        }
        if self.abort {
            std::process::abort();
        }
        Ok(())
    }
}

#[derive(Debug, Args)]
pub(crate) struct Reads {
    #[arg(long)]
    dir: PathBuf,
    /// How many items `fill` wrote.
    #[arg(long)]
    items: u64,
}

impl Reads {
    pub(crate) async fn run(self) -> Result<(), Box<dyn Error>> {
        let clock = Arc::new(SystemClock::default());
        let store = EmbeddedStore::open(&self.dir, clock.clone())?;
        let random = SeededRandom::new(1);
        for (what, rounds, limit) in [("get", 200_000_u32, 0), ("range100", 5_000, 100)] {
            let start = clock.monotonic();
            for _ in 0..rounds {
                let at = key("fill", 0).number(random.below(self.items)).build();
                let found = match limit {
                    0 => usize::from(store.get(&at).await?.is_some()),
                    limit => {
                        let mut range = key("fill", 0).build().prefix();
                        range.start = at;
                        store.range(&range, limit).await?.len()
                    }
                };
                if found == 0 {
                    return Err("an item is missing".into());
                }
            }
            let each = clock.monotonic().since(start) / rounds;
            println!("reads what={what} each_us={:.2}", each.as_nanos() as f64 / 1e3);
        }
        Ok(())
    }
}
