//! How the service finds what it has in the store again.

use super::{
    Inner,
    keys::{Place, SERVICE, decode},
    model::{Api, Definition, Deployment, Stage},
    serve::Runtime,
    table::Namespace,
};
use std::sync::Arc;
use tinderbox_base::{AccountId, Region, Result};
use tinderbox_store::{Entry, Key, KeyRange, Segment};

/// Entries read at once.
const PAGE: usize = 64;

impl Inner {
    /// Reads everything, and serves every API.
    pub(super) async fn load(&self) -> Result<()> {
        for place in self.places().await? {
            let namespace = self.table.at(&place);
            self.load_apis(&namespace).await?;
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
            let cut = ours.as_bytes().len().saturating_sub(3);
            let prefix = Key::from_bytes(bytes::Bytes::copy_from_slice(
                ours.as_bytes().get(..cut).unwrap_or_default(),
            ));
            match prefix.prefix().end {
                Some(end) => rest.start = end,
                None => break,
            }
        }
        Ok(found)
    }

    async fn load_apis(&self, namespace: &Arc<Namespace>) -> Result<()> {
        let place = &namespace.place;
        for head in self.entries(&place.kind("api").build()).await? {
            let definition: Definition = decode(&head.value)?;
            let id = definition.settings.id.clone();
            let deployments = self.entries(&place.kind("deployment").text(&id).build()).await?;
            let deployments = deployments.iter().map(|entry| decode::<Deployment>(&entry.value));
            let stages = self.entries(&place.kind("stage").text(&id).build()).await?;
            let stages = stages.iter().map(|entry| decode::<Stage>(&entry.value));
            let api = Api {
                account: place.account.clone(),
                region: place.region.clone(),
                definition,
                deployments: deployments
                    .map(|deployment| deployment.map(|d| (d.id.clone(), Arc::new(d))))
                    .collect::<Result<_>>()?,
                stages: stages
                    .map(|stage| stage.map(|s| (s.stage_name.clone(), Arc::new(s))))
                    .collect::<Result<_>>()?,
            };
            self.show(namespace, Arc::new(api), head.version, Arc::new(Runtime::default()));
        }
        Ok(())
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
