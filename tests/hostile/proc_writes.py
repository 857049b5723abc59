"""Writes that would act on the host."""
import os
from attempt import outcome

def lambda_handler(event, context):
    def write(path, text="1"):
        with open(path, "w") as file:
            file.write(text)

    paths = ["/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches",
             "/proc/sys/kernel/modprobe", "/proc/sys/net/ipv4/ip_forward", "/proc/self/oom_score_adj", "/proc/self/attr/current",
             "/proc/1/oom_score_adj", "/proc/self/timerslack_ns", "/proc/self/setgroups", "/sys/power/state", "/dev/kmsg"]
    told = {path: outcome(write, path) for path in paths}
    masked = ["/proc/kcore", "/proc/kallsyms", "/proc/keys", "/proc/timer_list", "/proc/cmdline", "/proc/sched_debug"]
    for path in masked:
        if os.path.exists(path):
            with open(path, "rb") as file:
                told["content of " + path] = "EPERM" if not file.read(1) else "done"
    return told
