//! One instance from the server's side: its process, its conversation, its log.

mod converse;
mod frame_link;
mod http_link;
mod log_pipe;
mod outlet;
mod watched;

pub(crate) use converse::{InitFailure, Served, Surroundings};
pub(crate) use frame_link::FrameLink;
pub(crate) use log_pipe::{Listener, LogPipe};
pub(crate) use outlet::Outlet;

use crate::{
    Control, EndpointGuard, Home, InstanceInfo, Launched, LinkEnd, Listeners, StartKind, StreamSender,
    Version,
    cores::{Cores, Place},
    driver::Alive,
    scheduler::InstanceKey,
    turns::Watch,
};
use bytes::Bytes;
use futures_util::FutureExt;
use std::{io, sync::Arc, time::Duration};
use tinderbox_base::{Clock, RequestId, Timestamp};
use tinderbox_runtime_api::RuntimeApi;

/// An instance. Whoever owns this decides over it; nobody else does.
pub(crate) struct Machine {
    pub(crate) key: InstanceKey,
    pub(crate) control: Box<dyn Control>,
    pub(crate) link: Link,
    pub(crate) log: LogPipe,
    pub(crate) listeners: Option<Listeners>,
    /// What it is for, once that is known.
    pub(crate) role: Option<Role>,
    pub(crate) frozen: bool,
    /// Where its socket and its log pipe are watched.
    pub(crate) home: Home,
    /// On which processor it runs, if that is decided here.
    pub(crate) place: Option<Place>,
    /// What its calls use, if that can be known.
    pub(crate) watch: Option<Watch>,
    /// The time of its initialisation, until it was reported.
    pub(crate) init: Option<Duration>,
    /// What its first invocation has spent of its time already, on an initialisation of its own.
    pub(crate) spent: Duration,
    _alive: Alive,
}

/// An instance's version and what came with it.
pub(crate) struct Role {
    pub(crate) version: Arc<Version>,
    pub(crate) info: Arc<InstanceInfo>,
    pub(crate) endpoint: Option<EndpointGuard>,
}

/// The conversation with a process.
#[derive(Debug)]
pub(crate) enum Link {
    Frames(FrameLink),
    Http(RuntimeApi),
}

/// What is asked of a handler.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) id: &'a str,
    pub(crate) deadline: Timestamp,
    pub(crate) arn: &'a str,
    pub(crate) trace: Option<&'a str>,
    pub(crate) client_context: Option<&'a str>,
    pub(crate) payload: &'a Bytes,
    pub(crate) stream: Option<&'a StreamSender>,
    pub(crate) start: StartKind,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Answer {
    Success(Bytes),
    Streamed {
        size: u64,
    },
    Error {
        kind: String,
        body: Bytes,
        /// Whether the process lives on.
        usable: bool,
    },
    TooLarge {
        size: u64,
        limit: u64,
        /// Whether the conversation can go on.
        usable: bool,
    },
    /// The process hung up.
    Closed,
    Broken(&'static str),
}

/// What came of an initialisation, or of a boot.
#[derive(Debug)]
pub(crate) enum InitAnswer {
    Done,
    Failed { kind: String, body: Bytes },
    Closed,
    Broken(&'static str),
}

/// Whether a request can be handed to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Ready,
    Closed,
    /// It spoke without being asked.
    Unsolicited,
}

impl Link {
    fn watch_here(&mut self) -> io::Result<()> {
        match self {
            Self::Frames(link) => link.watch_here(),
            // Its tasks stay where they are.
            Self::Http(_) => Ok(()),
        }
    }

    pub(crate) async fn disturbed(&self) {
        match self {
            Self::Frames(link) => link.disturbed().await,
            Self::Http(_) => std::future::pending().await,
        }
    }

    pub(crate) async fn booted(&mut self) -> InitAnswer {
        match self {
            Self::Frames(link) => link.booted().await,
            // It was made for its version and says nothing before it has initialised.
            Self::Http(_) => InitAnswer::Done,
        }
    }

    pub(crate) async fn load(&mut self, head: &serde_json::Value) -> InitAnswer {
        match self {
            Self::Frames(link) => link.load(head).await,
            Self::Http(api) => http_link::started(api).await,
        }
    }

    pub(crate) async fn invoke(&mut self, call: &Call<'_>) -> Answer {
        match self {
            Self::Frames(link) => link.invoke(call).await,
            Self::Http(api) => http_link::invoke(api, call).await,
        }
    }
}

impl Machine {
    pub(crate) fn new(
        key: InstanceKey,
        launched: Launched,
        alive: Alive,
        cores: &Arc<Cores>,
    ) -> io::Result<Self> {
        let Launched { control, link, log, listeners } = launched;
        // Who speaks HTTP is served by other threads than the request's.
        let is_framed = matches!(link, LinkEnd::Frames { .. });
        let processors = if is_framed { control.processors() } else { None };
        let watch = processors.clone().map(Watch::new);
        let place = processors.map(|processors| cores.place(processors));
        let link = match link {
            LinkEnd::Frames { from, to } => Link::Frames(FrameLink::new(from, to)?),
            LinkEnd::Http(listener) => Link::Http(RuntimeApi::serve(listener)?),
        };
        let (log, listeners) = (LogPipe::new(log)?, Some(listeners));
        let home = Home::current();
        Ok(Self {
            key,
            control,
            link,
            log,
            listeners,
            role: None,
            frozen: false,
            home,
            place,
            watch,
            init: None,
            spent: Duration::ZERO,
            _alive: alive,
        })
    }

    /// Has its socket and its log pipe watched where this runs. An instance that could not is unusable.
    pub(crate) fn come_home(&mut self) -> io::Result<()> {
        let here = Home::current();
        if self.home != here {
            self.link.watch_here()?;
            self.log.watch_here()?;
            self.home = here;
        }
        Ok(())
    }

    /// Whether a request can be handed over. Takes the log's bytes that are there, which no invocation wrote.
    pub(crate) fn reach(&mut self, clock: &dyn Clock) -> Reach {
        let (reach, has_log) = match &self.link {
            Link::Frames(link) => link.reach_and_ask(self.log.fd()),
            // Its end is noticed by the end of its process.
            Link::Http(_) => (Reach::Ready, true),
        };
        if has_log {
            self.drain_log(clock);
        }
        match reach {
            Reach::Ready if self.control.exited().now_or_never().is_some() => Reach::Closed,
            reach => reach,
        }
    }

    /// Waits, telling what it logs, until it ends or speaks without being asked. Cancel safe.
    pub(crate) async fn disturbed(&mut self, clock: &dyn Clock) {
        let Self { control, log, role, link, .. } = self;
        let hears = listener(role.as_ref(), clock, None);
        let mut exited = control.exited();
        let mut spoke = std::pin::pin!(link.disturbed());
        loop {
            tokio::select! {
                _ = &mut exited => return,
                () = &mut spoke => return,
                () = log.follow(hears) => {}
            }
        }
    }

    /// Waits, telling what it logs, until its process has nothing more to do with the last invocation; answers whether it
    /// came to that. One that ends, or goes on for longer than an invocation may, does not. Cancel safe.
    pub(crate) async fn rest(&mut self, clock: &dyn Clock) -> bool {
        let Self { control, log, role, link, .. } = self;
        // Our own bootstraps have not.
        let Link::Http(api) = link else { return true };
        let limit = role.as_ref().map_or(Duration::ZERO, |role| role.version.timeout);
        let hears = listener(role.as_ref(), clock, None);
        let mut exited = control.exited();
        let mut idle = std::pin::pin!(api.idle());
        let mut late = std::pin::pin!(tokio::time::sleep(limit));
        loop {
            tokio::select! {
                biased;
                _ = &mut exited => return false,
                () = &mut idle => return true,
                () = &mut late => return false,
                () = log.follow(hears) => {}
            }
        }
    }

    /// Takes the log's bytes that are there, which no invocation wrote.
    pub(crate) fn drain_log(&mut self, clock: &dyn Clock) {
        let Self { log, role, .. } = self;
        log.drain(listener(role.as_ref(), clock, None));
    }

    /// Takes the rest of the log and ends what is incomplete.
    pub(crate) fn finish_log(&mut self, clock: &dyn Clock, request: Option<RequestId>) {
        let Self { log, role, .. } = self;
        log.finish(listener(role.as_ref(), clock, request));
    }
}

fn listener<'a>(role: Option<&'a Role>, clock: &'a dyn Clock, request: Option<RequestId>) -> Listener<'a> {
    let observer = role.map(|r| (&*r.version.observer, &*r.info));
    Listener { clock, observer, request }
}
