"""Speaks to the server in the bootstrap's stead: answers of its own, for now and for later, or noise."""
import json
import os
import struct
import time

# Where the bootstrap answers, and the kind of its answers.
ANSWERS, RESPONSE = 4, 131

def frame(kind, head, body):
    head = json.dumps(head).encode()
    return struct.pack("<IBI", 5 + len(head) + len(body), kind, len(head)) + head + body

def lambda_handler(event, context):
    kind = event.get("kind")
    forged = frame(RESPONSE, {"id": context.aws_request_id}, b'"forged"')
    if kind == "ahead":
        # One answer for this invocation and one that waits for the next.
        os.write(ANSWERS, forged + frame(RESPONSE, {}, b'"for somebody else"'))
        time.sleep(0.2)
    elif kind == "another":
        os.write(ANSWERS, frame(RESPONSE, {"id": "00000000-0000-0000-0000-000000000000"}, b'"forged"'))
    elif kind == "noise":
        os.write(ANSWERS, os.urandom(4096))
    elif kind == "endless":
        os.write(ANSWERS, struct.pack("<IBI", 0xFFFFFFFF, RESPONSE, 0))
    elif kind == "unknown":
        os.write(ANSWERS, frame(77, {}, b""))
    elif kind == "late":
        # After the answer, when nobody asked.
        if os.fork() == 0:
            time.sleep(0.1)
            os.write(ANSWERS, forged)
            os._exit(0)
    elif kind == "silent":
        os.close(ANSWERS)
    return "true answer"
