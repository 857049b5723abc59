use super::*;
use bytes::Bytes;
use proptest::prelude::*;
use std::fs;
use std::io::{Cursor, Write};
use std::os::unix::fs::PermissionsExt;
use zip::{ZipWriter, write::SimpleFileOptions};

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default()
}

fn zip_of(make: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Bytes {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    make(&mut writer);
    writer.finish().expect("a zip").into_inner().into()
}

fn zip_files(files: &[(&str, &[u8])]) -> Bytes {
    zip_of(|w| {
        for (name, bytes) in files {
            w.start_file(*name, options()).expect("start");
            w.write_all(bytes).expect("write");
        }
    })
}

/// Reads and unpacks; the listing of what came out, or the fault's text without the common start.
fn unpack(zip: Bytes) -> Result<Vec<String>, String> {
    let shown = |f: Fault| f.to_string().replace(CORRUPT, "").trim().to_owned();
    let parent = tempfile::tempdir().expect("a directory");
    let plan = Plan::read(zip).map_err(shown)?;
    let to = parent.path().join("code");
    plan.unpack(&to).map_err(shown)?;
    // Nothing is ever written beside the directory.
    assert_eq!(fs::read_dir(parent.path()).expect("listing").count(), 1);
    let mut lines = Vec::new();
    list(&to, "", &mut lines);
    lines.sort();
    Ok(lines)
}

fn list(directory: &std::path::Path, prefix: &str, lines: &mut Vec<String>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let entry = entry.expect("an entry");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let meta = fs::symlink_metadata(entry.path()).expect("metadata");
        let mode = meta.permissions().mode() & 0o7777;
        if meta.is_dir() {
            lines.push(format!("{mode:o} {name}/"));
            list(&entry.path(), &format!("{name}/"), lines);
        } else if meta.is_symlink() {
            lines.push(format!("{name} -> {}", fs::read_link(entry.path()).expect("link").display()));
        } else {
            let text = fs::read(entry.path()).expect("bytes");
            lines.push(format!("{mode:o} {name} {}", String::from_utf8_lossy(&text)));
        }
    }
}

fn check(zip: Bytes, expect: Result<&[&str], &str>) {
    let found = unpack(zip);
    assert_eq!(
        found.as_ref().map(|l| l.iter().map(String::as_str).collect()).map_err(String::as_str),
        expect.map(<[_]>::to_vec)
    );
}

#[test]
fn files_and_their_modes() {
    check(zip_files(&[("hello.py", b"x")]), Ok(&["644 hello.py x"]));
    check(
        zip_files(&[("a/b/c.py", b"x"), ("a/d", b"")]),
        Ok(&["644 a/b/c.py x", "644 a/d ", "755 a/", "755 a/b/"]),
    );
    let modes = zip_of(|w| {
        for (name, mode) in [("x", 0o700), ("y", 0o600), ("z", 0o4755), ("w", 0o001)] {
            w.start_file(name, options().unix_permissions(mode)).expect("start");
        }
        w.add_directory("d", options().unix_permissions(0)).expect("directory");
    });
    check(modes, Ok(&["644 y ", "755 d/", "755 w ", "755 x ", "755 z "]));
}

#[test]
fn names_that_lead_elsewhere() {
    check(zip_files(&[("../x", b"")]), Err("Entry '../x' leads outside of the package."));
    check(zip_files(&[("a/../../x", b"")]), Err("Entry 'a/../../x' leads outside of the package."));
    check(zip_files(&[("/etc/x", b"")]), Err("Entry '/etc/x' has an absolute path."));
    check(zip_files(&[("..\\x", b"")]), Err("Entry '..\\x' leads outside of the package."));
    check(zip_files(&[("a\\b", b"x")]), Ok(&["644 a/b x", "755 a/"]));
}

fn link(path: &str, target: &str) -> Bytes {
    zip_of(|w| {
        w.add_symlink(path, target, options()).expect("link");
        w.start_file("f", options()).expect("file");
    })
}

#[test]
fn links_stay_inside() {
    check(link("l", "f"), Ok(&["644 f ", "l -> f"]));
    check(link("d/l", "../f"), Ok(&["644 f ", "755 d/", "d/l -> ../f"]));
    check(link("l", "../f"), Err("Entry 'l' is a link that leads outside of the package."));
    check(link("l", "/etc/passwd"), Err("Entry 'l' is a link that leads outside of the package."));
    check(link("l", &"a/".repeat(1030)), Err("Entry 'l' is no readable link."));
}

#[test]
fn nothing_is_written_through_a_link() {
    let zip = zip_of(|w| {
        w.add_symlink("d", "/tmp", options()).expect("link");
        w.start_file("d/x", options()).expect("file");
    });
    check(zip, Err("Entry 'd/x' is a file where another entry needs a directory."));
}

#[test]
fn one_path_twice() {
    check(zip_files(&[("a", b"1"), ("./a", b"2")]), Ok(&["644 a 2"]));
    let reason = "is a file where another entry needs a directory.";
    check(zip_files(&[("a", b"1"), ("a/b", b"2")]), Err(&format!("Entry 'a/b' {reason}")));
    check(zip_files(&[("a/b", b"1"), ("a", b"2")]), Err(&format!("Entry 'a' {reason}")));
}

#[test]
fn empty_and_damaged() {
    check(Bytes::new(), Err("Uploaded file must be a non-empty zip"));
    check(zip_files(&[]), Err("Uploaded file must be a non-empty zip"));
    check(Bytes::from_static(b"not a zip"), Err(""));
    let whole = zip_files(&[("a", &[7; 5000])]);
    check(whole.slice(..whole.len() - 30), Err(""));
    let mut flipped = zip_of(|w| {
        w.start_file("a", options().compression_method(zip::CompressionMethod::Stored)).expect("start");
        w.write_all(&[7; 5000]).expect("write");
    })
    .to_vec();
    flipped[100] ^= 1;
    check(flipped.into(), Err(""));
    let text = Error::from(Plan::read(Bytes::from_static(b"not a zip")).expect_err("no zip"));
    assert_eq!(text.message(), CORRUPT);
    assert_eq!(text.code(), Some("InvalidParameterValueException"));
}

#[test]
fn an_encrypted_entry_is_refused() {
    // The flag of the central directory and of the local header: general purpose bit 0.
    let mut zip = zip_files(&[("a", b"x")]).to_vec();
    for (signature, flag) in [(*b"PK\x01\x02", 8), (*b"PK\x03\x04", 6)] {
        let at = zip.windows(4).position(|w| w == signature).expect("header");
        zip[at + flag] |= 1;
    }
    check(zip.into(), Err("Entry 'a' is encrypted."));
}

#[test]
fn a_bomb_is_refused_before_it_is_written() {
    let one = vec![0; 64 * 1024 * 1024];
    let bomb = zip_of(|w| {
        for i in 0..4 {
            w.start_file(i.to_string(), options()).expect("start");
            w.write_all(&one).expect("write");
        }
    });
    assert!(bomb.len() < 1024 * 1024);
    check(bomb, Err("Unzipped size must be smaller than 262144000 bytes"));
}

#[test]
fn a_lie_about_the_size_is_found_while_unpacking() {
    let mut zip = zip_files(&[("a", &vec![0; 300_000])]).to_vec();
    let at = zip.windows(4).position(|w| w == b"PK\x01\x02").expect("directory");
    zip[at + 24..at + 28].copy_from_slice(&5_u32.to_le_bytes());
    let plan = Plan::read(zip.into()).expect("the directory looks right");
    assert_eq!(plan.unpacked_size(), 5);
    let parent = tempfile::tempdir().expect("a directory");
    let fault = plan.unpack_within(&parent.path().join("code"), 100_000).expect_err("too large");
    assert!(matches!(fault, Fault::TooLargeUnzipped), "{fault}");
    let written = fs::metadata(parent.path().join("code/a")).expect("begun").len();
    assert!(written <= 100_000, "{written}");
}

#[test]
fn too_many_entries() {
    let deep = zip_of(|w| {
        // 1,100 paths of 98 directories each name 107,800 directories.
        for i in 0..1100 {
            w.start_file(format!("{i}/{}f", "d/".repeat(97)), options()).expect("start");
        }
    });
    check(deep, Err("It has more than 100000 entries."));
}

#[test]
fn a_zip_that_is_too_large_itself() {
    let error = Error::from(Plan::read(Bytes::from(vec![0; MAX_ZIPPED + 1])).expect_err("too large"));
    assert_eq!(error.code(), Some("RequestEntityTooLargeException"));
    assert_eq!(error.message(), "Zipped size must be smaller than 52428800 bytes");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_unpacked_inside_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = unpack(bytes.into());
    }

    #[test]
    fn a_zip_with_flipped_bits_is_unpacked_inside_or_refused(
        names in prop::collection::vec("[a-c./\\\\]{1,12}", 1..6),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let mut zip = zip_of(|w| {
            for name in &names {
                if w.start_file(name.as_str(), options()).is_ok() {
                    let _ = w.write_all(name.as_bytes());
                }
            }
        })
        .to_vec();
        for (index, byte) in flips {
            let at = index.index(zip.len());
            zip[at] = byte;
        }
        let _ = unpack(zip.into());
    }

    #[test]
    fn what_is_packed_comes_out(files in prop::collection::btree_map("[a-z]{1,8}", prop::collection::vec(any::<u8>(), 0..200), 1..8)) {
        let list: Vec<_> = files.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
        let parent = tempfile::tempdir().expect("a directory");
        let to = parent.path().join("code");
        let plan = Plan::read(zip_files(&list)).expect("a plan");
        plan.unpack(&to).expect("unpacked");
        for (name, bytes) in &files {
            prop_assert_eq!(&fs::read(to.join(name)).expect("a file"), bytes);
            prop_assert!(plan.has_file(name));
        }
    }
}
