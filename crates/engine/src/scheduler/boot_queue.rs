//! Whose turn it is to boot: accounts take turns, and within one its groups.
//!
//! So a group that asks for a thousand instances at once delays another's first by one boot, not by a
//! thousand.

use super::InstanceKey;
use crate::GroupId;
use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};
use tinderbox_base::AccountId;

/// Instances that wait for their turn to boot. Those no longer known to the scheduler are skipped by it.
pub(crate) type BootQueue = Turns<AccountId, Turns<GroupId, VecDeque<InstanceKey>>>;

/// What hands out instances in some order.
pub(crate) trait Line: Default {
    /// The next.
    fn pop_front(&mut self) -> Option<InstanceKey>;
    /// Whether there is none.
    fn is_empty(&self) -> bool;
}

/// Lines that take turns.
#[derive(Debug)]
pub(crate) struct Turns<K, L> {
    lines: HashMap<K, L>,
    /// Those of `lines`, the next first. None is empty.
    order: VecDeque<K>,
}

impl<K, L> Default for Turns<K, L> {
    fn default() -> Self {
        Self { lines: HashMap::new(), order: VecDeque::new() }
    }
}

impl<K: Clone + Eq + Hash, L: Line> Turns<K, L> {
    /// The line of `key`, to which something is added at once.
    fn line(&mut self, key: &K) -> &mut L {
        if !self.lines.contains_key(key) {
            self.order.push_back(key.clone());
        }
        self.lines.entry(key.clone()).or_default()
    }
}

impl<K: Clone + Eq + Hash, L: Line> Line for Turns<K, L> {
    fn pop_front(&mut self) -> Option<InstanceKey> {
        let key = self.order.pop_front()?;
        let line = self.lines.get_mut(&key)?;
        let next = line.pop_front();
        if line.is_empty() {
            self.lines.remove(&key);
        } else {
            self.order.push_back(key);
        }
        next
    }

    fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

impl Line for VecDeque<InstanceKey> {
    fn pop_front(&mut self) -> Option<InstanceKey> {
        Self::pop_front(self)
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }
}

impl BootQueue {
    /// Adds an instance to those of its group, behind the others.
    pub(crate) fn push_back(&mut self, account: &AccountId, group: &GroupId, key: InstanceKey) {
        self.line(account).line(group).push_back(key);
    }

    /// The instances of a group that wait, the next first.
    pub(crate) fn of<'a>(
        &'a self,
        account: &AccountId,
        group: &GroupId,
    ) -> impl DoubleEndedIterator<Item = InstanceKey> + use<'a> {
        let line = self.lines.get(account).and_then(|groups| groups.lines.get(group));
        line.into_iter().flatten().copied()
    }

    /// All of them, in no particular order.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &InstanceKey> {
        self.lines.values().flat_map(|groups| groups.lines.values().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pushes: &[(&str, &str, u64)], expect: &[u64]) {
        let mut queue = BootQueue::default();
        for (account, group, key) in pushes {
            let account = account.parse().expect("an account");
            queue.push_back(&account, &GroupId::new(*group), InstanceKey(*key));
        }
        let popped: Vec<_> = std::iter::from_fn(|| queue.pop_front()).map(|key| key.0).collect();
        assert_eq!(popped, expect);
        assert!(queue.is_empty() && queue.lines.is_empty());
    }

    #[test]
    fn one_group_is_served_in_order() {
        check(&[("000000000001", "a", 1), ("000000000001", "a", 2)], &[1, 2]);
    }

    #[test]
    fn groups_of_an_account_take_turns() {
        let (a, b) = (("000000000001", "a"), ("000000000001", "b"));
        check(&[(a.0, a.1, 1), (a.0, a.1, 2), (a.0, a.1, 3), (b.0, b.1, 4)], &[1, 4, 2, 3]);
    }

    #[test]
    fn accounts_take_turns_however_many_groups_they_have() {
        let (one, two) = ("000000000001", "000000000002");
        check(&[(one, "a", 1), (one, "b", 2), (one, "c", 3), (two, "d", 4), (two, "d", 5)], &[1, 4, 2, 5, 3]);
    }
}
