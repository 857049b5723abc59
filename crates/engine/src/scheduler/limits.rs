//! Who may have how much running at once.

use crate::{GroupId, ThrottleReason};
use std::collections::HashMap;
use tinderbox_base::AccountId;

/// Concurrency in use and reserved, account by account.
#[derive(Debug)]
pub(crate) struct Limits {
    per_account: u32,
    accounts: HashMap<AccountId, Account>,
}

#[derive(Debug, Default)]
struct Account {
    /// Requests of all groups.
    in_use: u32,
    /// Requests of groups without a reservation.
    unreserved_in_use: u32,
    /// Sum of the reservations.
    reserved: u32,
    groups: HashMap<GroupId, Group>,
}

#[derive(Debug, Default)]
struct Group {
    in_use: u32,
    reserved: Option<u32>,
}

impl Limits {
    pub(crate) fn new(per_account: u32) -> Self {
        Self { per_account, accounts: HashMap::new() }
    }

    /// Counts one more request of `group`, unless a limit says no.
    pub(crate) fn acquire(&mut self, account: &AccountId, group: &GroupId) -> Result<(), ThrottleReason> {
        if !self.accounts.contains_key(account) {
            self.accounts.insert(account.clone(), Account::default());
        }
        let Some(entry) = self.accounts.get_mut(account) else { return Err(ThrottleReason::Account) };
        let (in_use, reserved) = entry.groups.get(group).map_or((0, None), |g| (g.in_use, g.reserved));
        if reserved.is_some_and(|reserved| in_use >= reserved) {
            return Err(ThrottleReason::Reserved);
        }
        // The total is checked for everyone: right after a reservation is made, requests accepted
        // before it may still hold what it carves out.
        let unreserved = self.per_account.saturating_sub(entry.reserved);
        if entry.in_use >= self.per_account || (reserved.is_none() && entry.unreserved_in_use >= unreserved) {
            self.forget_if_unused(account, group);
            return Err(ThrottleReason::Account);
        }
        entry.in_use += 1;
        entry.unreserved_in_use += u32::from(reserved.is_none());
        match entry.groups.get_mut(group) {
            Some(group) => group.in_use += 1,
            None => {
                entry.groups.insert(group.clone(), Group { in_use: 1, reserved: None });
            }
        }
        Ok(())
    }

    /// Gives back what [`Self::acquire`] counted.
    pub(crate) fn release(&mut self, account: &AccountId, group: &GroupId) {
        let Some(entry) = self.accounts.get_mut(account) else { return };
        let Some(state) = entry.groups.get_mut(group) else { return };
        debug_assert!(state.in_use > 0 && entry.in_use > 0, "a release without an acquire");
        state.in_use = state.in_use.saturating_sub(1);
        entry.in_use = entry.in_use.saturating_sub(1);
        if state.reserved.is_none() {
            entry.unreserved_in_use = entry.unreserved_in_use.saturating_sub(1);
        }
        // Groups and accounts that are in use stay in the map between requests: hashing is cheaper than
        // allocating. Those gone quiet are forgotten when their last instance ends.
    }

    /// Forgets a group of which nothing runs and nothing is reserved.
    pub(crate) fn forget_if_unused(&mut self, account: &AccountId, group: &GroupId) {
        let Some(entry) = self.accounts.get_mut(account) else { return };
        if entry.groups.get(group).is_some_and(|g| g.in_use == 0 && g.reserved.is_none()) {
            entry.groups.remove(group);
        }
        if entry.groups.is_empty() {
            self.accounts.remove(account);
        }
    }

    /// Reserves concurrency for a group, or no longer.
    pub(crate) fn set_reserved(&mut self, account: &AccountId, group: &GroupId, reserved: Option<u32>) {
        let entry = self.accounts.entry(account.clone()).or_default();
        let state = entry.groups.entry(group.clone()).or_default();
        entry.reserved = entry.reserved.saturating_sub(state.reserved.unwrap_or(0));
        entry.reserved = entry.reserved.saturating_add(reserved.unwrap_or(0));
        match (state.reserved.is_some(), reserved.is_some()) {
            (false, true) => entry.unreserved_in_use = entry.unreserved_in_use.saturating_sub(state.in_use),
            (true, false) => entry.unreserved_in_use += state.in_use,
            (true, true) | (false, false) => {}
        }
        state.reserved = reserved;
        self.forget_if_unused(account, group);
    }

    /// Requests counted in all accounts.
    pub(crate) fn in_use(&self) -> usize {
        self.accounts.values().map(|a| a.in_use as usize).sum()
    }

    /// Checks what must always hold.
    #[cfg(test)]
    pub(crate) fn check(&self) {
        for account in self.accounts.values() {
            let of = |reserved: bool| {
                account
                    .groups
                    .values()
                    .filter(|g| g.reserved.is_some() == reserved)
                    .map(|g| g.in_use)
                    .sum::<u32>()
            };
            assert_eq!(account.unreserved_in_use, of(false));
            assert_eq!(account.in_use, of(false) + of(true));
            assert!(account.in_use <= self.per_account);
            assert_eq!(account.reserved, account.groups.values().filter_map(|g| g.reserved).sum::<u32>());
        }
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> (AccountId, GroupId, GroupId) {
        (AccountId::default(), GroupId::new("a"), GroupId::new("b"))
    }

    #[test]
    fn an_account_has_a_limit() {
        let (account, a, b) = ids();
        let mut limits = Limits::new(2);
        assert_eq!(limits.acquire(&account, &a), Ok(()));
        assert_eq!(limits.acquire(&account, &b), Ok(()));
        assert_eq!(limits.acquire(&account, &b), Err(ThrottleReason::Account));
        limits.release(&account, &a);
        assert_eq!(limits.acquire(&account, &b), Ok(()));
        limits.check();
    }

    #[test]
    fn a_reservation_carves_out_and_caps() {
        let (account, a, b) = ids();
        let mut limits = Limits::new(3);
        limits.set_reserved(&account, &a, Some(1));
        assert_eq!(limits.acquire(&account, &b), Ok(()));
        assert_eq!(limits.acquire(&account, &b), Ok(()));
        assert_eq!(limits.acquire(&account, &b), Err(ThrottleReason::Account));
        assert_eq!(limits.acquire(&account, &a), Ok(()));
        assert_eq!(limits.acquire(&account, &a), Err(ThrottleReason::Reserved));
        limits.check();
        limits.set_reserved(&account, &a, None);
        limits.check();
        limits.release(&account, &a);
        limits.set_reserved(&account, &a, Some(0));
        assert_eq!(limits.acquire(&account, &a), Err(ThrottleReason::Reserved));
        limits.check();
    }

    #[test]
    fn a_reservation_made_over_running_requests_never_lifts_the_total() {
        let (account, a, b) = ids();
        let mut limits = Limits::new(2);
        assert_eq!(limits.acquire(&account, &a), Ok(()));
        assert_eq!(limits.acquire(&account, &a), Ok(()));
        limits.set_reserved(&account, &a, Some(1));
        assert_eq!(limits.acquire(&account, &b), Err(ThrottleReason::Account));
        limits.check();
    }

    #[test]
    fn quiet_groups_are_forgotten() {
        let (account, a, _) = ids();
        let mut limits = Limits::new(1);
        assert_eq!(limits.acquire(&account, &a), Ok(()));
        limits.release(&account, &a);
        limits.forget_if_unused(&account, &a);
        assert!(limits.is_empty());
    }
}
