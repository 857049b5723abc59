//! Names of segment files. They carry what opening a store must know, so that it lists a directory and opens
//! only the few files that are still written to.

use std::fmt;

/// How many shards there are. The number is part of the format: an owner's shard follows from it.
///
/// Four: a flush is at most four writes and a sync at most four syncs, whatever the number of owners, while
/// four writers can pack and write at once.
pub(crate) const SHARDS: u8 = 4;

/// What a file's name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// `S-FIRST.open`: blocks are appended to it, or it waits to be sealed.
    Open {
        /// The shard.
        shard: u8,
        /// The sequence number that was next when the file was made.
        first: u64,
    },
    /// `S-FIRST-LAST-GEN-MIN-MAX.sealed`: sorted by owner, with an index at its end; never changed again.
    Sealed(Sealed),
}

/// The name of a sealed file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Sealed {
    pub(crate) shard: u8,
    /// The sequence numbers it stands for; it may hold fewer records once some have expired.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Greater than that of every file it was made from.
    pub(crate) generation: u32,
    /// The earliest and the latest time inside, in milliseconds.
    pub(crate) min: i64,
    pub(crate) max: i64,
}

const SIGN: u64 = 1 << 63;

impl Name {
    /// Reads a file name; none when it is not a segment's.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (stem, kind) = text.split_once('.')?;
        let mut parts = stem.split('-').map(|part| {
            let plain = part.len() <= 16 && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            u64::from_str_radix(part, 16).ok().filter(|_| plain)
        });
        let mut next = || parts.next().flatten();
        let shard = u8::try_from(next()?).ok().filter(|shard| *shard < SHARDS)?;
        let first = next()?;
        let name = match kind {
            "open" => Self::Open { shard, first },
            "sealed" => Self::Sealed(Sealed {
                shard,
                first,
                last: next()?,
                generation: u32::try_from(next()?).ok()?,
                min: (next()? ^ SIGN) as i64,
                max: (next()? ^ SIGN) as i64,
            }),
            _ => return None,
        };
        parts.next().is_none().then_some(name)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { shard, first } => write!(f, "{shard:x}-{first:016x}.open"),
            Self::Sealed(s) => write!(
                f,
                "{:x}-{:016x}-{:016x}-{:x}-{:016x}-{:016x}.sealed",
                s.shard,
                s.first,
                s.last,
                s.generation,
                s.min as u64 ^ SIGN,
                s.max as u64 ^ SIGN
            ),
        }
    }
}

impl Sealed {
    /// Whether this file was made from one that began at `first`, so that the other is a leftover.
    pub(crate) fn covers(&self, shard: u8, first: u64, generation: u32) -> bool {
        self.shard == shard && (self.first..=self.last).contains(&first) && generation < self.generation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names() {
        fn check(text: &str, ok: bool) {
            assert_eq!(Name::parse(text).is_some(), ok, "{text}");
        }
        check("0-0000000000000000.open", true);
        check("9-0000000000000000.open", false);
        check("0-0000000000000000-1.open", false);
        check("0-+1.open", false);
        check("0.open", false);
        check("lock", false);
        check("0-1-2-3-4-5.sealed.tmp", false);
    }

    proptest! {
        #[test]
        fn names_round_trip(shard in 0..SHARDS, first: u64, last: u64, generation: u32, min: i64, max: i64) {
            for name in [
                Name::Open { shard, first },
                Name::Sealed(Sealed { shard, first, last, generation, min, max }),
            ] {
                prop_assert_eq!(Name::parse(&name.to_string()), Some(name));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = Name::parse(&text);
        }
    }
}
