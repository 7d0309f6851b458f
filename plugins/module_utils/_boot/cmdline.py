# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Settings on the kernel command line: ``sysctl.net.core.somaxconn=1024``, from Linux 5.8 on."""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from . import assignments as boot_assignments

SOURCE = "kernel command line"
_SPACES = " \t\n\v\f\r\xa0"  # isspace() of the kernel, which is Latin-1


def assignments(cmdline: str) -> Tuple[boot_assignments.Assignment, ...]:
    """What the kernel writes before it starts init, in order.

    Dots and slashes are both separators, wherever they stand. A later one of the same key wins unless the kernel
    refuses its value. What follows ``--`` is for init. Source: process_sysctl_arg() in fs/proc/proc_sysctl.c,
    parse_args() in kernel/params.c and next_arg() in lib/cmdline.c.
    """
    found: List[boot_assignments.Assignment] = []
    for name, value in _arguments(cmdline):
        if name == "--" and value is None:
            break
        if name[:7] in ("sysctl.", "sysctl/") and value:
            key = "/".join(part for part in name[7:].replace(".", "/").split("/") if part)
            found.append(boot_assignments.Assignment(SOURCE, 0, key, value, False, len(found)))
    return tuple(found)


def _arguments(cmdline: str) -> Iterator[Tuple[str, Optional[str]]]:
    at = 0
    while at < len(cmdline):
        if cmdline[at] in _SPACES:
            at += 1
            continue
        end, quoted, equals = at, False, 0
        while end < len(cmdline) and (quoted or cmdline[end] not in _SPACES):
            if cmdline[end] == '"':
                quoted = not quoted
            elif cmdline[end] == "=" and not equals and end > at:
                equals = end
            end += 1
        yield _unquoted(cmdline[at:end], equals - at if equals else 0)
        at = end


def _unquoted(word: str, equals: int) -> Tuple[str, Optional[str]]:
    """Name and value; a quote counts only where the whole word or the value begins with one."""
    if word[0] == '"':
        word = word[1:-1] if len(word) > 1 and word[-1] == '"' else word[1:]
        equals = max(0, equals - 1)
    if not equals:
        return word, None
    name, value = word[:equals], word[equals + 1:]
    if value[:1] == '"':
        value = value[1:-1] if len(value) > 1 and value[-1] == '"' else value[1:]
    return name, value
