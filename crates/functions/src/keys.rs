//! Keys of functions and their queues in the store.

use crate::model::Function;
use crate::names::FunctionName;
use bytes::Bytes;
use tinderbox_base::{AccountId, Region, Result};
use tinderbox_store::{Key, KeyRange, Segment, Store};

const SERVICE: &str = "lambda";

/// The record of one function.
pub(crate) fn function(account: &AccountId, region: &Region, name: &FunctionName) -> Key {
    Key::of(account, region, SERVICE, "function").text(name.as_str()).build()
}

/// The records of every function of an account and region.
pub(crate) fn functions(account: &AccountId, region: &Region) -> KeyRange {
    Key::of(account, region, SERVICE, "function").build().prefix()
}

/// Where the number of the last version of a deleted function of this name is kept.
pub(crate) fn last_number(account: &AccountId, region: &Region, name: &str) -> Key {
    Key::of(account, region, SERVICE, "last-number").text(name).build()
}

/// What belongs to a function and is stored apart from its record, by the function's uid and a name of its own:
/// nothing of it is found again by a function of the same name that is made later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A published version, by its number.
    Version,
    /// An alias, by its name.
    Alias,
    /// A resource policy, by the qualifier that it protects; `$LATEST` for the function as a whole.
    Policy,
    /// How asynchronous events are handled, by qualifier as of policies.
    EventConfig,
    /// URLs, by the qualifier they lead to.
    Url,
}

impl Part {
    /// Every kind.
    pub(crate) const ALL: [Self; 5] =
        [Self::Version, Self::Alias, Self::Policy, Self::EventConfig, Self::Url];

    fn kind(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Alias => "alias",
            Self::Policy => "policy",
            Self::EventConfig => "event-config",
            Self::Url => "url",
        }
    }

    /// The record of the part `name` of `function`.
    pub(crate) fn key(self, function: &Function, name: &str) -> Key {
        let key = Key::of(&function.account, &function.region, SERVICE, self.kind());
        key.text(&function.uid.to_string()).text(name).build()
    }

    /// The records of all parts of this kind of `function`.
    pub(crate) fn of(self, function: &Function) -> KeyRange {
        let key = Key::of(&function.account, &function.region, SERVICE, self.kind());
        key.text(&function.uid.to_string()).build().prefix()
    }

    /// The records of all parts of this kind of an account and region.
    pub(crate) fn all(self, account: &AccountId, region: &Region) -> KeyRange {
        Key::of(account, region, SERVICE, self.kind()).build().prefix()
    }
}

/// The uid of the function and the name of the part that a part's key has.
pub(crate) fn parse_part(key: &Key) -> Option<(String, String)> {
    match &key.segments()[..] {
        [.., Segment::Text(uid), Segment::Text(name)] => Some((uid.clone(), name.clone())),
        _ => None,
    }
}

/// Where an asynchronous event stands in its function's queue: order by number, then by text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Grows from event to event.
    pub number: u64,
    /// The event's request id.
    pub request: String,
}

/// An event waiting in a queue: a short entry, so that queues are counted without reading payloads.
pub(crate) fn waiting(account: &AccountId, region: &Region, function: &str, place: &Place) -> Key {
    let key = Key::of(account, region, SERVICE, "event").text(function);
    key.number(place.number).text(&place.request).build()
}

/// Every waiting event of an account and region.
pub(crate) fn all_waiting(account: &AccountId, region: &Region) -> KeyRange {
    Key::of(account, region, SERVICE, "event").build().prefix()
}

/// Every waiting event of one function.
pub(crate) fn queue(account: &AccountId, region: &Region, function: &str) -> KeyRange {
    Key::of(account, region, SERVICE, "event").text(function).build().prefix()
}

/// The function and place of a waiting event's key.
pub(crate) fn parse_waiting(key: &Key) -> Option<(String, Place)> {
    match &key.segments()[..] {
        [.., Segment::Text(function), Segment::Number(number), Segment::Text(request)] => {
            Some((function.clone(), Place { number: *number, request: request.clone() }))
        }
        _ => None,
    }
}

/// What a waiting event holds.
pub(crate) fn payload(account: &AccountId, region: &Region, function: &str, place: &Place) -> Key {
    let key = Key::of(account, region, SERVICE, "event-payload").text(function);
    key.number(place.number).text(&place.request).build()
}

/// What every waiting event of one function holds.
pub(crate) fn payloads(account: &AccountId, region: &Region, function: &str) -> KeyRange {
    Key::of(account, region, SERVICE, "event-payload").text(function).build().prefix()
}

/// Every account and region that has anything in `store`, found by leaping from one to the next.
pub(crate) async fn namespaces(store: &dyn Store) -> Result<Vec<(AccountId, Region)>> {
    let mut found = Vec::new();
    let mut rest = KeyRange { start: Key::from_bytes(Bytes::new()), end: None };
    while let Some(first) = store.range(&rest, 1).await?.into_iter().next() {
        let namespace = match &first.key.segments()[..] {
            [Segment::Text(v1), Segment::Text(account), Segment::Text(region), ..] if v1 == "v1" => {
                account.parse().ok().zip(region.parse().ok())
            }
            _ => None,
        };
        let Some((account, region)) = namespace else {
            rest = rest.after(&first.key);
            continue;
        };
        // Two empty segments of three bytes each end a key of no service and kind: cut off, what is
        // left begins every key of this account and region.
        let key = Key::of(&account, &region, "", "").build();
        let prefix = Key::from_bytes(Bytes::copy_from_slice(&key.as_bytes()[..key.as_bytes().len() - 6]));
        found.push((account, region));
        match prefix.prefix().end {
            Some(end) => rest.start = end,
            None => break,
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tinderbox_base::ManualClock;
    use tinderbox_store::{Commit, MemoryStore, Op};

    #[tokio::test]
    async fn namespaces_are_found_by_leaps() {
        let store = MemoryStore::new(Arc::new(ManualClock::default())).expect("a store");
        let mut ops = Vec::new();
        let places =
            [("000000000001", "eu-west-1"), ("000000000001", "us-east-1"), ("123456789012", "us-east-1")];
        for (account, region) in places {
            for (service, kind) in [("lambda", "function"), ("logs", "group"), ("", ""), ("zz", "zz")] {
                let key = Key::of(&account.parse().expect("id"), &region.parse().expect("id"), service, kind);
                ops.push(Op::Put(key.text("x").build(), Bytes::new()));
            }
        }
        store.commit(Commit { ops, ..Commit::default() }).await.expect("stored");
        let found = namespaces(&store).await.expect("found");
        let shown: Vec<_> = found.iter().map(|(a, r)| (a.as_str(), r.as_str())).collect();
        assert_eq!(shown, places);
    }

    #[test]
    fn parts_of_a_function() {
        let function = crate::testing::function("python3.12", &[]);
        for part in Part::ALL {
            let key = part.key(&function, "live");
            assert_eq!(parse_part(&key), Some((function.uid.to_string(), "live".to_owned())));
            assert!(part.of(&function).contains(&key));
            assert!(part.all(&function.account, &function.region).contains(&key));
        }
    }

    #[test]
    fn places_in_a_queue() {
        let uid = "0123";
        let place = Place { number: 7, request: "r".into() };
        let key = waiting(&AccountId::default(), &Region::default(), uid, &place);
        assert_eq!(parse_waiting(&key), Some((uid.to_string(), place)));
        assert!(queue(&AccountId::default(), &Region::default(), uid).contains(&key));
        assert!(all_waiting(&AccountId::default(), &Region::default()).contains(&key));
    }
}
