# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.options import (
    gathering_spec,
    parse_gathering_options,
)

NUMBERS = {
    "counters_window": (0, 3600),
    "kernel_log_max_age": (0, 315360000),
    "top_sources": (0, 1000),
}


def params(**changed: Any) -> Dict[str, Any]:
    return dict({name: spec.get("default") for name, spec in gathering_spec().items()}, **changed)


def test_the_defaults_ask_for_everything_in_the_own_namespace() -> None:
    options = parse_gathering_options(params())
    assert options.wants("listeners") and options.wants("kernel_log")
    assert options.ports is None and options.network_namespaces == []


def test_findings_are_drawn_from_all_parts() -> None:
    assert parse_gathering_options(params(gather_subset=["findings"])).wants("counters")
    assert not parse_gathering_options(params(gather_subset=["listeners"])).wants("counters")


@given(st.sampled_from(sorted(NUMBERS)), st.integers(-(2**40), 2**40))
def test_numbers_are_refused_exactly_beyond_their_range(name: str, value: int) -> None:
    lowest, highest = NUMBERS[name]
    if lowest <= value <= highest:
        assert getattr(parse_gathering_options(params(**{name: value})), name) == value
    else:
        with pytest.raises(InvalidOption, match="^{0}: {1} is not allowed; the allowed range is".format(name, value)):
            parse_gathering_options(params(**{name: value}))


@given(st.lists(st.integers(-10, 70000), min_size=1, max_size=5))
def test_ports(ports: list) -> None:
    if all(1 <= port <= 65535 for port in ports):
        assert parse_gathering_options(params(ports=ports)).ports == frozenset(ports)
    else:
        with pytest.raises(InvalidOption, match="^ports: "):
            parse_gathering_options(params(ports=ports))


def test_limits_takes_what_the_filter_takes() -> None:
    from ansible_collections.linuxnet.tcp.plugins.module_utils._model.what_if import INPUTS

    edge = "ansible_collections.linuxnet.tcp.plugins.module_utils._module.run_limits"
    run_limits = pytest.importorskip(edge, reason="the edge to Ansible needs ansible-core")
    assert set(run_limits.limits_spec()) == set(INPUTS)
