//! The tree on a disk that fails, and on one that forgets.

use super::*;
use crate::engine::Batch;
use redb::BackendError;
use std::{
    io,
    sync::{Mutex, MutexGuard},
};
use tinderbox_base::{Random, SeededRandom};

/// What a disk is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Read,
    Write,
    Resize,
    Sync,
}

/// A disk in memory that can be told to fail, and that knows what a loss of power may leave of it.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<State>>);

/// Where something was written, and what.
type Written = (u64, Vec<u8>);

#[derive(Debug, Default)]
struct State {
    content: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Written>,
    /// The task that fails, after how many more of its kind, and the error.
    fault: Option<(Task, u64, io::ErrorKind)>,
    /// Whether it fails from then on.
    lasting: bool,
    failures: u64,
    /// After how many more writes the power is cut, and what then was durable and what was not.
    countdown: Option<u64>,
    cut: Option<(Vec<u8>, Vec<Written>)>,
}

impl Disk {
    /// A disk with an empty tree on it.
    fn new() -> Self {
        let disk = Self::default();
        make(&open(disk.clone()).unwrap()).unwrap();
        disk
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, task: Task, after: u64, error: io::ErrorKind, lasting: bool) {
        let mut state = self.state();
        (state.fault, state.lasting, state.failures) = (Some((task, after, error)), lasting, 0);
    }

    fn mend(&self) -> u64 {
        let mut state = self.state();
        state.fault = None;
        state.failures
    }

    fn tree(&self) -> Tree<Self> {
        Tree::on(self.clone()).unwrap()
    }

    /// A disk that holds only what was synced on this one.
    fn cut(&self) -> Self {
        let durable = self.state().durable.clone();
        Self(Arc::new(Mutex::new(State { content: durable.clone(), durable, ..State::default() })))
    }

    /// A disk as the last cut may have left this one.
    fn after_cut(&self, random: &dyn Random) -> Option<Self> {
        let (mut content, unsynced) = self.state().cut.take()?;
        for (offset, written) in unsynced {
            for (part, sector) in written.chunks(512).enumerate() {
                if random.below(2) == 0 {
                    put(&mut content, offset as usize + part * 512, sector);
                }
            }
        }
        let state = State { durable: content.clone(), content, ..State::default() };
        Some(Self(Arc::new(Mutex::new(state))))
    }
}

fn put(content: &mut Vec<u8>, offset: usize, written: &[u8]) {
    let end = offset + written.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(written);
}

impl State {
    fn begin(&mut self, task: Task) -> Result<(), BackendError> {
        if let Some((kind, after, error)) = &mut self.fault
            && *kind == task
        {
            if *after == 0 {
                let error = *error;
                self.failures += 1;
                if !self.lasting {
                    self.fault = None;
                }
                return Err(BackendError::Io(error.into()));
            }
            *after -= 1;
        }
        Ok(())
    }
}

impl Medium for Disk {
    type Backend = Self;

    fn open(&self) -> Result<Self, StoreError> {
        Ok(self.clone())
    }

    fn room(&self, _bytes: u64) -> Result<(), StoreError> {
        Ok(())
    }

    fn path(&self) -> &std::path::Path {
        std::path::Path::new("memory")
    }
}

type Io<T> = Result<T, io::Error>;

fn plain(error: BackendError) -> io::Error {
    error.into()
}

impl StorageBackend for Disk {
    fn len(&self) -> Io<u64> {
        Ok(self.state().content.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Io<()> {
        let mut state = self.state();
        state.begin(Task::Read).map_err(plain)?;
        let found = state.content.get(offset as usize..).and_then(|rest| rest.get(..out.len()));
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Io<()> {
        let mut state = self.state();
        state.begin(Task::Resize).map_err(plain)?;
        state.content.resize(len as usize, 0);
        // A file's length is durable with the next sync of what is written there; either way is right here.
        state.durable.resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> Io<()> {
        let mut state = self.state();
        if let Err(error) = state.begin(Task::Sync) {
            // As Linux does it: what could not be written counts as written, and is read back from memory.
            state.unsynced.clear();
            return Err(plain(error));
        }
        for (offset, written) in std::mem::take(&mut state.unsynced) {
            put(&mut state.durable, offset as usize, &written);
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Io<()> {
        let mut state = self.state();
        state.begin(Task::Write).map_err(plain)?;
        put(&mut state.content, offset as usize, data);
        state.unsynced.push((offset, data.to_vec()));
        if state.countdown == Some(0) {
            state.cut = Some((state.durable.clone(), state.unsynced.clone()));
        }
        state.countdown = state.countdown.and_then(|left| left.checked_sub(1));
        Ok(())
    }
}

/// A batch of rows with numbers from `from` on, all holding `value`, with some large ones.
fn batch(from: u64, value: &str) -> Batch {
    let row = |number: u64| {
        let repeat = if number.is_multiple_of(7) { 5000 } else { 20 };
        (Bytes::copy_from_slice(&number.to_be_bytes()), Some(Bytes::from(value.repeat(repeat))))
    };
    (from..from + 30).map(row).collect()
}

/// Which of two batches to the same rows the tree holds; it must hold one of them whole.
fn held<M: Medium>(tree: &Tree<M>, old: &Batch, new: &Batch) -> bool {
    match (tree.holds(old).unwrap(), tree.holds(new).unwrap()) {
        (true, false) => false,
        (false, true) => true,
        both => panic!("the tree holds the old and the new batch: {both:?}"),
    }
}

/// Fails each operation of a batch in turn.
fn check_fault(task: Task, error: io::ErrorKind, lasting: bool) {
    let (old, new, later) = (batch(0, "old"), batch(0, "new"), batch(100, "later"));
    for after in 0.. {
        let disk = Disk::new();
        let tree = disk.tree();
        tree.apply(&old).unwrap();
        disk.fail(task, after, error, lasting);
        let outcome = tree.apply(&new);
        let failures = disk.mend();
        // It goes on without being opened by hand, and the outcome it told was right.
        let holds = held(&tree, &old, &new);
        match &outcome {
            Ok(()) => assert!(holds, "{task:?} {after}: acknowledged and absent"),
            Err(StoreError::Unwritable(_)) => assert!(!holds, "{task:?} {after}: refused and there"),
            // Only where it said so.
            Err(error) => assert!(!holds || error.to_string().contains("whether it was written"), "{error}"),
        }
        if outcome.is_ok() {
            let cut = disk.cut();
            assert!(held(&cut.tree(), &old, &new), "{task:?} {after}: acknowledged and not durable");
        }
        tree.apply(&later).unwrap();
        assert_eq!(held(&tree, &old, &new), holds);
        drop(tree);
        let tree = disk.tree();
        assert_eq!(held(&tree, &old, &new), holds);
        assert!(tree.holds(&later).unwrap());
        if failures == 0 {
            assert!(outcome.is_ok() && (after > 0 || task == Task::Read || task == Task::Resize));
            return;
        }
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    for lasting in [false, true] {
        check_fault(Task::Write, io::ErrorKind::StorageFull, lasting);
        check_fault(Task::Resize, io::ErrorKind::StorageFull, lasting);
        check_fault(Task::Sync, io::ErrorKind::StorageFull, lasting);
    }
}

#[test]
fn a_failing_disk_loses_nothing() {
    for lasting in [false, true] {
        check_fault(Task::Write, io::ErrorKind::Other, lasting);
        check_fault(Task::Sync, io::ErrorKind::Other, lasting);
        check_fault(Task::Read, io::ErrorKind::Other, lasting);
    }
}

#[test]
fn loss_of_power_leaves_the_old_or_the_new() {
    let (old, new) = (batch(0, "old"), batch(0, "new"));
    let (mut olds, mut news) = (0, 0);
    for (after, seed) in (0..).flat_map(|after| (0..8).map(move |seed| (after, seed))) {
        let disk = Disk::new();
        let tree = disk.tree();
        tree.apply(&old).unwrap();
        disk.state().countdown = Some(after);
        tree.apply(&new).unwrap();
        // With no more writes than these in the batch the cut comes after its acknowledgement.
        let acknowledged = disk.state().cut.is_none();
        tree.apply(&batch(100, "later")).unwrap();
        let Some(cut) = disk.after_cut(&SeededRandom::new(seed)) else { break };
        let holds = held(&cut.tree(), &old, &new);
        assert!(holds || !acknowledged, "write {after}: acknowledged and lost");
        if !acknowledged {
            (olds, news) = (olds + u64::from(!holds), news + u64::from(holds));
        }
    }
    assert!(olds > 0 && news > 0, "the cuts left the old batch {olds} times and the new one {news} times");
}

#[test]
fn a_damaged_row_is_not_an_absent_one() {
    let disk = Disk::new();
    let tree = disk.tree();
    tree.apply(&batch(0, "precious")).unwrap();
    drop(tree);
    let mut damaged = 0;
    {
        let mut state = disk.state();
        let places: Vec<usize> =
            (0..state.content.len() - 8).filter(|&at| &state.content[at..at + 8] == b"precious").collect();
        for place in places {
            state.content[place] ^= 1;
            damaged += 1;
        }
    }
    assert!(damaged > 0);
    let tree = disk.tree();
    let view = tree.view().unwrap();
    for number in 0..30_u64 {
        let found = view.get(&number.to_be_bytes());
        assert!(matches!(found, Err(StoreError::Corrupt(_))), "{number}: {found:?}");
    }
}

#[test]
fn pages_that_make_no_sense_are_an_error() {
    let random = SeededRandom::new(3);
    for _ in 0..200 {
        let disk = Disk::new();
        disk.tree().apply(&batch(0, "x")).unwrap();
        {
            let mut state = disk.state();
            let (at, length) =
                (random.below(state.content.len() as u64) as usize, 1 + random.below(4096) as usize);
            let end = state.content.len().min(at + length);
            random.fill(&mut state.content[at..end]);
        }
        // Right, or an error; never another value, and no panic.
        let Ok(tree) = Tree::on(disk.clone()) else { continue };
        for (key, value) in batch(0, "x") {
            if let Ok(found) = tree.view().and_then(|view| view.get(&key)) {
                assert!(found.is_none() || found == value);
            }
        }
    }
}
