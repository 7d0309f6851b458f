# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The file that tells what a mitigation in force has changed. It is in /run, so that it ends with what it describes."""

from __future__ import annotations

import os
import socket
import stat
import sys
import time
from typing import TYPE_CHECKING, List, NamedTuple, Optional

if TYPE_CHECKING:
    from .._model import mitigation

PATH = "/run/linuxnet.tcp/mitigation.json"
_MOST_BYTES = 4194304
_SO_NETNS_COOKIE = 71


class _NotOurs(Exception):
    """What is there was not written by a mitigation; the text says how that is known."""


class Found(NamedTuple):
    """What the file says; ``problem`` where there is one that cannot be used, ``stale`` where what it says is over."""

    record: Optional[mitigation.Record]
    problem: Optional[str]
    stale: Optional[str] = None


def read_record(path: str = PATH) -> Found:
    """The record of this boot and network namespace; no part is set where there is no file."""
    try:
        content = _content(path)
        return Found(None, None) if content is None else _parsed(content, path)
    except (OSError, RecursionError) as error:
        return Found(None, "{0} cannot be read: {1}".format(path, getattr(error, "strerror", None) or "it is nested"))
    except _NotOurs as error:
        return Found(None, "{0} is no record of a mitigation: {1}".format(path, error))


def _parsed(content: bytes, path: str) -> Found:
    import json

    from .._model import mitigation

    try:
        record = mitigation.parse_record(json.loads(content.decode("utf-8")))
    except mitigation.BadRecord as error:
        return Found(None, "{0} is no record of a mitigation: {1}".format(path, error))
    except ValueError:
        return Found(None, "{0} is no record of a mitigation: it is no JSON".format(path))
    at = place()
    why = mitigation.elsewhere(record, at)
    if why is None:
        return Found(mitigation.unlapsed(record, now()), None)
    if why == mitigation.ANOTHER_NAMESPACE and mitigation.may_live(record, at, _living(record)):
        another = "{0} is the record of another network namespace, or from before this container was restarted"
        return Found(None, another.format(path))
    return Found(None, None, "{0} is the record of {1}: what it tells of ended with that.".format(path, why))


def now() -> str:
    """The time, as records have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def place() -> mitigation.Place:
    """Where we are, and in which boot."""
    from .._model import mitigation
    from . import raised

    return mitigation.Place(raised.boot_id() or None, network_namespace(), _cookie())


def _cookie() -> Optional[int]:
    """What tells our network namespace from any other of this boot; None before Linux 5.14."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            return int.from_bytes(sock.getsockopt(socket.SOL_SOCKET, _SO_NETNS_COOKIE, 8), sys.byteorder) or None
    except OSError:
        return None


def _living(record: mitigation.Record) -> List[int]:
    """The numbers of the network namespaces that can be seen, where it matters whether the record's is one of them.

    Root without CAP_SYS_PTRACE, as in most containers, sees none of other users' processes. They are in its own.
    """
    if record["network_namespace"] is None:
        return []
    from . import namespaces

    return [one.inode for one in namespaces.resolve(["all"])]


def network_namespace() -> Optional[int]:
    """The number of the network namespace that this process is in; None where /proc does not tell."""
    try:
        return os.stat("/proc/self/ns/net").st_ino
    except OSError:
        return None


def _content(path: str) -> Optional[bytes]:
    """The bytes of the file; None where there is none.

    :raises _NotOurs: anybody but root could have written it: what it says is put into sysctls.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_uid not in (0, os.geteuid()) or status.st_mode & 0o022:
            raise _NotOurs("it is not a file that only root may write")
        if status.st_size > _MOST_BYTES:
            raise _NotOurs("it is longer than {0} bytes".format(_MOST_BYTES))
        with os.fdopen(fd, "rb", closefd=False) as file:
            return file.read(_MOST_BYTES)
    finally:
        os.close(fd)
