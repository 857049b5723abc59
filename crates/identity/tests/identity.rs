//! Roles and callers, over a store in memory.

use std::{collections::BTreeMap, sync::Arc};
use tinderbox_base::{
    AccountId, Arn, Caller, Error, ErrorKind, ManualClock, Principal, Region, RequestId, SeededRandom,
    Timestamp,
};
use tinderbox_identity::{CreateRole, FIRST_ROLES, Identity, ListRoles, Role, Vault};
use tinderbox_store::MemoryStore;

const TRUST: &str =
    r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"x"},"Action":"sts:AssumeRole"}}"#;

fn identity() -> Identity {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_700_000_000_000)));
    let store = MemoryStore::new(clock.clone()).expect("a store");
    let vault = Vault::ephemeral(&SeededRandom::new(4));
    Identity::new(Arc::new(store), clock, Arc::new(SeededRandom::new(3)), vault)
}

fn caller(account: &str) -> Caller {
    let account: AccountId = account.parse().expect("an account");
    Caller::root(account, Region::default(), RequestId::new(&SeededRandom::new(1)))
}

fn create(name: &str, path: Option<&str>) -> CreateRole {
    CreateRole {
        name: name.into(),
        path: path.map(Into::into),
        trust_policy: TRUST.into(),
        ..CreateRole::default()
    }
}

async fn list(identity: &Identity, list: ListRoles) -> (Vec<String>, Option<String>) {
    let page = identity.list_roles(&caller("123456789012"), list).await.expect("a page");
    (page.roles.into_iter().map(|r| r.name).collect(), page.marker)
}

fn failed<T: std::fmt::Debug>(result: Result<T, Error>, kind: ErrorKind, message: &str) {
    let error = result.expect_err(message);
    assert_eq!((error.kind(), error.message()), (kind, message));
}

#[tokio::test]
async fn every_account_begins_with_the_roles_of_the_labs() {
    let identity = identity();
    assert_eq!(list(&identity, ListRoles::default()).await.0, FIRST_ROLES);
    let role = identity.get_role(&caller("111111111111"), "lambdaSizingFunctionRole").await.expect("a role");
    assert_eq!(role.arn.to_string(), "arn:aws:iam::111111111111:role/lambdaSizingFunctionRole");
    assert!(role.trust_policy.contains("lambda.amazonaws.com"));
    assert!(role.id.len() == 21 && role.id.starts_with("AROA"), "{}", role.id);
    let again = identity.get_role(&caller("111111111111"), "lambdaSizingFunctionRole").await.expect("a role");
    assert_eq!(again.id, role.id);
}

#[tokio::test]
async fn a_role_is_made_once() {
    let (identity, me) = (identity(), caller("123456789012"));
    let wanted = CreateRole {
        description: Some("d".into()),
        max_session: Some(7200),
        tags: BTreeMap::from([("k".into(), "v".into())]),
        ..create("r", Some("/a/b/"))
    };
    let made = identity.create_role(&me, wanted).await.expect("a role");
    let expect = Role {
        name: "r".into(),
        path: "/a/b/".into(),
        id: made.id.clone(),
        arn: "arn:aws:iam::123456789012:role/a/b/r".parse().expect("an ARN"),
        created: Timestamp::from_millis(1_700_000_000_000),
        trust_policy: TRUST.into(),
        description: Some("d".into()),
        max_session: 7200,
        tags: BTreeMap::from([("k".into(), "v".into())]),
        boundary: None,
    };
    assert_eq!(made, expect);
    assert_eq!(identity.get_role(&me, "r").await.expect("a role"), expect);
    failed(
        identity.create_role(&me, create("R", None)).await,
        ErrorKind::Conflict,
        "Role with name R already exists.",
    );
    let other = identity.get_role(&caller("111111111111"), "r").await;
    failed(other, ErrorKind::NotFound, "The role with name r cannot be found.");
    let policy = CreateRole { trust_policy: "no".into(), ..create("x", None) };
    let error = identity.create_role(&me, policy).await.expect_err("no policy");
    assert_eq!(error.code(), Some("MalformedPolicyDocumentException"));
    failed(identity.get_role(&me, "x").await, ErrorKind::NotFound, "The role with name x cannot be found.");
}

#[tokio::test]
async fn roles_are_listed_by_path_and_page() {
    let (identity, me) = (identity(), caller("123456789012"));
    for (name, path) in [("c", "/x/"), ("a", "/x/y/"), ("B", "/x/"), ("d", "/z/")] {
        identity.create_role(&me, create(name, Some(path))).await.expect("a role");
    }
    assert_eq!(list(&identity, ListRoles::default()).await.0.len(), 6);
    let by_path = || ListRoles { path_prefix: Some("/x/".into()), ..ListRoles::default() };
    assert_eq!(list(&identity, by_path()).await, (vec!["a".into(), "B".into(), "c".into()], None));
    let (first, marker) = list(&identity, ListRoles { limit: Some(2), ..by_path() }).await;
    assert_eq!(first, ["a", "B"]);
    let (second, marker) = list(&identity, ListRoles { limit: Some(2), marker, ..by_path() }).await;
    assert_eq!((second, marker), (vec!["c".to_owned()], None));
    let (exact, marker) = list(&identity, ListRoles { limit: Some(3), ..by_path() }).await;
    assert_eq!((exact.len(), marker), (3, None));
}

#[tokio::test]
async fn whether_a_role_exists() {
    let (identity, me) = (identity(), caller("123456789012"));
    identity.create_role(&me, create("r", Some("/p/"))).await.expect("a role");
    for (arn, expect) in [
        ("arn:aws:iam::123456789012:role/lambda-role", true),
        ("arn:aws:iam::222222222222:role/lambda-role", true),
        ("arn:aws:iam::123456789012:role/p/r", true),
        ("arn:aws:iam::123456789012:role/r", false),
        ("arn:aws:iam::123456789012:role/P/r", false),
        ("arn:aws:iam::123456789012:role/nope", false),
        ("arn:aws:iam::123456789012:role/", false),
        ("arn:aws:iam::123456789012:user/lambda-role", false),
        ("arn:aws:sts::123456789012:role/lambda-role", false),
        ("arn:aws:iam:::role/lambda-role", false),
    ] {
        let arn: Arn = arn.parse().expect("an ARN");
        assert_eq!(identity.role_exists(&arn).await.expect("an answer"), expect, "{arn}");
    }
}

#[tokio::test]
async fn who_calls() {
    let identity = identity();
    let me = caller("123456789012");
    let root = identity.caller_identity(&me).await.expect("an identity");
    assert_eq!((&*root.user_id, &*root.arn), ("123456789012", "arn:aws:iam::123456789012:root"));
    let as_role = |role: &str| Caller {
        principal: Principal::AssumedRole { role: role.parse().expect("an ARN"), session: "hello".into() },
        ..me.clone()
    };
    let role = identity.get_role(&me, "lambda-role").await.expect("a role");
    let assumed = identity.caller_identity(&as_role(&role.arn.to_string())).await.expect("an identity");
    assert_eq!(assumed.user_id, format!("{}:hello", role.id));
    assert_eq!(assumed.arn, "arn:aws:sts::123456789012:assumed-role/lambda-role/hello");
    let unknown = as_role("arn:aws:iam::123456789012:role/p/unknown");
    let one = identity.caller_identity(&unknown).await.expect("an identity");
    let two = identity.caller_identity(&unknown).await.expect("an identity");
    assert_eq!(one, two);
    assert_eq!(one.arn, "arn:aws:sts::123456789012:assumed-role/unknown/hello");
    assert!(one.user_id.starts_with("AROA") && one.user_id.ends_with(":hello") && one.user_id.len() == 27);
}
