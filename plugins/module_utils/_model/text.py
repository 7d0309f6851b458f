# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Words fit to be shown: text from elsewhere, and a number with its noun."""

from __future__ import annotations

import re
from typing import Optional

_ONE = {"are": "is", "have": "has", "were": "was", "reach": "reaches"}
_TEMPLATE_START = r"\{(?=[{%#])"


def printable(text: str, longest: int = 4096) -> str:
    r"""The text in one line of characters that print, with ``\x1b`` for one that does not, cut where it is long.

    What could start a Jinja expression comes apart (``{ {``), so that no
    later template evaluates the name of a process.
    """
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    if not text.isprintable():
        text = "".join(one if one.isprintable() else _escaped(one) for one in text)
    return re.sub(_TEMPLATE_START, "{ ", text) if "{" in text else text


def plural(count: Optional[int], noun: str, verb: str = "") -> str:
    """How many there are: "1 entry fills" of an "entry" that "fill"s, "2 entries fill"."""
    if count == 1:
        return "1 {0}{1}".format(noun, " " + agreeing(1, verb) if verb else "")
    many = noun[:-1] + "ies" if noun.endswith("try") else noun + ("es" if noun.endswith("s") else "s")
    return "{0} {1}{2}".format(count, many, " " + verb if verb else "")


def agreeing(count: Optional[int], verb: str) -> str:
    """The verb for so many: "fills" for one, "fill" for all others."""
    return _ONE.get(verb, verb + "s") if verb and count == 1 else verb


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
