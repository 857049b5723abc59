//! Pages of lists.

use super::errors;
use tinderbox_base::Result;

/// Entries of a page, if the caller does not say, and at most.
const MOST: usize = 500;

/// Which page of a list a caller wants.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    /// Where the last page ended.
    pub token: Option<String>,
    /// Entries of the page, a number as text.
    pub most: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// Its entries.
    pub items: Vec<T>,
    /// Where it ended, if there is more.
    pub next: Option<String>,
}

impl PageRequest {
    /// The page of `all`, which are sorted by `name`.
    pub(super) fn of<T>(&self, all: impl Iterator<Item = T>, name: impl Fn(&T) -> &str) -> Result<Page<T>> {
        let most = match self.most.as_deref() {
            None => MOST,
            Some(text) => match text.parse::<usize>() {
                Ok(n) if n > 0 => n.min(MOST),
                _ => return Err(errors::bad("Invalid maxResults parameter specified")),
            },
        };
        let after = self.token.as_deref().unwrap_or_default();
        let mut items: Vec<T> =
            all.filter(|item| after.is_empty() || name(item) > after).take(most + 1).collect();
        let more = items.len() > most;
        items.truncate(most);
        let next = items.last().filter(|_| more).map(|item| name(item).to_owned());
        Ok(Page { items, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages() {
        fn check(token: Option<&str>, most: Option<&str>, expect: Option<(&[&str], Option<&str>)>) {
            let request = PageRequest { token: token.map(Into::into), most: most.map(Into::into) };
            let page = request.of(["a", "b", "c"].into_iter(), |item| item).ok();
            let found = page.as_ref().map(|p| (&p.items[..], p.next.as_deref()));
            assert_eq!(found, expect, "{token:?} {most:?}");
        }
        check(None, None, Some((&["a", "b", "c"], None)));
        check(None, Some("2"), Some((&["a", "b"], Some("b"))));
        check(Some("b"), Some("2"), Some((&["c"], None)));
        check(Some("z"), None, Some((&[], None)));
        check(None, Some("0"), None);
        check(None, Some("x"), None);
    }
}
