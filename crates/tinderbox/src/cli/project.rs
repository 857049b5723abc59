//! What a directory says about the function in it.

use super::{Failure, Outcome, failure::During};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::Path};

/// The file that describes a function beside its code.
pub(crate) const FILE: &str = "tinderbox.toml";
/// The role of a function that names none; it exists from the first start on.
const DEFAULT_ROLE: &str = "lambda-role";

/// A function as its project describes it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    /// Name of the function.
    pub(crate) name: String,
    /// Lambda's name of the runtime.
    pub(crate) runtime: String,
    /// Lambda's handler.
    pub(crate) handler: String,
    /// Memory in MB.
    #[serde(default = "default_memory")]
    pub(crate) memory: u32,
    /// Timeout in seconds.
    #[serde(default = "default_timeout")]
    pub(crate) timeout: u32,
    /// Name of the role.
    #[serde(default = "default_role")]
    pub(crate) role: String,
    /// Environment variables.
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
}

fn default_memory() -> u32 {
    128
}

fn default_timeout() -> u32 {
    3
}

fn default_role() -> String {
    DEFAULT_ROLE.into()
}

impl Project {
    /// Reads the project of `directory`, or infers it from the files there.
    pub(crate) fn read(directory: &Path) -> Outcome<Self> {
        let shown = directory.display();
        if !directory.is_dir() {
            let failure = Failure::new(format!("{shown} is not a directory"));
            return Err(failure.help(format!("`tinderbox init {shown}` makes one")));
        }
        let file = directory.join(FILE);
        if file.exists() {
            let text = fs::read_to_string(&file).during(|| format!("cannot read {}", file.display()))?;
            return toml::from_str(&text).during(|| format!("{} cannot be understood", file.display()));
        }
        infer(directory)
    }
}

/// The entry files that Lambda's console makes, and what they mean.
const ENTRIES: [(&str, &str, &str); 5] = [
    ("lambda_function.py", "python3.13", "lambda_function.lambda_handler"),
    ("handler.py", "python3.13", "handler.handler"),
    ("index.mjs", "nodejs22.x", "index.handler"),
    ("index.js", "nodejs22.x", "index.handler"),
    ("index.cjs", "nodejs22.x", "index.handler"),
];

fn infer(directory: &Path) -> Outcome<Project> {
    let found = ENTRIES.iter().find(|(file, ..)| directory.join(file).exists());
    let Some((_, runtime, handler)) = found else {
        let failure = Failure::new(format!("cannot tell which function {} holds", directory.display()));
        return Err(failure
            .help("name its handler lambda_function.py or index.mjs, or describe it in tinderbox.toml"));
    };
    Ok(Project {
        name: function_name(directory)?,
        runtime: (*runtime).into(),
        handler: (*handler).into(),
        memory: default_memory(),
        timeout: default_timeout(),
        role: default_role(),
        environment: BTreeMap::new(),
    })
}

/// The name a directory gives its function: letters, digits, `-` and `_`, at most 64 (Lambda's rule).
pub(crate) fn function_name(directory: &Path) -> Outcome<String> {
    let path = directory.canonicalize().unwrap_or_else(|_| directory.to_path_buf());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
        .take(64)
        .collect();
    if name.trim_matches('-').is_empty() {
        return Err(Failure::new(format!("{} gives no name for a function", directory.display())));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_understood_by_its_entry_file() {
        fn check(file: &str, expect: Option<(&str, &str)>) {
            let directory = tempfile::tempdir().expect("a directory");
            fs::write(directory.path().join(file), "").expect("written");
            let project = Project::read(directory.path()).ok();
            assert_eq!(project.as_ref().map(|p| (p.runtime.as_str(), p.handler.as_str())), expect, "{file}");
        }
        check("lambda_function.py", Some(("python3.13", "lambda_function.lambda_handler")));
        check("index.mjs", Some(("nodejs22.x", "index.handler")));
        check("main.c", None);
    }

    #[test]
    fn a_misspelt_option_is_told() {
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join(FILE), "name='a'\nruntime='python3.13'\nhandler='a.b'\nmemroy=1")
            .expect("written");
        let failure = Project::read(directory.path()).expect_err("memroy is no option").to_string();
        assert!(failure.contains("memroy"), "{failure}");
    }

    #[test]
    fn names() {
        fn check(path: &str, expect: Option<&str>) {
            assert_eq!(function_name(Path::new(path)).ok().as_deref(), expect, "{path}");
        }
        check("/nowhere/my app.v2", Some("my-app-v2"));
        check("/nowhere/hello_1", Some("hello_1"));
        check("/", None);
    }
}
