"""A path of thousands of directories, a name of every odd byte: what clears /tmp must not walk it."""
import os

def lambda_handler(event, context):
    os.chdir("/tmp")
    depth = 0
    while depth < 3000:
        os.mkdir("d")
        os.chdir("d")
        depth += 1
    open(b"\n\xff'\" ; rm -rf x", "w").close()
    os.mkfifo("/tmp/fifo")
    os.symlink("/etc/passwd", "/tmp/link")
    return depth
