//! Many callers at once.

use super::*;
use std::{collections::BTreeSet, time::Duration};
use tokio::task::JoinSet;

const CALLERS: u64 = 16;

/// Adds one to a counter, again and again until nobody was faster, and notes the result in a log.
async fn increment(store: &dyn Store) -> u64 {
    loop {
        let found = store.get(&key("counter")).await.unwrap();
        let (check, count) = match &found {
            Some(found) => {
                let count: u64 = std::str::from_utf8(&found.value).unwrap().parse().unwrap();
                (Check::Version(key("counter"), found.version), count + 1)
            }
            None => (Check::Absent(key("counter")), 1),
        };
        let commit = Commit {
            checks: vec![check],
            ops: vec![put("counter", &count.to_string())],
            appends: vec![append("log", &count.to_string())],
        };
        match store.commit(commit).await {
            Ok(done) => {
                assert_eq!(done.offsets, [count - 1], "the log is in order of commits");
                return done.version.0;
            }
            Err(StoreError::CheckFailed(0)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

pub(crate) async fn counters_lose_nothing(fixture: &mut Fixture) {
    const EACH: u64 = 25;
    let mut tasks = JoinSet::new();
    for _ in 0..CALLERS {
        let store = Arc::clone(&fixture.store);
        tasks.spawn(async move {
            let mut versions = Vec::new();
            for _ in 0..EACH {
                versions.push(increment(&*store).await);
            }
            assert!(versions.is_sorted());
            versions
        });
    }
    let versions: Vec<u64> = tasks.join_all().await.concat();
    let different: BTreeSet<u64> = versions.iter().copied().collect();
    assert_eq!(different.len() as u64, CALLERS * EACH);
    fixture.reopen();
    if fixture.durable {
        assert_eq!(value(&*fixture.store, "counter").await, Some((CALLERS * EACH).to_string()));
        let log = fixture.store.read_log(&key("log"), 0, usize::MAX).await.unwrap();
        assert_eq!(log.len() as u64, CALLERS * EACH);
    }
}

pub(crate) async fn claimers_get_different_items(fixture: &mut Fixture) {
    let ops = (0..200).map(|number| Op::Put(base().text("queue").number(number).build(), "x".into()));
    write(&*fixture.store, ops.collect()).await;
    let mut tasks = JoinSet::new();
    for caller in 0..CALLERS {
        let store = Arc::clone(&fixture.store);
        tasks.spawn(async move {
            let (range, owner) = (base().text("queue").build().prefix(), caller.to_string());
            let mut mine = Vec::new();
            loop {
                let claimed = store.claim(&range, 3, &owner, Duration::from_secs(60)).await.unwrap();
                if claimed.is_empty() {
                    return mine;
                }
                for claimed in claimed {
                    let (item, lease) =
                        (claimed.entry.key.clone(), Check::Lease(claimed.entry.key, claimed.epoch));
                    store.commit(checked(vec![lease], vec![Op::Delete(item.clone())])).await.unwrap();
                    mine.push(item);
                }
            }
        });
    }
    let done: Vec<Key> = tasks.join_all().await.concat();
    assert_eq!(done.len(), 200);
    assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), 200);
}

pub(crate) async fn a_caller_may_go_away(fixture: &mut Fixture) {
    let mut tasks = JoinSet::new();
    for number in 0..3000_u64 {
        let store = Arc::clone(&fixture.store);
        // More than may wait at once, and large enough that they wait for room.
        let ops = vec![Op::Put(base().number(number).build(), vec![7; 20_000].into())];
        tasks.spawn(async move { store.commit(checked(Vec::new(), ops)).await });
    }
    let mut count = 0;
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
        count += 1;
        if count == 100 {
            tasks.abort_all();
            break;
        }
    }
    while tasks.join_next().await.is_some() {}
    // Each of the others is there whole or not at all, and the store goes on.
    write(&*fixture.store, vec![put("after", "x")]).await;
    let there = fixture.store.range(&base().build().prefix(), 4000).await.unwrap();
    assert!(there.len() > 100);
    assert!(there.iter().all(|entry| entry.key == key("after") || entry.value.len() == 20_000));
}
