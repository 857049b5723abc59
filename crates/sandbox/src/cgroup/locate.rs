//! Where this process is in each cgroup hierarchy, as directories.

use std::path::{Path, PathBuf};

/// One mounted hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hierarchy {
    /// Its controllers; for v2 what `cgroup.controllers` says is asked of the directory instead.
    pub(super) controllers: Vec<String>,
    pub(super) v2: bool,
    /// The top that is visible here.
    pub(super) mount: PathBuf,
    /// Our own place.
    pub(super) own: PathBuf,
}

/// Reads `/proc/self/cgroup` and `/proc/self/mountinfo`.
///
/// Paths are never assumed: a container sees only a part of each tree, mounted anywhere.
pub(super) fn parse(cgroup: &str, mountinfo: &str) -> Vec<Hierarchy> {
    let mounts: Vec<_> = mountinfo.lines().filter_map(Mount::parse).collect();
    cgroup.lines().filter_map(|line| locate(line, &mounts)).collect()
}

struct Mount<'a> {
    root: PathBuf,
    point: PathBuf,
    v2: bool,
    options: Vec<&'a str>,
}

impl<'a> Mount<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (left, right) = line.split_once(" - ")?;
        let mut left = left.split(' ').skip(3);
        let (root, point) = (unescape(left.next()?), unescape(left.next()?));
        let mut right = right.split(' ');
        let v2 = match right.next()? {
            "cgroup" => false,
            "cgroup2" => true,
            _ => return None,
        };
        Some(Self { root: root.into(), point: point.into(), v2, options: right.nth(1)?.split(',').collect() })
    }
}

fn locate(line: &str, mounts: &[Mount<'_>]) -> Option<Hierarchy> {
    let mut parts = line.splitn(3, ':');
    let (number, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
    let v2 = number == "0" && controllers.is_empty();
    let controllers: Vec<_> = controllers.split(',').filter(|c| !c.is_empty()).map(str::to_owned).collect();
    mounts
        .iter()
        .filter(|mount| mount.v2 == v2 && controllers.iter().all(|c| mount.options.contains(&c.as_str())))
        .find_map(|mount| {
            let below = Path::new(path).strip_prefix(&mount.root).ok()?;
            // `..`: we are outside of what this mount shows.
            (!below.starts_with("..")).then(|| Hierarchy {
                controllers: controllers.clone(),
                v2,
                mount: mount.point.clone(),
                own: mount.point.join(below),
            })
        })
}

/// mountinfo writes blanks and the like as three octal digits.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()).filter(|_| first == b'\\') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cgroup: &str, mountinfo: &str, expect: &[(&str, &str)]) {
        let found = parse(cgroup, mountinfo);
        let found: Vec<_> =
            found.iter().map(|h| (h.controllers.join(","), h.own.to_string_lossy().into_owned())).collect();
        let expect: Vec<_> = expect.iter().map(|(c, p)| ((*c).to_owned(), (*p).to_owned())).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn hosts_and_containers() {
        let split = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
                     41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n\
                     33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";
        check(
            "4:memory:/api/7\n0::/\n2:cpu,cpuacct:/",
            split,
            &[
                ("memory", "/sys/fs/cgroup/memory/api/7"),
                ("", "/sys/fs/cgroup/unified/"),
                ("cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct/"),
            ],
        );
        let v2 = "31 23 0:28 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
        check("0::/system.slice/a b.service\n", v2, &[("", "/sys/fs/cgroup/system.slice/a b.service")]);
        let container = "31 23 0:28 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
        check("4:memory:/docker/abc/x\n", container, &[("memory", "/sys/fs/cgroup/memory/x")]);
        check("4:memory:/elsewhere\n", container, &[]);
        check("0::/../outside\n", v2, &[]);
        check("4:memory:/\n", "1 2 0:1 / /a\\040b rw - cgroup cgroup rw,memory\n", &[("memory", "/a b/")]);
    }

    proptest::proptest! {
        #[test]
        fn anything_is_read_without_panic(cgroup in ".{0,200}", mountinfo in ".{0,200}") {
            parse(&cgroup, &mountinfo);
        }
    }
}
