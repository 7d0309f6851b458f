# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plugin of pytest for runs of mutants: notes which lines of plugins/ ran, and lets Hypothesis stop at the first failure.

LINES_TO names the file that gets the lines, as JSON: {path below the checkout: [line, …]}. Without it none are noted.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict, Set

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = 4  # a number of sys.monitoring that neither debuggers nor coverage use
_seen: Dict[str, Set[int]] = {}


def _ran(code: Any, line: int) -> Any:
    if "/plugins/" in code.co_filename:
        _seen.setdefault(code.co_filename, set()).add(line)
    return sys.monitoring.DISABLE  # each line tells of itself once


def pytest_configure(config: Any) -> None:
    from hypothesis import Phase, settings

    # A mutant is dead with the first example that fails; the smallest one is of no use, nor those of earlier mutants
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", parent=settings.get_profile("house"), phases=phases, database=None)
    settings.load_profile("mutants")
    if os.environ.get("LINES_TO"):
        sys.monitoring.use_tool_id(TOOL, "lines")
        sys.monitoring.register_callback(TOOL, sys.monitoring.events.LINE, _ran)
        sys.monitoring.set_events(TOOL, sys.monitoring.events.LINE)


def pytest_unconfigure(config: Any) -> None:
    path = os.environ.get("LINES_TO")
    if path:
        sys.monitoring.set_events(TOOL, 0)
        found = {os.path.relpath(os.path.realpath(name), TOP): sorted(lines) for name, lines in _seen.items()}
        with open(path, "w", encoding="utf-8") as file:
            json.dump(found, file)
