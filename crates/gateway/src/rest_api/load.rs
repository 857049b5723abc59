//! How the service finds what it has in the store again.

use super::{
    Inner,
    keys::{DeploymentHead, Head, Place, SERVICE, Snapshot, decode},
    model::{Api, Deployment, Resource, Stage},
    serve::Runtime,
    table::Namespace,
};
use std::{collections::BTreeMap, sync::Arc};
use tinderbox_base::{AccountId, Error, Region, Result};
use tinderbox_store::{Entry, Key, KeyRange, Segment};

/// Entries read at once; deployments' pieces are a MiB each.
const PAGE: usize = 64;

impl Inner {
    /// Reads everything, and serves every API.
    pub(super) async fn load(self: &Arc<Self>) -> Result<()> {
        for place in self.places().await? {
            let namespace = self.table.at(&place);
            self.load_apis(&namespace).await?;
            self.load_access(&namespace).await?;
        }
        Ok(())
    }

    /// Every account and region that has anything of ours, found by leaping from one to the next.
    async fn places(&self) -> Result<Vec<Place>> {
        let mut found: Vec<Place> = Vec::new();
        let mut rest = KeyRange { start: Key::from_bytes(bytes::Bytes::new()), end: None };
        while let Some(first) = self.store.range(&rest, 1).await?.into_iter().next() {
            let segments = first.key.segments();
            let [
                Segment::Text(v1),
                Segment::Text(account),
                Segment::Text(region),
                Segment::Text(service),
                ..,
            ] = &segments[..]
            else {
                rest = rest.after(&first.key);
                continue;
            };
            let place = account.parse::<AccountId>().ok().zip(region.parse::<Region>().ok());
            let (Some((account, region)), "v1") = (place, v1.as_str()) else {
                rest = rest.after(&first.key);
                continue;
            };
            if service == SERVICE {
                found.push(Place { account: account.clone(), region: region.clone() });
            }
            // An empty segment of three bytes ends a key of no kind: cut off, what is left begins every key of
            // this service here.
            let ours = Key::of(&account, &region, service, "").build();
            let prefix =
                Key::from_bytes(bytes::Bytes::copy_from_slice(&ours.as_bytes()[..ours.as_bytes().len() - 3]));
            match prefix.prefix().end {
                Some(end) => rest.start = end,
                None => break,
            }
        }
        Ok(found)
    }

    async fn load_apis(&self, namespace: &Arc<Namespace>) -> Result<()> {
        let place = &namespace.place;
        for head in self.entries(&place.kind("restapi").build()).await? {
            let own: Head = decode(&head.value)?;
            let id = own.settings.id.clone();
            let resources = self.values::<Resource>(&place.kind("resource").text(&id).build()).await?;
            let stages = self.values::<Stage>(&place.kind("stage").text(&id).build()).await?;
            let api = Api {
                account: place.account.clone(),
                region: place.region.clone(),
                definition: own.with(resources),
                deployments: self.deployments(place, &id).await?,
                stages: stages.into_iter().map(|stage| (stage.stage_name.clone(), Arc::new(stage))).collect(),
            };
            self.show(namespace, Arc::new(api), head.version, Arc::new(Runtime::default()), None);
        }
        Ok(())
    }

    async fn deployments(&self, place: &Place, api: &str) -> Result<BTreeMap<String, Arc<Deployment>>> {
        let mut found = BTreeMap::new();
        for head in self.values::<DeploymentHead>(&place.kind("deployment").text(api).build()).await? {
            let mut picture = Vec::new();
            for part in 0..head.parts {
                let key = place.deployment_part(api, &head.id, part);
                let lost = || {
                    Error::internal(std::io::Error::other(format!(
                        "a piece of deployment {key:?} is missing"
                    )))
                };
                picture.extend_from_slice(&self.store.get(&key).await?.ok_or_else(lost)?.value);
            }
            let Snapshot { head: own, resources } = decode(&picture)?;
            let deployment = Deployment {
                id: head.id.clone(),
                description: head.description,
                created_date: head.created_date,
                definition: Arc::new(own.with(resources)),
            };
            found.insert(head.id, Arc::new(deployment));
        }
        Ok(found)
    }

    async fn load_access(&self, namespace: &Namespace) -> Result<()> {
        let place = &namespace.place;
        let keys = self.values::<super::model::ApiKey>(&place.kind("apikey").build()).await?;
        let plans = self.values::<super::model::UsagePlan>(&place.kind("usageplan").build()).await?;
        let members = self.entries(&place.kind("usageplankey").build()).await?;
        let usage = self.entries(&place.kind("usage").build()).await?;
        {
            let mut access = namespace.access_mut();
            for key in keys {
                access.by_value.insert(key.value.clone(), key.id.clone());
                access.keys.insert(key.id.clone(), Arc::new(key));
            }
            access.plans = plans.into_iter().map(|plan| (plan.id.clone(), Arc::new(plan))).collect();
            for (plan, key) in members.iter().filter_map(|entry| last_two(&entry.key)) {
                access.plans_of.entry(key).or_default().insert(plan);
            }
        }
        for entry in &usage {
            if let Some((plan, key)) = last_two(&entry.key) {
                namespace.counters.restore(&plan, &key, decode(&entry.value)?);
            }
        }
        if let Some(account) = self.store.get(&place.kind("account").build()).await? {
            namespace.set_account(decode(&account.value)?);
        }
        Ok(())
    }

    async fn values<T: serde::de::DeserializeOwned>(&self, prefix: &Key) -> Result<Vec<T>> {
        self.entries(prefix).await?.iter().map(|entry| decode(&entry.value)).collect()
    }

    async fn entries(&self, prefix: &Key) -> Result<Vec<Entry>> {
        let (mut all, mut rest) = (Vec::new(), prefix.prefix());
        loop {
            let page = self.store.range(&rest, PAGE).await?;
            let full = page.len() == PAGE;
            all.extend(page);
            match all.last() {
                Some(last) if full => rest = rest.after(&last.key),
                _ => return Ok(all),
            }
        }
    }
}

/// The two texts that a key ends with.
fn last_two(key: &Key) -> Option<(String, String)> {
    let mut segments = key.segments();
    match (segments.pop()?, segments.pop()?) {
        (Segment::Text(last), Segment::Text(before)) => Some((before, last)),
        _ => None,
    }
}
