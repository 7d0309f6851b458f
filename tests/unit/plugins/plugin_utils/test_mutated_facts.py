# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that lies breaks nothing on the controller: real facts, mutated, into everything that reads facts.

For many more examples: FUZZ_EXAMPLES=100000 pytest tests/unit/plugins/plugin_utils/test_mutated_facts.py
"""

from __future__ import annotations

import copy
import json
import os
from typing import Any, Callable, Dict, List, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("ansible.errors", reason="filters run on the controller: needs ansible-core")
pytest.importorskip("jmespath", reason="needs jmespath")

from ansible.errors import AnsibleError

from ansible_collections.linuxnet.tcp.plugins.filter.audit_table import audit_table
from ansible_collections.linuxnet.tcp.plugins.filter.backlog_shortfalls import backlog_shortfalls
from ansible_collections.linuxnet.tcp.plugins.filter.effective_limits import effective_limits
from ansible_collections.linuxnet.tcp.plugins.filter.jmespath_query import jmespath_query
from ansible_collections.linuxnet.tcp.plugins.filter.mitigation_effect import mitigation_effect
from ansible_collections.linuxnet.tcp.plugins.filter.mitigation_plan import mitigation_plan
from ansible_collections.linuxnet.tcp.plugins.filter.restoration_plan import restoration_plan
from ansible_collections.linuxnet.tcp.plugins.filter.tuning_plan import tuning_plan
from ansible_collections.linuxnet.tcp.plugins.module_utils._findings.findings import findings
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import validated
from ansible_collections.linuxnet.tcp.plugins.plugin_utils import _module_choice
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.answer import answer
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._report.reports import reports
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._tune import tuned as _tuned
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._tune.tuning import shortfalls
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._tune.tuning import tuning_plan as plan_of

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "120"))
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 4))
with open(os.path.join(ROOT, "tests", "data", "gathered", "busy_host.json"), encoding="utf-8") as file:
    BUSY = json.load(file)

MITIGATE = {"allow": ["192.0.2.0/24"], "max_networks": 64, "backlog": 4096, "connection": "ssh"}
TUNE = {
    "sysctls": {"somaxconn": 4096, "tcp_syncookies": 1},
    "listeners": [
        {"port": 18081, "backlog": 1024},
        {"port": 18082, "backlog": 1024, "address": "0.0.0.0", "policy": "exact"},
        {"path": BUSY["unix_listeners"][0]["path"], "backlog": 64},
    ],
    "restart_units": ["nginx", "redis.service"],
}
LATCHED = [dict(row, next_backlog=4096, certain=True) for row in BUSY["listeners"]]
APPLIED = {
    "changed": True, "before": BUSY["sysctls"], "after": BUSY["sysctls"], "shadowed_by": [], "verified": True,
    "restart_needed": LATCHED, "unit_aliases": {"www.service": "nginx.service"}, "syn_backlog": BUSY,
}  # fmt: skip
CHAIN = "Chain SYN_BACKLOG (1 references)\n pkts bytes target\n 7 420 DROP tcp -- * * 198.51.100.0/24 0.0.0.0/0\n"
QUERY = "{dropping: listeners[?drops > `0`].contains(remedy, bound_by), all: sum(half_open.sources[].count)}"
PLAN = mitigation_plan(BUSY, MITIGATE)


def audit_report(facts: Any) -> None:
    told = answer({"syn_backlog": facts, "warnings": ["one"]})
    made = reports({"web1": told, "web2": answer(None)}, 140)
    for pieces in made.files.values():
        for piece in pieces:
            piece.encode("utf-8")


def read_on_the_host(facts: Any) -> None:
    _module_choice.judged(_module_choice.READ, {}, {"syn_backlog": facts})


def without_the_door(facts: Any) -> None:
    if isinstance(facts, dict):
        findings(facts)


def limits_of(facts: Any) -> None:
    known = validated.gathered(facts)
    kernel, states = known.get("kernel") or {}, known.get("sysctls") or {}
    inputs = {name: (states.get(name) or {}).get("runtime") for name in ("somaxconn", "tcp_syncookies")}
    effective_limits(dict(inputs, kernel_release=kernel.get("release"), kernel_rule=kernel.get("rule")))


def raw_limits_of(facts: Any) -> None:
    """As a template has it that looks into facts itself."""
    try:
        release, states = facts["kernel"]["release"], facts["sysctls"]
        inputs = {name: states[name]["runtime"] for name in ("somaxconn", "tcp_syncookies")}
        inputs.update(kernel_rule=facts["kernel"].get("rule"), listen_backlog=facts["listeners"][0]["backlog"])
    except (KeyError, TypeError, IndexError):
        return  # the template fails
    effective_limits(dict(inputs, kernel_release=release))


def tuned(facts: Any) -> None:
    """As the action plugin has it, which catches nothing."""
    known = validated.gathered(facts)
    plan_of(known, TUNE, validated.changed(APPLIED))
    shortfalls(known, TUNE)
    shortfalls(known, dict(TUNE, network_namespace="blue"))


READERS: Dict[str, Callable[[Any], Any]] = {
    "findings": without_the_door,
    "judged": read_on_the_host,
    "audit_table": lambda facts: audit_table({"web1": facts, "web2": {"error": facts}}),
    "audit_report": audit_report,
    "mitigation_plan": lambda facts: mitigation_plan(facts, MITIGATE),
    "earlier": lambda facts: mitigation_plan(BUSY, dict(MITIGATE, earlier=facts)),
    "mitigation_effect": lambda facts: mitigation_effect(facts, PLAN),
    "restoration_plan": lambda facts: restoration_plan(facts, [CHAIN], [CHAIN]),
    "tuning_plan": lambda facts: tuning_plan(facts, TUNE, APPLIED),
    "backlog_shortfalls": lambda facts: backlog_shortfalls(facts, TUNE),
    "tuned": tuned,
    "effective_limits": limits_of,
    "raw_limits": raw_limits_of,
    "jmespath_query": lambda facts: jmespath_query(facts, QUERY),
}

# ---------------------------------------------------------------- mutations


def paths_of(value: Any, path: Tuple[Any, ...] = ()) -> List[Tuple[Any, ...]]:
    """Every place in a structure, its top among them."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] + [one for key, part in inner for one in paths_of(part, path + (key,))]


PATHS, APPLIED_PATHS = paths_of(BUSY), paths_of({**APPLIED, "syn_backlog": {}})
NUMBERS = st.sampled_from([0, 1, -1, 2, 128, 65535, 65536, -(1 << 63), (1 << 63) - 1, (1 << 64) - 1, 1 << 64, 1 << 200])
TEXTS = st.sampled_from(
    ["", "host", "0.0.0.0", "::", "80", "info", "2.6.32", "6.1.176", "backlog", "drop", "{{ 1 }}", "\x1b[2J", "\ud800", "x" * 5000]
)
FLOATS = st.sampled_from([0.0, -1.5, 1e308, float("nan"), float("inf"), float("-inf")])
SCALARS = st.none() | st.booleans() | NUMBERS | st.integers() | FLOATS | TEXTS | st.text(max_size=8)
NAMES = st.sampled_from(sorted({one for path in PATHS for one in path if isinstance(one, str)})) | st.text(max_size=5)
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))


def deep(levels: int) -> Any:
    found: Any = 1
    for _level in range(levels):
        found = [found]
    return found


MUTATIONS = st.one_of(
    st.tuples(st.just("put"), ANY_JSON),
    st.tuples(st.just("put"), SCALARS),
    st.tuples(st.just("copy"), st.sampled_from(PATHS)),  # of a value from elsewhere
    st.tuples(st.just("delete"), st.none()),
    st.tuples(st.just("duplicate"), st.integers(2, 5)),
    st.tuples(st.just("put"), st.builds(deep, st.sampled_from([3, 20, 300]))),
)


def at(value: Any, path: Tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def mutated(original: Any, changes: List[Tuple[Tuple[Any, ...], Tuple[str, Any]]]) -> Any:
    """A copy with these changes; one whose place is gone already is left out."""
    facts = copy.deepcopy(original)
    for path, (kind, told) in changes:
        told = copy.deepcopy(at(original, told) if kind == "copy" and told in PATHS else told)
        if not path:
            facts = told if kind in ("put", "copy") else facts
            continue
        try:
            holder = at(facts, path[:-1])
            if kind in ("put", "copy"):
                holder[path[-1]] = told
            elif kind == "delete":
                del holder[path[-1]]
            elif isinstance(holder, list):
                holder[path[-1] : path[-1]] = [holder[path[-1]]] * told
            elif isinstance(holder[path[-1]], (list, str)):
                holder[path[-1]] = holder[path[-1]] * told
        except (KeyError, IndexError, TypeError):
            continue
    return facts


def weighted(paths: List[Tuple[Any, ...]]) -> Any:
    """Each part first, then a place in it: a part with many rows is not tried more often than others."""
    by_part: Dict[Any, List[Tuple[Any, ...]]] = {}
    for path in paths:
        by_part.setdefault(path[:1], []).append(path)
    return st.sampled_from(sorted(by_part, key=str)).flatmap(lambda part: st.sampled_from(by_part[part]))


CHANGES = st.lists(st.tuples(weighted(PATHS), MUTATIONS), min_size=1, max_size=6)
NO_COPIES = MUTATIONS.filter(lambda change: change[0] != "copy")
OF_APPLIED = st.lists(st.tuples(weighted(APPLIED_PATHS), NO_COPIES), min_size=1, max_size=6)
PATIENT = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", sorted(READERS))
def test_all_read_what_is_true(name: str) -> None:
    READERS[name](copy.deepcopy(BUSY))


@given(CHANGES)
@PATIENT
def test_a_host_that_lies_breaks_nothing(changes: Any) -> None:
    facts = mutated(BUSY, changes)
    before = repr(facts)
    for name, reader in READERS.items():
        try:
            reader(facts)
        except AnsibleError as error:
            meant = name == "jmespath_query" or not isinstance(error.__cause__, (KeyError, TypeError, AttributeError))
            assert str(error) and meant, name
    assert repr(facts) == before
    once = validated.gathered(facts)
    assert validated.gathered(once) is once or validated.gathered(once) == once


@given(OF_APPLIED)
@PATIENT
def test_nor_does_what_it_says_of_a_change(changes: Any) -> None:
    applied = mutated(APPLIED, changes)
    tuning_plan(BUSY, TUNE, applied)
    plan_of(BUSY, TUNE, validated.changed(applied))
    told = _tuned.Told()
    if isinstance(applied, dict):
        told.add(applied)
        told.add(dict(applied, listeners=applied.get("restart_needed")))
    told.result()


OUTPUTS = (ANY_JSON | st.just(CHAIN * 3), ANY_JSON | st.text(max_size=80).map(lambda more: [CHAIN + more]))


@given(*OUTPUTS)
@PATIENT
def test_nor_do_the_outputs_of_commands(before: Any, after: Any) -> None:
    restoration_plan(BUSY, before, after)
