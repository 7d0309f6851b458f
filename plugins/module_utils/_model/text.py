# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Text from elsewhere, made fit to be shown."""

from __future__ import annotations

import re

_TEMPLATE_START = re.compile(r"\{(?=[{%#])")


def printable(text: str, longest: int = 4096) -> str:
    r"""The text in one line of characters that print, with ``\x1b`` for one that does not, cut where it is long.

    What could start a Jinja expression comes apart (``{ {``), so that no
    later template evaluates the name of a process.
    """
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    if not text.isprintable():
        text = "".join(one if one.isprintable() else _escaped(one) for one in text)
    return _TEMPLATE_START.sub("{ ", text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
