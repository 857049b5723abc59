//! Who may reach the server, and what is asked of them: it follows from the address and the configuration.

use crate::cli::{Failure, Outcome};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tinderbox_aws::authorize::PolicyAuthorizer;
use tinderbox_base::{
    AccessKeys, Clock,
    config::{self, Auth, Tls},
};
use tinderbox_functions::Functions;
use tinderbox_identity::Identity;
use tinderbox_wire::{Authentication, Loopback, Origin, Router};

/// What is asked of those who call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    /// Where the server listens; port 0 is any free one.
    pub(crate) address: SocketAddr,
    /// Whether others than this machine's users reach it.
    pub(crate) public: bool,
    /// Whether requests must be signed.
    pub(crate) must_sign: bool,
    /// Whether policies are enforced.
    pub(crate) enforce: bool,
    /// Whether connections are encrypted.
    pub(crate) tls: bool,
}

impl Access {
    /// What the configuration means.
    pub(crate) fn of(server: &config::Server) -> Outcome<Self> {
        let listen = &server.listen;
        let address: SocketAddr = listen.parse().map_err(|_| {
            Failure::new(format!("'{listen}' is no address to listen on"))
                .help("an address is IP:PORT, such as 127.0.0.1:4566")
        })?;
        let ip = match address.ip() {
            IpAddr::V6(ip) => ip.to_canonical(),
            ip @ IpAddr::V4(_) => ip,
        };
        let public = !ip.is_loopback();
        let enforce = server.auth == Auth::Enforce;
        let tls = match server.tls {
            Tls::Auto => public,
            Tls::On => true,
            Tls::Off => false,
        };
        Ok(Self { address, public, must_sign: public || enforce, enforce, tls })
    }

    /// The way that requests come.
    pub(crate) fn origin(&self) -> Origin {
        match (self.public, self.tls) {
            (true, tls) => Origin::Public { tls },
            (false, true) => Origin::LoopbackTls,
            (false, false) => Origin::Loopback,
        }
    }

    /// What signatures are verified with, and where they must be.
    pub(crate) fn authentication(&self, keys: Arc<dyn AccessKeys>, clock: &Arc<dyn Clock>) -> Authentication {
        let loopback = if self.must_sign { Loopback::Verified } else { Loopback::Trusted };
        Authentication { keys, clock: Arc::clone(clock), loopback }
    }

    /// The router, asking what is to be asked.
    pub(crate) fn guard(
        &self,
        router: Router,
        identity: &Arc<Identity>,
        functions: &Arc<Functions>,
        clock: &Arc<dyn Clock>,
    ) -> Router {
        let keys = Arc::clone(identity) as Arc<dyn AccessKeys>;
        let router = router.authenticated_by(self.authentication(keys, clock));
        if !self.enforce {
            return router;
        }
        let (identity, functions) = (Arc::clone(identity), Arc::clone(functions));
        router.authorized_by(Arc::new(PolicyAuthorizer::new(identity, functions, Arc::clone(clock))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_asks_for() {
        fn check(listen: &str, auth: Auth, tls: Tls, expect: Option<(bool, bool, bool)>) {
            let server = config::Server { listen: listen.into(), auth, tls, ..config::Server::default() };
            let found = Access::of(&server).ok().map(|a| (a.public, a.must_sign, a.tls));
            assert_eq!(found, expect, "{listen}");
        }
        use Auth::{Enforce, Relaxed};
        check("127.0.0.1:0", Relaxed, Tls::Auto, Some((false, false, false)));
        check("127.8.9.1:80", Relaxed, Tls::On, Some((false, false, true)));
        check("[::1]:4566", Enforce, Tls::Auto, Some((false, true, false)));
        check("[::ffff:127.0.0.1]:4566", Relaxed, Tls::Auto, Some((false, false, false)));
        check("0.0.0.0:4566", Relaxed, Tls::Auto, Some((true, true, true)));
        check("[::]:4566", Relaxed, Tls::Off, Some((true, true, false)));
        check("192.168.1.2:4566", Enforce, Tls::Auto, Some((true, true, true)));
        check("localhost:4566", Relaxed, Tls::Auto, None);
    }
}
