//! Counts by plan and key, in memory.

use super::MAX_DAYS;
use crate::{clock_text::day, rest_api::model::Quota};
use jiff::{ToSpan as _, civil::Date};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tinderbox_base::Timestamp;

/// Counts that are written down in one commit.
const BATCH: usize = 500;

/// What one key used of one plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::rest_api) struct Counter {
    /// Requests by day, `2026-01-31`.
    days: BTreeMap<String, i64>,
    /// What was granted beyond the quota.
    extra: i64,
    /// In which period: its first day.
    extra_period: String,
}

impl Counter {
    /// Requests on `date`.
    pub(super) fn used(&self, date: Date) -> i64 {
        self.days.get(&date.to_string()).copied().unwrap_or_default()
    }

    /// Requests that are left on `date`, at its end.
    pub(super) fn remaining(&self, quota: &Quota, date: Date) -> i64 {
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
pub(in crate::rest_api) struct Counters(Mutex<States>);

impl Counters {
    fn lock(&self) -> MutexGuard<'_, States> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request, unless nothing is left of the quota.
    pub(in crate::rest_api) fn count(
        &self,
        plan: &str,
        key: &str,
        quota: Option<&Quota>,
        now: Timestamp,
    ) -> bool {
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
    pub(in crate::rest_api) fn restore(&self, plan: &str, key: &str, counter: Counter) {
        self.lock().insert((plan.to_owned(), key.to_owned()), State { counter, dirty: false });
    }

    /// Forgets a plan's counts, or those of one of its keys.
    pub(in crate::rest_api) fn forget(&self, plan: &str, key: Option<&str>) {
        self.lock().retain(|(p, k), _| p != plan || key.is_some_and(|key| k != key));
    }

    pub(super) fn of(&self, plan: &str, key: &str) -> Counter {
        let states = self.lock();
        states.get(&(plan.to_owned(), key.to_owned())).map(|state| state.counter.clone()).unwrap_or_default()
    }

    pub(super) fn set_remaining(&self, plan: &str, key: &str, quota: &Quota, remaining: i64, now: Timestamp) {
        let mut states = self.lock();
        let state = states.entry((plan.to_owned(), key.to_owned())).or_default();
        let start = period_start(quota, date(now)).to_string();
        let used: i64 = state.counter.days.range(start.clone()..).map(|(_, used)| used).sum();
        state.counter.extra = remaining + used - quota.limit;
        state.counter.extra_period = start;
        state.dirty = true;
    }

    pub(super) fn take_changed(&self) -> Vec<((String, String), Counter)> {
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

pub(super) fn parse(text: &str) -> Option<Date> {
    text.get(..10).unwrap_or(text).parse().ok()
}

/// A counter as the store holds it.
#[cfg(test)]
fn stored(bytes: &[u8]) -> Counter {
    crate::rest_api::keys::decode(bytes).expect("a counter")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

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
        let bytes = crate::rest_api::keys::encode(&written[0].1).expect("JSON");
        assert_eq!(stored(&bytes), written[0].1);
        assert_eq!(stored(b"{}"), Counter::default());
    }
}
