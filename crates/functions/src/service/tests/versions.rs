//! Published versions.

use super::*;
use crate::keys::Part;
use tinderbox_blobs::Digest;

async fn publish(bed: &Bed, change: impl FnOnce(&mut Publishing)) -> Result<Arc<Function>> {
    let mut publishing = Publishing { name: "hello".into(), ..Publishing::default() };
    change(&mut publishing);
    bed.functions.publish(&caller(), publishing).await
}

fn versions(bed: &Bed) -> Vec<String> {
    let page = bed.functions.list_versions(&caller(), "hello", None, None).unwrap();
    page.functions.iter().map(|f| f.version().to_string()).collect()
}

#[tokio::test]
async fn a_version_never_changes() {
    let bed = Bed::with_hello(editions()).await;
    assert_eq!(bed.publish_edition("one").await, "1");
    assert_eq!(bed.publish_edition("two").await, "2");
    bed.set(setting("EDITION", "three")).await.unwrap();
    assert_eq!(bed.ask("1").await, ("one".into(), "1".into()));
    assert_eq!(bed.ask("2").await, ("two".into(), "2".into()));
    assert_eq!(bed.ask("$LATEST").await, ("three".into(), "$LATEST".into()));
    assert_eq!(versions(&bed), ["$LATEST", "1", "2"]);
}

#[tokio::test]
async fn publishing_twice_is_publishing_once() {
    let bed = Bed::with_hello(echo()).await;
    let first = publish(&bed, |p| p.description = Some("first".into())).await.unwrap();
    assert_eq!(first.configuration.description, "first");
    let again = publish(&bed, |p| p.description = Some("other".into())).await.unwrap();
    assert_eq!(again, first);
    // The same values once more are no change, another description is one.
    bed.set(Settings::default()).await.unwrap();
    assert_eq!(bed.publish().await, "1");
    bed.set(Settings { description: Some("d".into()), ..Settings::default() }).await.unwrap();
    assert_eq!(bed.publish().await, "2");
    // Nothing to repeat: the last version is gone, and its number with it.
    bed.functions.delete(&caller(), "hello", Some("2")).await.unwrap();
    assert_eq!(bed.publish().await, "3");
    assert_eq!(versions(&bed), ["$LATEST", "1", "3"]);
}

#[tokio::test]
async fn what_publishing_demands() {
    let bed = Bed::with_hello(echo()).await;
    let function = bed.get("hello").unwrap();
    let (code, message) = shown(publish(&bed, |p| p.code_sha256 = Some("x".into())).await);
    assert_eq!(code, "InvalidParameterValueException");
    let sha = function.code.sha256_base64();
    let text = format!(
        "CodeSHA256 (x) is different from current CodeSHA256 in $LATEST ({sha}). Please try again with the \
         CodeSHA256 in $LATEST."
    );
    assert_eq!(message, text);
    let stale = publish(&bed, |p| p.revision_id = Some("x".into())).await;
    assert_eq!(shown(stale).0, "PreconditionFailedException");
    let right = |p: &mut Publishing| {
        p.code_sha256 = Some(sha.clone());
        p.revision_id = Some(function.revision_id());
    };
    let version = publish(&bed, right).await.unwrap();
    // Publishing gives the edited version another revision, and changes nothing else about it.
    let after = bed.get("hello").unwrap();
    assert_ne!(after.revision_id(), function.revision_id());
    assert_ne!(after.revision_id(), version.revision_id());
    assert_eq!(after.generation, function.generation);
    let missing = publish(&bed, |p| p.name = "other".into()).await;
    assert_eq!(shown(missing).0, "ResourceNotFoundException");
}

#[tokio::test]
async fn publishing_with_a_change() {
    let bed = Bed::new(echo()).await;
    let made = bed.functions.create(&caller(), NewFunction { publish: true, ..hello() }).await.unwrap();
    assert_eq!(made.version().to_string(), "1");
    let update = CodeUpdate { name: "hello".into(), code: code("2"), publish: true, ..CodeUpdate::default() };
    let updated = bed.functions.update_code(&caller(), update).await.unwrap();
    assert_eq!(updated.version().to_string(), "2");
    assert_eq!(versions(&bed), ["$LATEST", "1", "2"]);
    assert_ne!(updated.code.sha256, made.code.sha256);
}

#[tokio::test]
async fn code_lives_as_long_as_a_version_has_it() {
    let bed = Bed::with_hello(echo()).await;
    let old = bed.get("hello").unwrap().code.sha256;
    bed.publish().await;
    let update = CodeUpdate { name: "hello".into(), code: code("2"), ..CodeUpdate::default() };
    bed.functions.update_code(&caller(), update).await.unwrap();
    let named = |digest: Digest| bed.functions.names_blob(&digest);
    assert!(named(old));
    assert_eq!(bed.ask("1").await.0, "1");
    bed.functions.delete(&caller(), "hello", Some("1")).await.unwrap();
    assert!(!named(old));
    let gone = Invocation { qualifier: Some("1".into()), ..event("1") };
    match bed.invoke(gone).await {
        Err(InvokeFault::Failed(error)) => assert_eq!(error.code(), Some("ResourceNotFoundException")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn versions_count_as_code() {
    let bed = Bed::with_hello(echo()).await;
    let size = bed.get("hello").unwrap().code.size;
    bed.publish().await;
    assert_eq!(bed.functions.account_settings(&caller()).used_code_size, 2 * size);
    assert_eq!(bed.functions.account_settings(&caller()).function_count, 1);
}

#[tokio::test]
async fn versions_survive_the_server() {
    let bed = Bed::with_hello(editions()).await;
    bed.publish_edition("one").await;
    bed.publish_edition("two").await;
    bed.functions.delete(&caller(), "hello", Some("2")).await.unwrap();
    let before = bed.functions.list_versions(&caller(), "hello", None, None).unwrap().functions;
    let bed = bed.kill().start(editions()).await;
    assert_eq!(bed.functions.list_versions(&caller(), "hello", None, None).unwrap().functions, before);
    assert_eq!(bed.ask("1").await, ("one".into(), "1".into()));
    assert_eq!(bed.publish_edition("three").await, "3");
}

#[tokio::test]
async fn a_deleted_function_takes_its_versions_along() {
    let bed = Bed::with_hello(editions()).await;
    bed.publish_edition("one").await;
    let function = bed.get("hello").unwrap();
    bed.functions.delete(&caller(), "hello", None).await.unwrap();
    bed.functions.create(&caller(), hello()).await.unwrap();
    assert_eq!(versions(&bed), ["$LATEST"]);
    let range = Part::Version.of(&function);
    for _ in 0..10_000 {
        if bed.machine.store.range(&range, 10).await.unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(bed.machine.store.range(&range, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn numbers_of_a_deleted_function_are_not_given_again() {
    let bed = Bed::with_hello(editions()).await;
    bed.publish_edition("one").await;
    bed.publish_edition("two").await;
    bed.functions.delete(&caller(), "hello", None).await.unwrap();
    let bed = bed.kill().start(editions()).await;
    let made = bed.functions.create(&caller(), NewFunction { publish: true, ..hello() }).await.unwrap();
    assert_eq!(made.version().to_string(), "3");
    bed.functions.delete(&caller(), "hello", None).await.unwrap();
    bed.functions.create(&caller(), hello()).await.unwrap();
    // None was published of the one that is deleted now, and its number is remembered.
    bed.functions.delete(&caller(), "hello", None).await.unwrap();
    bed.functions.create(&caller(), hello()).await.unwrap();
    assert_eq!(bed.publish_edition("three").await, "4");
    assert_eq!(versions(&bed), ["$LATEST", "4"]);
}

#[tokio::test]
async fn parts_of_a_function_that_is_gone_are_dropped_at_the_start() {
    let bed = Bed::with_hello(editions()).await;
    bed.publish_edition("one").await;
    let function = bed.get("hello").unwrap();
    let machine = bed.kill();
    let key = crate::keys::function(&function.account, &function.region, &function.name);
    let ops = vec![tinderbox_store::Op::Delete(key)];
    machine.store.commit(tinderbox_store::Commit { ops, ..Default::default() }).await.unwrap();
    let bed = machine.start(editions()).await;
    assert!(bed.machine.store.range(&Part::Version.of(&function), 10).await.unwrap().is_empty());
    assert!(!bed.functions.names_blob(&function.code.sha256));
}

#[tokio::test]
async fn lists_have_pages() {
    let bed = Bed::with_hello(editions()).await;
    for n in 0..6 {
        bed.publish_edition(&n.to_string()).await;
    }
    bed.functions.create(&caller(), NewFunction { name: "a".into(), ..hello() }).await.unwrap();
    let walk = |page: &dyn Fn(Option<&str>) -> Page| {
        let (mut found, mut next) = (Vec::new(), None::<String>);
        loop {
            let page = page(next.as_deref());
            assert!(page.functions.len() <= 3);
            found.extend(page.functions.iter().map(|f| format!("{}:{}", f.name, f.version())));
            next = page.next;
            if next.is_none() {
                return found;
            }
        }
    };
    let own = walk(&|m| bed.functions.list_versions(&caller(), "hello", m, Some(3)).unwrap());
    let expect: Vec<_> =
        ["$LATEST", "1", "2", "3", "4", "5", "6"].iter().map(|v| format!("hello:{v}")).collect();
    assert_eq!(own, expect);
    let all = walk(&|m| bed.functions.list(&caller(), m, Some(3), Listing::Versions).unwrap());
    assert_eq!(all[0], "a:$LATEST");
    assert_eq!(all[1..], expect);
    assert!(bed.functions.list_versions(&caller(), "hello", Some("?"), None).is_err());
}

#[tokio::test]
async fn versions_share_what_is_reserved_for_their_function() {
    let launcher = FakeLauncher::new(|call| match &call.event[..] {
        b"\"stay\"" => FakeReply::Hang,
        _ => FakeReply::Success(call.event),
    });
    let bed = Arc::new(Bed::with_hello(launcher).await);
    bed.publish().await;
    bed.functions.put_concurrency(&caller(), "hello", 1).await.unwrap();
    let staying = bed.clone();
    let task = tokio::spawn(async move {
        // Until it has the one place that there is.
        loop {
            let stay = Invocation { qualifier: Some("1".into()), ..event("\"stay\"") };
            match staying.invoke(stay).await {
                Err(InvokeFault::Throttled(_)) => tokio::time::sleep(Duration::from_millis(1)).await,
                other => panic!("{other:?}"),
            }
        }
    });
    for _ in 0..10_000 {
        match bed.invoke(event("1")).await {
            Err(InvokeFault::Throttled(ThrottleReason::Reserved)) => {
                task.abort();
                return;
            }
            Ok(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(other) => panic!("{other:?}"),
        }
    }
    panic!("version 1 never counted");
}

#[tokio::test]
async fn what_a_versions_code_is_told() {
    let launcher = FakeLauncher::new(|call| {
        let told = serde_json::json!([
            call.head["arn"],
            variable(&call, "AWS_LAMBDA_FUNCTION_VERSION"),
            call.load["function_version"],
            variable(&call, "AWS_LAMBDA_LOG_STREAM_NAME")
        ]);
        FakeReply::Success(told.to_string().into())
    });
    let bed = Bed::with_hello(launcher).await;
    bed.publish().await;
    let (told, _) = bed.ask("1").await;
    let told: Vec<String> = serde_json::from_str(&told).unwrap();
    assert!(told[0].ends_with(":function:hello:1"), "{told:?}");
    assert_eq!(told[1..3], ["1", "1"]);
    assert!(told[3].contains("/[1]"), "{told:?}");
    let lines = bed.lines.messages();
    assert!(
        lines.iter().any(|l| l.starts_with("START RequestId: ") && l.ends_with(" Version: 1\n")),
        "{lines:?}"
    );
}
