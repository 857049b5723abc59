//! As much of the FUSE protocol as one file needs. Every number is little-endian; see linux/fuse.h.

use rustix::{
    fs::{Mode, OFlags, open},
    io::{Errno, read, write},
    mount::{MountFlags, mount as mount_fs},
};
use std::{ffi::CString, io, os::fd::AsRawFd, path::Path, thread};

/// A file that the kernel reads and writes.
pub(crate) trait File: Send + 'static {
    fn size(&self) -> u64;
    fn read(&self, offset: u64, size: usize) -> Vec<u8>;
    fn write(&self, offset: u64, content: &[u8]);
    /// Makes what was written durable.
    fn flush(&self);
}

const GETATTR: u32 = 3;
const SETATTR: u32 = 4;
const OPEN: u32 = 14;
const READ: u32 = 15;
const WRITE: u32 = 16;
const RELEASE: u32 = 18;
const FSYNC: u32 = 20;
const FLUSH: u32 = 25;
const INIT: u32 = 26;
const NO_REPLY: [u32; 3] = [2, 36, 42]; // FORGET, INTERRUPT, BATCH_FORGET

const IN_HEADER: usize = 40;
const MAX_PAGES: u16 = 256;
const MAX_WRITE: u32 = MAX_PAGES as u32 * 4096;
const BIG_WRITES: u32 = 1 << 5;
const MAX_PAGES_FLAG: u32 = 1 << 22;
const REGULAR: u32 = 0o100_600;

/// Mounts `file` over the file `path` and serves it from a thread until it is unmounted.
pub(crate) fn mount(path: &Path, file: impl File) -> io::Result<()> {
    let device = open("/dev/fuse", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    let options = format!("fd={},rootmode={REGULAR:o},user_id=0,group_id=0", device.as_raw_fd());
    let options = CString::new(options)?;
    mount_fs("tinderbox-disk", path, "fuse", MountFlags::NOSUID | MountFlags::NODEV, options.as_c_str())?;
    let serve = move || {
        let mut request = vec![0; MAX_WRITE as usize + 4096];
        loop {
            match read(&device, &mut request) {
                Ok(length) if length >= IN_HEADER => {
                    if let Some(reply) = answer(&file, &request[..length]) {
                        // ENOENT: the request was interrupted meanwhile.
                        if let Err(error) = write(&device, &reply)
                            && error != Errno::NOENT
                        {
                            return;
                        }
                    }
                }
                Err(Errno::INTR | Errno::AGAIN | Errno::NOENT) => {}
                // Unmounted.
                Ok(_) | Err(_) => return,
            }
        }
    };
    thread::Builder::new().name("disk".to_owned()).spawn(serve)?;
    Ok(())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |chunk| u32::from_le_bytes(*chunk))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

fn answer(file: &impl File, request: &[u8]) -> Option<Vec<u8>> {
    let (opcode, unique) = (u32_at(request, 4), &request[8..16]);
    if NO_REPLY.contains(&opcode) {
        return None;
    }
    let body = &request[IN_HEADER..];
    let (error, content) = match opcode {
        INIT => (0, init(body)),
        GETATTR | SETATTR => (0, attributes(file.size())),
        OPEN => (0, vec![0; 16]),
        READ => (0, file.read(u64_at(body, 8), u32_at(body, 16) as usize)),
        WRITE => {
            let content = &body[40..];
            file.write(u64_at(body, 8), content);
            (0, (content.len() as u64).to_le_bytes().to_vec())
        }
        FSYNC => {
            file.flush();
            (0, Vec::new())
        }
        RELEASE | FLUSH => (0, Vec::new()),
        _ => (Errno::NOSYS.raw_os_error(), Vec::new()),
    };
    let mut reply = Vec::with_capacity(16 + content.len());
    reply.extend((16 + content.len() as u32).to_le_bytes());
    reply.extend((-error).to_le_bytes());
    reply.extend(unique);
    reply.extend(content);
    Some(reply)
}

fn init(body: &[u8]) -> Vec<u8> {
    let mut reply = Vec::with_capacity(64);
    reply.extend(7_u32.to_le_bytes());
    reply.extend(31_u32.to_le_bytes());
    reply.extend(u32_at(body, 8).to_le_bytes()); // max_readahead
    reply.extend((u32_at(body, 12) & (BIG_WRITES | MAX_PAGES_FLAG)).to_le_bytes());
    reply.extend([16_u16, 12].map(u16::to_le_bytes).concat()); // max_background, congestion_threshold
    reply.extend(MAX_WRITE.to_le_bytes());
    reply.extend(1_u32.to_le_bytes()); // time_gran
    reply.extend(MAX_PAGES.to_le_bytes());
    reply.resize(64, 0);
    reply
}

fn attributes(size: u64) -> Vec<u8> {
    let mut reply = Vec::with_capacity(104);
    reply.extend([3600_u64, 0, 1, size, size / 512].map(u64::to_le_bytes).concat()); // valid, ino, size, blocks
    reply.extend([0; 3 * 8 + 3 * 4]); // times
    reply.extend([REGULAR, 1, 0, 0, 0, 4096, 0].map(u32::to_le_bytes).concat()); // mode, nlink, …, blksize, flags
    reply
}
