//! The operator's log, on standard error.

use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// What is logged unless the environment says otherwise.
const DEFAULT: &str = "info";

/// Starts logging. `TINDERBOX_LOG` filters as `RUST_LOG` does elsewhere.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_env("TINDERBOX_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start, which does not happen, would keep the first.
    let _ = log.with_ansi(std::io::stderr().is_terminal()).try_init();
}
