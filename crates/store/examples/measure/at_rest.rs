//! What a store costs when nothing happens, and what its disk can do.

use crate::stats::Durations;
use clap::Args;
use std::{
    error::Error,
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tinderbox_base::{Clock, SystemClock};
use tinderbox_store::EmbeddedStore;

#[derive(Debug, Args)]
pub(crate) struct Open {
    #[arg(long)]
    dir: PathBuf,
}

/// A line of `/proc/self/status`, without its name.
fn status(name: &str) -> Result<String, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    Ok(line.trim_start_matches(':').trim().replace(' ', ""))
}

impl Open {
    pub(crate) async fn run(self) -> Result<(), Box<dyn Error>> {
        let before = (status("VmRSS")?, status("Threads")?);
        let clock = Arc::new(SystemClock::default());
        let start = clock.monotonic();
        let store = EmbeddedStore::open(&self.dir, clock.clone())?;
        let took = clock.monotonic().since(start);
        // What opening leaves to the background, compaction for instance, is over then.
        tokio::time::sleep(Duration::from_secs(2)).await;
        println!(
            "open ms={:.2} rss_before={} rss_after={} anon={} threads_before={} threads_after={}",
            took.as_secs_f64() * 1e3,
            before.0,
            status("VmRSS")?,
            status("RssAnon")?,
            before.1,
            status("Threads")?,
        );
        let start = clock.monotonic();
        drop(store);
        println!("close ms={:.2}", clock.monotonic().since(start).as_secs_f64() * 1e3);
        Ok(())
    }
}

/// Appends and syncs for three seconds.
pub(crate) fn sync(dir: &Path) -> Result<(), Box<dyn Error>> {
    let path = dir.join("sync-trial");
    let mut file = fs::File::create(&path)?;
    let (clock, mut durations) = (SystemClock::default(), Durations::default());
    while clock.monotonic().elapsed() < Duration::from_secs(3) {
        let before = clock.monotonic();
        file.write_all(&[7; 200])?;
        file.sync_data()?;
        durations.add(clock.monotonic().since(before));
    }
    fs::remove_file(path)?;
    println!("sync {}", durations.summary());
    Ok(())
}
