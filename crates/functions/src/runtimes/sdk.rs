//! The SDK that AWS provides inside an instance.

use super::{Family, InterpreterVersion, RuntimeName, interpreters::Interpreter};
use std::fs;
use std::path::{Path, PathBuf};
use tinderbox_engine::Mount;

/// Where Lambda keeps it.
const RUNTIME_DIR: &str = "/var/runtime";

/// What boto3 consists of, as installed beside an interpreter.
const BOTO3: [&str; 7] = ["boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py"];

/// The last version of Node.js whose runtime had the second SDK, and not the third.
const LAST_SECOND: u16 = 16;

/// Which of AWS's SDKs for JavaScript a runtime has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    /// `aws-sdk`.
    Second,
    /// `@aws-sdk/client-*`, and all there is in other languages.
    Newest,
}

impl Generation {
    /// That of `runtime`.
    pub(super) fn of(runtime: RuntimeName) -> Self {
        let second = runtime.family() == Family::Node && runtime.version().0 <= LAST_SECOND;
        if second { Self::Second } else { Self::Newest }
    }
}

/// The SDK below `directory` for `interpreter`; for Python, else the one installed with it or with
/// another of `others` that says it runs on this one too.
///
/// `directory` has one subdirectory a language, or a language's version: `python3.11`, `python3`,
/// `python`, `node20`, `node`, and `node16` for the second SDK. Python's holds packages, Node's a `node_modules`.
pub(super) fn mounts(
    directory: &Path,
    generation: Generation,
    interpreter: &Interpreter,
    others: &[Interpreter],
) -> Vec<Mount> {
    let (major, minor) = (interpreter.version.0, interpreter.version.1);
    let find = |names: &[String]| names.iter().map(|name| directory.join(name)).find(|path| path.is_dir());
    match interpreter.family {
        Family::Python => {
            let names = [format!("python{major}.{minor}"), format!("python{major}"), "python".into()];
            match find(&names) {
                Some(source) => vec![bind(source, RUNTIME_DIR)],
                None => installed(interpreter, others),
            }
        }
        Family::Node => {
            let version = match generation {
                Generation::Second => LAST_SECOND,
                Generation::Newest => major,
            };
            let source = find(&[format!("node{version}/node_modules"), "node/node_modules".into()]);
            let modules = format!("{RUNTIME_DIR}/node_modules");
            // Modules in ES syntax are looked for upwards from the importing file, so at the root too.
            let link = Mount::Symlink { target: (&modules).into(), link: "/node_modules".into() };
            source.map_or_else(Vec::new, |source| vec![bind(source, &modules), link])
        }
        Family::Provided => Vec::new(),
    }
}

fn installed(interpreter: &Interpreter, others: &[Interpreter]) -> Vec<Mount> {
    let fits = |other: &&Interpreter| {
        let own = other.executable == interpreter.executable;
        own || least_python(&packages(other))
            .is_some_and(|least| other.version.0 == interpreter.version.0 && least <= interpreter.version)
    };
    let mut candidates = std::iter::once(interpreter).chain(others).filter(fits).map(packages);
    let Some(packages) = candidates.find(|packages| packages.join("boto3").is_dir()) else {
        return Vec::new();
    };
    let present = BOTO3.iter().map(|name| (packages.join(name), name)).filter(|(path, _)| path.exists());
    present.map(|(path, name)| bind(path, &format!("{RUNTIME_DIR}/{name}"))).collect()
}

fn packages(interpreter: &Interpreter) -> PathBuf {
    let version = format!("python{}.{}", interpreter.version.0, interpreter.version.1);
    interpreter.prefix.join("lib").join(version).join("site-packages")
}

/// The least version of Python that the boto3 in `packages` says it runs on.
fn least_python(packages: &Path) -> Option<InterpreterVersion> {
    let entries = fs::read_dir(packages).ok()?.flatten();
    let about = entries.map(|e| e.file_name()).find(|name| {
        let name = name.to_string_lossy();
        name.starts_with("boto3-") && name.ends_with(".dist-info")
    })?;
    let metadata = fs::read_to_string(packages.join(about).join("METADATA")).ok()?;
    let line = metadata.lines().find_map(|line| line.strip_prefix("Requires-Python:"))?;
    let (major, minor) = line.trim().strip_prefix(">=")?.trim().split_once('.')?;
    Some(InterpreterVersion(major.parse().ok()?, minor.parse().ok()?))
}

fn bind(source: PathBuf, target: &str) -> Mount {
    Mount::Bind { source, target: target.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interpreter(root: &Path, family: Family, version: (u16, u16)) -> Interpreter {
        let prefix = root.join(format!("{}.{}", version.0, version.1));
        Interpreter {
            family,
            version: InterpreterVersion(version.0, version.1),
            full_version: String::new(),
            executable: prefix.join("bin/x"),
            prefix,
            self_contained: true,
        }
    }

    /// What is mounted of `directories`; one that contains `:` is a file and its text.
    fn check(directories: &[&str], family: Family, version: (u16, u16), expect: &[(&str, &str)]) {
        let root = tempfile::tempdir().expect("a directory");
        for directory in directories {
            match directory.split_once(':') {
                None => fs::create_dir_all(root.path().join(directory)).expect("directories"),
                Some((path, text)) => {
                    let path = root.path().join(path);
                    fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
                    fs::write(path, text).expect("a file");
                }
            }
        }
        let others = [interpreter(root.path(), family, (3, 11)), interpreter(root.path(), family, (3, 8))];
        let one = interpreter(root.path(), family, version);
        let runtime = match family {
            Family::Node => format!("nodejs{}.x", version.0),
            Family::Python | Family::Provided => format!("python{}.{}", version.0, version.1),
        };
        let generation = Generation::of(runtime.parse().expect("a runtime's name"));
        let found: Vec<_> = mounts(&root.path().join("sdk"), generation, &one, &others)
            .into_iter()
            .filter_map(|m| match m {
                Mount::Bind { source, target } => {
                    let source = source.strip_prefix(root.path()).expect("below").display().to_string();
                    Some((source, target.display().to_string()))
                }
                Mount::Symlink { .. } => None,
            })
            .collect();
        let found: Vec<_> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn the_nearest_directory() {
        let sdk =
            ["sdk/python3/boto3", "sdk/python3.8/boto3", "sdk/node/node_modules", "sdk/node16/node_modules"];
        check(&sdk, Family::Python, (3, 8), &[("sdk/python3.8", "/var/runtime")]);
        check(&sdk, Family::Python, (3, 11), &[("sdk/python3", "/var/runtime")]);
        check(&sdk, Family::Python, (2, 7), &[]);
        check(&sdk, Family::Node, (20, 1), &[("sdk/node/node_modules", "/var/runtime/node_modules")]);
        check(&sdk, Family::Node, (16, 1), &[("sdk/node16/node_modules", "/var/runtime/node_modules")]);
        check(&sdk, Family::Node, (12, 1), &[("sdk/node16/node_modules", "/var/runtime/node_modules")]);
        check(&sdk[..3], Family::Node, (16, 1), &[("sdk/node/node_modules", "/var/runtime/node_modules")]);
    }

    #[test]
    fn the_one_installed() {
        let packages = "3.11/lib/python3.11/site-packages";
        let about =
            format!("{packages}/boto3-1.40.0.dist-info/METADATA:Name: boto3\nRequires-Python: >= 3.9\n");
        let (boto3, jmespath) = (format!("{packages}/boto3"), format!("{packages}/jmespath"));
        let installed = [boto3.as_str(), &jmespath, &about, &format!("{packages}/other")];
        let expect = [(boto3.as_str(), "/var/runtime/boto3"), (jmespath.as_str(), "/var/runtime/jmespath")];
        check(&installed, Family::Python, (3, 11), &expect);
        check(&installed, Family::Python, (3, 12), &expect);
        check(&installed, Family::Python, (3, 8), &[]);
        check(&installed, Family::Python, (2, 7), &[]);
        check(&installed[..2], Family::Python, (3, 12), &[]);
        check(&installed[1..], Family::Python, (3, 11), &[]);
    }
}
