# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The model predicts exactly what ten kernels from 2.6.32 to 6.18 were seen to do (tests/data/measured/README.md)."""

from __future__ import annotations

import csv
import errno
import json
from pathlib import Path

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.identity import identify
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level, parse_level
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.limits import (
    accept_queue_limit,
    half_open_while_accept_queue_full,
    latch,
    queue_limits,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.overflow import established_limit
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.peers import limits_for_peers
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.rules import syn_queue_rule
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.sysctls import (
    KEYS,
    boot_default,
    shown_in_namespace,
    valid_range,
)
from ansible_collections.linuxnet.tcp.tests.live.relisten import limits_after_relisten

DATA = Path(__file__).resolve().parents[4] / "data" / "measured"
KERNELS = sorted(path.name[: -len(".csv")] for path in DATA.glob("*.csv"))


def rows(kernel):
    with open(str(DATA / (kernel + ".csv")), encoding="ascii", newline="") as stream:
        for row in csv.DictReader(stream):
            yield parse_level(row.pop("kernel")), {key: int(value) for key, value in row.items()}


def cases(kernel, *names):
    with open(str(DATA / (kernel + ".special.jsonl")), encoding="utf-8") as stream:
        found = [case for case in map(json.loads, stream) if case["case"] in names]
    return [(parse_level(case["upstream"]), case) for case in found]


def predict(level, setting, max_syn_backlog_at_listen=None):
    return queue_limits(
        level,
        syn_queue_rule(level),
        latch(setting["backlog"], setting["somaxconn"]),
        setting["tcp_max_syn_backlog"],
        setting["tcp_syncookies"],
        max_syn_backlog_at_listen,
    )


def test_every_kernel_is_there():
    assert len(KERNELS) == 10
    assert sum(1 for kernel in KERNELS for _row in rows(kernel)) == 5430


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_row(kernel):
    wrong = []
    for level, row in rows(kernel):
        limits = predict(level, row)
        expected = min(row["syns_sent"], limits.half_open)
        # Where the SYN queue is what stops them, the rest is answered with cookies or not at all.
        cookies = row["syns_sent"] - expected if limits.on_full == "cookies" else 0
        if (row["half_open"], row["SyncookiesSent"]) != (expected, cookies):
            wrong.append((row, limits))
    assert not wrong


def burst_of(case, limits):
    return min(case["syns_sent"], limits.half_open)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_sysctl_changed_after_listen(kernel):
    found = cases(kernel, "a_msb_after_listen", "b_som_after_listen")
    assert len(found) == 7
    for level, case in found:
        now = dict(case)
        if case["case"] == "a_msb_after_listen":  # somaxconn is looked at by listen() alone
            now["tcp_max_syn_backlog"] = case["changed_to"]
        limits = predict(level, now, case["tcp_max_syn_backlog"])
        assert case["syn_recv"] == burst_of(case, limits), case
        assert case["listen_wqueue"] == limits.accept_queue - 1, case


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_second_listen(kernel):
    found = cases(kernel, "c_relisten")
    assert len(found) == 5
    for level, case in found:
        assert case["changed_after_listen"] == "net/core/somaxconn"
        second = dict(case, backlog=case["second_backlog"], somaxconn=case["changed_to"])
        limits = limits_after_relisten(syn_queue_rule(level), predict(level, case), predict(level, second))
        assert case["syn_recv"] == burst_of(case, limits), case
        assert case["listen_wqueue"] == limits.accept_queue - 1, case


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_second_listen_and_the_accept_queue(kernel):
    found = cases(kernel, "c_relisten_accept")
    assert len(found) == 2
    for level, case in found:
        second = dict(case, backlog=case["second_backlog"], somaxconn=case["somaxconn2"])
        limits = limits_after_relisten(syn_queue_rule(level), predict(level, case), predict(level, second))
        assert case["accept_queue"] == limits.accept_queue < case["clients_tried"], case
        assert case["syn_recv"] == half_open_while_accept_queue_full(level, limits), case


@pytest.mark.parametrize("kernel", KERNELS)
def test_ipv6_listeners(kernel):
    found = cases(kernel, "d_ipv6")
    assert len(found) == 15
    for level, case in found:
        limits = limits_for_peers(level, predict(level, case), case["peers"])
        assert case["syn_recv"] == burst_of(case, limits), case


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_full_accept_queue(kernel):
    found = cases(kernel, "e_accept_full", "e_accept_full_extra")
    assert len(found) == 28
    for level, case in found:
        limits = predict(level, case)
        assert case["clients_tried"] >= limits.accept_queue
        assert case["accept_queue"] == established_limit(limits), case
        let_in = half_open_while_accept_queue_full(level, limits)
        assert case["syn_recv"] == min(case["syns_sent"], let_in), case
        if case["case"] == "e_accept_full_extra":
            assert case["syn_recv_after_clients"] == let_in, case


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_accept_queue_with_one_place_left_does_not_limit_syns(kernel):
    found = cases(kernel, "e_accept_minus1")
    assert len(found) == 4
    for level, case in found:
        limits = predict(level, case)
        assert case["accept_queue"] == limits.accept_queue - 1, case
        assert case["syn_recv"] == burst_of(case, limits), case


@pytest.mark.parametrize("kernel", KERNELS)
def test_writes_to_somaxconn_and_what_listen_makes_of_them(kernel):
    found = cases(kernel, "f_somaxconn_range")
    assert len(found) == 11
    for level, case in found:
        assert_written(level, "somaxconn", case["write_somaxconn"], case["write_errno"], case["readback"])
        backlog = latch(case["backlog"], int(case["readback"]))
        # 16 bits up to 4.0: a backlog of 65536 lets one connection wait
        assert accept_queue_limit(level, backlog) == case["listen_wqueue"] + 1, case
        assert case["accept_queue"] == min(case["clients_tried"], accept_queue_limit(level, backlog)), case


@pytest.mark.parametrize("kernel", KERNELS)
def test_writes_to_the_other_sysctls(kernel):
    found = cases(kernel, "range")
    assert len(found) == 16
    for level, case in found:
        assert_written(level, case["sysctl"].rpartition("/")[2], case["write"], case["errno"], case["readback"])


def assert_written(level, name, value, code, readback):
    smallest, largest = valid_range(name, level)
    if smallest <= value <= largest:
        assert (code, int(readback)) == (0, value), (level, name, value)
    else:
        assert code == errno.EINVAL and int(readback) != value, (level, name, value)


@pytest.mark.parametrize("kernel", KERNELS)
def test_values_after_boot_and_the_level_behind_the_release(kernel):
    ((level, boot),) = cases(kernel, "boot")
    for name in KEYS:
        if name in boot:
            assert boot_default(name, level) in (int(boot[name]), None), name
    assert boot_default("tcp_max_syn_backlog", level) is None
    identified = identify(boot["kernel"], boot["uname_v"])
    assert (identified.level, identified.rule) == (level, syn_queue_rule(level))


@pytest.mark.parametrize("kernel", [kernel for kernel in KERNELS if not kernel.startswith("host-")])
def test_what_a_new_namespace_shows(kernel):
    ((level, shown),) = cases(kernel, "netns_defaults")
    ((_level, boot),) = cases(kernel, "boot")
    for name in KEYS:
        if shown_in_namespace(name, level):
            assert shown[name] == boot[name], name
        elif level >= Level(3, 7):
            assert shown[name] == "absent", name
        else:
            assert shown[name] != "absent", name  # the host's file shines through


def test_the_measuring_machine_s_namespace_is_not_recorded():
    assert not cases("host-6.18.44", "netns_defaults")


@pytest.mark.parametrize("backlog, slots", [(4096, 8192), (511, 512), (128, 256), (127, 128), (5, 16), (0, 16)])
def test_slots_of_2_6_38(backlog, slots):
    """The widely told numbers of the table that listen() allocated: one above the backlog, rounded up."""
    level = Level(2, 6, 38)
    assert queue_limits(level, syn_queue_rule(level), backlog, 65535, 1).syn_queue == slots
