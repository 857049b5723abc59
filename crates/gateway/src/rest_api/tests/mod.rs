//! An API from its making to its answers.

mod bed;

use super::{model::*, *};
use bed::{Bed, call, open, uri};
use bytes::Bytes;
use serde_json::{Value, json};
use tinderbox_base::ErrorKind;

const INTERNAL: &str = r#"{"message": "Internal server error"}"#;
const NO_ROUTE: &str = r#"{"message":"Missing Authentication Token"}"#;
const FORBIDDEN: &str = r#"{"message":"Forbidden"}"#;

#[tokio::test]
async fn lab_3() {
    let bed = Bed::new().await;
    let resource = bed.resource("student0API").await;
    bed.method(&resource, "ANY", |_| ()).await;
    bed.integrate(&resource, "ANY", "student0API").await;
    bed.expect("/lab3/student0API", &[], 403, FORBIDDEN).await;
    bed.deploy(None).await;
    bed.expect("/lab3", &[], 403, NO_ROUTE).await;
    bed.expect("/lab3/", &[], 403, NO_ROUTE).await;
    bed.expect("/other/student0API", &[], 403, FORBIDDEN).await;
    bed.tell("student0API", Ok(json!("Hello from Lambda")));
    bed.expect("/lab3/student0API", &[], 502, INTERNAL).await;
    bed.tell("student0API", Ok(json!({"errorMessage": "x"})));
    bed.expect("/lab3/student0API", &[], 502, INTERNAL).await;
    bed.tell("student0API", Err(ErrorKind::Denied));
    bed.expect("/lab3/student0API", &[], 500, INTERNAL).await;
    bed.tell("student0API", Ok(json!("never")));
    bed.expect("/lab3/student0API", &[], 504, r#"{"message": "Endpoint request timed out"}"#).await;
    let headers = json!({"Access-Control-Allow-Origin": "*", "Content-Type": "text/plain", "Date": "never"});
    bed.tell("student0API", Ok(json!({"statusCode": 200, "body": "Hello", "headers": headers})));
    let answer = bed.get("/lab3/student0API", &[]).await;
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (200, &b"Hello"[..]));
    let header =
        |name: &str| answer.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    assert_eq!(header("access-control-allow-origin"), "*");
    assert_eq!(header("content-type"), "text/plain");
    assert_eq!(header("x-amzn-remapped-date"), "never");
    assert_eq!(header("x-tinderbox-start"), "warm");
    assert!(!header("x-amzn-requestid").is_empty() && !header("x-amz-apigw-id").is_empty());
    let calls = bed.functions.calls.lock().expect("whole");
    let (caller, _, event) = calls.last().expect("it was called");
    let source = format!("arn:aws:execute-api:us-east-1:123456789012:{}/lab3/GET/student0API", bed.api);
    assert_eq!(caller.source_arn.as_ref().map(ToString::to_string), Some(source));
    assert_eq!(caller.principal, tinderbox_base::Principal::Service("apigateway.amazonaws.com".into()));
    assert_eq!(
        event["requestContext"]["path"],
        format!("/_aws/execute-api/{}/lab3/student0API", bed.api)
            .replace(&format!("/_aws/execute-api/{}", bed.api), "")
    );
    assert_eq!(event["requestContext"]["requestTime"], "31/Jan/2026:23:59:59 +0000");
    assert_eq!(event["path"], "/student0API");
    assert_eq!(event["requestContext"]["identity"]["sourceIp"], "127.0.0.1");
}

#[tokio::test]
async fn a_change_shows_only_after_its_deployment_and_outlives_a_restart() {
    let bed = Bed::new().await;
    bed.method(&bed.root, "GET", |_| ()).await;
    bed.integrate(&bed.root, "GET", "one").await;
    bed.tell("one", Ok(json!({"statusCode": 200, "body": "one"})));
    bed.tell("two", Ok(json!({"statusCode": 200, "body": "two"})));
    bed.deploy(None).await;
    bed.integrate(&bed.root, "GET", "two").await;
    bed.expect("/lab3/", &[], 200, "one").await;
    let (_apis, gateway) = open(&bed.store, &bed.clock, &bed.functions, &bed.lines).await;
    let again = call(&gateway, &bed.api, "GET", "/lab3", &[]).await;
    assert_eq!(&again.body()[..], b"one", "the deployment is what it was");
    bed.deploy(None).await;
    bed.expect("/lab3/", &[], 200, "two").await;
    bed.apis.delete_api(&bed.caller, &bed.api).await.expect("deleted");
    bed.expect("/lab3/", &[], 403, FORBIDDEN).await;
    let (apis, _) = open(&bed.store, &bed.clock, &bed.functions, &bed.lines).await;
    assert!(apis.get_api(&bed.caller, &bed.api).is_err());
    let everything =
        tinderbox_store::KeyRange { start: tinderbox_store::Key::from_bytes(Bytes::new()), end: None };
    assert_eq!(bed.store.range(&everything, 10).await.expect("readable"), [], "nothing is left");
}

#[tokio::test]
async fn a_canary_gets_its_share_and_is_promoted() {
    let bed = Bed::new().await;
    bed.method(&bed.root, "GET", |_| ()).await;
    bed.integrate(&bed.root, "GET", "${stageVariables.fn}").await;
    bed.tell("one", Ok(json!({"statusCode": 200, "body": "one"})));
    bed.tell("two", Ok(json!({"statusCode": 200, "body": "two"})));
    bed.deploy(None).await;
    bed.patch_stage(&[("replace", "/variables/fn", "one")]).await.expect("set");
    let overrides = Texts::from([("fn".to_owned(), "two".to_owned())]);
    let canary = Canary { percent_traffic: 30.0, stage_variable_overrides: overrides, ..Canary::default() };
    let deployment = bed.deploy(Some(canary)).await;
    let mut found = Vec::new();
    for _ in 0..1000 {
        found.push(bed.get("/lab3/", &[]).await.into_body());
    }
    let twos = found.iter().filter(|body| &body[..] == b"two").count();
    // Within the binomial distribution's 99.9 %: 300 ± 48.
    assert!((252..=348).contains(&twos), "{twos}");
    let changes = found.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(changes < 600, "they come at random, not in turn: {changes}");
    let stage = bed
        .patch_stage(&[
            ("replace", "/canarySettings/percentTraffic", "0"),
            ("copy", "/variables", "/canarySettings/stageVariableOverrides"),
            ("copy", "/deploymentId", "/canarySettings/deploymentId"),
            ("remove", "/canarySettings", ""),
        ])
        .await
        .expect("promoted");
    assert_eq!((stage.deployment_id.as_str(), &stage.canary_settings), (deployment.as_str(), &None));
    bed.expect("/lab3/", &[], 200, "two").await;
}

#[tokio::test]
async fn keys_are_checked_throttled_and_counted() {
    let bed = Bed::new().await;
    bed.method(&bed.root, "GET", |method| method.api_key_required = true).await;
    bed.integrate(&bed.root, "GET", "f").await;
    bed.tell("f", Ok(json!({"statusCode": 200, "body": "in"})));
    bed.deploy(None).await;
    let new = NewKey { enabled: true, ..NewKey::default() };
    let key = bed.apis.create_key(&bed.caller, new).await.expect("a key");
    let header = [("x-api-key", key.value.as_str())];
    bed.expect("/lab3/", &[], 403, FORBIDDEN).await;
    bed.expect("/lab3/", &[("x-api-key", "other")], 403, FORBIDDEN).await;
    bed.expect("/lab3/", &header, 403, FORBIDDEN).await;
    let stage = ApiStage { api_id: bed.api.clone(), stage: "lab3".into(), ..ApiStage::default() };
    let plan = UsagePlan {
        name: "p".into(),
        api_stages: vec![stage],
        throttle: Some(Throttle { burst_limit: 2, rate_limit: 1.0 }),
        // The week from Monday on: the clock goes past midnight of its Saturday.
        quota: Some(Quota { limit: 3, offset: 1, period: "WEEK".into() }),
        ..UsagePlan::default()
    };
    let plan = bed.apis.create_plan(&bed.caller, plan).await.expect("a plan").id.clone();
    bed.apis.add_key_to_plan(&bed.caller, plan.clone(), key.id.clone(), "API_KEY").await.expect("added");
    bed.expect("/lab3/", &header, 200, "in").await;
    bed.expect("/lab3/", &header, 200, "in").await;
    bed.expect("/lab3/", &header, 429, r#"{"message":"Too Many Requests"}"#).await;
    bed.clock.advance(Duration::from_secs(10));
    bed.expect("/lab3/", &header, 200, "in").await;
    bed.expect("/lab3/", &header, 429, r#"{"message":"Limit Exceeded"}"#).await;
    let wanted =
        GetUsage { plan: plan.clone(), key: None, start: "2026-01-31".into(), end: "2026-02-01".into() };
    let usage = bed.apis.usage(&bed.caller, wanted).expect("usage");
    // The clock stands ten seconds later, on the next day.
    assert_eq!(usage.values[&key.id].iter().map(|(used, _)| used).sum::<i64>(), 3);
    bed.apis.delete_key(&bed.caller, key.id.clone()).await.expect("deleted");
    bed.expect("/lab3/", &header, 403, FORBIDDEN).await;
}

#[tokio::test]
async fn authorizers_are_asked_and_their_answers_kept() {
    let bed = Bed::new().await;
    let new = Authorizer {
        name: "who".into(),
        kind: "TOKEN".into(),
        authorizer_uri: uri("who"),
        authorizer_result_ttl_in_seconds: Some(60),
        ..Authorizer::default()
    };
    let authorizer = bed.apis.create_authorizer(&bed.caller, &bed.api, new).await.expect("made").id;
    bed.method(&bed.root, "GET", |method| {
        method.authorization_type = "CUSTOM".into();
        method.authorizer_id = Some(authorizer.clone());
    })
    .await;
    bed.integrate(&bed.root, "GET", "f").await;
    bed.deploy(None).await;
    bed.expect("/lab3/", &[], 401, r#"{"message":"Unauthorized"}"#).await;
    let policy = |effect: &str| {
        json!({
            "principalId": "me",
            "policyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": effect, "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*"}]},
            "context": {"n": 1},
        })
    };
    bed.tell("who", Ok(policy("Allow")));
    let asked = || {
        bed.functions
            .calls
            .lock()
            .expect("whole")
            .iter()
            .filter(|(_, a, _)| a.resource.ends_with("who"))
            .count()
    };
    let answer = bed.get("/lab3/", &[("authorization", "a")]).await;
    let event: Value = serde_json::from_slice(answer.body()).expect("the event");
    assert_eq!(
        event["requestContext"]["authorizer"],
        json!({"n": "1", "principalId": "me", "integrationLatency": 0})
    );
    bed.tell("who", Ok(policy("Deny")));
    assert_eq!(bed.get("/lab3/", &[("authorization", "a")]).await.status(), 200, "kept");
    assert_eq!(asked(), 1);
    let denied = r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#;
    bed.expect("/lab3/", &[("authorization", "b")], 403, denied).await;
    bed.clock.advance(Duration::from_secs(61));
    bed.expect("/lab3/", &[("authorization", "a")], 403, denied).await;
    bed.tell("who", Ok(json!({"errorMessage": "Unauthorized"})));
    bed.expect("/lab3/", &[("authorization", "c")], 401, r#"{"message":"Unauthorized"}"#).await;
    bed.tell("who", Ok(json!("allow")));
    bed.expect("/lab3/", &[("authorization", "d")], 500, r#"{"message":null}"#).await;
    bed.tell("who", Ok(policy("Allow")));
    bed.apis.flush_authorizers(&bed.caller, &bed.api, "lab3").expect("flushed");
    assert_eq!(bed.get("/lab3/", &[("authorization", "b")]).await.status(), 200);
}

#[tokio::test]
async fn mocks_answer_what_browsers_ask_first_and_access_is_logged() {
    let bed = Bed::new().await;
    bed.method(&bed.root, "OPTIONS", |_| ()).await;
    let allow = "method.response.header.Access-Control-Allow-Origin".to_owned();
    let response = MethodResponse {
        status_code: "200".into(),
        response_parameters: [(allow.clone(), false)].into(),
        ..MethodResponse::default()
    };
    let name = bed.name(&bed.root, "OPTIONS");
    bed.apis.put_method_response(&bed.caller, name.clone(), response).await.expect("declared");
    let integration = Integration {
        kind: IntegrationKind::Mock,
        request_templates: Texts::from([("application/json".into(), r#"{"statusCode": 200}"#.into())]),
        passthrough_behavior: "WHEN_NO_MATCH".into(),
        ..Integration::default()
    };
    bed.apis.put_integration(&bed.caller, name.clone(), integration).await.expect("set");
    let mapped = IntegrationResponse {
        status_code: "200".into(),
        response_parameters: Texts::from([(allow, "'*'".into())]),
        ..IntegrationResponse::default()
    };
    bed.apis.put_integration_response(&bed.caller, name, mapped).await.expect("mapped");
    bed.deploy(None).await;
    let group = "arn:aws:logs:us-east-1:123456789012:log-group:access";
    bed.patch_stage(&[
        ("replace", "/accessLogSettings/destinationArn", group),
        (
            "replace",
            "/accessLogSettings/format",
            "$context.requestId $context.httpMethod $context.status $context.error.responseType",
        ),
    ])
    .await
    .expect("logged");
    let answer = call(&bed.gateway, &bed.api, "OPTIONS", "/lab3", &[]).await;
    assert_eq!((answer.status().as_u16(), answer.body().len()), (200, 0));
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    bed.expect("/lab3/none", &[], 403, NO_ROUTE).await;
    let lines = bed.lines.0.lock().expect("whole");
    assert_eq!(lines.len(), 2);
    assert!(lines[0].0 == "access" && lines[0].1.ends_with(" OPTIONS 200 -"), "{lines:?}");
    assert!(lines[1].1.ends_with(" GET 403 MISSING_AUTHENTICATION_TOKEN"), "{lines:?}");
}

#[tokio::test]
async fn the_gateways_own_answers_can_be_others() {
    let bed = Bed::new().await;
    bed.method(&bed.root, "GET", |_| ()).await;
    bed.integrate(&bed.root, "GET", "f").await;
    let own = GatewayResponse {
        response_type: "DEFAULT_4XX".into(),
        status_code: Some("404".into()),
        response_parameters: Texts::from([(
            "gatewayresponse.header.x-why".into(),
            "context.error.responseType".into(),
        )]),
        response_templates: Texts::from([(
            "application/json".into(),
            r#"{"m":$context.error.messageString,"s":"$context.stage"}"#.into(),
        )]),
    };
    bed.apis.put_gateway_response(&bed.caller, &bed.api, own).await.expect("set");
    bed.deploy(None).await;
    let answer = bed.get("/lab3/none", &[]).await;
    assert_eq!(answer.status(), 404);
    assert_eq!(&answer.body()[..], br#"{"m":"Missing Authentication Token","s":"lab3"}"#);
    assert_eq!(answer.headers()["x-why"], "MISSING_AUTHENTICATION_TOKEN");
}
