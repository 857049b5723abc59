//! Keys and sessions over a store in memory, with a clock that is told to move.

use std::{sync::Arc, time::Duration};
use tinderbox_base::{
    AccessKeys as _, AccountId, Caller, KeyFault, KnownKey, ManualClock, Principal, Region, RequestId,
    SeededRandom, Timestamp, policy::Context,
};
use tinderbox_identity::{
    Ask, AssumeRole, CreateRole, CreateUser, Identity, InlinePolicy, Owner, SessionCredentials, Vault,
};
use tinderbox_store::{MemoryStore, Store};

struct Bed {
    identity: Identity,
    clock: Arc<ManualClock>,
    account: AccountId,
}

fn bed() -> Bed {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_700_000_000_000)));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(clock.clone()).expect("a store"));
    let random = Arc::new(SeededRandom::new(3));
    let vault = Vault::ephemeral(&SeededRandom::new(4));
    let identity = Identity::new(store, clock.clone(), random, vault);
    Bed { identity, clock, account: AccountId::default() }
}

impl Bed {
    fn root(&self) -> Caller {
        Caller::root(self.account.clone(), Region::default(), RequestId::new(&SeededRandom::new(1)))
    }

    async fn user(&self, name: &str) -> Caller {
        let create = CreateUser { name: name.into(), ..CreateUser::default() };
        let user = self.identity.create_user(&self.root(), create).await.expect("a user").arn;
        Caller { principal: Principal::User { user }, ..self.root() }
    }

    async fn role(&self, trusted: &str) -> String {
        let trust_policy = format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{trusted}"}},"Action":"sts:AssumeRole"}}}}"#
        );
        let create = CreateRole { name: "r".into(), trust_policy, ..CreateRole::default() };
        self.identity.create_role(&self.root(), create).await.expect("a role").arn.to_string()
    }

    async fn find(&self, id: &str, token: Option<&str>) -> Result<Arc<KnownKey>, &'static str> {
        self.identity.find(id, token).await.map_err(|fault| match fault {
            KeyFault::Unknown => "unknown",
            KeyFault::Expired => "expired",
            KeyFault::Failed(_) => "failed",
        })
    }

    async fn of(&self, given: &SessionCredentials) -> Result<Arc<KnownKey>, &'static str> {
        self.find(&given.id, Some(&given.token)).await
    }
}

#[tokio::test]
async fn a_key_is_known_until_it_is_not() {
    let bed = bed();
    bed.user("anna").await;
    let (key, secret) = bed.identity.create_access_key(&bed.account, Some("anna")).await.expect("a key");
    let known = bed.find(&key.id, None).await.expect("known");
    assert_eq!((&known.secret, known.account.as_str()), (&secret, "123456789012"));
    assert!(matches!(&known.principal, Principal::User { user } if user.resource == "user/anna"));
    assert_eq!(bed.find(&key.id, Some("token")).await.expect_err("no session's"), "unknown");
    let update = |active| bed.identity.update_access_key(&bed.account, Some("anna"), &key.id, active);
    update(false).await.expect("switched off");
    assert_eq!(bed.find(&key.id, None).await.expect_err("inactive"), "unknown");
    update(true).await.expect("switched on");
    assert!(bed.find(&key.id, None).await.is_ok());
    bed.identity.delete_access_key(&bed.account, Some("anna"), &key.id).await.expect("deleted");
    assert_eq!(bed.find(&key.id, None).await.expect_err("gone"), "unknown");
    for other in ["", "test", "AKIAIOSFODNN7EXAMPLE", "123456789012"] {
        assert_eq!(bed.find(other, None).await.expect_err(other), "unknown");
    }
}

#[tokio::test]
async fn a_session_ends() {
    let bed = bed();
    let anna = bed.user("anna").await;
    let given = bed.identity.get_session_token(&anna, Some(900)).expect("a session");
    let known = bed.of(&given).await.expect("known");
    assert_eq!((&known.principal, &known.secret), (&anna.principal, &given.secret));
    let session = known.session.as_ref().expect("a session");
    assert_eq!(session.expires.as_millis() - session.issued.as_millis(), 900_000);
    bed.clock.advance(Duration::from_millis(899_999));
    assert!(bed.of(&given).await.is_ok());
    bed.clock.advance(Duration::from_millis(1));
    assert_eq!(bed.of(&given).await.expect_err("over"), "expired");
    // A token is its key's and nobody else's.
    let other = bed.identity.get_session_token(&anna, None).expect("another");
    assert_eq!(bed.find(&other.id, Some(&given.token)).await.expect_err("foreign"), "unknown");
    assert_eq!(bed.find(&other.id, None).await.expect_err("without"), "unknown");
    // The account itself gets an hour at most.
    let root = bed.identity.get_session_token(&bed.root(), None).expect("a session");
    assert_eq!(root.expires.as_millis() - 1_700_000_900_000, 3_600_000);
}

#[tokio::test]
async fn a_role_is_assumed_by_whom_it_trusts() {
    let bed = bed();
    let (anna, ben) = (bed.user("anna").await, bed.user("ben").await);
    let Principal::User { user } = &anna.principal else { panic!("a user") };
    let role = bed.role(&user.to_string()).await;
    let assume = || AssumeRole { role: role.clone(), session: "s".into(), ..AssumeRole::default() };
    let refused = bed.identity.assume_role(&ben, assume()).await.expect_err("not trusted");
    assert_eq!(
        refused.message(),
        "User: arn:aws:iam::123456789012:user/ben is not authorized to perform: sts:AssumeRole on resource: \
         arn:aws:iam::123456789012:role/r because no role trust policy allows the sts:AssumeRole action"
    );
    let given = bed.identity.assume_role(&anna, assume()).await.expect("trusted");
    let known = bed.of(&given.credentials).await.expect("known");
    let session = Caller { principal: known.principal.clone(), session: known.session.clone(), ..bed.root() };
    assert_eq!(given.arn, "arn:aws:sts::123456789012:assumed-role/r/s");
    let ask = |action: &'static str, account| Ask {
        action,
        resource: "*",
        owner: account,
        context: Context::new(),
        attached: None,
    };
    let may = async |caller: &Caller, action: &'static str| {
        bed.identity.decide(caller, ask(action, &bed.account)).await.expect("a decision").is_allowed()
    };
    assert!(!may(&session, "lambda:ListFunctions").await);
    let document = r#"{"Statement":{"Effect":"Allow","Action":"lambda:List*","Resource":"*"}}"#;
    let put = InlinePolicy { name: "p".into(), document: document.into() };
    bed.identity.put_inline_policy(&bed.account, &Owner::Role("r".into()), put).await.expect("put");
    assert!(may(&session, "lambda:ListFunctions").await);
    assert!(!may(&session, "lambda:GetFunction").await);
    // With a policy of its own the session may what both allow.
    let limit = r#"{"Statement":{"Effect":"Allow","Action":"logs:*","Resource":"*"}}"#;
    let limited = AssumeRole { policy: Some(limit.into()), ..assume() };
    let limited = bed.identity.assume_role(&anna, limited).await.expect("trusted");
    let known = bed.of(&limited.credentials).await.expect("known");
    let limited = Caller { session: known.session.clone(), ..session.clone() };
    assert!(!may(&limited, "lambda:ListFunctions").await);
    assert!(may(&bed.root(), "anything:AtAll").await);
    let long = AssumeRole { seconds: Some(3601), ..assume() };
    let error = bed.identity.assume_role(&anna, long).await.expect_err("too long");
    assert_eq!(error.code(), Some("ValidationError"));
}
