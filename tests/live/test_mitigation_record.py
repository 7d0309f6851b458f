# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a mitigation on a host, and what iptables leaves behind where it was told to."""

from __future__ import annotations

import ctypes
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


# ---------------------------------------------------------------- of another boot or network namespace


def another_namespace() -> None:
    """What a restart makes of a container whose engine keeps its /run: this process is in a fresh network namespace."""
    assert ctypes.CDLL(None, use_errno=True).unshare(lab.CLONE_NEWNET) == 0
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def inode() -> int:
    return os.stat("/proc/self/ns/net").st_ino


@isolated
def test_a_record_says_in_which_boot_and_namespace_it_holds() -> None:
    record = present(sysctls=COOKIES)["record"]
    assert (record["boot_id"] + "\n").encode() == sandbox.read("/proc/sys/kernel/random/boot_id")
    assert record["network_namespace"] == inode()
    assert record["namespace_cookie"] or tuple(map(int, os.uname().release.split(".")[:2])) < (5, 14)


@isolated
def test_what_a_container_had_before_its_restart_blocks_nothing() -> None:
    sandbox.set_sysctls(tcp_syncookies=0)
    first = present(sysctls=COOKIES, blocks=BLOCKS, causes=["before"])["record"]
    another_namespace()
    sandbox.set_sysctls(tcp_syncookies=0)
    found = read_record()
    assert (found.record, found.problem) == (None, None) and "another network namespace" in str(found.stale)
    with sandbox.unchanged():
        assert present(check=True, sysctls=COOKIES)["changed"]
    second = present(sysctls={"tcp_syncookies": {"before": 0, "set": 1}}, causes=["after"])
    assert second["changed"] and ["replaced" in one for one in second["warnings"]] == [True]
    assert second["record"]["causes"] == ["after"] and second["record"]["blocks"] == []
    assert second["record"]["network_namespace"] == inode()
    assert second["record"]["namespace_cookie"] != first["namespace_cookie"]
    assert read_record().record == second["record"] and present()["warnings"] == []


@isolated
def test_restoring_removes_what_is_stale_and_touches_nothing_else() -> None:
    sandbox.set_sysctls(tcp_syncookies=0)
    present(sysctls=COOKIES, blocks=BLOCKS)
    another_namespace()
    sandbox.set_sysctls(tcp_syncookies=1)  # as if the mitigation had set it, and it is the restarted container's own
    mitigated()
    taken_back()
    before = (saved(), bases(), sandbox.sysctls())
    assert before[0] != []  # an empty table, of which the stale record would say that it was not there before
    assert absent(check=True)["changed"] and os.path.exists(PATH)
    gone = absent()
    assert gone["changed"] and gone["record"] is None and ["removed" in one for one in gone["warnings"]] == [True]
    assert (saved(), bases(), sandbox.sysctls()) == before and not os.path.exists(os.path.dirname(PATH))
    assert not absent()["changed"]


@isolated
def test_a_number_that_the_kernel_gives_away_again_makes_no_record_ours() -> None:
    """The next network namespace often has the number of the last one that ended, as the kernel takes the lowest."""
    record = present(sysctls=COOKIES)["record"]
    if record["namespace_cookie"] is None:
        pytest.skip("Linux before 5.14 does not tell them apart")
    another_namespace()
    sandbox.write(PATH, json.dumps(dict(record, network_namespace=inode())), 0o600)
    assert read_record().record is None and "another network namespace" in str(read_record().stale)


@isolated
def test_the_record_of_another_boot_is_over_though_its_namespace_has_our_number() -> None:
    record = present(sysctls=COOKIES)["record"]
    sandbox.write(PATH, json.dumps(dict(record, boot_id=record["boot_id"][::-1])), 0o600)
    assert "another boot" in str(read_record().stale)
    assert present(sysctls=COOKIES)["changed"] and read_record().record == dict(record, since=read_record().record["since"])


@isolated
def test_the_record_of_a_namespace_that_lives_is_refused_as_before() -> None:
    """Of a process that is in it, and of one that only a name holds."""
    os.makedirs("/run/netns", exist_ok=True)
    record = present(sysctls=COOKIES)["record"]
    with lab.Netns("lives") as namespace:
        by_name = os.stat(namespace.path).st_ino
        with subprocess.Popen(["unshare", "-n", "sleep", "60"]) as process:
            try:
                assert lab.wait_for(lambda: os.stat("/proc/%d/ns/net" % process.pid).st_ino != inode())
                by_process = os.stat("/proc/%d/ns/net" % process.pid).st_ino
                for number in (by_name, by_process):
                    sandbox.write(PATH, json.dumps(dict(record, network_namespace=number, namespace_cookie=None)), 0o600)
                    for act in (lambda: present(sysctls=COOKIES), absent):
                        with sandbox.unchanged(), pytest.raises(NotRecorded, match="another network namespace"):
                            act()
            finally:
                process.kill()
    assert "another network namespace" in str(read_record().stale)  # both are gone by now


@isolated
def test_a_record_of_an_older_version_is_what_it_was() -> None:
    older = present(sysctls=COOKIES)["record"]
    del older["boot_id"], older["namespace_cookie"]
    sandbox.write(PATH, json.dumps(older), 0o600)
    assert read_record().record == dict(older, boot_id=None, namespace_cookie=None)
    another_namespace()
    with sandbox.unchanged(), pytest.raises(NotRecorded, match="another network namespace"):
        present(sysctls=COOKIES)


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
