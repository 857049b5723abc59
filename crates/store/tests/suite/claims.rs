//! Claims of a queue's items, and leases as checks.

use super::*;
use std::time::Duration;
use tinderbox_store::{Claimed, Epoch, KeyRange};

const MINUTE: Duration = Duration::from_secs(60);

fn all() -> KeyRange {
    base().build().prefix()
}

async fn fill(store: &dyn Store, names: &[&str]) {
    write(store, names.iter().map(|name| put(name, name)).collect()).await;
}

async fn claim(store: &dyn Store, n: usize) -> Vec<Claimed> {
    store.claim(&all(), n, "owner", MINUTE).await.unwrap()
}

fn names(claimed: &[Claimed]) -> Vec<Key> {
    claimed.iter().map(|claimed| claimed.entry.key.clone()).collect()
}

pub(crate) async fn claims_are_in_order_and_exclusive(fixture: &mut Fixture) {
    fill(&*fixture.store, &["c", "a", "b", "d"]).await;
    let first = claim(&*fixture.store, 2).await;
    assert_eq!(names(&first), [key("a"), key("b")]);
    assert_eq!(first[0].until, fixture.clock.now() + MINUTE);
    assert_eq!(first[0].entry, fixture.store.range(&all(), 1).await.unwrap()[0]);
    let range = KeyRange { start: key("d"), end: None };
    assert_eq!(names(&fixture.store.claim(&range, 9, "o", MINUTE).await.unwrap()), [key("d")]);
    fixture.reopen();
    if fixture.durable {
        assert_eq!(names(&claim(&*fixture.store, 9).await), [key("c")]);
        assert_eq!(claim(&*fixture.store, 9).await, vec![]);
        assert_eq!(claim(&*fixture.store, 0).await, vec![]);
    }
}

pub(crate) async fn a_claim_lapses_by_the_clock(fixture: &mut Fixture) {
    let store = &*fixture.store;
    fill(store, &["a"]).await;
    let first = claim(store, 1).await;
    fixture.clock.advance(MINUTE - Duration::from_millis(1));
    assert_eq!(claim(store, 1).await, vec![]);
    fixture.clock.advance(Duration::from_millis(1));
    let second = claim(store, 1).await;
    assert_eq!(names(&second), [key("a")]);
    assert!(second[0].epoch > first[0].epoch);
}

pub(crate) async fn a_released_claim_is_free(fixture: &mut Fixture) {
    let store = &*fixture.store;
    fill(store, &["a"]).await;
    let first = claim(store, 1).await;
    store.release(&key("a"), first[0].epoch).await.unwrap();
    let second = claim(store, 1).await;
    assert_eq!(names(&second), [key("a")]);
    assert!(second[0].epoch > first[0].epoch);
}

pub(crate) async fn a_stale_epoch_does_nothing(fixture: &mut Fixture) {
    let store = &*fixture.store;
    fill(store, &["a"]).await;
    let first = claim(store, 1).await;
    fixture.clock.advance(MINUTE);
    store.release(&key("a"), first[0].epoch).await.unwrap();
    assert_eq!(claim(store, 1).await.len(), 1);
    store.release(&key("a"), first[0].epoch).await.unwrap();
    store.release(&key("never"), Epoch(7)).await.unwrap();
    assert_eq!(claim(store, 1).await, vec![], "released by a holder of before");
}

pub(crate) async fn a_lease_is_a_check(fixture: &mut Fixture) {
    let store = &*fixture.store;
    fill(store, &["a"]).await;
    let held = claim(store, 1).await[0].epoch;
    let under = |epoch| checked(vec![Check::Lease(key("a"), epoch)], vec![put("done", "x")]);
    let refused = async |epoch| matches!(store.commit(under(epoch)).await, Err(StoreError::CheckFailed(0)));
    store.commit(under(held)).await.unwrap();
    assert!(refused(Epoch(held.0 + 1)).await);
    // Writing the item keeps its lease.
    write(store, vec![put("a", "2")]).await;
    store.commit(under(held)).await.unwrap();
    fixture.clock.advance(MINUTE);
    assert!(refused(held).await, "a lapsed lease is held by nobody");
    let next = claim(store, 1).await[0].epoch;
    assert!(refused(held).await);
    store.commit(under(next)).await.unwrap();
    store.release(&key("a"), next).await.unwrap();
    assert!(refused(next).await);
}

pub(crate) async fn a_deleted_item_is_not_claimed(fixture: &mut Fixture) {
    let store = &*fixture.store;
    fill(store, &["a"]).await;
    let held = claim(store, 1).await[0].epoch;
    // As a worker ends its item: under its lease, which goes with it.
    store.commit(checked(vec![Check::Lease(key("a"), held)], vec![delete("a")])).await.unwrap();
    let again = checked(vec![Check::Lease(key("a"), held)], vec![]);
    assert!(matches!(store.commit(again).await, Err(StoreError::CheckFailed(0))));
    fill(store, &["a"]).await;
    assert_eq!(names(&claim(store, 1).await), [key("a")]);
}
