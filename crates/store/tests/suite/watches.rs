//! Watches: a wake for every change, and no wake without one.

use super::*;
use std::{pin::pin, task::Poll, time::Duration};
use tinderbox_store::Watch;

/// Whether the watch has woken. Wakes come before the commit is acknowledged, so there is nothing to wait for.
async fn woken(watch: &mut Watch) -> bool {
    let mut changed = pin!(watch.changed());
    std::future::poll_fn(|context| Poll::Ready(changed.as_mut().poll(context).is_ready())).await
}

pub(crate) async fn a_watch_wakes_for_its_prefix(fixture: &mut Fixture) {
    let store = &*fixture.store;
    write(store, vec![put("a", "before")]).await;
    let mut watch = store.watch(&key("a"));
    assert!(!woken(&mut watch).await);
    write(store, vec![put("b", "x"), put("aa", "x")]).await;
    assert!(!woken(&mut watch).await);
    write(store, vec![put("a", "x")]).await;
    assert!(woken(&mut watch).await);
    assert!(!woken(&mut watch).await);
    // Several changes may come as one.
    let under = base().text("a").text("under").build();
    write(store, vec![Op::Put(under.clone(), "x".into())]).await;
    write(store, vec![Op::Delete(under)]).await;
    assert!(woken(&mut watch).await);
    assert!(!woken(&mut watch).await);
    let refused = checked(vec![Check::Absent(key("a"))], vec![put("a", "y")]);
    assert!(store.commit(refused).await.is_err());
    assert!(!woken(&mut watch).await);
}

pub(crate) async fn a_watch_sees_every_kind_of_change(fixture: &mut Fixture) {
    let store = &*fixture.store;
    let (mut one, mut two) = (store.watch(&base().build()), store.watch(&base().build()));
    let mut both = async |what: &str| {
        assert!(woken(&mut one).await, "{what}");
        assert!(woken(&mut two).await, "{what}");
    };
    write(store, vec![put("a", "x")]).await;
    both("put").await;
    store.commit(Commit { appends: vec![append("l", "x")], ..Commit::default() }).await.unwrap();
    both("append").await;
    let held = store.claim(&key("a").prefix(), 1, "o", Duration::from_secs(9)).await.unwrap();
    store.release(&key("a"), held[0].epoch).await.unwrap();
    both("release").await;
    store.delete_range(&key("a").prefix()).await.unwrap();
    both("delete_range").await;
}

pub(crate) async fn an_abandoned_watch_is_forgotten(fixture: &mut Fixture) {
    let store = &*fixture.store;
    let mut kept = store.watch(&key("1"));
    for number in 0..10_000 {
        drop(store.watch(&key(&number.to_string())));
    }
    write(store, vec![put("1", "x"), put("9999", "x")]).await;
    assert!(woken(&mut kept).await);
}
