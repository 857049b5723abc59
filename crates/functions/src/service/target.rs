//! Functions as targets: what other services call.

use super::{Functions, InvocationType, InvokeFault, Invoked, Requested, Streamed};
use crate::errors;
use crate::names::{FunctionRef, Target};
use bytes::Bytes;
use tinderbox_base::{Arn, Caller, Error, Reply, RequestId, Result, StreamedReply};

#[async_trait::async_trait]
impl tinderbox_base::Target for Functions {
    /// Invokes the function, version or alias `arn`; an alias's weights decide for each call.
    ///
    /// # Errors
    /// [`Denied`](tinderbox_base::ErrorKind::Denied) unless `caller` is of the function's account or its resource policy allows
    /// it, `NotFound`, `Throttled` and others as of Invoke.
    async fn call(&self, caller: &Caller, arn: &Arn, event: Bytes) -> Result<Reply> {
        match self.reach(caller, arn, InvocationType::RequestResponse, event).await? {
            Invoked::Answered { payload, failed, start, .. } => {
                Ok(Reply { payload, failed, start: start.map(|s| s.as_str()) })
            }
            Invoked::Accepted | Invoked::Possible => {
                Ok(Reply { payload: Bytes::new(), failed: false, start: None })
            }
        }
    }

    async fn stream(&self, caller: &Caller, arn: &Arn, event: Bytes) -> Result<StreamedReply> {
        let target = target(arn)?;
        let (caller, requested) = self.for_service(caller, InvocationType::RequestResponse, event);
        match self.stream_target(&caller, target, requested).await.map_err(refusal)? {
            Streamed::Answering(streaming) => Ok(streaming.into_reply()),
            Streamed::Possible => Err(errors::function_not_found(arn)),
        }
    }

    /// Puts `event` into the queue of the function of `arn`; of an alias, the version is drawn once,
    /// when the event is first run.
    ///
    /// # Errors
    /// As of [`Self::call`].
    async fn send(&self, caller: &Caller, arn: &Arn, event: Bytes) -> Result<()> {
        self.reach(caller, arn, InvocationType::Event, event).await.map(drop)
    }
}

impl Functions {
    async fn reach(
        &self,
        caller: &Caller,
        arn: &Arn,
        kind: InvocationType,
        payload: Bytes,
    ) -> Result<Invoked> {
        let target = target(arn)?;
        let (caller, requested) = self.for_service(caller, kind, payload);
        self.invoke_target(&caller, &target, requested).await.map_err(refusal)
    }

    /// Who invokes what, on behalf of another service. An invocation has an id of its own: one request to a service may
    /// cause many.
    fn for_service(&self, caller: &Caller, kind: InvocationType, payload: Bytes) -> (Caller, Requested) {
        let caller = Caller { request_id: RequestId::new(&*self.inner.random), ..caller.clone() };
        (caller, Requested { kind, payload, client_context: None, tail: false })
    }
}

pub(super) fn refusal(fault: InvokeFault) -> Error {
    match fault {
        InvokeFault::Failed(error) => error,
        InvokeFault::Throttled(_) => errors::rate_exceeded(),
    }
}

/// What `arn` names, which is not necessarily of the caller's account and region.
fn target(arn: &Arn) -> Result<Target> {
    let missing = || errors::function_not_found(arn);
    let (Some(account), Some(region)) = (&arn.account, &arn.region) else { return Err(missing()) };
    let caller = Caller::root(account.clone(), region.clone(), RequestId::nil());
    FunctionRef::parse(&arn.to_string())?.locate(&caller, None)
}
