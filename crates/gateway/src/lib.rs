//! The front door: APIs that answer HTTP requests by calling functions and other servers.
//!
//! [`Gateway`] is what requests come in through; it finds the API by its address and lets it answer. What an API
//! is, is the business of its kind: [`rest_api`] is API Gateway's REST API (v1), [`http_api`] its HTTP API (v2).
//! Functions are reached through [`tinderbox_base::Targets`] only; no protocol of the management API is spoken here.

mod access_log;
mod address;
mod body;
mod call;
mod clock_text;
mod commit;
mod edge;
mod errors;
mod function;
mod function_url;
mod gate;
pub mod http_api;
mod ids;
mod json;
pub mod limits;
mod mapping;
mod outgoing;
mod page;
mod paths;
mod policy;
mod proxy;
mod query;
pub mod rest_api;
mod streamed;
mod tags;
mod throttle;
mod upstream;
mod url_auth;

pub use address::Address;
pub use call::Call;
pub use edge::{Gateway, Registry, Served};
pub use function_url::{FunctionUrls, InvokeMode, Url, UrlSource};
pub use gate::{Gate, MISSING, Question, Signer, Unsigned};
pub use outgoing::Outgoing;
pub use paths::Paths;
pub use url_auth::Guarded;
