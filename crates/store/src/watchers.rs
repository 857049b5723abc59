//! Who waits for changes under which prefix.

use crate::{Key, Watch};
use bytes::Bytes;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};
use tokio::sync::watch;

/// Watches by prefix. A prefix that nobody watches any more is dropped when it next would wake.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    senders: HashMap<Bytes, watch::Sender<u64>>,
    /// How many watched prefixes have which length: a changed key is looked up once for each length.
    lengths: BTreeMap<usize, usize>,
    /// How many watches there were when the abandoned ones were last dropped.
    swept: usize,
}

impl Watchers {
    /// A watch that wakes when a key that begins with `prefix` changes.
    pub(crate) fn watch(&self, prefix: &Key) -> Watch {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.sweep();
        let prefix = Bytes::copy_from_slice(prefix.as_bytes());
        let length = prefix.len();
        if let Some(sender) = inner.senders.get(&prefix) {
            return Watch::new(sender.subscribe());
        }
        let (sender, receiver) = watch::channel(0);
        inner.senders.insert(prefix, sender);
        *inner.lengths.entry(length).or_default() += 1;
        Watch::new(receiver)
    }

    /// Wakes every watch over one of `changed`.
    pub(crate) fn wake(&self, changed: &[Key]) {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.senders.is_empty() {
            return;
        }
        for key in changed {
            let key = key.as_bytes();
            for (&length, _) in inner.lengths.range(..=key.len()) {
                if let Some(sender) = inner.senders.get(&key[..length]) {
                    sender.send_modify(|changes| *changes += 1);
                }
            }
        }
    }
}

impl Inner {
    /// Drops the watches nobody holds, whenever their number has doubled: the cost stays constant a watch.
    fn sweep(&mut self) {
        const FEW: usize = 64;
        if self.senders.len() < (self.swept * 2).max(FEW) {
            return;
        }
        let lengths = &mut self.lengths;
        self.senders.retain(|prefix, sender| {
            let watched = sender.receiver_count() > 0;
            if !watched && let Some(count) = lengths.get_mut(&prefix.len()) {
                *count -= 1;
                if *count == 0 {
                    lengths.remove(&prefix.len());
                }
            }
            watched
        });
        self.swept = self.senders.len();
    }
}
