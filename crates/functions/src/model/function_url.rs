//! Function URLs: addresses of a function's own.

use serde::{Deserialize, Serialize};
use tinderbox_base::{Random, Timestamp};

/// Characters of an URL's id.
const ID: usize = 32;

/// The address of a function or of one of its aliases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionUrl {
    /// The first label of its host name, unique among all.
    pub id: String,
    /// `NONE`: whoever the resource policy lets may call, signed or not; `AWS_IAM`: who signs and may.
    pub auth_type: String,
    /// Which pages of other origins may call.
    #[serde(default)]
    pub cors: Option<UrlCors>,
    /// `BUFFERED`, or `RESPONSE_STREAM`: answers come as the function gives them.
    pub invoke_mode: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed last.
    pub last_modified: Timestamp,
}

/// Which pages of other origins may call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UrlCors {
    /// Whether they may send credentials.
    pub allow_credentials: Option<bool>,
    /// Headers they may send.
    pub allow_headers: Option<Vec<String>>,
    /// Methods they may use.
    pub allow_methods: Option<Vec<String>>,
    /// Their origins.
    pub allow_origins: Option<Vec<String>>,
    /// Headers of answers they may read.
    pub expose_headers: Option<Vec<String>>,
    /// Seconds that browsers may remember this.
    pub max_age: Option<i64>,
}

impl UrlCors {
    /// Whether it says nothing, which is as if there were none.
    pub(crate) fn is_empty(&self) -> bool {
        let lists = [&self.allow_headers, &self.allow_methods, &self.allow_origins, &self.expose_headers];
        lists.iter().all(|list| list.as_ref().is_none_or(Vec::is_empty))
            && self.allow_credentials.is_none()
            && self.max_age.is_none()
    }
}

impl FunctionUrl {
    /// A new id.
    pub(crate) fn new_id(random: &dyn Random) -> String {
        const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let draw = || usize::try_from(random.below(36)).ok().and_then(|at| ALPHABET.get(at).copied());
        (0..ID).map(|_| draw().map_or('a', char::from)).collect()
    }
}
