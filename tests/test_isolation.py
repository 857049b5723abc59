"""What an instance sees and may do, asserted from inside."""

import json
import os

import pytest

from support.code import create, python

INSIDE = """
    import ctypes, json, os, socket, errno

    libc = ctypes.CDLL(None, use_errno=True)

    def status(field):
        for line in open("/proc/self/status"):
            if line.startswith(field + ":"):
                return line.split(":", 1)[1].strip()

    def refused(call, *arguments):
        ctypes.set_errno(0)
        return libc.syscall(call, *arguments) == -1 and ctypes.get_errno() in (
            errno.EPERM, errno.ENOSYS, errno.EACCES)

    def connects(address):
        probe = socket.socket()
        probe.settimeout(10)
        try:
            probe.connect(address)
            return True
        except OSError:
            return False
        finally:
            probe.close()

    def writes(path):
        try:
            with open(path, "w") as file:
                file.write("x")
            return True
        except OSError:
            return False

    def lambda_handler(event, context):
        return {
            "namespaces": {n: os.readlink("/proc/self/ns/" + n) for n in ("mnt", "pid", "net", "ipc", "uts")},
            "uid": os.getuid(),
            "caps": [int(status(f), 16) for f in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
            "no_new_privs": status("NoNewPrivs"),
            "seccomp": status("Seccomp"),
            "host_file": os.path.exists(event["host_file"]),
            "root": sorted(os.listdir("/")),
            "processes": sorted(int(p) for p in os.listdir("/proc") if p.isdigit()),
            "refused": {
                "mount": refused(165, 0, 0, 0, 0, 0), "unshare user": refused(272, 0x10000000),
                "ptrace": refused(101, 16, 1, 0, 0), "keyctl": refused(250, 0, 0, 0, 0), "bpf": refused(321, 0, 0, 0),
                "io_uring_setup": refused(425, 1, 0), "perf_event_open": refused(298, 0, 0, 0, 0, 0),
                "clone3": refused(435, 0, 0), "setns": refused(308, 0, 0), "chroot": refused(161, b"/tmp"),
            },
            "host_port": connects(("127.0.0.1", event["port"])),
            "internet": connects(("198.51.100.1", 80)),
            "platform": connects(("127.0.0.2", 4566)),
            "writes": {p: writes(p) for p in ("/tmp/x", "/var/task/x", "/etc/x", "/x", "/opt/x", "/proc/sys/kernel/hostname")},
            "environment": dict(os.environ),
        }
"""


@pytest.fixture(scope="module")
def inside(server, tmp_path_factory):
    """What a function found out."""
    import boto3

    host_file = tmp_path_factory.mktemp("host") / "secret"
    host_file.write_text("for everybody on this host")
    host_file.chmod(0o644)
    functions = boto3.client(
        "lambda", endpoint_url=server.url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    name = f"inside-{os.getpid()}"
    create(functions, name, python(INSIDE), Timeout=60)
    event = json.dumps({"host_file": str(host_file), "port": server.port}).encode()
    answer = functions.invoke(FunctionName=name, Payload=event)
    told = json.load(answer["Payload"])
    assert "FunctionError" not in answer, told
    return told


def test_namespaces_are_its_own(inside):
    for name, namespace in inside["namespaces"].items():
        assert namespace != os.readlink(f"/proc/self/ns/{name}"), name


def test_it_has_no_privileges(inside):
    assert inside["uid"] >= 10_000
    assert inside["caps"] == [0] * 5
    assert (inside["no_new_privs"], inside["seccomp"]) == ("1", "2")


def test_the_host_is_invisible(inside):
    assert not inside["host_file"]
    # An interpreter under a home directory shows at its own path, and nothing beside it does.
    assert not {"boot", "sys", "mnt", "srv", "media", "home"} & set(inside["root"])
    assert len(inside["processes"]) <= 3


def test_dangerous_calls_are_refused(inside):
    assert all(inside["refused"].values()), inside["refused"]


def test_the_network_ends_at_the_platform(inside):
    assert not inside["host_port"] and not inside["internet"]
    assert inside["platform"]


def test_only_tmp_can_be_written(inside):
    assert {path for path, written in inside["writes"].items() if written} == {"/tmp/x"}


def test_nothing_of_the_servers_environment_shows(inside):
    assert not {"HOME_OF_TESTS", "PYTEST_CURRENT_TEST", "TINDERBOX", "CARGO_TARGET_DIR"} & set(inside["environment"])


def test_instances_of_two_functions_share_nothing(lambda_client, name):
    source = """
        import os

        def lambda_handler(event, context):
            before = os.path.exists("/tmp/mark")
            open("/tmp/mark", "w").close()
            return before
    """
    for one in (f"{name}-a", f"{name}-b"):
        create(lambda_client, one, python(source))
    seen = [json.load(lambda_client.invoke(FunctionName=f"{name}-{one}")["Payload"]) for one in "aba"]
    # A warm instance keeps its own /tmp; the other function's is another.
    assert seen == [False, False, True]


def test_a_fork_bomb_is_contained(lambda_client, name):
    source = """
        import os, time

        def lambda_handler(event, context):
            made = 0
            try:
                while made < 5000:
                    if os.fork() == 0:
                        time.sleep(60)
                        os._exit(0)
                    made += 1
            except OSError:
                pass
            return made
    """
    create(lambda_client, name, python(source), Timeout=60, MemorySize=512)
    answer = lambda_client.invoke(FunctionName=name)
    told = json.load(answer["Payload"])
    assert told["errorType"] == "Runtime.OutOfMemory" if "FunctionError" in answer else told < 1100


def test_tmp_is_bounded(lambda_client, name):
    source = """
        import errno

        def lambda_handler(event, context):
            written = 0
            try:
                with open("/tmp/fill", "wb") as file:
                    while written < 1 << 30:
                        written += file.write(bytes(1 << 20))
            except OSError as error:
                return [error.errno == errno.ENOSPC, written >> 20]
    """
    create(lambda_client, name, python(source), Timeout=300, MemorySize=128)
    full, mib = json.load(lambda_client.invoke(FunctionName=name)["Payload"])
    assert full and 400 <= mib <= 512
