//! From trimmed public models and an operation list to the committed crates `aws-model-*`.

mod api;
mod config;
pub(crate) mod model;
mod names;
mod output;
mod schema;
mod select;
mod types;

pub(crate) use config::Config;

use crate::Result;
use select::Selection;
use std::path::Path;

/// Writes the crates, or with `check` fails if that would change anything.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let config = Config::read(root)?;
    let mut stale = Vec::new();
    for (name, service) in &config.0 {
        let model = model::Model::read(root, name)?;
        let selection = Selection::new(name, &model, service)?;
        let files = [
            ("Cargo.toml", output::manifest(name)),
            ("src/lib.rs", output::library(&selection)),
            ("src/schema.rs", output::format(&schema::emit(&selection)?)?),
            ("src/types.rs", output::format(&types::emit(&selection)?)?),
            ("src/errors.rs", output::format(&types::emit_errors(&selection)?)?),
            ("src/api.rs", output::format(&api::emit(&selection))?),
        ];
        for (file, text) in files {
            let path = root.join("crates").join(format!("aws-model-{name}")).join(file);
            if output::differs(&path, &text) {
                stale.push(path.display().to_string());
                if !check {
                    output::write(&path, &text)?;
                }
            }
        }
    }
    match (check, stale.is_empty()) {
        (true, false) => Err(format!("run `cargo xtask codegen`; it would change\n{}", stale.join("\n"))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn committed_crates_are_what_the_models_give() {
        super::run(&crate::root(), true).expect("nothing to change");
    }
}
