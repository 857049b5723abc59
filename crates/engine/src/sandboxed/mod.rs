//! The launcher of production: every instance in a sandbox of its own.

mod control;
mod limits;
mod memory;
mod plain;
mod zygotes;

use crate::{HostMemory, Launch, Launched, Launcher, LinkEnd, Listeners, Mount, Protocol, RuntimeClass};
use async_trait::async_trait;
use control::SandboxControl;
use limits::LimitRules;
use plain::Places;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    os::fd::OwnedFd,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tinderbox_base::{Error, ErrorKind, config};
use tinderbox_sandbox::{
    Command, Listener, Mount as SandboxMount, Options, Protections, Rlimits, Sandbox, SandboxError,
    SandboxSpec, Sandboxes, StartError,
};
use zygotes::Zygotes;

/// Where the Runtime API listens inside an instance.
const RUNTIME_API: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9001);
/// Where the platform listens inside an instance.
const PLATFORM: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const PLATFORM_PORT: u16 = 4566;
/// Where our bootstraps hear what is asked of them, and where they answer.
const CALLS_FD: i32 = 3;
const ANSWERS_FD: i32 = 4;
/// The first pause before sandboxes are started anew; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Launches instances in sandboxes. Clones are handles of the same.
#[derive(Clone, Debug)]
pub struct SandboxLauncher(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The present ones: new ones follow when their spawner or janitor dies.
    sandboxes: Mutex<Sandboxes>,
    rules: LimitRules,
    rlimits: Rlimits,
    network: config::Network,
    /// Instances may be forks of zygotes.
    forks: bool,
    zygotes: Zygotes,
    /// What makes sandboxes is ended on purpose.
    ending: AtomicBool,
}

impl SandboxLauncher {
    /// Starts what makes sandboxes, and starts it again whenever it dies.
    ///
    /// # Errors
    /// [`StartError::Missing`] names every protection that this host cannot give.
    pub async fn start(options: Options, config: &config::Engine) -> Result<Self, StartError> {
        let sandboxes = Sandboxes::start(options.clone()).await?;
        let shared = Arc::new(Shared {
            sandboxes: Mutex::new(sandboxes.clone()),
            rules: LimitRules::new(config),
            rlimits: Rlimits { open_files: config.max_open_files, ..Rlimits::default() },
            network: config.network,
            forks: config.forks,
            zygotes: Zygotes::default(),
            ending: AtomicBool::new(false),
        });
        let again = Options { is_new: false, ..options };
        tokio::spawn(keep_alive(Arc::downgrade(&shared), sandboxes, again));
        Ok(Self(shared))
    }

    /// Whether instances are isolated at all.
    pub fn is_isolated(&self) -> bool {
        self.0.sandboxes().protections().isolated
    }

    /// What protects the host and the instances from each other.
    pub fn protections(&self) -> Protections {
        self.0.sandboxes().protections().clone()
    }

    /// Ends everything that is left. To be called after [`crate::Engine::drain`].
    pub async fn shutdown(&self) {
        self.0.ending.store(true, Ordering::Release);
        self.0.zygotes.clear();
        self.0.sandboxes().shutdown().await;
    }
}

impl Shared {
    fn sandboxes(&self) -> Sandboxes {
        self.sandboxes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Starts sandboxes anew when they have failed. All instances died with the old ones, which everyone
/// who uses one notices as its exit.
async fn keep_alive(shared: Weak<Shared>, mut sandboxes: Sandboxes, options: Options) {
    loop {
        sandboxes.failed().await;
        let mut pause = FIRST_PAUSE;
        loop {
            if shared.upgrade().is_none_or(|shared| shared.ending.load(Ordering::Acquire)) {
                return;
            }
            tracing::error!("what makes sandboxes has died; it is started again");
            match Sandboxes::start(options.clone()).await {
                Ok(fresh) => {
                    sandboxes = fresh;
                    break;
                }
                Err(error) => tracing::error!(%error, "sandboxes cannot be started"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        let Some(shared) = shared.upgrade() else { return };
        if shared.ending.load(Ordering::Acquire) {
            return sandboxes.shutdown().await;
        }
        *shared.sandboxes.lock().unwrap_or_else(PoisonError::into_inner) = sandboxes.clone();
    }
}

#[async_trait]
impl Launcher for SandboxLauncher {
    async fn launch(&self, launch: Launch) -> Result<Launched, Error> {
        let Launch { class, env, version } = launch;
        let shared = &self.0;
        let limits = version.as_ref().map_or_else(|| shared.rules.generic(), |v| shared.rules.of(v.memory));
        let sandboxes = shared.sandboxes();
        let isolated = sandboxes.protections().isolated;
        let addresses = shared.addresses(class.protocol, isolated);
        let spec = SandboxSpec {
            mounts: class.mounts.iter().map(sandbox_mount).collect(),
            listeners: addresses.clone(),
            limits,
            rlimits: shared.rlimits,
            zygote: if isolated && shared.forks { Zygotes::of(shared, &sandboxes, &class) } else { None },
            ..SandboxSpec::default()
        };
        let mut sandbox = sandboxes.create(spec).await.map_err(unavailable)?;
        let (listeners, runtime_api) = sort_listeners(&addresses, sandbox.listeners());
        let places = (!isolated).then(|| Places::of(&listeners, runtime_api.as_ref()));
        if let Some(version) = &version {
            sandbox.attach(binds(&version.mounts), limits).await.map_err(unavailable)?;
        }
        let (log, log_end) = pipe()?;
        let mut fds = vec![(log_end.try_clone().map_err(Error::internal)?, 1), (log_end, 2)];
        let link = match (class.protocol, runtime_api) {
            (Protocol::Frames, _) => {
                let ((theirs, to), (from, answers)) = (pipe()?, pipe()?);
                fds.extend([(theirs, CALLS_FD), (answers, ANSWERS_FD)]);
                LinkEnd::Frames { from, to }
            }
            (Protocol::Http, Some(listener)) => LinkEnd::Http(listener),
            (Protocol::Http, None) => return Err(Error::internal(io::Error::other("no Runtime API socket"))),
        };
        let env = match &places {
            Some(places) => env.into_iter().map(|(name, value)| (name, places.localize(value))).collect(),
            None => env,
        };
        start(&mut sandbox, &class, env, fds).await?;
        let control = Box::new(SandboxControl::new(sandbox, shared.rules, places));
        Ok(Launched { control, link, log, listeners })
    }

    fn host_memory(&self) -> Option<HostMemory> {
        memory::read()
    }
}

impl Shared {
    fn addresses(&self, protocol: Protocol, isolated: bool) -> Vec<Listener> {
        let mut addresses = Vec::new();
        if self.network != config::Network::None {
            let at = |port| SocketAddr::from((PLATFORM, port));
            addresses.push(Listener::Tcp(at(PLATFORM_PORT)));
            // Of the host's own network no name and no well-known port is ours.
            if isolated {
                addresses.extend([80, 443, 53].map(|port| Listener::Tcp(at(port))));
                addresses.push(Listener::Udp(at(53)));
            }
        }
        if protocol == Protocol::Http {
            addresses.push(Listener::Tcp(RUNTIME_API));
        }
        addresses
    }
}

/// A pipe: its end to read and its end to write.
fn pipe() -> Result<(OwnedFd, OwnedFd), Error> {
    rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).map_err(Error::internal)
}

async fn start(
    sandbox: &mut Sandbox,
    class: &RuntimeClass,
    env: Vec<(String, String)>,
    fds: Vec<(OwnedFd, i32)>,
) -> Result<(), Error> {
    let command = Command {
        argv: class.argv.iter().map(Into::into).collect(),
        env: env.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        // A generic process must not stand where the code will be mounted over.
        cwd: PathBuf::from(if class.protocol == Protocol::Http { "/var/task" } else { "/" }),
        fds,
    };
    match sandbox.start(command).await {
        Ok(_) => Ok(()),
        // The program is the version's own, so that it cannot be started is the version's own fault.
        Err(SandboxError::Start { source, .. }) if class.protocol == Protocol::Http => {
            Err(Error::new(ErrorKind::Invalid, reason(&source)))
        }
        Err(error) => Err(unavailable(error)),
    }
}

/// What the system said, as a part of a sentence: without a number and a capital letter.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split_once(" (os error").map_or(text.as_str(), |(text, _)| text);
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

/// Says which socket is which.
fn sort_listeners(addresses: &[Listener], fds: Vec<OwnedFd>) -> (Listeners, Option<TcpListener>) {
    let (mut listeners, mut runtime_api) = (Listeners::default(), None);
    for (address, fd) in addresses.iter().zip(fds) {
        match address {
            Listener::Tcp(address) if *address == RUNTIME_API => runtime_api = Some(TcpListener::from(fd)),
            Listener::Tcp(address) => {
                let listener = Some(TcpListener::from(fd));
                match address.port() {
                    80 => listeners.plain = listener,
                    443 => listeners.tls = listener,
                    53 => listeners.dns_tcp = listener,
                    _ => listeners.platform = listener,
                }
            }
            Listener::Udp(_) => listeners.dns_udp = Some(UdpSocket::from(fd)),
        }
    }
    (listeners, runtime_api)
}

fn sandbox_mount(mount: &Mount) -> SandboxMount {
    match mount {
        Mount::Bind { source, target } => SandboxMount::bind(source, target),
        Mount::Symlink { target, link } => SandboxMount::symlink(target, link),
    }
}

fn binds(mounts: &[(PathBuf, PathBuf)]) -> Vec<SandboxMount> {
    mounts.iter().map(|(source, target)| SandboxMount::bind(source, target)).collect()
}

fn unavailable(error: SandboxError) -> Error {
    Error::new(ErrorKind::Unavailable, "No sandbox could be made.").because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons() {
        let check =
            |errno: i32, expect: &str| assert_eq!(reason(&io::Error::from_raw_os_error(errno)), expect);
        check(2, "no such file or directory");
        check(8, "exec format error");
        check(13, "permission denied");
    }
}
