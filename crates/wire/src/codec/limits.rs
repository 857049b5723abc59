//! What a body may make us build.

use super::Malformed;
use std::cell::Cell;

/// Levels of nesting in a body.
pub const MAX_DEPTH: usize = 100;

/// Values in one body, counting each member of a structure whether present or not.
///
/// The largest legitimate body known is `PutMetricData` with 1,000 metrics of 150 values and counts: 350,000.
pub const MAX_VALUES: usize = 1_000_000;

/// Counts down what one body may still hold.
#[derive(Debug)]
pub(crate) struct Budget {
    values: Cell<usize>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { values: Cell::new(MAX_VALUES) }
    }
}

impl Budget {
    /// Takes room for `count` values.
    pub(crate) fn take(&self, count: usize) -> Result<(), Malformed> {
        match self.values.get().checked_sub(count) {
            Some(left) => {
                self.values.set(left);
                Ok(())
            }
            None => Err(Malformed::new(format!("The request holds more than {MAX_VALUES} values"))),
        }
    }

    /// One level further down, if that is allowed.
    pub(crate) fn deeper(depth: usize) -> Result<usize, Malformed> {
        if depth < MAX_DEPTH {
            Ok(depth + 1)
        } else {
            Err(Malformed::new(format!("The request is nested deeper than {MAX_DEPTH} levels")))
        }
    }
}
