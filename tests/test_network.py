"""The way out: public addresses and nothing else, by one router of ours, and the host as it was when it ends.

Nothing here leaves this machine: the "host" and the "internet" are network namespaces that the test makes, and the server runs
in the first of them.
"""

import contextlib
import ctypes
import itertools
import json
import os
import pathlib
import subprocess
import sys

import pytest

from conftest import connect
from support.code import create, python
from support.server import BINARY, Server
from support.waiting import wait_until

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/usr/sbin/ip"), reason="it takes root and iproute2")

LIBC = ctypes.CDLL(None, use_errno=True)
NEWNET = 0x40000000
NUMBERS = itertools.count()

PUBLIC, ANOTHER, HOST = "203.0.113.10", "198.51.100.7", "203.0.113.1"
PRIVATE = ("10.1.2.3", "172.16.9.9", "192.168.5.5", "169.254.169.254", "100.64.0.9")

# Stands for the internet and for the private networks around the host: it tells who calls.
WORLD = """
import socket, socketserver, sys, threading

class Tell(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(self.client_address[0].encode())

class Names(socketserver.BaseRequestHandler):
    def handle(self):
        query, answering = self.request
        if query[12:].startswith(b"\\x07example\\x03com\\x00"):
            end = query.index(b"\\x00", 12) + 5
            answer = query[:2] + b"\\x81\\x80\\0\\1\\0\\1\\0\\0\\0\\0" + query[12:end]
            answer += b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4" + bytes([203, 0, 113, 10])
        else:
            answer = query[:2] + b"\\x81\\x83\\0\\1\\0\\0\\0\\0\\0\\0" + query[12:query.index(b"\\x00", 12) + 5]
        answering.sendto(answer, self.client_address)

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

threading.Thread(target=Server(("0.0.0.0", 80), Tell).serve_forever, daemon=True).start()
names = socketserver.UDPServer(("0.0.0.0", 53), Names)
print("up", flush=True)
names.serve_forever()
"""

LOOK = python(
    """
    import concurrent.futures
    import socket

    def ask(address):
        try:
            with socket.create_connection((address, 80), timeout=5) as one:
                return one.recv(100).decode()
        except OSError as error:
            return "no"

    def name(text):
        try:
            return socket.gethostbyname(text)
        except OSError:
            return "no"

    def lambda_handler(event, context):
        if "listen" in event:
            global kept
            kept = socket.create_server(("0.0.0.0", 7777))
        addresses = event.get("ask", [])
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            asked = dict(zip(addresses, pool.map(ask, addresses)))
        return {
            "asked": asked,
            "names": {text: name(text) for text in event.get("names", [])},
            "own": own_address(),
        }

    def own_address():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            try:
                one.connect(("203.0.113.10", 9))
                return one.getsockname()[0]
            except OSError:
                return None
    """
)


def ip(*arguments):
    subprocess.run(["/usr/sbin/ip", *arguments], check=True, capture_output=True)


@contextlib.contextmanager
def within(namespace):
    """Runs the block in a network namespace: what it opens belongs there."""
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{namespace}") as there:
        assert LIBC.setns(there.fileno(), NEWNET) == 0
        try:
            yield
        finally:
            assert LIBC.setns(home.fileno(), NEWNET) == 0


@pytest.fixture
def world():
    """A "host" with an uplink to an "internet", and private networks beside it; the names of both."""
    tag = f"tbtest-{os.getpid()}-{next(NUMBERS)}"
    host, internet = f"{tag}-host", f"{tag}-net"
    for namespace in (host, internet):
        ip("netns", "add", namespace)
        ip("-n", namespace, "link", "set", "lo", "up")
    try:
        ip("-n", host, "link", "add", "up0", "type", "veth", "peer", "name", "down0", "netns", internet)
        for address in (f"{HOST}/24", "10.1.2.1/24", "172.16.9.1/24", "192.168.5.1/24", "169.254.169.1/24", "100.64.0.1/24"):
            ip("-n", host, "addr", "add", address, "dev", "up0")
        for address in (f"{PUBLIC}/24", f"{ANOTHER}/32", *(f"{a}/24" for a in PRIVATE)):
            ip("-n", internet, "addr", "add", address, "dev", "down0")
        ip("-n", host, "link", "set", "up0", "up")
        ip("-n", internet, "link", "set", "down0", "up")
        ip("-n", host, "route", "add", "default", "via", PUBLIC)
        # No way back to anything but the host's own address: only what is masqueraded is answered.
        command = ["/usr/sbin/ip", "netns", "exec", internet, sys.executable, "-c", WORLD]
        serving = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert serving.stdout.readline() == "up\n"
        yield host
        serving.kill()
        serving.wait()
    finally:
        for namespace in (host, internet):
            ip("netns", "del", namespace)


OPEN = {"TINDERBOX_ENGINE__NETWORK": "internet", "TINDERBOX_ENGINE__NAME_SERVERS": f'["{PUBLIC}"]'}


def changes(namespace):
    """What of the host's network is not as the test made it."""
    with within(namespace):
        links = {line.split(":")[0].strip() for line in pathlib.Path("/proc/thread-self/net/dev").read_text().splitlines()[2:]}
        # A sysctl is that of whoever opens it.
        forwarding = pathlib.Path("/proc/sys/net/ipv4/ip_forward").read_text().strip()
    return {"links": links - {"lo", "up0"}, "forwarding": forwarding}


UNTOUCHED = {"links": set(), "forwarding": "0"}


def look(server, name, event):
    functions = connect(server, "lambda")
    create(functions, name, LOOK, Timeout=60)
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    return json.load(answer["Payload"])


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_public_addresses_and_nothing_else(world, tmp_path, name, end):
    assert changes(world) == UNTOUCHED
    with within(world), Server(tmp_path / "data", env=OPEN) as server:
        assert "network: public addresses" in server.health()["isolation"]
        assert any("masquerade rule" in line and "ip_forward set to 1" in line for line in server.log)
        ask = [PUBLIC, ANOTHER, HOST, *PRIVATE, "198.18.255.254"]
        names = ["example.com", "nothing.example", "sts.us-east-1.amazonaws.com"]
        first = look(server, name, {"ask": ask, "names": names, "listen": True})
        # The world sees the host's own address.
        assert first["asked"][PUBLIC] == HOST and first["asked"][ANOTHER] == HOST, first
        blocked = {address: answer for address, answer in first["asked"].items() if address not in (PUBLIC, ANOTHER)}
        assert set(blocked.values()) == {"no"}, blocked
        assert first["names"] == {"example.com": PUBLIC, "nothing.example": "no", "sts.us-east-1.amazonaws.com": "127.0.0.2"}
        # Another instance is not there, and neither is the host's end of the way.
        block = server.health()["isolation"].split("masquerade rule for ")[1].split()[0]
        ends = [block, ".".join([*block.split(".")[:3], str(int(block.split(".")[3]) - 1)])]
        other = look(server, f"{name}-other", {"ask": [first["own"], *ends, PUBLIC]})
        assert other["own"] != first["own"]
        assert other["asked"] == {first["own"]: "no", ends[0]: "no", ends[1]: "no", PUBLIC: HOST}
        assert changes(world)["forwarding"] == "1" and len(changes(world)["links"]) == 1
        getattr(server, end)()
        wait_until(lambda: changes(world) == UNTOUCHED, "the host is as it was")


def test_what_nobody_could_undo_the_next_start_undoes(world, tmp_path, name):
    with within(world):
        server = Server(tmp_path / "data", env=OPEN)
        children = pathlib.Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        janitors = [pid for pid in children if b"__sandbox" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
        server.process.send_signal(19)  # stopped, so that it cannot undo anything itself
        for pid in janitors:
            os.kill(int(pid), 9)
        server.kill()
        assert changes(world)["forwarding"] == "1"
        with Server(tmp_path / "data") as again:
            assert changes(world) == UNTOUCHED
            assert look(again, name, {"ask": [PUBLIC], "names": ["example.com"]}) == {
                "asked": {PUBLIC: "no"}, "names": {"example.com": "no"}, "own": None,
            }  # fmt: skip


def test_instances_come_and_go(world, tmp_path, name):
    with within(world), Server(tmp_path / "data", env=OPEN) as server:
        functions = connect(server, "lambda")
        for number in range(12):
            assert look(server, f"{name}-{number}", {"ask": [PUBLIC]})["asked"][PUBLIC] == HOST
            functions.delete_function(FunctionName=f"{name}-{number}")
    wait_until(lambda: changes(world) == UNTOUCHED, "the host is as it was")


FIXED = """
mount --bind "$0" /proc/sys/net/ipv4/ip_forward
mount -o remount,bind,ro /proc/sys/net/ipv4/ip_forward
exec "$@"
"""


def test_without_the_means_it_is_the_platform_only_and_that_is_told(world, tmp_path, name):
    fixed = tmp_path / "fixed"
    fixed.write_text("0\n")
    command = ("unshare", "-m", "sh", "-ec", FIXED, str(fixed), BINARY)
    with within(world):
        with Server(tmp_path / "data", env=OPEN, command=command, expect_log="although the internet was asked for") as server:
            assert "although the internet was asked for" in server.health()["isolation"]
            assert sum("although the internet was asked for" in line for line in server.log) == 1
            told = look(server, name, {"ask": [PUBLIC], "names": ["example.com", "sts.amazonaws.com"]})
            assert told["asked"] == {PUBLIC: "no"} and told["own"] is None
            assert told["names"] == {"example.com": "no", "sts.amazonaws.com": "127.0.0.2"}
            assert changes(world) == UNTOUCHED
