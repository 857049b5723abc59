//! Logs: dense offsets in the order of commits.

use super::*;

async fn push(store: &dyn Store, appends: Vec<Append>) -> Vec<u64> {
    store.commit(Commit { appends, ..Commit::default() }).await.unwrap().offsets
}

async fn read(store: &dyn Store, log: &str, offset: u64, limit: usize) -> Vec<(u64, String)> {
    let records = store.read_log(&key(log), offset, limit).await.unwrap();
    records.into_iter().map(|(at, record)| (at, String::from_utf8(record.to_vec()).unwrap())).collect()
}

fn records(list: &[(u64, &str)]) -> Vec<(u64, String)> {
    list.iter().map(|(offset, record)| (*offset, (*record).to_owned())).collect()
}

pub(crate) async fn offsets_are_dense_in_order_of_commit(fixture: &mut Fixture) {
    assert_eq!(push(&*fixture.store, vec![append("l", "a"), append("l", "b")]).await, [0, 1]);
    fixture.reopen();
    if fixture.durable {
        assert_eq!(push(&*fixture.store, vec![append("l", "c")]).await, [2]);
        assert_eq!(read(&*fixture.store, "l", 0, 9).await, records(&[(0, "a"), (1, "b"), (2, "c")]));
    }
}

pub(crate) async fn logs_are_apart(fixture: &mut Fixture) {
    let store = &*fixture.store;
    // Names that begin with each other, and a key of the same name.
    write(store, vec![put("l", "value")]).await;
    assert_eq!(push(store, vec![append("l", "1"), append("ll", "2"), append("l", "3")]).await, [0, 0, 1]);
    assert_eq!(read(store, "l", 0, 9).await, records(&[(0, "1"), (1, "3")]));
    assert_eq!(read(store, "ll", 0, 9).await, records(&[(0, "2")]));
    assert_eq!(read(store, "none", 0, 9).await, records(&[]));
    assert_eq!(store.range(&base().build().prefix(), 9).await.unwrap().len(), 1);
    write(store, vec![delete("l")]).await;
    assert_eq!(read(store, "l", 0, 9).await.len(), 2);
    // The key of one is that of the other and what might be an offset.
    let shorter = key("l").as_bytes().to_vec();
    let longer = Key::from_bytes([&shorter[..], &[0; 8]].concat().into());
    push(store, vec![Append { log: longer.clone(), record: "4".into() }]).await;
    assert_eq!(read(store, "l", 0, 9).await.len(), 2);
    assert_eq!(store.read_log(&longer, 0, 9).await.unwrap(), [(0, Bytes::from("4"))]);
}

pub(crate) async fn a_log_is_read_from_an_offset(fixture: &mut Fixture) {
    let store = &*fixture.store;
    push(store, ["a", "b", "c", "d"].map(|record| append("l", record)).to_vec()).await;
    assert_eq!(read(store, "l", 1, 2).await, records(&[(1, "b"), (2, "c")]));
    assert_eq!(read(store, "l", 3, 9).await, records(&[(3, "d")]));
    assert_eq!(read(store, "l", 4, 9).await, records(&[]));
    assert_eq!(read(store, "l", u64::MAX, 9).await, records(&[]));
    assert_eq!(read(store, "l", 0, 0).await, records(&[]));
}

pub(crate) async fn trimmed_records_are_gone_and_offsets_go_on(fixture: &mut Fixture) {
    let store = &*fixture.store;
    push(store, ["a", "b", "c"].map(|record| append("l", record)).to_vec()).await;
    store.trim_log(&key("l"), 2).await.unwrap();
    assert_eq!(read(store, "l", 0, 9).await, records(&[(2, "c")]));
    store.trim_log(&key("l"), 1).await.unwrap();
    assert_eq!(read(store, "l", 0, 9).await, records(&[(2, "c")]));
    // Beyond its end: all there is.
    store.trim_log(&key("l"), 99).await.unwrap();
    store.trim_log(&key("none"), 99).await.unwrap();
    assert_eq!(read(store, "l", 0, 9).await, records(&[]));
    fixture.reopen();
    if fixture.durable {
        assert_eq!(push(&*fixture.store, vec![append("l", "d")]).await, [3]);
        assert_eq!(read(&*fixture.store, "l", 0, 9).await, records(&[(3, "d")]));
    }
}

pub(crate) async fn a_long_log_is_trimmed(fixture: &mut Fixture) {
    let store = &*fixture.store;
    for _ in 0..10 {
        push(store, (0..1000).map(|_| append("l", "x")).collect()).await;
    }
    store.trim_log(&key("l"), 9_998).await.unwrap();
    assert_eq!(read(store, "l", 0, 9).await, records(&[(9_998, "x"), (9_999, "x")]));
}
