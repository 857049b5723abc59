"""Forks until it may not."""
import os
import time

def lambda_handler(event, context):
    made = 0
    try:
        while made < 20000:
            if os.fork() == 0:
                time.sleep(300)
                os._exit(0)
            made += 1
    except OSError:
        pass
    return made
