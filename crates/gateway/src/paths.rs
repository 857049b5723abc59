//! The router: from a path to what stands at it.
//!
//! A tree of segments, built once and never changed. A request visits each node at most once, and only those that
//! begin its path: a thousand routes cost what ten cost.

use std::collections::HashMap;

/// Things by path templates such as `/pets/{id}` and `/files/{path+}`.
///
/// At each segment a literal comes before `{param}`, and that before `{rest+}`, which takes one or more segments and
/// can only stand last. Where the better branch leads nowhere, the next one is taken.
#[derive(Debug)]
pub struct Paths<T> {
    nodes: Vec<Node<T>>,
}

#[derive(Debug)]
struct Node<T> {
    literals: HashMap<Box<str>, usize>,
    param: Option<usize>,
    greedy: Option<Leaf<T>>,
    leaf: Option<Leaf<T>>,
}

#[derive(Debug)]
struct Leaf<T> {
    names: Box<[Box<str>]>,
    value: T,
}

/// What a path was found to be.
#[derive(Debug, PartialEq, Eq)]
pub struct Found<'r, 'p, V> {
    /// What stands there.
    pub value: V,
    /// The names of its parameters and their texts, as they are in the path: not decoded.
    pub params: Vec<(&'r str, &'p str)>,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { literals: HashMap::new(), param: None, greedy: None, leaf: None }
    }
}

impl<T> Default for Paths<T> {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

/// The name in `{name}`, or in `{name+}` with true.
pub(crate) fn variable(segment: &str) -> Option<(&str, bool)> {
    let inner = segment.strip_prefix('{')?.strip_suffix('}')?;
    Some(inner.strip_suffix('+').map_or((inner, false), |name| (name, true)))
}

impl<T> Paths<T> {
    /// What stands at `template`, which is made by `value` if nothing does.
    pub fn entry(&mut self, template: &str, value: impl FnOnce() -> T) -> &mut T {
        let (mut at, mut names) = (0, Vec::new());
        for segment in segments(template) {
            match variable(segment) {
                Some((name, true)) => {
                    names.push(name.into());
                    let leaf = || Leaf { names: names.into(), value: value() };
                    return &mut self.nodes[at].greedy.get_or_insert_with(leaf).value;
                }
                Some((name, false)) => {
                    names.push(name.into());
                    at = match self.nodes[at].param {
                        Some(next) => next,
                        None => {
                            let next = self.push();
                            self.nodes[at].param = Some(next);
                            next
                        }
                    };
                }
                None => {
                    at = match self.nodes[at].literals.get(segment) {
                        Some(next) => *next,
                        None => {
                            let next = self.push();
                            self.nodes[at].literals.insert(segment.into(), next);
                            next
                        }
                    };
                }
            }
        }
        let leaf = || Leaf { names: names.into(), value: value() };
        &mut self.nodes[at].leaf.get_or_insert_with(leaf).value
    }

    fn push(&mut self) -> usize {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    /// The best of what stands at `path` that `accept` takes.
    pub fn find<'r, 'p, V>(
        &'r self,
        path: &'p str,
        accept: impl Fn(&'r T) -> Option<V>,
    ) -> Option<Found<'r, 'p, V>> {
        let mut params = Vec::new();
        self.walk(0, trimmed(path), &accept, &mut params)
    }

    fn walk<'r, 'p, V>(
        &'r self,
        at: usize,
        rest: &'p str,
        accept: &impl Fn(&'r T) -> Option<V>,
        params: &mut Vec<&'p str>,
    ) -> Option<Found<'r, 'p, V>> {
        let node = self.nodes.get(at)?;
        if rest.is_empty() {
            return found(node.leaf.as_ref()?, accept, params);
        }
        let (segment, after) = rest.split_once('/').unwrap_or((rest, ""));
        if let Some(next) = node.literals.get(segment)
            && let Some(found) = self.walk(*next, after, accept, params)
        {
            return Some(found);
        }
        if let (Some(next), false) = (node.param, segment.is_empty()) {
            params.push(segment);
            if let Some(found) = self.walk(next, after, accept, params) {
                return Some(found);
            }
            params.pop();
        }
        let greedy = node.greedy.as_ref()?;
        params.push(rest);
        let taken = found(greedy, accept, params);
        params.pop();
        taken
    }
}

fn found<'r, 'p, T, V>(
    leaf: &'r Leaf<T>,
    accept: &impl Fn(&'r T) -> Option<V>,
    params: &[&'p str],
) -> Option<Found<'r, 'p, V>> {
    let value = accept(&leaf.value)?;
    let names = leaf.names.iter().map(|name| &**name);
    Some(Found { value, params: names.zip(params.iter().copied()).collect() })
}

/// The path without the slash it begins with and one that it ends with: neither says anything.
fn trimmed(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_suffix('/').unwrap_or(path)
}

fn segments(template: &str) -> impl Iterator<Item = &str> {
    trimmed(template).split('/').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn paths(templates: &[&'static str]) -> Paths<&'static str> {
        let mut paths = Paths::default();
        for template in templates {
            paths.entry(template, || *template);
        }
        paths
    }

    #[test]
    fn precedence() {
        fn check(path: &str, expect: Option<(&str, &[(&str, &str)])>) {
            let paths = paths(&[
                "/",
                "/pets",
                "/pets/{id}",
                "/pets/{id}/toys",
                "/pets/mine",
                "/pets/mine/food",
                "/files/{path+}",
                "/{any}/x",
                "/{proxy+}",
            ]);
            let found = paths.find(path, |t| Some(*t));
            let found = found.as_ref().map(|f| (f.value, &f.params[..]));
            assert_eq!(found, expect, "{path}");
        }
        check("/", Some(("/", &[])));
        check("", Some(("/", &[])));
        check("/pets", Some(("/pets", &[])));
        check("/pets/", Some(("/pets", &[])));
        check("/pets/7", Some(("/pets/{id}", &[("id", "7")])));
        check("/pets/mine", Some(("/pets/mine", &[])));
        check("/pets/mine/toys", Some(("/pets/{id}/toys", &[("id", "mine")])));
        check("/pets/7/food", Some(("/{proxy+}", &[("proxy", "pets/7/food")])));
        check("/files/a/b%20c", Some(("/files/{path+}", &[("path", "a/b%20c")])));
        check("/files", Some(("/{proxy+}", &[("proxy", "files")])));
        check("/files/x", Some(("/files/{path+}", &[("path", "x")])));
        check("/z/x", Some(("/{any}/x", &[("any", "z")])));
        check("/a//b", Some(("/{proxy+}", &[("proxy", "a//b")])));
    }

    #[test]
    fn what_is_not_accepted_is_passed_over() {
        let paths = paths(&["/a", "/{proxy+}"]);
        let found = paths.find("/a", |t| (*t != "/a").then_some(*t)).expect("the next best");
        assert_eq!((found.value, found.params), ("/{proxy+}", vec![("proxy", "a")]));
    }

    /// The same rules, written as plainly as can be: every template is tried, the best rank wins.
    fn naive(templates: &[String], path: &str) -> Option<String> {
        let parts: Vec<&str> = trimmed(path).split('/').collect();
        let parts = if parts == [""] { Vec::new() } else { parts };
        let rank = |template: &str| -> Option<Vec<u8>> {
            let (mut rank, mut left) = (Vec::new(), &parts[..]);
            for segment in segments(template) {
                let (first, after) = left.split_first()?;
                match variable(segment) {
                    Some((_, true)) => {
                        rank.push(2);
                        return Some(rank);
                    }
                    Some((_, false)) if first.is_empty() => return None,
                    Some((_, false)) => rank.push(1),
                    None if segment == *first => rank.push(0),
                    None => return None,
                }
                left = after;
            }
            left.is_empty().then_some(rank)
        };
        let ranked = templates.iter().filter_map(|t| Some((rank(t)?, t)));
        ranked.min().map(|(_, template)| template.clone())
    }

    fn templates() -> impl Strategy<Value = Vec<String>> {
        let segment = prop_oneof![3 => "[abc]", 1 => Just("{p}".to_owned())];
        let last = prop_oneof![2 => Just(String::new()), 1 => Just("/{r+}".to_owned())];
        let template = (prop::collection::vec(segment, 0..4), last)
            .prop_map(|(segments, last)| format!("/{}{last}", segments.join("/")).replace("//", "/"));
        prop::collection::vec(template, 1..12)
    }

    proptest! {
        #[test]
        fn the_tree_finds_what_trying_all_finds(
            templates in templates(),
            path in prop::collection::vec("[abcd]", 0..6),
        ) {
            let mut paths = Paths::default();
            for template in &templates {
                paths.entry(template, || template.clone());
            }
            let path = format!("/{}", path.join("/"));
            let found = paths.find(&path, |t| Some(t.clone()));
            prop_assert_eq!(found.map(|f| f.value), naive(&templates, &path));
        }

        #[test]
        fn any_path_is_answered(path in "\\PC{0,60}") {
            let _ = paths(&["/a/{b}", "/{c+}"]).find(&path, |t| Some(*t));
        }
    }
}
