# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of settings: where they come from, what they cost, and where they do not count."""

from __future__ import annotations

import copy
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings.findings import findings
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._findings.test_findings import (
    DEFAULTS,
    JUNK,
    during,
    host,
    listener,
    replaced,
    state,
    with_listener,
)

KEY = "net.core.somaxconn"
PROFILE = "/usr/lib/tuned/profiles/throughput-performance/tuned.conf:12"
BY_TUNED = "overridden by %s, applied by TuneD after the sysctl loader" % PROFILE
LARGE = {"backlog": 65535, "memory_bytes": 190318080}
LINE = "/etc/sysctl.d/50-a.conf:1"


def only(facts, identifier):
    return [one for one in findings(facts) if one["id"] == identifier]


def ids(facts):
    return [one["id"] for one in findings(facts)]


# ---------------------------------------------------------------- TuneD


def tuned(value=2048, source=PROFILE, reapplies=False, **changes):
    """A host where TuneD's profile decides about somaxconn."""
    asked = {"profile": "throughput-performance", "value": value, "source": source, "reapplies": reapplies}
    told = {"runtime": value, "boot": value, "boot_source": source, "tuned": asked}
    return state(host(), "somaxconn", **dict(told, **changes))


def overriding(**changes):
    return tuned(shadowed=[{"source": LINE, "value": "5000", "reason": BY_TUNED}], **changes)


def test_tuned_over_a_file_is_told_once():
    (found,) = findings(overriding())
    assert (found["id"], found["severity"], found["subject"]) == ("tuned-in-the-way", "warning", KEY)
    assert "throughput-performance sets net.core.somaxconn to 2048 (%s) at boot. This overrides %s, which asks for 5000." % (
        PROFILE, LINE,
    ) in found["summary"]  # fmt: skip
    assert found["evidence"]["overridden"] == LINE and found["evidence"]["tuned"] == 2048
    assert "include=throughput-performance\\n[sysctl]\\nnet.core.somaxconn=5000\\n'" in found["remedy"]
    assert "/etc/tuned/profiles/mine" in found["remedy"] and found["remedy"].endswith("delete %s." % LINE)


def test_tuned_over_the_value_in_force_is_told_once():
    facts = tuned(runtime=5000, drift=True)
    (found,) = findings(facts)
    assert found["id"] == "tuned-in-the-way"
    assert "at boot. So the present value 5000 is lost at the next boot at the latest." in found["summary"]
    assert found["remedy"].endswith("To leave it to TuneD, `sysctl -w net.core.somaxconn=2048`.")


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"reapplies": True}, "a plain `net.core.somaxconn = 5000` to /etc/sysctl.d/99-zz-somaxconn.conf, which TuneD"),
        ({"source": "/usr/lib/tuned/old/tuned.conf:3"}, "`mkdir -p /etc/tuned/mine`, then "),
        ({"source": "/etc/tuned/my/tuned.conf:3"}, "To have 5000, change it in /etc/tuned/my/tuned.conf:3"),
    ],
)
def test_how_to_get_past_tuned(changes, words):
    (found,) = findings(overriding(**changes))
    assert words in found["remedy"]


@pytest.mark.parametrize(
    "facts",
    [
        tuned(),
        tuned(value=None, source=PROFILE, boot=None, boot_source=None, runtime=5000),  # only TuneD can tell: a warning does
        tuned(boot=5000, boot_source=LINE, runtime=5000),  # the file is applied after the profile
        overriding(boot=None, boot_source=None, drift=None),
        tuned(shadowed=[{"source": "/usr/lib/sysctl.d/9.conf:1", "value": "128", "reason": BY_TUNED}]),
        tuned(shadowed=[{"source": LINE, "value": "0x800", "reason": BY_TUNED}]),  # the same number
    ],
)
def test_tuned_that_is_in_nobodys_way(facts):
    assert findings(facts) == []


def test_the_remedies_of_two_settings_make_one_profile():
    """Whoever follows them one after the other is not to lose the first."""
    facts = overriding()
    asked = dict(facts["sysctls"]["somaxconn"]["tuned"], value=1024)
    state(facts, "tcp_max_syn_backlog", runtime=8192, boot=1024, boot_source=PROFILE, drift=True, tuned=asked)
    differing = dict(runtime=7, boot=8, drift=True)
    for name, changes in (("tcp_synack_retries", {"reapplies": True}), ("tcp_syncookies", {"source": "/etc/tuned/a:1"})):
        elsewhere = dict(asked, value=8, **changes)  # it has another remedy
        state(facts, name, boot_source=elsewhere["source"], tuned=elsewhere, **differing)
    state(facts, "netdev_max_backlog", boot_source="/etc/sysctl.conf:1", tuned=asked, **differing)  # not TuneD's to decide
    told_of = only(facts, "tuned-in-the-way")
    commands = [found for one in told_of for found in re.findall(r"`printf '([^`]*)'", one["remedy"])]
    expected = "net.core.somaxconn=5000\\nnet.ipv4.tcp_max_syn_backlog=8192\\n"
    assert len(told_of) == 4
    assert commands == ["[main]\\ninclude=throughput-performance\\n[sysctl]\\n" + expected] * 2


@pytest.mark.parametrize(
    "active, ours",
    [("mine", "mine-2"), ("balanced, mine-2", "mine-3"), ("mine-9,mine", "mine-10"), ("mine-x", "mine"), ("a", "mine")],
)
def test_no_profile_is_made_to_include_itself(active, ours):
    facts = overriding()
    facts["sysctls"]["somaxconn"]["tuned"]["profile"] = active
    (found,) = findings(facts)
    assert "include=%s\\n" % active in found["remedy"]
    assert "> /etc/tuned/profiles/%s/tuned.conf`, then `tuned-adm profile %s`" % (ours, ours) in found["remedy"]


def test_files_that_tuned_applies_again_are_files_in_each_others_way():
    conf = "overridden by /etc/sysctl.conf:1, applied by TuneD after the sysctl loader"
    facts = tuned(
        boot=128, runtime=128, boot_source="/etc/sysctl.conf:1",
        shadowed=[{"source": LINE, "value": "5000", "reason": conf}],
    )  # fmt: skip
    assert ids(facts) == ["boot-file-shadowed"]


# ---------------------------------------------------------------- boot files


def mitigated(facts, **sysctls):
    facts["mitigation"] = {"record": {"sysctls": sysctls}, "controller": None}
    return facts


def test_what_a_mitigation_set_is_meant_to_go():
    drifted = {"runtime": 8192, "drift": True}
    facts = mitigated(state(host(), "somaxconn", **drifted), somaxconn={"before": 4096, "set": 8192})
    (found,) = only(facts, "runtime-undone-at-boot")
    assert found["severity"] == "info"
    assert "linuxnet.tcp.restore" in found["remedy"] and found["evidence"]["before"] == 4096
    by_tuned = mitigated(tuned(**drifted), somaxconn={"before": 2048, "set": 8192})
    assert only(by_tuned, "runtime-undone-at-boot")[0]["severity"] == "info" and not only(by_tuned, "tuned-in-the-way")
    changed_since = mitigated(state(host(), "somaxconn", **drifted), somaxconn={"before": 4096, "set": 10000})
    assert only(changed_since, "runtime-undone-at-boot")[0]["severity"] == "warning"
    for junk in (None, 5, {}, {"set": None}):
        facts = mitigated(state(host(), "somaxconn", **drifted), somaxconn=junk)
        assert only(facts, "runtime-undone-at-boot")[0]["severity"] == "warning"


def test_a_packages_file_is_not_to_be_edited():
    (found,) = findings(state(host(), "somaxconn", runtime=8192, drift=True, boot_source="/usr/lib/sysctl.d/9.conf:3"))
    assert "> /etc/sysctl.d/99-zz-somaxconn.conf`" in found["remedy"] and "in /usr/lib" not in found["remedy"]


@pytest.mark.parametrize(
    "reason, winner, words",
    [
        ("overridden by /etc/sysctl.d/99-v.conf:3", "/etc/sysctl.d/99-v.conf:3", "Delete the line that is not meant: "),
        ("overridden by /usr/lib/sysctl.d/99-v.conf:3", "/usr/lib/sysctl.d/99-v.conf:3", "whose name sorts later"),
        ("the kernel refuses this value", "kernel default", "Write a number from 0 to 2147483647"),
        ("no loader applies this file at boot", "kernel default", "systemd-sysctl.service"),
        ("gone after a reboot: /run starts empty", "kernel default", "Move the line to a file in /etc/sysctl.d."),
        ("systemd-sysctl does not read this file", "kernel default", "Move the line to a file in /etc/sysctl.d."),
        ("/etc/sysctl.d/a.conf masks this file", "kernel default", "Give /etc/sysctl.d/50-a.conf another name."),
    ],
)
def test_each_reason_for_having_no_effect_has_its_remedy(reason, winner, words):
    lost = [{"source": LINE, "value": "5000", "reason": reason}]
    (found,) = findings(state(host(), "somaxconn", shadowed=lost, boot_source=winner))
    assert found["id"] == "boot-file-shadowed" and words in found["remedy"]
    assert found["summary"].endswith("this line has no effect: %s. After a reboot net.core.somaxconn will be 4096." % reason)


def test_the_same_number_written_another_way_is_no_contradiction():
    lost = [{"source": LINE, "value": "0x1000", "reason": "overridden by /etc/b.conf:1"}]
    assert findings(state(host(), "somaxconn", shadowed=lost)) == []


def test_cookies_that_a_file_turns_off_again():
    facts = state(host(tcp_syncookies=0), "tcp_syncookies", boot_source="/etc/sysctl.d/x.conf:2")
    (found,) = findings(facts)
    assert found["remedy"] == (
        "sysctl -w net.ipv4.tcp_syncookies=1  # and in /etc/sysctl.d/x.conf:2, which sets it to 0 at boot"
    )


@pytest.mark.parametrize("level, forced", [("3.11.0", False), ("3.12.0", True), ("6.18.44", True), (None, True)])
def test_cookies_that_are_forced_are_to_be_on_demand(level, forced):
    facts = host(tcp_syncookies=2)
    facts["kernel"]["stable_level"] = level
    told_of = only(facts, "syncookies-forced")
    assert [one["remedy"] for one in told_of] == ["sysctl -w net.ipv4.tcp_syncookies=1"] * forced


def test_what_cookies_that_are_off_cost_is_counted_where_it_was_looked_for():
    def evidence(facts):
        return only(facts, "syncookies-off")[0]["evidence"]

    off = host(tcp_syncookies=0)
    assert evidence(off) == {"tcp_syncookies": 0, "full": [], "TCPReqQFullDrop": None}
    assert evidence(during(off))["TCPReqQFullDrop"] == 0
    assert evidence(during(off, TCPReqQFullDrop=3))["TCPReqQFullDrop"] == 3


# ---------------------------------------------------------------- resets instead of waiting


def test_clients_that_a_full_accept_queue_resets():
    resets = host(tcp_abort_on_overflow=1)
    (found,) = findings(resets)
    assert (found["id"], found["severity"]) == ("abort-on-overflow", "info")
    assert found["subject"] == "net.ipv4.tcp_abort_on_overflow"
    assert "tcp_abort_on_overflow is 1" in found["summary"] and "connection reset by peer" in found["summary"]
    assert found["evidence"] == {"tcp_abort_on_overflow": 1, "full": [], "ListenOverflows": None}
    assert found["remedy"] == "sysctl -w net.ipv4.tcp_abort_on_overflow=0"
    assert findings(host(tcp_abort_on_overflow=0)) == []


@pytest.mark.parametrize("used, overflowed, severity", [(128, 0, "info"), (129, 0, "warning"), (0, 1, "warning")])
def test_resets_are_a_warning_where_the_queue_is_full_or_overflows(used, overflowed, severity):
    facts = with_listener(host(tcp_abort_on_overflow=1), accept_queue={"used": used, "limit": 129})
    (found,) = only(during(facts, ListenOverflows=overflowed), "abort-on-overflow")
    assert found["severity"] == severity
    assert found["evidence"]["full"] == (["0.0.0.0:80"] if used == 129 else [])
    assert found["evidence"]["ListenOverflows"] == overflowed


def test_a_container_that_resets_clients_is_told_with_its_command():
    facts = host()
    facts["network_namespaces"] = [{"name": "pid:812", "sysctls": dict(DEFAULTS, tcp_abort_on_overflow=1), "counters": {}}]
    (found,) = findings(facts)
    assert found["subject"] == "net.ipv4.tcp_abort_on_overflow in network namespace pid:812"
    assert found["remedy"].startswith("nsenter --net --target 812 sysctl -w net.ipv4.tcp_abort_on_overflow=0")


# ---------------------------------------------------------------- 16 bits


def old(level="3.10.40", **sysctls):
    facts = host(**sysctls)
    facts["kernel"].update(stable_level=level, rule="power_of_two")
    return facts


def test_more_than_16_bits_hold():
    facts = with_listener(old(somaxconn=70000), backlog=4464)
    (found,) = findings(facts)
    assert (found["id"], found["severity"], found["subject"]) == ("somaxconn-16-bits", "warning", KEY)
    assert "asks for all of it gets 4464" in found["summary"] and "Linux 3.10.40" in found["summary"]
    assert found["evidence"]["listeners"] == ["0.0.0.0:80"]
    assert "sysctl -w net.core.somaxconn=65535" in found["remedy"]
    assert "asks for 65536 gets 0" in findings(old(somaxconn=-1))[0]["summary"]
    assert findings(old(somaxconn=-1))[0]["evidence"]["listeners"] == []
    for quiet in (old(somaxconn=65535), old(somaxconn=0), old("4.1", somaxconn=70000), host(somaxconn=70000)):
        assert findings(quiet) == []


def test_a_line_that_asks_for_more_than_16_bits():
    lost = [{"source": LINE, "value": "100000", "reason": "the kernel refuses this value"}]
    (found,) = findings(state(old("3.16.7"), "somaxconn", shadowed=lost))
    assert found["id"] == "somaxconn-16-bits" and "%s sets net.core.somaxconn to 100000" % LINE in found["summary"]
    (found,) = only(state(old("3.2.0"), "somaxconn", boot=100000, boot_source=LINE, drift=True), "somaxconn-16-bits")
    assert LINE in found["summary"]
    for facts, value in ((host(), "100000"), (old("4.1"), "100000"), (old("3.16.7"), "65535")):
        assert ids(state(facts, "somaxconn", shadowed=[dict(lost[0], value=value)])) == ["boot-file-shadowed"]


# ---------------------------------------------------------------- other namespaces


def inside(knob="somaxconn", here=None, **there):
    """A container whose listener is strained, bound by a setting of its own namespace."""
    facts = host(**(here or {}))
    facts["network_namespaces"] = [{"name": "pid:812", "sysctls": dict(DEFAULTS, **there), "counters": {}}]
    full = {"used": 129, "limit": 129}
    facts["listeners"].append(
        listener(network_namespace="pid:812", backlog=128, bound_by=knob, syn_queue=full, remedy="Raise it there.")
    )
    return facts


def test_a_containers_own_somaxconn_is_what_binds():
    found = findings(inside(somaxconn=128))
    assert [one["id"] for one in found] == ["syn-queue-full", "namespace-somaxconn", "half-open-lifetime"]
    assert (found[1]["severity"], found[1]["subject"]) == ("warning", "0.0.0.0:80 in network namespace pid:812")
    assert found[1]["summary"].startswith(
        "Network namespace pid:812 has its own net.core.somaxconn, 128; raising the host's, which is 4096, changes nothing"
    )
    assert (found[1]["evidence"]["somaxconn"], found[1]["evidence"]["somaxconn_of_host"]) == (128, 4096)
    assert found[1]["remedy"] == "Raise it there."
    for same in (4096, 8192):
        assert "listener-bound-by-somaxconn" in ids(inside(somaxconn=same))


def test_a_containers_own_tcp_max_syn_backlog():
    facts = inside("tcp_max_syn_backlog", tcp_max_syn_backlog=128, tcp_syncookies=0)
    assert "own net.ipv4.tcp_max_syn_backlog, 128" in only(facts, "namespace-somaxconn")[0]["summary"]
    assert only(facts, "tcp-max-syn-backlog-binds") == []


def test_a_namespace_that_is_well_or_not_seen_from_outside_is_no_finding():
    facts = inside(somaxconn=128)
    facts["listeners"][1]["syn_queue"]["used"] = 3
    assert findings(facts) == []
    facts = inside(somaxconn=128)
    for unknown in (facts["sysctls"]["somaxconn"], facts["network_namespaces"][0]["sysctls"]):
        less = copy.deepcopy(facts)
        (less["sysctls"]["somaxconn"] if "runtime" in unknown else less["network_namespaces"][0]["sysctls"]).clear()
        assert only(less, "namespace-somaxconn") == [] and only(less, "listener-bound-by-somaxconn")


# ---------------------------------------------------------------- whatever is there


def everything():
    facts = mitigated(overriding(runtime=5000, drift=True), tcp_syncookies={"before": 0, "set": 1})
    facts.update(inside(here={"somaxconn": 4096}, somaxconn=128), memory={"total_bytes": 1 << 20})
    facts["sysctls"] = overriding(runtime=5000, drift=True)["sysctls"]
    facts["listeners"].append(listener(port=81, **LARGE))
    return facts


def test_all_of_it_at_once():
    assert {"tuned-in-the-way", "namespace-somaxconn", "memory-at-limits", "half-open-lifetime"} <= set(ids(everything()))


@pytest.mark.parametrize("level", ["6.18.44", "3.10.40", None])
@given(st.integers(1, 10**6), JUNK)
def test_no_value_anywhere_raises(level, place, junk):
    facts = everything()
    facts["kernel"]["stable_level"] = level
    for one in findings(replaced(facts, place, junk)):
        assert set(one) == {"id", "severity", "subject", "summary", "evidence", "remedy"}


def everywhere(value, place=()):
    """Each place in nested facts, but the whole."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield place + (name,)
        yield from everywhere(one, place + (name,))


def put(value, place, instead):
    changed = copy.copy(value)
    changed[place[0]] = put(value[place[0]], place[1:], instead) if place[1:] else instead
    return changed


@pytest.mark.parametrize(
    "junk",
    [None, True, -1, 5, 1 << 70, 10**400, float("nan"), float("inf"), "", "\x1b[31m{{ x }}\n", [], [5], ["x"], [[]], {}, {"x": {}}],
    ids=lambda junk: repr(junk)[:12],
)
def test_junk_in_each_place_neither_raises_nor_reaches_a_terminal(junk):
    facts = mitigation_of_all_kinds(during(everything(), ListenDrops=5))
    assert "mitigation-in-force" in ids(facts)
    for place in everywhere(facts):
        for one in findings(put(facts, place, junk)):
            for words in (one["subject"], one["summary"], one["remedy"]):
                assert words.isprintable() and "{{" not in words, (place, words)


def mitigation_of_all_kinds(facts):
    facts["mitigation"]["record"].update(
        since="2026-11-20T04:23:45Z",
        causes=["syn-flood-few-networks"],
        listeners=[{"address": "0.0.0.0", "port": 80, "before": 128, "set": 4096, "network_namespace": "host"}],
        blocks=[{"network": "198.51.100.0/24", "port": 80}],
    )
    return facts
