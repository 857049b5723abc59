//! The operator's log, on standard error.

use tracing_subscriber::EnvFilter;

/// Starts logging. `TINDERBOX_LOG` filters as `RUST_LOG` does elsewhere; the default is `info`.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_env("TINDERBOX_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
