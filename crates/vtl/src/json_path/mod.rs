//! JSONPath over the values of a heap, in the dialect that `$input.path` and `$input.json` take.
//!
//! A path is *definite* if it can lead to one value at most: names and single indexes. It gives that value or
//! nothing. Any other path, with wildcards, `..`, slices, unions or filters, gives the list of all it finds.

mod evaluate;
mod filter;
mod parse;

use crate::{Fault, Heap, Value};
use filter::Filter;

/// Bytes of one path.
const MAX_PATH_BYTES: usize = 2048;
/// Steps of one path.
const MAX_STEPS: usize = 64;

/// A path that was read.
#[derive(Debug)]
pub struct JsonPath {
    steps: Vec<Step>,
}

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid JSONPath {path:?}: {reason} at {at}")]
pub struct JsonPathError {
    /// The text.
    pub path: String,
    /// What is wrong.
    pub reason: &'static str,
    /// At which byte.
    pub at: usize,
}

#[derive(Debug)]
enum Step {
    /// `.name`, or `['a','b']`.
    Members(Vec<Box<str>>),
    /// `[0]`, or `[0,2]`; negative ones count from the end.
    Indexes(Vec<i64>),
    /// `[from:to:step]`, without the last element.
    Slice(Option<i64>, Option<i64>, usize),
    /// `*`.
    Any,
    /// `..`: this value and all inside it.
    Deep,
    /// `[?(…)]`.
    Filter(Filter),
    /// `.length()` or `.size()`.
    Length,
}

impl JsonPath {
    /// Reads a path. The `$` it begins with may be missing.
    pub fn parse(path: &str) -> Result<Self, JsonPathError> {
        let wrong = |(reason, at)| JsonPathError { path: path.to_owned(), reason, at };
        if path.len() > MAX_PATH_BYTES {
            return Err(JsonPathError { path: String::new(), reason: "it is too long", at: MAX_PATH_BYTES });
        }
        parse::path(path).map(|steps| Self { steps }).map_err(wrong)
    }

    /// Whether it leads to one value at most.
    pub fn is_definite(&self) -> bool {
        self.steps.iter().all(|step| match step {
            Step::Members(names) => names.len() == 1,
            Step::Indexes(indexes) => indexes.len() == 1,
            Step::Length => true,
            Step::Slice(..) | Step::Any | Step::Deep | Step::Filter(_) => false,
        })
    }

    /// What the path finds from `root`: one value, or none, if it is definite; else a list.
    pub fn find(&self, heap: &mut Heap, root: &Value) -> Result<Option<Value>, Fault> {
        let found = evaluate::walk(heap, &self.steps, root, root)?;
        if self.is_definite() { Ok(found.into_iter().next()) } else { heap.json_list(found).map(Some) }
    }
}

#[cfg(test)]
mod tests;
