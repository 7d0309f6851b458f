# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a mitigation on a host, and what iptables leaves behind where it was told to."""

from __future__ import annotations

import ipaddress
import json
import os
import stat
import subprocess
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.mitigation import NotRecorded, keep_record
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.addresses import own_addresses
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.firewall import bases, commands
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.mitigation_record import PATH, read_record
from ansible_collections.linuxnet.tcp.plugins.module_utils._write.firewall import remove_idle
from ansible_collections.linuxnet.tcp.tests.live import lab, sandbox
from ansible_collections.linuxnet.tcp.tests.live.sandbox import isolated

BLOCKS = [{"network": "198.51.100.0/24", "port": 80}]
COOKIES = {"tcp_syncookies": {"before": 0, "set": 1}}


def present(check: bool = False, **parts: Any) -> dict[str, Any]:
    return keep_record({"state": "present", "record": parts}, check)


def absent(check: bool = False) -> dict[str, Any]:
    return keep_record({"state": "absent", "record": None}, check)


def iptables(*arguments: str, command: str = "iptables") -> str:
    return subprocess.run([command, *arguments], capture_output=True, text=True, check=True).stdout


def saved(command: str = "iptables") -> list[str]:
    lines = iptables(command=command + "-save").splitlines()
    return [line.partition(" [")[0] for line in lines if not line.startswith("#")]


def mitigated(command: str = "iptables") -> None:
    iptables("-N", "SYN_BACKLOG", command=command)
    iptables("-I", "INPUT", "-j", "SYN_BACKLOG", command=command)


def taken_back(command: str = "iptables") -> None:
    iptables("-D", "INPUT", "-j", "SYN_BACKLOG", command=command)
    iptables("-X", "SYN_BACKLOG", command=command)


# ---------------------------------------------------------------- the file


@isolated
def test_a_record_is_written_merged_and_forgotten() -> None:
    predicted = present(check=True, sysctls=COOKIES)
    assert predicted["changed"] and not os.path.exists(os.path.dirname(PATH))
    first = present(sysctls=COOKIES, causes=["one"])
    assert first["changed"] and read_record().record == first["record"]
    status = os.stat(PATH)
    assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o600, 0)
    assert stat.S_IMODE(os.stat(os.path.dirname(PATH)).st_mode) == 0o755
    assert first["record"]["network_namespace"] == os.stat("/proc/self/ns/net").st_ino
    with sandbox.unchanged():
        assert not present(sysctls={"tcp_syncookies": {"before": 1, "set": 1}}, causes=["one"])["changed"]
        assert present(check=True, blocks=BLOCKS)["changed"]

    second = present(blocks=BLOCKS, causes=["two"])
    assert second["record"]["since"] == first["record"]["since"]
    assert second["record"]["sysctls"] == COOKIES and second["record"]["causes"] == ["one", "two"]
    assert '+      "network": "198.51.100.0/24"' not in second["diff"]["before"]
    assert absent(check=True)["changed"] and read_record().record == second["record"]
    gone = absent()
    assert gone["changed"] and gone["record"] == second["record"] and not os.path.exists(os.path.dirname(PATH))
    assert not absent()["changed"]


@isolated
def test_a_directory_that_somebody_uses_too_stays() -> None:
    present(sysctls=COOKIES)
    theirs = os.path.join(os.path.dirname(PATH), "theirs")
    sandbox.write(theirs, "x")
    absent()
    assert os.listdir(os.path.dirname(PATH)) == ["theirs"]


@isolated
def test_what_is_there_and_no_record_is_never_written_over() -> None:
    os.mkdir(os.path.dirname(PATH))
    for content, told in (("{", "no JSON"), (json.dumps({"schema": 1, "network_namespace": 1}), "another network namespace")):
        sandbox.write(PATH, content, 0o600)
        for act in (lambda: present(sysctls=COOKIES), absent):
            with sandbox.unchanged(), pytest.raises(NotRecorded, match=told):
                act()


@isolated
def test_what_is_given_has_to_be_a_record() -> None:
    for record in ({"sysctls": {"kernel.core_pattern": {"before": 0, "set": 1}}}, {"blocks": [{"network": "0.0.0.0/0", "port": 80}]}):
        with pytest.raises(InvalidOption, match="record: "):
            keep_record({"state": "present", "record": record})
    assert not os.path.exists(PATH)


@isolated
def test_a_full_disk_is_told_and_leaves_nothing_behind() -> None:
    os.mkdir(os.path.dirname(PATH))
    sandbox.mount("-t", "tmpfs", "-o", "size=4k", "full", os.path.dirname(PATH))
    sandbox.write(os.path.join(os.path.dirname(PATH), "theirs"), "x" * 4096)
    with pytest.raises(NotRecorded, match="No space left"):
        present(sysctls=COOKIES)
    assert os.listdir(os.path.dirname(PATH)) == ["theirs"]


# ---------------------------------------------------------------- what iptables leaves


@isolated
@pytest.mark.parametrize(("command", "network"), [("iptables", "198.51.100.0/24"), ("ip6tables", "2001:db8::/64")])
def test_the_table_that_was_not_there_goes_again(command: str, network: str) -> None:
    present(blocks=[{"network": network, "port": 80}])
    mitigated(command)
    taken_back(command)
    assert saved(command) != []
    absent()
    assert saved(command) == []
    assert {one[:2] for one in (bases() or {}).values()} == {(False, False)}


@isolated
@pytest.mark.parametrize(
    "theirs",
    [["-A", "INPUT", "-s", "203.0.113.1", "-j", "DROP"], ["-P", "INPUT", "DROP"], ["-N", "THEIRS"], ["-A", "FORWARD", "-j", "DROP"]],
)
def test_what_somebody_put_there_meanwhile_stays(theirs: list[str]) -> None:
    present(blocks=BLOCKS)
    mitigated()
    iptables(*theirs)
    taken_back()
    before = saved()
    absent()
    assert saved() == before and before != []


@isolated
def test_a_table_that_was_there_stays_though_it_is_empty() -> None:
    iptables("-N", "THEIRS")
    iptables("-X", "THEIRS")
    before = (saved(), bases())
    present(blocks=BLOCKS)
    mitigated()
    taken_back()
    absent()
    assert (saved(), bases()) == before and before[0] != []


@isolated
def test_the_kernel_itself_refuses_to_remove_what_holds_a_rule() -> None:
    mitigated()
    before = saved()
    assert not remove_idle("ipv4", table=True, chain=True) and not remove_idle("ipv6", table=True, chain=False)
    assert saved() == before


@isolated
def test_what_was_there_is_recorded_before_each_family_is_touched() -> None:
    assert present(blocks=BLOCKS)["record"]["firewall"] == {"ipv4": {"table": False, "input": False}}
    mitigated()
    mitigated("ip6tables")
    record = present(blocks=[{"network": "2001:db8::/64", "port": 80}])["record"]
    assert record["firewall"] == {"ipv4": {"table": False, "input": False}, "ipv6": {"table": True, "input": True}}


# ---------------------------------------------------------------- readers


@isolated
def test_a_chain_of_the_name_of_ours_is_seen_of_each_family() -> None:
    def ours() -> list[str]:
        return [family for family, base in sorted((bases() or {}).items()) if base.ours]

    subprocess.run(["iptables", "-N", "SYN_BACKLOG_OF_THEIRS"], check=True)
    subprocess.run(["iptables", "-t", "nat", "-N", "SYN_BACKLOG"], check=True)
    assert ours() == []
    subprocess.run(["ip6tables", "-N", "SYN_BACKLOG"], check=True)
    assert ours() == ["ipv6"]
    subprocess.run(["iptables", "-N", "SYN_BACKLOG"], check=True)
    assert ours() == ["ipv4", "ipv6"]


def test_own_addresses(net: lab.Pair) -> None:
    addresses, warnings = net.server.call(own_addresses)
    told = json.loads(net.server.run(["ip", "-j", "addr"], capture_output=True, text=True, check=True).stdout)
    every = {"%s/%d" % (ipaddress.ip_address(one["local"]), one["prefixlen"]) for link in told for one in link["addr_info"]}
    assert set(addresses) == every and warnings == []
    assert {net.server_v4, net.server_v6, "127.0.0.1", "::1"} <= {one.partition("/")[0] for one in addresses}


@isolated
def test_commands_are_found_as_ansible_finds_them() -> None:
    os.environ["PATH"] = "/usr/bin:relative::"
    assert commands() == {"ipv4": "/usr/sbin/iptables", "ipv6": "/usr/sbin/ip6tables"}
    sandbox.remove("/etc/alternatives/ip6tables")
    assert commands() == {"ipv4": "/usr/sbin/iptables"}
