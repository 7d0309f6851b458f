# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue as data: every entry whole, in its part, and found by each of its names."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.application import Application
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.index import (
    NAMES,
    ORDER,
    candidates,
    entries,
)

EVERY = [one for part in ORDER for one in entries(part)]
PATTERNS = [name for part in ORDER for name in NAMES[part]]


def names_of(application: Application) -> set[str]:
    return set(application.programs + application.shared + application.units)


@pytest.mark.parametrize("part", ORDER)
def test_the_index_names_what_the_part_holds(part: str) -> None:
    held = set().union(*map(names_of, entries(part)))
    listed = list(NAMES[part])
    assert held - set(listed) == set(), "add these to NAMES[%r] in index.py" % part
    assert set(listed) - held == set(), "take these out of NAMES[%r] in index.py" % part
    assert listed == sorted(set(listed)), "in order, each once"


def test_a_name_alone_tells_one_program() -> None:
    alone = [name for application in EVERY for name in application.programs]
    assert sorted(name for name in set(alone) if alone.count(name) > 1) == [], "move these to shared, with arguments"


def test_what_shares_a_name_says_what_tells_it_apart() -> None:
    assert [one.name for one in EVERY if one.shared and not one.arguments] == []
    assert [one.name for one in EVERY if not (one.programs or one.shared)] == []


@given(st.sampled_from(EVERY).flatmap(lambda one: st.sampled_from(sorted(names_of(one))).map(lambda name: (one, name))))
def test_every_name_leads_to_its_entry(pair: tuple[Application, str]) -> None:
    application, name = pair
    assert application in candidates([name.replace("[5-8]", "8").replace("*", "7")])


@given(st.lists(st.one_of(st.text(max_size=20), st.sampled_from(PATTERNS)), max_size=4))
def test_candidates_come_in_one_order_and_once(names: list[str]) -> None:
    found = candidates(names)
    assert [one for one in candidates(PATTERNS) if one in found] == found
    assert len(set(found)) == len(found)


def test_what_a_host_does_not_run_is_not_imported() -> None:
    script = (
        "import sys\n"
        "from ansible_collections.linuxnet.tcp.plugins.module_utils._applications import index\n"
        "index.candidates(['nginx', 'nothing'])\n"
        "print(*sorted(name.rpartition('.')[2] for name in sys.modules if '.known_' in name))\n"
    )
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env)
    assert told.stdout.split() == ["known_web"]
