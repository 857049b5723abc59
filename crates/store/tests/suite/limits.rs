//! Limits of one key, value and commit.

use super::*;
use std::time::Duration;
use tinderbox_store::{
    KeyRange,
    limits::{CHANGE_OVERHEAD, COMMIT_LIMIT, KEY_LIMIT, OWNER_LIMIT, VALUE_LIMIT},
};

/// A key of `length` bytes.
fn long(length: usize) -> Key {
    let base = base().build();
    Key::from_bytes([base.as_bytes(), &vec![7; length - base.as_bytes().len()][..]].concat().into())
}

fn big(length: usize) -> Bytes {
    vec![7; length].into()
}

pub(crate) async fn what_fits_is_stored(fixture: &mut Fixture) {
    write(&*fixture.store, vec![Op::Put(long(KEY_LIMIT), big(VALUE_LIMIT))]).await;
    let append = Append { log: long(KEY_LIMIT), record: big(VALUE_LIMIT) };
    fixture.store.commit(Commit { appends: vec![append], ..Commit::default() }).await.unwrap();
    // As much as a commit may hold.
    let rest = COMMIT_LIMIT - 3 * (VALUE_LIMIT + CHANGE_OVERHEAD + 200) - CHANGE_OVERHEAD - 200;
    let sizes = [VALUE_LIMIT, VALUE_LIMIT, VALUE_LIMIT, rest];
    let ops = (0..).zip(sizes).map(|(number, size)| Op::Put(base().number(number).build(), big(size)));
    write(&*fixture.store, ops.collect()).await;
    fixture.reopen();
    if fixture.durable {
        let found = fixture.store.get(&long(KEY_LIMIT)).await.unwrap().unwrap();
        assert_eq!(found.value, big(VALUE_LIMIT));
        let log = fixture.store.read_log(&long(KEY_LIMIT), 0, 2).await.unwrap();
        assert_eq!(log, [(0, big(VALUE_LIMIT))]);
        let range = long(KEY_LIMIT).prefix().after(&long(KEY_LIMIT));
        assert_eq!(fixture.store.range(&range, 9).await.unwrap(), vec![]);
    }
}

pub(crate) async fn what_does_not_fit_is_refused(fixture: &mut Fixture) {
    let store = &*fixture.store;
    let too_large = |outcome: Result<(), StoreError>| match outcome {
        Err(StoreError::TooLarge { size, limit, .. }) => assert!(size > limit),
        outcome => panic!("{outcome:?}"),
    };
    let commit = async |commit| store.commit(commit).await.map(drop);
    let (over, fits) = (|| long(KEY_LIMIT + 1), || key("a"));
    too_large(commit(checked(vec![], vec![Op::Put(over(), big(1))])).await);
    too_large(commit(checked(vec![], vec![Op::Delete(over())])).await);
    too_large(commit(checked(vec![Check::Absent(over())], vec![])).await);
    too_large(commit(checked(vec![], vec![Op::Put(fits(), big(VALUE_LIMIT + 1))])).await);
    let appends =
        |log, size| Commit { appends: vec![Append { log, record: big(size) }], ..Commit::default() };
    too_large(commit(appends(fits(), VALUE_LIMIT + 1)).await);
    too_large(commit(appends(over(), 1)).await);
    let five = (0..5).map(|number| Op::Put(base().number(number).build(), big(VALUE_LIMIT)));
    too_large(commit(checked(vec![], five.collect())).await);
    let many = (0..COMMIT_LIMIT / CHANGE_OVERHEAD).map(|_| delete("a"));
    too_large(commit(checked(vec![], many.collect())).await);
    let many = (0..COMMIT_LIMIT / CHANGE_OVERHEAD).map(|_| Check::Absent(fits()));
    too_large(commit(checked(many.collect(), vec![])).await);
    let many = (0..COMMIT_LIMIT / CHANGE_OVERHEAD).map(|_| append("l", ""));
    too_large(commit(Commit { appends: many.collect(), ..Commit::default() }).await);
    too_large(store.get(&over()).await.map(drop));
    too_large(store.read_log(&over(), 0, 1).await.map(drop));
    too_large(store.trim_log(&over(), 1).await);
    let range = KeyRange { start: long(KEY_LIMIT + 2), end: None };
    too_large(store.range(&range, 1).await.map(drop));
    too_large(store.delete_range(&range).await);
    too_large(store.claim(&range, 1, "o", Duration::ZERO).await.map(drop));
    let owner = "o".repeat(OWNER_LIMIT + 1);
    too_large(store.claim(&fits().prefix(), 1, &owner, Duration::ZERO).await.map(drop));
    assert_eq!(store.range(&base().build().prefix(), 9).await.unwrap(), vec![]);
}
