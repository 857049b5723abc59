"""What a server and its instances leave on the host: nothing, once they have ended."""

import os
import pathlib

from .waiting import wait_until


def _read(path):
    try:
        return path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def command_line(process):
    """What a process's entry in /proc says that it runs; nothing once it has ended."""
    return _read(process / "cmdline")


def of(server_or_data, tag):
    """Processes, cgroups, mounts and loop devices that belong to a data directory, as text, one each."""
    data = str(getattr(server_or_data, "data", server_or_data))
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        if tag in _read(process / "cmdline") or data in _read(process / "cmdline") or tag in _read(process / "cgroup"):
            found.append(f"process {process.name}: {_read(process / 'cmdline')[:200]}")
    # Not rglob, which fails when another server's cgroup goes while it looks; this one passes over what is gone.
    for place, names, _ in os.walk("/sys/fs/cgroup"):
        found += [f"cgroup {place}/{name}" for name in names if tag in name]
    for line in _read(pathlib.Path("/proc/self/mountinfo")).splitlines():
        if data in line or tag in line:
            found.append(f"mount {line}")
    for device in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
        if data in _read(device):
            found.append(f"loop device {device}")
    return found


def none(server_or_data, tag, and_not=lambda: [], hint=""):
    """Waits until nothing is left of a server, nor of what `and_not` lists; else fails and names what is."""
    left = []

    def nothing():
        left[:] = [*of(server_or_data, tag), *and_not()]
        return not left

    try:
        wait_until(nothing, "nothing is left")
    except AssertionError as error:
        raise AssertionError(f"{error} {hint}: " + "; ".join(left[:20])) from None
