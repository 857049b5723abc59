//! ListFunctions.

use super::Functions;
use super::live::{Edition, Live};
use crate::model::Function;
use std::sync::Arc;
use tinderbox_base::{Caller, Result};

/// Most entries of one page (Lambda API: ListFunctions, ListVersionsByFunction).
pub(super) const MAX_PAGE: usize = 50;

/// What a list has an entry for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Each function, as it is being edited.
    Functions,
    /// Each version of each function.
    Versions,
}

/// Some functions, or versions of them, in order.
#[derive(Clone, Debug)]
pub struct Page {
    /// The functions.
    pub functions: Vec<Arc<Function>>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl Functions {
    /// The functions of the caller's account and region, or all of their versions, from `from` on.
    pub fn list(
        &self,
        caller: &Caller,
        from: Option<&str>,
        max_items: Option<i64>,
        what: Listing,
    ) -> Result<Page> {
        // After this version of this function; a function as a whole comes before all of its versions.
        let after = from.filter(|m| !m.is_empty()).map(marker::entry).transpose()?;
        let limit = page_size(max_items);
        let namespace = self.inner.table.find(&caller.account, &caller.region);
        let mut found: Vec<Arc<Edition>> = Vec::new();
        let mut name = after.as_ref().map(|(name, _)| name.clone());
        if let (Some(namespace), Some((name, number)), Listing::Versions) = (&namespace, &after, what)
            && let Some(live) = namespace.get(name)
        {
            let rest = live.parts.versions.range(number + 1..);
            found.extend(rest.map(|(_, edition)| edition.clone()));
        }
        // One more than is shown tells whether there is another page.
        while let Some(namespace) = &namespace
            && found.len() <= limit
        {
            let lives = namespace.page(name.as_deref(), limit + 1 - found.len());
            let Some(last) = lives.last() else { break };
            name = Some(last.function().name.as_str().to_owned());
            for live in &lives {
                found.extend(shown(live, what).cloned());
            }
        }
        let more = found.len() > limit;
        found.truncate(limit);
        let functions: Vec<_> = found.iter().map(|edition| edition.function.clone()).collect();
        let last = functions.last().filter(|_| more);
        let next = last.map(|f| {
            let number = f.publication.as_ref().map_or(0, |p| p.number);
            marker::of(&format!("{}:{number}", f.name))
        });
        Ok(Page { functions, next })
    }
}

fn shown(live: &Live, what: Listing) -> impl Iterator<Item = &Arc<Edition>> {
    live.editions().take(match what {
        Listing::Functions => 1,
        Listing::Versions => usize::MAX,
    })
}

/// How many entries a page has, given what the caller wants.
pub(super) fn page_size(max_items: Option<i64>) -> usize {
    usize::try_from(max_items.unwrap_or(MAX_PAGE as i64)).unwrap_or(1).clamp(1, MAX_PAGE)
}

/// Markers: where a next page begins, opaque to callers.
pub(super) mod marker {
    use crate::errors;
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    use tinderbox_base::{Error, Result};

    /// The marker of the page after `last`.
    pub(in crate::service) fn of(last: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(last)
    }

    /// What a marker was made of.
    pub(in crate::service) fn text(marker: &str) -> Result<String> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(marker).ok();
        bytes.and_then(|b| String::from_utf8(b).ok()).ok_or_else(wrong)
    }

    /// The number that a marker was made of.
    pub(in crate::service) fn number(marker: &str) -> Result<u64> {
        text(marker)?.parse().map_err(|_| wrong())
    }

    /// The name and number that a marker was made of.
    pub(in crate::service) fn entry(marker: &str) -> Result<(String, u64)> {
        let text = text(marker)?;
        let parts =
            text.split_once(':').and_then(|(name, number)| Some((name.to_owned(), number.parse().ok()?)));
        parts.ok_or_else(wrong)
    }

    fn wrong() -> Error {
        errors::invalid_parameter("The value of Marker was not returned by an earlier request.")
    }
}
