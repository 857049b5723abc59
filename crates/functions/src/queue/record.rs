//! The record that a destination receives (Lambda guide, "Adding a destination": the invocation record).

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::json;
use tinderbox_base::{RequestId, Timestamp};

/// What a run answered.
pub(super) struct Response<'a> {
    /// Its response, or its error as JSON.
    pub(super) payload: &'a [u8],
    /// The version that ran.
    pub(super) version: &'a str,
    /// Whether it failed.
    pub(super) failed: bool,
}

/// The record as JSON. Event and response are embedded as they are; bytes that are no JSON, which only a
/// custom runtime answers, as a text.
pub(super) fn record(
    now: Timestamp,
    request: RequestId,
    function: &str,
    condition: &str,
    count: u32,
    event: &[u8],
    response: Option<&Response<'_>>,
) -> Bytes {
    let context = json!({
        "requestId": request.to_string(),
        "functionArn": function,
        "condition": condition,
        "approximateInvokeCount": count,
    });
    let mut text = format!(
        r#"{{"version":"1.0","timestamp":"{now}","requestContext":{context},"requestPayload":{}"#,
        embedded(event)
    );
    if let Some(response) = response {
        let mut context = json!({ "statusCode": 200, "executedVersion": response.version });
        if response.failed {
            context["functionError"] = "Unhandled".into();
        }
        text.push_str(&format!(
            r#","responseContext":{context},"responsePayload":{}"#,
            embedded(response.payload)
        ));
    }
    text.push('}');
    text.into()
}

fn embedded(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if serde_json::from_str::<IgnoredAny>(text).is_ok() => text.to_owned(),
        Ok(_) | Err(_) => json!(String::from_utf8_lossy(bytes)).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:hello:$LATEST";

    fn made(condition: &str, count: u32, response: Option<Response<'_>>) -> Value {
        let now = Timestamp::from_millis(1_769_903_999_007);
        let made =
            record(now, RequestId::nil(), FUNCTION, condition, count, b"{\"n\": 1}", response.as_ref());
        serde_json::from_slice(&made).expect("JSON")
    }

    #[test]
    fn records() {
        let base = |condition: &str, count: u32| {
            json!({
                "version": "1.0",
                "timestamp": "2026-01-31T23:59:59.007Z",
                "requestContext": {
                    "requestId": "00000000-0000-0000-0000-000000000000",
                    "functionArn": FUNCTION,
                    "condition": condition,
                    "approximateInvokeCount": count,
                },
                "requestPayload": { "n": 1 },
            })
        };
        let mut expect = base("Success", 1);
        expect["responseContext"] = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
        expect["responsePayload"] = json!("fine");
        let response = Response { payload: b"\"fine\"", version: "$LATEST", failed: false };
        assert_eq!(made("Success", 1, Some(response)), expect);
        let mut expect = base("RetriesExhausted", 3);
        expect["responseContext"] =
            json!({ "statusCode": 200, "executedVersion": "7", "functionError": "Unhandled" });
        expect["responsePayload"] = json!({ "errorType": "E" });
        let response = Response { payload: b"{\"errorType\":\"E\"}", version: "7", failed: true };
        assert_eq!(made("RetriesExhausted", 3, Some(response)), expect);
        assert_eq!(made("ZeroReservedConcurrency", 0, None), base("ZeroReservedConcurrency", 0));
    }

    #[test]
    fn what_is_no_json_is_a_text() {
        fn check(bytes: &[u8], expect: Value) {
            let response = Response { payload: bytes, version: "1", failed: false };
            assert_eq!(made("Success", 1, Some(response))["responsePayload"], expect);
        }
        check(b"hello", json!("hello"));
        check(b"", json!(""));
        check(b"\"n\x87r\"", json!("\"n\u{fffd}r\""));
        check(b"[1, 2]", json!([1, 2]));
    }
}
