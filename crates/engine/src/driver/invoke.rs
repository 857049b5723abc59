//! The way of one invocation.

use super::{Driver, Free, Verdict, Waiter};
use crate::{
    EndReason, Home, InstanceEvent, Invocation, InvokeError, Outcome, Phase, Report, Response, StartKind,
    cores::Place,
    machine::{Call, Machine, Reach, Role, Served},
    scheduler::{Event, InstanceKey, Ticket},
};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tinderbox_base::{Error, ErrorKind};
use tokio::sync::oneshot;

impl Driver {
    /// Runs an invocation from its acceptance to its end.
    pub(crate) async fn invoke(self: Arc<Self>, invocation: Invocation) -> Result<Response, InvokeError> {
        // Kept until its instance is free for the next.
        let _turn = invocation.version.id.turns().take(&self.company).await;
        let ticket = Ticket(self.next_ticket.fetch_add(1, Ordering::Relaxed));
        let mut verdict = self.ask(
            ticket,
            &invocation,
            Event::Request { ticket, version: &invocation.version, home: Home::current() },
        );
        loop {
            let grant = match verdict.await {
                Ok(Verdict::Granted(grant)) => grant,
                Ok(Verdict::Failed(response)) => return Ok(response),
                Ok(Verdict::Refused(error)) => return Err(error),
                Err(_) => return Err(unavailable("The request was given up.")),
            };
            let (key, start) = (grant.key, grant.start);
            let flight = Flight { driver: self.clone(), key, over: false };
            match self.reach(grant.instance).await {
                Ok((machine, thaw)) => return self.run(flight, machine, &invocation, start, thaw).await,
                // It died while it was idle: no fault of this request, which gets another one.
                Err(dead) => {
                    flight.over();
                    verdict = self.ask(ticket, &invocation, Event::Lost { instance: key, ticket });
                    if let Some(machine) = dead {
                        self.end(machine, EndReason::Failed);
                    }
                }
            }
        }
    }

    /// Puts a question to the scheduler that ends in a verdict over the request.
    fn ask(
        self: &Arc<Self>,
        ticket: Ticket,
        invocation: &Invocation,
        event: Event<'_>,
    ) -> oneshot::Receiver<Verdict> {
        let (verdict, answer) = oneshot::channel();
        let waiter = Waiter { request: invocation.request_id, verdict };
        self.apply_with(event, |core| {
            core.waiters.insert(ticket, waiter);
        });
        answer
    }

    /// Makes sure that an instance can hear; answers how long its thaw took, if it was frozen.
    pub(super) async fn reach(
        &self,
        instance: Free,
    ) -> Result<(Box<Machine>, Option<Duration>), Option<Box<Machine>>> {
        let mut machine = match instance {
            Free::Hot(machine) => machine,
            Free::Parked(parked) => parked.wake().await?,
        };
        let thaw = if machine.frozen {
            let begin = self.clock.monotonic();
            machine.control.thaw().await;
            machine.frozen = false;
            Some(self.clock.monotonic().since(begin))
        } else {
            None
        };
        match machine.come_home().map_or(Reach::Closed, |()| machine.reach(&*self.clock)) {
            Reach::Ready => Ok((machine, thaw)),
            Reach::Closed | Reach::Unsolicited => Err(Some(machine)),
        }
    }

    async fn run(
        self: &Arc<Self>,
        flight: Flight,
        mut machine: Box<Machine>,
        invocation: &Invocation,
        start: StartKind,
        thaw: Option<Duration>,
    ) -> Result<Response, InvokeError> {
        if invocation.deadline.is_some_and(|deadline| self.clock.monotonic() > deadline) {
            self.put_back(flight, machine);
            return Err(InvokeError::Expired);
        }
        let Some(Role { version, info, .. }) = &machine.role else {
            return Err(unavailable("The instance has no version."));
        };
        let (version, info, request) = (version.clone(), info.clone(), invocation.request_id);
        let trace = invocation.trace.as_deref();
        version.observer.event(&info, InstanceEvent::Start { request, trace });
        let id = request.to_string();
        let spent = std::mem::take(&mut machine.spent);
        let limit = version.timeout.saturating_sub(spent);
        let call = Call {
            id: &id,
            deadline: self.clock.now() + limit,
            arn: &invocation.arn,
            trace,
            client_context: invocation.client_context.as_deref(),
            payload: &invocation.payload,
            stream: invocation.stream.as_ref(),
            start,
        };
        let in_progress = machine.place.as_mut().and_then(Place::begin);
        let Served { outcome, duration, usable } = machine.serve(self.around(), limit, request, &call).await;
        let duration = spent + duration;
        if let Some(place) = &mut machine.place {
            place.end(duration);
        }
        drop(in_progress);
        if let Some(watch) = &mut machine.watch {
            watch.ended(version.id.turns());
        }
        let report = Report {
            duration,
            billed: self.billed(duration),
            init: machine.init.take(),
            memory_peak: machine.control.memory_peak(),
            thaw,
            phase: Phase::Invoke,
        };
        let end = InstanceEvent::End { request, trace, report: &report, outcome: &outcome };
        version.observer.event(&info, end);
        if let Outcome::Broken { what } = &outcome {
            tracing::warn!(instance = %info.id, version = %version.id, what, "an instance broke the protocol");
        }
        if usable {
            self.put_back(flight, machine);
        } else {
            flight.over();
            self.apply(Event::Exited { instance: machine.key });
            self.end(machine, EndReason::Failed);
        }
        Ok(Response { outcome, start, report, instance: info })
    }

    fn put_back(self: &Arc<Self>, flight: Flight, machine: Box<Machine>) {
        let (key, home) = (machine.key, machine.home);
        flight.over();
        self.apply_with(Event::Finished { instance: key, home }, |core| {
            core.free.insert(key, Free::Hot(machine));
        });
    }

    /// `duration` rounded up to the billing increment; even nothing costs one.
    pub(super) fn billed(&self, duration: Duration) -> Duration {
        let increment = self.billing_increment.as_nanos();
        let increments = duration.as_nanos().div_ceil(increment).max(1);
        Duration::from_nanos(u64::try_from(increments * increment).unwrap_or(u64::MAX))
    }
}

pub(super) fn unavailable(message: &'static str) -> InvokeError {
    InvokeError::Unavailable(Error::new(ErrorKind::Unavailable, message))
}

/// Tells the scheduler that an instance is gone if the future that used it did not come to its end.
struct Flight {
    driver: Arc<Driver>,
    key: InstanceKey,
    over: bool,
}

impl Flight {
    fn over(mut self) {
        self.over = true;
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if !self.over {
            self.driver.apply(Event::Exited { instance: self.key });
        }
    }
}
