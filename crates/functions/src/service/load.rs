//! Reading functions from the store, when the server starts.

use super::Inner;
use super::live::{Edition, Live, Parts};
use super::table::Namespace;
use crate::keys::{self, Part};
use crate::model::{Alias, EventConfig, Function, FunctionUrl, Policy};
use crate::names::Target;
use crate::run::group_id;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use tinderbox_base::{AccountId, Error, Region, Result};
use tinderbox_store::{Commit, Entry, Key, KeyRange, Op, Version};

/// Records read at once.
const PAGE: usize = 1000;

/// A function as far as it was read.
struct Found {
    function: Function,
    stored: Version,
    parts: Parts,
}

/// Reads the functions of an account and region with all that belongs to them, and drops parts whose
/// function is gone: what a crash left of a deletion.
pub(super) async fn functions(inner: &Arc<Inner>, account: &AccountId, region: &Region) -> Result<()> {
    let mut found = HashMap::new();
    each(inner, keys::functions(account, region), |entry| {
        let function: Function = record(&entry.key, &entry.value)?;
        let uid = function.uid.to_string();
        found.insert(uid, Found { function, stored: entry.version, parts: Parts::default() });
        Ok(())
    })
    .await?;
    for part in Part::ALL {
        let mut orphans = Vec::new();
        each(inner, part.all(account, region), |entry| {
            let Some((uid, name)) = keys::parse_part(&entry.key) else { return Ok(()) };
            match found.get_mut(&uid) {
                Some(found) => add(&mut found.parts, part, name, entry),
                None => {
                    orphans.push(Op::Delete(entry.key.clone()));
                    Ok(())
                }
            }
        })
        .await?;
        for ops in orphans.chunks(PAGE) {
            inner.store.commit(Commit { ops: ops.to_vec(), ..Commit::default() }).await?;
        }
    }
    let namespace = inner.table.namespace(account, region);
    found.into_values().for_each(|found| drop(adopt(inner, &namespace, found)));
    Ok(())
}

/// Reads one function with all that belongs to it; none if there is none.
pub(super) async fn one(inner: &Arc<Inner>, target: &Target) -> Result<Option<Arc<Live>>> {
    let Ok(name) = target.name.parse() else { return Ok(None) };
    let key = keys::function(&target.account, &target.region, &name);
    let Some(entry) = inner.store.get(&key).await? else { return Ok(None) };
    let function: Function = record(&key, &entry.value)?;
    let mut parts = Parts::default();
    for part in Part::ALL {
        each(inner, part.of(&function), |entry| match keys::parse_part(&entry.key) {
            Some((_, name)) => add(&mut parts, part, name, entry),
            None => Ok(()),
        })
        .await?;
    }
    let namespace = inner.table.namespace(&target.account, &target.region);
    Ok(Some(adopt(inner, &namespace, Found { function, stored: entry.version, parts })))
}

/// Shows a function that was read, unless it is shown already: what runs it belongs to the first.
fn adopt(inner: &Inner, namespace: &Namespace, found: Found) -> Arc<Live> {
    let Found { function, stored, parts } = found;
    let reserved = function.reserved_concurrency;
    let live = Arc::new(Live { latest: Edition::new(function), stored, parts });
    if let Err(shown) = namespace.insert_new(live.clone()) {
        return shown;
    }
    if let Some(n) = reserved {
        inner.engine.set_reserved(&live.function().account, &group_id(live.function()), Some(n));
    }
    live.editions().for_each(|edition| inner.preparation.code.name(edition.function.code.sha256));
    inner.urls.replace(None, Some(&live));
    live
}

/// Gives every entry of a range to `take`.
async fn each(inner: &Inner, range: KeyRange, mut take: impl FnMut(&Entry) -> Result<()>) -> Result<()> {
    let mut rest = range;
    loop {
        let entries = inner.store.range(&rest, PAGE).await?;
        let Some(last) = entries.last() else { return Ok(()) };
        rest = rest.after(&last.key);
        entries.iter().try_for_each(&mut take)?;
    }
}

/// What is stored under a key; a failure names the key.
fn record<T: DeserializeOwned>(key: &Key, value: &[u8]) -> Result<T> {
    serde_json::from_slice(value)
        .map_err(|error| Error::internal(io::Error::other(format!("{key:?}: {error}"))))
}

fn add(parts: &mut Parts, part: Part, name: String, entry: &Entry) -> Result<()> {
    match part {
        Part::Version => {
            let function: Function = record(&entry.key, &entry.value)?;
            let number = name.parse().map_err(Error::internal)?;
            Arc::make_mut(&mut parts.versions).insert(number, Edition::new(function));
        }
        Part::Alias => {
            let alias: Alias = record(&entry.key, &entry.value)?;
            Arc::make_mut(&mut parts.aliases).insert(name, Arc::new(alias));
        }
        Part::EventConfig => {
            let config: EventConfig = record(&entry.key, &entry.value)?;
            Arc::make_mut(&mut parts.event_configs).insert(name, Arc::new(config));
        }
        Part::Policy => {
            let policy: Policy = record(&entry.key, &entry.value)?;
            Arc::make_mut(&mut parts.policies).insert(name, Arc::new(policy));
        }
        Part::Url => {
            let url: FunctionUrl = record(&entry.key, &entry.value)?;
            Arc::make_mut(&mut parts.urls).insert(name, Arc::new(url));
        }
    }
    Ok(())
}
