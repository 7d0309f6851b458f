# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calibration agrees with what this kernel does, costs little, and leaves the process and the host as they were."""

from __future__ import annotations

import ctypes
import os
import threading

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel import rules
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.sysctls import KEYS
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import calibration, sysctls
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.calibration import calibrate
from ansible_collections.linuxnet.tcp.tests.live import lab


def what_the_kernel_does(net: lab.Pair) -> str:
    """The rule, from a burst of real SYNs against a backlog that no two rules admit alike."""
    net.server.sysctl("net.core.somaxconn", 128)
    net.server.sysctl("net.ipv4.tcp_max_syn_backlog", 4096)
    with lab.listener(net.server, "0.0.0.0", 8000, backlog=100):
        lab.spoof_syns(net, port=8000, count=500)
        return {100: "backlog", 101: "backlog+1", 128: "power_of_two"}[lab.half_open_count(net.server, 8000)]


def host_state():
    # join() returns a moment before the kernel has ended the thread
    assert lab.wait_for(lambda: len(os.listdir("/proc/self/task")) == threading.active_count())
    sysctls = {}
    for sysctl in KEYS.values():
        with open("/proc/sys/" + sysctl.path, encoding="ascii") as stream:
            sysctls[sysctl.name] = stream.read()
    return {
        "namespace": os.stat("/proc/self/ns/net").st_ino,
        "this thread's namespace": os.stat("/proc/thread-self/ns/net").st_ino,
        "threads": threading.active_count(),
        "descriptors": sorted(os.listdir("/proc/self/fd")),
        "sysctls": sysctls,
    }


def test_it_finds_the_rule_that_real_syns_show(net):
    result = calibrate()
    assert (result.rule, result.warning) == (what_the_kernel_does(net), None)


def test_the_defaults_are_those_of_a_fresh_namespace(netns):
    defaults = calibrate().defaults
    assert "netdev_max_backlog" not in defaults  # one value for all namespaces
    assert set(defaults) >= {"somaxconn", "tcp_syncookies", "tcp_synack_retries"}
    assert defaults == {name: int(netns.sysctl(KEYS[name].key)) for name in defaults}


def test_the_host_s_own_values_do_not_reach_the_defaults(netns):
    fresh = calibrate().defaults
    for name in fresh:
        netns.sysctl(KEYS[name].key, fresh[name] + 1)
    with netns.enter():  # from here the namespace is "the host": a thread starts in that of its parent
        assert calibrate().defaults == fresh


def test_it_leaves_nothing_behind(root):
    calibrate()  # the first call loads libraries
    before = host_state()
    results = [calibrate() for _number in range(20)]
    assert host_state() == before
    assert len({result.rule for result in results}) == 1


MOST_NAMESPACES, CALIBRATIONS = 15, 60


def test_its_namespaces_go_away(root):
    """In a user namespace that may have few network namespaces at once: what others have is not counted there."""
    if not os.path.exists("/proc/sys/user/max_net_namespaces"):
        pytest.skip("needs Linux 4.9 to limit the number of network namespaces")
    outcomes = lab.forked(few_namespaces, calibrations_that_have_room)
    assert outcomes == [calibrate().rule] * CALIBRATIONS


def few_namespaces():
    """The calling process in a user namespace of its own, as root there."""
    if ctypes.CDLL(None, use_errno=True).unshare(0x10000000) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for name, content in (("setgroups", "deny"), ("uid_map", "0 0 1"), ("gid_map", "0 0 1")):
        with open("/proc/self/" + name, "w", encoding="ascii") as stream:
            stream.write(content)
    with open("/proc/sys/user/max_net_namespaces", "w", encoding="ascii") as stream:
        stream.write(str(MOST_NAMESPACES))


def calibrations_that_have_room():
    """The rules that were found; the kernel tears namespaces down in the background, so that one may have to wait."""
    results = []

    def has_room():
        results.append(calibrate())
        return "No space left on device" not in (results[-1].warning or "")

    outcomes = []
    for _number in range(CALIBRATIONS):
        assert lab.wait_for(has_room, 30, pause=0.05), "%d namespaces are still there" % MOST_NAMESPACES
        outcomes.append(results[-1].rule)
    return outcomes


def test_without_privilege_it_says_what_is_missing(root):
    result = lab.unprivileged(lambda: tuple(calibrate()))
    assert result == (
        None,
        {},
        "the SYN queue rule was not measured: it needs the privilege to make a network namespace (CAP_SYS_ADMIN)",
    )


def test_a_packet_that_does_not_arrive_is_not_taken_for_a_full_queue(root, monkeypatch):
    """Loopback left down: the SYN goes nowhere, and no rule may be concluded from that."""
    monkeypatch.setattr(calibration, "_bring_loopback_up", lambda: None)
    result = calibrate()
    assert result.rule is None
    assert "fits no rule" in result.warning
    assert result.defaults  # what could be read is still there


def test_cookies_forced_for_all_namespaces_are_not_taken_for_a_full_queue(root, monkeypatch):
    """Up to 4.5 tcp_syncookies is one value for all namespaces; where that is 2, the counters tell nothing."""

    def with_cookies_everywhere():
        values, warnings = real()
        return dict(values, tcp_syncookies=2), warnings

    real = sysctls.read_sysctls
    monkeypatch.setattr(sysctls, "read_sysctls", with_cookies_everywhere)
    result = calibrate()
    assert result.rule is None
    assert "tcp_syncookies is 2" in result.warning


def test_the_judgement_follows_the_kernel_not_the_release(root, monkeypatch):
    """Listening with a backlog of 1 stands in for a queue one longer: its two clients are held, the third is not."""

    class OneLonger(calibration.socket.socket):
        def listen(self, backlog):
            super().listen(backlog + 1)

    monkeypatch.setattr(rules, "syn_queue_rule", lambda level: "power_of_two")
    honest = calibrate().rule
    monkeypatch.setattr(calibration.socket, "socket", OneLonger)
    one_longer = calibrate().rule
    expected = {"backlog": "backlog+1", "backlog+1": "power_of_two", "power_of_two": "power_of_two"}
    assert one_longer == expected[honest]


def test_no_thread_to_be_had(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    result = calibrate()
    assert (result.rule, result.defaults) == (None, {})
    assert "no thread could be started" in result.warning


def test_an_interpreter_without_unshare(monkeypatch):
    monkeypatch.delattr(os, "unshare", raising=False)  # Python 3.12 brings its own
    monkeypatch.setattr(ctypes, "CDLL", lambda *_arguments, **_named: object())
    assert "cannot call unshare(2)" in calibrate().warning
