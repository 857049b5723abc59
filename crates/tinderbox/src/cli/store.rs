//! `tinderbox store`: looking after the store while no server runs.

use super::{Failure, Outcome};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
};
use tinderbox_store::{
    StoreError,
    maintain::{self, Contents},
};

/// Check, compact, export or import the store while no server runs.
#[derive(Debug, clap::Args)]
pub(crate) struct Store {
    #[command(subcommand)]
    command: Command,
    /// Directory that holds all durable state.
    #[arg(long, value_name = "DIR", default_value = ".tinderbox", global = true)]
    data: PathBuf,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Read every page and row and tell what there is.
    Check,
    /// Give back the space of what was deleted.
    Compact,
    /// Write everything in the store to a file. Code and log lines lie beside it, in blobs/ and logs/.
    Export {
        /// The file; it must not exist.
        file: PathBuf,
    },
    /// Make a store of an exported file, where there is none.
    Import {
        /// The file that `export` wrote.
        file: PathBuf,
    },
}

impl Store {
    /// Does it and tells what was done.
    pub(crate) fn run(self) -> Outcome {
        let dir = self.data.join("store");
        match self.command {
            Command::Check => {
                let found = maintain::check(&dir).map_err(failed)?;
                println!("{} is whole: {}", dir.display(), told(&found));
            }
            Command::Compact => {
                let done = maintain::compact(&dir).map_err(failed)?;
                println!("{} had {} bytes and has {}", dir.display(), done.before, done.after);
            }
            Command::Export { file } => {
                let found = export(&dir, &file)?;
                println!("{} holds {}", file.display(), told(&found));
            }
            Command::Import { file } => {
                let from = File::open(&file).map_err(|error| cannot("read", &file, &error))?;
                let found = maintain::import(&dir, from).map_err(failed)?;
                println!("{} has {}", dir.display(), told(&found));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes the export beside its place and moves it there once it is whole and durable.
fn export(dir: &Path, file: &Path) -> Outcome<Contents> {
    if file.exists() {
        return Err(Failure::new(format!("{} exists already", file.display())).help("name a new file"));
    }
    let mut new = file.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let write = |new: &Path| {
        let mut out = File::create(new).map_err(|error| cannot("write", new, &error))?;
        let found = maintain::export(dir, &mut out).map_err(failed)?;
        out.sync_all()
            .and_then(|()| std::fs::rename(new, file))
            .map_err(|error| cannot("write", file, &error))?;
        Ok(found)
    };
    write(&new).inspect_err(|_| {
        // Half an export is of no use to anybody.
        let _ = std::fs::remove_file(&new);
    })
}

fn cannot(what: &str, file: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot {what} {}: {error}", file.display()))
}

fn failed(error: StoreError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error {
        StoreError::Locked(_) => failure.help("stop the server first: a store has one owner at a time"),
        StoreError::Corrupt(_) => {
            failure.help("restore the data directory from a copy, or import what was exported before")
        }
        _ => failure,
    }
}

fn told(found: &Contents) -> String {
    let Contents { items, leases, logs, records, bytes } = found;
    format!("{items} items, {leases} claims, {records} records in {logs} logs, {bytes} bytes")
}
