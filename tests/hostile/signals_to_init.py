"""Every signal to process 1, which must live on."""
import os
import signal
from attempt import outcome

def lambda_handler(event, context):
    told = {number: outcome(os.kill, 1, number) for number in range(1, 65) if number not in (32, 33)}
    return {"refused": all(o == "EPERM" for o in told.values()), "seen": sorted(set(told.values())), "alive": os.path.exists("/proc/1")}
