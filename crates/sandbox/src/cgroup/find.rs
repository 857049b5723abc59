//! Choosing a place for every role, and making our directory there.

use super::{Layout, Place, Version, locate, locate::Hierarchy, v1::V1, v2::V2};
use crate::error::Missing;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What a directory of v2 must offer when no v1 hierarchy does.
const CONTROLLERS: [&str; 3] = ["cpu", "memory", "pids"];

/// Finds the place of each role and makes our directory `name` in each, or says which limits cannot be had.
pub(crate) fn find(name: &str) -> Result<Layout, Vec<Missing>> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let mut hierarchies = locate::parse(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"));
    for hierarchy in &mut hierarchies {
        // We moved there when sandboxes were started before.
        if hierarchy.own.file_name().is_some_and(|own| *own == *leaf(name)) {
            hierarchy.own.pop();
        }
    }
    choose(&hierarchies, name)
}

fn choose(hierarchies: &[Hierarchy], name: &str) -> Result<Layout, Vec<Missing>> {
    let v1 = |controller: &str| {
        hierarchies.iter().find(|h| !h.v2 && h.controllers.iter().any(|c| c == controller))
    };
    let v2 = hierarchies.iter().find(|h| h.v2);
    let wanted: Vec<_> = CONTROLLERS.into_iter().filter(|controller| v1(controller).is_none()).collect();
    // Freezing and the processor's account need no controller in v2, so any directory of it will do for them.
    let unified = v2.map(|hierarchy| v2_parent(hierarchy, &wanted, name));
    let mut missing = Vec::new();
    let mut place = |protection: &'static str, controller: &str, prefer_v2: bool| -> Option<Place> {
        let first = v1(controller).map(|hierarchy| (hierarchy.own.clone(), &V1 as &'static dyn Version));
        let second = match &unified {
            Some(Ok(parent)) => Some((parent.clone(), &V2 as &'static dyn Version)),
            _ => None,
        };
        let found = if prefer_v2 { second.or(first) } else { first.or(second) };
        let reason = match (&found, &unified) {
            (Some((parent, version)), _) => match make(&parent.join(name)) {
                Ok(()) => return Some(Place { base: parent.join(name), version: *version }),
                Err(error) => format!("making a cgroup in {}: {error}", parent.display()),
            },
            (None, Some(Err(error))) => error.clone(),
            (None, _) => {
                format!(
                    "no cgroup hierarchy with the controller `{controller}` is mounted and visible from here"
                )
            }
        };
        missing.push(Missing { protection, reason });
        None
    };
    let places = (
        place("memory limit", "memory", false),
        place("processor share", "cpu", false),
        place("limit of processes", "pids", false),
        place("freezing", "freezer", true),
        place("processor account", "cpuacct", true),
    );
    match places {
        (Some(memory), Some(cpu), Some(pids), Some(freezer), Some(cpu_time)) => {
            Ok(Layout { memory, cpu, pids, freezer, cpu_time })
        }
        _ => Err(missing),
    }
}

fn make(dir: &Path) -> io::Result<()> {
    match fs::create_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    }
}

/// A directory of v2 whose children can have the `wanted` controllers, which are then enabled in ours, too.
fn v2_parent(hierarchy: &Hierarchy, wanted: &[&str], name: &str) -> Result<PathBuf, String> {
    if wanted.is_empty() {
        return Ok(hierarchy.own.clone());
    }
    let parent = delegated(hierarchy, wanted, name)
        .or_else(|| above(hierarchy).into_iter().find(|dir| enabled(dir, wanted)))
        .or_else(|| above(hierarchy).into_iter().find(|dir| enable(dir, wanted).is_ok()))
        .ok_or_else(|| {
            format!("no cgroup v2 directory above {} offers {wanted:?}", hierarchy.own.display())
        })?;
    let ours = parent.join(name);
    make(&ours)
        .and_then(|()| enable(&ours, wanted))
        .map_err(|error| format!("{}: {error}", ours.display()))?;
    Ok(parent)
}

/// Our own cgroup, where it holds nobody else (a service with delegation): we move to a leaf, since a cgroup that
/// gives controllers to children may have no processes of its own.
fn delegated(hierarchy: &Hierarchy, wanted: &[&str], name: &str) -> Option<PathBuf> {
    let own = &hierarchy.own;
    let me = std::process::id().to_string();
    let alone =
        fs::read_to_string(own.join("cgroup.procs")).is_ok_and(|procs| procs.lines().all(|p| p == me));
    if !alone || *own == hierarchy.mount || !offers(own, "cgroup.controllers", wanted) {
        return None;
    }
    let leaf = own.join(leaf(name));
    make(&leaf).and_then(|()| fs::write(leaf.join("cgroup.procs"), me)).ok()?;
    enable(own, wanted).ok()?;
    Some(own.clone())
}

/// The name of the cgroup that the server moves to where it may not stay in its own.
fn leaf(name: &str) -> String {
    format!("{name}-server")
}

/// Gives up the cgroup that the server moved to; to be called by the janitor, which is in it, too, when the server is
/// gone. `base` is our directory beside it.
pub(crate) fn give_up_leaf(base: &Path) {
    let (Some(parent), Some(name)) = (base.parent(), base.file_name().and_then(|name| name.to_str())) else {
        return;
    };
    let leaf = parent.join(leaf(name));
    if leaf.is_dir() {
        // A cgroup that gives controllers to children takes no processes back.
        let controllers = fs::read_to_string(parent.join("cgroup.subtree_control")).unwrap_or_default();
        let none: Vec<_> =
            controllers.split_whitespace().map(|controller| format!("-{controller}")).collect();
        let _ = fs::write(parent.join("cgroup.subtree_control"), none.join(" "));
        let _ = fs::write(parent.join("cgroup.procs"), std::process::id().to_string());
        let _ = fs::remove_dir(leaf);
    }
}

fn above(hierarchy: &Hierarchy) -> Vec<PathBuf> {
    let mut dirs: Vec<_> = hierarchy.own.ancestors().map(Path::to_path_buf).collect();
    dirs.retain(|dir| dir.starts_with(&hierarchy.mount));
    dirs
}

fn enabled(dir: &Path, wanted: &[&str]) -> bool {
    offers(dir, "cgroup.subtree_control", wanted)
}

fn offers(dir: &Path, file: &str, wanted: &[&str]) -> bool {
    let offered = fs::read_to_string(dir.join(file)).unwrap_or_default();
    wanted.iter().all(|controller| offered.split_whitespace().any(|c| c == *controller))
}

fn enable(dir: &Path, wanted: &[&str]) -> io::Result<()> {
    if enabled(dir, wanted) {
        return Ok(());
    }
    let value: Vec<_> = wanted.iter().map(|controller| format!("+{controller}")).collect();
    fs::write(dir.join("cgroup.subtree_control"), value.join(" "))
}
