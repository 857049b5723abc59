//! Packing a directory as Lambda's zip, and the encodings its API wants.

use super::{Failure, Outcome, failure::During};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::{
    fs,
    io::{Cursor, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};
use walkdir::WalkDir;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

/// The largest zip that a request can carry (Lambda quotas: 50 MB).
const MAX_ZIP: usize = 50 << 20;
/// Names that belong to a working copy and not to a function.
const LEFT_OUT: [&str; 7] =
    [".git", ".tinderbox", ".venv", "__pycache__", ".DS_Store", ".pytest_cache", "tinderbox.toml"];

/// A directory as a zip.
///
/// The same files give the same bytes, so that an unchanged directory is known by its hash.
pub(crate) fn zip(directory: &Path) -> Outcome<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut files = 0_usize;
    let entries = WalkDir::new(directory).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| entry.depth() == 0 || !left_out(entry.file_name())) {
        let entry = entry.during(|| "cannot read the directory".into())?;
        let path = entry.path();
        let Ok(name) = path.strip_prefix(directory) else { continue };
        let shown = path.display();
        let name = name.to_str().ok_or_else(|| Failure::new(format!("{shown}: the name is not UTF-8")))?;
        if entry.file_type().is_symlink() {
            let target = fs::read_link(path).during(|| format!("cannot read {shown}"))?;
            let added = writer.add_symlink(name, target.to_string_lossy(), options(0o777));
            added.during(|| format!("cannot pack {shown}"))?;
        } else if entry.file_type().is_file() {
            let content = fs::read(path).during(|| format!("cannot read {shown}"))?;
            let mode = entry.metadata().during(|| format!("cannot read {shown}"))?.permissions().mode();
            let mode = if mode & 0o111 == 0 { 0o644 } else { 0o755 };
            writer.start_file(name, options(mode)).during(|| format!("cannot pack {shown}"))?;
            writer.write_all(&content).during(|| format!("cannot pack {shown}"))?;
            files += 1;
        }
    }
    if files == 0 {
        return Err(Failure::new(format!("{} holds no files to deploy", directory.display())));
    }
    let bytes = writer.finish().during(|| "cannot pack the directory".into())?.into_inner();
    if bytes.len() > MAX_ZIP {
        let mib = bytes.len() >> 20;
        return Err(Failure::new(format!("the packed directory has {mib} MB; a request carries at most 50")));
    }
    Ok(bytes)
}

fn options(mode: u32) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(mode)
}

/// Whether `name` stays out of a package.
pub(crate) fn left_out(name: &std::ffi::OsStr) -> bool {
    LEFT_OUT.iter().any(|left_out| name == *left_out)
}

/// Bytes as base64.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Base64 as bytes.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A text as one segment of a path.
pub(crate) fn percent(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_give_the_same_zip_without_what_is_left_out() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = |name: &str, text: &str| fs::write(directory.path().join(name), text).expect("written");
        file("a.py", "x = 1");
        let first = zip(directory.path()).expect("a zip");
        file("tinderbox.toml", "name = 'x'");
        fs::create_dir(directory.path().join("__pycache__")).expect("made");
        file("__pycache__/a.pyc", "x");
        assert_eq!(zip(directory.path()).expect("a zip"), first);
        file("a.py", "x = 2");
        assert_ne!(zip(directory.path()).expect("a zip"), first);
    }

    #[test]
    fn an_empty_directory_is_no_function() {
        let directory = tempfile::tempdir().expect("a directory");
        assert!(zip(directory.path()).is_err());
    }
}
