//! Volumes in memory, for hosts that can do no better.

use super::Scratch;
use crate::sys::mount;
use std::{io, os::fd::OwnedFd};

#[derive(Debug)]
pub(super) struct Memory {
    size: String,
}

impl Memory {
    pub(super) fn new(bytes: u64) -> Self {
        Self { size: bytes.to_string() }
    }
}

impl Scratch for Memory {
    fn make(&self) -> io::Result<OwnedFd> {
        // One file name for every 16 KiB, as the images have.
        let names = (self.size.parse::<u64>().unwrap_or(0) >> 14).max(1024).to_string();
        let options = [("size", Some(self.size.as_str())), ("nr_inodes", Some(names.as_str()))];
        mount::detached_new("tmpfs", &options, mount::WRITABLE)
    }
}
