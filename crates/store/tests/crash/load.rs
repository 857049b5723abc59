//! The load that is cut off: writers that each commit an item, an index entry, a cursor and a log
//! record in one, and delete what is older than a window. Now and then the item names a blob.

use std::{
    error::Error,
    io::{self, Write},
    path::Path,
    sync::Arc,
};
use tinderbox_base::{AccountId, Random, Region, SeededRandom, SystemClock};
use tinderbox_blobs::{BlobError, Blobs, Digest};
use tinderbox_store::{Append, Check, Commit, EmbeddedStore, Key, Op, Store};

/// How many items of each writer there are at any time, once it has written that many.
pub(crate) const WINDOW: u64 = 100;

/// How many logs the writers share.
pub(crate) const LOGS: u64 = 4;

/// How many records a log keeps at least.
const KEPT: u64 = 500;

/// The item `number` of `writer`.
pub(crate) fn item(writer: u64, number: u64) -> Key {
    part("item", writer).number(number).build()
}

/// The index entry of item `number` of `writer`; the index runs the other way.
pub(crate) fn index(writer: u64, number: u64) -> Key {
    part("index", writer).number(u64::MAX - number).build()
}

/// Where `writer` writes the number of its last item.
pub(crate) fn cursor(writer: u64) -> Key {
    part("cursor", writer).build()
}

/// The log that `writer` appends to.
pub(crate) fn log(writer: u64) -> Key {
    part("log", writer % LOGS).build()
}

/// The beginning of every key of `kind` of `writer`.
pub(crate) fn part(kind: &str, writer: u64) -> tinderbox_store::KeyBuilder {
    Key::of(&AccountId::default(), &Region::default(), "crash", kind).number(writer)
}

/// What item `number` of `writer` holds: mostly 1 KiB, now and then so much that it spans many pages.
pub(crate) fn content(writer: u64, number: u64) -> Vec<u8> {
    let random = SeededRandom::new(writer << 40 | number);
    let size = match random.below(100) {
        0 => random.below(1 << 20),
        1..5 => random.below(64 << 10),
        _ => 1024,
    };
    let mut content = vec![0; size as usize + 16];
    random.fill(&mut content);
    content[..16].copy_from_slice(&record(writer, number));
    content
}

/// Whether what item `number` holds is in a blob, which the item names.
pub(crate) fn in_blob(number: u64) -> bool {
    number.is_multiple_of(8)
}

/// The value of item `number` of `writer`: its content, or the name of the blob that has it.
pub(crate) fn item_value(writer: u64, number: u64) -> Vec<u8> {
    let content = content(writer, number);
    if in_blob(number) { Digest::of(&content).as_bytes().to_vec() } else { content }
}

/// Where the blobs beside the store in `dir` are.
pub(crate) fn blobs(dir: &Path) -> Result<Blobs, BlobError> {
    Blobs::open(dir.with_file_name("blobs"), Arc::new(SystemClock::default()))
}

/// What the log says of item `number` of `writer`.
pub(crate) fn record(writer: u64, number: u64) -> [u8; 16] {
    (u128::from(writer) << 64 | u128::from(number)).to_be_bytes()
}

/// Which item a record or an item's content is of.
pub(crate) fn named(content: &[u8]) -> Option<(u64, u64)> {
    let both = u128::from_be_bytes(*content.first_chunk()?);
    Some(((both >> 64) as u64, both as u64))
}

/// Runs `writers` writers on the store in `dir` until killed. Prints `open`, then a line for every
/// acknowledged commit: writer, number, version and offset.
pub(crate) fn run(dir: &Path, writers: u64) -> Result<(), Box<dyn Error + Send + Sync>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(dir, Arc::new(SystemClock::default()))?);
        let blobs = blobs(dir)?;
        writeln!(io::stdout(), "open")?;
        let mut tasks = tokio::task::JoinSet::new();
        for writer in 0..writers {
            tasks.spawn(write(Arc::clone(&store), blobs.clone(), writer));
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(())
    })
}

async fn write(store: Arc<dyn Store>, blobs: Blobs, writer: u64) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut last = store.get(&cursor(writer)).await?;
    let mut number = last.as_ref().and_then(|last| named(&last.value)).map_or(0, |(_, number)| number);
    loop {
        number += 1;
        if in_blob(number) {
            blobs.put(content(writer, number).into()).await?;
        }
        let expected = match &last {
            Some(last) => Check::Version(cursor(writer), last.version),
            None => Check::Absent(cursor(writer)),
        };
        let mut ops = vec![
            Op::Put(item(writer, number), item_value(writer, number).into()),
            Op::Put(index(writer, number), record(writer, number).to_vec().into()),
            Op::Put(cursor(writer), record(writer, number).to_vec().into()),
        ];
        if let Some(old) = number.checked_sub(WINDOW) {
            ops.extend([Op::Delete(item(writer, old)), Op::Delete(index(writer, old))]);
        }
        let checks = vec![expected, Check::Absent(item(writer, number))];
        let appends = vec![Append { log: log(writer), record: record(writer, number).to_vec().into() }];
        let done = store.commit(Commit { checks, ops, appends }).await?;
        writeln!(io::stdout(), "{writer} {number} {} {}", done.version.0, done.offsets[0])?;
        if let Some(old) = number.checked_sub(WINDOW)
            && in_blob(old)
        {
            // What a sweep does a day later.
            std::fs::remove_file(blobs.path(&Digest::of(&content(writer, old)))).ok();
        }
        last = store.get(&cursor(writer)).await?;
        if number.is_multiple_of(64) {
            store.trim_log(&log(writer), done.offsets[0].saturating_sub(KEPT)).await?;
        }
    }
}
