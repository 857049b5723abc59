//! Commits: all or nothing, if the checks hold.

use super::*;
use tinderbox_store::{Epoch, Version};

pub(crate) async fn what_was_put_is_read(fixture: &mut Fixture) {
    assert_eq!(value(&*fixture.store, "a").await, None);
    let done = write(&*fixture.store, vec![put("a", "1"), put("empty", "")]).await;
    fixture.reopen();
    if fixture.durable {
        let found = fixture.store.get(&key("a")).await.unwrap().unwrap();
        assert_eq!((found.version, &found.value[..]), (done.version, &b"1"[..]));
        // An empty value is not an absent one.
        assert_eq!(value(&*fixture.store, "empty").await.as_deref(), Some(""));
    }
    write(&*fixture.store, vec![put("a", "2")]).await;
    assert_eq!(value(&*fixture.store, "a").await.as_deref(), Some("2"));
    write(&*fixture.store, vec![delete("a"), delete("never")]).await;
    assert_eq!(value(&*fixture.store, "a").await, None);
}

pub(crate) async fn versions_grow_and_are_not_reused(fixture: &mut Fixture) {
    let mut last = Version(0);
    for round in 0..6 {
        let ops = if round % 2 == 0 { vec![put("a", "x")] } else { vec![delete("a")] };
        let version = write(&*fixture.store, ops).await.version;
        assert!(version > last, "{version:?} after {last:?}");
        last = version;
        fixture.reopen();
    }
}

pub(crate) async fn every_check_must_hold(fixture: &mut Fixture) {
    let store = &*fixture.store;
    let version = write(store, vec![put("there", "1")]).await.version;
    let (there, gone) = (|| key("there"), || key("gone"));
    let check = async |checks: Vec<Check>, expect: Option<usize>| {
        let outcome = store.commit(checked(checks.clone(), vec![])).await;
        match (outcome, expect) {
            (Ok(_), None) => {}
            (Err(StoreError::CheckFailed(index)), Some(expect)) => assert_eq!(index, expect, "{checks:?}"),
            (outcome, _) => panic!("{checks:?} gave {outcome:?}"),
        }
    };
    check(vec![], None).await;
    check(vec![Check::Present(there()), Check::Absent(gone()), Check::Version(there(), version)], None).await;
    check(vec![Check::Absent(there())], Some(0)).await;
    check(vec![Check::Present(there()), Check::Present(gone())], Some(1)).await;
    check(vec![Check::Version(there(), Version(version.0 + 1))], Some(0)).await;
    check(vec![Check::Version(gone(), version)], Some(0)).await;
    check(vec![Check::Lease(there(), Epoch(0))], Some(0)).await;
    write(store, vec![delete("there")]).await;
    check(vec![Check::Absent(there()), Check::Version(there(), version)], Some(1)).await;
    write(store, vec![put("there", "1")]).await;
    check(vec![Check::Version(there(), version)], Some(0)).await;
}

pub(crate) async fn a_failed_commit_changes_nothing(fixture: &mut Fixture) {
    let store = &*fixture.store;
    write(store, vec![put("a", "1")]).await;
    let refused = Commit {
        checks: vec![Check::Present(key("a")), Check::Absent(key("a"))],
        ops: vec![put("a", "2"), put("b", "2"), delete("a")],
        appends: vec![append("log", "x")],
    };
    assert!(matches!(store.commit(refused).await, Err(StoreError::CheckFailed(1))));
    assert_eq!(value(store, "a").await.as_deref(), Some("1"));
    assert_eq!(value(store, "b").await, None);
    assert_eq!(store.read_log(&key("log"), 0, 10).await.unwrap(), vec![]);
}

pub(crate) async fn the_last_of_several_changes_wins(fixture: &mut Fixture) {
    let store = &*fixture.store;
    write(store, vec![put("a", "1"), delete("a"), put("b", "1"), put("b", "2")]).await;
    assert_eq!(value(store, "a").await, None);
    assert_eq!(value(store, "b").await.as_deref(), Some("2"));
}

pub(crate) async fn a_commit_of_nothing_only_checks(fixture: &mut Fixture) {
    let store = &*fixture.store;
    let first = write(store, vec![put("a", "1")]).await.version;
    let done = store.commit(checked(vec![Check::Present(key("a"))], vec![])).await.unwrap();
    assert!(done.offsets.is_empty());
    assert!(write(store, vec![put("a", "2")]).await.version > first);
}

pub(crate) async fn one_version_a_commit(fixture: &mut Fixture) {
    let store = &*fixture.store;
    let version = write(store, vec![put("a", "1"), put("b", "1")]).await.version;
    for name in ["a", "b"] {
        assert_eq!(store.get(&key(name)).await.unwrap().unwrap().version, version);
    }
}
