//! smoke
use std::sync::Arc;
use tinderbox_base::*;
use tinderbox_store::*;
#[tokio::test]
async fn reopen() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock::default());
    let key = Key::of(&AccountId::default(), &Region::default(), "a", "b").text("x").build();
    for i in 0..3u64 {
        let store = EmbeddedStore::open(dir.path().join("s"), clock.clone()).unwrap();
        let c = store
            .commit(Commit {
                checks: vec![],
                ops: vec![Op::Put(key.clone(), "v".into())],
                appends: vec![Append { log: key.clone(), record: "r".into() }],
            })
            .await
            .unwrap();
        assert_eq!(c.version, Version(i + 1));
        assert_eq!(c.offsets, vec![i]);
        assert_eq!(store.read_log(&key, 0, 100).await.unwrap().len() as u64, i + 1);
        assert!(matches!(
            EmbeddedStore::open(dir.path().join("s"), clock.clone()),
            Err(StoreError::Locked(_))
        ));
    }
}
