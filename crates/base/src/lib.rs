//! What every part of Tinderbox shares: identifiers, the caller of an operation, time and
//! randomness as traits, the kinds of error, units, and the configuration.
//!
//! This layer does no I/O and knows no service.

mod access_keys;
mod arn;
mod caller;
mod clock;
pub mod config;
mod error;
mod ids;
mod log_sink;
mod parts;
pub mod policy;
mod random;
mod target;
mod units;

pub use access_keys::{AccessKeys, KeyFault, KnownKey, Secret};
pub use arn::{Arn, ParseArnError};
pub use caller::{Caller, Principal, Session};
pub use clock::{Clock, ManualClock, Monotonic, SystemClock, Timestamp};
pub use error::{Error, ErrorKind, Result};
pub use ids::{AccountId, ParseIdError, Region, RequestId};
pub use log_sink::{LogLine, LogOrigin, LogSink};
pub use parts::{Interrupted, Parts, StreamedReply};
pub use random::{OsRandom, Random, SeededRandom};
pub use target::{Reply, Target, Targets};
pub use units::{Memory, ParseUnitError};
