"""Queries without end, and answers that nobody asked for."""
import os
import socket

def lambda_handler(event, context):
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    probe.settimeout(5)
    query = bytes.fromhex("000101000001000000000000") + b"\x03sts\x09amazonaws\x03com\x00" + bytes.fromhex("00010001")
    sent = 0
    for number in range(20000):
        try:
            probe.sendto(os.urandom(100) if number % 2 else query, ("127.0.0.2", 53))
            sent += 1
        except OSError:
            pass
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as fresh:
        fresh.settimeout(1)
        for _ in range(60):
            # What finds the queue full is lost, as DNS has it, and asked again.
            fresh.sendto(query, ("127.0.0.2", 53))
            try:
                return {"sent": sent, "answered": len(fresh.recv(512)) > 12}
            except TimeoutError:
                pass
        return {"sent": sent, "answered": False}
