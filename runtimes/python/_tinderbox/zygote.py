"""The zygote: an interpreter that has booted once, and of which instances are forks.

It is root and outside of every sandbox, so nothing of a function's may ever come near it: an order holds numbers only, and a
function's environment, code and events reach the fork alone, later. A fork enters the sandbox that init built for it and
gives up everything, in the order in which the sandbox's own processes do (crates/sandbox, init/program.rs); the server looks
from outside whether it has, before it says anything more.

Only CPython 3.8 and newer is booted so.
"""

import array
import ctypes
import gc
import json
import os
import resource
import select
import signal
import socket
import struct

_ORDERS = 3
#: A packet holds at most so much (crates/sandbox, sys/channel.rs).
_PACKET, _DESCRIPTORS = 32 << 10, 253
#: Events, and the byte before every message.
_UP, _ENTERED, _FAILED, _EXITED = (bytes([0, kind]) for kind in range(4))

# linux/sched.h
_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWPID, _NEWNET = 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x20000000, 0x40000000
# linux/prctl.h, linux/seccomp.h
_SET_DUMPABLE, _SET_SECCOMP, _BOUNDING_READ, _BOUNDING_DROP, _SET_NO_NEW_PRIVILEGES, _AMBIENT = 4, 22, 23, 24, 38, 47
_AMBIENT_CLEAR, _FILTER = 4, 2
#: linux/capability.h: version 3, whose sets have two words each.
_CAPABILITIES = 0x20080522
#: System calls without a function in the C library, by numbers that all architectures share.
_CLOSE_RANGE, _LANDLOCK_RESTRICT_SELF = 436, 446

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    """`struct sock_fprog` of linux/filter.h."""

    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


class _Step(Exception):
    """What went wrong, and the system's number for it."""

    def __init__(self, step, errno):
        Exception.__init__(self, step, errno)
        self.step, self.errno = step, errno


def run():
    """Serves orders. Returns in a fork that has become an instance; ends with the server otherwise."""
    woken, wake = os.pipe()
    for descriptor in (woken, wake):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    orders = socket.socket(fileno=_ORDERS)
    poll = select.poll()
    for descriptor in (_ORDERS, woken):
        poll.register(descriptor, select.POLLIN)
    forks, bounding = {}, _bounding()
    # What is there now lives as long as every fork: the collector must not touch it, which would copy it.
    gc.collect()
    gc.freeze()
    orders.send(_UP)
    while True:
        ready = [descriptor for descriptor, _ in poll.poll()]
        if woken in ready:
            os.read(woken, 4096)
            _reap(forks)
        if _ORDERS in ready:
            order, told, init, rest = _receive(orders)
            try:
                # Of a process, not of this one: what it forks from now on is born there.
                _check("entering a pid namespace", _libc.setns(init, _NEWPID))
                process = os.fork()
            except (_Step, OSError) as error:
                _tell(told, _failure(getattr(error, "step", "forking"), error.errno))
                process = None
            if process == 0:
                orders.detach()  # its number is about to be another file's
                return _become(order, told, init, rest, bounding)
            if process:
                forks[process] = told
            for descriptor in [init] + rest + ([] if process else [told]):
                os.close(descriptor)


def _receive(orders):
    data, ancillary, _, _ = orders.recvmsg(_PACKET, socket.CMSG_SPACE(4 * _DESCRIPTORS), socket.MSG_CMSG_CLOEXEC)
    if not data:
        os._exit(0)
    descriptors = array.array("i")
    for level, kind, value in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(value)
    told, init = descriptors[:2]
    return json.loads(data[1:]), told, init, list(descriptors[2:])


def _reap(forks):
    while forks:
        try:
            process, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not process:
            return
        told = forks.pop(process, None)
        if told is not None:
            _tell(told, _EXITED + _integer(status))
            os.close(told)


def _tell(told, event):
    try:
        os.write(told, event)
    except OSError:
        pass  # the server does not want to know any more


def _failure(step, errno):
    step = step.encode()[:100]
    return _FAILED + bytes([len(step)]) + step + _integer(errno or 0)


def _integer(value):
    """A signed number as postcard writes it: zigzag, then seven bits a byte."""
    value = value << 1 if value >= 0 else (-value << 1) - 1
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _become(order, told, init, rest, bounding):
    """Makes this fork the program of a sandbox."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        joins, rest = rest[: order["cgroups"]], rest[order["cgroups"] :]
        ruleset = rest.pop(0) if order["landlock"] else None
        _enter(joins, init)
        for number, limit in order["rlimits"]:
            resource.setrlimit(number, (limit, limit))
        os.umask(0o022)
        _confine(order["uid"], ruleset, bytes.fromhex(order["filter"]), bounding)
        _place(rest, order["numbers"], told)
    except BaseException as error:
        _tell(told, _failure(getattr(error, "step", "%s: %s" % (type(error).__name__, error)), getattr(error, "errno", 0)))
        os._exit(127)
    os.write(5, _ENTERED)
    os.close(5)


def _enter(joins, init):
    for procs in joins:
        os.write(procs, b"0")
    os.setsid()
    _check("entering the namespaces", _libc.setns(init, _NEWNS | _NEWNET | _NEWIPC | _NEWUTS))
    os.chdir("/")
    # Makes where we are the top of what /proc/self/cgroup tells.
    _check("making a cgroup namespace", _libc.unshare(_NEWCGROUP))


def _bounding():
    """The capabilities that a process like this one could ever get."""
    return [capability for capability in range(64) if _prctl(_BOUNDING_READ, capability) == 1]


def _confine(uid, ruleset, filter, bounding):
    for capability in bounding:
        _check("bounding capabilities", _prctl(_BOUNDING_DROP, capability))
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    # Leaving uid 0 emptied these; said again, because nothing may depend on a side effect.
    header, none = struct.pack("=Ii", _CAPABILITIES, 0), bytes(24)
    _check("giving up capabilities", _libc.capset(header, none))
    # Changing users took from it what exec would have given back: its own files in /proc.
    _check("becoming dumpable", _prctl(_SET_DUMPABLE, 1))
    _check("giving up ambient capabilities", _prctl(_AMBIENT, _AMBIENT_CLEAR))
    _check("giving up new privileges", _prctl(_SET_NO_NEW_PRIVILEGES, 1))
    if ruleset is not None:
        _check("restricting files", _system_call(_LANDLOCK_RESTRICT_SELF, ruleset, 0))
    program = _Program(len(filter) // 8, ctypes.cast(ctypes.c_char_p(filter), ctypes.c_void_p))
    _check("installing the filter", _prctl(_SET_SECCOMP, _FILTER, ctypes.addressof(program)))


def _place(descriptors, numbers, told):
    """Gives every descriptor its number, up to 4; `told` becomes 5, and nothing else stays open."""
    for number in range(5):
        if number not in numbers:
            os.dup2(os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC), number)
    for descriptor, number in zip(descriptors, numbers):
        os.dup2(descriptor, number)
    if told != 5:
        os.dup2(told, 5, False)
    _check("closing descriptors", _system_call(_CLOSE_RANGE, 6, 0xFFFFFFFF, 0))


def _system_call(number, *arguments):
    return _libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments))


def _prctl(option, argument, more=0):
    return _libc.prctl(option, *(ctypes.c_ulong(value) for value in (argument, more, 0, 0)))


def _check(step, result):
    if result < 0:
        raise _Step(step, ctypes.get_errno())
