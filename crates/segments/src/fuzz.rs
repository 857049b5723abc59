//! Files as a disk that fails, or a person, might leave them.

use crate::{
    block::{HEAD_LEN, Head, MAGIC},
    names::Name,
};

/// `input` with the magic number and the checksum that its header should have.
fn sealed(input: &[u8]) -> Vec<u8> {
    let mut out = input.to_vec();
    if out.len() >= HEAD_LEN {
        out[..4].copy_from_slice(&MAGIC);
        let table = u32::from_le_bytes([out[24], out[25], out[26], out[27]]) as usize;
        let end = HEAD_LEN.saturating_add(table).min(out.len());
        let crc = crc32fast::hash(&out[8..end]);
        out[4..8].copy_from_slice(&crc.to_le_bytes());
    }
    out
}

#[test]
fn fuzz_segment_block() {
    tinderbox_fuzz::run("segment_block", &["\u{0}\u{0}\u{0}\u{0}", "\u{1}\u{0}\u{0}\u{0}"], |input| {
        let bytes = sealed(input);
        let head = Head::decode(&bytes).map_err(|fault| format!("{fault:?}"))?;
        let spans = head.spans().take(10_000).count();
        let body = bytes.get(HEAD_LEN + head.table.len()..).unwrap_or_default();
        let mut entries = 0;
        let read = head.entries(body, |_| entries += 1).map_err(|fault| format!("{fault:?}"));
        let unpacked = head.unpack(body).map(|raw| raw.len().min(9)).map_err(|fault| format!("{fault:?}"));
        Ok::<_, String>((spans.min(9), entries.min(9), read, unpacked))
    });
}

#[test]
fn fuzz_segment_names() {
    tinderbox_fuzz::run(
        "segment_names",
        &[".open", ".sealed", "-", "0-0-0-0-0-0", "8000000000000000"],
        |input| {
            let name = Name::parse(&String::from_utf8_lossy(input));
            if let Some(name) = &name {
                assert_eq!(Name::parse(&name.to_string()).as_ref(), Some(name));
            }
            name.map(|name| matches!(name, Name::Sealed(_)))
        },
    );
}
