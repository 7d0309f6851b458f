# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network namespaces, spoofed SYNs and listeners, for tests against the running kernel.

Everything happens inside namespaces that are made here and removed again; no
packet leaves them. What is counted here is read from /proc/net as text, on
purpose another way than the collection's own readers take.

    with lab.pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=128):
        lab.spoof_syns(net, port=80, count=1000)
        assert lab.half_open_count(net.server, 80) == 129
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import importlib
import ipaddress
import itertools
import json
import os
import pickle
import pkgutil
import select
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ansible_collections.linuxnet.tcp.plugins import module_utils

CLONE_NEWNET = 0x40000000
IPPROTO_MPTCP = 262
SYN_RECV, ESTABLISHED, LISTEN = "03", "01", "0A"
NOBODY = 65534

_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count(1)


# ---------------------------------------------------------------- namespaces


def _setns(fd: int) -> None:
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, "setns: " + os.strerror(code))


def ip(*arguments: str, batch: str | None = None) -> None:
    """Run iproute2's `ip`; `batch` is the text for `ip -batch -`."""
    argv = ["ip", *arguments] + (["-batch", "-"] if batch is not None else [])
    done = subprocess.run(argv, input=batch, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError("%s: %s" % (" ".join(argv), done.stderr.strip()))


def remove_stale() -> None:
    """Remove the namespaces of runs that were killed before they could."""
    for name in os.listdir("/run/netns") if os.path.isdir("/run/netns") else ():
        prefix, _dash, rest = name.partition("-")
        if prefix == "lab" and not os.path.exists("/proc/" + rest.partition("-")[0]):
            try:
                ip("netns", "del", name)
            except RuntimeError:  # another run that begins just now removed it first
                if os.path.exists("/run/netns/" + name):
                    raise


class Netns:
    """A fresh named network namespace with lo up, removed at the end of the `with`."""

    def __init__(self, label: str = "ns") -> None:
        self.name = "lab-%d-%d-%s" % (os.getpid(), next(_numbers), label)
        self.path = "/run/netns/" + self.name

    def __enter__(self) -> Netns:
        ip("netns", "add", self.name)
        try:
            ip("-n", self.name, "link", "set", "lo", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        ip("netns", "del", self.name)

    @contextlib.contextmanager
    def enter(self) -> Iterator[None]:
        """Move the calling thread into the namespace, and back."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            there = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                _setns(there)
            finally:
                os.close(there)
            try:
                yield
            finally:
                _setns(home)
        finally:
            os.close(home)

    def call(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with self.enter():
            return function(*arguments, **named)

    def popen(self, argv: list[str], **named: Any) -> subprocess.Popen:
        """Start a process inside the namespace; ending it is the caller's part."""
        with self.enter():
            return subprocess.Popen(argv, **named)

    def run(self, argv: list[str], check: bool = False, **named: Any) -> subprocess.CompletedProcess:
        with self.enter():
            return subprocess.run(argv, check=check, **named)

    def sysctl(self, key: str, value: object = None) -> str:
        """Write the sysctl where a value is given; return what the kernel then says."""
        path = "/proc/sys/" + key.replace(".", "/")
        with self.enter():
            if value is not None:
                with open(path, "w", encoding="ascii") as stream:
                    stream.write(str(value))
            with open(path, encoding="ascii") as stream:
                return stream.read().strip()


class Pair:
    """Two namespaces joined by a veth pair; see `pair`."""

    server_v4, client_v4 = "10.77.0.1", "10.77.0.2"
    server_v6, client_v6 = "fd77::1", "fd77::2"
    server_device, client_device = "veth-server", "veth-client"
    server_mac, client_mac = "02:00:00:00:77:01", "02:00:00:00:77:02"

    def __init__(self, server: Netns, client: Netns) -> None:
        self.server, self.client = server, client

    def _join(self) -> None:
        for namespace in (self.server, self.client):
            for key, value in (
                ("ipv4.ip_forward", 0),
                ("ipv4.conf.all.rp_filter", 0),
                ("ipv4.conf.default.rp_filter", 0),
                ("ipv6.conf.all.disable_ipv6", 0),
                ("ipv6.conf.default.disable_ipv6", 0),
                ("ipv6.conf.default.accept_dad", 0),
                ("ipv6.conf.default.dad_transmits", 0),
                ("ipv6.conf.default.accept_ra", 0),
                ("ipv6.conf.default.router_solicitations", 0),
            ):
                namespace.sysctl("net." + key, value)
        ip(
            "link", "add", self.server_device, "address", self.server_mac, "netns", self.server.name, "type", "veth",
            "peer", "name", self.client_device, "address", self.client_mac, "netns", self.client.name,
        )  # fmt: skip
        self._address(self.server, self.server_device, self.server_v4, self.server_v6)
        self._address(self.client, self.client_device, self.client_v4, self.client_v6)
        # Answers to spoofed sources go into a device without carrier, which takes and drops them. Sent to the
        # client, a hundred thousand retransmitted SYN-ACKs at once would overrun its input queue, and the kernel
        # removes an entry whose SYN-ACK cannot be sent. Sockets bound to veth-server have the second default route.
        ip("-n", self.server.name, batch="\n".join((
            "link add void type veth peer name void-peer",
            "link set void up",
            "neigh replace 10.78.0.2 lladdr 02:00:00:00:78:02 dev void nud permanent",
            "neigh replace fd78::2 lladdr 02:00:00:00:78:02 dev void nud permanent",
            "route add default via 10.78.0.2 dev void onlink",
            "route add ::/0 via fd78::2 dev void onlink metric 1",
            "neigh replace %s lladdr %s dev %s nud permanent" % (self.client_v4, self.client_mac, self.server_device),
            "neigh replace %s lladdr %s dev %s nud permanent" % (self.client_v6, self.client_mac, self.server_device),
            "route add default via %s metric 1000" % self.client_v4,
            "route add ::/0 via %s dev %s metric 1000" % (self.client_v6, self.server_device),
        )))  # fmt: skip
        # What does reach the client is thrown away in silence: an ICMP "no route" would remove the half-open
        # entry it is about.
        ip("-n", self.client.name, batch="\n".join((
            "neigh replace %s lladdr %s dev %s nud permanent" % (self.server_v4, self.server_mac, self.client_device),
            "neigh replace %s lladdr %s dev %s nud permanent" % (self.server_v6, self.server_mac, self.client_device),
            "route add blackhole default",
            "route add blackhole ::/0",
        )))  # fmt: skip
        # Some of this the kernel does later, in a worker thread. On a machine with a CPU that stands still, later has been
        # too late: until an IPv6 address has its route, the kernel drops what is for it, as for somebody else.
        wait_until_up(self.server, self.server_device)
        _wait_until_local(self.server, self.server_v6)
        _wait_until_local(self.client, self.client_v6)

    @staticmethod
    def _address(namespace: Netns, device: str, v4: str, v6: str) -> None:
        ip("-n", namespace.name, batch="\n".join((
            "addr add %s/24 dev %s" % (v4, device),
            "addr add %s/64 dev %s nodad" % (v6, device),
            "link set %s up" % device,
        )))  # fmt: skip


def wait_until_up(namespace: Netns, device: str) -> None:
    """Wait until a device may send; before that, one that had no carrier when it was opened drops everything."""
    argv = ["ip", "-json", "link", "show", "dev", device]

    def up() -> bool:
        return bool(json.loads(namespace.run(argv, check=True, stdout=subprocess.PIPE).stdout)[0]["operstate"] == "UP")

    if not wait_for(up, 20.0):
        raise RuntimeError("%s: %s does not come up" % (namespace.name, device))


def _wait_until_local(namespace: Netns, address: str) -> None:
    """Wait for the route that makes an IPv6 address the namespace's own."""
    wanted = "%032x 80 " % int(ipaddress.ip_address(address))

    def there() -> bool:
        with open("/proc/thread-self/net/ipv6_route", encoding="ascii") as rows:
            return any(row.startswith(wanted) for row in rows)

    if not wait_for(lambda: namespace.call(there), 20.0):
        raise RuntimeError("%s: no route to its own address %s" % (namespace.name, address))


@contextlib.contextmanager
def pair() -> Iterator[Pair]:
    """A server and a client namespace, joined and ready at once for IPv4 and IPv6.

    The server has a route to every source, yet nobody there: SYN-ACKs to spoofed sources
    vanish, half-open entries stay.
    """
    with Netns("server") as server, Netns("client") as client:
        joined = Pair(server, client)
        joined._join()
        yield joined


# ---------------------------------------------------------------- spoofed SYNs

_FIRST_V4 = int(ipaddress.ip_address("198.18.0.0"))  # /15, set aside for benchmarks: 131,072 addresses
_FIRST_V6 = int(ipaddress.ip_address("2001:db8::"))  # /32, documentation
_fresh = itertools.count()


def fresh_sources(family: int) -> Iterator[int]:
    """Source addresses that no earlier call of this process gave (IPv4: until 131,072 were given)."""
    if family == socket.AF_INET6:
        return (_FIRST_V6 + number for number in _fresh)
    return (_FIRST_V4 + number % 131072 for number in _fresh)


def _fold(total: int) -> int:
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def _words(data: bytes) -> int:
    return sum(struct.unpack("!%dH" % (len(data) // 2), data))


def _template(destination: ipaddress._BaseAddress, port: int, sport: int) -> tuple[bytearray, int, int, int]:
    """A SYN without source and checksum: the packet, where both belong, and the sum of all else."""
    tcp = struct.pack("!HHIIBBHHH", sport, port, 0x11223344, 0, 6 << 4, 0x02, 64240, 0, 0) + b"\x02\x04\x05\xb4"
    if destination.version == 4:
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, bytes(4), destination.packed)
        source_at = 12
    else:
        header = struct.pack("!IHBB16s16s", 6 << 28, len(tcp), 6, 64, bytes(16), destination.packed)
        source_at = 8
    rest = _words(tcp) + _words(destination.packed) + 6 + len(tcp)
    return bytearray(header + tcp), source_at, len(header) + 16, rest


def _send(destination: ipaddress._BaseAddress, port: int, sport: int, count: int, sources: Iterable[int]) -> int:
    packet, source_at, checksum_at, rest = _template(destination, port, sport)
    v4 = destination.version == 4
    sent = 0
    # IPPROTO_RAW: the packet carries its own IP header, in both families.
    with socket.socket(socket.AF_INET if v4 else socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.connect((str(destination), 0))
        send, pack = raw.send, struct.pack_into
        for source in itertools.islice(sources, count):
            if v4:
                total = rest + (source >> 16) + (source & 0xFFFF)
                pack("!I", packet, source_at, source)
            else:
                address = source.to_bytes(16, "big")
                total = rest + _words(address)
                packet[source_at:source_at + 16] = address
            pack("!H", packet, checksum_at, ~_fold(total) & 0xFFFF)
            send(packet)
            sent += 1
            if sent % 500 == 0:  # the kernel's queue holds 1,000; on a busy machine its thread has to get a turn to empty it
                time.sleep(0.0001)
    return sent


def spoof_syns(
    net: Pair,
    dst: str | None = None,
    port: int = 80,
    count: int = 1000,
    sources: Iterable[str | int] | None = None,
    sport: int = 40000,
) -> int:
    """Send `count` SYNs to the server, each from another source; return how many were sent.

    `dst` is an address of the server and tells the family. `sources` are addresses (text or
    integer) of that family; left out, fresh ones. Sent from one CPU, so that the kernel takes
    them in order. Raises AssertionError where not every SYN reached the server's TCP, so that a
    lost packet is never taken for a limit.
    """
    destination = ipaddress.ip_address(dst or net.server_v4)
    if sources is None:
        numbers: Iterable[int] = fresh_sources(socket.AF_INET if destination.version == 4 else socket.AF_INET6)
    else:
        numbers = (one if isinstance(one, int) else int(ipaddress.ip_address(one)) for one in sources)
    before = counters(net.server)["Tcp.InSegs"]
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cpus)})
    try:
        with net.client.enter():
            sent = _send(destination, port, sport, count, numbers)
        # On the same CPU, where the kernel is done with a SYN that it has counted before anything else runs
        if not wait_for(lambda: counters(net.server)["Tcp.InSegs"] - before >= sent, 20.0):
            raise AssertionError("%d SYNs sent, %d arrived" % (sent, counters(net.server)["Tcp.InSegs"] - before))
    finally:
        os.sched_setaffinity(0, cpus)
    return sent


# ---------------------------------------------------------------- sockets


@contextlib.contextmanager
def listener(
    namespace: Netns,
    address: str = "0.0.0.0",
    port: int = 0,
    backlog: int = 128,
    v6only: bool | None = None,
    reuseport: bool = False,
    device: str | None = None,
    mptcp: bool = False,
) -> Iterator[socket.socket]:
    """A socket of this process that listens in the namespace; the address tells the family."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with namespace.enter():
        sock = socket.socket(family, socket.SOCK_STREAM, IPPROTO_MPTCP if mptcp else socket.IPPROTO_TCP)
    with sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if v6only is not None:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(v6only))
        if reuseport:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if device is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode() + b"\0")
        sock.bind((address, port))
        relisten(sock, backlog)
        yield sock


def relisten(sock: socket.socket, backlog: int) -> None:
    """listen(2) as the kernel has it: Python's own turns a negative backlog into 0."""
    if _libc.listen(sock.fileno(), ctypes.c_int(backlog)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, "listen: " + os.strerror(code))


@contextlib.contextmanager
def connect_many(namespace: Netns, address: str, port: int, count: int) -> Iterator[list[socket.socket]]:
    """`count` client sockets, each with a connect(2) under way or done; closed at the end."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.ExitStack() as stack:
        clients = []
        with namespace.enter():
            for _number in range(count):
                client = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
                client.setblocking(False)
                code = client.connect_ex((address, port))
                if code not in (0, errno.EINPROGRESS):
                    raise OSError(code, "connect: " + os.strerror(code))
                clients.append(client)
        yield clients


def completed(clients: list[socket.socket], timeout: float = 0.8) -> int:
    """How many of the clients see an established connection, once all do or none was added for `timeout` seconds.

    Less than a second, after which a SYN is sent again; where all are to be established, as long as a busy machine may take.
    """
    waiting = {client.fileno(): client for client in clients}
    poller = select.poll()
    for fd in waiting:
        poller.register(fd, select.POLLOUT)
    done = 0
    while waiting:
        ready = poller.poll(timeout * 1000)
        if not ready:
            break
        for fd, _events in ready:
            poller.unregister(fd)
            done += waiting.pop(fd).getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
    return done


# ---------------------------------------------------------------- what the kernel says


def row_count(namespace: Netns, port: int, state: str) -> int:
    """Rows of /proc/net/tcp and tcp6 with this local port and state ("03" is SYN_RECV, "01" ESTABLISHED)."""
    ending, wanted, count = b":%04X" % port, state.encode(), 0
    with namespace.enter():
        for name in ("tcp", "tcp6"):
            with open("/proc/thread-self/net/" + name, "rb") as stream:
                for line in stream:
                    fields = line.split(None, 4)
                    count += fields[3] == wanted and fields[1].endswith(ending)
    return count


def half_open_count(namespace: Netns, port: int) -> int:
    return row_count(namespace, port, SYN_RECV)


def established_count(namespace: Netns, port: int) -> int:
    """Connections established on the server's side: what accept(2) took, and what waits for it."""
    return row_count(namespace, port, ESTABLISHED)


def accept_queue(namespace: Netns, port: int) -> int:
    """Connections that wait for accept(2) at the listeners of this port, as /proc/net/tcp and tcp6 have it."""
    ending, count = b":%04X" % port, 0
    with namespace.enter():
        for name in ("tcp", "tcp6"):
            with open("/proc/thread-self/net/" + name, "rb") as stream:
                for fields in (line.split(None, 5) for line in stream):
                    if fields[3] == LISTEN.encode() and fields[1].endswith(ending):
                        count += int(fields[4].partition(b":")[2], 16)
    return count


def counters(namespace: Netns) -> dict[str, int]:
    """Ip and Tcp counters as "Ip.InReceives" and "Tcp.InSegs", TcpExt ones by their bare name ("ListenDrops")."""
    found: dict[str, int] = {}
    with namespace.enter():
        for name in ("snmp", "netstat"):
            with open("/proc/thread-self/net/" + name, encoding="ascii") as stream:
                lines = stream.read().splitlines()
            for names, values in zip(lines[::2], lines[1::2]):
                prefix = {"Ip:": "Ip.", "Tcp:": "Tcp.", "TcpExt:": ""}.get(names.split()[0])
                if prefix is not None:
                    pairs = zip(names.split()[1:], values.split()[1:])
                    found.update((prefix + key, int(value)) for key, value in pairs)
    return found


def wait_for(condition: Callable[[], bool], timeout: float = 5.0, pause: float = 0.005) -> bool:
    """Whether the condition became true within `timeout` seconds."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


# ---------------------------------------------------------------- in a child, or without privilege


def unprivileged(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call the function in a forked child that became user nobody without any capability; return its result.

    Import what the function needs beforehand: nobody may be unable to read this interpreter's files.
    An exception comes back as RuntimeError with its text.
    """
    return forked(_become_nobody, function, *arguments, **named)


def forked(prepare: Callable[[], Any], function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call the function in a forked child after `prepare`; return its result, or raise RuntimeError as above."""
    read_fd, write_fd = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read_fd)
            try:
                prepare()
                answer = (True, function(*arguments, **named))
            except BaseException as error:  # pylint: disable=broad-except
                answer = (False, "%s: %s" % (type(error).__name__, error))
            with os.fdopen(write_fd, "wb") as stream:
                stream.write(pickle.dumps(answer))
        finally:
            os._exit(0)
    os.close(write_fd)
    with os.fdopen(read_fd, "rb") as stream:
        data = stream.read()
    os.waitpid(child, 0)
    good, value = pickle.loads(data) if data else (False, "the child gave no answer")
    if not good:
        raise RuntimeError(value)
    return value


def open_all_rooms() -> None:
    """Import all of module_utils: much is imported where it is needed, and a checkout may lie where nobody may read."""
    for one in pkgutil.walk_packages(module_utils.__path__, module_utils.__name__ + "."):
        importlib.import_module(one.name)


def _become_nobody() -> None:
    open_all_rooms()
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
