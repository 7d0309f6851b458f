# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listeners that have an older limit than the settings allow now."""

from __future__ import annotations

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._change.latched import may_be_latched, restart_rows
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenSocket, Owner, Process
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.units import Unit

NEW_RULE, OLD_RULE = "backlog+1", "power_of_two"


def sock(backlog, inode=1):
    return ListenSocket("ipv4", "tcp", "0.0.0.0", 80, None, False, inode, 0, 0, backlog, 0, None)


def rows(backlog, before, after, *argv, name="app", rule=NEW_RULE, unit=None):
    owner = Owner((Process(7, name, argv, unit.name if unit else None, None),), unit)
    before, after = ({"somaxconn": one[0], "tcp_max_syn_backlog": one[1]} for one in (before, after))
    sockets = may_be_latched([sock(backlog)], rule, before, after)
    return restart_rows(sockets, {1: owner}, "host", rule, before, after)


def test_clamped_by_the_value_before():
    (row,) = rows(128, (128, 1), (4096, 1))
    assert (row["backlog"], row["next_backlog"], row["certain"]) == (128, 4096, True)
    assert rows(4096, (4096, 1), (4096, 1)) == []
    assert rows(4096, (4096, 1), (128, 1)) == []  # lowered: a restart gives less
    assert rows(None, (128, 1), (4096, 1)) == []


def test_what_is_owed_is_told_in_every_run():
    """The second run no longer sees the limit of before, and does not take the listener for one that asked for less."""
    for before in (128, 4096):
        for backlog in (64, 100):  # may be what it asked for, or an older clamp
            (row,) = rows(backlog, (before, 1), (4096, 1))
            assert (row["backlog"], row["next_backlog"], row["certain"]) == (backlog, 4096, False)
    (row,) = rows(128, (4096, 1), (4096, 1))
    assert (row["next_backlog"], row["certain"]) == (4096, False)
    sshd = ("sshd: /usr/sbin/sshd -D [listener]",)
    assert rows(128, (4096, 1), (4096, 1), *sshd, name="sshd") == []  # known to ask for no more


def test_by_what_the_application_asks_for():
    unit = Unit("nginx.service")
    (row,) = rows(128, (4096, 1), (4096, 1), "nginx: master process", name="nginx", unit=unit)
    assert (row["next_backlog"], row["certain"], row["remedy"]) == (511, False, "run `systemctl restart nginx.service`")
    assert row["unit"] == "nginx.service" and row["processes"] == [{"pid": 7, "name": "nginx"}]
    assert rows(511, (4096, 1), (4096, 1), "nginx: master process", name="nginx") == []
    (row,) = rows(128, (128, 1), (256, 1), "nginx: master process", name="nginx")
    assert (row["next_backlog"], row["certain"]) == (256, True)


def test_the_syn_table_of_old_kernels():
    assert rows(4096, (4096, 128), (4096, 4096)) == []
    (row,) = rows(4096, (4096, 128), (4096, 4096), rule=OLD_RULE)
    assert row["certain"] and row["next_backlog"] == 4096


def latched(backlog, before, after, started=(), set_since=None, rule=NEW_RULE):
    processes = tuple(Process(number, "app", (), None, None, started=when) for number, when in enumerate(started, 7))
    values = ({"somaxconn": one, "tcp_max_syn_backlog": 1} for one in (before, after))
    first, then = values
    return restart_rows([sock(backlog)], {1: Owner(processes, None)}, "host", rule, first, then, set_since)


@pytest.mark.parametrize(("backlog", "told"), [(127, True), (128, True), (4095, True), (4096, False), (4097, False)])
def test_what_is_below_the_new_somaxconn_is_told(backlog, told):
    assert bool(latched(backlog, 128, 4096)) is told
    assert bool(may_be_latched([sock(backlog)], NEW_RULE, {}, {"somaxconn": 4096})) is told
    assert latched(backlog, 128, None) == [] and may_be_latched([sock(backlog)], NEW_RULE, {}, {}) == []


@pytest.mark.parametrize(("backlog", "started", "since", "told"), [
    (100, ["2026-11-20T05:00:01Z"], "2026-11-20T05:00:00Z", False), (100, ["2026-11-20T05:00:00Z"], "2026-11-20T05:00:00Z", True),
    (100, [], "2026-11-20T05:00:00Z", True),
    (100, ["2026-11-20T06:00:00Z", "2026-11-20T04:00:00Z"], "2026-11-20T05:00:00Z", True), (100, ["2026-11-20T06:00:00Z", None], "2026-11-20T05:00:00Z", True),
    (100, ["2026-11-20T06:00:00Z"], None, True), (128, ["2026-11-20T06:00:00Z"], "2026-11-20T05:00:00Z", True),
    (127, ["2026-11-20T06:00:00Z"], "2026-11-20T05:00:00Z", False),
])  # fmt: skip
def test_one_that_started_under_a_larger_somaxconn_has_what_it_asked_for(backlog, started, since, told):
    assert bool(latched(backlog, 128, 4096, started, since)) is told


def test_one_that_is_settled_hides_no_other():
    owner = Owner((Process(7, "app", (), None, None, started="2026-11-20T06:00:00Z"),), None)
    values = ({"somaxconn": 128}, {"somaxconn": 4096})
    rows = restart_rows([sock(100, 1), sock(128, 2)], {1: owner}, "host", NEW_RULE, *values, set_since="2026-11-20T05:00:00Z")
    assert [row["inode"] for row in rows] == [2]


@pytest.mark.parametrize(
    ("old", "new", "grows"), [(128, 256, True), (128, 255, False), (256, 256, False), (256, 128, False), (None, 256, False), (128, None, False)]
)
def test_a_table_of_syns_grows_with_a_power_of_two(old, new, grows):
    values = ({"somaxconn": 4096, "tcp_max_syn_backlog": old}, {"somaxconn": 4096, "tcp_max_syn_backlog": new})
    assert bool(restart_rows([sock(4096)], {}, "host", OLD_RULE, *values)) is grows
    assert bool(may_be_latched([sock(4096)], OLD_RULE, *values)) is grows
    assert restart_rows([sock(4096)], {}, "host", NEW_RULE, *values) == []
