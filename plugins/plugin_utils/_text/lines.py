# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""Words broken into lines of a terminal."""

from __future__ import annotations

import re
import textwrap

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.text import printable

INDENT = "    "
NARROWEST = 40
_COMMAND = re.compile(r"`[^`]*`")
_HELD = "\x00"  # stands for a space while lines are broken


def shown(line: str) -> str:
    """A line as a terminal may have it, whatever a host put into it."""
    return printable(line, max(len(line), 1))


def paragraph(words: str, width: int) -> list[str]:
    """Its lines, all but the first indented; a paragraph that begins indented stays so."""
    indent = INDENT if words.startswith(INDENT) else ""
    first, *others = wrap(words[len(indent) :], max(width, NARROWEST) - len(INDENT), whole=True)
    return [indent + first, *(INDENT + line for line in others)]


def wrap(words: str, width: int, whole: bool = False) -> list[str]:
    """Lines of at most this width, breaking no `command` that fits on one: it is there to be copied.

    ``whole``: one that does not fit stands on a line of its own, however long that is.
    """
    if len(words) <= width and "\n" not in words and "\t" not in words and "  " not in words:
        return [words]
    kept = _COMMAND.sub(
        lambda found: found[0].replace(" ", _HELD) if whole or len(found[0]) <= width else found[0], words
    )
    lines = textwrap.wrap(kept, width, break_long_words=False, break_on_hyphens=False)
    return [line.replace(_HELD, " ") for line in lines] or [""]
