//! Query strings.

use crate::limits::MAX_QUERY_PARAMETERS;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// The parameters of a query string in their order, decoded; `+` is a space.
pub(crate) fn parse(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty()).take(MAX_QUERY_PARAMETERS);
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let text: Cow<'_, str> = if text.contains('+') { text.replace('+', " ").into() } else { text.into() };
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn queries() {
        fn check(query: &str, expect: &[(&str, &str)]) {
            let found = parse(query);
            let found: Vec<_> = found.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            assert_eq!(found, expect, "{query}");
        }
        check("", &[]);
        check("name=X&name=Y+Z", &[("name", "X"), ("name", "Y Z")]);
        check("a&b=&c=1%2B1&%C3%A4=%C3%B6", &[("a", ""), ("b", ""), ("c", "1+1"), ("ä", "ö")]);
        check("a=%zz", &[("a", "%zz")]);
        check("&&a=b=c", &[("a", "b=c")]);
    }

    proptest! {
        #[test]
        fn any_query_is_read(query in "\\PC{0,80}") {
            prop_assert!(parse(&query).len() <= query.len() + 1);
        }
    }
}
