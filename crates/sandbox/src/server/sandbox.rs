//! One sandbox, as the server holds it.

use super::{
    control::Control,
    enter::{Entrance, Place},
    link::Link,
    order::{self, Complete},
    processors::Processors,
    teardown::Remains,
};
use crate::{
    error::SandboxError,
    message::{Event, Program, Request, Start, ZygoteEvent},
    plain::{accounts::PID_FILE, root::Root},
    spec::{Command, Exit, Limits, Mount, SandboxId},
    sys::channel::{self, Packet},
};
use rustix::process::Pid;
use std::{
    ffi::{OsStr, OsString},
    io,
    os::{
        fd::OwnedFd,
        unix::ffi::{OsStrExt, OsStringExt},
    },
    sync::Arc,
    time::Duration,
};
use tokio::{
    task::spawn_blocking,
    time::{sleep, timeout},
};

/// The longest that starting a program or attaching may take.
const STEP_LIMIT: Duration = Duration::from_secs(30);

/// The longest that freezing may take; a process deep in the kernel can hold it up.
const FREEZE_LIMIT: Duration = Duration::from_secs(1);

/// What was made of a sandbox before its init is forked.
pub(super) struct Prepared {
    pub(super) order: Complete,
    pub(super) program: Program,
    /// How a zygote's fork becomes the program, if one does.
    pub(super) entrance: Option<Entrance>,
    /// Sockets that init will not open.
    pub(super) listeners: Vec<OwnedFd>,
    pub(super) root: Option<Root>,
    pub(super) remains: Remains,
}

/// One isolated process tree. Dropping it kills everything inside and clears it away in the background.
#[derive(Debug)]
pub struct Sandbox {
    id: SandboxId,
    link: Link,
    init_end: Option<OwnedFd>,
    kind: Program,
    entrance: Option<Entrance>,
    /// Where the end of a program is told that is not init's.
    entered: Option<Link>,
    attached: bool,
    listeners: Vec<OwnedFd>,
    /// The program, once it was started, as this process's namespace numbers it.
    program: Option<Pid>,
    exit: Option<Exit>,
    /// Where its paths lie, if it is not isolated.
    root: Option<Root>,
    remains: Remains,
}

impl Sandbox {
    pub(super) fn new(id: SandboxId, prepared: Prepared) -> Result<(Self, Complete), SandboxError> {
        let Prepared { order, program: kind, entrance, listeners, root, remains } = prepared;
        let (ours, init_end) = channel::pair().map_err(SandboxError::step("making a channel"))?;
        let link = Link::new(ours).map_err(SandboxError::step("making a channel"))?;
        Ok((
            Self {
                id,
                link,
                init_end: Some(init_end),
                kind,
                entrance,
                entered: None,
                attached: false,
                listeners,
                program: None,
                exit: None,
                root,
                remains,
            },
            order,
        ))
    }

    /// Has init forked and the sandbox built.
    pub(super) async fn set_up(&mut self, control: &Control, order: Complete) -> Result<(), SandboxError> {
        let Some(init_end) = self.init_end.take() else { return Err(SandboxError::Gone) };
        let (order, fds) = order;
        // The order waits in the channel until init reads it.
        self.link.send_encoded(&order, &fds).await.map_err(SandboxError::step("sending the order"))?;
        drop(fds);
        let pidfd = control.spawn(self.id.0, self.kind == Program::Zygote, init_end).await?;
        self.remains.set_init(pidfd).map_err(SandboxError::step("watching init"))?;
        let mut packet = self.reply("making a sandbox").await?;
        if let Some(entrance) = &mut self.entrance {
            entrance.take_ruleset(&mut packet.fds);
        }
        if self.root.is_none() {
            self.listeners = packet.fds;
        }
        Ok(())
    }

    /// Its name, unique in this server's life.
    pub fn id(&self) -> SandboxId {
        self.id
    }

    /// The user and group id of everything inside.
    pub fn uid(&self) -> u32 {
        self.remains.uid()
    }

    /// The sockets that the specification asked for, in its order; they do not block. The second call gives none.
    pub fn listeners(&mut self) -> Vec<OwnedFd> {
        std::mem::take(&mut self.listeners)
    }

    /// Starts the program, once, and returns its pid as this process's namespace numbers it.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Start`] when the program cannot be executed; the sandbox can then try another.
    pub async fn start(&mut self, command: Command) -> Result<Pid, SandboxError> {
        if command.argv.is_empty() {
            return Err(SandboxError::Invalid("no program to start".to_owned()));
        }
        let program = match &self.entrance {
            Some(entrance) if entrance.is_open() => match self.enter(&command).await {
                // There is no fork: the zygote could make none, or has died.
                Err(error @ (SandboxError::Gone | SandboxError::Start { .. })) => {
                    tracing::debug!(%error, sandbox = %self.id, "a program is executed instead of forked");
                    self.give(command).await?
                }
                result => result?,
            },
            _ => self.give(command).await?,
        };
        self.program = Some(program);
        Ok(program)
    }

    /// Has a zygote's fork become the program.
    async fn enter(&mut self, command: &Command) -> Result<Pid, SandboxError> {
        let (Some(entrance), Some(init)) = (&self.entrance, self.remains.init()) else {
            return Err(SandboxError::Gone);
        };
        let copy = |(fd, number): &(OwnedFd, _)| Ok((fd.try_clone()?, *number));
        let copies: io::Result<Vec<_>> = command.fds.iter().map(copy).collect();
        let (fds, numbers) = copies.map_err(SandboxError::step("copying descriptors"))?.into_iter().unzip();
        let place = Place { init, uid: self.remains.uid(), group: self.remains.group().name() };
        let (program, told) = entrance.enter(place, fds, numbers).await?;
        self.entered = Some(told);
        if self.attached {
            self.retire().await?;
        }
        Ok(program)
    }

    /// Has init give up its privileges, since its work is done.
    async fn retire(&mut self) -> Result<(), SandboxError> {
        self.link.send(&Request::Retire, &[]).await.map_err(SandboxError::step("asking init"))?;
        self.reply("giving up privileges").await.map(drop)
    }

    /// On which processors the program runs; once it was started.
    pub fn processors(&self) -> Option<Processors> {
        Some(Processors::new(self.program?, Arc::clone(self.remains.group())))
    }

    /// Does everything that starting a program does but executing one.
    pub(super) async fn try_out(&mut self) -> Result<(), SandboxError> {
        self.give(Command::default()).await?;
        match self.exited().await {
            Exit::Code(0) => Ok(()),
            exit => Err(SandboxError::step("trying out a sandbox")(io::Error::other(format!("{exit:?}")))),
        }
    }

    async fn give(&mut self, command: Command) -> Result<Pid, SandboxError> {
        let Command { argv, env, cwd, fds } = self.localized(command);
        let program = argv.first().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        let pair = |(key, value): (OsString, OsString)| [key.as_bytes(), b"=", value.as_bytes()].concat();
        let (fds, numbers) = fds.into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
        let start = Start {
            argv: argv.into_iter().map(OsStringExt::into_vec).collect(),
            env: env.into_iter().map(pair).collect(),
            cwd,
            fds: numbers,
        };
        let ask = async {
            self.link.send(&Request::Start(start), &fds).await.map_err(SandboxError::step("asking init"))?;
            drop(fds);
            self.reply("starting the program").await
        };
        match timeout(STEP_LIMIT, ask).await {
            Ok(Ok(Packet { message: Event::StartedAs { pid }, .. })) => {
                self.keep_pid(pid);
                Pid::from_raw(pid).ok_or(SandboxError::Gone)
            }
            Ok(Ok(packet)) => packet.pid.ok_or(SandboxError::Gone),
            Ok(Err(SandboxError::Step { step, source })) => {
                Err(SandboxError::Start { program, step, source })
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(SandboxError::TimedOut("starting the program")),
        }
    }

    /// Shows more of the host, read-only, at directories that exist (`/var/task` and `/opt` always do), and sets other
    /// limits. What runs sees the mounts at once.
    pub async fn attach(&mut self, mounts: Vec<Mount>, limits: Limits) -> Result<(), SandboxError> {
        if let Some(root) = &mut self.root {
            return root.bind(&mounts);
        }
        let group = Arc::clone(self.remains.group());
        let limits = self.entrance.as_ref().map_or(limits, |entrance| entrance.own(&limits));
        // Looking up paths and lowering a limit may both wait for the disk.
        let prepared = spawn_blocking(move || {
            group.set_limits(&limits).map_err(SandboxError::step("setting limits"))?;
            order::attachments(&mounts)
        });
        let opened = prepared.await.map_err(|_| SandboxError::Gone)?;
        let (targets, fds) = opened?;
        let ask = async {
            let request = Request::Attach { targets };
            self.link.send(&request, &fds).await.map_err(SandboxError::step("asking init"))?;
            self.reply("attaching").await
        };
        timeout(STEP_LIMIT, ask).await.map_err(|_| SandboxError::TimedOut("attaching"))??;
        self.attached = true;
        if self.entered.is_some() { self.retire().await } else { Ok(()) }
    }

    /// What `text`, which may name paths inside, says to the program: the same, but without isolation, where paths
    /// inside lie elsewhere on the host.
    pub fn localize(&self, text: &str) -> String {
        match &self.root {
            Some(root) => root.localize(OsStr::new(text)).to_string_lossy().into_owned(),
            None => text.to_owned(),
        }
    }

    fn localized(&self, command: Command) -> Command {
        let Some(root) = &self.root else { return command };
        let Command { argv, env, cwd, fds } = command;
        let env = env.into_iter().map(|(name, value)| (name, root.localize(&value)));
        Command {
            argv: argv.iter().map(|argument| root.localize(argument)).collect(),
            env: env.chain(root.environment()).collect(),
            cwd: root.localize(cwd.as_os_str()).into(),
            fds,
        }
    }

    /// Notes the program's pid where the account of its memory looks for it; without it there is none.
    fn keep_pid(&self, pid: i32) {
        if let Some(root) = &self.root {
            let _ = std::fs::write(root.dir().join(PID_FILE), pid.to_string());
        }
    }

    /// Waits until the started program has ended. Cancel safe; later calls answer the same.
    pub async fn exited(&mut self) -> Exit {
        loop {
            if let Some(exit) = self.exit {
                return exit;
            }
            let of_zygote = async {
                match &self.entered {
                    Some(told) => told.receive::<ZygoteEvent>().await,
                    None => std::future::pending().await,
                }
            };
            let status = tokio::select! {
                told = of_zygote => match told {
                    Ok(Some(Packet { message: ZygoteEvent::Exited { status }, .. })) => Some(status),
                    // It died, and nobody will hear how its forks end.
                    _ => {
                        self.remains.kill();
                        None
                    }
                },
                told = self.link.receive::<Event>() => match told {
                    Ok(Some(Packet { message: Event::Exited { status }, .. })) => Some(status),
                    Ok(Some(_)) => continue,
                    Ok(None) | Err(_) => None,
                },
            };
            match status {
                Some(status) => self.note(status),
                None => {
                    // Init is gone, and everything inside with it.
                    self.remains.dead().await;
                    let out_of_memory = self.out_of_memory();
                    self.exit = Some(Exit::Signal { signal: libc::SIGKILL, out_of_memory });
                }
            }
        }
    }

    /// Kills everything inside at once.
    pub fn kill(&self) {
        self.remains.kill();
    }

    /// Stops everything inside where it stands; it uses no processor until [`Sandbox::thaw`].
    pub async fn freeze(&self) -> Result<(), SandboxError> {
        let failed = || SandboxError::step("freezing");
        let group = self.remains.group();
        group.set_frozen(true).map_err(failed())?;
        let frozen = async {
            while !group.is_frozen()? {
                sleep(Duration::from_millis(1)).await;
            }
            io::Result::Ok(())
        };
        timeout(FREEZE_LIMIT, frozen).await.map_err(|_| SandboxError::TimedOut("freezing"))?.map_err(failed())
    }

    /// Lets everything inside continue. One write to the kernel; it does not wait.
    pub async fn thaw(&self) -> Result<(), SandboxError> {
        self.remains.group().set_frozen(false).map_err(SandboxError::step("thawing"))
    }

    /// The most bytes of memory in use inside at any time so far, page cache included; 0 if it cannot be read.
    pub fn memory_peak(&self) -> u64 {
        let shared = match (&self.entered, &self.entrance) {
            (Some(_), Some(entrance)) => entrance.shared_memory(),
            _ => 0,
        };
        self.remains.group().memory_peak().map_or(0, |own| own + shared)
    }

    /// Whether the kernel has killed a process inside for memory.
    pub fn out_of_memory(&self) -> bool {
        self.remains.group().memory_kills().is_ok_and(|kills| kills > 0)
    }

    /// Processor time used inside so far.
    pub fn cpu_time(&self) -> Duration {
        self.remains.group().cpu_time().unwrap_or_default()
    }

    /// Kills everything inside and waits until nothing is left.
    pub async fn destroy(self) {
        self.remains.tear_down().await;
    }

    /// Receives init's answer; an exit that comes in between is kept.
    async fn reply(&mut self, step: &'static str) -> Result<Packet<Event>, SandboxError> {
        loop {
            let packet = self.link.receive::<Event>().await.map_err(SandboxError::step(step))?;
            let packet = packet.ok_or(SandboxError::Gone)?;
            match packet.message {
                Event::Exited { status } => self.note(status),
                Event::Failed { step, errno } => {
                    return Err(SandboxError::Step { step, source: io::Error::from_raw_os_error(errno) });
                }
                Event::Ready
                | Event::Started
                | Event::StartedAs { .. }
                | Event::Attached
                | Event::Retired => return Ok(packet),
            }
        }
    }

    /// Keeps how the program ended.
    fn note(&mut self, status: i32) {
        let exit = if libc::WIFSIGNALED(status) {
            let signal = libc::WTERMSIG(status);
            Exit::Signal { signal, out_of_memory: signal == libc::SIGKILL && self.out_of_memory() }
        } else {
            Exit::Code(libc::WEXITSTATUS(status))
        };
        self.exit.get_or_insert(exit);
    }
}
