//! Which function an URL's id belongs to.

use super::live::Live;
use crate::names::{LATEST, Target};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// The URLs of all functions by their ids.
#[derive(Default)]
pub(crate) struct UrlIndex(RwLock<HashMap<String, Target>>);

impl UrlIndex {
    /// What the id belongs to.
    pub(super) fn get(&self, id: &str) -> Option<Target> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Takes the URLs of `old` out and those of `new` in.
    pub(super) fn replace(&self, old: Option<&Live>, new: Option<&Live>) {
        let none = |live: Option<&Live>| live.is_none_or(|live| live.parts.urls.is_empty());
        if none(old) && none(new) {
            return;
        }
        let mut index = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for url in old.into_iter().flat_map(|live| live.parts.urls.values()) {
            index.remove(&url.id);
        }
        if let Some(live) = new {
            for (qualifier, url) in live.parts.urls.iter() {
                index.insert(url.id.clone(), target(live, qualifier));
            }
        }
    }
}

/// The function of `live`, or its alias.
pub(super) fn target(live: &Live, qualifier: &str) -> Target {
    let function = live.function();
    Target {
        account: function.account.clone(),
        region: function.region.clone(),
        name: function.name.to_string(),
        qualifier: (qualifier != LATEST).then(|| qualifier.to_owned()),
    }
}
