//! How much of its plans each key has used.
//!
//! Counted in memory and written down every few seconds and at the end: after a kill the last seconds are missing.

use super::{
    Inner, RestApis, api_keys, errors, keys::encode, model::Quota, patch::PatchOperation, table::Namespace,
    usage_plans,
};
use crate::clock_text::day;
use jiff::{ToSpan as _, civil::Date};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tinderbox_base::{Caller, Result, Timestamp};
use tinderbox_store::{Commit, Op};

/// How often counts are written down.
const INTERVAL: Duration = Duration::from_secs(5);
/// Days that are remembered and may be asked for (API Gateway API, `GetUsage`).
const MAX_DAYS: usize = 90;
/// Counts written in one commit.
const BATCH: usize = 500;

/// What one key used of one plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Counter {
    /// Requests by day, `2026-01-31`.
    days: BTreeMap<String, i64>,
    /// What was granted beyond the quota.
    extra: i64,
    /// In which period: its first day.
    extra_period: String,
}

impl Counter {
    /// Requests that are left on `date`, at its end.
    fn remaining(&self, quota: &Quota, date: Date) -> i64 {
        let start = period_start(quota, date).to_string();
        let used: i64 = self.days.range(start.clone()..=date.to_string()).map(|(_, used)| used).sum();
        let extra = if self.extra_period == start { self.extra } else { 0 };
        (quota.limit + extra - used).max(0)
    }
}

/// The first day of the period that `date` is in.
fn period_start(quota: &Quota, date: Date) -> Date {
    let back = match quota.period.as_str() {
        "WEEK" => (i64::from(date.weekday().to_sunday_zero_offset()) - quota.offset).rem_euclid(7),
        "MONTH" => {
            let first = quota.offset + 1;
            let day = i64::from(date.day());
            let before = date.first_of_month().yesterday().map_or(0, |last| i64::from(last.day()));
            if day >= first { day - first } else { day + before - first }
        }
        _ => 0,
    };
    date.checked_sub(back.days()).unwrap_or(date)
}

#[derive(Default)]
struct State {
    counter: Counter,
    dirty: bool,
}

type States = HashMap<(String, String), State>;

/// Counts by plan and key.
#[derive(Default)]
pub(super) struct Counters(Mutex<States>);

impl Counters {
    fn lock(&self) -> MutexGuard<'_, States> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request, unless nothing is left of the quota.
    pub(super) fn count(&self, plan: &str, key: &str, quota: Option<&Quota>, now: Timestamp) -> bool {
        let mut states = self.lock();
        let state = states.entry((plan.to_owned(), key.to_owned())).or_default();
        if let Some(quota) = quota
            && state.counter.remaining(quota, date(now)) == 0
        {
            return false;
        }
        *state.counter.days.entry(day(now)).or_default() += 1;
        while state.counter.days.len() > MAX_DAYS {
            state.counter.days.pop_first();
        }
        state.dirty = true;
        true
    }

    /// Takes in what was written down.
    pub(super) fn restore(&self, plan: &str, key: &str, counter: Counter) {
        self.lock().insert((plan.to_owned(), key.to_owned()), State { counter, dirty: false });
    }

    /// Forgets a plan's counts, or those of one of its keys.
    pub(super) fn forget(&self, plan: &str, key: Option<&str>) {
        self.lock().retain(|(p, k), _| p != plan || key.is_some_and(|key| k != key));
    }

    fn of(&self, plan: &str, key: &str) -> Counter {
        let states = self.lock();
        states.get(&(plan.to_owned(), key.to_owned())).map(|state| state.counter.clone()).unwrap_or_default()
    }

    fn set_remaining(&self, plan: &str, key: &str, quota: &Quota, remaining: i64, now: Timestamp) {
        let mut states = self.lock();
        let state = states.entry((plan.to_owned(), key.to_owned())).or_default();
        let start = period_start(quota, date(now)).to_string();
        let used: i64 = state.counter.days.range(start.clone()..).map(|(_, used)| used).sum();
        state.counter.extra = remaining + used - quota.limit;
        state.counter.extra_period = start;
        state.dirty = true;
    }

    fn take_changed(&self) -> Vec<((String, String), Counter)> {
        let mut states = self.lock();
        let changed = states.iter_mut().filter(|(_, state)| state.dirty).take(BATCH);
        changed
            .map(|(name, state)| {
                state.dirty = false;
                (name.clone(), state.counter.clone())
            })
            .collect()
    }
}

fn date(now: Timestamp) -> Date {
    parse(&day(now)).unwrap_or(Date::ZERO)
}

fn parse(text: &str) -> Option<Date> {
    text.get(..10).unwrap_or(text).parse().ok()
}

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
            let used = |day: &Date| counter.days.get(&day.to_string()).copied().unwrap_or_default();
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

/// A counter as the store holds it.
#[cfg(test)]
fn stored(bytes: &[u8]) -> Counter {
    super::keys::decode(bytes).expect("a counter")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(limit: i64, offset: i64, period: &str) -> Quota {
        Quota { limit, offset, period: period.into() }
    }

    #[test]
    fn periods() {
        fn check(period: &str, offset: i64, day: &str, expect: &str) {
            let date = parse(day).expect("a day");
            assert_eq!(period_start(&quota(1, offset, period), date).to_string(), expect, "{period} {day}");
        }
        check("DAY", 0, "2026-01-31", "2026-01-31");
        // 1 February 2026 is a Sunday.
        check("WEEK", 0, "2026-01-31", "2026-01-25");
        check("WEEK", 0, "2026-02-01", "2026-02-01");
        check("WEEK", 1, "2026-02-01", "2026-01-26");
        check("MONTH", 0, "2026-01-31", "2026-01-01");
        check("MONTH", 9, "2026-01-31", "2026-01-10");
        check("MONTH", 9, "2026-03-05", "2026-02-10");
        check("MONTH", 9, "2026-01-10", "2026-01-10");
    }

    #[test]
    fn a_quota_is_used_up_and_granted_again() {
        let counters = Counters::default();
        let quota = quota(2, 0, "DAY");
        let now = Timestamp::from_millis(1_769_903_999_007);
        let count = |now| counters.count("p", "k", Some(&quota), now);
        assert_eq!([count(now), count(now), count(now)], [true, true, false]);
        assert_eq!(counters.of("p", "k").remaining(&quota, date(now)), 0);
        counters.set_remaining("p", "k", &quota, 1, now);
        assert_eq!([count(now), count(now)], [true, false]);
        let tomorrow = now + Duration::from_secs(86_400);
        assert_eq!([count(tomorrow), count(tomorrow), count(tomorrow)], [true, true, false]);
        let written = counters.take_changed();
        assert_eq!(written.len(), 1);
        assert_eq!(counters.take_changed().len(), 0);
        let bytes = encode(&written[0].1).expect("JSON");
        assert_eq!(stored(&bytes), written[0].1);
        assert_eq!(stored(b"{}"), Counter::default());
    }
}
