"""Becomes somebody else, or more."""
import os
import resource
import shutil
import subprocess
from attempt import call, outcome

def lambda_handler(event, context):
    own = os.getuid()
    told = {
        "setuid": call(105, 0), "setgid": call(106, 0), "setresuid": call(117, 0, 0, 0), "setreuid": call(113, 0, 0),
        "neighbour": call(105, own + 1), "setgroups": call(116, 0, 0), "capset": call(126, b"\x22\x05\x08\x20" + bytes(4), b"\xff" * 24),
        "nice": outcome(os.setpriority, os.PRIO_PROCESS, 0, -20),
        "realtime": outcome(os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1)),
        "more files": outcome(resource.setrlimit, resource.RLIMIT_NOFILE, (4096, 4096)),
        "more processes": outcome(resource.setrlimit, resource.RLIMIT_NPROC, (1 << 20, 1 << 20)),
        "core dumps": outcome(resource.setrlimit, resource.RLIMIT_CORE, (1 << 30, 1 << 30)),
        "dumpable init": outcome(open, "/proc/1/mem", "rb"),
    }
    # A set-uid program of one's own: /tmp gives no privilege, and nobody there could give one away.
    shutil.copy("/bin/sh", "/tmp/sh")
    os.chmod("/tmp/sh", 0o6755)
    uid = subprocess.run(["/tmp/sh", "-p", "-c", "id -u"], capture_output=True, text=True).stdout.strip()
    told["set-uid program"] = "EPERM" if uid == str(own) else uid
    told["set-uid root"] = outcome(os.chown, "/tmp/sh", 0, 0)
    return told
