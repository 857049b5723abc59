//! Dropping all state, for test suites: every resource is deleted as its owner would delete it.

use super::gateway::Apis;
use bytes::Bytes;
use std::time::Duration;
use tinderbox_base::{AccountId, Caller, Random, Region, RequestId, Result};
use tinderbox_functions::Functions;
use tinderbox_gateway::rest_api::PatchOperation;
use tinderbox_logs::Logs;
use tinderbox_store::{Commit, Key, KeyRange, Op, Segment, Store};

/// Entries read at once.
const PAGE: usize = 512;

/// How long instances are waited for. An invocation that runs on after that may bring its log group back.
const SILENCE: Duration = Duration::from_secs(20);

/// Deletes every API, function, log group and role of every account.
pub(crate) async fn reset(
    store: &dyn Store,
    functions: &Functions,
    logs: &Logs,
    apis: &Apis,
    random: &dyn Random,
) -> Result<()> {
    let mut pages = Pages::of(store, random);
    while let Some(page) = pages.next().await? {
        for Resource { caller, service, kind, name, .. } in page {
            match (service.as_str(), kind.as_str()) {
                ("lambda", "function") => functions.delete(&caller, &name, None).await?,
                ("apigateway" | "apigatewayv2", kind) => drop_of_gateway(apis, &caller, kind, name).await?,
                _ => {}
            }
        }
    }
    // A line that comes after its group was deleted makes the group anew.
    if tokio::time::timeout(SILENCE, functions.silent()).await.is_err() {
        tracing::info!("an invocation runs on after the reset; what it logs is kept");
    }
    logs.close().await?;
    let mut pages = Pages::of(store, random);
    while let Some(page) = pages.next().await? {
        for Resource { key, caller, service, kind, name } in page {
            match (service.as_str(), kind.as_str()) {
                ("logs", "group") => logs.delete_group(&caller, &name).await?,
                // Roles have no life beyond their rows, nor have the numbers that deleted functions gave their versions.
                ("iam", _) | ("lambda", "last-number") => {
                    let ops = vec![Op::Delete(key)];
                    store.commit(Commit { ops, ..Commit::default() }).await?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

async fn drop_of_gateway(apis: &Apis, caller: &Caller, kind: &str, id: String) -> Result<()> {
    match kind {
        "api" => apis.http().delete_api(caller, &id).await,
        "restapi" => apis.rest().delete_api(caller, &id).await,
        "apikey" => apis.rest().delete_key(caller, id).await,
        "usageplan" => apis.rest().delete_plan(caller, id).await,
        "account" => {
            let (op, path) = ("remove".into(), "/cloudwatchRoleArn".into());
            let remove = PatchOperation { op, path, ..PatchOperation::default() };
            apis.rest().update_account(caller, vec![remove]).await.map(drop)
        }
        _ => Ok(()),
    }
}

/// Everything that is stored, page by page.
struct Pages<'a> {
    store: &'a dyn Store,
    random: &'a dyn Random,
    rest: KeyRange,
}

impl<'a> Pages<'a> {
    fn of(store: &'a dyn Store, random: &'a dyn Random) -> Self {
        Self { store, random, rest: KeyRange { start: Key::from_bytes(Bytes::new()), end: None } }
    }

    async fn next(&mut self) -> Result<Option<Vec<Resource>>> {
        let page = self.store.range(&self.rest, PAGE).await?;
        let Some(last) = page.last() else { return Ok(None) };
        self.rest = self.rest.after(&last.key);
        Ok(Some(page.into_iter().filter_map(|entry| resource(entry.key, self.random)).collect()))
    }
}

/// What a key belongs to.
struct Resource {
    key: Key,
    /// Its account and region, as whoever may delete it.
    caller: Caller,
    service: String,
    kind: String,
    name: String,
}

fn resource(key: Key, random: &dyn Random) -> Option<Resource> {
    let mut texts = key.segments().into_iter().map(|segment| match segment {
        Segment::Text(text) => text,
        Segment::Number(number) => number.to_string(),
    });
    let mut next = || texts.next();
    let (_version, account, region) = (next()?, next()?, next()?);
    let (service, kind, name) = (next()?, next()?, next().unwrap_or_default());
    let account: AccountId = account.parse().ok()?;
    let region: Region = region.parse().ok()?;
    let caller = Caller::root(account, region, RequestId::new(random));
    drop(texts);
    Some(Resource { key, caller, service, kind, name })
}
