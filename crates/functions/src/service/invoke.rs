//! Invoke.

use super::live::{Edition, Live};
use super::request::{check_json, client_context, trace_header};
use super::stream::Answering;
use super::{Functions, Inner, authorise};
use crate::errors;
use crate::logs::stream_name;
use crate::model::TracingMode;
use crate::names::{FunctionRef, Target, principal_arn};
use crate::run::{Answer, Ended, Failure, SystemLog, Unrunnable, answer, platform_error};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tinderbox_base::{Caller, Error, LogLine, LogOrigin, Result};
use tinderbox_engine::{InstanceId, InvokeError, StartKind, ThrottleReason, Version};

/// Most bytes of an event that is answered (Lambda quotas: 6 MB).
pub const MAX_EVENT: usize = 6_291_456;
/// Most bytes of an event that waits (Lambda quotas: 1 MB).
pub const MAX_ASYNC_EVENT: usize = 1_048_576;
/// How often a request looks for its function again because that changed just then.
const MAX_RESOLUTIONS: usize = 1000;

/// What a caller wants of an invocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InvocationType {
    /// The answer.
    #[default]
    RequestResponse,
    /// That the event is handled some time.
    Event,
    /// To know whether it could be.
    DryRun,
}

/// A request to invoke a function.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// The function's name or ARN.
    pub name: String,
    /// The version or alias.
    pub qualifier: Option<String>,
    /// What the caller wants.
    pub kind: InvocationType,
    /// The event.
    pub payload: Bytes,
    /// The caller's context, JSON in base64.
    pub client_context: Option<String>,
    /// Whether the caller wants the end of the log.
    pub tail: bool,
}

/// A request to invoke what is already known.
pub(super) struct Requested {
    pub(super) kind: InvocationType,
    pub(super) payload: Bytes,
    pub(super) client_context: Option<String>,
    pub(super) tail: bool,
}

/// What became of an invocation.
#[derive(Clone, Debug)]
pub enum Invoked {
    /// The function ran.
    Answered {
        /// Its response, or the error as JSON.
        payload: Bytes,
        /// Whether it is an error.
        failed: bool,
        /// The version that ran.
        version: Arc<str>,
        /// The end of the log, if it was asked for.
        tail: Option<Vec<u8>>,
        /// Where the instance came from; none if there was no need of one.
        start: Option<StartKind>,
    },
    /// The event is in the function's queue and stays there until it was handled.
    Accepted,
    /// It could be invoked.
    Possible,
}

/// Why an invocation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum InvokeFault {
    /// A limit says: later.
    #[error("Rate Exceeded.")]
    Throttled(ThrottleReason),
    /// Anything else.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// An event that may be handled.
pub(super) struct Admitted {
    pub(super) live: Arc<Live>,
    /// The version that serves it.
    pub(super) edition: Arc<Edition>,
    pub(super) event: Event,
}

/// What one run of a function came to.
pub(crate) struct Ran {
    pub(crate) answer: Answer,
    /// The version that ran.
    pub(crate) version: Arc<str>,
    pub(crate) start: Option<StartKind>,
}

/// One event for a function, complete.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) caller: Caller,
    pub(crate) payload: Bytes,
    /// The name by which the function was invoked.
    pub(crate) arn: String,
    pub(crate) client_context: Option<String>,
}

impl Functions {
    /// Invokes a function. The invocation's id is the request's.
    pub async fn invoke(&self, caller: &Caller, invocation: Invocation) -> Result<Invoked, InvokeFault> {
        let Invocation { name, qualifier, kind, payload, client_context, tail } = invocation;
        let target = FunctionRef::parse(&name)?.locate(caller, qualifier.as_deref())?;
        let requested = Requested { kind, payload, client_context, tail };
        self.invoke_target(caller, &target, requested).await
    }

    /// Invokes what `target` names, if `caller` may.
    pub(super) async fn invoke_target(
        &self,
        caller: &Caller,
        target: &Target,
        requested: Requested,
    ) -> Result<Invoked, InvokeFault> {
        let inner = &self.inner;
        let (kind, wants_tail) = (requested.kind, requested.tail);
        let Admitted { live, edition, event } = self.admit(caller, target, requested).await?;
        match kind {
            InvocationType::DryRun => Ok(Invoked::Possible),
            InvocationType::Event => {
                inner.queues.accept(inner, live.function(), target.qualifier.clone(), event).await?;
                Ok(Invoked::Accepted)
            }
            InvocationType::RequestResponse => {
                let tail = wants_tail.then(|| inner.preparation.tails.open(caller.request_id));
                let ran = inner.run(target, edition, event, None).await?;
                let tail = match tail {
                    Some(tail) => Some(tail.read().await),
                    None => None,
                };
                let Answer { payload, failed } = ran.answer;
                Ok(Invoked::Answered { payload, failed, version: ran.version, tail, start: ran.start })
            }
        }
    }

    /// Finds what `target` names, and judges whether `caller` may invoke it with what it sends.
    pub(super) async fn admit(
        &self,
        caller: &Caller,
        target: &Target,
        requested: Requested,
    ) -> Result<Admitted, InvokeFault> {
        let size = requested.payload.len();
        match requested.kind {
            InvocationType::Event if size > MAX_ASYNC_EVENT => {
                return Err(errors::event_too_large(size, MAX_ASYNC_EVENT).into());
            }
            _ if size > MAX_EVENT => return Err(errors::request_too_large(MAX_EVENT).into()),
            InvocationType::Event | InvocationType::RequestResponse | InvocationType::DryRun => {}
        }
        if requested.kind == InvocationType::Event {
            // An event that is stored while those stored before are read would be found a second time.
            self.inner.loaded().await?;
        }
        let found = self.inner.find(target).await?;
        match &found {
            Some(live) => authorise::invocation(caller, target, live)?,
            // Another account does not learn which functions there are.
            None if caller.account != target.account => {
                let who = principal_arn(caller);
                return Err(errors::access_denied(who, authorise::INVOKE, target.arn()).into());
            }
            None => {}
        }
        let missing = || errors::function_not_found(target.qualified_arn());
        let live = found.ok_or_else(missing)?;
        let edition =
            live.serving(target.qualifier.as_deref(), caller.request_id).ok_or_else(missing)?.clone();
        // Nothing sent is an empty event.
        let empty = requested.payload.is_empty();
        let payload = if empty { Bytes::from_static(b"{}") } else { requested.payload };
        check_json(&payload)?;
        let client_context = requested.client_context.as_deref().map(client_context).transpose()?;
        let event = Event { caller: caller.clone(), payload, arn: target.arn().to_string(), client_context };
        Ok(Admitted { live, edition, event })
    }
}

impl Inner {
    /// The function that has this place in the table now.
    pub(crate) fn current(&self, target: &Target) -> Option<Arc<Live>> {
        self.table.get(target)
    }

    /// Runs `event` by the code that `target` has now, which was `edition` when last looked at. Parts of the answer go to
    /// `answering`, if there is one.
    pub(crate) async fn run(
        &self,
        target: &Target,
        mut edition: Arc<Edition>,
        event: Event,
        answering: Option<&Answering>,
    ) -> Result<Ran, InvokeFault> {
        let request = event.caller.request_id;
        let samples = || {
            edition.function.configuration.tracing == TracingMode::Active
                && edition.sampler.samples(self.clock.now(), &*self.random)
        };
        let trace = trace_header(event.caller.trace.as_deref(), samples, &*self.clock, &*self.random);
        for _ in 0..MAX_RESOLUTIONS {
            let version = match self.version(&edition).await? {
                Ok(version) => version,
                Err(unrunnable) => return Ok(self.refuse(&edition, &event.caller, &unrunnable)),
            };
            let timeout = version.timeout;
            if let Some(answering) = answering {
                answering.asks(&edition.name);
            }
            let invocation = tinderbox_engine::Invocation {
                version,
                request_id: request,
                payload: event.payload.clone(),
                caller: event.caller.clone(),
                deadline: None,
                arn: event.arn.clone(),
                client_context: event.client_context.clone(),
                trace: Some(trace.clone()),
                stream: answering.map(|answering| answering.sender.clone()),
            };
            match self.engine.invoke(invocation).await {
                Ok(response) => {
                    let answer = answer(response.outcome, request, timeout);
                    return Ok(Ran { answer, version: edition.name.clone(), start: Some(response.start) });
                }
                Err(InvokeError::Retired) => {
                    // Another function that took the name of a deleted one was not what was meant.
                    let live = self.table.get(target).filter(|l| l.function().uid == edition.function.uid);
                    let serving = live.as_ref().and_then(|l| l.serving(target.qualifier.as_deref(), request));
                    edition =
                        serving.ok_or_else(|| errors::function_not_found(target.qualified_arn()))?.clone();
                }
                Err(InvokeError::Throttled { reason }) => return Err(InvokeFault::Throttled(reason)),
                Err(InvokeError::Unavailable(error)) => return Err(error.into()),
                Err(error @ InvokeError::Expired) => return Err(Error::internal(error).into()),
            }
        }
        Err(errors::update_in_progress(target.unqualified_arn()).into())
    }

    /// What the engine runs of `edition`, made when it is first needed.
    pub(super) async fn version(&self, edition: &Edition) -> Result<Result<Arc<Version>, Unrunnable>> {
        enum Stop {
            Unrunnable(Unrunnable),
            Failed(Error),
        }
        let make = || async {
            match self.preparation.version(&edition.function, edition.id.clone()).await {
                Ok(Ok(version)) => Ok(version),
                Ok(Err(unrunnable)) => Err(Stop::Unrunnable(unrunnable)),
                Err(error) => Err(Stop::Failed(error)),
            }
        };
        match edition.version.get_or_try_init(make).await {
            Ok(version) => Ok(Ok(version.clone())),
            Err(Stop::Unrunnable(unrunnable)) => Ok(Err(unrunnable)),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// Answers for a function that cannot run here, in its log too.
    fn refuse(&self, edition: &Edition, caller: &Caller, why: &Unrunnable) -> Ran {
        let (function, request, now) = (&edition.function, caller.request_id, self.clock.now());
        let (kind, message) = (why.kind.to_owned(), why.message.clone());
        let failure = Failure { kind, message, status: "error", is_told: true };
        let ended = Ended {
            request,
            duration: Duration::ZERO,
            billed: Duration::ZERO,
            init: None,
            memory_peak: 0,
            produced: 0,
            failure: Some(&failure),
            trace: None,
        };
        // It has not got as far as to an interpreter.
        let system = SystemLog::new(function, Default::default());
        let mut lines = system.start(now, request, None);
        lines.extend(why.detail.as_ref().map(|detail| format!("{detail}\n")));
        lines.extend(system.end(now, &ended));
        let tails = &self.preparation.tails;
        lines.iter().for_each(|line| tails.push(request, line));
        tails.finish(request);
        let stream = stream_name(now, function.stream_owner(), &edition.name, InstanceId::new(&*self.random));
        let lines = lines.into_iter().map(|message| LogLine { time: now, message }).collect();
        self.preparation.sink.append(
            &function.account,
            &function.region,
            &function.log_group(),
            &stream,
            LogOrigin::Platform,
            lines,
        );
        let answer = platform_error(why.kind, &why.message, request);
        Ran { answer, version: edition.name.clone(), start: None }
    }
}
