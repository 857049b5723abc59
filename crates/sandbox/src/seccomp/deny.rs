//! The list: which call gets which answer.

use super::tree::Action;
use libc::{EAFNOSUPPORT, ENOSYS, EPERM, c_long};

/// The last call of kernel 6.15, `open_tree_attr`. What came later was not looked at and does not exist inside.
const LAST_KNOWN: u32 = 467;

/// Calls with numbers common to all architectures that libc does not name yet.
const STATMOUNT: c_long = 457;
const LISTMOUNT: c_long = 458;
const OPEN_TREE_ATTR: c_long = 467;

/// Every namespace that `clone` makes. (`CLONE_NEWTIME` shares its bit with the exit signal; only `unshare` knows it.)
const NEW_NAMESPACES: u32 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET) as u32;

const NEW_TIME: u32 = 0x80;

/// Refused on every architecture, whatever the arguments.
const REFUSED: &[c_long] = &[
    // Mounts and roots.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    STATMOUNT,
    LISTMOUNT,
    OPEN_TREE_ATTR,
    libc::SYS_setns,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_fanotify_mark,
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    // Large parts of the kernel that functions do without.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_bpf,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    // The machine.
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    libc::SYS_lookup_dcookie,
    libc::SYS_nfsservctl,
];

#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[c_long] =
    &[libc::SYS_iopl, libc::SYS_ioperm, libc::SYS_modify_ldt, libc::SYS_uselib, libc::SYS__sysctl];

#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[c_long] = &[];

/// Every rule; what is not here is allowed.
pub(super) fn rules() -> Vec<(u32, Action)> {
    let refused = REFUSED.iter().chain(REFUSED_HERE).map(|call| (*call as u32, Action::Errno(EPERM)));
    refused
        .chain([
            (libc::SYS_clone as u32, Action::Mask { argument: 0, mask: NEW_NAMESPACES, errno: EPERM }),
            (
                libc::SYS_unshare as u32,
                Action::Mask { argument: 0, mask: NEW_NAMESPACES | NEW_TIME, errno: EPERM },
            ),
            // Its flags are behind a pointer, which a filter cannot read; C libraries fall back to clone.
            (libc::SYS_clone3 as u32, Action::Errno(ENOSYS)),
            // What the C library asks and what setting the default costs nothing.
            (
                libc::SYS_personality as u32,
                Action::OnlyOf { argument: 0, values: &[0, 0xffff_ffff], errno: EPERM },
            ),
            (
                libc::SYS_ioctl as u32,
                Action::NoneOf {
                    argument: 1,
                    values: &[libc::TIOCSTI as u32, libc::TIOCLINUX as u32],
                    errno: EPERM,
                },
            ),
            (libc::SYS_socket as u32, Action::Socket { errno: EAFNOSUPPORT }),
            (LAST_KNOWN + 1, Action::FromHere { errno: ENOSYS }),
        ])
        .collect()
}
