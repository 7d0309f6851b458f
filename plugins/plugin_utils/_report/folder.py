# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""Files of one folder, replaced together: none before all of the new ones are complete."""

from __future__ import annotations

import filecmp
import os
import typing as t

_FOLDER_MODE = 0o755
_FILE_MODE = 0o644

Contents = t.Mapping[str, t.Iterable[str]]  # by file name, piece by piece


def replace_all(folder: str, contents: Contents) -> bool:
    """Whether anything is different from before. The folder is made where it is missing.

    :raises OSError: the files are as they were, and nothing is left beside them; only where a rename(2) failed, those
        before it are new.
    """
    if not os.path.isdir(folder):
        os.makedirs(folder)
        os.chmod(folder, _FOLDER_MODE)
    made: dict[str, str] = {}
    try:
        for name, pieces in contents.items():
            made[name] = os.path.join(folder, ".{0}.{1}.tmp".format(name, os.urandom(8).hex()))
            _fill(made[name], pieces)
        changed = not all(_equal(temporary, os.path.join(folder, name)) for name, temporary in made.items())
        for name in list(made):
            os.replace(made[name], os.path.join(folder, name))
            del made[name]
    finally:
        for temporary in made.values():
            if os.path.lexists(temporary):
                os.unlink(temporary)
    return changed


def would_change(folder: str, contents: Contents) -> bool:
    """What :func:`replace_all` would return; nothing is written."""
    return not all(_holds(os.path.join(folder, name), pieces) for name, pieces in contents.items())


def _fill(path: str, pieces: t.Iterable[str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for piece in pieces:
            file.write(_bytes(piece))
        file.flush()
        os.fchmod(file.fileno(), _FILE_MODE)
        os.fsync(file.fileno())


def _equal(one: str, other: str) -> bool:
    return os.path.isfile(other) and filecmp.cmp(one, other, shallow=False)


def _holds(path: str, pieces: t.Iterable[str]) -> bool:
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        for piece in pieces:
            wanted = _bytes(piece)
            if file.read(len(wanted)) != wanted:
                return False
        return file.read(1) == b""


def _bytes(piece: str) -> bytes:
    return piece.encode("utf-8", "backslashreplace")
