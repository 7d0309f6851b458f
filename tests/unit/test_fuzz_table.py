# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make fuzz` leaves no parser out: whatever takes bytes or text of a host runs when the samples of its table are parsed."""

from __future__ import annotations

import ast
import glob
import os
import sys
from typing import Any, Iterator, Set, Tuple

import pytest

pytest.importorskip("prometheus_client", reason="the exporter's text is read by the official parser")

from ansible_collections.linuxnet.tcp.tests.fuzz.parsers import PARSERS, Parser
from ansible_collections.linuxnet.tcp.tests.fuzz.properties import holds

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOMS = ("_kernel", "_boot", "_log", "_writers", "_model", "_read", "_change", "_watch", "_metrics")
# What a parameter with something in it that a host said is called, and its type
NAMES = set(
    "blocks chain_listing cmdline configuration content contents data defaults entry environment input_listing line lines listed listing "
    "membership message mountinfo notes output pattern raw record release run signature stat stats text told view whole".split()
)
TYPES = {"bytes", "str", "memoryview", "object", "Any", "Optional[str]", "Optional[bytes]", "Iterable[bytes]", "Iterator[bytes]", "Iterable[str]"}

# Functions with such a parameter that no sample reaches, and why
OUTSIDE = {
    # text of our own making, or of the module's options
    "_boot/substitute.py:substituted": "the file as it would be written",
    "_change/iptables_rules.py:script": "lines that we made",
    "_change/mitigate_plan.py:_drop": "what findings name; facts that lie go through the plan in test_mutated_facts.py",
    "_change/raise_plan.py:_address": "an option of the module",
    "_change/words.py:_text": "a file that is shown as it is",
    "_metrics/families.py:family": "help texts of ours",
    "_model/subsets.py:_expand": "an option of the module",
    # readers of files: tests of their own make the files hostile
    "_read/cgroup_states.py:frozen": "reads below the group of `lineage`: test_cgroup_states.py",
    "_read/cgroup_states.py:quotas": "reads below the group of `lineage`: test_cgroup_states.py",
    "_read/cgroups.py:units_of_cgroups": "takes a path: test_cgroups.py",
    "_read/sysctl_file.py:is_mount_point": "takes a path: test_sysctl_file.py",
    "_read/kernel.py:_unusual": "a release that `identify` refused",
    "_read/kmsg.py:_event": "hands on to `messages`",
    # answers of the kernel that are read in place
    "_read/followed.py:_identities": "as `syn_recv.each_bytes`: test_followed.py",
    "_read/netlink.py:_check": "the status of a dump: test_netlink.py",
    "_read/queue_lengths.py:_drops": "where `_place` found them",
}


def functions() -> Iterator[Tuple[str, str, int]]:
    """(path below module_utils, name, line) of each function that takes what a host said."""
    top = os.path.join(ROOT, "plugins", "module_utils")
    for path in sorted(one for room in ROOMS for one in glob.glob(os.path.join(top, room, "*.py"))):
        with open(path, encoding="utf-8") as file:
            source = file.read()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and any(takes(source, one) for one in node.args.args):
                yield os.path.relpath(path, top), node.name, node.lineno


def takes(source: str, argument: ast.arg) -> bool:
    if argument.arg not in NAMES or argument.annotation is None:
        return False
    line = source.splitlines()[argument.annotation.lineno - 1]
    return any(line[argument.annotation.col_offset :].startswith(one) for one in TYPES)


def ran() -> Set[Tuple[str, str]]:
    """(path below module_utils, name) of each function of the collection that runs while all samples are parsed."""
    found = set()

    def note(frame: Any, event: str, _argument: Any) -> None:
        if event == "call":
            folder, inside, path = frame.f_code.co_filename.replace(os.sep, "/").rpartition("/module_utils/")
            if inside:
                found.add((path, frame.f_code.co_name))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        for parser in PARSERS:
            for sample in parser.samples:
                try:
                    parser.parse(sample)
                except parser.errors:
                    pass
    finally:
        sys.setprofile(before)
    return found


def test_every_parser_is_in_the_table() -> None:
    known = ran()
    wanted = {(path, name) for path, name, _line in functions()}
    assert len(wanted) > 100
    missing = sorted("%s:%s" % one for one in wanted - known if "%s:%s" % one not in OUTSIDE)
    assert not missing, "put it into tests/fuzz/parsers.py, with a true sample in samples.py: %s" % missing


def test_nothing_is_said_to_be_outside_that_is_not() -> None:
    wanted = {"%s:%s" % (path, name) for path, name, _line in functions()}
    assert set(OUTSIDE) <= wanted
    assert not {"%s:%s" % one for one in ran()} & set(OUTSIDE)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda one: one.name)
def test_samples_are_parsed_and_what_is_true_of_them_is_found(parser: Parser) -> None:
    for sample in parser.samples:
        holds(parser, sample)
        for truth in parser.truth:
            assert truth.found(parser.parse(sample + truth.apart + truth.chunk))
