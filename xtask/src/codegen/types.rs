//! types.rs and errors.rs: plain structures.

use super::{
    names::{constant, field, literal},
    output::HEADER,
    select::Selection,
};
use crate::Result;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// Every structure but the errors, and the values of the enumerations.
pub(crate) fn emit(selection: &Selection<'_>) -> Result<String> {
    let mut structures = String::new();
    let mut values = String::new();
    for name in selection.shapes.iter().filter(|s| !selection.errors.contains(s)) {
        let shape = selection.model.shape(name)?;
        match shape.kind.as_str() {
            "structure" if !shape.document => structure(selection, name, &mut structures)?,
            "string" if !shape.values.is_empty() => enumeration(name, &shape.values, &mut values),
            _ => {}
        }
    }
    let imports = imports(&structures);
    Ok(format!("{HEADER}\n{imports}\ntinderbox_wire::structures! {{\n{structures}}}\n\n{values}"))
}

/// The errors, which are structures with a constructor.
pub(crate) fn emit_errors(selection: &Selection<'_>) -> Result<String> {
    let mut structures = String::new();
    let mut list = String::new();
    for name in &selection.errors {
        structure(selection, name, &mut structures)?;
        let _ = writeln!(list, "    {name} = {}, {};", literal(name), selection.message_field(name)?);
    }
    let imports = imports(&structures);
    Ok(format!(
        "{HEADER}\n{imports}\ntinderbox_wire::structures! {{\n{structures}}}\n\n\
         tinderbox_wire::modeled_errors! {{\n{list}}}\n"
    ))
}

fn imports(text: &str) -> String {
    let mut out = String::new();
    for (word, import) in [
        ("Bytes", "bytes::Bytes"),
        ("BTreeMap", "std::collections::BTreeMap"),
        ("Timestamp", "tinderbox_base::Timestamp"),
        ("Document", "tinderbox_wire::Document"),
    ] {
        if ["", "<", " "]
            .iter()
            .any(|p| text.contains(&format!("{p}{word}>")) || text.contains(&format!(" {word},")))
            || text.contains(&format!("{word}<"))
        {
            let _ = writeln!(out, "use {import};");
        }
    }
    out
}

fn structure(selection: &Selection<'_>, name: &str, out: &mut String) -> Result<()> {
    let required: BTreeSet<_> = selection.model.shape(name)?.required.iter().collect();
    let _ = writeln!(out, "    /// `{name}` of the model.\n    pub struct {name} {{");
    for (member, reference) in selection.members(name)? {
        let mut rust = selection.rust_type(&reference.shape)?;
        if reference.shape == name || selection.holds(&reference.shape, name, &mut BTreeSet::new()) {
            rust = format!("Box<{rust}>");
        }
        if !required.contains(&member) {
            rust = format!("Option<{rust}>");
        }
        let _ = writeln!(out, "        pub {}: {rust},", field(&member));
    }
    out.push_str("    }\n");
    Ok(())
}

fn enumeration(name: &str, values: &[String], out: &mut String) {
    let mut taken = BTreeMap::new();
    // Some models' names begin small.
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let rust: String = first.into_iter().chain(letters).collect();
    let _ = writeln!(out, "/// The values of `{name}`.\npub struct {rust};\n\nimpl {rust} {{");
    for value in values {
        let mut rust = constant(value);
        let times = taken.entry(rust.clone()).and_modify(|n| *n += 1).or_insert(1);
        if *times > 1 {
            let _ = write!(rust, "_{times}");
        }
        let _ = writeln!(out, "    pub const {rust}: &'static str = {};", literal(value));
    }
    out.push_str("}\n\n");
}
