//! Resource policies, and functions as the targets of other services.

use super::*;
use tinderbox_base::{Arn, ErrorKind, Principal, Target as _};

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:hello";
const METHOD: &str = "arn:aws:execute-api:us-east-1:123456789012:abc123/lab3/GET/hello";

fn permission(sid: &str) -> NewPermission {
    NewPermission {
        name: "hello".into(),
        sid: sid.into(),
        action: "lambda:InvokeFunction".into(),
        principal: "apigateway.amazonaws.com".into(),
        ..NewPermission::default()
    }
}

/// The gateway, on behalf of a method.
fn gateway() -> Caller {
    Caller {
        principal: Principal::Service("apigateway.amazonaws.com".into()),
        source_arn: Some(METHOD.parse().unwrap()),
        source_account: Some(AccountId::default()),
        ..caller()
    }
}

fn arn(text: &str) -> Arn {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_service_needs_a_permission() {
    let bed = Bed::with_hello(echo()).await;
    let call = async |to: &str| bed.functions.call(&gateway(), &arn(to), Bytes::from_static(b"1")).await;
    let refused = call(ARN).await.expect_err("no permission");
    assert_eq!(refused.kind(), ErrorKind::Denied);
    assert_eq!(
        refused.message(),
        format!(
            "User: apigateway.amazonaws.com is not authorized to perform: lambda:InvokeFunction on resource: \
             {ARN} because no resource-based policy allows the lambda:InvokeFunction action"
        )
    );
    let source_arn = Some("arn:aws:execute-api:us-east-1:123456789012:abc123/*/GET/*".into());
    bed.functions.add_permission(&caller(), NewPermission { source_arn, ..permission("s") }).await.unwrap();
    let reply = call(ARN).await.unwrap();
    assert_eq!((&reply.payload[..], reply.failed), (&b"1"[..], false));
    assert!(reply.start.is_some());
    assert!(call(&format!("{ARN}:$LATEST")).await.is_ok());
    bed.functions.remove_permission(&caller(), "hello", None, "s".into(), None).await.unwrap();
    assert!(call(ARN).await.is_err());
}

#[tokio::test]
async fn a_permission_is_of_exactly_what_it_names() {
    let bed = Bed::with_hello(editions()).await;
    bed.publish_edition("one").await;
    let alias = |name: &str| AliasSettings {
        function: "hello".into(),
        name: name.into(),
        version: Some("1".into()),
        ..AliasSettings::default()
    };
    bed.functions.create_alias(&caller(), alias("live")).await.unwrap();
    bed.functions.create_alias(&caller(), alias("test")).await.unwrap();
    let of_alias = NewPermission { qualifier: Some("live".into()), ..permission("s") };
    bed.functions.add_permission(&caller(), of_alias).await.unwrap();
    let may = async |qualifier: &str| {
        let target = arn(&format!("{ARN}{qualifier}"));
        bed.functions.call(&gateway(), &target, Bytes::new()).await.is_ok()
    };
    for (qualifier, expect) in [(":live", true), (":test", false), (":1", false), ("", false)] {
        assert_eq!(may(qualifier).await, expect, "{qualifier}");
    }
    // It goes with the alias, and does not come back with another of the same name.
    bed.functions.delete_alias(&caller(), "hello", "live").await.unwrap();
    bed.functions.create_alias(&caller(), alias("live")).await.unwrap();
    assert!(!may(":live").await);
}

#[tokio::test]
async fn the_account_itself_may_and_others_may_not() {
    let bed = Bed::with_hello(echo()).await;
    let stranger = Caller { account: "000000000001".parse().unwrap(), ..caller() };
    let call = async |who: &Caller| bed.functions.call(who, &arn(ARN), Bytes::new()).await;
    assert!(call(&caller()).await.is_ok());
    assert_eq!(call(&stranger).await.expect_err("of another account").kind(), ErrorKind::Denied);
    let by_arn = Invocation { name: ARN.into(), ..event("1") };
    assert!(bed.functions.invoke(&stranger, by_arn.clone()).await.is_err());
    let new = NewPermission { principal: "000000000001".into(), ..permission("s") };
    bed.functions.add_permission(&caller(), new).await.unwrap();
    assert!(call(&stranger).await.is_ok());
    assert!(bed.functions.invoke(&stranger, by_arn).await.is_ok());
    // Neither learns by asking which functions there are.
    let missing = bed.functions.call(&stranger, &arn(&format!("{ARN}2")), Bytes::new()).await;
    assert_eq!(missing.expect_err("missing").kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn what_is_sent_is_kept() {
    let bed = Bed::with_hello(echo()).await;
    assert!(bed.functions.send(&gateway(), &arn(ARN), Bytes::new()).await.is_err());
    bed.functions.add_permission(&caller(), permission("s")).await.unwrap();
    bed.functions.send(&gateway(), &arn(ARN), Bytes::from_static(b"{}")).await.unwrap();
    until("the event", || bed.lines.messages().iter().any(|l| l.starts_with("START"))).await;
    let missing = bed.functions.send(&caller(), &arn(&format!("{ARN}2")), Bytes::new()).await;
    assert_eq!(missing.expect_err("missing").kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn the_target_says_when_it_is_too_much() {
    let bed = Bed::with_hello(echo()).await;
    bed.functions.put_concurrency(&caller(), "hello", 0).await.unwrap();
    let refused = bed.functions.call(&caller(), &arn(ARN), Bytes::new()).await.expect_err("stopped");
    assert_eq!(refused.kind(), ErrorKind::Throttled);
}

#[tokio::test]
async fn a_policy_as_its_owner_sees_it() {
    let bed = Bed::with_hello(echo()).await;
    let policy = |qualifier| bed.functions.policy(&caller_of_test(), "hello", qualifier);
    assert_eq!(shown(policy(None)).1, "The resource you requested does not exist.");
    let before = bed.get("hello").unwrap().revision_id();
    let statement = bed.functions.add_permission(&caller(), permission("s1")).await.unwrap();
    let expect = format!(
        r#"{{"Sid":"s1","Effect":"Allow","Principal":{{"Service":"apigateway.amazonaws.com"}},"Action":"lambda:InvokeFunction","Resource":"{ARN}"}}"#
    );
    assert_eq!(statement, expect);
    let found = policy(None).unwrap();
    assert_eq!(found.policy, format!(r#"{{"Version":"2012-10-17","Id":"default","Statement":[{expect}]}}"#));
    assert_eq!(found.revision_id, bed.get("hello").unwrap().revision_id());
    assert_ne!(found.revision_id, before);
    // Nothing about the code changed, so what runs goes on running.
    assert_eq!(bed.get("hello").unwrap().generation.to_string(), before);
    let bed = bed.kill().start(echo()).await;
    assert_eq!(bed.functions.policy(&caller(), "hello", None).unwrap(), found);
    bed.publish().await;
    assert!(bed.functions.policy(&caller(), "hello", Some("1")).is_err());
}

fn caller_of_test() -> Caller {
    caller()
}

#[tokio::test]
async fn what_is_no_permission() {
    let bed = Bed::with_hello(echo()).await;
    bed.functions.add_permission(&caller(), permission("s")).await.unwrap();
    let check = async |change: &dyn Fn(&mut NewPermission), code: &str, text: &str| {
        let mut new = permission("new");
        change(&mut new);
        let (found, message) = shown(bed.functions.add_permission(&caller(), new).await);
        assert!(found == code && message.contains(text), "{found}: {message}");
    };
    let (invalid, missing) = ("InvalidParameterValueException", "ResourceNotFoundException");
    check(
        &|n| n.sid = "s".into(),
        "ResourceConflictException",
        "The statement id (s) provided already exists.",
    )
    .await;
    check(&|n| n.principal = "x.y".into(), invalid, "The provided principal was invalid.").await;
    check(&|n| n.qualifier = Some("$LATEST".into()), invalid, "do not support adding policies for $LATEST.")
        .await;
    check(&|n| n.qualifier = Some("live".into()), missing, "Cannot find alias arn: ").await;
    check(&|n| n.qualifier = Some("42".into()), missing, "Function not found: ").await;
    check(&|n| n.name = "other".into(), missing, "Function not found: ").await;
    check(&|n| n.revision_id = Some("x".into()), "PreconditionFailedException", "Call the GetPolicy API")
        .await;
    let remove = async |name: &str, sid: &str, revision: Option<&str>| {
        let revision = revision.map(str::to_owned);
        shown(bed.functions.remove_permission(&caller(), name, None, sid.into(), revision).await)
    };
    assert!(remove("other", "s", None).await.1.starts_with("No policy found for: "));
    assert_eq!(remove("hello", "x", None).await.1, "Statement x is not found in resource policy.");
    assert_eq!(remove("hello", "s", Some("x")).await.0, "PreconditionFailedException");
    bed.functions.remove_permission(&caller(), "hello", None, "s".into(), None).await.unwrap();
    assert_eq!(remove("hello", "s", None).await.1, "No policy is associated with the given resource.");
}

#[tokio::test]
async fn a_policy_has_a_limit() {
    let bed = Bed::with_hello(echo()).await;
    let mut added = 0;
    loop {
        let source_arn = Some(format!("arn:aws:s3:::{}", "b".repeat(500)));
        let new = NewPermission { source_arn, ..permission(&format!("s{added}")) };
        match bed.functions.add_permission(&caller(), new).await {
            Ok(_) => added += 1,
            Err(error) => {
                assert_eq!(error.code(), Some("PolicyLengthExceededException"));
                assert!(
                    error.message().ends_with(" is bigger than the limit (20480)."),
                    "{}",
                    error.message()
                );
                break;
            }
        }
        assert!(added < 100, "no limit");
    }
    assert!(bed.functions.policy(&caller(), "hello", None).unwrap().policy.len() <= 20_480);
}
