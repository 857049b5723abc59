//! What the next server finds.

use super::*;

#[tokio::test]
async fn functions_survive_with_all_they_have() {
    let bed = Bed::with_hello(echo()).await;
    let arn = bed.get("hello").unwrap().arn().to_string();
    bed.functions.tag(&caller(), &arn, BTreeMap::from([("A".into(), "a".into())])).await.unwrap();
    bed.functions.put_concurrency(&caller(), "hello", 7).await.unwrap();
    bed.set(setting("STAGE", "prod")).await.unwrap();
    let before = bed.get("hello").unwrap();
    let bed = bed.kill().start(echo()).await;
    assert_eq!(bed.get("hello").unwrap(), before);
    assert_eq!(bed.invoke(event("1")).await.unwrap().payload, "1");
    assert_eq!(bed.functions.account_settings(&caller()).unreserved_concurrent_executions, 993);
}

#[tokio::test]
async fn reserved_concurrency_holds_after_a_restart() {
    let bed = Bed::with_hello(echo()).await;
    bed.functions.put_concurrency(&caller(), "hello", 0).await.unwrap();
    let bed = bed.kill().start(echo()).await;
    assert!(matches!(bed.invoke(event("1")).await, Err(InvokeFault::Throttled(ThrottleReason::Reserved))));
}

#[tokio::test]
async fn code_that_is_lost_comes_back_from_its_blob() {
    let bed = Bed::with_hello(echo()).await;
    let function = bed.get("hello").unwrap();
    let machine = bed.kill();
    let code = machine.root.path().join("code");
    fs::remove_dir_all(code.join(function.code.sha256.to_string())).unwrap();
    fs::create_dir(code.join("tmp-left")).unwrap();
    let bed = machine.start(echo()).await;
    assert!(!code.join("tmp-left").exists());
    assert_eq!(bed.invoke(event("1")).await.unwrap().payload, "1");
    assert!(code.join(function.code.sha256.to_string()).join("app.py").exists());
}

#[tokio::test]
async fn a_start_makes_recent_functions_ready() {
    let bed = Bed::with_hello(echo()).await.kill().start(echo()).await;
    assert_eq!(bed.launcher.counts().launched(), 0);
    bed.functions.warm_up_recent();
    until("a ready instance", || bed.launcher.counts().launched() > 0).await;
}

#[tokio::test]
async fn a_function_is_invoked_before_all_are_read() {
    let bed = Bed::with_hello(editions()).await;
    bed.functions.create(&caller(), NewFunction { name: "other".into(), ..hello() }).await.unwrap();
    bed.publish_edition("one").await;
    bed.functions.put_concurrency(&caller(), "other", 0).await.unwrap();
    let machine = Machine { unread: true, ..bed.kill() };
    let code = machine.root.path().join("code");
    fs::create_dir(code.join("tmp-left")).unwrap();
    let bed = machine.start(editions()).await;
    assert_eq!(bed.ask("1").await, ("one".into(), "1".into()), "with its versions");
    assert!(bed.get("other").is_err(), "the rest is not known yet");
    let stopped = bed.invoke(Invocation { name: "other".into(), ..event("1") }).await;
    assert!(matches!(stopped, Err(InvokeFault::Throttled(ThrottleReason::Reserved))), "with its limits");
    let missing = bed.invoke(Invocation { name: "missing".into(), ..event("1") }).await;
    assert!(matches!(missing, Err(InvokeFault::Failed(_))));
    // A change waits for all, and so does an event that is stored.
    let changing = bed.functions.inner.clone();
    let change = tokio::spawn(async move {
        let functions = Functions { inner: changing };
        let update = ConfigurationUpdate {
            name: "hello".into(),
            settings: setting("EDITION", "two"),
            revision_id: None,
        };
        functions.update_configuration(&caller(), update).await.map(drop)
    });
    tokio::task::yield_now().await;
    assert!(!change.is_finished());
    let launched = bed.launcher.counts().launched();
    bed.functions.load().await.unwrap();
    bed.functions.ready().await.unwrap();
    change.await.unwrap().unwrap();
    assert_eq!(bed.ask("1").await, ("one".into(), "1".into()));
    assert_eq!(bed.launcher.counts().launched(), launched, "its instance goes on");
    assert!(!code.join("tmp-left").exists());
    let all = bed.functions.list(&caller(), None, None, Listing::Functions).unwrap();
    assert_eq!(all.functions.len(), 2);
}
