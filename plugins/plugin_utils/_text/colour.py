# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""The audit's text in colours of a terminal: what is wrong stands out, and no character else changes."""

from __future__ import annotations

import re

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.condition import (
    ACCEPT_FULL,
    DROPPED,
    FILLING,
    SYN_FULL,
    SYN_OVER,
    UNKNOWN,
)

_RED, _YELLOW, _BOLD, _FAINT = "31", "33", "1", "2"
_STATES = {ACCEPT_FULL: _RED, SYN_FULL: _RED, DROPPED: _RED, SYN_OVER: _YELLOW, FILLING: _YELLOW, UNKNOWN: _YELLOW}
_WORDS = {"critical:": _RED, "warning:": _YELLOW, "worse:": _RED, "better:": "32", "note:": _FAINT}  # that begin a line
_LINES = {"LISTENER ": _FAINT, "Result: ": _BOLD}  # by their beginning
_STATE = re.compile("(?<=  )({0})(?=  )".format("|".join(map(re.escape, _STATES))))
_WORD = re.compile("^({0})(?= )".format("|".join(_WORDS)), re.MULTILINE)
_LINE = re.compile("^({0}).*$".format("|".join(_LINES)), re.MULTILINE)
_SILENT = re.compile("^(?! ).*: no answer: ", re.MULTILINE)


def coloured(text: str) -> str:
    """The text with escape sequences around the words that matter. It has none of its own: it is printable."""
    text = _STATE.sub(lambda found: _in(_STATES[found[1]], found[0]), text)
    text = _SILENT.sub(lambda found: _in(_RED, found[0]), text)
    text = _WORD.sub(lambda found: _in(_WORDS[found[1]], found[0]), text)
    return _LINE.sub(lambda found: _in(_LINES[found[1]], found[0]), text)


def _in(colour: str, words: str) -> str:
    return "\x1b[{0}m{1}\x1b[0m".format(colour, words)
