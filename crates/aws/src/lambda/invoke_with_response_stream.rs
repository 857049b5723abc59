//! InvokeWithResponseStream: an event stream of chunks, and how it ended.

use super::invoke::refusal;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Map, json};
use tinderbox_aws_model_lambda::types::*;
use tinderbox_base::Interrupted;
use tinderbox_functions::{Functions, Invocation, InvocationType as Kind, Piece, Streamed, Streaming};
use tinderbox_wire::{
    Body, Context, Result,
    event_stream::{CONTENT_TYPE, Message},
};

/// What every failure is called; the details tell it.
const UNHANDLED: &str = "Unhandled";

pub(super) async fn invoke_with_response_stream(
    functions: &Functions,
    cx: &mut Context,
    input: InvokeWithResponseStreamRequest,
) -> Result<InvokeWithResponseStreamResponse> {
    let invocation = Invocation {
        name: input.function_name,
        qualifier: input.qualifier,
        kind: match input.invocation_type.as_deref() {
            Some(ResponseStreamingInvocationType::DRY_RUN) => Kind::DryRun,
            _ => Kind::RequestResponse,
        },
        payload: input.payload.unwrap_or_default(),
        client_context: input.client_context,
        tail: input.log_type.as_deref() == Some(LogType::TAIL),
    };
    let streaming = match functions.invoke_with_stream(&cx.caller, invocation).await.map_err(refusal)? {
        Streamed::Answering(streaming) => streaming,
        Streamed::Possible => {
            return Ok(InvokeWithResponseStreamResponse { status_code: Some(204), ..Default::default() });
        }
    };
    cx.header("content-type", CONTENT_TYPE);
    if let Some(start) = streaming.start {
        cx.header("x-tinderbox-start", start.as_str());
    }
    let executed_version = Some(streaming.version.to_string());
    cx.body(Body::in_parts(stream::unfold(Some(streaming), next)));
    Ok(InvokeWithResponseStreamResponse { status_code: Some(200), executed_version, ..Default::default() })
}

/// The next message, and where the others come from; nowhere once the last is sent.
async fn next(
    streaming: Option<Box<Streaming>>,
) -> Option<(std::result::Result<Bytes, Interrupted>, Option<Box<Streaming>>)> {
    let mut streaming = streaming?;
    loop {
        let (message, rest) = match streaming.next().await? {
            Piece::Chunk(bytes) => {
                (Message::event("PayloadChunk", "application/octet-stream", bytes), Some(streaming))
            }
            // The log and the failures of what the function still does are told at its end.
            Piece::Complete => continue,
            Piece::Over { error, tail } => (complete(error, tail), None),
        };
        return Some((message.encode().map_err(|_| Interrupted), rest));
    }
}

fn complete(error: Option<Bytes>, tail: Option<Vec<u8>>) -> Message {
    let mut members = Map::new();
    if let Some(error) = error {
        members.insert("ErrorCode".into(), json!(UNHANDLED));
        members.insert("ErrorDetails".into(), json!(String::from_utf8_lossy(&error)));
    }
    if let Some(tail) = tail {
        members.insert("LogResult".into(), json!(BASE64_STANDARD.encode(tail)));
    }
    Message::event("InvokeComplete", "application/json", serde_json::Value::Object(members).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_event() {
        fn check(error: Option<&'static str>, tail: Option<&str>, expect: &str) {
            let message = complete(error.map(Bytes::from), tail.map(|tail| tail.as_bytes().to_vec()));
            assert_eq!(message.text(":event-type"), Some("InvokeComplete"));
            assert_eq!(message.payload, expect);
        }
        check(None, None, "{}");
        check(None, Some("END"), r#"{"LogResult":"RU5E"}"#);
        check(Some("{}"), None, r#"{"ErrorCode":"Unhandled","ErrorDetails":"{}"}"#);
    }
}
