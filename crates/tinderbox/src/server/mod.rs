//! The server: every part, wired.

pub(crate) mod dns;
pub(crate) mod listen;
pub(crate) mod log;
pub(crate) mod tls;

use crate::cli::Outcome;
use tinderbox_base::config::Config;

pub(crate) struct Server {}

impl Server {
    pub(crate) async fn start(_config: Config, _testing: bool) -> Outcome<Self> {
        Ok(Self {})
    }
    pub(crate) fn address(&self) -> std::net::SocketAddr {
        ([127, 0, 0, 1], 1).into()
    }
    pub(crate) async fn run(self) {}
}
