//! How much of its plans each key has used.
//!
//! Counted in memory and written down every few seconds and at the end: after a kill the last seconds are missing.

mod counters;

pub(super) use counters::Counters;

use super::{
    Inner, RestApis, api_keys, errors, keys::encode, patch::PatchOperation, table::Namespace, usage_plans,
};
use crate::clock_text::day;
use counters::parse;
use jiff::{ToSpan as _, civil::Date};
use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
    time::Duration,
};
use tinderbox_base::{Caller, Result};
use tinderbox_store::{Commit, Op};

/// How often counts are written down.
const INTERVAL: Duration = Duration::from_secs(5);
/// Days that are remembered and may be asked for (API Gateway API, `GetUsage`).
const MAX_DAYS: usize = 90;

/// Which usage is wanted.
#[derive(Clone, Debug, Default)]
pub struct GetUsage {
    /// The plan.
    pub plan: String,
    /// One of its keys; none: all.
    pub key: Option<String>,
    /// The first day, `2026-01-31`.
    pub start: String,
    /// The last day.
    pub end: String,
}

/// What keys used of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The plan.
    pub plan: String,
    /// The first day.
    pub start: String,
    /// The last day.
    pub end: String,
    /// By key, for each day: what was used, and what was left of the quota at its end.
    pub values: BTreeMap<String, Vec<(i64, i64)>>,
}

impl RestApis {
    /// What keys used of a plan.
    ///
    /// # Errors
    /// `NotFound`, or the days are none.
    pub fn usage(&self, caller: &Caller, wanted: GetUsage) -> Result<Usage> {
        let namespace = self.inner.table.of(caller);
        let plan = usage_plans::find(&namespace, &wanted.plan)?;
        let (Some(start), Some(end)) = (parse(&wanted.start), parse(&wanted.end)) else {
            return Err(errors::bad("Usage dates must be of the form YYYY-MM-DD"));
        };
        let days: Vec<Date> =
            start.series(1.day()).take_while(|day| *day <= end).take(MAX_DAYS + 1).collect();
        if start > end || days.len() > MAX_DAYS {
            return Err(errors::bad(format!(
                "Usage dates must be in order and at most {MAX_DAYS} days apart"
            )));
        }
        let keys = match &wanted.key {
            Some(key) if namespace.access().belongs(key, &plan.id) => vec![api_keys::find(&namespace, key)?],
            Some(_) => return Err(errors::missing("Usage Plan Key")),
            None => namespace.access().keys_of(&plan.id),
        };
        let values = keys.into_iter().map(|key| {
            let counter = namespace.counters.of(&plan.id, &key.id);
            let used = |day: &Date| counter.used(*day);
            let left = |day: &Date| plan.quota.as_ref().map_or(0, |quota| counter.remaining(quota, *day));
            (key.id.clone(), days.iter().map(|day| (used(day), left(day))).collect())
        });
        let values = values.collect();
        Ok(Usage { plan: wanted.plan, start: wanted.start, end: wanted.end, values })
    }

    /// Sets what is left to a key of a plan's quota in this period.
    ///
    /// # Errors
    /// `NotFound`, the plan has no quota, or an operation is none that can be.
    pub async fn update_usage(
        &self,
        caller: &Caller,
        plan: String,
        key: String,
        operations: Vec<PatchOperation>,
    ) -> Result<Usage> {
        let namespace = self.inner.table.of(caller);
        let found = usage_plans::find(&namespace, &plan)?;
        if !namespace.access().belongs(&key, &plan) {
            return Err(errors::missing("Usage Plan Key"));
        }
        let quota = found.quota.clone().ok_or_else(|| errors::bad("The usage plan has no quota"))?;
        let now = self.inner.clock.now();
        for operation in &operations {
            let remaining =
                operation.value.as_deref().and_then(|v| v.parse::<i64>().ok()).filter(|n| *n >= 0);
            let (Some(remaining), "replace", "/remaining") =
                (remaining, operation.op.as_str(), operation.path.as_str())
            else {
                return Err(errors::bad(format!(
                    "Invalid patch path  '{}' specified for op '{}'. Must be one of: [/remaining]",
                    operation.path, operation.op
                )));
            };
            namespace.counters.set_remaining(&plan, &key, &quota, remaining, now);
        }
        self.inner.write_usage().await?;
        let today = day(now);
        self.usage(caller, GetUsage { plan, key: Some(key), start: today.clone(), end: today })
    }
}

impl Inner {
    /// Writes down what was counted since the last time.
    pub(super) async fn write_usage(&self) -> Result<()> {
        for namespace in self.table.all() {
            self.write_usage_of(&namespace).await?;
        }
        Ok(())
    }

    async fn write_usage_of(&self, namespace: &Namespace) -> Result<()> {
        loop {
            let changed = namespace.counters.take_changed();
            if changed.is_empty() {
                return Ok(());
            }
            let ops = changed.iter().filter(|((plan, key), _)| namespace.access().belongs(key, plan));
            let ops: Result<Vec<_>> = ops
                .map(|((plan, key), counter)| {
                    Ok(Op::Put(namespace.place.in_plan("usage", plan, key), encode(counter)?))
                })
                .collect();
            self.store.commit(Commit { ops: ops?, ..Commit::default() }).await?;
        }
    }
}

/// Writes counts down for as long as the service lives.
pub(super) async fn keep(inner: Weak<Inner>) {
    let mut turns = tokio::time::interval(INTERVAL);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let Some(inner) = inner.upgrade() else { return };
        let inner: Arc<Inner> = inner;
        if let Err(error) = inner.write_usage().await {
            tracing::warn!(%error, causes = error.causes(), "what API keys used could not be written down");
        }
    }
}
