# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What can be wrong with what the user asked for."""

from __future__ import annotations


class InvalidOption(ValueError):
    """An option's value that we refuse before anything is read or changed."""

    def __init__(self, option: str, value: object, allowed: str) -> None:
        super().__init__("{0}: {1} is not allowed; {2}".format(option, _shown(value), allowed))
        self.option = option
        self.value = value


def require_range(option: str, value: float, lowest: float, highest: float) -> None:
    """Refuse a number outside of ``lowest`` to ``highest`` (both allowed).

    :raises InvalidOption: also where ``value`` is not a number (NaN).
    """
    if not lowest <= value <= highest:
        raise InvalidOption(option, value, "the allowed range is {0} to {1}".format(lowest, highest))


def _shown(value: object) -> str:
    """The value as an error shows it: escaped, and cut where it is long."""
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "..."
