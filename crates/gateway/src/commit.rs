//! Writing what changed of an API: all of it or nothing, and only if nobody else changed it meanwhile.

use crate::errors;
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, sync::Arc};
use tinderbox_base::{Error, Result};
use tinderbox_store::{Check, Commit, Key, Op, Store, StoreError, Version};

/// A value as it is stored.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<bytes::Bytes> {
    serde_json::to_vec(value).map(Into::into).map_err(Error::internal)
}

/// A stored value.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(Error::internal)
}

/// Commits a change to an API whose head is at `key`, and was stored as `old` if it was at all.
pub(crate) async fn commit(
    store: &dyn Store,
    key: Key,
    old: Option<Version>,
    ops: Vec<Op>,
) -> Result<Version> {
    let check = match old {
        Some(old) => Check::Version(key, old),
        None => Check::Absent(key),
    };
    match store.commit(Commit { checks: vec![check], ops, ..Commit::default() }).await {
        Ok(committed) => Ok(committed.version),
        Err(StoreError::CheckFailed(_)) => Err(Error::conflict(
            "Unable to complete operation due to concurrent modification. Please try again later.",
        )),
        Err(StoreError::TooLarge { .. }) => Err(errors::bad("The API is larger than one change may be")),
        Err(error) => Err(error.into()),
    }
}

/// What has to be written for `old` to become `new`: what both share is the same already.
pub(crate) fn differences<T: Serialize>(
    old: Option<&BTreeMap<String, Arc<T>>>,
    new: Option<&BTreeMap<String, Arc<T>>>,
    key: impl Fn(&str) -> Key,
    ops: &mut Vec<Op>,
) -> Result<()> {
    for (name, value) in new.into_iter().flatten() {
        let same = old.and_then(|all| all.get(name)).is_some_and(|had| Arc::ptr_eq(had, value));
        if !same {
            ops.push(Op::Put(key(name), encode(&**value)?));
        }
    }
    ops.extend(gone(old, new).map(|name| Op::Delete(key(name))));
    Ok(())
}

/// The names that `old` has and `new` has not.
pub(crate) fn gone<'a, V>(
    old: Option<&'a BTreeMap<String, V>>,
    new: Option<&'a BTreeMap<String, V>>,
) -> impl Iterator<Item = &'a String> {
    let left = move |name: &&String| !new.is_some_and(|new| new.contains_key(*name));
    old.into_iter().flat_map(BTreeMap::keys).filter(left)
}
