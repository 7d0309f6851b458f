# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which running listeners are to have another backlog, and what each will have then; nothing is read or changed."""

from __future__ import annotations

import ipaddress
from typing import Any, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from .._kernel import limits, sysctls
from .._model import errors, records, unix_listener

EXACT, AT_LEAST = "exact", "at_least"
POLICIES = (EXACT, AT_LEAST)

_Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


class NotRaised(Exception):
    """A listener's backlog that cannot be changed; the text says which, why, what to do, and what was put back."""


#: A listener of either kind
Listener = Union[records.ListenSocket, unix_listener.UnixListener]


class Wanted(NamedTuple):
    """What is asked for, within its ranges."""

    port: Optional[int]  # None where a UNIX socket is meant
    backlog: int  # as passed to listen(2): a negative one means as much as somaxconn allows
    address: Optional[_Address]  # None: every listener on the port
    policy: str
    inode: Optional[int] = None  # None: every such listener
    path: Optional[str] = None  # of a UNIX socket, as reports show it

    def means(self, sock: Listener) -> bool:
        if isinstance(sock, unix_listener.UnixListener):
            return self.path is not None and sock.path == self.path and self.inode in (None, sock.inode)
        if sock.port != self.port or self.inode not in (None, sock.inode):
            return False
        return self.address is None or ipaddress.ip_address(sock.address) == self.address


class Step(NamedTuple):
    """One listening socket, and the backlog that it is to have."""

    socket: Listener
    after: int
    clamped: bool  # somaxconn keeps it below what was asked for

    @property
    def changed(self) -> bool:
        return self.after != self.socket.backlog


def ask_raise(params: Mapping[str, Any]) -> Wanted:
    """The module's options, checked.

    :raises InvalidOption: names the option, the value and what is allowed.
    """
    path = params.get("path")
    if path is not None:
        _require_path(path, params)
    else:
        errors.require_range("port", params["port"], 1, 65535)
    errors.require_range("backlog", params["backlog"], sysctls.INT_MIN, sysctls.INT_MAX)
    if params["policy"] not in POLICIES:
        raise errors.InvalidOption("policy", params["policy"], "allowed are " + " and ".join(POLICIES))
    return Wanted(
        None if path is not None else params["port"],
        params["backlog"],
        _address(params.get("address")),
        params["policy"],
        params.get("inode"),
        path,
    )


def _require_path(path: str, params: Mapping[str, Any]) -> None:
    if path[:1] not in ("/", "@"):
        raise errors.InvalidOption(
            "path", path, "expected the absolute path of a UNIX socket, or @ and its abstract name, as reports show it"
        )
    for other in ("port", "address"):
        if params.get(other) is not None:
            raise errors.InvalidOption(
                other, params[other], "it cannot be combined with path: a UNIX socket has no port and no address"
            )


def expected_somaxconn(params: Mapping[str, Any]) -> Optional[int]:
    """The somaxconn that a check is to reckon with instead of the one in force; None without one.

    :raises InvalidOption: it is no value that any kernel takes.
    """
    expected: Optional[int] = params.get("expected_somaxconn")
    if expected is not None:
        errors.require_range("expected_somaxconn", expected, 0, sysctls.INT_MAX)
    return expected


def plan_raise(
    wanted: Wanted, sockets: Iterable[Listener], somaxconn: Optional[int], place: str = ""
) -> List[Step]:
    """One step for each socket that is meant, each once, in the order in which reports show them.

    ``sockets`` are all listeners of one network namespace, ``somaxconn`` is its value there, and ``place`` names it
    where it is not the module's own.

    :raises NotRaised: nothing listens there, or what decides could not be read.
    """
    listening = list(sockets)
    meant = {sock.inode: sock for sock in listening if wanted.means(sock)}
    if not meant:
        raise _nothing_there(wanted, listening, place or "this network namespace")
    if somaxconn is None:
        raise NotRaised("net.core.somaxconn cannot be read, so the outcome of listen() is unknown; nothing was changed")
    steps = []
    for sock in sorted(meant.values(), key=_turn):
        if sock.backlog is None:
            raise NotRaised(
                "the backlog of {0} cannot be read: the kernel's sock_diag is needed for it (modules {1}); nothing was "
                "changed".format(name_of(sock), "unix_diag" if wanted.path else "tcp_diag and inet_diag")
            )
        after = _after(wanted, sock.backlog, somaxconn)
        steps.append(Step(sock, after, clamped=wanted.backlog >= 0 and after < wanted.backlog))
    return steps


def _turn(sock: Listener) -> Tuple[str, str, str, int]:
    if isinstance(sock, unix_listener.UnixListener):
        return "", sock.path, "", sock.inode
    return sock.family, sock.address, sock.device or "", sock.inode


def name_of(sock: Listener) -> str:
    """How messages name a listener: ``0.0.0.0:80``, ``[::]:80``, with the device that it is bound to, or a path."""
    if isinstance(sock, unix_listener.UnixListener):
        return sock.path or "a UNIX socket without a name"
    text = ("[%s]:%d" if sock.family == "ipv6" else "%s:%d") % (sock.address, sock.port)
    return "%s on %s" % (text, sock.device) if sock.device else text


def _after(wanted: Wanted, before: int, somaxconn: int) -> int:
    """The backlog that serves what is wanted best, of the present one and the one that listen(2) would latch.

    A socket that latched more before somaxconn was lowered keeps it where listen(2) would only lead away from the
    number that was asked for.
    """
    latched = limits.latch(wanted.backlog, somaxconn)
    if wanted.policy == AT_LEAST:
        return max(before, latched)
    if wanted.backlog >= 0 and latched < before <= wanted.backlog:
        return before
    return latched


def _address(text: Optional[str]) -> Optional[_Address]:
    if text is None:
        return None
    try:
        if "%" not in text:
            return ipaddress.ip_address(text[1:-1] if text.startswith("[") and text.endswith("]") else text)
    except ValueError:
        pass
    raise errors.InvalidOption(
        "address", text, "expected the IP address of a listener without zone or prefix, such as 0.0.0.0 or ::"
    )


def _nothing_there(wanted: Wanted, listening: List[Listener], place: str) -> NotRaised:
    if wanted.path is not None:
        paths = sorted({name_of(sock) for sock in listening})
        return NotRaised(
            "path: no process listens on {0}{1} in {2}, {3}: correct the path or start the application first; nothing "
            "was changed".format(
                wanted.path, "" if wanted.inode is None else " with inode %d" % wanted.inode, place,
                "but on " + _some(paths) if paths else "nor on any other UNIX socket",
            )
        )
    tcp = [sock for sock in listening if isinstance(sock, records.ListenSocket)]
    if wanted.inode is not None:
        return NotRaised(
            "inode: no socket with inode {0} listens on port {1} in {2}: it was closed, and the one that was opened "
            "in its place has its own; nothing was changed".format(wanted.inode, wanted.port, place)
        )
    others = sorted({name_of(sock) for sock in tcp if sock.port == wanted.port})
    if others:
        return NotRaised(
            "address: nothing listens on {0} and port {1} in {2}, but on {3}: name one of these or leave the address "
            "out; nothing was changed".format(wanted.address, wanted.port, place, _some(others))
        )
    ports = sorted({sock.port for sock in tcp})
    return NotRaised(
        "port: nothing listens on {0} in {1}, {2}: correct the port or start the application first; nothing was "
        "changed".format(wanted.port, place, "but on " + _some(ports) if ports else "nor on any other port")
    )


def _some(names: Sequence[object]) -> str:
    return ", ".join(map(str, names[:20])) + (", …" if len(names) > 20 else "")
