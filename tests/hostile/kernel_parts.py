"""Large parts of the kernel that functions do without."""
from attempt import call

def lambda_handler(event, context):
    return {
        "add_key": call(248, b"user", b"x", b"y", 1, -3), "request_key": call(249, b"user", b"x", 0, -3),
        "keyctl": call(250, 0, -3, 1), "bpf": call(321, 0, 0, 0), "perf_event_open": call(298, 0, 0, -1, -1, 0),
        "io_uring_setup": call(425, 8, 0), "io_uring_enter": call(426, 0, 0, 0, 0), "io_uring_register": call(427, 0, 0, 0, 0),
        "userfaultfd": call(323, 0), "init_module": call(175, 0, 0, b""), "finit_module": call(313, 0, b"", 0),
        "kexec_load": call(246, 0, 0, 0, 0), "reboot": call(169, 0xFEE1DEAD, 672274793, 0x1234567, 0),
        "syslog": call(103, 3, 0, 0), "acct": call(163, b"/tmp/x"), "iopl": call(172, 3), "ioperm": call(173, 0, 1, 1),
        "modify_ldt": call(154, 0, 0, 0), "fanotify_init": call(300, 0, 0), "quotactl": call(179, 0, 0, 0, 0),
        "clock_settime": call(227, 0, 0), "settimeofday": call(164, 0, 0), "sethostname": call(170, b"x", 1),
        "personality": call(135, 0x0040000), "unknown call": call(999),
    }
