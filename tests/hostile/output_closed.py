"""Closes its output, or points it somewhere else."""
import os
import sys

def lambda_handler(event, context):
    if event["kind"] == "closed":
        os.close(1)
        os.close(2)
    else:
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, 1)
        os.dup2(full, 2)
    try:
        print("nobody hears this")
        sys.stdout.flush()
    except (OSError, ValueError):
        pass
    return "fine"
