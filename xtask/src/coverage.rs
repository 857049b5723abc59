//! COVERAGE.md: what of each service's API there is.
//!
//! An operation counts as implemented when a test under tests/ says that it calls it through a stock client,
//! `@covers("lambda.CreateFunction")`, and only then: code that nothing calls proves nothing.

use crate::{
    Result,
    codegen::{Config, model::Model},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The tests that cover an operation, by `service.Operation`.
type Covered = BTreeMap<String, BTreeSet<String>>;

/// Writes COVERAGE.md, or with `check` fails if that would change it.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let text = render(root)?;
    let path = root.join("COVERAGE.md");
    if fs::read_to_string(&path).is_ok_and(|have| have == text) {
        return Ok(());
    }
    if check {
        return Err("run `cargo xtask coverage`; COVERAGE.md would change".into());
    }
    fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))
}

fn render(root: &Path) -> Result<String> {
    let mut covered = scan(&root.join("tests"))?;
    let (mut summary, mut lists) = (String::new(), String::new());
    for name in Config::read(root)?.0.keys() {
        let model = Model::read(root, name)?;
        let _ = writeln!(
            lists,
            "\n## {}\n\n| operation | test |\n| --- | --- |",
            model.metadata.service_full_name
        );
        let mut count = 0;
        for operation in model.operations.keys() {
            let tests = covered.remove(&format!("{name}.{operation}")).unwrap_or_default();
            count += usize::from(!tests.is_empty());
            let tests: Vec<_> = tests.iter().map(|t| format!("`{t}`")).collect();
            let cell = if tests.is_empty() { "not implemented".into() } else { tests.join(", ") };
            let _ = writeln!(lists, "| {operation} | {cell} |");
        }
        let title = &model.metadata.service_full_name;
        let _ = writeln!(summary, "| {title} | {count} | {} |", model.operations.len());
    }
    if let Some((operation, tests)) = covered.first_key_value() {
        return Err(format!("{tests:?} cover {operation}, which no model has"));
    }
    Ok(format!(
        "# Coverage\n\nWritten by `cargo xtask coverage`. An operation is implemented when the named test calls it \
         through a stock client;\nevery other one answers 501 with its name.\n\n\
         | service | implemented | operations |\n| --- | --- | --- |\n{summary}{lists}"
    ))
}

/// The marks in all Python files below `folder`; none if it does not exist.
fn scan(folder: &Path) -> Result<Covered> {
    let mut covered = Covered::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "py") {
                let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
                marks(&text, &mut covered)?;
            }
        }
    }
    Ok(covered)
}

/// Reads the `@covers(...)` lines above each `def test_...`.
fn marks(text: &str, covered: &mut Covered) -> Result<()> {
    let (mut pending, mut inside): (Vec<String>, bool) = (Vec::new(), false);
    for line in text.lines().map(str::trim) {
        if inside || line.starts_with("@covers(") {
            pending.extend(line.split('"').skip(1).step_by(2).map(str::to_owned));
            inside = !line.ends_with(')');
        } else if let Some(rest) =
            line.strip_prefix("def test_").or_else(|| line.strip_prefix("async def test_"))
        {
            let name = rest.split('(').next().unwrap_or_default();
            for operation in pending.drain(..) {
                covered.entry(operation).or_default().insert(format!("test_{name}"));
            }
        }
    }
    match pending.first() {
        Some(operation) => Err(format!("@covers(\"{operation}\") stands above no test")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_is_up_to_date() {
        run(&crate::root(), true).expect("nothing to change");
    }

    #[test]
    fn marked_tests() {
        fn check(text: &str, expect: Option<&[(&str, &str)]>) {
            let mut covered = Covered::new();
            let read = marks(text, &mut covered).ok().map(|()| {
                let pairs =
                    covered.iter().flat_map(|(o, tests)| tests.iter().map(move |t| (o.as_str(), t.as_str())));
                pairs.collect::<Vec<_>>()
            });
            assert_eq!(read.as_deref(), expect, "{text}");
        }
        check("@covers(\"sts.A\")\ndef test_a(): ...", Some(&[("sts.A", "test_a")]));
        check(
            "@covers(\"sts.A\", \"sts.B\")\n@slow\ndef test_a(x):\n    pass\ndef test_b(): ...",
            Some(&[("sts.A", "test_a"), ("sts.B", "test_a")]),
        );
        check("@covers(\n    \"sts.A\",\n)\nasync def test_a(): ...", Some(&[("sts.A", "test_a")]));
        check("def test_a(): ...", Some(&[]));
        check("@covers(\"sts.A\")\ndef helper(): ...", None);
    }
}
