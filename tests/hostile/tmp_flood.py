"""Fills /tmp with bytes, then with names."""
import errno
import os

def lambda_handler(event, context):
    written = made = 0
    try:
        with open("/tmp/fill", "wb", buffering=0) as file:
            block = bytes(4 << 20)
            while written < 1 << 30:
                written += file.write(block)
    except OSError as error:
        full = errno.errorcode[error.errno]
    os.unlink("/tmp/fill")
    try:
        while made < 1000000:
            os.close(os.open("/tmp/%d" % made, os.O_CREAT | os.O_WRONLY))
            made += 1
    except OSError as error:
        return {"mib": written >> 20, "full": full, "names": made, "no more": errno.errorcode[error.errno]}
