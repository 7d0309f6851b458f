# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The file that tells what a mitigation in force has changed. It is in /run, so that it ends with what it describes."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple, Optional

if TYPE_CHECKING:
    from .._model import mitigation

PATH = "/run/linuxnet.tcp/mitigation.json"
_MOST_BYTES = 4194304


class _NotOurs(Exception):
    """What is there was not written by a mitigation; the text says how that is known."""


class Found(NamedTuple):
    """What the file says; ``problem`` where there is one that cannot be used."""

    record: Optional[mitigation.Record]
    problem: Optional[str]


def read_record(path: str = PATH) -> Found:
    """The record of this network namespace; neither part is set where there is no file."""
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
    if record["network_namespace"] not in (None, network_namespace()):
        another = "{0} is the record of another network namespace, or from before this container was restarted"
        return Found(None, another.format(path))
    return Found(record, None)


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
