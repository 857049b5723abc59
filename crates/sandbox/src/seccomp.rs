//! The system calls a sandboxed process is refused.
//!
//! A deny list, so that what AWS allows keeps working, and a tree of comparisons: when a filter is installed the kernel
//! runs it once for every known call, so a list costs about 2.2 us a rule, and a tree a few microseconds in all.

mod deny;
mod tree;

use std::{io, sync::OnceLock};

/// The filter for this machine's architecture, compiled on first use.
pub(crate) fn filter() -> &'static [libc::sock_filter] {
    static FILTER: OnceLock<Vec<libc::sock_filter>> = OnceLock::new();
    FILTER.get_or_init(|| tree::compile(&deny::rules()))
}

/// The filter's bytes in hexadecimal digits, for processes that install it without this crate.
pub(crate) fn encoded() -> &'static str {
    static ENCODED: OnceLock<String> = OnceLock::new();
    ENCODED.get_or_init(|| {
        // The layout of `struct sock_filter` (linux/filter.h): a code, two jumps, a value.
        let bytes = filter().iter().flat_map(|instruction| {
            let [c0, c1] = instruction.code.to_ne_bytes();
            let [k0, k1, k2, k3] = instruction.k.to_ne_bytes();
            [c0, c1, instruction.jt, instruction.jf, k0, k1, k2, k3]
        });
        bytes.map(|byte| format!("{byte:02x}")).collect()
    })
}

/// Puts the calling process, its children and whatever they execute under the filter, for ever.
///
/// It needs `no_new_privs`.
#[allow(unsafe_code)] // seccomp(2) has no safe face.
pub(crate) fn install() -> io::Result<()> {
    let filter = filter();
    let program = libc::sock_fprog {
        len: u16::try_from(filter.len()).unwrap_or(0),
        filter: filter.as_ptr().cast_mut(),
    };
    // SAFETY: `program` points to `len` instructions, which the kernel copies and does not change.
    crate::sys::check(unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program)
    })?;
    Ok(())
}
