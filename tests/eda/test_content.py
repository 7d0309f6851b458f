# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plugins, the rulebook and the documentation say about each other."""

from __future__ import annotations

import inspect
import re
import runpy

import pytest
import yaml

from ansible_collections.linuxnet.tcp.tests.eda.rulebooks import ROOT

EDA = ROOT / "extensions" / "eda"
SOURCE = runpy.run_path(str(EDA / "plugins" / "event_source" / "kernel_log.py"))
FILTER = runpy.run_path(str(EDA / "plugins" / "event_filter" / "syn_flood.py"))
RULEBOOK = EDA / "rulebooks" / "mitigate_syn_floods.yml"
GUIDE = (ROOT / "docs" / "event-driven.md").read_text("utf-8")


def options(plugin):
    return yaml.safe_load(plugin["DOCUMENTATION"])["options"]


def test_every_option_is_documented_with_its_default():
    documented = {name: option.get("default") for name, option in options(SOURCE).items()}
    taken = SOURCE["Options"]()._asdict()
    assert documented == dict(taken, kinds=list(taken["kinds"]))
    assert options(SOURCE)["kinds"]["choices"] == list(SOURCE["_rulebook"].KEYS.values())
    parameters = inspect.signature(FILTER["main"]).parameters
    assert set(options(FILTER)) == set(parameters) - {"event"}


@pytest.mark.parametrize("plugin, name", [(SOURCE, "linuxnet.tcp.kernel_log"), (FILTER, "linuxnet.tcp.syn_flood")])
def test_the_examples_hold(plugin, name):
    for example in yaml.safe_load(plugin["EXAMPLES"]):
        if name in example:
            SOURCE["read_options"](example[name] or {})
        else:
            (arguments,) = [one[name] for one in example["filters"]]
            assert FILTER["main"]({"i": 1}, **(arguments or {})) == {"i": 1}


def test_the_guide_names_every_variable_of_the_rulebook_with_its_default():
    told = dict(re.findall(r"^\| `(syn_flood_\w+)` \| `?([^`|]+?)`? \|", GUIDE, re.MULTILINE))
    taken = dict(re.findall(r"\{\{ (syn_flood_\w+) \| default\('?([^')]+)'?\)", RULEBOOK.read_text("utf-8")))
    assert told == taken
    assert len(taken) == 5


def test_the_sources_that_the_guide_tells_are_sources_of_a_rulebook():
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)]
    sources = [block[0] for block in blocks if isinstance(block, list)]
    assert len(sources) == 3
    for source in sources:
        ((name, arguments),) = [one for filters in source["filters"] for one in filters.items()]
        assert name == "linuxnet.tcp.syn_flood"
        assert arguments["hosts"], "where names come from afar, it takes a list to bound what they start"
        FILTER["main"]({}, **arguments)
