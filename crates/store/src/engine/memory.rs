//! An engine that forgets everything with the process, for tests.

use super::{Batch, Engine, Row, RowRange, View};
use crate::StoreError;
use bytes::Bytes;
use std::{
    collections::BTreeMap,
    ops::{Bound, ControlFlow},
    sync::{Arc, PoisonError, RwLock},
};

/// A map in memory. A view shares the map until the next batch, which then copies it.
#[derive(Debug, Default)]
pub struct Memory {
    rows: RwLock<MemoryView>,
}

/// A view of a map in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryView(Arc<BTreeMap<Bytes, Bytes>>);

impl Engine for Memory {
    type View = MemoryView;

    fn view(&self) -> Result<MemoryView, StoreError> {
        Ok(self.rows.read().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut view = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let rows = Arc::make_mut(&mut view.0);
        for (key, value) in batch {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(())
    }
}

impl View for MemoryView {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        Ok(self.0.get(key).cloned())
    }

    fn scan(
        &self,
        range: &RowRange,
        each: &mut dyn FnMut(Row) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        if range.start >= range.end {
            return Ok(());
        }
        let bounds = (Bound::Included(&range.start), Bound::Excluded(&range.end));
        for (key, value) in self.0.range::<Bytes, _>(bounds) {
            if each((key.clone(), value.clone()))?.is_break() {
                break;
            }
        }
        Ok(())
    }
}
