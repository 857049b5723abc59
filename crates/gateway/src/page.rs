//! Pages of lists.

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// Its entries.
    pub items: Vec<T>,
    /// Where it ended, if there is more.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The page of `all`, which come in order of `name`, that begins after `after` and has `most` entries at most.
    pub(crate) fn cut(
        all: impl Iterator<Item = T>,
        name: impl Fn(&T) -> &str,
        after: Option<&str>,
        most: usize,
    ) -> Self {
        let mut items: Vec<T> =
            all.filter(|item| after.is_none_or(|after| name(item) > after)).take(most + 1).collect();
        let more = items.len() > most;
        items.truncate(most);
        let next = items.last().filter(|_| more).map(|item| name(item).to_owned());
        Self { items, next }
    }

    /// The page with each entry made into another.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> (Vec<U>, Option<String>) {
        (self.items.into_iter().map(each).collect(), self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages() {
        fn check(after: Option<&str>, most: usize, expect: (&[&str], Option<&str>)) {
            let page = Page::cut(["a", "b", "c"].into_iter(), |item| item, after, most);
            assert_eq!((&page.items[..], page.next.as_deref()), expect, "{after:?} {most}");
        }
        check(None, 25, (&["a", "b", "c"], None));
        check(None, 3, (&["a", "b", "c"], None));
        check(None, 2, (&["a", "b"], Some("b")));
        check(Some("b"), 2, (&["c"], None));
        check(Some("z"), 2, (&[], None));
    }
}
