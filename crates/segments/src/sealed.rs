//! A sealed segment: blocks sorted by owner, then an index of them, then a trailer. Opened when it is read.

use crate::{
    OwnerId, SegmentError,
    block::Head,
    file::{self, Found},
    names::{Name, Sealed as SealedName},
    open::Block,
    varint,
};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

const TRAILER_MAGIC: [u8; 8] = *b"TNDRSEAL";
/// Offset (8 bytes), packed length, raw length, checksum (4 each), magic (8).
const TRAILER_LEN: usize = 28;
/// Raw bytes an index may have; a file has far fewer blocks than this allows.
const MAX_INDEX: usize = 64 << 20;

/// The index of one sealed file, sorted by owner and then by sequence number.
#[derive(Debug)]
pub(crate) struct Index {
    blocks: Box<[Block]>,
}

impl Index {
    /// The blocks of `owner`.
    pub(crate) fn blocks_of(&self, owner: OwnerId) -> &[Block] {
        let from = self.blocks.partition_point(|b| b.head.owner < owner);
        let to = self.blocks.partition_point(|b| b.head.owner <= owner);
        &self.blocks[from..to]
    }

    /// Every block.
    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Bytes of each owner.
    pub(crate) fn owners(&self) -> BTreeMap<OwnerId, u64> {
        let mut owners = BTreeMap::new();
        for block in &self.blocks {
            *owners.entry(block.head.owner).or_default() += block.head.block_len();
        }
        owners
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn size(&self) -> usize {
        self.blocks.iter().map(|b| size_of::<Block>() + b.head.table.len() + 16).sum()
    }
}

/// Opens a sealed file and reads its index. When the index is damaged, the blocks tell what is there.
pub(crate) fn open(path: &Path) -> Result<(File, Index), SegmentError> {
    let fail = SegmentError::at(path);
    let file = File::open(path).map_err(&fail)?;
    if file::check_header(&file, path)? == Found::Nothing {
        return Err(SegmentError::Damaged { path: path.into(), what: "the file's first bytes are missing" });
    }
    let len = file.metadata().map_err(&fail)?.len();
    match read_index(&file, len).map_err(&fail)? {
        Some(index) => Ok((file, index)),
        None => {
            tracing::error!(path = %path.display(), "the index of a segment is damaged; its blocks are read instead");
            let (mut blocks, _, _) = crate::open::scan(&file, path)?;
            blocks.sort_by_key(|b| (b.head.owner, b.head.first));
            Ok((file, Index { blocks: blocks.into() }))
        }
    }
}

fn read_index(file: &File, len: u64) -> io::Result<Option<Index>> {
    let Some(trailer_at) = len.checked_sub(TRAILER_LEN as u64) else { return Ok(None) };
    let trailer = file::read_at(file, trailer_at, TRAILER_LEN)?;
    let word =
        |at: usize| u32::from_le_bytes([trailer[at], trailer[at + 1], trailer[at + 2], trailer[at + 3]]);
    let offset = u64::from(word(0)) | u64::from(word(4)) << 32;
    let (packed_len, raw_len, crc) = (word(8) as usize, word(12) as usize, word(16));
    let whole = trailer[20..] == TRAILER_MAGIC
        && offset.checked_add(packed_len as u64) == Some(trailer_at)
        && raw_len <= MAX_INDEX;
    if !whole {
        return Ok(None);
    }
    let packed = file::read_at(file, offset, packed_len)?;
    if crc32fast::hash(&packed) != crc {
        return Ok(None);
    }
    Ok(zstd::bulk::decompress(&packed, raw_len).ok().and_then(|raw| decode_index(&raw)))
}

fn decode_index(mut raw: &[u8]) -> Option<Index> {
    let mut blocks = Vec::new();
    while !raw.is_empty() {
        let offset = varint::take(&mut raw)?;
        let head = Head::decode(raw).ok()?;
        raw = raw.get(head.body_offset() as usize..)?;
        blocks.push(Block { offset, head });
    }
    blocks.is_sorted_by_key(|b| (b.head.owner, b.head.first)).then(|| Index { blocks: blocks.into() })
}

/// Writes a sealed file under a temporary name; it counts once it has been renamed.
#[derive(Debug)]
pub(crate) struct Writer {
    dir: PathBuf,
    temporary: PathBuf,
    out: BufWriter<File>,
    offset: u64,
    index: Vec<u8>,
    min: i64,
    max: i64,
}

impl Writer {
    pub(crate) fn create(dir: &Path, shard: u8) -> Result<Self, SegmentError> {
        let temporary = dir.join(format!("{shard:x}.sealing"));
        let made = File::create(&temporary).map(|file| BufWriter::with_capacity(256 * 1024, file));
        let mut writer = Self {
            dir: dir.into(),
            out: made.map_err(SegmentError::at(&temporary))?,
            temporary,
            offset: 0,
            index: Vec::new(),
            min: i64::MAX,
            max: i64::MIN,
        };
        writer.write(&file::HEADER)?;
        Ok(writer)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SegmentError> {
        self.offset += bytes.len() as u64;
        self.out.write_all(bytes).map_err(SegmentError::at(&self.temporary))
    }

    /// Adds a block, whole as it lies on disk.
    pub(crate) fn add(&mut self, head: &Head, bytes: &[u8]) -> Result<(), SegmentError> {
        varint::put(&mut self.index, self.offset);
        head.encode(&mut self.index);
        self.min = self.min.min(head.min);
        self.max = self.max.max(head.max);
        self.write(bytes)
    }

    /// Gives the file its name, durably. None when nothing was added: then there is no file.
    pub(crate) fn finish(
        mut self,
        shard: u8,
        first: u64,
        last: u64,
        generation: u32,
    ) -> Result<Option<Arc<Sealed>>, SegmentError> {
        if self.index.is_empty() {
            std::fs::remove_file(&self.temporary).map_err(SegmentError::at(&self.temporary))?;
            return Ok(None);
        }
        let fail = SegmentError::at(&self.temporary);
        let packed = zstd::bulk::compress(&self.index, 3).map_err(fail)?;
        let mut trailer = self.offset.to_le_bytes().to_vec();
        for word in [packed.len() as u32, self.index.len() as u32, crc32fast::hash(&packed)] {
            trailer.extend(word.to_le_bytes());
        }
        trailer.extend(TRAILER_MAGIC);
        self.write(&packed)?;
        self.write(&trailer)?;
        let fail = SegmentError::at(&self.temporary);
        self.out.flush().map_err(&fail)?;
        self.out.get_ref().sync_all().map_err(&fail)?;
        let name = SealedName { shard, first, last, generation, min: self.min, max: self.max };
        let path = self.dir.join(Name::Sealed(name.clone()).to_string());
        std::fs::rename(&self.temporary, &path).and_then(|()| file::sync_parent(&path)).map_err(&fail)?;
        Ok(Some(Arc::new(Sealed { name, path, bytes: self.offset })))
    }
}

/// A sealed file as it is known without opening it.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) name: SealedName,
    pub(crate) path: PathBuf,
    /// The file's size.
    pub(crate) bytes: u64,
}
