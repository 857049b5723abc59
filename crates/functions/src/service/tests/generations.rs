//! No request accepted after a change's reply runs what was before.

use super::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Answers with the revision that it loaded.
fn revisions() -> FakeLauncher {
    FakeLauncher::new(|call| {
        let revision = call.load["revision_id"].to_string();
        FakeReply::After(Duration::from_micros(300), Box::new(FakeReply::Success(revision.into())))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_load_a_reply_ends_the_old_code() {
    const CHANGES: usize = 40;
    let bed = Arc::new(Bed::with_hello(revisions()).await);
    // The number of the change that made a revision, told before its reply can be known.
    let numbers = Arc::new(Mutex::new(HashMap::from([(bed.get("hello").unwrap().revision_id(), 0)])));
    let replied = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (bed, numbers) = (bed.clone(), numbers.clone());
            let (replied, stop) = (replied.clone(), stop.clone());
            tokio::spawn(async move {
                let mut served = 0;
                while !stop.load(Ordering::Relaxed) {
                    let before = replied.load(Ordering::SeqCst);
                    let answer = bed.invoke(event("{}")).await.unwrap();
                    assert!(!answer.failed, "{}", answer.payload);
                    let revision = answer.payload.trim_matches('"').to_owned();
                    // A revision whose reply was not yet written down is newer than any that was.
                    let number = numbers.lock().unwrap().get(&revision).copied().unwrap_or(usize::MAX);
                    assert!(number >= before, "change {number} ran after the reply of {before}");
                    served += 1;
                }
                served
            })
        })
        .collect();
    for change in 1..=CHANGES {
        let function = if change % 2 == 0 {
            let update =
                CodeUpdate { name: "hello".into(), code: code(&change.to_string()), ..CodeUpdate::default() };
            bed.functions.update_code(&caller(), update).await.unwrap()
        } else {
            bed.set(setting("EDITION", &change.to_string())).await.unwrap()
        };
        numbers.lock().unwrap().insert(function.revision_id(), change);
        replied.store(change, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for task in callers {
        assert!(task.await.unwrap() > 0);
    }
}

#[tokio::test]
async fn what_is_said_about_a_function_starts_no_new_instance() {
    let bed =
        Bed::with_hello(FakeLauncher::new(|call| FakeReply::Success(call.instance.to_string().into()))).await;
    let first = bed.invoke(event("1")).await.unwrap();
    let arn = bed.get("hello").unwrap().arn().to_string();
    bed.functions.tag(&caller(), &arn, BTreeMap::from([("A".into(), "a".into())])).await.unwrap();
    bed.functions.put_concurrency(&caller(), "hello", 5).await.unwrap();
    assert_eq!(bed.invoke(event("1")).await.unwrap(), first);
    bed.set(setting("EDITION", "2")).await.unwrap();
    assert_ne!(bed.invoke(event("1")).await.unwrap(), first);
}

#[tokio::test]
async fn a_change_is_carried_through_when_its_caller_goes() {
    let bed = Bed::with_hello(FakeLauncher::new(|call| {
        FakeReply::Success(format!("{:?}", variable(&call, "EDITION")).into())
    }))
    .await;
    for edition in 0..50 {
        let functions = bed.functions.clone();
        let update = ConfigurationUpdate {
            name: "hello".into(),
            settings: setting("EDITION", &edition.to_string()),
            revision_id: None,
        };
        let task = tokio::spawn(async move { functions.update_configuration(&caller(), update).await });
        for _ in 0..edition {
            tokio::task::yield_now().await;
        }
        task.abort();
        let _ = task.await;
        // Whatever became of it, memory and store tell the same.
        until("the end of the change", || bed.functions.inner.table.all().len() == 1).await;
        bed.set(Settings::default()).await.unwrap();
        let function = bed.get("hello").unwrap();
        let key = crate::keys::function(&function.account, &function.region, &function.name);
        let stored = bed.machine.store.get(&key).await.unwrap().unwrap();
        assert_eq!(serde_json::from_slice::<Function>(&stored.value).unwrap(), *function);
    }
}

#[tokio::test]
async fn what_was_meant_for_a_deleted_function_never_runs_in_its_namesake() {
    let bed = Bed::with_hello(echo()).await;
    let inner = &bed.functions.inner;
    let target = inner.target(&caller(), "hello", None, "InvokeFunction").unwrap();
    let old = inner.current(&target).unwrap().latest.clone();
    bed.functions.delete(&caller(), "hello", None).await.unwrap();
    bed.functions.create(&caller(), hello()).await.unwrap();
    let event = Event {
        caller: caller(),
        payload: Bytes::from("1"),
        arn: target.arn().to_string(),
        client_context: None,
    };
    match inner.run(&target, old, event, None).await {
        Err(InvokeFault::Failed(error)) => assert_eq!(error.code(), Some("ResourceNotFoundException")),
        Err(other) => panic!("{other:?}"),
        Ok(ran) => panic!("{:?}", ran.answer),
    }
}
