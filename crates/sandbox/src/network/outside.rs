//! Whether there is a way out, and if not, why.

use super::{Router, undo};
use std::{io, path::Path};

/// What instances reach beyond themselves.
#[derive(Debug)]
pub(crate) enum Outside {
    /// Nothing: nobody asked for more.
    Closed,
    /// Nothing, although it was asked for: what the host lacks.
    Missing(io::Error),
    /// Public addresses, by the router.
    Internet(Router),
}

impl Outside {
    /// Opens the way, if it is `wanted`. Blocks.
    pub(crate) fn open(wanted: bool, state_dir: &Path, tag: &str) -> Self {
        if !wanted {
            return Self::Closed;
        }
        let missing = |error| {
            if let Err(error) = undo(state_dir, tag) {
                tracing::error!(%error, "what was changed of the host's network could not be undone");
            }
            Self::Missing(error)
        };
        Router::start(state_dir, tag).map_or_else(missing, Self::Internet)
    }

    pub(crate) fn router(&self) -> Option<&Router> {
        match self {
            Self::Internet(router) => Some(router),
            Self::Closed | Self::Missing(_) => None,
        }
    }

    /// One line for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Closed => "network: the platform at most".to_owned(),
            Self::Missing(error) => {
                format!("network: the platform at most, although the internet was asked for: {error}")
            }
            Self::Internet(router) => format!("network: public addresses, {}", router.describe()),
        }
    }
}
