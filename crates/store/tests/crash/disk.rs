//! A disk whose power can be cut: a file in a FUSE mount, with a loop-mounted ext4 in it.
//!
//! What was written since the last flush is kept apart. When the power goes, any part of it may be
//! lost, sector by sector, as in a disk with a volatile cache.

use crate::fuse::{self, File};
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Seek, SeekFrom, Write},
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tinderbox_base::Random;

/// The size of the disk in bytes.
pub(crate) const SIZE: u64 = 384 << 20;

/// What a disk writes whole or not at all, in bytes.
const SECTOR: usize = 512;

const BLOCK: u64 = 4096;

/// The content of a disk, by blocks; a block that is missing is all zeros.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image(BTreeMap<u64, Arc<[u8; BLOCK as usize]>>);

/// Which of the writes since the last flush survive.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loss {
    /// None.
    All,
    /// The first of them, the last of those torn.
    Tail,
    /// Any sectors of any of them.
    Some,
    /// All: the system stopped, the disk did not.
    Nothing,
}

/// Where something was written, and what.
type Written = (u64, Vec<u8>);

/// A disk in use.
#[derive(Clone, Debug)]
pub(crate) struct Disk(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    /// What reads see.
    current: Image,
    /// What was flushed.
    durable: Image,
    unflushed: Vec<Written>,
    /// The cut happens when so many more writes have come.
    countdown: Option<u64>,
    /// What was durable and what was not at the moment of the cut.
    cut: Option<(Image, Vec<Written>)>,
}

impl Image {
    /// An empty ext4 file system.
    pub(crate) fn ext4(dir: &Path) -> Result<Self, String> {
        let path = dir.join("empty.img");
        let file = fs::File::create(&path).map_err(|error| error.to_string())?;
        file.set_len(SIZE).map_err(|error| error.to_string())?;
        crate::process::tool("mkfs.ext4", &["-q", "-F"], &[&path])?;
        let content = fs::read(&path).map_err(|error| error.to_string())?;
        let mut image = Self::default();
        image.write(0, &content);
        Ok(image)
    }

    /// Writes the image to a new sparse file, for `mount`.
    pub(crate) fn save(&self, path: &Path) -> io::Result<()> {
        let mut file = fs::File::create(path)?;
        file.set_len(SIZE)?;
        for (number, block) in &self.0 {
            file.seek(SeekFrom::Start(number * BLOCK))?;
            file.write_all(&block[..])?;
        }
        Ok(())
    }

    fn read(&self, offset: u64, size: usize) -> Vec<u8> {
        let end = SIZE.min(offset + size as u64);
        let mut content = Vec::with_capacity(size);
        let mut at = offset;
        while at < end {
            let (number, start) = (at / BLOCK, (at % BLOCK) as usize);
            let length = (BLOCK as usize - start).min((end - at) as usize);
            match self.0.get(&number) {
                Some(block) => content.extend_from_slice(&block[start..start + length]),
                None => content.resize(content.len() + length, 0),
            }
            at += length as u64;
        }
        content
    }

    fn write(&mut self, offset: u64, mut content: &[u8]) {
        let mut at = offset;
        while !content.is_empty() {
            let (number, start) = (at / BLOCK, (at % BLOCK) as usize);
            let (now, rest) = content.split_at(content.len().min(BLOCK as usize - start));
            if now.iter().any(|byte| *byte != 0) || self.0.contains_key(&number) {
                let block = self.0.entry(number).or_insert_with(|| Arc::new([0; BLOCK as usize]));
                Arc::make_mut(block)[start..start + now.len()].copy_from_slice(now);
            }
            at += now.len() as u64;
            content = rest;
        }
    }
}

impl Disk {
    /// A disk that holds `image`, served as the file `path` until it is unmounted.
    pub(crate) fn mount(image: Image, path: &Path) -> Result<Self, String> {
        let state = State { current: image.clone(), durable: image, ..State::default() };
        let disk = Self(Arc::new((Mutex::new(state), Condvar::new())));
        fs::write(path, "").map_err(|error| error.to_string())?;
        fuse::mount(path, disk.clone()).map_err(|error| format!("no FUSE mount: {error}"))?;
        Ok(disk)
    }

    /// Arms the cut: it happens when `writes` more writes have come.
    pub(crate) fn arm(&self, writes: u64) {
        self.state().countdown = Some(writes);
    }

    /// Waits for the cut, at most for `patience`; what the disk holds after it.
    pub(crate) fn wait(&self, patience: Duration, loss: Loss, random: &dyn Random) -> Result<Image, String> {
        let (_, changed) = &*self.0;
        let waited = changed.wait_timeout_while(self.state(), patience, |state| state.cut.is_none());
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let (mut image, unflushed) = state.cut.take().ok_or_else(|| format!("no write in {patience:?}"))?;
        drop(state);
        let sectors: Vec<(u64, &[u8])> = unflushed
            .iter()
            .flat_map(|(offset, content)| {
                content.chunks(SECTOR).enumerate().map(move |(n, part)| (offset + (n * SECTOR) as u64, part))
            })
            .collect();
        let first = random.below(sectors.len() as u64 + 1) as usize;
        for (index, (offset, content)) in sectors.into_iter().enumerate() {
            let survives = match loss {
                Loss::All => false,
                Loss::Tail => index < first,
                Loss::Some => random.below(2) == 0,
                Loss::Nothing => true,
            };
            if survives {
                image.write(offset, content);
            }
        }
        Ok(image)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl File for Disk {
    fn size(&self) -> u64 {
        SIZE
    }

    fn read(&self, offset: u64, size: usize) -> Vec<u8> {
        self.state().current.read(offset, size)
    }

    fn write(&self, offset: u64, content: &[u8]) {
        let mut state = self.state();
        state.current.write(offset, content);
        state.unflushed.push((offset, content.to_vec()));
        state.countdown = match state.countdown {
            Some(0) => {
                state.cut = Some((state.durable.clone(), state.unflushed.clone()));
                self.0.1.notify_all();
                None
            }
            countdown => countdown.map(|writes| writes - 1),
        };
    }

    fn flush(&self) {
        let mut state = self.state();
        for (offset, content) in std::mem::take(&mut state.unflushed) {
            state.durable.write(offset, &content);
        }
    }
}
