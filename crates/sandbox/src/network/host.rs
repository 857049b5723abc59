//! What is changed on the host, and undone: forwarding, and one table with the masquerade rule.

use super::{
    filter::{self, Expression, Hook, Table, Verdict},
    netlink::Netlink,
};
use std::{fs, io, net::Ipv4Addr, path::Path};

/// Whether packets are passed on between links of this machine.
const FORWARDING: &str = "/proc/sys/net/ipv4/ip_forward";

/// Tells, in the state directory, that the host was changed, and what forwarding was before.
const NOTE: &str = "host-network";

/// Has the host pass on what comes from `address` by `link`, under an address of its own; tells whether the host did not
/// pass on anything before.
///
/// What comes by the link is for others: nothing of the host itself answers it.
pub(super) fn change(state_dir: &Path, tag: &str, link: &str, address: Ipv4Addr) -> io::Result<bool> {
    let before = fs::read_to_string(FORWARDING)?;
    // First the note: whatever happens next is undone.
    fs::write(state_dir.join(NOTE), before.trim())?;
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
    let before = match fs::read_to_string(&note) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        result => result?,
    };
    match Netlink::netfilter().and_then(|netfilter| netfilter.ask(&filter::remove(&table(tag)))) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if before.trim() == "0" && fs::read_to_string(FORWARDING)?.trim() != "0" {
        fs::write(FORWARDING, "0")?;
    }
    fs::remove_file(note)
}

fn table(tag: &str) -> String {
    format!("tinderbox-{tag}")
}
