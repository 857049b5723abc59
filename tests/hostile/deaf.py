"""Ignores every signal it may ignore, and loops."""
import signal

def lambda_handler(event, context):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        pass
