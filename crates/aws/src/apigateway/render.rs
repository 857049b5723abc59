//! What several nouns need: pages, patches, times.

use std::collections::BTreeMap;
use tinderbox_aws_model_apigateway::types::PatchOperation;
use tinderbox_base::Timestamp;
use tinderbox_gateway::rest_api::{self, MethodName, PageRequest};

pub(super) fn page(position: Option<String>, limit: Option<i64>) -> PageRequest {
    PageRequest { position, limit }
}

pub(super) fn method(api: String, resource: String, http_method: String) -> MethodName {
    MethodName { api, resource, http_method }
}

pub(super) fn patches(given: Option<Vec<PatchOperation>>) -> Vec<rest_api::PatchOperation> {
    let operations = given.unwrap_or_default().into_iter().map(|operation| rest_api::PatchOperation {
        op: operation.op.unwrap_or_default(),
        path: operation.path.unwrap_or_default(),
        value: operation.value,
        from: operation.from,
    });
    operations.collect()
}

/// A map, or nothing if it is empty.
pub(super) fn filled<K: Ord, V>(map: BTreeMap<K, V>) -> Option<BTreeMap<K, V>> {
    Some(map).filter(|map| !map.is_empty())
}

/// A moment without what is less than a second, as this service shows it.
pub(super) fn seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millis(time.as_millis().div_euclid(1000) * 1000)
}
