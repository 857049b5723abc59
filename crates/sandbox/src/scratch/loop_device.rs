//! Loop devices: a file as a block device.
#![allow(unsafe_code)] // The loop driver speaks ioctl only.

use crate::sys::check;
use rustix::fs::{Mode, OFlags};
use std::{
    fs, io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
};

const LOOP_CLR_FD: libc::c_ulong = 0x4c01;
const LOOP_CONFIGURE: libc::c_ulong = 0x4c0a;
const LOOP_CTL_GET_FREE: libc::c_ulong = 0x4c82;
const LO_FLAGS_AUTOCLEAR: u32 = 4;
const LO_FLAGS_DIRECT_IO: u32 = 16;

/// Others may take a free device between our asking for its number and our using it.
const TRIES: u32 = 64;

/// Block size of the file systems and of direct reads and writes.
const BLOCK: u32 = 4096;

/// `struct loop_info64` (include/uapi/linux/loop.h).
#[repr(C)]
struct LoopInfo {
    device: u64,
    inode: u64,
    rdevice: u64,
    offset: u64,
    sizelimit: u64,
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
}

/// `struct loop_config`.
#[repr(C)]
struct LoopConfig {
    fd: u32,
    block_size: u32,
    info: LoopInfo,
    reserved: [u64; 8],
}

/// A device over a file. It is released when nobody has it open or mounted any more.
pub(super) struct LoopDevice {
    pub(super) path: PathBuf,
    /// Keeps the device until it is mounted.
    _device: OwnedFd,
}

impl LoopDevice {
    /// Attaches `file`.
    pub(super) fn attach(file: BorrowedFd<'_>) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC;
        let control = rustix::fs::open("/dev/loop-control", flags, Mode::empty())?;
        // SAFETY: an all-zero configuration is valid: no offset, no limit, no encryption.
        let mut config: LoopConfig = unsafe { std::mem::zeroed() };
        config.fd = file.as_raw_fd() as u32;
        config.block_size = BLOCK;
        // Direct, so that what a function writes is not cached twice.
        config.info.flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO;
        let mut last = io::Error::from(io::ErrorKind::ResourceBusy);
        for _ in 0..TRIES {
            // SAFETY: LOOP_CTL_GET_FREE takes no argument and returns a number.
            let number = check(unsafe { libc::ioctl(control.as_raw_fd(), LOOP_CTL_GET_FREE) }.into())?;
            let path = PathBuf::from(format!("/dev/loop{number}"));
            let device = rustix::fs::open(&path, flags, Mode::empty())?;
            // SAFETY: LOOP_CONFIGURE reads a `struct loop_config`, which `config` is, and outlives the call.
            match check(unsafe { libc::ioctl(device.as_raw_fd(), LOOP_CONFIGURE, &raw const config) }.into())
            {
                Ok(_) => return Ok(Self { path, _device: device }),
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }
}

/// Releases every device whose file is, or was, in `dir`.
pub(super) fn release_all(dir: &Path) {
    for entry in fs::read_dir("/sys/block").into_iter().flatten().flatten() {
        let file = fs::read_to_string(entry.path().join("loop/backing_file")).unwrap_or_default();
        if !file.is_empty() && Path::new(file.trim_end()).starts_with(dir) {
            let path = Path::new("/dev").join(entry.file_name());
            if let Ok(device) = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
                // SAFETY: LOOP_CLR_FD takes no argument; a device in use is released by its last user.
                unsafe { libc::ioctl(device.as_fd().as_raw_fd(), LOOP_CLR_FD) };
            }
        }
    }
}
