//! Which pages of lists are asked for.

use super::errors;
use crate::page::Page;
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
        Ok(Page::cut(all, name, self.token.as_deref(), most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        fn check(most: Option<&str>, expect: Option<usize>) {
            let request = PageRequest { token: None, most: most.map(Into::into) };
            let page = request.of(["a", "b", "c"].into_iter(), |item| item).ok();
            assert_eq!(page.map(|page| page.items.len()), expect, "{most:?}");
        }
        check(None, Some(3));
        check(Some("2"), Some(2));
        check(Some("0"), None);
        check(Some("x"), None);
    }
}
