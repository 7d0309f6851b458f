# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reader's records become the rows that users see."""

from __future__ import annotations

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot import near_misses, tuned, values, writer
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel import identity, limits, memory, sysctls
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import raised_record, records, units, unix_listener
from ansible_collections.linuxnet.tcp.plugins.module_utils._report import (
    boot_state,
    facts,
    listeners,
    told,
    unix_listeners,
)

KERNEL = identity.identify("6.18.44")
OLD = identity.identify("4.4.155")
SYSCTLS = {
    "somaxconn": 4096, "tcp_max_syn_backlog": 1024, "tcp_syncookies": 1, "tcp_synack_retries": 5, "tcp_abort_on_overflow": 0,
    "netdev_max_backlog": 1000,
}  # fmt: skip
NGINX = records.Owner(
    (
        records.Process(820, "nginx", (), "nginx.service", None, started="2026-11-20T05:00:00Z"),
        records.Process(812, "nginx", (), "nginx.service", None, started="2026-11-20T04:00:00Z"),
        records.Process(821, "nginx", (), "nginx.service", None),
    ),
    units.Unit("nginx.service"),
)


def sock(**changes):
    known = {
        "family": "ipv4", "protocol": "tcp", "address": "0.0.0.0", "port": 80, "device": None, "dual_stack": False, "inode": 7, "uid": 0,
        "accept_used": 3, "backlog": 511, "drops": 9, "cgroup_id": None,
    }  # fmt: skip
    return records.ListenSocket(**dict(known, **changes))


def entries(total):
    return records.HalfOpen((total,), 0, None, [], [])


def tally(**more):
    key = records.ListenKey("ipv4", "0.0.0.0", 80, None)
    return records.HalfOpenTally(entries(5), {key: entries(5)}, **more)


def rows(*socks, kernel=KERNEL, owners=None, fast_open=None, sysctls=None, **view):
    given = records.NamespaceView("host", SYSCTLS, sockets=socks, **view)
    return listeners.listener_rows(given, kernel, dict(SYSCTLS, **(sysctls or {})), owners or {}, fast_open)


def test_a_listener():
    (row,) = rows(sock(), owners={7: NGINX}, half_open=tally())
    assert row["accept_queue"] == {"used": 3, "limit": 512}
    assert row["syn_queue"]["used"] == 5
    assert (row["syn_queue"]["limit"], row["syn_queue"]["on_full"]) == (512, "cookies")
    assert row["since"] == "2026-11-20T04:00:00Z", "of the oldest process"
    assert row["processes"] == [{"pid": pid, "name": "nginx"} for pid in (820, 812, 821)]
    assert (row["unit"], row["bound_by"], row["drops"], row["inode"]) == ("nginx.service", "application", 9, 7)
    assert (row["reuseport"], row["raised"], row["fast_open"]) == (None, None, None)
    assert "nginx" in row["remedy"]
    assert row["memory_bytes"] > 512 * 200


@pytest.mark.parametrize("name, prefix", [("host", "`sysctl -w "), ("blue", "`ip netns exec blue sysctl -w ")])
def test_its_remedy_works_in_its_namespace(name, prefix):
    view = records.NamespaceView(name, SYSCTLS, sockets=(sock(backlog=128),))
    (row,) = listeners.listener_rows(view, KERNEL, dict(SYSCTLS, somaxconn=128), {7: NGINX})
    assert row["network_namespace"] == name and prefix + "net.core.somaxconn=" in row["remedy"]


def test_nobody_holds_it():
    (row,) = rows(sock())
    assert (row["since"], row["processes"], row["unit"], row["syn_queue"]["used"]) == (None, [], None, None)


def test_none_is_half_open():
    (row,) = rows(sock(port=81), half_open=tally())
    assert row["syn_queue"]["used"] == 0


def test_members_of_a_group_share_half_open_entries():
    found = rows(sock(), sock(inode=8), sock(inode=9, port=81), half_open=tally())
    assert [row["reuseport"] for row in found] == [{"members": 2, "half_open": 5}] * 2 + [None]
    assert [row["syn_queue"]["used"] for row in found] == [None, None, 0]


def test_a_socket_of_another_device_is_no_member():
    assert [row["reuseport"] for row in rows(sock(), sock(inode=8, device="eth0"))] == [None, None]


@pytest.mark.parametrize("missing", ["tcp_max_syn_backlog", "tcp_syncookies"])
def test_a_limit_needs_its_settings(missing):
    (row,) = rows(sock(), sysctls={missing: None})
    assert row["syn_queue"] == {"used": None, "limit": None, "new_peer_limit": None, "on_full": None}
    assert (row["accept_queue"], row["memory_bytes"], row["bound_by"]) == ({"used": 3, "limit": None}, None, None)


def test_a_backlog_that_is_not_told_binds_nothing():
    (row,) = rows(sock(backlog=None))
    assert (row["accept_queue"]["limit"], row["bound_by"]) == (None, None)


def test_without_somaxconn_limits_are_known_and_what_binds_is_not():
    (row,) = rows(sock(), sysctls={"somaxconn": None})
    assert (row["accept_queue"]["limit"], row["bound_by"]) == (512, None)


def test_memory_is_what_a_full_queue_of_its_family_takes():
    for family, address in (("ipv4", "0.0.0.0"), ("ipv6", "2001:db8::7")):
        (row,) = rows(sock(family=family, address=address))
        found = limits.queue_limits(KERNEL.level, KERNEL.rule, 511, 1024, 1)
        assert row["memory_bytes"] == memory.full_queue_bytes(KERNEL.level, found, family)


def test_a_raised_listener():
    (row,) = rows(sock(), raised={7: raised_record.Raised(1, 7, "2026-11-20T04:00:00Z", 128, 4)})
    assert row["raised"] == {"time": "2026-11-20T04:00:00Z", "before": 128, "drops": 4}


def test_fast_open():
    key = records.ListenKey("ipv4", "0.0.0.0", 80, None)
    counted = tally(fast_open={key: 2})
    (row,) = rows(sock(), half_open=counted, fast_open={7: 256})
    assert row["fast_open"] is None, "not switched on in this namespace"
    view = records.NamespaceView("host", SYSCTLS, sockets=(sock(), sock(inode=8, port=81), sock(inode=9, port=82)), half_open=counted, fast_open=True)
    found = listeners.listener_rows(view, KERNEL, SYSCTLS, {}, {7: 256, 8: 0})
    assert [row["fast_open"] for row in found] == [{"limit": 256, "used": 2}, None, {"limit": None, "used": 0}]


@pytest.mark.parametrize(("backlog", "bound_by", "limit"), [(128, "application", 129), (4096, "somaxconn", 4097), (9000, "somaxconn", 9001)])
def test_a_unix_socket(backlog, bound_by, limit):
    one = unix_listener.UnixListener("/run/x.sock", b"/run/x.sock", "stream", 7, 3, backlog)
    view = records.NamespaceView("host", SYSCTLS, unix=(one,))
    why = {"cause": "stopped"}
    (row,) = unix_listeners.unix_rows(view, KERNEL, SYSCTLS, {7: NGINX}, {7: "there"}, {7: why})
    assert row["accept_queue"] == {"used": 3, "limit": limit, "why": why}
    assert (row["path"], row["type"], row["inode"], row["file"], row["backlog"]) == ("/run/x.sock", "stream", 7, "there", backlog)
    assert (row["bound_by"], row["since"], row["unit"]) == (bound_by, "2026-11-20T04:00:00Z", "nginx.service")
    assert row["processes"][0] == {"pid": 820, "name": "nginx"}
    assert row["network_namespace"] == "host" and row["remedy"]


def test_a_unix_socket_of_which_little_is_known():
    one = unix_listener.UnixListener("@x", b"\0x", "seqpacket", 7, None, None)
    assert one.abstract and one.cgroup_id is None
    (row,) = unix_listeners.unix_rows(records.NamespaceView("blue", SYSCTLS, unix=(one,)), KERNEL, SYSCTLS, {}, {}, {})
    assert (row["accept_queue"], row["bound_by"], row["file"], row["since"]) == ({"used": None, "limit": None}, None, None, None)
    assert row["network_namespace"] == "blue"


def test_what_an_application_asks_for_binds_even_where_both_are_equal():
    assert unix_listener.bound_by(128, 128, 100) == "application"
    assert unix_listener.bound_by(128, 128, 128) == "somaxconn"
    assert unix_listener.bound_by(128, None, 100) is None
    assert unix_listener.bound_by(None, 128, 100) is None


def boot(value=None, number=None, source=None, **more):
    return dict.fromkeys(sysctls.KEYS, values.BootValue(value, number, source, **more))


def test_now_beside_after_a_reboot():
    states = boot_state.sysctl_states({"somaxconn": 128}, boot("4096", 4096, "/etc/sysctl.conf:1"), {"somaxconn": 4096})
    assert states["somaxconn"]["drift"] is True and states["tcp_syncookies"]["drift"] is None
    assert (states["somaxconn"]["runtime"], states["somaxconn"]["boot"], states["somaxconn"]["boot_source"]) == (128, 4096, "/etc/sysctl.conf:1")
    same = boot_state.sysctl_states({"somaxconn": 4096}, boot(), {"somaxconn": 4096})["somaxconn"]
    assert (same["boot"], same["boot_source"], same["drift"]) == (4096, sysctls.KERNEL_DEFAULT, False)
    doubtful = boot_state.sysctl_states({"somaxconn": 4096}, boot(doubt="cannot be read"), {"somaxconn": 4096})["somaxconn"]
    assert (doubtful["boot"], doubtful["boot_source"], doubtful["drift"]) == (None, None, None)


def test_whatever_else_sets_it_is_told():
    states = boot_state.sysctl_states(
        {"somaxconn": 1},
        boot(
            "1", 1, "x:1", shadowed=(values.Shadowed("y:2", "7", "why"),), certain=False,
            tuned=tuned.Asked("mine", 12, "/etc/tuned/mine/tuned.conf:3", True),
            others=(writer.Writer("cron", "/etc/crontab:4", "net.core.somaxconn", "0x10", writer.AFTER),
                    writer.Writer("udev", "/etc/x:1", "net.core.somaxconn", None, writer.RUNTIME)),
            near_misses=(near_misses.NearMiss("net.core.somaxconn", "/etc/sysctl.d/x:1", "7", "no", "net.core.somaxconn = 7"),),
        ),
        {},
    )  # fmt: skip
    state = states["somaxconn"]
    assert state["shadowed"] == [{"source": "y:2", "value": "7", "reason": "why"}]
    assert state["tuned"] == {"profile": "mine", "value": 12, "source": "/etc/tuned/mine/tuned.conf:3", "reapplies": True}
    assert [(one["by"], one["value"], one["order"]) for one in state["other_writers"]] == [("cron", 16, writer.AFTER), ("udev", None, writer.RUNTIME)]
    assert state["without_effect"] == [{"source": "/etc/sysctl.d/x:1", "value": "7", "reason": "no", "instead": "net.core.somaxconn = 7"}]
    assert state["boot_certain"] is False


def evidence(**changes):
    own = records.NamespaceView("host", SYSCTLS, sockets=(sock(),), counters={"ListenDrops": 1})
    known = {
        "kernel": KERNEL, "own": own, "views": [own], "owners": {}, "boot": None, "defaults": {}, "kernel_log": None, "others_asked": False,
    }  # fmt: skip
    return facts.Evidence(**dict(known, **changes))


def test_the_whole_structure_has_what_was_read_and_no_more():
    told = facts.assemble(evidence(), 10)
    assert set(told) == {"schema", "kernel", "sysctls", "listeners", "unix_listeners", "memory", "counters"}
    assert told["counters"] == {"ListenDrops": 1} and told["memory"] == {"total_bytes": None}
    assert [row["inode"] for row in told["listeners"]] == [7]
    assert told["sysctls"]["somaxconn"]["runtime"] == 4096


def test_other_namespaces_are_told_where_they_were_asked_for():
    own = records.NamespaceView("host", SYSCTLS, counters_delta={"seconds": 1})
    one = unix_listener.UnixListener("/run/x.sock", b"/run/x.sock", "stream", 8, 3, 128)
    blue = records.NamespaceView("blue", dict(SYSCTLS, somaxconn=64), sockets=(sock(),), unix=(one,), half_open=tally(), counters_delta={"seconds": 2})
    told = facts.assemble(
        evidence(own=own, views=[blue], others_asked=True, kernel_log={"readable": True}, mitigation={}, memory=5, why={7: {"cause": "stopped"}}), 10
    )
    assert told["network_namespaces"] == [{"name": "blue", "sysctls": blue.sysctls, "counters": None, "counters_delta": {"seconds": 2}}]
    assert told["listeners"][0]["accept_queue"]["why"] == {"cause": "stopped"}
    assert told["unix_listeners"][0]["bound_by"] == "somaxconn", "64 there, not 4096"
    assert (told["counters_delta"], told["kernel_log"], told["mitigation"]) == ({"seconds": 1}, {"readable": True}, {})
    assert told["half_open"]["total"] == 5 and told["memory"] == {"total_bytes": 5}


def test_what_a_kernel_has_only_once_holds_in_all_namespaces():
    seen = dict(SYSCTLS, tcp_syncookies=None, somaxconn=None)
    found = facts.effective_sysctls(OLD, seen, dict(SYSCTLS, tcp_syncookies=2, somaxconn=9))
    assert found["tcp_syncookies"] == 2, "per namespace since 4.6"
    assert found["somaxconn"] is None, "per namespace since long ago: not readable there"
    assert facts.effective_sysctls(KERNEL, seen, dict(SYSCTLS, tcp_syncookies=2))["tcp_syncookies"] is None


# ---------------------------------------------------------------- what users see


def read(**changes):
    """A host whose nginx does not accept."""
    row = {
        "network_namespace": "host", "family": "ipv4", "address": "0.0.0.0", "port": 80, "accept_queue": {"used": 129, "limit": 129}, "remedy": "Raise it.",
        "syn_queue": {"used": 0, "limit": 129, "new_peer_limit": None, "on_full": "cookies"},
    }  # fmt: skip
    given = {
        "schema": 1, "kernel": {"stable_level": "6.18.44"}, "listeners": [row, dict(row, port=81, accept_queue={"used": 0, "limit": 129})],
        "unix_listeners": [],
        "memory": {}, "counters": {}, "counters_delta": {}, "sysctls": {}, "half_open": {"total": 0, "sources": [1, 2, 3], "peers": [], "listeners": []},
    }  # fmt: skip
    return dict(given, **changes)


def seen(*subset, top=2, **changes):
    return told.told(read(**changes), frozenset(subset), top)


def test_a_part_comes_where_it_was_asked_for():
    assert set(seen()) == {"schema", "kernel"}
    assert set(seen("counters")) == {"schema", "kernel", "counters", "counters_delta"}
    assert set(seen("listeners")) == {"schema", "kernel", "listeners", "memory"}
    assert set(seen("unix")) == {"schema", "kernel", "unix_listeners"}
    assert set(seen("boot")) == set(seen("sysctls")) == {"schema", "kernel", "sysctls"}
    assert set(seen(network_namespaces=[])) == {"schema", "kernel", "network_namespaces"}
    assert seen("half_open")["half_open"]["sources"] == [1, 2] and seen("half_open", half_open=None)["half_open"] is None


def test_what_is_more_urgent_takes_the_place_of_a_listeners_own_remedy():
    found = seen("listeners", "findings")
    assert [one["id"] for one in found["findings"]] == ["accept-queue-overflow"]
    assert found["listeners"][0]["remedy"] == found["findings"][0]["remedy"] and found["listeners"][1]["remedy"] == "Raise it."
    assert seen("listeners")["listeners"][0]["remedy"] == found["listeners"][0]["remedy"], "also where findings were not asked for"
    assert seen("findings", listeners=[])["findings"] == [] == seen("findings", listeners=None)["findings"]


def test_boot_values_are_told_where_they_were_read():
    given = facts.assemble(evidence(boot=boot("9", 9, "/x:1"), defaults={"somaxconn": 4096}), 10)
    assert given["sysctls"]["somaxconn"]["boot"] == 9 and given["sysctls"]["somaxconn"]["drift"] is True
    assert facts.assemble(evidence(), 10)["sysctls"]["somaxconn"]["boot"] is None
