//! Aliases.

use super::*;

fn settings(name: &str, version: &str) -> AliasSettings {
    AliasSettings {
        function: "hello".into(),
        name: name.into(),
        version: Some(version.into()),
        ..AliasSettings::default()
    }
}

fn weights(pairs: &[(&str, f64)]) -> Option<BTreeMap<String, f64>> {
    Some(pairs.iter().map(|(v, w)| ((*v).to_owned(), *w)).collect())
}

/// A function with the versions 1 and 2.
async fn bed() -> Bed {
    let bed = Bed::with_hello(editions()).await;
    bed.publish_edition("one").await;
    bed.publish_edition("two").await;
    bed
}

#[tokio::test]
async fn an_alias_leads_to_a_version() {
    let bed = bed().await;
    let made = bed.functions.create_alias(&caller(), settings("live", "1")).await.unwrap();
    assert_eq!(made.arn.to_string(), "arn:aws:lambda:us-east-1:123456789012:function:hello:live");
    assert_eq!(bed.ask("live").await, ("one".into(), "1".into()));
    let moved = bed.functions.update_alias(&caller(), settings("live", "2")).await.unwrap();
    assert_ne!(moved.alias.revision, made.alias.revision);
    assert_eq!(bed.ask("live").await, ("two".into(), "2".into()));
    let found = bed.functions.get(&caller(), "hello:live", None, "GetFunction").unwrap();
    assert_eq!((found.arn, found.function.version().to_string()), (made.arn, "2".into()));
    bed.functions.delete_alias(&caller(), "hello", "live").await.unwrap();
    bed.functions.delete_alias(&caller(), "hello", "live").await.unwrap();
    let missing = "Cannot find alias arn: arn:aws:lambda:us-east-1:123456789012:function:hello:live";
    assert_eq!(
        shown(bed.functions.alias(&caller(), "hello", "live")),
        ("ResourceNotFoundException".into(), missing.into())
    );
}

#[tokio::test]
async fn what_is_no_alias() {
    let bed = bed().await;
    let check = async |change: &dyn Fn(&mut AliasSettings), code: &str, text: &str| {
        let mut new = settings("live", "1");
        change(&mut new);
        let (found, message) = shown(bed.functions.create_alias(&caller(), new).await);
        assert!(found == code && message.contains(text), "{found}: {message}");
    };
    let (invalid, violation, missing) =
        ("InvalidParameterValueException", "ValidationException", "ResourceNotFoundException");
    check(&|n| n.name = "2024".into(), violation, "'2024' at 'name'").await;
    check(&|n| n.name = "a.b".into(), violation, "at 'name'").await;
    check(
        &|n| n.version = Some("10".into()),
        missing,
        "Function not found: arn:aws:lambda:us-east-1:123456789012:function:hello:10",
    )
    .await;
    check(&|n| n.function = "other".into(), missing, "function:other:1").await;
    check(
        &|n| n.weights = weights(&[("1", 0.1), ("2", 0.1)]),
        invalid,
        "Number of items in AdditionalVersionWeights cannot be greater than 1",
    )
    .await;
    check(&|n| n.weights = weights(&[("2", 2.0)]), violation, "Value '{2=2.0}' at 'routingConfig").await;
    check(&|n| n.weights = weights(&[("2", -1.0)]), violation, "Value '{2=-1.0}'").await;
    check(&|n| n.weights = weights(&[("2", f64::NAN)]), violation, "Value '{2=NaN}'").await;
    check(&|n| n.weights = weights(&[("$LATEST", 0.5)]), violation, "Value '{$LATEST=0.5}'").await;
    check(&|n| n.weights = weights(&[("1", 0.5)]), invalid, "Function version 1 is already included").await;
    check(&|n| n.weights = weights(&[("10", 0.5)]), missing, ":function:hello:10").await;
    let latest = |n: &mut AliasSettings| {
        n.version = Some("$LATEST".into());
        n.weights = weights(&[("1", 0.5)]);
    };
    check(&latest, invalid, "$LATEST is not supported for an alias pointing to more than 1 version").await;
    bed.functions.create_alias(&caller(), settings("live", "1")).await.unwrap();
    check(&|_| (), "ResourceConflictException", "Alias already exists: arn:aws:lambda").await;
}

#[tokio::test]
async fn changes_of_an_alias() {
    let bed = bed().await;
    let new = AliasSettings { weights: weights(&[("2", 0.5)]), ..settings("live", "1") };
    let made = bed.functions.create_alias(&caller(), new).await.unwrap();
    let change = |revision: Option<String>, change: &dyn Fn(&mut AliasSettings)| {
        let mut update = AliasSettings { version: None, revision_id: revision, ..settings("live", "1") };
        change(&mut update);
        bed.functions.update_alias(caller_kept(), update)
    };
    let stale = change(Some("x".into()), &|_| ()).await;
    assert_eq!(shown(stale).0, "PreconditionFailedException");
    let described =
        change(Some(made.alias.revision.to_string()), &|u| u.description = Some("d".into())).await.unwrap();
    assert_eq!(described.alias.additional, made.alias.additional);
    // Moving onto the additional version would make it one version twice.
    let (code, _) = shown(change(None, &|u| u.version = Some("2".into())).await);
    assert_eq!(code, "InvalidParameterValueException");
    let plain = change(None, &|u| u.weights = weights(&[])).await.unwrap();
    assert_eq!((plain.alias.additional, plain.alias.description.as_str()), (None, "d"));
    let missing = bed.functions.update_alias(&caller(), settings("other", "1")).await;
    assert!(shown(missing).1.starts_with("Alias not found: arn:aws:lambda"));
}

fn caller_kept() -> &'static Caller {
    static CALLER: std::sync::OnceLock<Caller> = std::sync::OnceLock::new();
    CALLER.get_or_init(caller)
}

#[tokio::test]
async fn weights_decide_for_each_request() {
    let bed = bed().await;
    let check = async |weight: f64, all: Option<&str>| {
        bed.functions.delete_alias(&caller(), "hello", "live").await.unwrap();
        let new = AliasSettings { weights: weights(&[("2", weight)]), ..settings("live", "1") };
        bed.functions.create_alias(&caller(), new).await.unwrap();
        let mut served = Vec::new();
        for _ in 0..200 {
            let (answer, version) = bed.ask("live").await;
            assert_eq!(answer, if version == "1" { "one" } else { "two" });
            served.push(version);
        }
        let second = served.iter().filter(|v| *v == "2").count();
        match all {
            Some(version) => assert!(served.iter().all(|v| v == version)),
            // Seven standard deviations of 200 draws at one half.
            None => assert!((50..150).contains(&second), "{second}"),
        }
    };
    check(0.0, Some("1")).await;
    check(1.0, Some("2")).await;
    check(0.5, None).await;
}

#[tokio::test]
async fn a_version_in_use_stays() {
    let bed = bed().await;
    let new = AliasSettings { weights: weights(&[("2", 0.1)]), ..settings("live", "1") };
    bed.functions.create_alias(&caller(), new).await.unwrap();
    bed.functions.create_alias(&caller(), settings("also", "1")).await.unwrap();
    let delete = async |version| shown(bed.functions.delete(&caller(), "hello", Some(version)).await);
    let text = |names: &str| {
        let text = format!("Unable to delete version because the following aliases reference it: [{names}]");
        ("ResourceConflictException".to_owned(), text)
    };
    assert_eq!(delete("1").await, text("also, live"));
    assert_eq!(delete("2").await, text("live"));
    assert_eq!(delete("live").await.1, "Deletion of aliases is not currently supported.");
    bed.functions.delete_alias(&caller(), "hello", "live").await.unwrap();
    bed.functions.delete(&caller(), "hello", Some("2")).await.unwrap();
}

#[tokio::test]
async fn aliases_survive_the_server() {
    let bed = bed().await;
    let new = AliasSettings {
        weights: weights(&[("2", 0.25)]),
        description: Some("d".into()),
        ..settings("live", "1")
    };
    let made = bed.functions.create_alias(&caller(), new).await.unwrap();
    bed.functions.create_alias(&caller(), settings("gone", "1")).await.unwrap();
    bed.functions.delete_alias(&caller(), "hello", "gone").await.unwrap();
    let bed = bed.kill().start(editions()).await;
    let page = bed.functions.list_aliases(&caller(), "hello", None, None, None).unwrap();
    assert_eq!(page.aliases, [made]);
}

#[tokio::test]
async fn lists_of_aliases() {
    let bed = bed().await;
    for (name, version) in [("d", "1"), ("a", "1"), ("c", "2"), ("b", "$LATEST")] {
        bed.functions.create_alias(&caller(), settings(name, version)).await.unwrap();
    }
    let names = |version: Option<&str>, marker: Option<&str>, max| {
        let page = bed.functions.list_aliases(&caller(), "hello", version, marker, max).unwrap();
        let names: Vec<_> = page.aliases.iter().map(|found| found.alias.name.clone()).collect();
        (names.join(""), page.next)
    };
    assert_eq!(names(None, None, None), ("abcd".into(), None));
    assert_eq!(names(Some("1"), None, None), ("ad".into(), None));
    assert_eq!(names(Some("$LATEST"), None, None), ("b".into(), None));
    let (first, next) = names(None, None, Some(3));
    assert_eq!(first, "abc");
    assert_eq!(names(None, next.as_deref(), Some(3)), ("d".into(), None));
}

#[tokio::test]
async fn an_event_for_an_alias_runs_its_version() {
    let bed = bed().await;
    bed.functions.create_alias(&caller(), settings("live", "1")).await.unwrap();
    let later = Invocation { kind: InvocationType::Event, qualifier: Some("live".into()), ..event("1") };
    bed.functions.invoke(&caller(), later).await.unwrap();
    let ran = || bed.lines.messages().iter().any(|l| l.starts_with("START") && l.ends_with("Version: 1\n"));
    until("the event", ran).await;
}
