//! Where events go: the trait through which a service reaches what an ARN names, whoever runs that.

use crate::{Arn, Caller, Error, ErrorKind, Interrupted, Parts, Result, StreamedReply};
use bytes::Bytes;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, OnceLock},
};

/// What a target said to an event that waited for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its answer, or its error as JSON.
    pub payload: Bytes,
    /// Whether it is an error.
    pub failed: bool,
    /// Where the instance came from, in the words of `X-Tinderbox-Start`; none if there was no need of one.
    pub start: Option<&'static str>,
}

/// Takes events for the resources of one service.
///
/// Who calls is in the [`Caller`]. A service that calls for a resource of its own names itself as
/// [`Principal::Service`](crate::Principal::Service) with `source_arn` and `source_account`: the target
/// judges by its own policy whether that may be, and refuses with [`ErrorKind::Denied`].
#[async_trait::async_trait]
pub trait Target: Send + Sync {
    /// Delivers `event` to what `arn` names and waits for its answer.
    async fn call(&self, caller: &Caller, arn: &Arn, event: Bytes) -> Result<Reply>;

    /// Delivers `event` to what `arn` names, for an answer that is wanted as it comes. Who stops waiting for it, or reading
    /// it, does not end what was begun. A target whose answers do not come in parts gives the whole as one.
    async fn stream(&self, caller: &Caller, arn: &Arn, event: Bytes) -> Result<StreamedReply> {
        let Reply { payload, failed, start } = self.call(caller, arn, event).await?;
        let whole = if failed { Err(Interrupted) } else { Ok(payload) };
        Ok(StreamedReply { content_type: None, start, parts: Box::new(Once(Some(whole))) })
    }

    /// Delivers `event` to what `arn` names; once this returns, it is kept and will be handled.
    async fn send(&self, caller: &Caller, arn: &Arn, event: Bytes) -> Result<()>;
}

/// An answer in one part.
struct Once(Option<std::result::Result<Bytes, Interrupted>>);

#[async_trait::async_trait]
impl Parts for Once {
    async fn next(&mut self) -> Option<std::result::Result<Bytes, Interrupted>> {
        self.0.take()
    }
}

/// The targets of every service, by the service's name in ARNs.
///
/// Parts that reach targets exist before the targets do, so what there is is told once, later.
#[derive(Default)]
pub struct Targets {
    by_service: OnceLock<HashMap<&'static str, Arc<dyn Target>>>,
}

impl Targets {
    /// Tells which targets there are. Only the first telling counts; the answer is whether this was it.
    pub fn connect(&self, targets: impl IntoIterator<Item = (&'static str, Arc<dyn Target>)>) -> bool {
        self.by_service.set(targets.into_iter().collect()).is_ok()
    }

    /// Who takes events for `arn`.
    pub fn of(&self, arn: &Arn) -> Result<&Arc<dyn Target>> {
        let found = self.by_service.get().and_then(|targets| targets.get(arn.service.as_str()));
        found.ok_or_else(|| {
            Error::new(ErrorKind::NotImplemented, format!("Nothing here takes events for {arn}."))
        })
    }
}

impl fmt::Debug for Targets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_service.get().into_iter().flat_map(|targets| targets.keys())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Echo;

    #[async_trait::async_trait]
    impl Target for Echo {
        async fn call(&self, _: &Caller, _: &Arn, event: Bytes) -> Result<Reply> {
            Ok(Reply { payload: event, failed: false, start: None })
        }

        async fn send(&self, _: &Caller, _: &Arn, _: Bytes) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn targets_are_found_by_their_service() {
        let targets = Targets::default();
        let arn = |text: &str| text.parse::<Arn>().expect("an ARN");
        let function = arn("arn:aws:lambda:us-east-1:123456789012:function:hello");
        assert_eq!(targets.of(&function).err().map(|e| e.kind()), Some(ErrorKind::NotImplemented));
        assert!(targets.connect([("lambda", Arc::new(Echo) as Arc<dyn Target>)]));
        assert!(targets.of(&function).is_ok());
        assert!(targets.of(&arn("arn:aws:sqs:us-east-1:123456789012:jobs")).is_err());
        assert!(!targets.connect([]), "only once");
    }
}
