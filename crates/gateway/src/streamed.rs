//! Answers that come in parts: their status and headers, which the function may tell before the body.
//!
//! `application/vnd.awslambda.http-integration-response` is JSON (`statusCode`, `headers`, `cookies`), eight zero bytes, and
//! the body. Bytes of any other type are the body itself, with status 200.

use crate::{
    http_api::{Answer, Defaults},
    outgoing::{Outgoing, Resumed},
};
use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderValue, Response, header};
use tinderbox_base::{Parts, StreamedReply};

/// The type of bytes that begin with metadata.
const WITH_METADATA: &str = "application/vnd.awslambda.http-integration-response";
/// What ends the metadata.
const DELIMITER: [u8; 8] = [0; 8];
/// Bytes of metadata that are waited for; headers of answers have less room than this.
const MAX_METADATA_BYTES: usize = 64 * 1024;
/// The type of bytes of which nothing is known.
const DEFAULTS: Defaults = Defaults { content_type: "application/octet-stream" };

/// An answer that is none: the function failed before it said what to answer, or said what cannot be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoAnswer;

/// The answer to a client, once its beginning is known.
pub(crate) async fn answer(reply: StreamedReply) -> Result<Response<Outgoing>, NoAnswer> {
    let StreamedReply { content_type, mut parts, .. } = reply;
    if content_type.as_deref() == Some(WITH_METADATA) {
        return Ok(described(parts).await?.map(Outgoing::Parts));
    }
    let first = parts.next().await.transpose().map_err(|_| NoAnswer)?;
    let mut response = Response::new(Outgoing::Parts(Box::new(Resumed { first, rest: parts })));
    let kind = content_type.and_then(|kind| HeaderValue::try_from(kind).ok());
    let kind = kind.unwrap_or(HeaderValue::from_static(DEFAULTS.content_type));
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

/// The answer that begins with metadata, whatever its type.
pub(crate) async fn described(mut parts: Box<dyn Parts>) -> Result<Response<Box<dyn Parts>>, NoAnswer> {
    let (metadata, first) = metadata(&mut *parts).await?;
    let response = Answer::from_metadata(&metadata, DEFAULTS).map_err(|_| NoAnswer)?.into_response();
    let first = Some(first).filter(|first| !first.is_empty());
    Ok(response.map(|_| Box::new(Resumed { first, rest: parts }) as Box<dyn Parts>))
}

/// The metadata, and what came with it of the body.
async fn metadata(parts: &mut dyn Parts) -> Result<(Bytes, Bytes), NoAnswer> {
    let mut come = BytesMut::new();
    loop {
        // The delimiter may have come in two parts.
        let from = come.len().saturating_sub(DELIMITER.len() - 1);
        let part = parts.next().await.and_then(Result::ok).ok_or(NoAnswer)?;
        come.extend_from_slice(&part);
        let found =
            come.get(from..).and_then(|new| new.windows(DELIMITER.len()).position(|w| w == DELIMITER));
        match found {
            Some(at) => {
                let metadata = come.split_to(from + at).freeze();
                come.advance(DELIMITER.len());
                return Ok((metadata, come.freeze()));
            }
            None if come.len() > MAX_METADATA_BYTES => return Err(NoAnswer),
            None => {}
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use tinderbox_base::Interrupted;

    /// Parts that are there already; a break is none of its bytes.
    pub(crate) struct Ready(pub(crate) std::vec::IntoIter<Option<&'static str>>);

    #[async_trait::async_trait]
    impl Parts for Ready {
        async fn next(&mut self) -> Option<Result<Bytes, Interrupted>> {
            self.0.next().map(|part| part.map(Bytes::from).ok_or(Interrupted))
        }
    }

    pub(crate) fn reply(content_type: Option<&str>, parts: &[Option<&'static str>]) -> StreamedReply {
        let parts = Box::new(Ready(Vec::from(parts).into_iter()));
        StreamedReply { content_type: content_type.map(str::to_owned), start: None, parts }
    }

    pub(crate) async fn body(outgoing: Outgoing) -> (String, bool) {
        let mut text = String::new();
        match outgoing {
            Outgoing::Whole(bytes) => text.push_str(&String::from_utf8_lossy(&bytes)),
            Outgoing::Parts(mut parts) => {
                while let Some(part) = parts.next().await {
                    match part {
                        Ok(part) => text.push_str(&String::from_utf8_lossy(&part)),
                        Err(Interrupted) => return (text, false),
                    }
                }
            }
        }
        (text, true)
    }

    #[tokio::test]
    async fn answers() {
        type Expect<'e> = Result<(u16, &'e str, &'e str, bool), NoAnswer>;
        async fn check(content_type: Option<&str>, parts: &[Option<&'static str>], expect: Expect<'_>) {
            let found = match answer(reply(content_type, parts)).await {
                Ok(response) => {
                    let kind = response.headers()[header::CONTENT_TYPE].to_str().expect("text").to_owned();
                    let status = response.status().as_u16();
                    let (text, complete) = body(response.into_body()).await;
                    Ok((status, kind, text, complete))
                }
                Err(NoAnswer) => Err(NoAnswer),
            };
            let expect =
                expect.map(|(status, kind, text, complete)| (status, kind.into(), text.into(), complete));
            assert_eq!(found, expect, "{content_type:?} {parts:?}");
        }
        let octets = "application/octet-stream";
        check(None, &[Some("a"), Some("b")], Ok((200, octets, "ab", true))).await;
        check(Some("text/html"), &[Some("a"), None], Ok((200, "text/html", "a", false))).await;
        check(Some("a\nb"), &[], Ok((200, octets, "", true))).await;
        check(None, &[None], Err(NoAnswer)).await;
        let with = Some(WITH_METADATA);
        let zeros = "\0\0\0\0\0\0\0\0";
        check(with, &[Some("{}"), Some(zeros), Some("x")], Ok((200, octets, "x", true))).await;
        check(
            with,
            &[Some("{\"statusCode\":404}\0\0\0"), Some("\0\0\0\0\0x"), Some("y")],
            Ok((404, octets, "xy", true)),
        )
        .await;
        let html = "{\"statusCode\":201,\"headers\":{\"Content-Type\":\"text/html\"}}\0\0\0\0\0\0\0\0";
        check(with, &[Some(html)], Ok((201, "text/html", "", true))).await;
        check(with, &[Some(html), None], Ok((201, "text/html", "", false))).await;
        check(with, &[Some("{}")], Err(NoAnswer)).await;
        check(with, &[Some("{}"), None], Err(NoAnswer)).await;
        check(with, &[Some("no JSON"), Some(zeros)], Err(NoAnswer)).await;
        check(with, &[Some("[]"), Some(zeros)], Err(NoAnswer)).await;
        check(with, &[Some("{\"statusCode\":1}"), Some(zeros)], Err(NoAnswer)).await;
    }

    proptest! {
        #[test]
        fn however_it_is_cut_it_is_the_same(body: Vec<u8>, cut in 1..40usize) {
            let whole = [b"{\"statusCode\":203}\0\0\0\0\0\0\0\0".as_slice(), &body].concat();
            let mut parts = Cut(whole.chunks(cut).map(Bytes::copy_from_slice).collect::<Vec<_>>().into_iter());
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            let (metadata, rest) = runtime.block_on(async {
                let (metadata, first) = metadata(&mut parts).await.expect("metadata");
                (metadata, [first].into_iter().chain(parts.0).collect::<Vec<_>>().concat())
            });
            prop_assert_eq!(&metadata[..], b"{\"statusCode\":203}");
            prop_assert_eq!(rest, body);
        }
    }

    struct Cut(std::vec::IntoIter<Bytes>);

    #[async_trait::async_trait]
    impl Parts for Cut {
        async fn next(&mut self) -> Option<Result<Bytes, Interrupted>> {
            self.0.next().map(Ok)
        }
    }

    #[tokio::test]
    async fn metadata_has_a_limit() {
        let part: &'static str = Box::leak("x".repeat(40_000).into_boxed_str());
        assert_eq!(answer(reply(Some(WITH_METADATA), &[Some(part); 9])).await.err(), Some(NoAnswer));
    }
}
