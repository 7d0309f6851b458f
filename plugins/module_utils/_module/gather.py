# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.


"""One gathering: what a host shows, judged on the host itself."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

from .._report import told
from . import options as module_options
from . import reading


def gather(
    options: module_options.GatheringOptions, meanwhile: Optional[Callable[[], None]] = None
) -> Tuple[Dict[str, Any], List[str]]:
    """The gathered structure, and the warnings that say what is missing in it and why.

    Where a window leaves it unclear what fills a SYN queue, it is made longer, once. ``meanwhile`` is called while a
    window passes, and may take as long.

    :raises InvalidOption: a namespace or a log file that does not exist.
    """
    found = reading.read(options, meanwhile)
    facts = told.told(found.facts, options.subset, options.top_sources)
    if found.again is not None and _undecided(facts):
        facts = told.told(found.again(), options.subset, options.top_sources)
    return facts, found.warnings


def _undecided(facts: Dict[str, Any]) -> bool:
    """Where no findings are wanted nobody asks."""
    findings = facts.get("findings")
    if not findings:
        return False
    from .._model import verdict

    return verdict.in_doubt(findings)
