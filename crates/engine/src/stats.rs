//! Numbers of instances and requests, for those who operate the server.

use serde::Serialize;

/// Instances by state, and requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Generic instances that stand ready.
    pub stems: usize,
    /// Instances whose turn to boot has not come.
    pub queued: usize,
    /// Instances whose process is being brought up.
    pub booting: usize,
    /// Instances that load their version's code.
    pub initialising: usize,
    /// Free instances that are not frozen.
    pub idle: usize,
    /// Free instances that are frozen.
    pub parked: usize,
    /// Instances that serve a request.
    pub busy: usize,
    /// Requests that wait for an instance being made.
    pub waiting: usize,
    /// Requests accepted and not answered, waiting ones included.
    pub in_flight: usize,
}
