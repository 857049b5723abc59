//! The SDK that AWS provides inside an instance.

use super::{Family, interpreters::Interpreter};
use std::path::{Path, PathBuf};
use tinderbox_engine::Mount;

/// Where Lambda keeps it.
const RUNTIME_DIR: &str = "/var/runtime";

/// What boto3 consists of, as installed beside an interpreter.
const BOTO3: [&str; 7] = ["boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py"];

/// The SDK below `directory` for `interpreter`; for Python, else the one installed with it.
///
/// `directory` has one subdirectory a language, or a language's version: `python3.11`, `python3`,
/// `python`, `node20`, `node`. Python's holds packages, Node's a `node_modules`.
pub(super) fn mounts(directory: Option<&Path>, interpreter: &Interpreter) -> Vec<Mount> {
    let (major, minor) = (interpreter.version.0, interpreter.version.1);
    let find = |names: &[String]| {
        names.iter().filter_map(|name| Some(directory?.join(name))).find(|path| path.is_dir())
    };
    match interpreter.family {
        Family::Python => {
            let names = [format!("python{major}.{minor}"), format!("python{major}"), "python".into()];
            match find(&names) {
                Some(source) => vec![bind(source, RUNTIME_DIR)],
                None => installed(interpreter),
            }
        }
        Family::Node => {
            let source = find(&[format!("node{major}/node_modules"), "node/node_modules".into()]);
            let modules = format!("{RUNTIME_DIR}/node_modules");
            // Modules in ES syntax are looked for upwards from the importing file, so at the root too.
            let link = Mount::Symlink { target: (&modules).into(), link: "/node_modules".into() };
            source.map_or_else(Vec::new, |source| vec![bind(source, &modules), link])
        }
        Family::Provided => Vec::new(),
    }
}

fn installed(interpreter: &Interpreter) -> Vec<Mount> {
    let version = format!("python{}.{}", interpreter.version.0, interpreter.version.1);
    let packages = interpreter.prefix.join("lib").join(version).join("site-packages");
    if !packages.join("boto3").is_dir() {
        return Vec::new();
    }
    let present = BOTO3.iter().map(|name| (packages.join(name), name)).filter(|(path, _)| path.exists());
    present.map(|(path, name)| bind(path, &format!("{RUNTIME_DIR}/{name}"))).collect()
}

fn bind(source: PathBuf, target: &str) -> Mount {
    Mount::Bind { source, target: target.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtimes::InterpreterVersion;
    use std::fs;

    fn check(directories: &[&str], family: Family, version: (u16, u16), expect: &[(&str, &str)]) {
        let root = tempfile::tempdir().expect("a directory");
        for directory in directories {
            fs::create_dir_all(root.path().join(directory)).expect("directories");
        }
        let interpreter = Interpreter {
            family,
            version: InterpreterVersion(version.0, version.1),
            full_version: String::new(),
            executable: root.path().join("prefix/bin/x"),
            prefix: root.path().join("prefix"),
            self_contained: true,
        };
        let found: Vec<_> = mounts(Some(&root.path().join("sdk")), &interpreter)
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
    }

    #[test]
    fn the_one_installed() {
        let packages = "prefix/lib/python3.11/site-packages";
        let boto3 = format!("{packages}/boto3");
        let jmespath = format!("{packages}/jmespath");
        check(
            &[&boto3, &jmespath, &format!("{packages}/other")],
            Family::Python,
            (3, 11),
            &[(&boto3, "/var/runtime/boto3"), (&jmespath, "/var/runtime/jmespath")],
        );
        check(&[&jmespath], Family::Python, (3, 11), &[]);
    }
}
