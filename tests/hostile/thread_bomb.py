"""Threads until it may not."""
import threading

def lambda_handler(event, context):
    threading.stack_size(32768)
    stop = threading.Event()
    threads = []
    try:
        while len(threads) < 20000:
            thread = threading.Thread(target=stop.wait, daemon=True)
            thread.start()
            threads.append(thread)
    except (RuntimeError, MemoryError):
        pass
    stop.set()
    return len(threads)
