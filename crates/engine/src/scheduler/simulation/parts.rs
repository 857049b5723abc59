//! What made-up worlds are made of.

use crate::{
    Boot, GroupId, InstanceEvent, InstanceFacts, InstanceInfo, Observer, Protocol, RuntimeClass, Version,
    VersionId,
};
use std::{sync::Arc, time::Duration};
use tinderbox_base::{AccountId, Memory};

struct Deaf;

impl Observer for Deaf {
    fn instance(&self, _: &InstanceInfo) -> InstanceFacts {
        InstanceFacts::default()
    }
    fn event(&self, _: &InstanceInfo, _: InstanceEvent<'_>) {}
}

pub(super) fn class(key: &str) -> Arc<RuntimeClass> {
    let (key, argv, env, mounts) = (key.to_owned(), Vec::new(), Vec::new(), Vec::new());
    Arc::new(RuntimeClass { key, argv, env, mounts, protocol: Protocol::Frames, zygote: None })
}

/// A generation of the function called `group`.
pub(super) fn version(
    group: &str,
    generation: usize,
    account: &AccountId,
    class: &Arc<RuntimeClass>,
    boot: Boot,
) -> Arc<Version> {
    Arc::new(Version {
        id: VersionId::new(format!("{group}:{generation}")),
        group: GroupId::new(group),
        account: account.clone(),
        class: class.clone(),
        boot,
        mounts: Vec::new(),
        load: serde_json::Value::Null,
        env: Vec::new(),
        memory: Memory::default(),
        timeout: Duration::from_secs(3),
        observer: Arc::new(Deaf),
    })
}
