# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""What the report keeps of the result that syn_backlog_watch registered: what was seen, or why there is nothing."""

from __future__ import annotations

import typing as t

from .answer import warnings, why_not


def answer(result: t.Any) -> dict[str, t.Any]:
    """The ``watch`` of a result with the module's ``warnings`` beside its keys, or ``{"error": why}``.

    ``result`` is None for a host that the task did not reach.
    """
    error = why_not(result, "watch")
    if error is not None:
        return {"error": error}
    watched = result["watch"]
    if not isinstance(watched, t.Mapping):
        return {"error": "what was watched is no mapping"}
    return dict(watched, warnings=warnings(result))
