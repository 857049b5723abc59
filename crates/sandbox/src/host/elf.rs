//! As much of an ELF file as tells what it is linked with.

use std::{fs, io, path::Path};

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const DT_NEEDED: u64 = 1;
const DT_STRTAB: u64 = 5;
const DT_RPATH: u64 = 15;
const DT_RUNPATH: u64 = 29;

/// What one file is linked with.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Object {
    /// The program that loads it; `None` for a static program or a library.
    pub(super) interpreter: Option<String>,
    /// Names of libraries.
    pub(super) needed: Vec<String>,
    /// Directories to search first; may begin with `$ORIGIN`.
    pub(super) search: Vec<String>,
}

impl Object {
    /// Reads the file at `path`.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let bytes = Window::open(path)?;
        parse(&bytes).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{}: not a 64-bit ELF file", path.display()))
        })
    }
}

/// A file read piece by piece, since a program may be hundreds of megabytes.
struct Window {
    file: fs::File,
}

trait Bytes {
    fn at(&self, offset: u64, len: usize) -> Option<Vec<u8>>;

    fn number<const N: usize>(&self, offset: u64) -> Option<u64> {
        let mut number = [0; 8];
        number[..N].copy_from_slice(&self.at(offset, N)?);
        Some(u64::from_le_bytes(number))
    }

    fn text(&self, offset: u64) -> Option<String> {
        // No path is longer (PATH_MAX), and the table may end before that.
        let bytes = (0..).map_while(|i| self.at(offset.checked_add(i)?, 1).filter(|byte| byte[0] != 0));
        let bytes: Vec<u8> = bytes.take(4096).flatten().collect();
        String::from_utf8(bytes).ok()
    }
}

impl Window {
    fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: fs::File::open(path)? })
    }
}

impl Bytes for Window {
    fn at(&self, offset: u64, len: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; len];
        std::os::unix::fs::FileExt::read_exact_at(&self.file, &mut bytes, offset).ok()?;
        Some(bytes)
    }
}

fn parse(file: &impl Bytes) -> Option<Object> {
    // 64 bits, little endian: the only ones this program itself is built for.
    if file.at(0, 6)? != *b"\x7fELF\x02\x01" {
        return None;
    }
    let (table, size, count) = (file.number::<8>(32)?, file.number::<2>(54)?, file.number::<2>(56)?);
    let (mut loads, mut dynamic, mut object) = (Vec::new(), None, Object::default());
    for index in 0..count {
        let header = table.checked_add(index.checked_mul(size)?)?;
        let kind = file.number::<4>(header)?;
        let [offset, address, length] = [8, 16, 32].map(|field| file.number::<8>(header.checked_add(field)?));
        let (offset, address, length) = (offset?, address?, length?);
        match kind as u32 {
            PT_LOAD => loads.push((offset, address, length)),
            PT_DYNAMIC => dynamic = Some((offset, length)),
            PT_INTERP => object.interpreter = file.text(offset),
            _ => {}
        }
    }
    let Some((offset, length)) = dynamic else { return Some(object) };
    // A dynamic section has a few dozen entries; one of a broken file may claim any number.
    let entries = (0..(length / 16).min(4096)).map_while(|index| {
        let entry = offset.checked_add(index * 16)?;
        Some((file.number::<8>(entry)?, file.number::<8>(entry.checked_add(8)?)?))
            .filter(|(tag, _)| *tag != 0)
    });
    let entries: Vec<_> = entries.collect();
    let strings = entries.iter().find(|(tag, _)| *tag == DT_STRTAB)?.1;
    let in_file = |address: u64| {
        let segment = loads
            .iter()
            .find(|(_, start, length)| (*start..start.saturating_add(*length)).contains(&address));
        segment.and_then(|(offset, start, _)| offset.checked_add(address - start))
    };
    let strings = in_file(strings)?;
    for (tag, value) in entries {
        match tag {
            DT_NEEDED => object.needed.push(file.text(strings.checked_add(value)?)?),
            DT_RPATH | DT_RUNPATH => {
                let list = file.text(strings.checked_add(value)?)?;
                object.search.extend(list.split(':').filter(|dir| !dir.is_empty()).map(str::to_owned));
            }
            _ => {}
        }
    }
    Some(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Bytes for Vec<u8> {
        fn at(&self, offset: u64, len: usize) -> Option<Vec<u8>> {
            let start = usize::try_from(offset).ok()?;
            self.get(start..start.checked_add(len)?).map(<[u8]>::to_vec)
        }
    }

    #[test]
    fn this_very_program_is_understood() {
        let object = Object::read(&std::env::current_exe().unwrap()).unwrap();
        assert!(object.interpreter.unwrap().starts_with("/lib"));
        assert!(object.needed.iter().any(|name| name.starts_with("libc.")));
    }

    proptest::proptest! {
        #[test]
        fn anything_is_read_without_panic(
            mut bytes in proptest::collection::vec(proptest::num::u8::ANY, 64..400),
            table in 0_u8..200, count in 0_u8..4, kind in 1_u8..4,
        ) {
            bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
            bytes[32..40].copy_from_slice(&u64::from(table).to_le_bytes());
            bytes[54..58].copy_from_slice(&[56, 0, count, 0]);
            if let Some(first) = bytes.get_mut(usize::from(table)) {
                *first = kind;
            }
            parse(&bytes);
        }
    }
}
