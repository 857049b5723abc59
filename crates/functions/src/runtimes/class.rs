//! From a function's runtime to what the engine boots.

use super::{
    Family, RuntimeName, bootstraps, host, interpreters::Interpreter, interpreters::Interpreters,
    module_syntax, sdk, tools,
};
use crate::model::Environment;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tinderbox_base::{Error, Memory, Region, Result};
use tinderbox_engine::{Boot, Mount, Protocol, RuntimeClass};
use tokio::sync::OnceCell;

/// Where an instance finds the certificates it trusts.
const CA_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
const PATH: &str = "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin";
const LD_LIBRARY_PATH: &str =
    "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib";
/// Classes remembered; with more, those that are asked for again are made again.
const MAX_CLASSES: usize = 1000;

/// Variables of an environment.
type Variables = Vec<(String, String)>;

/// Certificates that instances trust, in PEM. Asked for when a runtime is first needed, which may wait until they are there.
#[derive(Clone, Default)]
pub struct CaBundle(Option<Arc<dyn Fn() -> Option<Vec<u8>> + Send + Sync>>);

impl CaBundle {
    /// Those that `ask` answers; none leaves programs to what their interpreters bring.
    pub fn asked(ask: impl Fn() -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(ask)))
    }

    fn get(&self) -> Option<Vec<u8>> {
        self.0.as_ref().and_then(|ask| ask())
    }
}

impl std::fmt::Debug for CaBundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CaBundle").field(&self.0.is_some()).finish()
    }
}

/// The runtimes of this machine.
#[derive(Debug)]
pub struct Runtimes {
    interpreters: Interpreters,
    directory: PathBuf,
    sdk: PathBuf,
    ca_bundle: CaBundle,
    ready: OnceCell<Ready>,
    classes: Mutex<HashMap<String, Arc<RuntimeClass>>>,
}

/// What all runtimes share, made when the first one is needed.
#[derive(Debug)]
struct Ready {
    bootstraps: PathBuf,
    system: Vec<Mount>,
    /// The certificates, in a file.
    trusted: Option<PathBuf>,
}

/// How a function's instances come to be.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// What the engine boots.
    pub class: Arc<RuntimeClass>,
    /// From a ready process, or one started with the function's own environment.
    pub boot: Boot,
    /// What INIT_START says, such as `python:3.11.7`.
    pub label: String,
}

/// Why a runtime cannot run here: a sentence for the function's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing(pub String);

impl Runtimes {
    /// Runtimes run by `interpreters`, with bootstraps written below `directory`.
    ///
    /// `sdk` holds the SDKs that instances are given; `ca_bundle` the certificates they trust, in PEM.
    pub fn new(interpreters: Interpreters, directory: PathBuf, sdk: PathBuf, ca_bundle: CaBundle) -> Self {
        let (ready, classes) = (OnceCell::new(), Mutex::default());
        Self { interpreters, directory, sdk, ca_bundle, ready, classes }
    }

    /// What runs a function of `runtime`.
    pub async fn choose(
        &self,
        runtime: RuntimeName,
        memory: Memory,
        environment: &Environment,
    ) -> Result<Result<Chosen, Missing>> {
        let ready = self.ready.get_or_try_init(|| self.prepare()).await?;
        if runtime.family() == Family::Provided {
            let class = self.class("provided".into(), |key| self.provided(key, ready));
            return Ok(Ok(Chosen { class, boot: Boot::Spawn, label: runtime.to_string() }));
        }
        let Some(interpreter) = self.interpreters.nearest(runtime).await else {
            return Ok(Err(missing(runtime)));
        };
        let own = OwnStart::of(environment);
        let boot = if own == OwnStart::default() { Boot::Stem } else { Boot::Spawn };
        let others = self.interpreters.all(runtime.family()).await;
        let label = label(runtime, &interpreter);
        let flags = match runtime.family() {
            Family::Node => module_syntax::switched_off(runtime.version(), interpreter.version, environment),
            Family::Python | Family::Provided => Vec::new(),
        };
        let start = Start { interpreter, memory, own, flags, sdk: sdk::Generation::of(runtime) };
        let class = self.class(start.key(), |key| self.interpreted(key, ready, &start, &others));
        Ok(Ok(Chosen { class, boot, label }))
    }

    async fn prepare(&self) -> Result<Ready> {
        let (directory, ca_bundle) = (self.directory.clone(), self.ca_bundle.clone());
        let ready = move || {
            // One at a time in this process; the data directory's lock keeps other processes away.
            static WRITING: Mutex<()> = Mutex::new(());
            let _held = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
            let bootstraps = bootstraps::write(&directory).map_err(Error::internal)?;
            let beside = |bundle: Vec<u8>| bootstraps::write_beside(&bootstraps, "trusted.pem", &bundle);
            let trusted = ca_bundle.get().map(beside).transpose().map_err(Error::internal)?;
            let root = Path::new("/");
            let mut system = host::system(root);
            system.extend(tools::gather(root, &bootstraps.join("tools")).map_err(Error::internal)?);
            Ok(Ready { bootstraps, system, trusted })
        };
        tokio::task::spawn_blocking(ready).await.map_err(Error::internal)?
    }

    fn class(&self, key: String, make: impl FnOnce(String) -> RuntimeClass) -> Arc<RuntimeClass> {
        let mut classes = self.classes.lock().unwrap_or_else(PoisonError::into_inner);
        if classes.len() >= MAX_CLASSES {
            classes.clear();
        }
        classes.entry(key.clone()).or_insert_with(|| Arc::new(make(key))).clone()
    }

    fn provided(&self, key: String, ready: &Ready) -> RuntimeClass {
        let mut mounts = ready.system.clone();
        let env = Self::trust(ready, &mut mounts);
        let argv = vec!["/var/task/bootstrap".into()];
        RuntimeClass { key, argv, env: base_environment(env), mounts, protocol: Protocol::Http, zygote: None }
    }

    fn interpreted(&self, key: String, ready: &Ready, start: &Start, others: &[Interpreter]) -> RuntimeClass {
        let interpreter = &start.interpreter;
        let mut mounts = ready.system.clone();
        mounts.extend(host::interpreter(interpreter));
        mounts.extend(names(interpreter));
        mounts.extend(sdk::mounts(&self.sdk, start.sdk, interpreter, others));
        if let Some(folder) = bootstraps::folder(interpreter.family) {
            let target = Path::new(bootstraps::INSIDE).join(folder);
            mounts.push(Mount::Bind { source: ready.bootstraps.join(folder), target });
        }
        let mut env = Self::trust(ready, &mut mounts);
        env.extend(interpreter_environment(interpreter));
        let argv = start.argv();
        let zygote = start.forks().then(|| "--zygote".to_owned());
        let (env, protocol) = (base_environment(env), Protocol::Frames);
        RuntimeClass { key, argv, env, mounts, protocol, zygote }
    }

    /// Variables and mounts by which programs inside trust what we trust. The certificates are shown, not written, since
    /// they are 200 KB, which every instance would hold.
    fn trust(ready: &Ready, mounts: &mut Vec<Mount>) -> Variables {
        let Some(bundle) = &ready.trusted else { return Vec::new() };
        mounts.push(Mount::Bind { source: bundle.clone(), target: CA_BUNDLE.into() });
        // Where interpreters built on Red Hat's systems look.
        let link = "/etc/pki/tls/certs/ca-bundle.crt".into();
        mounts.push(Mount::Symlink { target: CA_BUNDLE.into(), link });
        let names = ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];
        names.map(|name| (name.to_owned(), CA_BUNDLE.to_owned())).to_vec()
    }
}

/// The ARN by which INIT_START names what runs: it changes when the class does.
pub fn version_arn(region: &Region, class: &RuntimeClass) -> String {
    let hash = Sha256::new().chain_update(bootstraps::hash()).chain_update(&class.key).finalize();
    let hex: String = hash.iter().map(|b| format!("{b:02x}")).collect();
    format!("arn:aws:lambda:{region}::runtime:{hex}")
}

/// What of a function's environment changes how its process is started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OwnStart {
    /// Variables that act while a process starts.
    variables: bool,
    /// The program that starts the interpreter in its stead.
    wrapper: Option<String>,
}

impl OwnStart {
    fn of(environment: &Environment) -> Self {
        let wrapper = environment.exec_wrapper().map(str::to_owned);
        Self { variables: environment.acts_at_boot(), wrapper }
    }
}

/// The MiB by which the heap of Node.js is sized: a function's memory, rounded down so that functions of
/// odd sizes share ready processes.
fn heap_class(memory: Memory) -> u32 {
    match memory.mib() {
        small @ ..1024 => small / 64 * 64,
        large => large / 512 * 512,
    }
}

/// What an interpreter's process is started with.
struct Start {
    interpreter: Interpreter,
    memory: Memory,
    own: OwnStart,
    /// Flags that depend on which runtime the interpreter stands for.
    flags: Vec<String>,
    /// Which SDK it finds, which does too.
    sdk: sdk::Generation,
}

impl Start {
    /// Names all that makes its processes differ from others.
    fn key(&self) -> String {
        let mut key = self.interpreter.executable.display().to_string();
        if self.interpreter.family == Family::Node {
            key.push_str(&format!(" heap for {} MB", heap_class(self.memory)));
        }
        for flag in &self.flags {
            key.push_str(&format!(" {flag}"));
        }
        if self.sdk == sdk::Generation::Second {
            key.push_str(" with the second SDK");
        }
        if self.own.variables {
            key.push_str(" own environment");
        }
        if let Some(wrapper) = &self.own.wrapper {
            key.push_str(&format!(" by {wrapper}"));
        }
        key
    }

    /// Whether instances can be forks of an interpreter that has booted: where forking is usual and the bootstrap can
    /// confine what it forks (Python 3.8 has all that takes), and the function has no say in how its process is started.
    fn forks(&self) -> bool {
        let version = self.interpreter.version;
        self.interpreter.family == Family::Python
            && (version.0, version.1) >= (3, 8)
            && self.own == OwnStart::default()
    }

    fn argv(&self) -> Vec<String> {
        let Self { interpreter, memory, own, flags, .. } = self;
        let mut argv: Vec<String> = own.wrapper.iter().cloned().collect();
        argv.push(interpreter.executable.display().to_string());
        let bootstrap = |name: &str| format!("{}/{name}", bootstraps::INSIDE);
        match interpreter.family {
            Family::Python => {
                // Isolated from variables and users' directories, unless the function sets PYTHON* itself.
                let flags: &[&str] = match interpreter.version.0 {
                    _ if own.variables => &["-s", "-S", "-B"],
                    2 => &["-E", "-s", "-S", "-B"],
                    _ => &["-I", "-S", "-B"],
                };
                argv.extend(flags.iter().map(|f| (*f).to_owned()));
                argv.push(bootstrap("python/bootstrap.py"));
            }
            Family::Node => {
                // The flags of Lambda's own images: the heap follows the function's memory.
                argv.push("--expose-gc".into());
                argv.push("--max-http-header-size=81920".into());
                argv.extend(flags.iter().cloned());
                argv.push(format!("--max-semi-space-size={}", heap_class(*memory) / 20));
                argv.push(format!("--max-old-space-size={}", heap_class(*memory) * 9 / 10));
                argv.push(bootstrap("node/bootstrap.js"));
            }
            Family::Provided => {}
        }
        argv
    }
}

fn base_environment(more: Variables) -> Variables {
    let base = [
        ("PATH", PATH),
        ("LD_LIBRARY_PATH", LD_LIBRARY_PATH),
        ("LANG", "C.UTF-8"),
        ("HOME", "/tmp"),
        ("TZ", ":UTC"),
    ];
    base.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).chain(more).collect()
}

/// Variables that an interpreter of this family has on Lambda.
fn interpreter_environment(interpreter: &Interpreter) -> Variables {
    match interpreter.family {
        Family::Node => {
            let own = format!("/opt/nodejs/node{}/node_modules", interpreter.version.0);
            let common = "/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task";
            vec![("NODE_PATH".into(), format!("{own}:{common}"))]
        }
        Family::Python => vec![("PYTHONPATH".into(), "/var/runtime".into())],
        Family::Provided => Vec::new(),
    }
}

/// Links below /var/lang/bin, where Lambda's PATH finds the interpreter.
fn names(interpreter: &Interpreter) -> Vec<Mount> {
    let (major, minor) = (interpreter.version.0, interpreter.version.1);
    let names = match interpreter.family {
        Family::Python => {
            vec!["python".to_owned(), format!("python{major}"), format!("python{major}.{minor}")]
        }
        Family::Node => vec!["node".to_owned()],
        Family::Provided => Vec::new(),
    };
    let link = |name| Mount::Symlink {
        target: interpreter.executable.clone(),
        link: Path::new("/var/lang/bin").join(name),
    };
    names.into_iter().map(link).collect()
}

fn label(runtime: RuntimeName, interpreter: &Interpreter) -> String {
    let language = if interpreter.family == Family::Python { "python" } else { "nodejs" };
    let exact = match interpreter.family {
        Family::Python => interpreter.version == runtime.version(),
        Family::Node | Family::Provided => interpreter.version.0 == runtime.version().0,
    };
    let instead = if exact { String::new() } else { format!(" (nearest to {runtime} on this machine)") };
    format!("{language}:{}{instead}", interpreter.full_version)
}

fn missing(runtime: RuntimeName) -> Missing {
    let version = runtime.version();
    Missing(match runtime.family() {
        Family::Python => format!(
            "No Python is installed on this machine. Install python{}.{} or another Python 3, so that {runtime} \
             can run, or name its directory in functions.interpreter_prefixes.",
            version.0, version.1
        ),
        Family::Node | Family::Provided => format!(
            "No Node.js is installed on this machine. Install Node.js {} or a newer one, so that {runtime} can \
             run, or name its directory in functions.interpreter_prefixes.",
            version.0
        ),
    })
}

#[cfg(test)]
mod tests;
