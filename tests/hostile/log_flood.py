"""Logs as fast as it can: many lines, or one that never ends."""
import os

def lambda_handler(event, context):
    if event["kind"] == "lines":
        for _ in range(500):
            os.write(1, b"a line that says nothing, again and again\n" * 400)
    else:
        for _ in range(400):
            os.write(1, b"x" * 65536)
    return "said"
