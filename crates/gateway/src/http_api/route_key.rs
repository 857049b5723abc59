//! `GET /pets/{id}`, `ANY /{proxy+}` and `$default`.

use super::errors;
use crate::paths::variable;
use tinderbox_base::Result;

/// The catch-all route's key.
pub(super) const DEFAULT: &str = "$default";

const METHODS: [&str; 8] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "ANY"];

/// The longest key.
const MAX_KEY: usize = 1024;

/// A route's key, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RouteKey<'a> {
    /// What no other route takes.
    Default,
    /// A method, or `ANY`, and a path template.
    Path {
        /// The method.
        method: &'a str,
        /// The template.
        path: &'a str,
    },
}

impl<'a> RouteKey<'a> {
    /// Reads a key.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn parse(key: &'a str) -> Result<Self> {
        if key == DEFAULT {
            return Ok(Self::Default);
        }
        let wrong = |why: &str| {
            errors::bad(format!("The provided route key is not formatted properly for HTTP protocol. {why}"))
        };
        let format = "Format should be \"<HTTP METHOD> /<RESOURCE PATH>\" or \"$default\"";
        if key.len() > MAX_KEY {
            return Err(wrong(&format!("It is longer than {MAX_KEY} characters")));
        }
        let (method, path) = key.split_once(' ').ok_or_else(|| wrong(format))?;
        if !METHODS.contains(&method) || !path.starts_with('/') {
            return Err(wrong(format));
        }
        let mut segments = path.split('/').skip(1).peekable();
        let mut names = Vec::new();
        while let Some(segment) = segments.next() {
            let Some((name, greedy)) = variable(segment) else {
                if segment.contains(['{', '}', '?', '#', ' ']) {
                    return Err(wrong("A segment is a text, {name} or {name+}"));
                }
                continue;
            };
            let sound =
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
            if !sound || names.contains(&name) {
                return Err(wrong(
                    "Parameters have names of letters, digits, '.', '_' and '-', each another",
                ));
            }
            if greedy && segments.peek().is_some() {
                return Err(wrong("A greedy parameter is the last segment"));
            }
            names.push(name);
        }
        Ok(Self::Path { method, path })
    }

    /// The key as routes are compared by: names of parameters do not tell routes apart.
    pub(super) fn normal(&self) -> String {
        match self {
            Self::Default => DEFAULT.into(),
            Self::Path { method, path } => {
                let segments = path.split('/').map(|segment| match variable(segment) {
                    Some((_, true)) => "{+}",
                    Some((_, false)) => "{}",
                    None => segment,
                });
                format!("{method} {}", segments.collect::<Vec<_>>().join("/"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys() {
        fn check(key: &str, normal: Option<&str>) {
            assert_eq!(RouteKey::parse(key).ok().map(|key| key.normal()).as_deref(), normal, "{key}");
        }
        check("$default", Some("$default"));
        check("GET /pets/{id}", Some("GET /pets/{}"));
        check("ANY /{proxy+}", Some("ANY /{+}"));
        check("GET /", Some("GET /"));
        check("GET", None);
        check("get /x", None);
        check("TRACE /x", None);
        check("GET x", None);
        check("GET /{a+}/b", None);
        check("GET /{a}/{a}", None);
        check("GET /a{b}", None);
        check("GET /{}", None);
        check(&format!("GET /{}", "x".repeat(1100)), None);
    }

    proptest! {
        #[test]
        fn any_text_is_a_key_or_an_error(key in "(GET|ANY|\\PC{0,4}) [/{}a+ \\PC]{0,20}") {
            let _ = RouteKey::parse(&key);
        }
    }
}
