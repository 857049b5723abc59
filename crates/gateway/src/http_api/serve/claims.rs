//! What a token claims, and whether that is enough (API Gateway guide, "Controlling access to HTTP APIs with JWT
//! authorizers": the order of the checks).

use super::{exchange::Exchange, failed::Failed, jwt::Jws};
use crate::http_api::model::Jwt;
use serde_json::{Map, Value};

/// A token that was found good.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) claims: Map<String, Value>,
    /// Its scopes, if the route demands any.
    pub(super) scopes: Option<Vec<String>>,
}

/// Checks a token: who signed it, for whom it is, when it holds, and what it is for.
pub(super) async fn check(
    exchange: &Exchange,
    demand: &Jwt,
    scopes: &[String],
    token: &str,
) -> Result<Token, Failed> {
    let invalid = |why: &str| {
        let challenge =
            format!(r#"Bearer scope="{}" error="invalid_token" error_description="{why}""#, scopes.join(" "));
        Failed::unauthorized(why).with_challenge(challenge)
    };
    let jws = Jws::parse(token).map_err(invalid)?;
    let edge = &exchange.served.edge;
    let keys = exchange.served.runtime.issuers.keys(edge, &demand.issuer, jws.key_id()).await;
    let keys =
        keys.map_err(|reason| Failed::internal(format!("the issuer's keys cannot be read: {reason}")))?;
    let claims = jws.verified(&keys).map_err(invalid)?;
    let now = edge.clock.now().as_millis().div_euclid(1000);
    judge(&claims, demand, now).map_err(invalid)?;
    if scopes.is_empty() {
        return Ok(Token { claims, scopes: None });
    }
    let own = claimed_scopes(&claims);
    if !scopes.iter().any(|scope| own.contains(scope)) {
        let challenge = format!(r#"Bearer scope="{}" error="insufficient_scope""#, scopes.join(" "));
        return Err(Failed::forbidden("the token has none of the scopes").with_challenge(challenge));
    }
    Ok(Token { claims, scopes: Some(own) })
}

/// Why the claims are not good at `now`, in seconds since 1970.
fn judge(claims: &Map<String, Value>, demand: &Jwt, now: i64) -> Result<(), &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    // Times may have fractions.
    #[expect(clippy::cast_possible_truncation, reason = "a second more or less does not matter here")]
    let time =
        |name: &str| claims.get(name).map(|v| v.as_f64().map(|x| x as i64).ok_or("a time is no number"));
    if text("iss") != Some(&demand.issuer) {
        return Err("the issuer is another");
    }
    let meant = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => text("client_id").into_iter().collect(),
    };
    if !meant.iter().any(|one| demand.audience.iter().any(|own| own == one)) {
        return Err("the token does not have a valid audience");
    }
    match time("exp").transpose()? {
        None => return Err("the token has no expiry"),
        Some(end) if end <= now => return Err("the token has expired"),
        Some(_) => {}
    }
    if time("nbf").transpose()?.is_some_and(|start| start > now) {
        return Err("the token is not good yet");
    }
    if time("iat").transpose()?.is_some_and(|made| made > now) {
        return Err("the token was issued in the future");
    }
    Ok(())
}

/// `scope`, or `scp`: a text with blanks, or a list.
fn claimed_scopes(claims: &Map<String, Value>) -> Vec<String> {
    let words = |value: &Value| match value {
        Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    claims.get("scope").or_else(|| claims.get("scp")).map(words).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn claims() {
        fn check(claims: Value, expect: Result<(), &str>) {
            let demand = Jwt { audience: vec!["me".into()], issuer: "https://i.example".into() };
            let mut own = json!({"iss": "https://i.example", "aud": "me", "exp": 2000});
            if let (Some(own), Some(claims)) = (own.as_object_mut(), claims.as_object()) {
                own.extend(claims.clone());
            }
            let own = own.as_object().expect("an object");
            assert_eq!(judge(own, &demand, 1000), expect, "{claims}");
        }
        check(json!({}), Ok(()));
        check(json!({"aud": ["other", "me"]}), Ok(()));
        check(json!({"aud": null, "client_id": "me"}), Ok(()));
        check(json!({"aud": "other", "client_id": "me"}), Err("the token does not have a valid audience"));
        check(json!({"iss": "https://j.example"}), Err("the issuer is another"));
        check(json!({"exp": 1000}), Err("the token has expired"));
        check(json!({"exp": "never"}), Err("a time is no number"));
        check(json!({"exp": 1000.5}), Err("the token has expired"));
        check(json!({"nbf": 1001}), Err("the token is not good yet"));
        check(json!({"iat": 1001}), Err("the token was issued in the future"));
    }

    #[test]
    fn scopes() {
        fn check(claims: Value, expect: &[&str]) {
            assert_eq!(claimed_scopes(claims.as_object().expect("an object")), expect);
        }
        check(json!({"scope": "a b"}), &["a", "b"]);
        check(json!({"scp": ["a", "b"]}), &["a", "b"]);
        check(json!({}), &[]);
    }
}
