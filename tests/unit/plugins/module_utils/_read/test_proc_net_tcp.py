# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import socket
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenKey, Network
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import proc_net_tcp

HEADINGS = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                   "
    "                                  \n"
)


def column(address, port):
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    words = (int.from_bytes(packed[at:at + 4], sys.byteorder) for at in range(0, len(packed), 4))
    return "%s:%04X" % ("".join("%08X" % word for word in words), port)


def row(number, local, remote, state, waiting=0, again=0, uid=0, inode=0, ticks=100):
    """As get_tcp4_sock and get_openreq4 print it: `sl` is at least four wide."""
    return "%4d: %s %s %s 00000000:%08X 01:%08X %08X %5d        0 %d 1 00000000abcdef01 100 0 0 10 0\n" % (
        number, column(*local), column(*remote), state, waiting, ticks, again, uid, inode,
    )  # fmt: skip


@pytest.fixture
def tables(tmp_path):
    def write(tcp=(), tcp6=()):
        (tmp_path / "tcp").write_text(HEADINGS + "".join(tcp))
        if tcp6 is not None:
            (tmp_path / "tcp6").write_text(HEADINGS + "".join(tcp6))
        return str(tmp_path)

    return write


def listening(number, address, port, **named):
    anyone = "::" if ":" in address else "0.0.0.0"
    return row(number, (address, port), (anyone, 0), "0A", **named)


def test_listeners(tables):
    directory = tables(
        [
            listening(0, "127.0.0.1", 8080, waiting=300, uid=33, inode=1234),
            row(1, ("127.0.0.1", 8080), ("127.0.0.1", 40000), "01", inode=5),
        ],
        [listening(0, "::", 80, inode=6), listening(1, "fd00::1", 443, inode=7)],
    )
    first, second, third = proc_net_tcp.listeners(directory)
    assert first._asdict() == {
        "family": "ipv4", "protocol": "tcp", "address": "127.0.0.1", "port": 8080, "device": None,
        "dual_stack": False, "inode": 1234, "uid": 33, "accept_used": 300, "backlog": None, "drops": None, "cgroup_id": None,
    }  # fmt: skip
    assert (second.family, second.address, second.port, second.dual_stack) == ("ipv6", "::", 80, None)
    assert (third.address, third.port, third.dual_stack) == ("fd00::1", 443, False)


def test_a_row_that_came_twice_counts_once(tables):
    twice = [listening(0, "0.0.0.0", 80, inode=9), listening(1, "0.0.0.0", 80, inode=9)]
    group = [listening(2, "0.0.0.0", 80, inode=10)]
    assert [one.inode for one in proc_net_tcp.listeners(tables(twice + group))] == [9, 10]


def test_without_ipv6_there_is_no_second_table(tables):
    assert len(proc_net_tcp.listeners(tables([listening(0, "0.0.0.0", 80)], None))) == 1


def test_without_a_table_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        proc_net_tcp.listeners(str(tmp_path))


def half_open(number, local, source, **named):
    return row(number, local, (source, 40000), "03", **named)


def test_rows_past_9999_are_wider_and_counted_all_the_same(tables):
    rows = [half_open(n, ("10.0.0.1", 80), "198.18.%d.%d" % divmod(n, 256), again=n % 2) for n in range(12345)]
    assert len(rows[9999]) < len(rows[10000])
    result = proc_net_tcp.tally(directory=tables(rows)).result(1)
    whole = result.whole
    assert (whole.total, whole.retransmitted, whole.distinct_sources) == (12345, 6172, 12345)
    assert {owner: told.total for owner, told in result.by_listener.items()} == {
        ListenKey("ipv4", "10.0.0.1", 80, None): 12345
    }
    assert whole.networks == [Network("198.18.0.0/24", 256, 128, 128)]


def test_families_and_ports(tables):
    directory = tables(
        [half_open(0, ("10.0.0.1", 80), "198.51.100.1"), half_open(1, ("10.0.0.1", 0xABCD), "198.51.100.1")],
        [half_open(0, ("::ffff:10.0.0.1", 80), "::ffff:198.51.100.1"), half_open(1, ("fd00::1", 80), "2001:db8::7")],
    )
    every = proc_net_tcp.tally(directory=directory).result(10).whole
    assert (every.total, every.distinct_sources) == (4, 2)
    assert every.networks == [Network("198.51.100.0/24", 3, 0, 0), Network("2001:db8::/64", 1, 0, 0)]
    on_80 = proc_net_tcp.tally([80], directory).result(10)
    assert {owner: told.total for owner, told in on_80.by_listener.items()} == {
        ListenKey("ipv4", "10.0.0.1", 80, None): 1,
        ListenKey("ipv6", "::ffff:10.0.0.1", 80, None): 1,
        ListenKey("ipv6", "fd00::1", 80, None): 1,
    }
    assert proc_net_tcp.tally([], directory).total == 0


def test_entries_are_given_to_their_listeners_with_their_ages(tables):
    wildcard = proc_net_tcp.listeners(tables([listening(0, "0.0.0.0", 80, inode=1)]))
    directory = tables(
        [half_open(n, ("10.0.0.1", 80 + n % 2), "198.51.100.%d" % n, again=n // 90, ticks=n) for n in range(100)]
    )
    result = proc_net_tcp.tally(directory=directory, listen_sockets=wildcard).result(10)
    told = {(owner.address, owner.port): entries for owner, entries in result.by_listener.items()}
    # Of every other entry: young ones have more than 50 hundredths of their first second left, 52 to 88.
    assert {where: entries[:2] for where, entries in told.items()} == {
        ("0.0.0.0", 80): ((45, 5), 19),
        ("10.0.0.1", 81): ((45, 5), 20),
    }


@pytest.mark.parametrize(
    "text, little_endian, address",
    [
        (b"0100007F", True, "127.0.0.1"),
        (b"7F000001", False, "127.0.0.1"),
        (b"B80D01200000000000000000" + b"01000000", True, "2001:db8::1"),
        (b"20010DB80000000000000000" + b"00000001", False, "2001:db8::1"),
    ],
)
def test_both_byte_orders(text, little_endian, address):
    assert proc_net_tcp.packed(text, little_endian) == ipaddress.ip_address(address).packed


@given(st.ip_addresses(), st.integers(0, 65535))
def test_endpoints_round_trip(address, port):
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    text, told = proc_net_tcp.endpoint(column(str(address), port).encode(), family)
    assert (ipaddress.ip_address(text), told) == (address, port)
