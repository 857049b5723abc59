//! What must be there after a crash, and what may be.

use crate::load::{
    LOGS, WINDOW, blobs, content, cursor, in_blob, index, item, item_value, log, named, part, record,
};
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write,
    path::Path,
    sync::Arc,
};
use tinderbox_base::SystemClock;
use tinderbox_blobs::{Blobs, Digest};
use tinderbox_store::{EmbeddedStore, Entry, Store, Version};

/// Version and offset of the acknowledged commits of one writer, by number; the last [`WINDOW`] at least.
pub(crate) type Acks = BTreeMap<u64, (u64, u64)>;

/// One line for every acknowledged commit, as the load prints them.
pub(crate) fn to_lines(acks: &[Acks]) -> String {
    let mut lines = String::new();
    for (writer, acks) in acks.iter().enumerate() {
        for (number, (version, offset)) in acks {
            writeln!(lines, "{writer} {number} {version} {offset}").expect("a string takes any text");
        }
    }
    lines
}

/// Adds a line of the load, or of [`to_lines`]. False if it is none.
pub(crate) fn add_line(acks: &mut [Acks], line: &str) -> bool {
    let numbers: Vec<u64> = line.split(' ').map_while(|part| part.parse().ok()).collect();
    let [writer, number, version, offset] = numbers[..] else { return false };
    let acks = &mut acks[writer as usize];
    acks.insert(number, (version, offset));
    while acks.len() > WINDOW as usize + 1 {
        acks.pop_first();
    }
    true
}

/// The number of the last acknowledged commit of each writer.
pub(crate) fn last(acks: &[Acks]) -> Vec<u64> {
    acks.iter().map(|acks| acks.last_key_value().map_or(0, |(number, _)| *number)).collect()
}

/// Opens the store in `dir` and compares it with what was acknowledged: of each writer at least the
/// commits up to that in `must`, at most one beyond `acks`.
///
/// What is found counts as acknowledged from now on, and what is not found as never done.
pub(crate) fn run(dir: &Path, must: &[u64], acks: &mut [Acks]) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(text)?;
    runtime.block_on(async {
        let store = EmbeddedStore::open(dir, Arc::new(SystemClock::default())).map_err(text)?;
        let logged = logs(&store).await?;
        let blobs = blobs(dir).map_err(text)?;
        for ((writer, acks), must) in (0..).zip(acks).zip(must) {
            let last = check(&store, &blobs, writer, *must, acks, &logged).await;
            let last = last.map_err(|error| format!("writer {writer}: {error}"))?;
            acks.split_off(&last.map_or(0, |(number, _)| number));
            acks.extend(last);
        }
        Ok(())
    })
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// What the logs hold.
#[derive(Default)]
struct Logged {
    /// The offset of each item's record, by writer and number.
    offsets: HashMap<(u64, u64), u64>,
    /// The first offset that each log still has.
    first: HashMap<u64, u64>,
}

/// Reads every log. Offsets must be dense, and the records of one writer in its order.
async fn logs(store: &dyn Store) -> Result<Logged, String> {
    let mut logged = Logged::default();
    for name in 0..LOGS {
        let mut last: Option<u64> = None;
        let mut numbers: HashMap<u64, u64> = HashMap::new();
        for (offset, found) in store.read_log(&log(name), 0, usize::MAX).await.map_err(text)? {
            if last.is_some_and(|last| offset != last + 1) {
                return Err(format!("log {name}: offset {offset} follows {last:?}"));
            }
            last = Some(offset);
            logged.first.entry(name).or_insert(offset);
            let (writer, number) = named(&found).ok_or("a record without a name")?;
            if let Some(before) = numbers.insert(writer, number)
                && number != before + 1
            {
                return Err(format!("log {name}: item {number} of writer {writer} follows {before}"));
            }
            logged.offsets.insert((writer, number), offset);
        }
    }
    Ok(logged)
}

/// Checks one writer: its commits up to `must` are there, and up to one beyond `acks` may be.
/// Tells the last commit.
async fn check(
    store: &dyn Store,
    blobs: &Blobs,
    writer: u64,
    must: u64,
    acks: &Acks,
    logged: &Logged,
) -> Result<Option<(u64, (u64, u64))>, String> {
    let acked = acks.last_key_value().map_or(0, |(number, _)| *number);
    let found = store.get(&cursor(writer)).await.map_err(text)?;
    let last = found.as_ref().and_then(|found| named(&found.value)).map_or(0, |(_, number)| number);
    if last < must || last > acked + 1 {
        return Err(format!("the last commit is {last}, acknowledged were {must}, later {acked}"));
    }
    let expect: Vec<u64> = (1..=last).rev().take(WINDOW as usize).collect();
    let items = range(store, "item", writer).await?;
    let indexed = range(store, "index", writer).await?;
    if items.len() != expect.len() || indexed.len() != expect.len() {
        return Err(format!(
            "{} items and {} index entries for {}",
            items.len(),
            indexed.len(),
            expect.len()
        ));
    }
    let newest = found.map(|found| found.version);
    let mut above = newest;
    for ((number, entry), pointer) in expect.into_iter().zip(items.iter().rev()).zip(&indexed) {
        let whole = entry.key == item(writer, number) && entry.value == item_value(writer, number);
        if !whole || pointer.key != index(writer, number) || pointer.value[..] != record(writer, number) {
            return Err(format!("item {number} is not as written"));
        }
        if in_blob(number) && !blobs.verify(&Digest::of(&content(writer, number))).await.map_err(text)? {
            return Err(format!("the blob of item {number} is missing"));
        }
        if entry.version != pointer.version || number == last && above != Some(entry.version) {
            return Err(format!("item {number} is not of one commit"));
        }
        if number != last && above <= Some(entry.version) {
            return Err(format!("the version of item {number} is not below that of the next"));
        }
        above = Some(entry.version);
        let offset = logged.offsets.get(&(writer, number)).copied();
        match (acks.get(&number), offset) {
            (Some((version, acked)), _)
                if entry.version != Version(*version) || offset.is_some_and(|o| o != *acked) =>
            {
                return Err(format!("item {number} has another version or offset than acknowledged"));
            }
            // Trimmed since.
            (Some((_, acked)), None)
                if logged.first.get(&(writer % LOGS)).is_some_and(|first| acked < first) => {}
            (_, None) => return Err(format!("item {number} is not in its log")),
            (_, Some(_)) => {}
        }
    }
    let offset = logged.offsets.get(&(writer, last)).copied();
    Ok(newest.zip(offset).map(|(version, offset)| (last, (version.0, offset))))
}

async fn range(store: &dyn Store, kind: &str, writer: u64) -> Result<Vec<Entry>, String> {
    store.range(&part(kind, writer).build().prefix(), usize::MAX).await.map_err(text)
}
