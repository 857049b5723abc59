"""Signals all there is: its own instance."""
import os
import signal
import time

def lambda_handler(event, context):
    if os.fork() == 0:
        time.sleep(300)
    # All but process 1, which may not be signalled, and the caller.
    os.kill(-1, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(300)
