# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Whether anything on a host sets a setting at boot: most hosts set none of ours, and then nothing has to be resolved.

It sees too much rather than too little: a comment that names a setting among other things, or a pattern that matches
nothing, only costs the resolving.
"""

from __future__ import annotations

import re
from typing import Dict, Iterable

from . import values

_WILD = b"*?[{\\"
_NEARLY = rb"(?i)max_?con|backlog|cookie|syn|abort|overflow"  # what a misspelt name of ours still has


def may_be_set(boot: values.BootFiles, keys: Iterable[str]) -> bool:
    """Whether a file, or the command line, may have to do with one of these keys (dotted names)."""
    if boot.cmdline or boot.unlisted:
        return True
    wanted = list(keys)
    names = [key.encode("ascii") for key in wanted]
    if any(one.key in wanted for one in boot.writers):
        return True
    last = [name.rpartition(b".")[2] for name in names]
    return any(dropin.content is None or _mentions(dropin.content, names, last) for dropin in boot.dropins)


def may_nearly_be_set(content: bytes) -> bool:
    """Whether a file holds a line that may mean one of our settings; :mod:`.near_misses` looks closer."""
    if not re.search(_NEARLY, content):
        return False
    return any(re.search(_NEARLY, line) for line in content.splitlines() if line.strip()[:1] not in (b"#", b";"))


def unset(boot: values.BootFiles, names: Iterable[str]) -> Dict[str, values.BootValue]:
    """The boot values where nothing may set them: the kernel's default stays, or nobody knows what a runtime sets."""
    value = values.BootValue(None, None, None, (), values.SET_BY_RUNTIME if boot.loader == values.CONTAINER else None)
    return dict.fromkeys(names, value)


def _mentions(content: bytes, names: Iterable[bytes], last: Iterable[bytes]) -> bool:
    if b"\0" in content:
        return True
    if not any(one in content for one in last) and not any(bytes((wild,)) in content for wild in _WILD):
        return False
    for line in content.splitlines():
        text = line.strip(b" \t\v\f")
        if not text or text[:1] in (b"#", b";"):
            continue
        if any(one in text for one in last) or _wild(text, names):
            return True
    return False


def _wild(text: bytes, names: Iterable[bytes]) -> bool:
    """Whether it is a pattern that may match one of the names, judged by what stands before its first wildcard."""
    at = min((text.index(bytes((wild,))) for wild in _WILD if bytes((wild,)) in text), default=-1)
    if at < 0:
        return False
    parts = text[:at].lstrip(b"-= \t").replace(b"/", b".").split(b".")
    known = b".".join(part for part in parts[:-1] if part)
    start = (known + b"." if known else b"") + parts[-1]
    return any(name.startswith(start) for name in names)
