"""Takes memory and touches it, as heap, as shared memory or as files of /dev/shm."""
import mmap

def lambda_handler(event, context):
    if event["kind"] == "heap":
        hoard = []
        while True:
            hoard.append(bytearray(b"x") * (8 << 20))
    if event["kind"] == "shared":
        hoard = []
        while True:
            area = mmap.mmap(-1, 8 << 20)
            area.write(b"x" * (8 << 20))
            hoard.append(area)
    number = 0
    while True:
        with open("/dev/shm/%d" % number, "wb") as file:
            file.write(b"x" * (8 << 20))
        number += 1
