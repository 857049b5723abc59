"""The host's loopback, private ranges, the cloud's metadata, the world."""
import socket
from attempt import outcome

def lambda_handler(event, context):
    def connect(family, address):
        with socket.socket(family) as probe:
            probe.settimeout(10)
            probe.connect(address)

    def send(address):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.sendto(b"x", address)

    told = {"host port %d" % port: outcome(connect, socket.AF_INET, ("127.0.0.1", port)) for port in event["ports"]}
    for address in ("10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "198.51.100.1", "0.0.0.0"):
        told[address] = outcome(connect, socket.AF_INET, (address, 80))
        told[address + " udp"] = outcome(send, (address, 53)) if address != "0.0.0.0" else "EPERM"
    for address in ("fd00::1", "fe80::1", "2001:db8::1", "::ffff:10.0.0.1"):
        told[address] = outcome(connect, socket.AF_INET6, (address, 80))
    told["abstract"] = outcome(connect, socket.AF_UNIX, "\0" + event["abstract"])
    told["path"] = outcome(connect, socket.AF_UNIX, event["path"])
    return told
