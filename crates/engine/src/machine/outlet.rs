//! Where the parts of one answer go: on to its caller, or into one whole.

use super::{Answer, Call};
use crate::{
    MAX_RESPONSE_BYTES, StartKind,
    stream::{MAX_STREAM_BYTES, Part, StreamSender},
};
use bytes::{Bytes, BytesMut};

/// An answer that comes in parts.
#[derive(Debug)]
pub(crate) struct Outlet<'a> {
    caller: Option<&'a StreamSender>,
    start: StartKind,
    /// What came so far, where there is nobody to give it to.
    kept: BytesMut,
    size: u64,
}

impl<'a> Outlet<'a> {
    pub(crate) fn new(call: &Call<'a>) -> Self {
        Self { caller: call.stream, start: call.start, kept: BytesMut::new(), size: 0 }
    }

    /// The answer begins.
    pub(crate) async fn begin(&self, content_type: Option<String>) {
        if let Some(caller) = self.caller {
            caller.send(Part::Begin { content_type, start: self.start }).await;
        }
    }

    /// Some bytes of it came.
    ///
    /// # Errors
    /// They are too many for a caller who has got the others: the answer ends here.
    pub(crate) async fn chunk(&mut self, bytes: Bytes) -> Result<(), Answer> {
        self.size += bytes.len() as u64;
        match self.caller {
            _ if bytes.is_empty() => {}
            Some(_) if self.size > MAX_STREAM_BYTES => {
                return Err(Answer::TooLarge { size: self.size, limit: MAX_STREAM_BYTES, usable: false });
            }
            Some(caller) => caller.send(Part::Chunk(bytes)).await,
            None if self.size > MAX_RESPONSE_BYTES => self.kept = BytesMut::new(),
            None => self.kept.extend_from_slice(&bytes),
        }
        Ok(())
    }

    /// All of it came.
    pub(crate) async fn end(&self) {
        if let Some(caller) = self.caller {
            caller.send(Part::End).await;
        }
    }

    /// What came, once the invocation is over.
    pub(crate) fn answer(self) -> Answer {
        match self.caller {
            Some(_) => Answer::Streamed { size: self.size },
            None if self.size > MAX_RESPONSE_BYTES => {
                Answer::TooLarge { size: self.size, limit: MAX_RESPONSE_BYTES, usable: true }
            }
            None => Answer::Success(self.kept.freeze()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::stream;

    fn outlet(caller: Option<&StreamSender>) -> Outlet<'_> {
        Outlet { caller, start: StartKind::Warm, kept: BytesMut::new(), size: 0 }
    }

    /// What an answer of chunks of these sizes comes to.
    async fn answer(mut outlet: Outlet<'_>, sizes: &[u64]) -> Answer {
        for size in sizes {
            if let Err(answer) = outlet.chunk(vec![0; *size as usize].into()).await {
                return answer;
            }
        }
        outlet.end().await;
        outlet.answer()
    }

    #[tokio::test]
    async fn parts_are_put_together_up_to_the_limit_of_a_whole() {
        async fn check(sizes: &[u64], expect: Result<u64, u64>) {
            match (answer(outlet(None), sizes).await, expect) {
                (Answer::Success(body), Ok(size)) => assert_eq!(body.len() as u64, size),
                (Answer::TooLarge { size, usable: true, .. }, Err(expect)) => assert_eq!(size, expect),
                (answer, _) => panic!("{sizes:?}: {answer:?}"),
            }
        }
        check(&[], Ok(0)).await;
        check(&[3, 0, 4], Ok(7)).await;
        check(&[MAX_RESPONSE_BYTES], Ok(MAX_RESPONSE_BYTES)).await;
        check(&[MAX_RESPONSE_BYTES, 1, 5], Err(MAX_RESPONSE_BYTES + 6)).await;
    }

    #[tokio::test]
    async fn a_callers_parts_have_a_limit_of_their_own_and_end_at_it() {
        let (sender, receiver) = stream();
        drop(receiver);
        let full = [MAX_STREAM_BYTES / 4; 4];
        assert!(matches!(
            answer(outlet(Some(&sender)), &full).await,
            Answer::Streamed { size: MAX_STREAM_BYTES }
        ));
        let over = [full.as_slice(), &[1]].concat();
        let found = answer(outlet(Some(&sender)), &over).await;
        assert!(
            matches!(found, Answer::TooLarge { limit: MAX_STREAM_BYTES, usable: false, .. }),
            "{found:?}"
        );
    }
}
