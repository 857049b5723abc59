//! The indexes of sealed files that were read lately.

use crate::{
    SegmentError,
    names::Sealed as Name,
    sealed::{self, Index, Sealed},
};
use std::{
    collections::VecDeque,
    fs::File,
    sync::{Arc, Mutex, PoisonError},
};

/// A sealed file, opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) file: File,
    pub(crate) index: Index,
}

/// Opened files, the latest used last. Bounded in files (descriptors) and in bytes.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    opened: Mutex<VecDeque<(Name, Arc<Opened>)>>,
}

const MAX_FILES: usize = 16;
const MAX_BYTES: usize = 2 << 20;

impl Cache {
    /// Opens `sealed`, or finds it open.
    pub(crate) fn open(&self, sealed: &Sealed) -> Result<Arc<Opened>, SegmentError> {
        if let Some(opened) = self.take(&sealed.name) {
            self.put(sealed.name.clone(), opened.clone());
            return Ok(opened);
        }
        let (file, index) = sealed::open(&sealed.path)?;
        let opened = Arc::new(Opened { file, index });
        self.put(sealed.name.clone(), opened.clone());
        Ok(opened)
    }

    /// Closes the file of `name`, so that its space is freed once nobody reads it.
    pub(crate) fn forget(&self, name: &Name) {
        self.take(name);
    }

    fn take(&self, name: &Name) -> Option<Arc<Opened>> {
        let mut opened = self.lock();
        let at = opened.iter().position(|(n, _)| n == name)?;
        opened.remove(at).map(|(_, opened)| opened)
    }

    fn put(&self, name: Name, file: Arc<Opened>) {
        let mut opened = self.lock();
        opened.push_back((name, file));
        let mut bytes: usize = opened.iter().map(|(_, o)| o.index.size()).sum();
        while opened.len() > MAX_FILES || (bytes > MAX_BYTES && opened.len() > 1) {
            bytes -= opened.pop_front().map_or(0, |(_, o)| o.index.size());
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(Name, Arc<Opened>)>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
