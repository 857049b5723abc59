//! How much one request, answer and API may be. AWS's numbers are from the page "Amazon API Gateway quotas".

use std::time::Duration;

/// Bytes of a request's body (payload size: 10 MB).
pub const MAX_REQUEST_BODY: u64 = 10 * 1024 * 1024;

/// Bytes of an answer of another server; a function's answer has its own, smaller limit (payload size: 10 MB).
pub const MAX_UPSTREAM_BODY: usize = 10 * 1024 * 1024;

/// KiB of bodies that may be in memory at once, all requests together. Further ones wait.
pub const MAX_IN_FLIGHT_KIB: u32 = 512 * 1024;

/// How long a request's body may take to arrive.
pub const BODY_DEADLINE: Duration = Duration::from_secs(60);

/// Bytes of all headers of a request, names and values together (total combined size: 10,240 bytes).
pub const MAX_HEADER_BYTES: usize = 10_240;

/// Parameters of a query string that are read; what follows is not looked at.
pub const MAX_QUERY_PARAMETERS: usize = 1_000;

/// Connections to one other server that are kept open though nothing is asked.
pub const MAX_IDLE_UPSTREAM: usize = 32;

/// How long a connection to another server may take to be made.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Authorizers' answers kept for one API; beyond it those not used lately go.
pub const MAX_CACHED_AUTHORIZATIONS: usize = 10_000;

/// Throttle buckets of one stage or plan; beyond it those that are full again are forgotten.
pub const MAX_BUCKETS: usize = 20_000;

/// Bytes of one answer that a stage keeps ("The maximum size of a response that can be cached is 1048576 bytes").
pub const MAX_ANSWER_KEPT: usize = 1_048_576;

/// Bytes of answers that stages keep, all of them together, whatever the size of the clusters that they ask for;
/// beyond it those not used lately go.
pub const MAX_ANSWERS_KEPT: u64 = 64 * 1024 * 1024;
