"""Changes what is mounted."""
from attempt import call

def lambda_handler(event, context):
    return {
        "mount": call(165, b"none", b"/tmp", b"tmpfs", 0, 0),
        "bind": call(165, b"/", b"/tmp", b"", 4096, 0),
        "remount code": call(165, b"none", b"/var/task", b"", 32 | 4096, 0),
        "umount": call(166, b"/proc", 2),
        "pivot_root": call(155, b"/tmp", b"/tmp"),
        "chroot": call(161, b"/tmp"),
        "open_tree": call(428, -100, b"/", 1),
        "move_mount": call(429, -100, b"/tmp", -100, b"/var/task", 0),
        "fsopen": call(430, b"tmpfs", 0),
        "fspick": call(433, -100, b"/tmp", 0),
        "mount_setattr": call(442, -100, b"/", 0, 0, 0),
        "swapon": call(167, b"/tmp/x", 0),
        "open_by_handle_at": call(304, -100, 0, 0),
        "name_to_handle_at": call(303, -100, b"/", 0, 0, 0),
    }
