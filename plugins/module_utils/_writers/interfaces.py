# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""ifupdown's /etc/network/interfaces: commands that run when an interface comes up (interfaces(5))."""

from __future__ import annotations

from typing import Iterator, List, Set, Tuple

from . import shell

_COMMANDS = frozenset(("up", "post-up", "pre-up"))
_STANZAS = frozenset(("iface", "mapping", "auto", "source", "source-directory", "no-auto-down", "rename"))


def settings(text: str, whole: str) -> Iterator[shell.Found]:
    """What the commands of a file set; certain where the interface comes up at every boot (``auto``).

    :param whole: all files together, which say that
    """
    automatic = _automatic(whole)
    for interface, number, command in _commands(text):
        for one in shell.settings(command):
            yield one._replace(line=number, certain=one.certain and interface in automatic)


def sourced(text: str) -> List[str]:
    """The other files that it names, patterns among them."""
    paths = []
    for line in text.split("\n"):
        words = line.split()
        if len(words) > 1 and words[0] == "source":
            paths += words[1:]
        elif len(words) > 1 and words[0] == "source-directory":
            paths += [word.rstrip("/") + "/*" for word in words[1:]]
    return paths


def _automatic(text: str) -> Set[str]:
    names: Set[str] = set()
    for line in text.split("\n"):
        words = line.split()
        if words and words[0] in ("auto", "allow-auto"):
            names.update(words[1:])
    return names


def _commands(text: str) -> Iterator[Tuple[str, int, str]]:
    interface = ""
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.split(None, 1)
        if not words or words[0].startswith("#"):
            continue
        if words[0] in _STANZAS or words[0].startswith("allow-"):
            interface = words[1].split()[0] if words[0] == "iface" and len(words) > 1 else ""
        elif words[0] in _COMMANDS and len(words) > 1:
            yield interface, number, words[1]
