"""Leaves daemons that outlive the handler, one in a session of its own."""
import os

def lambda_handler(event, context):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                pass
        os._exit(0)
    os.wait()
    return {"processes": sorted(int(p) for p in os.listdir("/proc") if p.isdigit()), "uid": os.getuid()}
