"""Leaves traces, or looks for those of another function's instance."""
import ctypes
import os
import socket

LIBC = ctypes.CDLL(None, use_errno=True)

def lambda_handler(event, context):
    if event["act"] == "leave":
        global kept
        kept = [socket.create_server(("127.0.0.1", 7777)), socket.socket(socket.AF_UNIX)]
        kept[1].bind("\0tinderbox-neighbour")
        kept[1].listen()
        segment = LIBC.shmget(0x7777, 4096, 0o1777)
        for directory in ("/tmp", "/dev/shm"):
            with open(directory + "/trace", "w") as file:
                file.write("here")
        return {"segment": segment >= 0, "uid": os.getuid()}

    def reaches(family, address):
        with socket.socket(family) as probe:
            return probe.connect_ex(address) == 0

    return {
        "port": reaches(socket.AF_INET, ("127.0.0.1", 7777)),
        "abstract": reaches(socket.AF_UNIX, "\0tinderbox-neighbour"),
        "segment": LIBC.shmget(0x7777, 4096, 0) >= 0,
        "files": [d for d in ("/tmp", "/dev/shm") if os.path.exists(d + "/trace")],
        "processes": len([p for p in os.listdir("/proc") if p.isdigit()]),
        "uid": os.getuid(),
    }
