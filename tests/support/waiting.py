"""Waiting on conditions, with a deadline, never for a fixed time."""

import time

# How long anything may take here, in seconds: a machine that is busy with four times as much still gets there. Only a failure
# waits for so long.
PATIENCE = 180.0


def wait_until(condition, what, timeout=PATIENCE):
    """The first true result of `condition`; fails after `timeout` seconds, naming `what`."""
    deadline = time.monotonic() + timeout
    pause = 0.002
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"after {timeout} s it is still not so that {what}")
        time.sleep(pause)  # between two looks at the condition
        pause = min(pause * 2, 0.1)
