"""Files of the host, by every way that leads there."""
import os
from attempt import outcome

def lambda_handler(event, context):
    def read(path):
        with open(path, "rb") as file:
            file.read(1)

    ways = [event["host_file"], "/etc/shadow", "/etc/hostname", "/etc/machine-id", "/etc/ssl/private", "/root/.bashrc",
            "/root/.ssh/id_rsa", "/var/run/docker.sock", "/run/systemd/notify", "/var/log/syslog", "/boot/vmlinuz", "/dev/sda",
            "/dev/vda", "/dev/mem", "/dev/kmsg", "/dev/loop0", "/dev/loop-control", "/dev/fuse", "/dev/kvm", "/dev/net/tun",
            "/sys/kernel/notes", "/sys/fs/cgroup/cgroup.procs", "/proc/1/environ", "/proc/1/mem", "/proc/1/maps"]
    told = {path: outcome(read, path) for path in ways}
    for start in ("/proc/1/root", "/proc/1/cwd", "/proc/self/root/../../..", "/var/task/../../../../.."):
        told[start] = outcome(read, start + event["host_file"])
    told["list of init's root"] = outcome(os.listdir, "/proc/1/root")
    told["init's program"] = outcome(os.readlink, "/proc/1/exe")
    told["listing"] = "done" if {"boot", "home", "sys", "srv"} & set(os.listdir("/")) else "ENOENT"
    return told
