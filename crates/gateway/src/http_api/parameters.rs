//! Parameter mappings: what an integration changes about requests and answers (API Gateway guide, "Transform API requests
//! and responses").

use super::{errors, model::Texts};
use std::collections::BTreeMap;
use tinderbox_base::Result;

/// Mappings of one integration's requests, or of its answers of one status.
const MAX_MAPPINGS: usize = 100;

/// Headers that no mapping may touch, and the beginnings of their names.
const RESERVED: [&str; 20] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-location",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "date",
];
const RESERVED_PREFIXES: [&str; 4] = ["access-control-", "apigw-", "x-amz-", "x-amzn-"];

/// What is done to a part of a request or an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Append,
    Overwrite,
    Remove,
}

/// The part it is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Header(&'a str),
    Query(&'a str),
    Path,
    Status,
}

/// Takes the key of a mapping apart, such as `append:header.name`.
pub(super) fn parse(key: &str) -> Option<(Deed, Part<'_>)> {
    let (deed, part) = key.split_once(':')?;
    let deed = match deed {
        "append" => Deed::Append,
        "overwrite" => Deed::Overwrite,
        "remove" => Deed::Remove,
        _ => return None,
    };
    let named = |name: &str| !name.is_empty();
    let part = match part {
        "path" if deed == Deed::Overwrite => Part::Path,
        "statuscode" if deed == Deed::Overwrite => Part::Status,
        _ => match part.split_once('.')? {
            ("header", name) if named(name) => Part::Header(name),
            ("querystring", name) if named(name) => Part::Query(name),
            _ => return None,
        },
    };
    Some((deed, part))
}

/// Refuses mappings that cannot be.
pub(super) fn check(request: &Texts, responses: &BTreeMap<String, Texts>) -> Result<()> {
    for (key, answer) in request
        .keys()
        .map(|key| (key, false))
        .chain(responses.values().flat_map(|own| own.keys().map(|key| (key, true))))
    {
        let fits = |part: Part<'_>| match part {
            Part::Header(_) => true,
            Part::Query(_) | Part::Path => !answer,
            Part::Status => answer,
        };
        let part = parse(key).map(|(_, part)| part).filter(|part| fits(*part));
        let part = part.ok_or_else(|| errors::bad(format!("Invalid mapping expression specified: {key}")))?;
        if let Part::Header(name) = part {
            let name = name.to_ascii_lowercase();
            let begins = RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
            if begins || RESERVED.contains(&name.as_str()) {
                return Err(errors::bad(format!("Operations on header {name} are restricted")));
            }
        }
    }
    let status = |status: &&String| !status.parse::<u16>().is_ok_and(|status| (200..=599).contains(&status));
    if let Some(status) = responses.keys().find(status) {
        return Err(errors::bad(format!("Invalid status code {status} specified in responseParameters")));
    }
    let most = responses.values().map(Texts::len).chain([request.len(), responses.len()]).max().unwrap_or(0);
    if most > MAX_MAPPINGS { Err(errors::too_many("parameter mappings", MAX_MAPPINGS)) } else { Ok(()) }
}

/// Sets what is given and removes what is given as nothing.
pub(super) fn merge(own: &mut Texts, given: Texts) {
    for (key, value) in given {
        if value.is_empty() && !key.starts_with("remove:") {
            own.remove(&key);
        } else {
            own.insert(key, value);
        }
    }
}

/// A mapping's value: `$name` and `${name}` replaced by what `variable` says, and by nothing where that says nothing.
pub(super) fn evaluate(template: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    const ROOTS: [&str; 4] = ["request.", "response.", "context.", "stageVariables."];
    let (mut out, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, following) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((name, following)) => (name, following),
            None => {
                let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)));
                after.split_at(end.unwrap_or(after.len()))
            }
        };
        if ROOTS.iter().any(|root| name.starts_with(root)) || name == "request.path" {
            out.push_str(&variable(name).unwrap_or_default());
            rest = following;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys() {
        fn check(key: &str, expect: Option<(Deed, Part<'_>)>) {
            assert_eq!(parse(key), expect, "{key}");
        }
        check("append:header.X-A", Some((Deed::Append, Part::Header("X-A"))));
        check("remove:querystring.q", Some((Deed::Remove, Part::Query("q"))));
        check("overwrite:path", Some((Deed::Overwrite, Part::Path)));
        check("overwrite:statuscode", Some((Deed::Overwrite, Part::Status)));
        check("append:path", None);
        check("append:header.", None);
        check("header.a", None);
        check("set:header.a", None);
    }

    #[test]
    fn what_may_be_mapped() {
        fn check(request: &[&str], response: &[&str], expect: bool) {
            let texts =
                |keys: &[&str]| keys.iter().map(|key| ((*key).to_owned(), "v".to_owned())).collect::<Texts>();
            let responses = BTreeMap::from([("200".to_owned(), texts(response))]);
            assert_eq!(super::check(&texts(request), &responses).is_ok(), expect, "{request:?} {response:?}");
        }
        check(&["append:header.a", "overwrite:path"], &["overwrite:statuscode"], true);
        check(&["overwrite:statuscode"], &[], false);
        check(&[], &["append:querystring.a"], false);
        check(&["append:header.Host"], &[], false);
        check(&["append:header.X-Amzn-Any"], &[], false);
    }

    #[test]
    fn values() {
        fn check(template: &str, expect: &str) {
            let found = evaluate(template, |name| (name == "context.stage").then(|| "dev".to_owned()));
            assert_eq!(found, expect, "{template}");
        }
        check("$context.stage", "dev");
        check("a-${context.stage}-b", "a-dev-b");
        check("$context.none.", "");
        check("$5 ${x} $", "$5 ${x} $");
        check("plain", "plain");
    }

    proptest! {
        #[test]
        fn any_value_is_evaluated(template in "[${}a-z.]{0,30}") {
            let _ = evaluate(&template, |_| None);
        }
    }
}
