"""Makes or enters namespaces, a user namespace above all."""
import os
from attempt import call, outcome

FLAGS = {"user": 0x10000000, "mount": 0x20000, "pid": 0x20000000, "net": 0x40000000, "ipc": 0x8000000, "uts": 0x4000000,
         "cgroup": 0x2000000, "time": 0x80}

def lambda_handler(event, context):
    told = {"unshare " + name: call(272, flag) for name, flag in FLAGS.items()}
    told.update({"clone " + name: call(56, flag | 17, 0, 0, 0, 0) for name, flag in FLAGS.items() if name != "time"})
    told["clone3"] = call(435, 0, 88)
    for name in ("mnt", "net", "pid", "user"):
        fd = os.open("/proc/self/ns/" + name, os.O_RDONLY)
        told["setns " + name] = call(308, fd, 0)
        os.close(fd)
    told["uid_map"] = outcome(open, "/proc/self/uid_map", "w")
    told["setns of init"] = outcome(os.open, "/proc/1/ns/net", os.O_RDONLY)
    return told
