use super::*;
use crate::runtimes::interpreters::Places;
use std::collections::BTreeMap;
use std::fs;

/// A machine with `programs` in its PATH or in version managers' directories.
fn runtimes(root: &Path, programs: &[&str]) -> Runtimes {
    for program in programs {
        let path = root.join(program);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, b"\x7fELF").expect("a program");
    }
    let places = Places { prefixes: vec![root.join("prefixes")], path: vec![] };
    Runtimes::new(
        Interpreters::new(places),
        root.join("runtimes"),
        root.join("sdk"),
        CaBundle::asked(|| Some(b"PEM".to_vec())),
    )
}

const PROGRAMS: [&str; 3] =
    ["prefixes/3.11.7/bin/python3.11", "prefixes/2.7.18/bin/python2.7", "prefixes/v20.11.0/bin/node"];

async fn choose(root: &Path, name: &str, mib: i64, variables: &[(&str, &str)]) -> Chosen {
    let variables: BTreeMap<_, _> = variables.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    let environment = Environment::new(variables).expect("an environment");
    let memory = Memory::try_from(mib).expect("memory");
    let name = name.parse().expect("a name");
    let found = runtimes(root, &PROGRAMS).choose(name, memory, &environment).await;
    found.expect("looked").expect("there")
}

/// The command line of a runtime, its program shortened.
async fn argv(name: &str, variables: &[(&str, &str)]) -> (Boot, String) {
    let root = tempfile::tempdir().expect("a directory");
    let chosen = choose(root.path(), name, 256, variables).await;
    let base = fs::canonicalize(root.path()).expect("a path").join("prefixes").display().to_string();
    (chosen.boot, chosen.class.argv.join(" ").replace(&format!("{base}/"), ""))
}

#[tokio::test]
async fn command_lines() {
    let python = "/var/lang/tinderbox/python/bootstrap.py";
    let flags = "--max-semi-space-size=12 --max-old-space-size=230 /var/lang/tinderbox/node/bootstrap.js";
    let newest = format!("--expose-gc --max-http-header-size=81920 {flags}");
    let node = format!("--expose-gc --max-http-header-size=81920 --no-experimental-detect-module {flags}");
    let check = async |name: &str, variables: &[(&str, &str)], boot, line: &str| {
        assert_eq!(argv(name, variables).await, (boot, line.to_owned()), "{name} {variables:?}");
    };
    check("python3.11", &[], Boot::Stem, &format!("3.11.7/bin/python3.11 -I -S -B {python}")).await;
    check("python2.7", &[], Boot::Stem, &format!("2.7.18/bin/python2.7 -E -s -S -B {python}")).await;
    check("python3.11", &[("STAGE", "x")], Boot::Stem, &format!("3.11.7/bin/python3.11 -I -S -B {python}"))
        .await;
    let own = [("PYTHONPATH", "x")];
    check("python3.11", &own, Boot::Spawn, &format!("3.11.7/bin/python3.11 -s -S -B {python}")).await;
    check("nodejs20.x", &[], Boot::Stem, &format!("v20.11.0/bin/node {node}")).await;
    check("nodejs24.x", &[], Boot::Stem, &format!("v20.11.0/bin/node {newest}")).await;
    let own = [("NODE_OPTIONS", "--experimental-detect-module")];
    check("nodejs20.x", &own, Boot::Spawn, &format!("v20.11.0/bin/node {newest}")).await;
    let wrapper = [("AWS_LAMBDA_EXEC_WRAPPER", "/opt/wrap")];
    check("nodejs20.x", &wrapper, Boot::Spawn, &format!("/opt/wrap v20.11.0/bin/node {node}")).await;
    check("provided.al2023", &[], Boot::Spawn, "/var/task/bootstrap").await;
}

#[tokio::test]
async fn labels_tell_what_runs() {
    let root = tempfile::tempdir().expect("a directory");
    let check = async |name: &str, expect: &str| {
        assert_eq!(choose(root.path(), name, 128, &[]).await.label, expect);
    };
    check("python3.11", "python:3.11.7").await;
    check("python3.9", "python:3.11.7 (nearest to python3.9 on this machine)").await;
    check("nodejs6.10", "nodejs:20.11.0 (nearest to nodejs6.10 on this machine)").await;
    check("nodejs20.x", "nodejs:20.11.0").await;
    check("provided.al2023", "provided.al2023").await;
}

#[tokio::test]
async fn classes_are_shared_where_processes_are_alike() {
    let root = tempfile::tempdir().expect("a directory");
    let key = async |name: &str, mib, variables: &[(&str, &str)]| {
        choose(root.path(), name, mib, variables).await.class.key.clone()
    };
    assert_eq!(key("python3.11", 128, &[]).await, key("python3.9", 1024, &[]).await);
    assert_ne!(key("nodejs20.x", 128, &[]).await, key("nodejs20.x", 1024, &[]).await);
    assert_eq!(key("nodejs20.x", 128, &[]).await, key("nodejs20.x", 150, &[]).await);
    assert_eq!(key("nodejs18.x", 128, &[]).await, key("nodejs20.x", 128, &[]).await);
    assert_ne!(key("nodejs16.x", 128, &[]).await, key("nodejs20.x", 128, &[]).await);
    assert_ne!(key("nodejs24.x", 128, &[]).await, key("nodejs20.x", 128, &[]).await);
    assert_ne!(key("python3.11", 128, &[]).await, key("python3.11", 128, &[("LD_PRELOAD", "x")]).await);
    let runtimes = runtimes(root.path(), &[]);
    let (name, none) = ("python3.11".parse().expect("a name"), Environment::default());
    let one = runtimes.choose(name, Memory::MIN, &none).await.expect("looked").expect("there");
    let two = runtimes.choose(name, Memory::MAX, &none).await.expect("looked").expect("there");
    assert!(Arc::ptr_eq(&one.class, &two.class));
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let root = tempfile::tempdir().expect("a directory");
    let check = async |name: &str, expect: &str| {
        let runtimes = runtimes(root.path(), &[]);
        let name = name.parse().expect("a name");
        let found = runtimes.choose(name, Memory::MIN, &Environment::default()).await.expect("looked");
        let text = found.expect_err("missing").0;
        assert!(text.contains(expect), "{text}");
    };
    check("python3.12", "Install python3.12 or another Python 3").await;
    check("nodejs20.x", "Install Node.js 20 or a newer one").await;
}

#[tokio::test]
async fn what_an_instance_sees() {
    let root = tempfile::tempdir().expect("a directory");
    let class = choose(root.path(), "nodejs20.x", 128, &[]).await.class;
    let target = |mount: &Mount| match mount {
        Mount::Bind { target, .. } => target.clone(),
        Mount::Symlink { link, .. } => link.clone(),
    };
    let inside: Vec<PathBuf> = class.mounts.iter().map(target).collect();
    for path in ["/var/lang/tinderbox/node", "/var/lang/bin/node"] {
        assert!(inside.contains(&path.into()), "{path} in {inside:?}");
    }
    let trusted = class.mounts.iter().find(|mount| target(mount) == Path::new(CA_BUNDLE));
    let Some(Mount::Bind { source, .. }) = trusted else { panic!("no certificates in {inside:?}") };
    assert_eq!(std::fs::read(source).expect("certificates"), b"PEM");
    let env = |name: &str| class.env.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str());
    assert_eq!(env("NODE_EXTRA_CA_CERTS"), Some(CA_BUNDLE));
    assert!(env("NODE_PATH").is_some_and(|p| p.starts_with("/opt/nodejs/node20/node_modules:")));
    assert_eq!(env("TZ"), Some(":UTC"));
}
