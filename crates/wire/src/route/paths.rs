//! Path templates of REST operations: `/2015-03-31/functions/{FunctionName}/invocations`.

use super::decode_component;
use crate::schema::OperationSchema;

/// The templates of one service.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    templates: Vec<Template>,
}

#[derive(Debug)]
struct Template {
    operation: usize,
    method: &'static str,
    segments: Vec<Segment>,
    /// Parameters that the query string must have, with their values if those are given.
    query: Vec<(&'static str, Option<&'static str>)>,
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Literal(&'static str),
    Label(&'static str),
    Greedy(&'static str),
}

impl Segment {
    /// Literals come before labels, labels before greedy ones, so that the first match is the best.
    fn rank(&self) -> u8 {
        match self {
            Self::Literal(_) => 0,
            Self::Label(_) => 1,
            Self::Greedy(_) => 2,
        }
    }
}

/// A label's name and its decoded text.
pub(crate) type Labels = Vec<(&'static str, String)>;

impl Paths {
    pub(crate) fn new(operations: &'static [OperationSchema]) -> Self {
        let mut templates: Vec<_> = operations.iter().enumerate().map(|(i, o)| Template::new(i, o)).collect();
        templates.sort_by(|a, b| {
            let ranks = |t: &Template| t.segments.iter().map(Segment::rank).collect::<Vec<_>>();
            // More demands on the query string are more specific; then the earlier literal wins.
            b.query.len().cmp(&a.query.len()).then_with(|| ranks(a).cmp(&ranks(b)))
        });
        Self { templates }
    }

    /// The operation that `method` and the undecoded `path` name, with its labels.
    pub(crate) fn find(
        &self,
        method: &str,
        path: &str,
        query: &[(String, String)],
    ) -> Option<(usize, Labels)> {
        let segments = split(path);
        let fits = |t: &&Template| t.method == method && t.fits(&segments) && t.wants(query);
        self.templates.iter().find(fits).map(|t| (t.operation, t.labels(&segments)))
    }
}

/// The segments of a path; one slash at the end says nothing.
fn split(path: &str) -> Vec<&str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').collect()
}

impl Template {
    fn new(operation: usize, schema: &'static OperationSchema) -> Self {
        let (path, query) = schema.uri.split_once('?').unwrap_or((schema.uri, ""));
        let segments = split(path).into_iter().map(|segment| {
            match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
                Some(label) => match label.strip_suffix('+') {
                    Some(greedy) => Segment::Greedy(greedy),
                    None => Segment::Label(label),
                },
                None => Segment::Literal(segment),
            }
        });
        let query = query.split('&').filter(|p| !p.is_empty()).map(|pair| match pair.split_once('=') {
            Some((name, value)) => (name, Some(value).filter(|v| !v.is_empty())),
            None => (pair, None),
        });
        Self { operation, method: schema.method, segments: segments.collect(), query: query.collect() }
    }

    fn wants(&self, query: &[(String, String)]) -> bool {
        self.query
            .iter()
            .all(|(name, value)| query.iter().any(|(n, v)| n == name && value.is_none_or(|w| w == v)))
    }

    /// Whether the path has this form: told without decoding any of it, since most templates do not fit.
    fn fits(&self, path: &[&str]) -> bool {
        let greedy = self.segments.iter().position(|s| matches!(s, Segment::Greedy(_)));
        let long_enough = match greedy {
            Some(_) => path.len() >= self.segments.len(),
            None => path.len() == self.segments.len(),
        };
        let same = |(segment, part): (&Segment, &&str)| match segment {
            Segment::Literal(text) => text == part,
            // An empty label names nothing; but AWS answers that the name is too short, not that the
            // path is unknown, so it matches where something follows.
            Segment::Label(_) | Segment::Greedy(_) => true,
        };
        let (before, after) = self.segments.split_at(greedy.unwrap_or(self.segments.len()));
        long_enough
            && before.iter().zip(path).all(same)
            && after.iter().skip(1).rev().zip(path.iter().rev()).all(same)
    }

    /// The labels of a path that fits.
    fn labels(&self, path: &[&str]) -> Labels {
        let surplus = path.len().saturating_sub(self.segments.len());
        let (mut labels, mut rest) = (Labels::new(), path);
        for segment in &self.segments {
            let taken = if matches!(segment, Segment::Greedy(_)) { 1 + surplus } else { 1 };
            let Some((parts, after)) = rest.split_at_checked(taken) else { return labels };
            rest = after;
            match (segment, parts) {
                (Segment::Literal(_), _) => {}
                (Segment::Label(name) | Segment::Greedy(name), [part]) => {
                    labels.push((name, decode_component(part)));
                }
                (Segment::Label(name) | Segment::Greedy(name), parts) => {
                    labels.push((name, decode_component(&parts.join("/"))));
                }
            }
        }
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    static OPERATIONS: [OperationSchema; 8] = [
        OperationSchema::named("Invoke", "POST", "/2015-03-31/functions/{FunctionName}/invocations"),
        OperationSchema::named("Get", "GET", "/2015-03-31/functions/{FunctionName}"),
        OperationSchema::named("List", "GET", "/2015-03-31/functions/"),
        OperationSchema::named("Special", "GET", "/2015-03-31/functions/special"),
        OperationSchema::named("Tags", "GET", "/2017-03-31/tags/{ARN}"),
        OperationSchema::named("Object", "GET", "/{Bucket}/{Key+}"),
        OperationSchema::named("Acl", "GET", "/{Bucket}/{Key+}?acl"),
        OperationSchema::named("Tail", "PUT", "/x/{Key+}/end"),
    ];

    #[test]
    fn routes() {
        fn check(method: &str, path: &str, query: &str, expect: Option<(&str, &[&str])>) {
            let query = super::super::parse_query(query.as_bytes()).expect("few");
            let found = Paths::new(&OPERATIONS).find(method, path, &query);
            let found =
                found.map(|(i, l)| (OPERATIONS[i].name, l.into_iter().map(|(_, v)| v).collect::<Vec<_>>()));
            let expect = expect.map(|(n, l)| (n, l.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()));
            assert_eq!(found, expect, "{method} {path}");
        }
        check("POST", "/2015-03-31/functions/hello/invocations", "", Some(("Invoke", &["hello"])));
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:hello";
        check("GET", &format!("/2015-03-31/functions/{arn}"), "", Some(("Get", &[arn])));
        let encoded = arn.replace(':', "%3A");
        check("GET", &format!("/2015-03-31/functions/{encoded}"), "", Some(("Get", &[arn])));
        check("GET", "/2017-03-31/tags/a%2Fb", "", Some(("Tags", &["a/b"])));
        check("GET", "/2015-03-31/functions", "", Some(("List", &[])));
        check("GET", "/2015-03-31/functions/", "Marker=x", Some(("List", &[])));
        check("GET", "/2015-03-31/functions/special", "", Some(("Special", &[])));
        check("POST", "/2015-03-31/functions//invocations", "", Some(("Invoke", &[""])));
        check("GET", "/bucket/a/b%20c/d", "", Some(("Object", &["bucket", "a/b c/d"])));
        check("GET", "/bucket/a/b", "acl", Some(("Acl", &["bucket", "a/b"])));
        check("PUT", "/x/a/b/end", "", Some(("Tail", &["a/b"])));
        check("PUT", "/x/end", "", None);
        check("DELETE", "/2015-03-31/functions", "", None);
        check("GET", "/", "", None);
    }

    proptest! {
        #[test]
        fn any_path_is_answered(path in "/\\PC{0,60}", method in "GET|PUT|POST") {
            let _ = Paths::new(&OPERATIONS).find(&method, &path, &[]);
        }
    }
}
