"""Signals, traces and reads whoever can be named."""
import os
import signal
from attempt import call, outcome

def lambda_handler(event, context):
    told = {"ptrace init": call(101, 16, 1, 0, 0), "ptrace seize": call(101, 0x4206, 1, 0, 0), "traceme": call(101, 0, 0, 0, 0),
            "process_vm_readv": call(310, 1, 0, 0, 0, 0, 0), "process_vm_writev": call(311, 1, 0, 0, 0, 0, 0),
            "kcmp": call(312, 1, 1, 0, 0, 0), "pidfd_getfd": call(438, 3, 0, 0), "process_madvise": call(440, 3, 0, 0, 0, 0),
            "migrate_pages": call(256, 1, 8, 0, 0)}
    for pid in event["pids"]:
        told["kill %d" % pid] = outcome(os.kill, pid, signal.SIGKILL)
    told["kill init"] = outcome(os.kill, 1, signal.SIGKILL)
    told["ask init to end"] = outcome(os.kill, 1, signal.SIGTERM)
    told["seen"] = "done" if any(os.path.exists("/proc/%d" % pid) for pid in event["pids"]) else "ESRCH"
    return told
