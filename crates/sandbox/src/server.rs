//! The server's side: orders sandboxes and holds what it got of them.

mod control;
mod enter;
mod launch;
mod link;
mod order;
mod processors;
mod sandbox;
mod slots;
mod teardown;
mod verify;
mod zygote;

pub use processors::Processors;
pub use sandbox::Sandbox;
pub use zygote::Zygote;

use crate::{
    cgroup::{self, Group, Layout},
    entry::JanitorArguments,
    error::{Missing, SandboxError, StartError},
    message::{Program, Request, SetupRlimits},
    network::Outside,
    options::{Options, Protections},
    plain::{self, root::Root},
    probe,
    scratch::Pool,
    spec::{Command, SandboxId, SandboxSpec},
    sweep,
    sys::channel,
};
use control::Control;
use enter::Entrance;
use launch::Janitor;
use rustix::process::Signal;
use sandbox::Prepared;
use slots::{Slot, Slots};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use teardown::Remains;
use tokio::{
    runtime::Handle,
    sync::Semaphore,
    task::spawn_blocking,
    time::{Instant, timeout},
};

/// Sandboxes being made at one time; more wait. Two cores cannot make more any faster.
const CREATING_MAX: usize = 32;

/// Numbers the sandboxes of this process, also across spawners: what is left of an old one is still removed by name
/// when a new spawner is at work.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The longest that making a sandbox may take.
const CREATE_LIMIT: Duration = Duration::from_secs(30);

/// Makes sandboxes. Clones share one spawner; when the last is dropped, everything inside dies.
#[derive(Clone, Debug)]
pub struct Sandboxes {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    control: Control,
    janitor: Janitor,
    layout: Arc<Layout>,
    protections: Protections,
    slots: Slots,
    /// Absent where nothing is isolated.
    scratch: Option<Pool>,
    outside: Outside,
    creating: Semaphore,
}

impl Shared {
    /// The blocking part of making a sandbox.
    fn prepare(
        &self,
        id: SandboxId,
        spec: SandboxSpec,
        program: Program,
        slot: Slot,
        runtime: Handle,
    ) -> Result<Prepared, SandboxError> {
        let Some(scratch) = &self.scratch else { return self.prepare_plain(id, &spec, slot, runtime) };
        let (limits, rlimits, zygote) = (spec.limits, spec.rlimits, spec.zygote.clone());
        let landlock = self.protections.landlock_abi > 0;
        let order = order::prepare(spec, slot.uid(), landlock, program)?;
        let scratch = scratch.take(slot.uid()).map_err(SandboxError::step("making a scratch volume"))?;
        let group = Group::create(&self.layout, id.to_string(), &limits);
        let (group, joins) = group.map_err(SandboxError::step("making cgroups"))?;
        let remains = Remains::new(slot, group, Signal::KILL, runtime);
        let entrance = zygote
            .map(|zygote| Entrance::new(zygote, &joins, landlock, SetupRlimits::new(rlimits, limits.pids)));
        let entrance = entrance.transpose().map_err(SandboxError::step("opening the cgroups"))?;
        let router = self.outside.router().filter(|_| program != Program::Zygote);
        let uplink = router.map(|router| router.uplink(remains.uid())).transpose();
        let order =
            order.complete(scratch, joins, uplink.map_err(SandboxError::step("opening the way out"))?)?;
        Ok(Prepared { order, program, entrance, listeners: Vec::new(), root: None, remains })
    }

    /// The same without isolation: directories and sockets, and limits that each process carries.
    fn prepare_plain(
        &self,
        id: SandboxId,
        spec: &SandboxSpec,
        slot: Slot,
        runtime: Handle,
    ) -> Result<Prepared, SandboxError> {
        let group = Group::create(&self.layout, id.to_string(), &spec.limits);
        let (group, _) = group.map_err(SandboxError::step("making a directory"))?;
        // At the signal init ends its tree; killed it could not.
        let remains = Remains::new(slot, group, Signal::TERM, runtime);
        let JanitorArguments { tag, state_dir, .. } = self.janitor.arguments();
        let root = Root::make(plain::directory(state_dir).join(id.to_string()), tag, spec)?;
        let rlimits = SetupRlimits::new(spec.rlimits, spec.limits.pids);
        let order =
            channel::encode(&Request::Prepare(rlimits)).map_err(SandboxError::step("writing the order"))?;
        let listeners = plain::listen(&spec.listeners)?;
        Ok(Prepared {
            order: (order, Vec::new()),
            program: Program::Confined,
            entrance: None,
            listeners,
            root: Some(root),
            remains,
        })
    }

    /// Makes scratch volumes ready, if there are few.
    fn refill(self: &Arc<Self>) {
        if self.scratch.as_ref().is_some_and(Pool::is_low) {
            let shared = Arc::clone(self);
            spawn_blocking(move || shared.scratch.as_ref().map(Pool::fill));
        }
    }
}

impl Sandboxes {
    /// Looks at what the host can protect, clears away what an earlier server with this tag left, and starts janitor
    /// and spawner.
    ///
    /// # Errors
    ///
    /// [`StartError::Missing`] names every protection this host cannot give.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let begun = Instant::now();
        let looked = blocking({
            let options = options.clone();
            move || prepare(&options)
        });
        let Host { layout, arguments, landlock_abi } = looked.await?;
        tracing::debug!(after = ?begun.elapsed(), "found what the host can protect");
        let state_dir = arguments.state_dir.clone();
        let (janitor, socket) =
            Janitor::start(arguments).map_err(StartError::step("starting the janitor"))?;
        // While the spawner comes up, which takes as long as this program takes to start.
        let furnished = blocking(move || furnish(layout, landlock_abi, &state_dir, &options));
        let (control, Furniture { layout, scratch, outside, protections }) =
            tokio::try_join!(Control::new(socket), furnished)?;
        tracing::debug!(after = ?begun.elapsed(), "janitor and spawner are up");
        let shared = Shared {
            control,
            slots: Slots::new(&janitor.arguments().tag),
            janitor,
            layout: Arc::new(layout),
            protections,
            scratch,
            outside,
            creating: Semaphore::new(CREATING_MAX),
        };
        let sandboxes = Self { shared: Arc::new(shared) };
        sandboxes.try_out().await?;
        tracing::debug!(after = ?begun.elapsed(), "tried a sandbox out");
        Ok(sandboxes)
    }

    /// Makes one sandbox with nothing in it, since only doing it shows that this kernel and its policies allow it.
    async fn try_out(&self) -> Result<(), StartError> {
        let tried = async {
            let mut sandbox = self.create(SandboxSpec::default()).await?;
            // Dropped, so that nobody waits for it to be cleared away.
            sandbox.try_out().await
        };
        tried.await.map_err(|error| {
            StartError::Missing(vec![Missing { protection: "a working sandbox", reason: error.to_string() }])
        })
    }

    /// What protects the host and the sandboxes from each other.
    pub fn protections(&self) -> &Protections {
        &self.shared.protections
    }

    /// Makes everything that exists before any process of a runtime: namespaces, root, sockets, cgroups, scratch.
    pub async fn create(&self, spec: SandboxSpec) -> Result<Sandbox, SandboxError> {
        let program = if spec.zygote.is_some() { Program::Entering } else { Program::Confined };
        self.create_for(spec, program).await
    }

    /// Boots a program of which the programs of other sandboxes can be forks; it must speak as the bootstraps do. It sees
    /// the files that `spec` says, and is root; nothing of a function's may ever run in it.
    ///
    /// # Errors
    ///
    /// It cannot be started or does not boot; where nothing is isolated there are none.
    pub async fn zygote(&self, spec: SandboxSpec, command: Command) -> Result<Zygote, SandboxError> {
        if self.shared.scratch.is_none() {
            return Err(SandboxError::Invalid("without isolation there are no zygotes".to_owned()));
        }
        let (limits, rlimits) = (zygote::LIMITS, zygote::RLIMITS);
        let spec = SandboxSpec { limits, rlimits, listeners: Vec::new(), zygote: None, ..spec };
        Zygote::start(self.create_for(spec, Program::Zygote).await?, command).await
    }

    async fn create_for(&self, spec: SandboxSpec, program: Program) -> Result<Sandbox, SandboxError> {
        let shared = &self.shared;
        let _permit = shared.creating.acquire().await.map_err(|_| SandboxError::Gone)?;
        let id = SandboxId(NEXT.fetch_add(1, Ordering::Relaxed));
        let slot =
            shared.slots.take().ok_or_else(|| SandboxError::Invalid("every user id is in use".to_owned()))?;
        let prepared = spawn_blocking({
            let (shared, runtime) = (Arc::clone(shared), Handle::current());
            move || shared.prepare(id, spec, program, slot, runtime)
        });
        let prepared = prepared.await.map_err(|_| SandboxError::Gone)??;
        shared.refill();
        let (mut sandbox, order) = Sandbox::new(id, prepared)?;
        match timeout(CREATE_LIMIT, sandbox.set_up(&shared.control, order)).await {
            Ok(Ok(())) => Ok(sandbox),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(SandboxError::TimedOut("making a sandbox")),
        }
    }

    /// Sandboxes that exist or are being made or taken down.
    pub fn count(&self) -> usize {
        self.shared.slots.used()
    }

    /// Kills everything inside and waits until janitor and spawner are gone and nothing is left.
    pub async fn shutdown(&self) {
        self.shared.creating.close();
        self.shared.scratch.as_ref().inspect(|scratch| scratch.stop());
        self.shared.janitor.dismiss();
        self.failed().await;
    }

    /// Resolves when spawner and janitor are gone and what they left is cleared away; no sandbox of this value lives
    /// then.
    pub async fn failed(&self) {
        self.shared.control.closed().await;
        self.shared.janitor.ended().await;
        let shared = Arc::clone(&self.shared);
        let clear = move || {
            shared.scratch.as_ref().inspect(|scratch| scratch.close());
            sweep::leftovers(shared.janitor.arguments())
        };
        match spawn_blocking(clear).await {
            Ok(Ok(())) | Err(_) => {}
            Ok(Err(error)) => tracing::warn!(%error, "something of the sandboxes could not be removed"),
        }
    }
}

/// What was found before anything is started.
struct Host {
    layout: Layout,
    arguments: JanitorArguments,
    landlock_abi: i32,
}

/// What sandboxes are given.
struct Furniture {
    layout: Layout,
    /// Absent where nothing is isolated.
    scratch: Option<Pool>,
    outside: Outside,
    protections: Protections,
}

fn prepare(options: &Options) -> Result<Host, StartError> {
    if !probe::is_tag(&options.instance_tag) {
        return Err(StartError::Step {
            step: "reading the instance's tag",
            source: std::io::Error::new(
                std::io::ErrorKind::InvalidInput,
                "1 to 64 letters, digits, `-` or `_`",
            ),
        });
    }
    std::fs::create_dir_all(&options.state_dir).map_err(StartError::step("making the state directory"))?;
    let state_dir =
        options.state_dir.canonicalize().map_err(StartError::step("resolving the state directory"))?;
    let tag = options.instance_tag.clone();
    let mut arguments =
        JanitorArguments { tag, state_dir, plain: options.isolation_none, cgroups: Vec::new() };
    let clear = |arguments: &JanitorArguments| match options.is_new {
        true => Ok(()),
        false => {
            sweep::leftovers(arguments).map_err(StartError::step("clearing away what an earlier server left"))
        }
    };
    if options.isolation_none {
        clear(&arguments)?;
        std::fs::create_dir_all(plain::directory(&arguments.state_dir))
            .map_err(StartError::step("making a directory for functions"))?;
        return Ok(Host { layout: plain::layout(&arguments.state_dir), arguments, landlock_abi: 0 });
    }
    let (mut missing, landlock_abi) = probe::host();
    let name = format!("tinderbox-{}", arguments.tag);
    let layout = match cgroup::find(&name) {
        Ok(layout) => Some(layout),
        Err(more) => {
            missing.extend(more);
            None
        }
    };
    let Some(mut layout) = layout.filter(|_| missing.is_empty()) else {
        return Err(StartError::Missing(missing));
    };
    arguments.cgroups = layout.bases().into_iter().map(|(base, _)| base).collect();
    if !options.is_new {
        clear(&arguments)?;
        // The sweep took our own directories, too.
        layout = cgroup::find(&name).map_err(StartError::Missing)?;
    }
    Ok(Host { layout, arguments, landlock_abi })
}

/// Makes what sandboxes are given. From here on the janitor undoes it.
fn furnish(
    layout: Layout,
    landlock_abi: i32,
    state_dir: &Path,
    options: &Options,
) -> Result<Furniture, StartError> {
    if options.isolation_none {
        let (outside, protections) = (Outside::Closed, Protections::none());
        return Ok(Furniture { layout, scratch: None, outside, protections });
    }
    let scratch = Pool::open(state_dir, options.scratch_mib);
    let scratch = scratch.map_err(StartError::step("making a scratch volume"))?;
    let outside = Outside::open(options.internet, state_dir, &options.instance_tag);
    let protections = Protections::new(&layout, landlock_abi, &scratch, &outside);
    Ok(Furniture { layout, scratch: Some(scratch), outside, protections })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StartError> + Send + 'static,
) -> Result<T, StartError> {
    spawn_blocking(work).await.map_err(|_| shut_down())?
}

fn shut_down() -> StartError {
    StartError::Step { step: "waiting", source: std::io::Error::other("the runtime is shutting down") }
}
