"""Sockets that see or make more than streams and datagrams."""
import socket
from attempt import outcome

def lambda_handler(event, context):
    def make(family, kind, protocol=0):
        socket.socket(family, kind, protocol).close()
    return {
        "raw icmp": outcome(make, socket.AF_INET, socket.SOCK_RAW, 1),
        "raw ip6": outcome(make, socket.AF_INET6, socket.SOCK_RAW, 58),
        "packet": outcome(make, 17, socket.SOCK_RAW, 0x300),
        "alg": outcome(make, 38, socket.SOCK_SEQPACKET), "vsock": outcome(make, 40, socket.SOCK_STREAM),
        "netlink audit": outcome(make, 16, socket.SOCK_RAW, 9), "netlink netfilter": outcome(make, 16, socket.SOCK_RAW, 12),
        "netlink uevent": outcome(make, 16, socket.SOCK_RAW, 15), "xdp": outcome(make, 44, socket.SOCK_RAW),
        "bluetooth": outcome(make, 31, socket.SOCK_RAW), "can": outcome(make, 29, socket.SOCK_RAW),
        "tipc": outcome(make, 30, socket.SOCK_STREAM), "rds": outcome(make, 21, socket.SOCK_SEQPACKET),
    }
