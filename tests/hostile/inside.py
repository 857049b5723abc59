"""What an instance knows of itself, held long enough to be looked at from outside."""
import os
import time

def lambda_handler(event, context):
    def status(field):
        with open("/proc/self/status") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith(field + ":"))

    print("looking", flush=True)
    time.sleep(event.get("seconds", 0))
    with open("/proc/self/mountinfo") as file:
        mounts = [line.split() for line in file]
    return {
        "namespaces": {n: os.readlink("/proc/self/ns/" + n) for n in ("mnt", "pid", "net", "ipc", "uts", "cgroup")},
        "status": {field: status(field) for field in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Groups")},
        "uid": os.getuid(), "gid": os.getgid(), "hostname": os.uname().nodename,
        "writable": sorted(m[4] for m in mounts if "rw" in m[5].split(",")),
        "host_file": os.path.exists(event["host_file"]),
        "processes": len([p for p in os.listdir("/proc") if p.isdigit()]),
        "cgroup": open("/proc/self/cgroup").read(),
        "descriptors": {fd: os.readlink("/proc/self/fd/" + fd) for fd in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + fd)},
    }
