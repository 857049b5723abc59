//! What was read from the store, until something changes.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Mutex, PoisonError},
};
use tinderbox_base::Result;

/// Entries of one cache; beyond it all are forgotten.
const MAX_ENTRIES: usize = 10_000;

/// Values by their names. Whoever changes what they are read from clears it before telling that it is done.
#[derive(Debug)]
pub(crate) struct Cache<V>(Mutex<Entries<V>>);

#[derive(Debug)]
struct Entries<V> {
    /// Grows with each change: what was read before it must not be kept after it.
    generation: u64,
    values: HashMap<String, V>,
}

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Self(Mutex::new(Entries { generation: 0, values: HashMap::new() }))
    }
}

impl<V: Clone> Cache<V> {
    /// The value called `name`, read by `read` if it is not here.
    pub(crate) async fn get(&self, name: &str, read: impl Future<Output = Result<V>>) -> Result<V> {
        let generation = {
            let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(value) = entries.values.get(name) {
                return Ok(value.clone());
            }
            entries.generation
        };
        let value = read.await?;
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.generation == generation {
            if entries.values.len() >= MAX_ENTRIES {
                entries.values.clear();
            }
            entries.values.insert(name.to_owned(), value.clone());
        }
        Ok(value)
    }

    /// Forgets all, and what is being read too.
    pub(crate) fn clear(&self) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.generation += 1;
        entries.values.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_read_before_a_change_is_not_kept() {
        let cache = Cache::default();
        let read = |value: u32| async move { Ok(value) };
        assert_eq!(cache.get("a", read(1)).await.expect("read"), 1);
        assert_eq!(cache.get("a", read(2)).await.expect("kept"), 1);
        cache.clear();
        let late = async {
            cache.clear();
            Ok(3)
        };
        assert_eq!(cache.get("a", late).await.expect("read"), 3);
        assert_eq!(cache.get("a", read(4)).await.expect("read anew"), 4);
    }
}
