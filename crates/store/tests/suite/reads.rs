//! Ranges and snapshots.

use super::*;
use tinderbox_store::KeyRange;

async fn names(store: &dyn Store, range: &KeyRange, limit: usize) -> Vec<Key> {
    store.range(range, limit).await.unwrap().into_iter().map(|entry| entry.key).collect()
}

pub(crate) async fn ranges_are_ordered_and_half_open(fixture: &mut Fixture) {
    let store = &*fixture.store;
    write(store, ["d", "b", "a", "c"].map(|name| put(name, name)).to_vec()).await;
    let range = |start: &str, end: Option<&str>| KeyRange { start: key(start), end: end.map(key) };
    let check = async |range: KeyRange, limit: usize, expect: &[&str]| {
        let expect: Vec<Key> = expect.iter().map(|name| key(name)).collect();
        assert_eq!(names(store, &range, limit).await, expect, "{range:?}");
        assert_eq!(store.snapshot().await.unwrap().range(&range, limit).await.unwrap().len(), expect.len());
    };
    check(range("a", Some("c")), 9, &["a", "b"]).await;
    check(range("b", None), 9, &["b", "c", "d"]).await;
    check(range("b", None), 2, &["b", "c"]).await;
    check(range("b", None), 0, &[]).await;
    check(range("aa", Some("bb")), 9, &["b"]).await;
    check(range("c", Some("c")), 9, &[]).await;
    check(range("d", Some("a")), 9, &[]).await;
    check(range("e", None), 9, &[]).await;
    let found = store.range(&range("a", Some("b")), 9).await.unwrap();
    assert_eq!(&found[0].value[..], b"a");
    assert_eq!(found[0].version, store.get(&key("a")).await.unwrap().unwrap().version);
}

pub(crate) async fn a_listing_is_read_in_pages(fixture: &mut Fixture) {
    let store = &*fixture.store;
    let all: Vec<Key> = (0..25).map(|number| base().text("page").number(number).build()).collect();
    let ops = all.iter().map(|key| Op::Put(key.clone(), "x".into()));
    write(store, ops.chain([put("pagf", "x"), put("pag", "x")]).collect()).await;
    let mut rest = base().text("page").build().prefix();
    let mut read = Vec::new();
    loop {
        let page = names(store, &rest, 7).await;
        let Some(last) = page.last() else { break };
        rest = rest.after(last);
        read.extend(page);
    }
    assert_eq!(read, all);
}

pub(crate) async fn a_snapshot_does_not_change(fixture: &mut Fixture) {
    let store = &*fixture.store;
    write(store, vec![put("a", "1"), put("b", "1")]).await;
    let snapshot = store.snapshot().await.unwrap();
    write(store, vec![put("a", "2"), delete("b"), put("c", "2")]).await;
    let range = base().build().prefix();
    assert_eq!(&snapshot.get(&key("a")).await.unwrap().unwrap().value[..], b"1");
    assert_eq!(snapshot.get(&key("c")).await.unwrap(), None);
    let seen = snapshot.range(&range, 9).await.unwrap();
    assert_eq!(seen.iter().map(|entry| &entry.key).collect::<Vec<_>>(), [&key("a"), &key("b")]);
    assert_eq!(names(store, &range, 9).await, [key("a"), key("c")]);
}

pub(crate) async fn delete_range_deletes_exactly_the_range(fixture: &mut Fixture) {
    let store = &*fixture.store;
    let many = (0..2500).map(|number| Op::Put(base().text("b").number(number).build(), "x".into()));
    write(store, many.chain([put("a", "x"), put("c", "x")]).collect()).await;
    store.delete_range(&base().text("b").build().prefix()).await.unwrap();
    store.delete_range(&base().text("none").build().prefix()).await.unwrap();
    fixture.reopen();
    if fixture.durable {
        assert_eq!(names(&*fixture.store, &base().build().prefix(), 9).await, [key("a"), key("c")]);
    }
}
