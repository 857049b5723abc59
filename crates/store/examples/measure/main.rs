//! Measures the embedded store: commits under the load that is coming, opening, and memory at rest.
//!
//! `cargo run --release -p tinderbox-store --example measure -- load --dir DIR`; `bench/RESULTS-store.md` holds results.

mod at_rest;
mod load;
mod stats;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures the embedded store.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Commits of writers in parallel: each an item, an index entry and a log record.
    Load(load::Load),
    /// Reads of one key, and of ranges.
    Reads(load::Reads),
    /// Fills a store with so many items of 1 KB.
    Fill(load::Fill),
    /// Opens a store and tells how long that took and what it costs at rest.
    Open(at_rest::Open),
    /// How often a second this disk syncs a small append: the floor under every durable commit.
    Sync {
        /// Where to write; a file is made there and removed.
        #[arg(long)]
        dir: PathBuf,
    },
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let threads = 2;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    match Arguments::parse().what {
        What::Load(load) => runtime.block_on(load.run()),
        What::Reads(reads) => runtime.block_on(reads.run()),
        What::Fill(fill) => runtime.block_on(fill.run()),
        What::Open(open) => runtime.block_on(open.run()),
        What::Sync { dir } => at_rest::sync(&dir),
    }
}
