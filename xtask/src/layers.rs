//! Which crate may use which: only what lies below it.
//!
//! Dependencies of tests and examples may point anywhere: nothing that ships has them.

use crate::Result;
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::path::Path;

/// The crates from the bottom up; those on one line are siblings, which do not know each other.
const LAYERS: [&[&str]; 11] = [
    &["tinderbox-base", "tinderbox-fuzz"],
    &["tinderbox-store", "tinderbox-blobs", "tinderbox-segments", "tinderbox-vtl"],
    &["tinderbox-sandbox"],
    &["tinderbox-runtime-api"],
    &["tinderbox-engine"],
    &["tinderbox-functions", "tinderbox-gateway", "tinderbox-identity", "tinderbox-logs"],
    &["tinderbox-wire"],
    &["tinderbox-aws-model-*"],
    &["tinderbox-aws"],
    &["tinderbox"],
    &["xtask", "tinderbox-bench"],
];

/// One crate and what it uses, by name.
struct Package {
    name: String,
    uses: Vec<String>,
}

/// Fails when a dependency points up or sideways.
pub(crate) fn run(root: &Path) -> Result<()> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .map_err(|e| format!("cargo metadata: {e}"))?;
    let packages = metadata.packages.iter().map(|package| {
        let ships = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
        let uses = ships.filter(|d| d.path.is_some()).map(|d| d.name.clone()).collect();
        Package { name: package.name.to_string(), uses }
    });
    let wrong = violations(&packages.collect::<Vec<_>>());
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

fn violations(packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages {
        let Some(own) = layer(&package.name) else {
            found.push(format!("{} has no layer: give it one in xtask/src/layers.rs", package.name));
            continue;
        };
        for used in &package.uses {
            match layer(used) {
                Some(other) if other < own => {}
                Some(other) if other == own => {
                    found.push(format!("{} uses its sibling {used}", package.name))
                }
                Some(_) => found.push(format!("{} uses {used}, which lies above it", package.name)),
                None => found.push(format!("{} uses {used}, which has no layer", package.name)),
            }
        }
    }
    found
}

fn layer(package: &str) -> Option<usize> {
    LAYERS.iter().position(|names| {
        names.iter().any(|name| match name.strip_suffix('*') {
            Some(prefix) => package.starts_with(prefix),
            None => *name == package,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_arrow_of_this_workspace_points_up() {
        run(&crate::root()).expect("every dependency points down");
    }

    #[test]
    fn arrows() {
        fn check(name: &str, uses: &str, ok: bool) {
            let package = Package { name: name.into(), uses: vec![uses.into()] };
            assert_eq!(violations(&[package]).is_empty(), ok, "{name} uses {uses}");
        }
        check("tinderbox-aws", "tinderbox-functions", true);
        check("tinderbox-aws-model-lambda", "tinderbox-wire", true);
        check("tinderbox-functions", "tinderbox-logs", false);
        check("tinderbox-engine", "tinderbox-functions", false);
        check("tinderbox-wire", "tinderbox-aws-model-lambda", false);
        check("tinderbox-base", "tinderbox-unheard-of", false);
        check("tinderbox-unheard-of", "tinderbox-base", false);
    }
}
