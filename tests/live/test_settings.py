# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings about settings on the real kernel, and their remedies followed as they are written."""

from __future__ import annotations

import os
import re
import socket
import subprocess

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.gather import gather
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.options import (
    gathering_spec,
    parse_gathering_options,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel import running_kernel
from ansible_collections.linuxnet.tcp.tests.live import lab, sandbox
from ansible_collections.linuxnet.tcp.tests.live.commands import command, environment
from ansible_collections.linuxnet.tcp.tests.live.report import report
from ansible_collections.linuxnet.tcp.tests.live.sandbox import isolated, write
from ansible_collections.linuxnet.tcp.tests.live.test_syn_backlog import NO_REAPPLY, tuned

KERNEL = running_kernel()
PLUS = 1 if KERNEL.rule == "backlog+1" else 0
RAISES = pytest.mark.skipif(KERNEL.level < Level(5, 6), reason="pidfd_getfd(2) came with Linux 5.6")


def facts(**options):
    params = {name: option.get("default") for name, option in gathering_spec().items()}
    params.update(kernel_log_source="none", **options)
    return gather(parse_gathering_options(params))[0]


def told(namespace, **options):
    """The findings of a namespace, but for the settings that a test made."""
    found = namespace.call(facts, **options)["findings"]
    return {one["id"]: one for one in found if one["id"] != "runtime-undone-at-boot"}


def follow(words, **keywords):
    """Run the controller's command of a remedy."""
    done = subprocess.run(
        [command(words[0]), *words[1:]], env=environment(), capture_output=True, text=True, check=False, timeout=120,
        **keywords,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


# ---------------------------------------------------------------- a namespace of its own


@pytest.mark.ansible
@RAISES
def test_a_namespace_with_its_own_somaxconn_and_both_of_its_remedies(net):
    container = net.server
    for namespace, somaxconn in ((container, 100), (net.client, 4096)):
        namespace.sysctl("net.core.somaxconn", somaxconn)
    seen = {"network_namespaces": ["host", container.name], "ports": [80]}
    with lab.listener(container, "0.0.0.0", 80, backlog=511):
        assert told(net.client, **seen) == {}, "nobody needs more"
        lab.spoof_syns(net, port=80, count=300)
        found = told(net.client, **seen)["namespace-somaxconn"]
        assert found["severity"] == "warning" and found["subject"] == "0.0.0.0:80 in network namespace " + container.name
        assert (found["evidence"]["somaxconn"], found["evidence"]["somaxconn_of_host"]) == (100, 4096)
        assert "listener-bound-by-somaxconn" not in told(net.client, **seen)
        # seen from inside, nobody knows of a host
        assert "namespace-somaxconn" not in told(container) and "listener-bound-by-somaxconn" in told(container)

        net.client.sysctl("net.core.somaxconn", 65535)  # what it says is of no use
        (inside,) = re.findall(r"`([^`]*sysctl -w net\.core\.somaxconn=[0-9]+)`", found["remedy"])
        subprocess.run(inside.split(), check=True, capture_output=True)
        assert container.sysctl("net.core.somaxconn") == "4096"
        lab.spoof_syns(net, port=80, count=300)
        assert lab.half_open_count(container, 80) <= 100 + PLUS, "the socket keeps what it latched"
        follow(report(container, 80, asked=container.name).at_once)
        assert report(container, 80).backlog == 4096
        lab.spoof_syns(net, port=80, count=300)
        assert lab.half_open_count(container, 80) >= 300, "and now it does not"


@pytest.mark.ansible
@RAISES
def test_the_one_of_two_listeners_on_a_port_is_raised(net):
    net.server.sysctl("net.core.somaxconn", 4096)
    with lab.listener(net.server, "10.77.0.1", 80, backlog=100), lab.listener(net.server, "127.0.0.1", 80, backlog=4096):
        rows = {row["address"]: row for row in net.server.call(facts, gather_subset=["listeners"])["listeners"]}
        now = rows["10.77.0.1"]["remedy"].rpartition("`ansible HOST ")[2].rpartition("`")[0]
        assert "address=10.77.0.1" in now
        with net.server.enter():
            follow(["ansible", "localhost", *now.partition(" -a ")[0].split(), "-a", now.partition(" -a ")[2].strip("'")])
        rows = {row["address"]: row for row in net.server.call(facts, gather_subset=["listeners"])["listeners"]}
        assert {address: row["backlog"] for address, row in rows.items()} == {"10.77.0.1": 4096, "127.0.0.1": 4096}


# ---------------------------------------------------------------- time and memory


def test_how_long_entries_stay_is_told_while_the_queue_is_full(net):
    with lab.listener(net.server, "0.0.0.0", 80, backlog=100):
        assert told(net.server) == {}
        lab.spoof_syns(net, port=80, count=300)
        found = told(net.server)["half-open-lifetime"]
        assert (found["severity"], found["evidence"]["half_open_lifetime"]) == ("info", 63.0)
        assert found["evidence"]["spoofed_syn_rate_to_fill"] == pytest.approx((100 + PLUS) / 9, abs=0.1)
        (fewer,) = re.findall("`(sysctl -w [^`]*)`", found["remedy"])
        net.server.run(fewer.split(), check=True, capture_output=True)
        assert told(net.server)["half-open-lifetime"]["evidence"]["half_open_lifetime"] == 7.0


def test_the_memory_that_a_chosen_backlog_may_take(net):
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    fits, too_much = (int(machine * share / 2904) for share in (0.11, 0.14))  # 344 and 2560 bytes for each
    net.server.sysctl("net.core.somaxconn", 2**31 - 1)
    with lab.listener(net.server, "0.0.0.0", 80, backlog=fits):
        seen = net.server.call(facts)
        assert seen["memory"] == {"total_bytes": machine}
        assert seen["listeners"][0]["memory_bytes"] == pytest.approx(0.11 * machine, rel=0.01)
        assert "memory-at-limits" not in told(net.server)
    with lab.listener(net.server, "127.0.0.1", 81, backlog=too_much):
        assert "memory-at-limits" not in told(net.server), "nobody else reaches it"
    with lab.listener(net.server, "0.0.0.0", 80, backlog=too_much):
        found = told(net.server)["memory-at-limits"]
        assert (found["severity"], found["subject"]) == ("warning", "0.0.0.0:80")
        assert found["evidence"]["share"] == pytest.approx(0.14, abs=0.001)
        enough = int(re.search(r"Set a smaller backlog there: at most (\d+)", found["remedy"]).group(1))
    with lab.listener(net.server, "0.0.0.0", 80, backlog=enough):
        assert "memory-at-limits" not in told(net.server)


# ---------------------------------------------------------------- TuneD


def boot():
    """somaxconn and the findings about it, as the host is now."""
    seen = facts(gather_subset=["boot", "findings"])
    return seen["sysctls"]["somaxconn"], [one for one in seen["findings"] if one["subject"] == "net.core.somaxconn"]


@isolated
def test_a_profile_in_the_way_of_a_file_and_the_profile_that_is_proposed() -> None:
    sandbox.set_sysctls(somaxconn=2048)
    write("/etc/sysctl.d/50-a.conf", "net.core.somaxconn = 5000\n")
    os.makedirs("/usr/lib/tuned", exist_ok=True)
    sandbox.mount("-t", "tmpfs", "profiles", "/usr/lib/tuned")
    os.makedirs("/usr/lib/tuned/profiles/fast")
    tuned("", name="unused", main=NO_REAPPLY)
    write("/usr/lib/tuned/profiles/fast/tuned.conf", "[main]\nsummary=x\n[sysctl]\nnet.core.somaxconn=2048\n")
    write("/etc/tuned/active_profile", "fast\n")
    line = "/usr/lib/tuned/profiles/fast/tuned.conf:4"
    state, found = boot()
    assert state["tuned"] == {"profile": "fast", "value": 2048, "source": line, "reapplies": False}
    assert (state["boot"], state["boot_source"], state["drift"]) == (2048, line, False)
    assert [one["id"] for one in found] == ["tuned-in-the-way"]
    *proposed, activated = re.findall(r"`([^`]*)`", found[0]["remedy"])
    assert activated == "tuned-adm profile mine"
    for shell_command in proposed:
        subprocess.run(["sh", "-ec", shell_command], check=True)
    write("/etc/tuned/active_profile", "mine\n")  # as `tuned-adm profile mine` does, which then sets the value
    sandbox.set_sysctls(somaxconn=5000)
    state, found = boot()
    assert (state["boot"], state["tuned"]["profile"], found) == (5000, "mine", [])


@isolated
def test_a_profile_in_the_way_of_what_is_in_force_and_a_file_that_comes_after_it() -> None:
    sandbox.set_sysctls(somaxconn=5000)
    tuned("[sysctl]\nnet.core.somaxconn=>2048\n", name="mine")
    state, found = boot()
    if state["boot"] == 4096:  # the kernel's default, which the profile leaves alone
        assert state["boot_source"] == "kernel default" and state["tuned"]["value"] == 4096
        assert [one["id"] for one in found] == ["runtime-undone-at-boot"]
    write("/usr/lib/sysctl.d/50-vendor.conf", "net.core.somaxconn = 128\n")
    state, found = boot()
    assert (state["boot"], state["drift"], state["tuned"]["reapplies"]) == (2048, True, True)
    assert [one["id"] for one in found] == ["tuned-in-the-way"]
    assert "So the present value 5000 is lost at the next boot at the latest" in found[0]["summary"]
    write("/etc/sysctl.d/99-zz-somaxconn.conf", "net.core.somaxconn = 5000\n")
    state, found = boot()
    assert (state["boot"], state["boot_source"], found) == (5000, "/etc/sysctl.d/99-zz-somaxconn.conf:1", [])


# ---------------------------------------------------------------- a host that is well


@isolated
def test_a_fresh_host_is_told_nothing() -> None:
    with socket.socket() as listening, socket.socket(socket.AF_INET6) as other:
        listening.bind(("0.0.0.0", 80))
        listening.listen(-1)
        other.bind(("::1", 81))
        other.listen(128)
        seen = facts(network_namespaces=["host"])
        assert len(seen["listeners"]) == 2 and seen["findings"] == []
        assert all(state["tuned"] is None for state in seen["sysctls"].values())
