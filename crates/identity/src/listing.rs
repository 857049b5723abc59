//! Reading what lies under one key, page by page.

use crate::{record, roles::Identity};
use serde::de::DeserializeOwned;
use tinderbox_base::Result;
use tinderbox_store::Key;

/// Entries read at once.
const STEP: usize = 1000;

/// Items, and the last of them if there are more.
pub(crate) struct Listed<T> {
    pub(crate) items: Vec<T>,
    pub(crate) marker: Option<T>,
}

impl Identity {
    /// At most `limit` of the records under `prefix`, from the one after `after` on, that are `wanted`.
    pub(crate) async fn page<R: DeserializeOwned, T: Clone>(
        &self,
        prefix: &Key,
        after: Option<Key>,
        limit: usize,
        wanted: impl Fn(R) -> Option<T>,
    ) -> Result<Listed<T>> {
        let mut range = prefix.prefix();
        if let Some(after) = after {
            range = range.after(&after);
        }
        let mut items = Vec::new();
        loop {
            let entries = self.store.range(&range, STEP).await?;
            for entry in &entries {
                let Some(item) = wanted(record::decode(&entry.value)?) else { continue };
                if items.len() == limit {
                    let marker = items.last().cloned();
                    return Ok(Listed { items, marker });
                }
                items.push(item);
            }
            match entries.last() {
                Some(last) if entries.len() == STEP => range = range.after(&last.key),
                _ => return Ok(Listed { items, marker: None }),
            }
        }
    }
}
