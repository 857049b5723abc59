"""Asks for much and reads nothing; asks byte by byte."""
import socket
import time

def lambda_handler(event, context):
    asking = []
    for _ in range(100):
        one = socket.create_connection(("127.0.0.2", 4566), timeout=20)
        # Pipelined, so that answers pile up where nobody takes them.
        one.settimeout(0.2)
        try:
            for _ in range(2000):
                one.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.2\r\n\r\n" * 20)
        except OSError:
            pass
        asking.append(one)
        if context.get_remaining_time_in_millis() < 45_000:
            break
    slow = socket.create_connection(("127.0.0.2", 4566), timeout=20)
    for byte in b"GET /hea":
        slow.send(bytes([byte]))
        time.sleep(0.05)
    return len(asking)
