# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The SYN-queue rule of the running kernel, measured in a private network namespace.

A listener with backlog 0 and TCP_DEFER_ACCEPT keeps a client in its SYN queue
although the handshake is done. One client over the namespace's own loopback
tells ``backlog``, whose queue holds nobody, from the others, which hold it. The
namespace's own counters tell which of both happened, so that a packet which got
lost is not taken for an answer. (/proc/net/tcp would tell as well, but reading it
walks the connections of every namespace.)

One thread enters the namespace and ends; the process and the host stay as they
are: nothing forks, no setting is written, no packet leaves. One trace is
inevitable: a kernel of the ``backlog`` rule logs "Possible SYN flooding" for
``PRIVATE_PORT``. The others log nothing.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import struct
import threading
import time
from typing import Dict, List, NamedTuple, Optional, Tuple

from .._kernel import level as kernel_level
from .._kernel import rules
from .._model import namespace
from . import new_namespace, sysctls

_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1
_PATIENCE = 0.2  # seconds; the answer takes about a millisecond


class CalibrationResult(NamedTuple):
    """What a private network namespace told."""

    rule: Optional[str]  # one of rules.RULES; None where it could not be measured
    defaults: Dict[str, int]  # sysctl short name to the value the kernel starts with; per-namespace settings only
    warning: Optional[str]  # why there is no rule


class _Inconclusive(Exception):
    """The measurement gave no clear answer; the text says what was seen."""


def calibrate() -> CalibrationResult:
    """Measure the SYN-queue rule and read the kernel's own defaults, in a few milliseconds.

    Needs CAP_SYS_ADMIN (unshare(2) with CLONE_NEWNET) and a kernel with network
    namespaces; without them ``rule`` is None, ``defaults`` empty and
    ``warning`` says why. Never raises for what the host lacks.
    """
    results: List[CalibrationResult] = []
    thread = threading.Thread(target=lambda: results.append(_in_this_thread()), name="calibration")
    try:
        thread.start()
    except RuntimeError as error:  # no thread to be had: RLIMIT_NPROC or the cgroup's pids.max
        return _failed("no thread could be started ({0})".format(error))
    thread.join()
    return results[0] if results else _failed("the measuring thread ended early")


def _failed(reason: str, defaults: Optional[Dict[str, int]] = None) -> CalibrationResult:
    return CalibrationResult(None, defaults or {}, "the SYN queue rule was not measured: " + reason)


def _in_this_thread() -> CalibrationResult:
    """Everything, in a thread that must not be used for anything else afterwards."""
    defaults: Dict[str, int] = {}
    try:
        host, _warnings = sysctls.read_sysctls()
        defaults, level = new_namespace.enter_new()
        cookies = defaults.get("tcp_syncookies", host["tcp_syncookies"])
        if cookies is not None and rules.forces_cookies(level, cookies):
            raise _Inconclusive("tcp_syncookies is 2 and this kernel has one value for all namespaces")
        _bring_loopback_up()
        return CalibrationResult(_measure(level), defaults, None)
    except (_Inconclusive, new_namespace.CannotMake) as doubt:
        return _failed(str(doubt), defaults)
    except OSError as error:
        return _failed(_reason(error), defaults)


def _reason(error: OSError) -> str:
    if error.errno in (errno.EPERM, errno.EACCES):
        return "it needs the privilege to make a network namespace (CAP_SYS_ADMIN)"
    if error.errno in (errno.EINVAL, errno.ENOSYS):
        return "this kernel has no network namespaces"
    return os.strerror(error.errno) if error.errno else "unexpected error"


def _bring_loopback_up() -> None:
    """Bring ``lo`` up; the kernel then gives it 127.0.0.1 by itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def _measure(level: kernel_level.Level) -> str:
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 10)
        listener.bind(("127.0.0.1", namespace.PRIVATE_PORT))
        listener.listen(0)
        if not _next_is_held(sockets, 1):
            return rules.BACKLOG
        if rules.syn_queue_rule(level) != rules.POWER_OF_TWO:
            return rules.BACKLOG_PLUS_1  # asking a second client would only add a line to the kernel log
        return rules.POWER_OF_TWO if _next_is_held(sockets, 2) else rules.BACKLOG_PLUS_1


def _next_is_held(sockets: contextlib.ExitStack, number: int) -> bool:
    """Connect the client of this number (from 1) and tell whether the SYN queue holds it, as it does all before."""
    client = sockets.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    # Closing resets at once: a connection that lingered would keep the namespace alive.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", namespace.PRIVATE_PORT))
    end = time.monotonic() + _PATIENCE
    while True:
        seen = _held_and_turned_away()
        if seen == (number, 0):
            return True
        if seen == (number - 1, 1):
            return False
        if time.monotonic() > end:
            raise _Inconclusive(
                "of {0} client(s), {1} were held and {2} met a full queue, which fits no rule".format(number, *seen)
            )
        time.sleep(0.0005)


def _held_and_turned_away() -> Tuple[int, int]:
    """How many clients the SYN queue of this namespace held, and how many met a full one.

    Read from TcpExt: TCPDeferAcceptDrop (Linux 2.6.35+) counts the final ACKs that were
    put aside, TCPReqQFull* (3.1+) the SYNs that found no room.
    """
    lines = _own_netstat()
    for names, values in zip(lines[::2], lines[1::2]):
        if names.startswith("TcpExt:"):
            found = dict(zip(names.split()[1:], values.split()[1:]))
            full = int(found.get("TCPReqQFullDoCookies", 0)) + int(found.get("TCPReqQFullDrop", 0))
            return int(found.get("TCPDeferAcceptDrop", 0)), full
    return 0, 0


def _own_netstat() -> List[str]:
    """Lines of the calling thread's /proc/net/netstat: /proc/net itself is that of the process."""
    thread = "/proc/thread-self"  # Linux 3.17+
    if not os.path.exists(thread) and hasattr(threading, "get_native_id"):  # Python 3.8+
        thread = "/proc/self/task/{0}".format(threading.get_native_id())
    with open(thread + "/net/netstat", encoding="ascii") as file:
        return file.read().splitlines()
