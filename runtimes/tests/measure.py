"""Measures every interpreter: boot, load, warm round trip, memory. A tool, not a test.

python3 runtimes/tests/measure.py [python3.11 node20 ...]
"""

import json
import os
import statistics
import struct
import sys
import tempfile
import time
from pathlib import Path

import interpreters
from instance import INVOKE, LOAD, Instance

BOOTS = 15
CALLS = 3000
ENV = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp", "TZ": ":UTC"}
SOURCES = {
    "python": ("app.py", "def handler(event, context):\n    return event\n"),
    "node": ("app.js", "exports.handler = async (event) => event;\n"),
}


def measure(family, argv):
    name, source = SOURCES[family]
    with tempfile.TemporaryDirectory() as root:
        Path(root, name).write_text(source)
        head = {"handler": "app.handler", "task_root": root, "env": {}}
        boots, work, quick, parked, firsts = [], [], [], [], []
        for index in range(BOOTS):
            instance = Instance(argv, ENV)
            instance.receive()
            boots.append(time.perf_counter() - instance.started)
            work.append(_cpu(instance.pid))
            if index % 2:  # as a pooled stem, which waits for its function
                time.sleep(0.1)
            (parked if index % 2 else quick).append(_call(instance, LOAD, head))
            firsts.append(_invoke(instance))
            if index < BOOTS - 1:
                instance.close()
        calls = [_invoke(instance) for _ in range(CALLS)]
        memory = _memory(instance.pid)
        instance.close()
    calls = calls[CALLS // 10 :]
    return {
        "boot ms": statistics.median(boots) * 1e3,
        "cpu ms": statistics.median(work) * 1e3,
        "load parked ms": statistics.median(parked) * 1e3,
        "load at once ms": statistics.median(quick) * 1e3,
        "first call us": statistics.median(firsts) * 1e6,
        "warm p50 us": statistics.median(calls) * 1e6,
        "warm p99 us": statistics.quantiles(calls, n=100)[98] * 1e6,
        "RSS MB": memory["Rss"] / 1024,
        "private MB": (memory["Private_Dirty"] + memory["Private_Clean"]) / 1024,
    }


def _invoke(instance):
    head = {"id": "7e1f0a5c-9d0b-4c53-a1d3-000000000000", "deadline_ms": 1 << 42, "arn": "arn"}
    return _call(instance, INVOKE, head, b'{"key1": "value1", "key2": "value2", "key3": "value3"}')


def _call(instance, kind, head, body=b""):
    """Seconds from before the frame is written until the whole answer is read."""
    head = json.dumps(head).encode()
    frame = struct.pack("<IBI", 5 + len(head) + len(body), kind, len(head)) + head + body
    start = time.perf_counter()
    os.write(instance.calls, frame)
    os.read(instance.answers, 4096)
    return time.perf_counter() - start


def _cpu(pid):
    """Seconds that a process has run: what other programs on the machine cannot disturb."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _memory(pid):
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) for line in lines}


def main():
    wanted = sys.argv[1:]
    found = [("python" + v, "python", interpreters.python(v)) for v in interpreters.PYTHONS]
    found += [("node" + v, "node", interpreters.node(v)) for v in interpreters.NODES]
    for label, family, path in found:
        if not path or (wanted and label not in wanted):
            continue
        argv = getattr(interpreters, family + "_argv")(path)
        result = measure(family, argv)
        print(label.ljust(11), *("%s %.1f  " % pair for pair in result.items()), flush=True)


if __name__ == "__main__":
    main()
