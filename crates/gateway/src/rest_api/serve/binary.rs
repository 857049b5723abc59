//! Which bodies are bytes and which are text.

/// Media types that are bytes, such as `image/png`, `image/*` and `*/*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BinaryTypes(Vec<String>);

impl BinaryTypes {
    pub(super) fn new(types: &[String]) -> Self {
        Self(types.iter().map(|kind| kind.to_ascii_lowercase()).collect())
    }

    /// Whether a header's first media type is one of them.
    pub(super) fn has(&self, header: Option<&str>) -> bool {
        if self.0.is_empty() {
            return false;
        }
        if self.0.iter().any(|kind| kind == "*/*") {
            return true;
        }
        let first = header.unwrap_or_default().split([',', ';']).next().unwrap_or_default().trim();
        let first = first.to_ascii_lowercase();
        self.0.iter().any(|kind| match kind.strip_suffix("/*") {
            Some(whole) => first.split_once('/').is_some_and(|(kind, _)| kind == whole),
            None => *kind == first,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        fn check(types: &[&str], header: Option<&str>, expect: bool) {
            let types: Vec<_> = types.iter().map(|t| (*t).to_owned()).collect();
            assert_eq!(BinaryTypes::new(&types).has(header), expect, "{types:?} {header:?}");
        }
        check(&[], Some("image/png"), false);
        check(&["image/png"], Some("image/PNG; q=1"), true);
        check(&["image/png"], Some("text/html, image/png"), false);
        check(&["image/*"], Some("image/gif"), true);
        check(&["image/*"], Some("imagex/gif"), false);
        check(&["image/*"], Some("image"), false);
        check(&["*/*"], None, true);
        check(&["application/zip"], None, false);
    }
}
