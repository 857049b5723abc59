//! Which pages of lists are asked for.

use super::errors;
use crate::page::Page;
use tinderbox_base::Result;

/// Items of a page that names no number, and at most (API Gateway API, `limit`: 25, 500).
const DEFAULT: i64 = 25;
const MAX: i64 = 500;

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    /// Where the page before ended.
    pub position: Option<String>,
    /// Items at most.
    pub limit: Option<i64>,
}

impl PageRequest {
    /// This part of `all`, which comes in order of `id`.
    pub(super) fn of<T>(&self, all: impl Iterator<Item = T>, id: impl Fn(&T) -> &str) -> Result<Page<T>> {
        let limit = self.limit.unwrap_or(DEFAULT);
        if limit < 1 {
            return Err(errors::bad("Invalid value for limit: it must be a positive number"));
        }
        let limit = usize::try_from(limit.min(MAX)).unwrap_or(1);
        Ok(Page::cut(all, id, self.position.as_deref(), limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        fn check(limit: Option<i64>, expect: Option<usize>) {
            let request = PageRequest { position: None, limit };
            let page = request.of(["a", "b", "c"].into_iter(), |item| item).ok();
            assert_eq!(page.map(|page| page.items.len()), expect, "{limit:?}");
        }
        check(None, Some(3));
        check(Some(2), Some(2));
        check(Some(0), None);
    }
}
