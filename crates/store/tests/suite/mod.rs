//! What every engine does. A case gets a fixture with an empty store.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

pub(crate) mod claims;
pub(crate) mod commits;
pub(crate) mod concurrency;
pub(crate) mod limits;
pub(crate) mod logs;
pub(crate) mod model;
pub(crate) mod reads;
pub(crate) mod watches;

use bytes::Bytes;
use std::{path::Path, sync::Arc};
use tempfile::TempDir;
use tinderbox_base::{AccountId, Clock, ManualClock, Region, Timestamp};
use tinderbox_store::{Append, Check, Commit, Committed, Key, KeyBuilder, Op, Store, StoreError};

type Open = fn(&Path, Arc<dyn Clock>) -> Result<Arc<dyn Store>, StoreError>;

/// A store, the means to open it again, and the clock its leases lapse by.
pub(crate) struct Fixture {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<ManualClock>,
    /// Whether the store outlives being opened again.
    pub(crate) durable: bool,
    open: Open,
    dir: TempDir,
}

impl Fixture {
    pub(crate) fn new(durable: bool, open: Open) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_700_000_000_000)));
        let store = open(dir.path(), clock.clone()).unwrap();
        Self { store, clock, durable, open, dir }
    }

    /// Closes the store and opens it again, if it is durable.
    pub(crate) fn reopen(&mut self) {
        if self.durable {
            // Closed first: two at a time are refused.
            self.store = Arc::new(tinderbox_store::MemoryStore::new(self.clock.clone()).unwrap());
            self.store = (self.open)(self.dir.path(), self.clock.clone()).unwrap();
        }
    }
}

pub(crate) fn base() -> KeyBuilder {
    Key::of(&AccountId::default(), &Region::default(), "suite", "thing")
}

pub(crate) fn key(name: &str) -> Key {
    base().text(name).build()
}

pub(crate) fn put(name: &str, value: &str) -> Op {
    Op::Put(key(name), Bytes::copy_from_slice(value.as_bytes()))
}

pub(crate) fn delete(name: &str) -> Op {
    Op::Delete(key(name))
}

pub(crate) fn append(log: &str, record: &str) -> Append {
    Append { log: key(log), record: Bytes::copy_from_slice(record.as_bytes()) }
}

pub(crate) fn checked(checks: Vec<Check>, ops: Vec<Op>) -> Commit {
    Commit { checks, ops, appends: Vec::new() }
}

/// Commits `ops` without checks.
pub(crate) async fn write(store: &dyn Store, ops: Vec<Op>) -> Committed {
    store.commit(checked(Vec::new(), ops)).await.unwrap()
}

/// The value of `name` as text.
pub(crate) async fn value(store: &dyn Store, name: &str) -> Option<String> {
    let found = store.get(&key(name)).await.unwrap()?;
    Some(String::from_utf8(found.value.to_vec()).unwrap())
}

/// Makes one test of every case.
macro_rules! each_case {
    ($fixture:ident) => { each_case! { $fixture:
        commits: [
            what_was_put_is_read, versions_grow_and_are_not_reused, every_check_must_hold,
            a_failed_commit_changes_nothing, the_last_of_several_changes_wins, a_commit_of_nothing_only_checks,
            one_version_a_commit
        ]
        reads: [
            ranges_are_ordered_and_half_open, a_listing_is_read_in_pages, a_snapshot_does_not_change,
            delete_range_deletes_exactly_the_range
        ]
        logs: [
            offsets_are_dense_in_order_of_commit, logs_are_apart, a_log_is_read_from_an_offset,
            trimmed_records_are_gone_and_offsets_go_on, a_long_log_is_trimmed
        ]
        claims: [
            claims_are_in_order_and_exclusive, a_claim_lapses_by_the_clock, a_released_claim_is_free,
            a_stale_epoch_does_nothing, a_lease_is_a_check, a_deleted_item_is_not_claimed
        ]
        limits: [what_fits_is_stored, what_does_not_fit_is_refused]
        watches: [a_watch_wakes_for_its_prefix, a_watch_sees_every_kind_of_change, an_abandoned_watch_is_forgotten]
        concurrency: [counters_lose_nothing, claimers_get_different_items, a_caller_may_go_away]
    }
        #[test]
        fn model() {
            suite::model::run($fixture);
        }
    };
    ($fixture:ident: $($file:ident: [$($case:ident),*])*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                suite::$file::$case(&mut $fixture()).await;
            }
        )*)*
    };
}
pub(crate) use each_case;
