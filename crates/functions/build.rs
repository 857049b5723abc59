//! Embeds the bootstraps of `runtimes/`, so that the binary works when copied elsewhere alone.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../runtimes");
    let mut files = Vec::new();
    for language in ["python", "node"] {
        let directory = root.join(language);
        println!("cargo::rerun-if-changed={}", directory.display());
        collect(&directory, &mut files)?;
    }
    files.sort();
    let mut code = String::from("/// Path below `runtimes/` and content of every file of the bootstraps.\n");
    code.push_str("pub(super) const FILES: &[(&str, &[u8])] = &[\n");
    for file in &files {
        let name = file.strip_prefix(&root).map_err(io::Error::other)?;
        let _ = writeln!(code, "    ({:?}, include_bytes!({:?})),", name, fs::canonicalize(file)?);
    }
    code.push_str("];\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("bootstraps.rs"), code)
}

/// Source files below `directory`; what interpreters leave beside them is no part of a bootstrap.
fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("__pycache__") {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "py" || e == "js" || e == "mjs") {
            files.push(path);
        }
    }
    Ok(())
}
