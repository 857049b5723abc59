//! Pages of lists.

use super::errors;
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

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The items in order of their ids.
    pub items: Vec<T>,
    /// Where the next page begins; none after the last.
    pub position: Option<String>,
}

impl PageRequest {
    /// This part of `all`, which comes in order of `id`.
    pub(super) fn of<T>(&self, all: impl Iterator<Item = T>, id: impl Fn(&T) -> &str) -> Result<Page<T>> {
        let limit = self.limit.unwrap_or(DEFAULT);
        if limit < 1 {
            return Err(errors::bad("Invalid value for limit: it must be a positive number"));
        }
        let limit = usize::try_from(limit.min(MAX)).unwrap_or(1);
        let after = |item: &T| self.position.as_deref().is_none_or(|position| id(item) > position);
        let mut items: Vec<T> = all.filter(after).take(limit + 1).collect();
        let more = items.len() > limit;
        items.truncate(limit);
        let position = items.last().filter(|_| more).map(|last| id(last).to_owned());
        Ok(Page { items, position })
    }
}

impl<T> Page<T> {
    /// The page with each item made into another.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> (Vec<U>, Option<String>) {
        (self.items.into_iter().map(each).collect(), self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages() {
        fn check(position: Option<&str>, limit: Option<i64>, expect: Option<(&[&str], Option<&str>)>) {
            let request = PageRequest { position: position.map(Into::into), limit };
            let page = request.of(["a", "b", "c"].into_iter(), |item| item).ok();
            let found = page.as_ref().map(|p| (&p.items[..], p.position.as_deref()));
            assert_eq!(found, expect, "{position:?} {limit:?}");
        }
        check(None, None, Some((&["a", "b", "c"], None)));
        check(None, Some(2), Some((&["a", "b"], Some("b"))));
        check(Some("b"), Some(2), Some((&["c"], None)));
        check(Some("z"), None, Some((&[], None)));
        check(None, Some(0), None);
        check(None, Some(3), Some((&["a", "b", "c"], None)));
    }
}
