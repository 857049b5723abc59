//! What is in memory: every API, by account and region.

use super::{errors, keys::Place, model::Api, serve::Runtime};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};
use tinderbox_base::{Caller, Result};
use tinderbox_store::Version;
use tokio::sync::Mutex;

/// An API as it is now.
pub(super) struct Live {
    pub(super) api: Arc<Api>,
    /// The version of its head in the store.
    pub(super) stored: Version,
    /// What outlives changes: caches and buckets.
    pub(super) runtime: Arc<Runtime>,
}

/// Everything of one account in one region.
pub(super) struct Namespace {
    pub(super) place: Place,
    apis: RwLock<BTreeMap<String, Arc<Live>>>,
    /// Held while a change is checked, committed and shown.
    pub(super) changes: Mutex<()>,
}

impl Namespace {
    pub(super) fn live(&self, id: &str) -> Result<Arc<Live>> {
        let found = self.apis.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        found.ok_or_else(|| errors::missing("API", id))
    }

    pub(super) fn api(&self, id: &str) -> Result<Arc<Api>> {
        Ok(Arc::clone(&self.live(id)?.api))
    }

    pub(super) fn apis(&self) -> Vec<Arc<Api>> {
        let apis = self.apis.read().unwrap_or_else(PoisonError::into_inner);
        apis.values().map(|live| Arc::clone(&live.api)).collect()
    }

    pub(super) fn put(&self, live: Arc<Live>) {
        let id = live.api.id().to_owned();
        self.apis.write().unwrap_or_else(PoisonError::into_inner).insert(id, live);
    }

    pub(super) fn remove(&self, id: &str) {
        self.apis.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// The namespaces of all accounts and regions.
#[derive(Default)]
pub(super) struct Table(RwLock<HashMap<Place, Arc<Namespace>>>);

impl Table {
    /// A namespace, made if it is new.
    pub(super) fn at(&self, place: &Place) -> Arc<Namespace> {
        if let Some(found) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(place) {
            return Arc::clone(found);
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let new = || Namespace { place: place.clone(), apis: RwLock::default(), changes: Mutex::default() };
        Arc::clone(all.entry(place.clone()).or_insert_with(|| Arc::new(new())))
    }

    /// The caller's namespace.
    pub(super) fn of(&self, caller: &Caller) -> Arc<Namespace> {
        self.at(&Place { account: caller.account.clone(), region: caller.region.clone() })
    }
}
