//! Who is taken for whom, by the way a request comes and by its signature.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::{BodyExt, Full};
use std::{sync::Arc, time::Duration};
use tinderbox_aws_model_sts::{Sts, StsService, types::*};
use tinderbox_base::{
    AccessKeys, AccountId, Caller, KeyFault, KnownKey, ManualClock, Principal, Region, RequestId, Secret,
    SeededRandom, Timestamp, policy::Subject,
};
use tinderbox_wire::{
    Authentication, Authorize, Call, Context, Loopback, Origin, Refused, Result, Router, ServiceError,
    async_trait,
    sigv4::{Credentials, SignedRequest, sha256, sign},
};

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// Tells the caller's name.
struct Who;

#[async_trait]
impl Sts for Who {
    async fn get_caller_identity(
        &self,
        cx: &mut Context,
        _: GetCallerIdentityRequest,
    ) -> Result<GetCallerIdentityResponse> {
        let arn = Some(Subject::of(&cx.caller).name());
        Ok(GetCallerIdentityResponse { arn, ..GetCallerIdentityResponse::default() })
    }
}

/// Knows one user's key.
struct Keys;

#[async_trait]
impl AccessKeys for Keys {
    async fn find(&self, id: &str, token: Option<&str>) -> std::result::Result<Arc<KnownKey>, KeyFault> {
        match (id, token) {
            ("AKIAANNAANNAANNAANNA", None) => Ok(Arc::new(KnownKey {
                secret: Secret::new("anna's"),
                account: AccountId::default(),
                principal: Principal::User {
                    user: "arn:aws:iam::123456789012:user/anna".parse().expect("an ARN"),
                },
                session: None,
            })),
            (_, Some("over")) => Err(KeyFault::Expired),
            _ => Err(KeyFault::Unknown),
        }
    }
}

/// Refuses everyone.
struct Nobody;

#[async_trait]
impl Authorize for Nobody {
    async fn authorize(&self, call: &Call<'_>) -> std::result::Result<(), Refused> {
        let error = ServiceError::coded("AccessDenied", 403, format!("no {}", call.operation.name));
        Err(Refused { error, by: Some("a test".into()) })
    }
}

fn router(loopback: Loopback) -> Router {
    let clock = Arc::new(ManualClock::at(NOW));
    Router::new(Arc::new(SeededRandom::new(1)))
        .mount(Arc::new(StsService(Who)))
        .authenticated_by(Authentication { keys: Arc::new(Keys), clock, loopback })
}

fn headers(key: Option<(&str, &str, Option<&str>)>, at: Timestamp) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("localhost:4566"));
    headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    let Some((key, secret, token)) = key else { return headers };
    let credentials =
        Credentials { access_key: key.into(), secret: secret.into(), token: token.map(Into::into) };
    let request = SignedRequest { method: "POST", path: "/", query: "", headers: &headers, authority: None };
    let added = sign(&credentials, ("us-east-1", "sts"), &request, &sha256(BODY.as_bytes()), at);
    for (name, value) in added {
        headers.insert(name, HeaderValue::from_str(&value).expect("a value"));
    }
    headers
}

/// The status, and the answer's ARN or its error's code.
async fn ask(router: &Router, origin: &Origin, headers: HeaderMap) -> (u16, String) {
    let mut request =
        Request::post("/").body(Full::new(Bytes::from_static(BODY.as_bytes()))).expect("a request");
    *request.headers_mut() = headers;
    let (head, body) = router.handle(request, origin).await.into_parts();
    let body = String::from_utf8(body.collect().await.expect("a body").to_bytes().to_vec()).expect("text");
    let text = ["Arn", "Code"].iter().find_map(|name| {
        let rest = body.split_once(&format!("<{name}>"))?.1;
        Some(rest.split_once('<')?.0.to_owned())
    });
    (head.status.as_u16(), text.unwrap_or(body))
}

const ANNA: (&str, &str, Option<&str>) = ("AKIAANNAANNAANNAANNA", "anna's", None);
const ANNAS_ARN: &str = "arn:aws:iam::123456789012:user/anna";
const ROOT: &str = "arn:aws:iam::123456789012:root";

#[tokio::test]
async fn by_the_way_a_request_comes() {
    let id = RequestId::new(&SeededRandom::new(1));
    let root = Caller::root(AccountId::default(), Region::default(), id);
    let role = "arn:aws:iam::123456789012:role/r".parse().expect("an ARN");
    let caller = Caller {
        principal: Principal::AssumedRole { role, session: "f".into() },
        access_key: Some("ASIAROLE".into()),
        ..root
    };
    let instance = Origin::Instance { caller: Box::new(caller), tls: false };
    let (trusted, verified) = (router(Loopback::Trusted), router(Loopback::Verified));
    let open = Router::new(Arc::new(SeededRandom::new(1))).mount(Arc::new(StsService(Who)));
    let public = Origin::Public { tls: true };
    let wrong = Some((ANNA.0, "wrong", None));
    let stranger = Some(("test", "test", None));
    let session = "arn:aws:sts::123456789012:assumed-role/r/f";
    for (router, origin, key, expect) in [
        (&trusted, &Origin::Loopback, None, (200, ROOT)),
        (&trusted, &Origin::Loopback, stranger, (200, ROOT)),
        // Any credentials are accepted, and those that are known tell who calls.
        (&trusted, &Origin::Loopback, wrong, (200, ANNAS_ARN)),
        (&trusted, &public, None, (403, "MissingAuthenticationToken")),
        (&trusted, &public, stranger, (403, "InvalidClientTokenId")),
        (&trusted, &public, wrong, (403, "SignatureDoesNotMatch")),
        (&trusted, &public, Some(ANNA), (200, ANNAS_ARN)),
        (&trusted, &public, Some((ANNA.0, ANNA.1, Some("over"))), (403, "ExpiredToken")),
        (&verified, &Origin::Loopback, None, (403, "MissingAuthenticationToken")),
        (&verified, &Origin::LoopbackTls, wrong, (403, "SignatureDoesNotMatch")),
        (&verified, &Origin::Loopback, Some(ANNA), (200, ANNAS_ARN)),
        (&trusted, &instance, None, (200, session)),
        (&verified, &instance, Some(("ASIAROLE", "whatever", None)), (200, session)),
        (&trusted, &instance, stranger, (403, "InvalidClientTokenId")),
        (&trusted, &instance, wrong, (403, "SignatureDoesNotMatch")),
        (&trusted, &instance, Some(ANNA), (200, ANNAS_ARN)),
        // Without anyone who knows keys, only those are served who need none.
        (&open, &Origin::Loopback, stranger, (200, ROOT)),
        (&open, &public, Some(ANNA), (403, "InvalidClientTokenId")),
        (&open, &instance, Some(ANNA), (403, "InvalidClientTokenId")),
    ] {
        let (status, told) = ask(router, origin, headers(key, NOW)).await;
        assert_eq!((status, &*told), expect, "{origin:?} {key:?}");
    }
}

#[tokio::test]
async fn a_signature_has_its_time() {
    let (router, public) = (router(Loopback::Verified), Origin::Public { tls: true });
    let late = NOW + Duration::from_secs(901);
    assert_eq!(ask(&router, &public, headers(Some(ANNA), late)).await.1, "SignatureDoesNotMatch");
    // The same one counts again within it.
    for _ in 0..2 {
        assert_eq!(ask(&router, &public, headers(Some(ANNA), NOW)).await.1, ANNAS_ARN);
    }
}

#[tokio::test]
async fn who_authorises_is_asked() {
    let router = router(Loopback::Trusted).authorized_by(Arc::new(Nobody));
    let request = Request::post("/").body(Full::new(Bytes::from_static(BODY.as_bytes())));
    let mut request = request.expect("a request");
    *request.headers_mut() = headers(None, NOW);
    let answer = router.handle(request, &Origin::Loopback).await;
    assert_eq!(answer.status(), 403);
    assert_eq!(answer.headers()["x-tinderbox-denied-by"], "a test");
}
