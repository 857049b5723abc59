//! What is in memory: every API, key and plan, by account and region.

use super::{
    account::Account,
    errors,
    keys::Place,
    model::{Api, ApiKey, Stage, UsagePlan},
    serve::{Compiled, Runtime},
    usage::Counters,
};
use crate::throttle::Buckets;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
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
    /// Its deployments as they are served, by id; those that a stage serves.
    pub(super) compiled: HashMap<String, Arc<Compiled>>,
}

/// API keys and usage plans.
#[derive(Default)]
pub(super) struct Access {
    pub(super) keys: BTreeMap<String, Arc<ApiKey>>,
    /// Ids of keys by what callers send.
    pub(super) by_value: HashMap<String, String>,
    pub(super) plans: BTreeMap<String, Arc<UsagePlan>>,
    /// Plans of each key, by ids.
    pub(super) plans_of: HashMap<String, BTreeSet<String>>,
}

impl Access {
    /// The keys of a plan, by id.
    pub(super) fn keys_of(&self, plan: &str) -> Vec<Arc<ApiKey>> {
        let belongs =
            |key: &&Arc<ApiKey>| self.plans_of.get(&key.id).is_some_and(|plans| plans.contains(plan));
        self.keys.values().filter(belongs).cloned().collect()
    }

    /// Whether a key belongs to a plan.
    pub(super) fn belongs(&self, key: &str, plan: &str) -> bool {
        self.plans_of.get(key).is_some_and(|plans| plans.contains(plan))
    }
}

/// Everything of one account in one region.
pub(crate) struct Namespace {
    pub(super) place: Place,
    apis: RwLock<BTreeMap<String, Arc<Live>>>,
    access: RwLock<Access>,
    account: RwLock<Account>,
    pub(super) counters: Counters,
    /// How often keys may call.
    pub(super) buckets: Buckets,
    /// Held while a change is checked, committed and shown.
    pub(super) changes: Mutex<()>,
}

impl Namespace {
    fn new(place: Place) -> Self {
        Self {
            place,
            apis: RwLock::default(),
            access: RwLock::default(),
            account: RwLock::default(),
            counters: Counters::default(),
            buckets: Buckets::default(),
            changes: Mutex::default(),
        }
    }

    pub(super) fn live(&self, id: &str) -> Result<Arc<Live>> {
        let found = self.apis.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        found.ok_or_else(|| errors::api(self.place.account.as_str(), id))
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

    pub(super) fn access(&self) -> RwLockReadGuard<'_, Access> {
        self.access.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn access_mut(&self) -> RwLockWriteGuard<'_, Access> {
        self.access.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn account(&self) -> Account {
        self.account.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_account(&self, account: Account) {
        *self.account.write().unwrap_or_else(PoisonError::into_inner) = account;
    }

    /// A stage of an API.
    pub(super) fn stage(&self, api: &str, name: &str) -> Result<Arc<Stage>> {
        self.api(api)?.stages.get(name).cloned().ok_or_else(errors::stage)
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
        let new = || Arc::new(Namespace::new(place.clone()));
        Arc::clone(all.entry(place.clone()).or_insert_with(new))
    }

    /// The caller's namespace.
    pub(super) fn of(&self, caller: &Caller) -> Arc<Namespace> {
        self.at(&Place { account: caller.account.clone(), region: caller.region.clone() })
    }

    pub(super) fn all(&self) -> Vec<Arc<Namespace>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
