//! Dropping all state, for test suites: every resource is deleted as its owner would delete it.

use super::gateway::Apis;
use bytes::Bytes;
use tinderbox_base::{AccountId, Caller, Random, Region, RequestId, Result};
use tinderbox_functions::Functions;
use tinderbox_gateway::rest_api::PatchOperation;
use tinderbox_logs::Logs;
use tinderbox_store::{Commit, Entry, Key, KeyRange, Op, Segment, Store};

/// Entries read at once.
const PAGE: usize = 512;

/// Deletes every function, log group, role and API of every account.
pub(crate) async fn reset(
    store: &dyn Store,
    functions: &Functions,
    logs: &Logs,
    apis: &Apis,
    random: &dyn Random,
) -> Result<()> {
    let everything = KeyRange { start: Key::from_bytes(Bytes::new()), end: None };
    let mut rest = everything.clone();
    loop {
        let page = store.range(&rest, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        rest = everything.after(&last.key);
        for entry in &page {
            drop_one(entry, store, functions, logs, apis, random).await?;
        }
    }
}

async fn drop_one(
    entry: &Entry,
    store: &dyn Store,
    functions: &Functions,
    logs: &Logs,
    apis: &Apis,
    random: &dyn Random,
) -> Result<()> {
    let Some((caller, service, kind, name)) = resource(&entry.key, random) else { return Ok(()) };
    match (service.as_str(), kind.as_str(), name) {
        ("lambda", "function", Some(name)) => functions.delete(&caller, &name, None).await,
        ("logs", "group", Some(name)) => logs.delete_group(&caller, &name).await,
        ("apigatewayv2", "api", Some(id)) => apis.http().delete_api(&caller, &id).await,
        ("apigateway", "restapi", Some(id)) => apis.rest().delete_api(&caller, &id).await,
        ("apigateway", "apikey", Some(id)) => apis.rest().delete_key(&caller, id).await,
        ("apigateway", "usageplan", Some(id)) => apis.rest().delete_plan(&caller, id).await,
        ("apigateway", "account", _) => {
            let remove = PatchOperation {
                op: "remove".into(),
                path: "/cloudwatchRoleArn".into(),
                ..PatchOperation::default()
            };
            apis.rest().update_account(&caller, vec![remove]).await.map(drop)
        }
        // Roles have no life beyond their rows.
        ("iam", ..) => {
            let ops = vec![Op::Delete(entry.key.clone())];
            store.commit(Commit { ops, ..Commit::default() }).await.map(|_| ()).map_err(Into::into)
        }
        _ => Ok(()),
    }
}

/// The resource a key belongs to: its account and region as a caller, its service, kind and name.
fn resource(key: &Key, random: &dyn Random) -> Option<(Caller, String, String, Option<String>)> {
    let mut texts = key.segments().into_iter().map(|segment| match segment {
        Segment::Text(text) => text,
        Segment::Number(number) => number.to_string(),
    });
    let mut next = || texts.next();
    let (_version, account, region) = (next()?, next()?, next()?);
    let (service, kind, name) = (next()?, next()?, next());
    let account: AccountId = account.parse().ok()?;
    let region: Region = region.parse().ok()?;
    Some((Caller::root(account, region, RequestId::new(random)), service, kind, name))
}
