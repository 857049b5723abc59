//! An engine over real sandboxes, and functions for it.

use bytes::Bytes;
use serde_json::json;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tinderbox_base::{AccountId, Caller, Memory, OsRandom, Region, RequestId, SystemClock, config};
use tinderbox_engine::{
    Boot, Endpoint, Engine, EngineDeps, GroupId, InstanceEvent, InstanceFacts, InstanceInfo, Invocation,
    InvokeError, Mount, NoEndpoint, Observer, Outcome, Protocol, Response, RuntimeClass, SandboxLauncher,
    Version, VersionId,
};
use tinderbox_sandbox::{Options, host_mounts_for};

pub(crate) struct Bed {
    pub(crate) engine: Engine,
    launcher: SandboxLauncher,
    tag: String,
    _state: TempDir,
}

static BEDS: AtomicUsize = AtomicUsize::new(0);

impl Bed {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(configure: impl FnOnce(&mut config::Engine)) -> Self {
        Self::with_endpoint(configure, Arc::new(NoEndpoint)).await
    }

    pub(crate) async fn with_endpoint(
        configure: impl FnOnce(&mut config::Engine),
        endpoint: Arc<dyn Endpoint>,
    ) -> Self {
        let state = tempfile::tempdir().unwrap();
        let mut config = config::Engine::default();
        configure(&mut config);
        let number = BEDS.fetch_add(1, Ordering::Relaxed);
        let tag = format!("engine-{}-{number}", std::process::id());
        let options = Options::new(state.path(), &tag);
        let launcher = SandboxLauncher::start(options, &config).await.unwrap();
        let engine = Engine::start(EngineDeps {
            config,
            clock: Arc::new(SystemClock::default()),
            random: Arc::new(OsRandom),
            launcher: Arc::new(launcher.clone()),
            endpoint,
        })
        .await;
        Self { engine, launcher, tag, _state: state }
    }

    pub(crate) async fn invoke(&self, function: &Function, payload: &str) -> Response {
        self.try_invoke(function, payload).await.expect("it runs")
    }

    /// Kills the processes that make this bed's sandboxes: they carry its tag on their command lines.
    pub(crate) fn kill_makers(&self) {
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let pid = entry
                .file_name()
                .to_str()
                .and_then(|n| n.parse().ok())
                .and_then(rustix::process::Pid::from_raw);
            let line = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
            if let Some(pid) = pid
                && line.split('\0').any(|argument| argument == self.tag)
            {
                // One of them may have ended with another.
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
    }

    pub(crate) async fn try_invoke(
        &self,
        function: &Function,
        payload: &str,
    ) -> Result<Response, InvokeError> {
        let request_id = RequestId::new(&OsRandom);
        let invocation = Invocation {
            version: function.version.clone(),
            request_id,
            payload: Bytes::from(payload.to_owned()),
            caller: Caller::root(AccountId::default(), Region::default(), request_id),
            deadline: None,
            arn: "arn:aws:lambda:us-east-1:123456789012:function:f".into(),
            client_context: None,
            trace: None,
            stream: None,
        };
        self.engine.invoke(invocation).await
    }

    pub(crate) async fn until(&self, wanted: impl Fn(tinderbox_engine::Stats) -> bool) {
        while !wanted(self.engine.stats()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Ends everything and looks for what is left.
    pub(crate) async fn end(self) {
        self.engine.drain(Duration::from_secs(5)).await;
        assert_eq!(self.engine.stats(), tinderbox_engine::Stats::default());
        self.launcher.shutdown().await;
        assert_eq!(cgroups(&self.tag), Vec::<PathBuf>::new(), "cgroups are left");
    }
}

/// Control groups whose name contains `tag`, in either version's tree.
fn cgroups(tag: &str) -> Vec<PathBuf> {
    let below =
        |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect::<Vec<_>>();
    let trees = below(Path::new("/sys/fs/cgroup"));
    let groups = trees.iter().flat_map(|tree| below(tree)).chain(trees.iter().cloned());
    groups.filter(|path| path.to_string_lossy().contains(tag)).collect()
}

/// A version with its code, and what was heard of it.
pub(crate) struct Function {
    pub(crate) version: Arc<Version>,
    heard: Arc<Recorder>,
    _code: TempDir,
}

#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl Observer for Recorder {
    fn instance(&self, _: &InstanceInfo) -> InstanceFacts {
        InstanceFacts::default()
    }

    fn event(&self, _: &InstanceInfo, event: InstanceEvent<'_>) {
        let line = match event {
            InstanceEvent::Line { text, .. } => text.trim_end_matches('\n').to_owned(),
            InstanceEvent::Start { .. } => "START".into(),
            InstanceEvent::End { .. } => "END".into(),
            InstanceEvent::InitStart => "INIT_START".into(),
            InstanceEvent::InitDone { .. } | InstanceEvent::InitFailed { .. } => return,
            InstanceEvent::Ended { .. } => "ENDED".into(),
        };
        self.0.lock().unwrap().push(line);
    }
}

impl Function {
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.0.lock().unwrap().clone()
    }
}

/// How a function differs from the usual one.
pub(crate) struct Shape {
    pub(crate) boot: Boot,
    pub(crate) memory: i64,
    pub(crate) timeout: Duration,
    /// What is seen at /opt.
    pub(crate) layer: Option<PathBuf>,
}

impl Default for Shape {
    fn default() -> Self {
        Self { boot: Boot::Stem, memory: 128, timeout: Duration::from_secs(10), layer: None }
    }
}

pub(crate) fn function(class: &Arc<RuntimeClass>, file: &str, code: &str, shape: Shape) -> Function {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = directory.path().join(file);
    fs::write(&path, code).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let heard = Arc::new(Recorder::default());
    let mut mounts = vec![(directory.path().to_owned(), PathBuf::from("/var/task"))];
    mounts.extend(shape.layer.map(|layer| (layer, PathBuf::from("/opt"))));
    static VERSIONS: AtomicUsize = AtomicUsize::new(0);
    let version = Version {
        id: VersionId::new(format!("f:{}", VERSIONS.fetch_add(1, Ordering::Relaxed))),
        group: GroupId::new("f"),
        account: AccountId::default(),
        class: class.clone(),
        boot: shape.boot,
        mounts,
        load: json!({
            "handler": "index.handler", "task_root": "/var/task", "function_name": "f", "function_version": "$LATEST",
            "memory_mb": shape.memory, "log_group": "/aws/lambda/f", "log_stream": "s",
            "timeout_ms": shape.timeout.as_millis() as u64,
            "env": {
                "_HANDLER": "index.handler", "LAMBDA_TASK_ROOT": "/var/task", "LAMBDA_RUNTIME_DIR": "/var/runtime",
                "TZ": ":UTC", "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": shape.memory.to_string(), "AWS_REGION": "us-east-1",
                "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f", "AWS_LAMBDA_LOG_STREAM_NAME": "s",
                "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"
            }
        }),
        env: vec![
            ("AWS_LAMBDA_RUNTIME_API".into(), "127.0.0.1:9001".into()),
            ("_HANDLER".into(), "index.handler".into()),
            ("LAMBDA_TASK_ROOT".into(), "/var/task".into()),
            ("PYTHONPATH".into(), "/opt:/var/task".into()),
        ],
        memory: Memory::try_from(shape.memory).unwrap(),
        timeout: shape.timeout,
        observer: heard.clone(),
    };
    Function { version: Arc::new(version), heard, _code: directory }
}

/// The interpreter's real path, or nothing with a message.
fn interpreter(program: &str, arguments: &[&str]) -> Option<String> {
    let path = crate::output(program, arguments);
    if path.is_none() {
        println!("skipped: no {program} here");
    }
    path
}

pub(crate) fn python() -> Option<Arc<RuntimeClass>> {
    let program = interpreter("python3", &["-c", "import os, sys; print(os.path.realpath(sys.executable))"])?;
    let argv = [&program, "-I", "-S", "-B", "/var/lang/tinderbox/python/bootstrap.py"].map(str::to_owned);
    Some(class("python", &program, argv.to_vec(), Protocol::Frames))
}

pub(crate) fn node() -> Option<Arc<RuntimeClass>> {
    let program = interpreter("node", &["-p", "process.execPath"])?;
    let argv = [&program, "--expose-gc", "/var/lang/tinderbox/node/bootstrap.js"].map(str::to_owned);
    Some(class("node", &program, argv.to_vec(), Protocol::Frames))
}

/// A custom runtime: a program of the function's own, run by Python.
pub(crate) fn custom() -> Option<Arc<RuntimeClass>> {
    let program = interpreter("python3", &["-c", "import os, sys; print(os.path.realpath(sys.executable))"])?;
    let argv = [&program, "-B", "/var/task/index.py"].map(str::to_owned);
    Some(class("custom", &program, argv.to_vec(), Protocol::Http))
}

/// AWS's own client for Python.
pub(crate) fn official_python() -> Option<Arc<RuntimeClass>> {
    let program = interpreter("python3", &["-c", "import os, sys; print(os.path.realpath(sys.executable))"])?;
    let argv = [&program, "-B", "-m", "awslambdaric", "index.handler"].map(str::to_owned);
    Some(class("official", &program, argv.to_vec(), Protocol::Http))
}

/// A custom runtime whose program is not there.
pub(crate) fn missing() -> Arc<RuntimeClass> {
    let argv = vec!["/var/task/bootstrap".to_owned()];
    let env = Vec::new();
    let (mounts, protocol) = (Vec::new(), Protocol::Http);
    Arc::new(RuntimeClass { key: "missing".into(), argv, env, mounts, protocol, zygote: None })
}

/// This package's directory, as cargo tells it to what it runs.
fn package() -> std::path::PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), Into::into)
}

pub(crate) fn class(key: &str, program: &str, argv: Vec<String>, protocol: Protocol) -> Arc<RuntimeClass> {
    let mut mounts: Vec<Mount> = host_mounts_for(Path::new(program))
        .unwrap()
        .into_iter()
        .map(|mount| match mount {
            tinderbox_sandbox::Mount::Bind { source, target } => Mount::Bind { source, target },
            tinderbox_sandbox::Mount::Symlink { target, link } => Mount::Symlink { target, link },
        })
        .collect();
    let runtimes = package().join("../../runtimes");
    for language in ["python", "node"] {
        let source = runtimes.join(language).canonicalize().unwrap();
        mounts.push(Mount::Bind { source, target: format!("/var/lang/tinderbox/{language}").into() });
    }
    let env =
        [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("LANG", "C.UTF-8"), ("HOME", "/tmp"), ("TZ", ":UTC")];
    Arc::new(RuntimeClass {
        key: key.into(),
        argv,
        env: env.map(|(k, v)| (k.into(), v.into())).to_vec(),
        mounts,
        protocol,
        zygote: (key == "python").then(|| "--zygote".to_owned()),
    })
}

pub(crate) fn text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Success(body) | Outcome::HandlerError { body, .. } | Outcome::InitError { body, .. } => {
            String::from_utf8_lossy(body).into_owned()
        }
        other => format!("{other:?}"),
    }
}
