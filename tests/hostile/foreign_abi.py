"""System calls by other doors: 32-bit x86 and x32, which a careless filter does not watch."""
import ctypes
import mmap
import os
from attempt import call

def lambda_handler(event, context):
    # mov eax, 20 (getpid of 32-bit x86); int 0x80; ret
    code = b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"
    area = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    area.write(code)
    enter = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))
    pid = os.fork()
    if pid == 0:
        os._exit(0 if enter() > 0 else 1)
    _, status = os.waitpid(pid, 0)
    signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return {"32-bit": "signal %d" % signal if signal else "done", "x32": call(0x40000000 | 39)}
