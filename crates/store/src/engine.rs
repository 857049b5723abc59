//! What the store asks of an ordered map on disk. The engine knows bytes, not items, logs or leases.

mod fault;
mod medium;
pub(crate) mod memory;
pub(crate) mod tree;

use crate::StoreError;
use bytes::Bytes;
use std::{collections::BTreeMap, ops::ControlFlow};

/// Rows to write, or to delete where there is no value. A row appears at most once.
pub(crate) type Batch = BTreeMap<Bytes, Option<Bytes>>;

/// A row's key and value.
pub(crate) type Row = (Bytes, Bytes);

/// A half-open range of rows.
#[derive(Clone, Debug)]
pub struct RowRange {
    pub(crate) start: Bytes,
    pub(crate) end: Bytes,
}

/// An ordered map of rows with atomic, durable batches and views that do not change.
pub trait Engine: Send + Sync + 'static {
    /// A view of the map as of one batch.
    type View: View;

    /// The map as it is now: every batch that `apply` returned from, and none in part.
    fn view(&self) -> Result<Self::View, StoreError>;

    /// Applies the whole batch. When it returns, the batch survives loss of power.
    ///
    /// After an error nothing of the batch shows in a view. Only one thread calls this.
    fn apply(&self, batch: &Batch) -> Result<(), StoreError>;
}

/// A view of the map as of one batch; later batches do not show in it.
pub trait View: Send + Sync + 'static {
    /// The value of the row `key`, if it exists.
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError>;

    /// Calls `each` with the rows of `range` in order until it breaks.
    fn scan(
        &self,
        range: &RowRange,
        each: &mut dyn FnMut(Row) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError>;
}
