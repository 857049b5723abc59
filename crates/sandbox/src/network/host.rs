//! What is changed on the host, and undone: forwarding, and one table with the masquerade rule.

use super::{
    filter::{self, Expression, Hook, Table, Verdict},
    netlink::Netlink,
};
use std::{fs, io, net::Ipv4Addr, path::Path};

/// Whether packets are passed on between links of this machine.
const FORWARDING: &str = "/proc/sys/net/ipv4/ip_forward";

/// Tells, in the state directory, that the host was changed: what forwarding was before, and a line below it where that was.
const NOTE: &str = "host-network";

/// Names this boot of the machine.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// This network namespace.
const NAMESPACE: &str = "/proc/self/ns/net";

/// Whose settings are changed: of this boot, and of this network namespace.
fn here() -> io::Result<String> {
    let boot = fs::read_to_string(BOOT)?;
    Ok(format!("{} {}", boot.trim(), fs::read_link(NAMESPACE)?.display()))
}

/// What forwarding was before it was changed `here`; none if the note was made elsewhere: with an earlier boot all that it
/// tells of has gone, and what is set now was set by somebody else.
fn noted<'a>(note: &'a str, here: &str) -> Option<&'a str> {
    match note.trim().split_once('\n') {
        Some((before, there)) => (there == here).then_some(before),
        // As it was written before notes told where.
        None => Some(note.trim()),
    }
}

/// Has the host pass on what comes from `address` by `link`, under an address of its own; tells whether the host did not
/// pass on anything before.
///
/// What comes by the link is for others: nothing of the host itself answers it.
pub(super) fn change(state_dir: &Path, tag: &str, link: &str, address: Ipv4Addr) -> io::Result<bool> {
    let before = fs::read_to_string(FORWARDING)?;
    // First the note: whatever happens next is undone.
    fs::write(state_dir.join(NOTE), format!("{}\n{}\n", before.trim(), here()?))?;
    let name = table(tag);
    let netfilter = Netlink::netfilter()?;
    let table = Table::new(&name)
        .translation("out")
        .rule("out", &[Expression::Source(address), Expression::NotTo(link), Expression::Masquerade])
        .filter("in", Hook::Input, Verdict::Accept)
        .rule("in", &[Expression::From(link), Expression::Verdict(Verdict::Drop)]);
    netfilter.ask(&table.messages())?;
    let off = before.trim() == "0";
    if off {
        fs::write(FORWARDING, "1")?;
    }
    Ok(off)
}

/// Undoes what [`change`] did, if it did anything.
pub(crate) fn undo(state_dir: &Path, tag: &str) -> io::Result<()> {
    let note = state_dir.join(NOTE);
    let text = match fs::read_to_string(&note) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        result => result?,
    };
    let here = here()?;
    let Some(before) = noted(&text, &here) else { return fs::remove_file(note) };
    match Netlink::netfilter().and_then(|netfilter| netfilter.ask(&filter::remove(&table(tag)))) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if before == "0" && fs::read_to_string(FORWARDING)?.trim() != "0" {
        fs::write(FORWARDING, "0")?;
    }
    fs::remove_file(note)
}

fn table(tag: &str) -> String {
    format!("tinderbox-{tag}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_changed_here_is_undone() {
        fn check(note: &str, expect: Option<&str>) {
            assert_eq!(noted(note, "boot net:[1]"), expect, "{note:?}");
        }
        check("0\nboot net:[1]\n", Some("0"));
        check("1\nboot net:[1]\n", Some("1"));
        check("0\nanother net:[1]\n", None);
        check("0\nboot net:[2]\n", None);
        check("0", Some("0"));
    }

    #[test]
    fn a_note_of_an_earlier_boot_is_dropped_and_nothing_else_done() {
        let state = tempfile::tempdir().unwrap();
        let before = fs::read_to_string(FORWARDING).unwrap();
        // What it says forwarding was is what it is not, so that carrying it out would show.
        let other = if before.trim() == "0" { "1" } else { "0" };
        fs::write(state.path().join(NOTE), format!("{other}\nan-earlier-boot net:[1]\n")).unwrap();
        undo(state.path(), "test").unwrap();
        assert_eq!(fs::read_to_string(FORWARDING).unwrap(), before);
        assert!(!state.path().join(NOTE).exists());
    }
}
