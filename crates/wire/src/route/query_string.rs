//! Query strings and forms: `a=1&b=two+words`.

use percent_encoding::percent_decode;
use std::borrow::Cow;

/// Parameters read from one query string or form.
pub(crate) const MAX_PARAMETERS: usize = 100_000;

/// The parameters of `text` in order; those beyond [`MAX_PARAMETERS`] make it `None`.
pub(crate) fn parse(text: &[u8]) -> Option<Vec<(String, String)>> {
    let mut parameters = Vec::new();
    for pair in text.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
        if parameters.len() == MAX_PARAMETERS {
            return None;
        }
        let cut = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at(cut);
        parameters.push((decode(name, true), decode(value.strip_prefix(b"=").unwrap_or(value), true)));
    }
    Some(parameters)
}

/// One part of a path, where a plus is a plus.
pub(crate) fn decode_component(text: &str) -> String {
    decode(text.as_bytes(), false)
}

fn decode(text: &[u8], plus_is_space: bool) -> String {
    let text: Cow<'_, [u8]> = if plus_is_space && text.contains(&b'+') {
        text.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect::<Vec<_>>().into()
    } else {
        text.into()
    };
    percent_decode(&text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters() {
        fn check(text: &str, expect: &[(&str, &str)]) {
            let parsed = parse(text.as_bytes()).expect("few parameters");
            let parsed: Vec<_> = parsed.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            assert_eq!(parsed, expect, "{text}");
        }
        check("Action=X&Version=1", &[("Action", "X"), ("Version", "1")]);
        check("a=1%2B1+b&&c", &[("a", "1+1 b"), ("c", "")]);
        check("tagKeys=a&tagKeys=b=c", &[("tagKeys", "a"), ("tagKeys", "b=c")]);
        check("%zz=%", &[("%zz", "%")]);
        check("", &[]);
    }

    #[test]
    fn too_many() {
        assert!(parse("a&".repeat(MAX_PARAMETERS).as_bytes()).is_some());
        assert!(parse("a&".repeat(MAX_PARAMETERS + 1).as_bytes()).is_none());
    }
}
