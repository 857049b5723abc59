//! ListFunctions.

use super::Functions;
use crate::errors;
use crate::model::Function;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use std::sync::Arc;
use tinderbox_base::{Caller, Result};

/// Most functions of one page (Lambda API, ListFunctions).
const MAX_PAGE: usize = 50;

/// Some functions, in the order of their names.
#[derive(Clone, Debug)]
pub struct Page {
    /// The functions.
    pub functions: Vec<Arc<Function>>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl Functions {
    /// The functions of the caller's account and region, from `marker` on.
    pub fn list(&self, caller: &Caller, marker: Option<&str>, max_items: Option<i64>) -> Result<Page> {
        let after = marker.filter(|m| !m.is_empty()).map(decode).transpose()?;
        let limit = usize::try_from(max_items.unwrap_or(MAX_PAGE as i64)).unwrap_or(1).clamp(1, MAX_PAGE);
        let namespace = self.inner.table.find(&caller.account, &caller.region);
        // One more than is shown tells whether there is another page.
        let mut lives = namespace.map_or_else(Vec::new, |n| n.page(after.as_deref(), limit + 1));
        let more = lives.len() > limit;
        lives.truncate(limit);
        let functions: Vec<_> = lives.into_iter().map(|live| live.function.clone()).collect();
        let last = functions.last().filter(|_| more);
        let next = last.map(|f| BASE64_URL_SAFE_NO_PAD.encode(f.name.as_str()));
        Ok(Page { functions, next })
    }
}

fn decode(marker: &str) -> Result<String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(marker).ok();
    let name = bytes.and_then(|b| String::from_utf8(b).ok());
    name.ok_or_else(|| {
        errors::invalid_parameter("The value of Marker was not returned by an earlier request.")
    })
}
