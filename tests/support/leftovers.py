"""What a server and its instances leave on the host: nothing, once they have ended."""

import pathlib


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
    found += [f"cgroup {path}" for path in pathlib.Path("/sys/fs/cgroup").rglob(f"*{tag}*") if path.is_dir()]
    for line in _read(pathlib.Path("/proc/self/mountinfo")).splitlines():
        if data in line or tag in line:
            found.append(f"mount {line}")
    for device in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
        if data in _read(device):
            found.append(f"loop device {device}")
    return found
