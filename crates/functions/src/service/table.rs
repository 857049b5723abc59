//! The functions in memory: what every request reads.

use super::live::Live;
use crate::model::Function;
use crate::names::{FunctionName, Target};
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tinderbox_base::{AccountId, Region};
use tokio::sync::Mutex;

/// The functions of one account and region.
#[derive(Default)]
pub(crate) struct Namespace {
    held: RwLock<Held>,
    /// Held while a change is checked, committed and shown: sums over all functions stay true.
    pub(super) changes: Mutex<()>,
}

#[derive(Default)]
struct Held {
    functions: BTreeMap<FunctionName, Arc<Live>>,
    /// Bytes of the code of all of them, kept up to date: every creation asks for it.
    code_size: u64,
}

impl Namespace {
    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, name: &str) -> Option<Arc<Live>> {
        self.read().functions.get(name).cloned()
    }

    pub(super) fn insert(&self, live: Arc<Live>) {
        let mut held = self.write();
        held.code_size += live.code_size();
        let old = held.functions.insert(live.function().name.clone(), live);
        held.code_size -= old.map_or(0, |old| old.code_size());
    }

    /// Shows a function of which none of that name is shown, or gives that which is.
    pub(super) fn insert_new(&self, live: Arc<Live>) -> Result<(), Arc<Live>> {
        let mut held = self.write();
        if let Some(shown) = held.functions.get(live.function().name.as_str()) {
            return Err(shown.clone());
        }
        held.code_size += live.code_size();
        held.functions.insert(live.function().name.clone(), live);
        Ok(())
    }

    pub(super) fn remove(&self, name: &str) {
        let mut held = self.write();
        let old = held.functions.remove(name);
        held.code_size -= old.map_or(0, |old| old.code_size());
    }

    /// At most `limit` functions whose names come after `after`.
    pub(super) fn page(&self, after: Option<&str>, limit: usize) -> Vec<Arc<Live>> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let held = self.read();
        held.functions
            .range::<str, _>((start, Bound::Unbounded))
            .take(limit)
            .map(|(_, live)| live.clone())
            .collect()
    }

    /// The sum of `quantity` over all functions.
    pub(super) fn sum(&self, quantity: impl Fn(&Function) -> u64) -> u64 {
        self.read().functions.values().map(|live| quantity(live.function())).sum()
    }

    /// Bytes of the code of all functions, each of their versions counted.
    pub(super) fn code_size(&self) -> u64 {
        self.read().code_size
    }
}

/// The functions of all accounts and regions.
#[derive(Default)]
pub(crate) struct Table {
    namespaces: RwLock<HashMap<(AccountId, Region), Arc<Namespace>>>,
}

impl Table {
    /// The namespace, if it has or had functions.
    pub(super) fn find(&self, account: &AccountId, region: &Region) -> Option<Arc<Namespace>> {
        let key = (account.clone(), region.clone());
        self.namespaces.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// The namespace, made if it is new.
    pub(super) fn namespace(&self, account: &AccountId, region: &Region) -> Arc<Namespace> {
        self.find(account, region).unwrap_or_else(|| {
            let mut namespaces = self.namespaces.write().unwrap_or_else(PoisonError::into_inner);
            namespaces.entry((account.clone(), region.clone())).or_default().clone()
        })
    }

    /// All functions.
    pub(super) fn all(&self) -> Vec<Arc<Live>> {
        let namespaces = self.namespaces.read().unwrap_or_else(PoisonError::into_inner);
        namespaces.values().flat_map(|namespace| namespace.page(None, usize::MAX)).collect()
    }

    /// The function, if it exists; its qualifier is not looked at.
    pub(crate) fn get(&self, target: &Target) -> Option<Arc<Live>> {
        self.find(&target.account, &target.region)?.get(&target.name)
    }
}
