use super::*;
use proptest::prelude::*;
use tinderbox_base::{AccountId, Region, RequestId, SeededRandom};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:hello";
const METHOD: &str = "arn:aws:execute-api:us-east-1:123456789012:abc123/lab3/GET/pets/1";

fn statement(change: impl FnOnce(&mut Statement)) -> Statement {
    let mut made = Statement {
        sid: "s".into(),
        action: "lambda:InvokeFunction".into(),
        principal: PolicyPrincipal::Service("apigateway.amazonaws.com".into()),
        source_arn: None,
        source_account: None,
        event_source_token: None,
        principal_org_id: None,
        function_url_auth_type: None,
        invoked_via_function_url: None,
    };
    change(&mut made);
    made
}

fn service(source: Option<&str>) -> Caller {
    let root = Caller::root(AccountId::default(), Region::default(), RequestId::new(&SeededRandom::new(1)));
    let source_arn: Option<Arn> = source.map(|s| s.parse().expect("an ARN"));
    let source_account = source_arn.as_ref().and_then(|a| a.account.clone());
    let principal = Principal::Service("apigateway.amazonaws.com".into());
    Caller { principal, source_arn, source_account, ..root }
}

#[test]
fn who_is_a_principal() {
    fn check(text: &str, expect: Option<PolicyPrincipal>) {
        assert_eq!(PolicyPrincipal::parse(text), expect, "{text}");
    }
    check("*", Some(PolicyPrincipal::Everyone));
    check("s3.amazonaws.com", Some(PolicyPrincipal::Service("s3.amazonaws.com".into())));
    check("alexa-appkit.amazon.com", Some(PolicyPrincipal::Service("alexa-appkit.amazon.com".into())));
    check("123456789012", Some(PolicyPrincipal::Aws("arn:aws:iam::123456789012:root".into())));
    let role = "arn:aws:iam::123456789012:role/r";
    check(role, Some(PolicyPrincipal::Aws(role.into())));
    for text in ["", "s3", "invalid.nonaws.com", "12345678901", "arn:aws:s3:::bucket", "arn:aws:iam"] {
        check(text, None);
    }
}

#[test]
fn statements_as_aws_writes_them() {
    fn check(change: impl FnOnce(&mut Statement), expect: &str) {
        assert_eq!(statement(change).render(FUNCTION).to_string(), expect);
    }
    let start = |principal: &str| {
        format!(r#"{{"Sid":"s","Effect":"Allow","Principal":{principal},"Action":"lambda:InvokeFunction","#)
            + &format!(r#""Resource":"{FUNCTION}""#)
    };
    let gateway = start(r#"{"Service":"apigateway.amazonaws.com"}"#);
    check(|_| (), &format!("{gateway}}}"));
    check(|s| s.principal = PolicyPrincipal::Everyone, &format!("{}}}", start("\"*\"")));
    check(
        |s| {
            s.source_arn = Some("arn:aws:s3:::b".into());
            s.source_account = Some("123456789012".into());
        },
        &format!(
            r#"{gateway},"Condition":{{"StringEquals":{{"AWS:SourceAccount":"123456789012"}},"ArnLike":{{"AWS:SourceArn":"arn:aws:s3:::b"}}}}}}"#
        ),
    );
    check(
        |s| s.invoked_via_function_url = Some(true),
        &format!(r#"{gateway},"Condition":{{"Bool":{{"lambda:InvokedViaFunctionUrl":"true"}}}}}}"#),
    );
}

#[test]
fn what_a_statement_allows() {
    fn check(change: impl FnOnce(&mut Statement), expect: bool) {
        let (statement, caller) = (statement(change), service(Some(METHOD)));
        let access = Access { caller: &caller, action: "lambda:InvokeFunction", function_url: None };
        assert_eq!(statement.allows(&access), expect, "{statement:?}");
    }
    let arn = |pattern: &str| {
        let pattern = Some(pattern.to_owned());
        move |s: &mut Statement| s.source_arn = pattern
    };
    check(|_| (), true);
    check(|s| s.action = "lambda:*".into(), true);
    check(|s| s.action = "*".into(), true);
    check(|s| s.action = "lambda:InvokeFunctionUrl".into(), false);
    check(|s| s.principal = PolicyPrincipal::Everyone, true);
    check(|s| s.principal = PolicyPrincipal::Service("s3.amazonaws.com".into()), false);
    check(|s| s.principal = PolicyPrincipal::Aws("arn:aws:iam::123456789012:root".into()), false);
    check(arn(METHOD), true);
    check(arn("arn:aws:execute-api:us-east-1:123456789012:abc123/*/*/*"), true);
    check(arn("arn:aws:execute-api:us-east-1:123456789012:abc123/*/GET/pets/?"), true);
    check(arn("arn:aws:execute-api:us-east-1:123456789012:*"), true);
    check(arn("arn:*:execute-api:*:*:*"), true);
    check(arn("arn:aws:execute-api:us-east-1:123456789012:abc123/*/POST/*"), false);
    check(arn("arn:aws:execute-api:us-east-1:123456789012:other/*"), false);
    check(arn("arn:aws:execute-api:*"), false);
    check(|s| s.source_account = Some("123456789012".into()), true);
    check(|s| s.source_account = Some("000000000000".into()), false);
    check(|s| s.event_source_token = Some("t".into()), false);
    check(|s| s.principal_org_id = Some("o-1234567890".into()), false);
    check(|s| s.function_url_auth_type = Some("NONE".into()), false);
    check(|s| s.invoked_via_function_url = Some(true), false);
    check(|s| s.invoked_via_function_url = Some(false), true);
}

#[test]
fn a_source_that_is_not_told_fits_no_demand() {
    let caller = service(None);
    let access = Access { caller: &caller, action: "lambda:InvokeFunction", function_url: None };
    assert!(statement(|_| ()).allows(&access));
    assert!(!statement(|s| s.source_arn = Some("*".into())).allows(&access));
    assert!(!statement(|s| s.source_account = Some("123456789012".into())).allows(&access));
}

#[test]
fn accounts_and_urls() {
    let caller = Caller { principal: Principal::Root, ..service(None) };
    let allows = |change: &dyn Fn(&mut Statement), function_url| {
        let access = Access { caller: &caller, action: "lambda:InvokeFunction", function_url };
        statement(|s| change(s)).allows(&access)
    };
    let aws = |arn: &str| PolicyPrincipal::Aws(arn.into());
    assert!(allows(&|s| s.principal = aws("arn:aws:iam::123456789012:root"), None));
    assert!(!allows(&|s| s.principal = aws("arn:aws:iam::000000000000:root"), None));
    let url = |s: &mut Statement| {
        s.principal = PolicyPrincipal::Everyone;
        s.function_url_auth_type = Some("NONE".into());
    };
    assert!(allows(&url, Some("NONE")));
    assert!(!allows(&url, Some("AWS_IAM")));
}

proptest! {
    #[test]
    fn likeness_is_what_the_naive_matcher_says(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
        fn naive(p: &[u8], t: &[u8]) -> bool {
            match (p.first(), t.first()) {
                (None, None) => true,
                (Some(b'*'), _) => naive(&p[1..], t) || (!t.is_empty() && naive(p, &t[1..])),
                (Some(b'?'), Some(_)) => naive(&p[1..], &t[1..]),
                (Some(a), Some(b)) if a == b => naive(&p[1..], &t[1..]),
                _ => false,
            }
        }
        prop_assert_eq!(like(pattern.as_bytes(), text.as_bytes()), naive(pattern.as_bytes(), text.as_bytes()));
    }

    #[test]
    fn any_text_is_judged(pattern in "\\PC{0,60}", arn in "\\PC{0,60}") {
        let _ = (arn_like(&pattern, &arn), PolicyPrincipal::parse(&pattern));
    }
}
