//! The store against a model: random histories of everything it does, with restarts and time in between.

use super::*;
use proptest::{prelude::*, test_runner::TestRunner};
use std::{collections::BTreeMap, time::Duration};
use tinderbox_store::{Claimed, Epoch, KeyRange, Version};

/// One step of a history, over few names so that steps meet.
#[derive(Clone, Debug)]
enum Step {
    Commit { checks: Vec<(u8, u8)>, ops: Vec<(u8, Option<u16>)>, appends: Vec<u8> },
    DeleteRange(u8, u8),
    Trim(u8, u64),
    Claim(u8, u8, usize, u64),
    Release(u8, bool),
    Wait(u64),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = 0..6_u8;
    let log = 0..2_u8;
    let commit = (
        prop::collection::vec((name.clone(), 0..5_u8), 0..3),
        prop::collection::vec((name.clone(), prop::option::weighted(0.7, 0..3000_u16)), 0..4),
        prop::collection::vec(log.clone(), 0..3),
    );
    let step = prop_oneof![
        8 => commit.prop_map(|(checks, ops, appends)| Step::Commit { checks, ops, appends }),
        1 => (name.clone(), name.clone()).prop_map(|(from, to)| Step::DeleteRange(from, to)),
        2 => (log, 0..12_u64).prop_map(|(log, offset)| Step::Trim(log, offset)),
        3 => (name.clone(), name.clone(), 0..3_usize, 1..100_u64).prop_map(|(a, b, n, ms)| Step::Claim(a, b, n, ms)),
        2 => (name, any::<bool>()).prop_map(|(name, stale)| Step::Release(name, stale)),
        2 => (1..60_u64).prop_map(Step::Wait),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..40)
}

/// What a store holds, by the words of the trait.
#[derive(Debug, Default)]
struct Model {
    items: BTreeMap<u8, (Version, Vec<u8>)>,
    claims: BTreeMap<u8, (Epoch, i64)>,
    logs: BTreeMap<u8, (u64, Vec<Bytes>)>,
    /// The greatest version and the greatest epoch given so far.
    version: u64,
    epoch: u64,
}

fn named(name: u8) -> Key {
    base().text("item").number(name.into()).build()
}

fn log(name: u8) -> Key {
    base().text("log").number(name.into()).build()
}

fn between(from: u8, to: u8) -> KeyRange {
    KeyRange { start: named(from), end: Some(named(to)) }
}

impl Model {
    fn held(&self, name: u8, now: i64) -> Option<Epoch> {
        self.claims.get(&name).filter(|(_, until)| now < *until).map(|(epoch, _)| *epoch)
    }

    /// A check of one of five kinds on `name`, and whether it holds.
    fn check(&self, name: u8, kind: u8, now: i64) -> (Check, bool) {
        let (found, held) = (self.items.get(&name), self.held(name, now));
        let version = found.map_or(Version(1), |(version, _)| *version);
        match kind {
            0 => (Check::Absent(named(name)), found.is_none()),
            1 => (Check::Present(named(name)), found.is_some()),
            2 => (Check::Version(named(name), version), found.is_some()),
            3 => (Check::Version(named(name), Version(version.0 + 1)), false),
            _ => (Check::Lease(named(name), held.unwrap_or(Epoch(1))), held.is_some()),
        }
    }

    fn remove(&mut self, name: u8) {
        self.items.remove(&name);
        self.claims.remove(&name);
    }

    fn claim(&mut self, from: u8, to: u8, n: usize, now: i64, claimed: &[Claimed], until: i64) {
        let free: Vec<u8> = match from < to {
            true => self.items.range(from..to).map(|(name, _)| *name).collect(),
            false => Vec::new(),
        };
        let free: Vec<u8> = free.into_iter().filter(|name| self.held(*name, now).is_none()).take(n).collect();
        assert_eq!(claimed.len(), free.len());
        for (name, claimed) in free.into_iter().zip(claimed) {
            let (version, value) = &self.items[&name];
            assert_eq!((&claimed.entry.key, claimed.entry.version), (&named(name), *version));
            assert_eq!(claimed.entry.value, value);
            assert_eq!(claimed.until.as_millis(), until);
            assert!(
                claimed.epoch.0 > self.epoch
                    || self.claims.values().any(|(epoch, _)| *epoch == claimed.epoch)
            );
            self.claims.insert(name, (claimed.epoch, until));
        }
        self.epoch = claimed.iter().map(|claimed| claimed.epoch.0).fold(self.epoch, u64::max);
    }

    async fn compare(&self, store: &dyn Store) {
        let found = store.range(&base().text("item").build().prefix(), 99).await.unwrap();
        let found: Vec<_> =
            found.into_iter().map(|entry| (entry.key, entry.version, entry.value.to_vec())).collect();
        let expect =
            self.items.iter().map(|(name, (version, value))| (named(*name), *version, value.clone()));
        assert_eq!(found, expect.collect::<Vec<_>>());
        for name in 0..2 {
            let (first, records) = self.logs.get(&name).cloned().unwrap_or_default();
            let expect: Vec<_> = (0..).zip(records).skip(first as usize).collect();
            assert_eq!(store.read_log(&log(name), 0, 999).await.unwrap(), expect);
        }
    }
}

async fn take(fixture: &mut Fixture, model: &mut Model, step: Step, serial: u64) {
    let now = fixture.clock.now().as_millis();
    match step {
        Step::Commit { checks, ops, appends } => {
            let checks: Vec<_> =
                checks.into_iter().map(|(name, kind)| model.check(name, kind, now)).collect();
            let failed = checks.iter().position(|(_, holds)| !holds);
            let value = |length: u16| format!("{serial}:{}", "x".repeat(length.into())).into_bytes();
            let record = Bytes::from(serial.to_string());
            let commit = Commit {
                checks: checks.into_iter().map(|(check, _)| check).collect(),
                ops: ops
                    .iter()
                    .map(|(name, length)| match length {
                        Some(length) => Op::Put(named(*name), value(*length).into()),
                        None => Op::Delete(named(*name)),
                    })
                    .collect(),
                appends: appends
                    .iter()
                    .map(|name| Append { log: log(*name), record: record.clone() })
                    .collect(),
            };
            let done = match (fixture.store.commit(commit).await, failed) {
                (Ok(done), None) => done,
                (Err(StoreError::CheckFailed(index)), Some(failed)) => return assert_eq!(index, failed),
                (outcome, failed) => panic!("{outcome:?} with check {failed:?} failing"),
            };
            if !ops.is_empty() || !appends.is_empty() {
                assert!(done.version.0 > model.version);
                model.version = done.version.0;
            }
            for (name, length) in ops {
                match length {
                    Some(length) => drop(model.items.insert(name, (done.version, value(length)))),
                    None => model.remove(name),
                }
            }
            for (name, offset) in appends.into_iter().zip(done.offsets) {
                let (_, records) = model.logs.entry(name).or_default();
                assert_eq!(offset, records.len() as u64);
                records.push(record.clone());
            }
        }
        Step::DeleteRange(from, to) => {
            fixture.store.delete_range(&between(from, to)).await.unwrap();
            (from..to).for_each(|name| model.remove(name));
        }
        Step::Trim(name, offset) => {
            fixture.store.trim_log(&log(name), offset).await.unwrap();
            let (first, records) = model.logs.entry(name).or_default();
            *first = offset.min(records.len() as u64).max(*first);
        }
        Step::Claim(from, to, n, millis) => {
            let duration = Duration::from_millis(millis);
            let claimed = fixture.store.claim(&between(from, to), n, "owner", duration).await.unwrap();
            model.claim(from, to, n, now, &claimed, now + millis as i64);
        }
        Step::Release(name, stale) => {
            let epoch = model.claims.get(&name).map_or(Epoch(1), |(epoch, _)| *epoch);
            let epoch = if stale { Epoch(epoch.0 - 1) } else { epoch };
            fixture.store.release(&named(name), epoch).await.unwrap();
            if !stale && model.held(name, now) == Some(epoch) {
                model.claims.remove(&name);
            }
        }
        Step::Wait(millis) => fixture.clock.advance(Duration::from_millis(millis)),
        Step::Reopen => fixture.reopen(),
    }
}

/// Plays random histories on stores of `fixture`.
pub(crate) fn run(fixture: fn() -> Fixture) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        runtime.block_on(async {
            let (mut fixture, mut model) = (fixture(), Model::default());
            for (serial, step) in (0..).zip(steps) {
                take(&mut fixture, &mut model, step, serial).await;
                model.compare(&*fixture.store).await;
            }
        });
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
