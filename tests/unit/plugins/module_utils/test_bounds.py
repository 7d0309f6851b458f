# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values at their bounds, by room: one less or more decides otherwise."""

from __future__ import annotations

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications import amounts
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot import tuned
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level
from ansible_collections.linuxnet.tcp.plugins.module_utils._log import copies, entries, kmsg_record, rulebook
from ansible_collections.linuxnet.tcp.plugins.module_utils._metrics import families, totals
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import condition as model_condition
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import (
    mitigation,
    networks,
    records,
    shapes,
    sources,
    units,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._watch import enough, samples
from ansible_collections.linuxnet.tcp.plugins.module_utils._writers import shell

NOW, OLD = Level(6, 18, 44), Level(2, 6, 32)


@pytest.mark.parametrize(("priority", "taken"), [(0, True), (7, True), (8, False), (-1, False), ("info", True)])
def test_a_priority_of_dmesgs_json_is_one_of_the_kernels(priority, taken):
    said = entries._of_dmesg({"pri": priority, "time": 5.0, "msg": "x"})
    assert (said == copies.OTHERS) != taken
    assert entries._of_dmesg({"pri": priority, "fac": "user", "time": 5.0, "msg": "x"}) == copies.OTHERS


@pytest.mark.parametrize(("digits", "places"), [(10, 0), (20, 1), (17, 2)])
def test_as_many_digits_as_the_kernel_prints(digits, places):
    for more, taken in ((0, True), (1, False)):
        fields = [b"6", b"5", b"7"]
        fields[places] = b"1" * (digits + more)
        assert (kmsg_record.kmsg_place(b",".join(fields) + b",-;x") is not None) == taken


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", "localhost"])
def test_another_host_is_never_the_controller(host):
    assert rulebook.other_host(host) is None


def test_addresses_and_names_of_others():
    assert rulebook.other_host("192.0.2.7") == "192.0.2.7" and rulebook.other_host("web1") == "web1"


@pytest.mark.parametrize(("port", "good"), [(0, False), (1, True), (65535, True), (65536, False)])
def test_a_block_has_a_port(port, good):
    record = dict(mitigation.empty(), blocks=[{"network": "198.51.100.0/24", "port": port}])
    if good:
        assert mitigation.parse_record(record)["blocks"] == [{"network": "198.51.100.0/24", "port": port}]
    else:
        with pytest.raises(mitigation.BadRecord):
            mitigation.parse_record(record)


def test_nftables_leaves_no_chain_behind():
    blocks = [{"network": "198.51.100.0/24", "port": 80}, {"network": "2001:db8::/64", "port": 80}]
    assert mitigation.chained_families(dict(mitigation.empty(), backend=mitigation.NFTABLES, blocks=blocks)) == []
    assert mitigation.chained_families(dict(mitigation.empty(), backend=mitigation.IPTABLES, blocks=blocks)) == ["ipv4", "ipv6"]


def test_the_unit_of_a_user_is_the_one_right_below_the_manager():
    path = "/user.slice/user-5.slice/user@5.service/web.service"
    assert units.unit_of_path(path) == units.Unit("web.service", 5)


@pytest.mark.parametrize(("value", "before", "after"), [(">5", 3, 5), (">5", 9, 9), ("<5", 9, 5), ("<5", 3, 3), (">", 3, None), ("<", 3, None)])
def test_one_digit_behind_an_operator(value, before, after):
    config = tuned.tuned(tuned.merged(["/p"], {"/p": "[sysctl]\nnet.core.somaxconn=" + value + "\n"}), {"reapply_sysctl": "0"})
    assert tuned.asked(config, "net.core.somaxconn", before).number == after


@pytest.mark.parametrize(("length", "kept"), [(5, True), (6, False)])
def test_a_text_of_the_longest_length_is_kept_whole(length, kept):
    found = shapes.Text(5).admitted("x" * length)
    assert (found == "x" * length) == kept and len(found) == 5


@pytest.mark.parametrize(
    ("backlog", "most", "level", "wanted"),
    [
        (1, 0, NOW, 4096), (2048, 0, NOW, 4096), (2049, 0, NOW, 8192), (4096, 0, NOW, 8192), (4097, 0, NOW, 16384), (4096, 8191, NOW, 8192),
        (3000, 6000, NOW, 6000), (3000, 5999, NOW, 8192), (60000, 0, OLD, 0xFFFF), (1 << 30, 0, NOW, 0x7FFFFFFF),
    ],
)  # fmt: skip
def test_twice_what_there_is_rounded_up(backlog, most, level, wanted):
    assert amounts.worthwhile_backlog(backlog, most, level) == wanted


def test_no_larger_backlog_than_an_integer_holds_is_recommended():
    one = samples.Samples((1 << 31) - 1)
    for length in (0, 1 << 31, 0):
        one.add(length, 0.01)
    assert enough.enough(one, (1 << 31) - 1, None, 0.01).backlog <= (1 << 31) - 1


def test_percentiles_are_those_they_are_called():
    one = samples.Samples(1000)
    for length in range(1, 101):
        one.add(length, 0.01)
    told = one.told()
    assert [told[name] for name in ("p50", "p95", "p99", "peak")] == [50, 95, 99, 100]


@pytest.mark.parametrize("used", [None, 0])
def test_a_queue_of_which_nothing_is_told_is_empty(used):
    row = {"inode": 7, "accept_queue": {"used": used, "limit": 5}, "syn_queue": {"used": 3, "limit": 5}}
    look = families.Look({}, {}, {}, 0, False, 0.5)
    assert families._accept(row, look) == (0, 5, 0)
    assert families._accept(row, look._replace(accept_peaks={7: 4})) == (0, 5, 4)
    assert families._syn(row, look) == (3, 5, 3)
    assert families._syn(row, look._replace(syn_peaks={7: 4})) == (3, 5, 4)


def test_totals_of_another_boot_do_not_count():
    kept = totals.Totals(None, "b")
    kept.count("drops", (5, "drops"), 7)
    kept.count("drops", (5, "drops"), 9)
    grown = kept.total("drops")
    assert totals.Totals(kept.kept(), "b").total("drops") == grown
    assert totals.Totals(kept.kept(), "c").total("drops") == 0


@pytest.mark.parametrize(("share", "one"), [(0.5, True), (0.51, False)])
def test_one_site_has_half_of_the_addresses(share, one):
    here, there = bytes.fromhex("20010db80005") + bytes(10), bytes.fromhex("20010db80006") + bytes(10)
    assert sources._one_site([here + there], share) == one


def test_a_site_is_told_by_all_of_its_48_bits():
    near = bytes.fromhex("20010db80005") + bytes(10) + bytes.fromhex("20010db80006") + bytes(10)
    assert not sources._one_site([near], 0.9)


def test_a_listener_without_a_port_comes_before_others_alike():
    def row(port):
        return {"network_namespace": "host", "address": "0.0.0.0", "port": port, "accept_queue": {"used": 0, "limit": 5},
                "syn_queue": {"used": 0, "limit": 5}, "drops": 0, "backlog": 4}  # fmt: skip

    found = model_condition.worst_first({"listeners": [row(2), row(1), row(None)]})
    assert [one.row["port"] for one in found] == [None, 1, 2]


def test_a_line_that_cannot_be_read_is_told_of_its_setting_alone():
    found = list(shell._guessed(3, "foo | xargs sysctl net.core.somaxconn=5 'open"))
    assert [(one.line, one.key, one.certain) for one in found] == [(3, "net.core.somaxconn", False)]
    assert not list(shell._guessed(3, "sysctl net.core.rmem_max=5"))


def test_networks_add_up():
    one, two = records.Network("192.0.2.0/24", 5, 4, 3), records.Network("192.0.2.0/24", 1, 1, 0)
    assert one.plus(two) == records.Network("192.0.2.0/24", 6, 5, 3) and one.plus(None) is one
    assert networks.parse_network("192.0.2.7/24").prefixlen == 24


def test_a_rule_of_udev_goes_on_behind_a_backslash():
    from ansible_collections.linuxnet.tcp.plugins.module_utils._writers import udev

    text = 'ACTION=="add", \\\n  SYSCTL{net/core/somaxconn}="7"\nSYSCTL{net/core/somaxconn}="8"\n'
    assert [(one.line, one.key, one.value) for one in udev.settings(text)] == [(1, "net.core.somaxconn", "7"), (3, "net.core.somaxconn", "8")]


@pytest.mark.parametrize(
    ("value", "kept"), [(-(1 << 63), True), (-(1 << 63) - 1, False), ((1 << 64) - 1, True), (1 << 64, False), (True, False), (5.0, False)]
)
def test_a_number_of_64_bits(value, kept):
    from ansible_collections.linuxnet.tcp.plugins.module_utils._model import gathered

    assert gathered.number(value) == (value if kept else None)


def test_seconds_are_told_to_the_millisecond():
    kept = totals.Totals(None, "b")
    row = {"network_namespace": "host", "address": "0.0.0.0", "port": 80, "inode": 7, "accept_queue": {"used": 0, "limit": 5}}
    made = families.families({"listeners": [row]}, families.Look({}, {}, {7: 0.1234}, 0, False, 0.5), kept, "1")
    (full,) = [one for one in made if one.name.endswith("full_seconds") or "seconds_full" in one.name]
    assert [value for _labels, value in full.samples] == [0.123]


@pytest.mark.parametrize(("before", "good"), [(0, True), (2**32, True), (-1, False), (2**32 + 1, False), (True, False)])
def test_a_listener_of_a_record_had_a_backlog(before, good):
    one = {"family": "ipv4", "address": "0.0.0.0", "port": 80, "device": None, "inode": 5, "before": before, "set": 4096}
    record = dict(mitigation.empty(), listeners=[one])
    if good:
        assert mitigation.parse_record(record)["listeners"] == [one]
    else:
        with pytest.raises(mitigation.BadRecord):
            mitigation.parse_record(record)


def test_each_way_to_write_a_backlog_into_a_configuration():
    from ansible_collections.linuxnet.tcp.plugins.module_utils._applications import recognise, remedies

    hint = recognise.recognise([records.Process(5, "x", (), None, None)], None)
    it = remedies.Situation(
        "application", NOW, "backlog+1", 128, 4096, 1024, 1, None, hint, None, "0.0.0.0", 8080, None, True
    )  # fmt: skip
    assert remedies._filled("{n} {half} {four} {port}", it, 101) == "101 51 404 8080"


def test_where_a_backlog_cannot_be_read_it_is_told_how_to():
    from ansible_collections.linuxnet.tcp.plugins.module_utils._applications import recognise, remedies

    hint = recognise.recognise([], None)
    tcp = remedies.Situation(None, NOW, "backlog+1", None, 4096, 1024, 1, None, hint, None, "0.0.0.0", 8080, None, True)
    assert "port 8080 with `ss -ltn`" in remedies.remedy(tcp)
    assert "/run/x with `ss -lx`" in remedies.remedy(tcp._replace(path="/run/x", port=0, address=""))
    assert "Read net.core.somaxconn" in remedies.remedy(tcp._replace(backlog=5))


def test_nothing_listens_there_but_somewhere_else():
    from ansible_collections.linuxnet.tcp.plugins.module_utils._change import raise_plan
    from ansible_collections.linuxnet.tcp.plugins.module_utils._model import unix_listener

    there = unix_listener.UnixListener("/run/a", b"/run/a", "stream", 7, 3, 128)
    wanted = raise_plan.ask_raise({"path": "/run/x", "backlog": 5, "policy": "exact", "port": None, "address": None, "inode": None})
    for listening, said in (([there], "but on /run/a"), ([], "nor on any other UNIX socket")):
        assert said in str(raise_plan._nothing_there(wanted, listening, "this host"))
    tcp = records.ListenSocket("ipv4", "tcp", "0.0.0.0", 80, None, False, 1, 0, 0, 128, 0, None)
    port = raise_plan.ask_raise({"path": None, "backlog": 5, "policy": "exact", "port": 81, "address": None, "inode": None})
    for listening, said in (([tcp], "but on 80"), ([], "nor on any other port")):
        assert said in str(raise_plan._nothing_there(port, listening, "this host"))
    same = raise_plan.ask_raise({"path": None, "backlog": 5, "policy": "exact", "port": 80, "address": "192.0.2.1", "inode": None})
    assert "192.0.2.1 and port 80 in this host, but on 0.0.0.0" in str(raise_plan._nothing_there(same, [tcp], "this host"))


def test_rows_of_a_log_stay_few_while_it_is_read():
    from ansible_collections.linuxnet.tcp.plugins.module_utils._log import rows

    kept = rows.Rows(5)
    for number in range(100):
        event = dict.fromkeys(("kind", "address", "port", "action", "peer_address", "peer_port", "count"))
        kept.add(float(number), dict(event, kind="syn_flood", port=number, action="drop"))
        assert len(kept._rows) <= 10
    assert [event["port"] for _first, _last, event in kept.result()] == [95, 96, 97, 98, 99] and kept.left_out == 95


def test_one_network_leads_where_it_has_enough_entries():
    from ansible_collections.linuxnet.tcp.plugins.module_utils._model import flood, verdict

    def judged(*networks):
        total = 40
        entries = flood.Entries(total, 0, (0, total), networks, 0, 0)
        return flood.judge(entries, verdict.Window(0.0, None, 0, 0, 0), True)

    assert judged(("192.0.2.0/24", 36, 36)).kind == verdict.FEW_NETWORKS
    half = judged(("192.0.2.0/24", 35, 35))
    assert (half.kind, half.leading) == (verdict.EVERYWHERE, ("192.0.2.0/24",))
    assert judged(("192.0.2.0/24", 20, 20)).leading and not judged(("192.0.2.0/24", 19, 19)).leading
    assert judged(("192.0.2.0/24", 40, 19)).leading == (), "most of its entries are young"


def test_a_rule_that_goes_on_loses_no_letter():
    from ansible_collections.linuxnet.tcp.plugins.module_utils._writers import udev

    (found,) = udev.settings('SYSCTL{net/core/somax\\\nconn}="7"\n')
    assert (found.key, found.value) == ("net.core.somaxconn", "7")


@pytest.mark.parametrize(("char", "inside"), [("\x00", True), ("\x1f", True), (" ", False), ("~", False), ("\x7f", True), ("\x80", False)])
def test_control_characters_of_a_pattern(char, inside):
    from ansible_collections.linuxnet.tcp.plugins.module_utils._boot import globs

    assert globs.fnmatch("[[:cntrl:]]", char) == inside


@pytest.mark.parametrize("inode", [0, 2**64])
def test_any_inode_is_one(inode):
    one = {"family": "ipv4", "address": "0.0.0.0", "port": 80, "device": None, "inode": inode, "before": 5, "set": 4096}
    assert mitigation.parse_record(dict(mitigation.empty(), listeners=[one]))["listeners"] == [one]


@pytest.mark.parametrize("start", ["nice -n5", "/usr/bin/nice --adjustment=5", "A=1", "timeout -s9 5", "exec"])
def test_what_only_starts_a_command_is_passed_over(start):
    found = [one for one in shell.settings(start + " sysctl -w net.core.somaxconn=4096\n") if one.key == "net.core.somaxconn"]
    assert [one.value for one in found] == ["4096"]
