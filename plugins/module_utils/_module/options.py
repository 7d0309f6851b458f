# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The gathering modules' options: what they take, and what of it is allowed."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional

from .._kernel import rules
from .._model import errors, subsets
from . import kernel

_TEN_YEARS = 315360000
_NETWORKS_JUDGED = 64  # networks that findings are drawn from, however few are to be shown


def gathering_spec() -> Dict[str, Dict[str, Any]]:
    """The argument_spec of syn_backlog_facts and syn_backlog_info (documented in doc_fragments/gathering.py)."""
    return {
        "gather_subset": {"type": "list", "elements": "str", "default": ["all"]},
        "ports": {"type": "list", "elements": "int"},
        "network_namespaces": {"type": "list", "elements": "str"},
        "counters_window": {"type": "float", "default": 0},
        "kernel_log_source": {"type": "str", "default": "auto"},
        "kernel_log_max_age": {"type": "int", "default": 86400},
        "top_sources": {"type": "int", "default": 10},
        "calibrate": {"type": "str", "choices": list(kernel.CALIBRATE), "default": kernel.CALIBRATE[0]},
        "kernel_rule": {"type": "str", "choices": list(rules.RULES)},
    }


class GatheringOptions(NamedTuple):
    """The options after validation."""

    subset: FrozenSet[str]
    ports: Optional[FrozenSet[int]]
    network_namespaces: List[str]  # empty: the module's own
    counters_window: float
    kernel_log_source: str
    kernel_log_max_age: int
    top_sources: int
    calibrate: str
    kernel_rule: Optional[str]

    @property
    def networks(self) -> int:
        """How many source networks to keep."""
        return max(self.top_sources, _NETWORKS_JUDGED)

    def wants(self, *parts: str) -> bool:
        """Whether any of these parts was asked for; findings are drawn from all parts."""
        return bool(self.subset.intersection(parts)) or "findings" in self.subset


def parse_gathering_options(params: Dict[str, Any]) -> GatheringOptions:
    """Validate the module's parameters.

    :raises InvalidOption: a value out of its range or an unknown subset.
    """
    ports = params["ports"]
    for port in ports or ():
        errors.require_range("ports", port, 1, 65535)
    errors.require_range("counters_window", params["counters_window"], 0, 3600)
    errors.require_range("kernel_log_max_age", params["kernel_log_max_age"], 0, _TEN_YEARS)
    errors.require_range("top_sources", params["top_sources"], 0, 1000)
    return GatheringOptions(
        subset=subsets.resolve_subset(params["gather_subset"]),
        ports=frozenset(ports) if ports else None,
        network_namespaces=params["network_namespaces"] or [],
        counters_window=params["counters_window"],
        kernel_log_source=params["kernel_log_source"],
        kernel_log_max_age=params["kernel_log_max_age"],
        top_sources=params["top_sources"],
        calibrate=params["calibrate"],
        kernel_rule=params["kernel_rule"],
    )
