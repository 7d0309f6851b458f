# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import ipaddress
import socket
import struct
from collections import Counter
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import prefixes
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.attribution import Attribution
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.half_open import Tally
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import (
    HalfOpen,
    ListenKey,
    ListenSocket,
    Network,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import netlink, syn_recv

V4, V6 = socket.AF_INET, socket.AF_INET6


def entry(family, local, port, source, retrans=0, index=0, mark=True, expires=900, more=b"", dport=40000):
    """A half-open entry as Linux 6.18 reports it; to the unprivileged without the mark. `more`: attributes."""
    data = struct.pack("=BBBB", family, 3, 1, retrans) + struct.pack("!HH", port, dport)
    for address in (local, source):
        data += socket.inet_pton(family, address).ljust(16, b"\0")
    data += struct.pack("=I8sIIIII", index, b"\1" * 8, expires, 0, 0, 0, 0)
    if mark:
        data += netlink.attribute(15, bytes(4))
    data += more
    return netlink.message(netlink.SOCK_DIAG_BY_FAMILY, 2, data)


def kernel(*buffers, interrupted=0):
    left = [interrupted]

    def dump(body):
        family, _protocol, _ext, _pad, states = struct.unpack_from("=BBBBI", body)
        assert states == 1 << 3
        for buffer in buffers:
            for _kind, _flags, run, length in netlink.split(memoryview(bytearray(buffer))):
                if run[16] == family:
                    yield run, length
        if left[0]:
            left[0] -= 1
            raise netlink.DumpInterrupted()

    return dump


def whole_socket(family, local, port, source, **named):
    """A socket of TCP Fast Open in SYN_RECV as Linux 6.18 reports it: with shutdown, mark, cgroup and options."""
    attributes = [(8, b"\0"), (15, bytes(4)), (21, bytes(8)), (22, b"R\0")]
    more = b"".join(netlink.attribute(kind, value) for kind, value in attributes)
    return entry(family, local, port, source, mark=False, more=more, **named)


@pytest.mark.parametrize(("mark", "old"), [(True, False), (False, False), (False, True)])
def test_connections_of_fast_open_are_no_half_open_entries(mark, old):
    """In whatever order they come; to the unprivileged, and before 4.9, without the mark."""

    def child(*which):
        short = entry(*which, mark=False, more=netlink.attribute(8, b"\0"))
        return short if old else whole_socket(*which)

    buffers = [
        b"".join(child(V4, "10.0.0.1", 80, "198.51.100.%d" % last) for last in range(1, 6)),
        entry(V4, "10.0.0.1", 80, "203.0.113.1", mark=mark) + child(V4, "10.0.0.1", 81, "198.51.100.1")
        + entry(V4, "10.0.0.1", 80, "203.0.113.2", mark=mark),
        child(V6, "fd00::1", 80, "2001:db8::1"),
    ]  # fmt: skip
    result = syn_recv.tally(dump=kernel(*buffers))[0].result(10)
    assert result.whole.total == 2 and result.whole.networks[0][:2] == ("203.0.113.0/24", 2)
    assert result.fast_open == {
        ListenKey("ipv4", "10.0.0.1", 80, None): 5,
        ListenKey("ipv4", "10.0.0.1", 81, None): 1,
        ListenKey("ipv6", "fd00::1", 80, None): 1,
    }
    alone = syn_recv.tally(dump=kernel(buffers[2]))[0].result(10)
    assert (alone.whole.total, alone.by_listener) == (0, {}) and len(alone.fast_open) == 1
    again = syn_recv.tally(dump=kernel(*buffers, interrupted=1))[0].result(10)
    assert again == result, "an interrupted dump is not counted twice"


def test_a_run_is_tallied():
    buffers = [
        b"".join(entry(V4, "10.0.0.1", 80, "198.51.100.%d" % last, retrans=last % 3) for last in range(1, 101)),
        entry(V4, "10.0.0.1", 81, "198.51.100.1", index=1),
        b"".join(entry(V6, "::ffff:10.0.0.1", 80, "::ffff:203.0.113.%d" % last) for last in range(1, 51)),
        entry(V6, "fd00::1", 80, "2001:db8::1") + entry(V6, "::ffff:10.0.0.1", 80, "::ffff:203.0.113.1", retrans=2),
    ]
    tally, warnings = syn_recv.tally(dump=kernel(*buffers))
    assert warnings == []
    result = tally.result(10)
    assert {owner: told.total for owner, told in result.by_listener.items()} == {
        ListenKey("ipv4", "10.0.0.1", 80, None): 100,
        ListenKey("ipv4", "10.0.0.1", 81, socket.if_indextoname(1)): 1,
        ListenKey("ipv6", "::ffff:10.0.0.1", 80, None): 51,
        ListenKey("ipv6", "fd00::1", 80, None): 1,
    }
    whole = result.whole
    assert (whole.total, whole.retransmitted, whole.distinct_sources) == (153, 68, 151)
    assert whole.retransmissions == (85, 34, 34)
    assert whole.networks == [
        Network("198.51.100.0/24", 101, 67, 67),
        Network("203.0.113.0/24", 51, 1, 1),
        Network("2001:db8::/64", 1, 0, 0),
    ]
    assert whole.peers[0] == ("198.51.100.1", 2)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["10.0.0.1", "10.0.0.2", "::ffff:10.0.0.1", "fd00::1"]), st.sampled_from([80, 81]),
            st.integers(0, 255), st.integers(0, 3), st.integers(0, 5000),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_a_buffer_of_many_listeners_is_told_apart(rows):
    """Two listeners that share a run, and one dual-stack one beside them."""
    def name(local, number):
        prefix = {True: "2001:db8::%x" if local == "fd00::1" else "::ffff:198.51.100.%d", False: "198.51.100.%d"}
        return prefix[":" in local] % number

    entries = [
        entry(V6 if ":" in local else V4, local, port, name(local, number), again, expires=left)
        for local, port, number, again, left in rows
    ]
    sockets = [
        ListenSocket("ipv4", "tcp", "0.0.0.0", 80, None, False, 1, 0, 0, 1, 0, None),
        ListenSocket("ipv4", "tcp", "10.0.0.2", 80, None, False, 2, 0, 0, 1, 0, None),
        ListenSocket("ipv6", "tcp", "::", 81, None, True, 3, 0, 0, 1, 0, None),
    ]
    by_family = [b"".join(one for one in entries if one[16] == family) for family in (V4, V6)]
    result = (syn_recv.tally(dump=kernel(*by_family), listeners=sockets)[0] or Tally()).result(100)

    def owner(local, port):
        if ":" in local:
            return ("::" if port == 81 else local, port)
        return (local if local == "10.0.0.2" or port == 81 else "0.0.0.0", port)

    for key, told in result.by_listener.items():
        mine = [row for row in rows if owner(*row[:2]) == (key.address, key.port)]
        assert told.total == len(mine)
        assert told.young == sum(again == 0 and left > 500 for _l, _p, _n, again, left in mine)
        assert told.retransmitted == sum(again > 0 for _l, _p, _n, again, _left in mine)
        assert told.distinct_sources == len({(local == "fd00::1", number) for local, _p, number, _a, _l in mine})
    assert result.whole.total == len(rows) == sum(told.total for told in result.by_listener.values())


def addresses(family):
    """Few enough that some share a network, and some come twice."""
    v4, v6 = st.integers(0, 40).map(lambda n: "198.51.%d.%d" % (n % 3, n)), st.integers(0, 9).map("2001:db8:0:{:x}::1".format)
    return v4 if family == V4 else st.one_of(v6, v4.map("::ffff:".__add__), st.just("::1.2.3.4"))


ATTRIBUTES = st.sampled_from([b"", b"", netlink.attribute(99, b"abcde"), b"\xff" * 3, b"\0" * 5])


LOCALS = {
    V4: [["10.0.0.1", "10.0.0.2"], ["10.0.0.1"]],
    V6: [["fd00::1", "fd00::2"], ["fd00::1", "::ffff:10.0.0.1"], ["::ffff:10.0.0.1"]],
}


def entries(family, locals_, indexes, more):
    return st.builds(
        entry, st.just(family), st.sampled_from(locals_), st.sampled_from([443, 81, 80]), addresses(family),
        retrans=st.sampled_from([0, 0, 1, 5, 255]), index=st.sampled_from(indexes), mark=st.just(False),
        expires=st.one_of(st.integers(0, 3000), st.sampled_from([499, 500, 501, (1 << 32) - 1])),
        more=more, dport=st.integers(1, 65535),
    )  # fmt: skip


@st.composite
def buffers(draw):
    """What one receive brings: messages of one family, of one length each, which are read at once, or of several."""
    family = draw(st.sampled_from([V4, V6]))
    more = st.just(draw(ATTRIBUTES)) if draw(st.booleans()) else ATTRIBUTES
    locals_, indexes = draw(st.sampled_from(LOCALS[family])), draw(st.sampled_from([[0], [0], [1, 0]]))
    some = draw(st.lists(entries(family, locals_, indexes, more), min_size=1, max_size=12))
    return some * draw(st.sampled_from([1, 1, 1, 30]))


def padded(message):
    return message + bytes(-len(message) % 4)


def plainly(messages, listeners, top):
    """The record, entry by entry."""
    rows = []
    for family, name in ((V4, "ipv4"), (V6, "ipv6")):
        for one in messages:
            if one[16] == family:
                size = {V4: 4, V6: 16}[family]
                index, left = struct.unpack_from("=I", one, 56)[0], struct.unpack_from("=I", one, 68)[0]
                local = socket.inet_ntop(family, one[24:24 + size])
                port = struct.unpack_from("!H", one, 20)[0]
                device = socket.if_indextoname(index) if index else None
                source = ipaddress.ip_address(one[40:40 + size])
                rows.append(
                    (
                        Attribution(listeners).owner(ListenKey(name, local, port, device)),
                        getattr(source, "ipv4_mapped", None) or source, one[19], one[19] == 0 and left > 500,
                    )
                )  # fmt: skip

    def largest(things):
        counts = Counter(things)
        return sorted(counts.items(), key=lambda item: (-item[1], item[0].version, item[0]))[:top]

    def told(mine):
        again = Counter(row[2] for row in mine)
        networks = [(ipaddress.ip_network((row[1], {4: 24, 6: 64}[row[1].version]), strict=False), row) for row in mine]
        return HalfOpen(
            retransmissions=tuple(again[number] for number in range(max(again, default=-1) + 1)),
            young=sum(row[3] for row in mine),
            distinct_sources=len({row[1] for row in mine}),
            networks=[
                Network(
                    str(network), count,
                    sum(not row[3] for one, row in networks if one == network),
                    sum(row[2] > 0 for one, row in networks if one == network),
                )
                for network, count in largest([one for one, _row in networks])
            ],
            peers=[(str(address), count) for address, count in largest([row[1] for row in mine])],
        )  # fmt: skip

    return told(rows), {owner: told([row for row in rows if row[0] == owner]) for owner in dict.fromkeys(row[0] for row in rows)}


@given(st.lists(buffers(), max_size=5), st.sampled_from([64, 1000]), st.sampled_from([5, 4096]))
def test_what_is_read_at_once_is_what_is_read_one_by_one(sent, top, at_once):
    """Families, mapped addresses, several listeners and devices, any attributes: the same record, in the same order."""
    listeners = [
        ListenSocket("ipv4", "tcp", "0.0.0.0", 80, None, False, 1, 0, 0, 1, 0, None),
        ListenSocket("ipv4", "tcp", "10.0.0.2", 80, None, False, 2, 0, 0, 1, 0, None),
        ListenSocket("ipv6", "tcp", "::", 80, None, True, 3, 0, 0, 1, 0, None),
        ListenSocket("ipv6", "tcp", "::", 81, None, False, 4, 0, 0, 1, 0, None),
        ListenSocket("ipv6", "tcp", "fd00::2", 80, None, False, 5, 0, 0, 1, 0, None),
    ]
    dump = kernel(*[b"".join(map(padded, messages)) for messages in sent])
    with mock.patch.object(syn_recv, "_AT_ONCE", at_once):
        tally, warnings = syn_recv.tally(dump=dump, listeners=listeners)
    whole, by_listener = plainly([one for messages in sent for one in messages], listeners, top)
    with mock.patch.object(prefixes, "worth_a_look", lambda _largest, _total: False):  # networks rolled up: test_sources.py
        result = (tally or Tally()).result(top)
    assert warnings == [] and result.exact
    assert result.whole == whole
    assert list(result.by_listener.items()) == list(by_listener.items())


@pytest.mark.parametrize("length", [16, 20, 60, 71])
def test_an_entry_that_is_cut_short_is_refused(length):
    short = bytearray(entry(V4, "10.0.0.1", 80, "198.51.100.1")[:length])
    struct.pack_into("=I", short, 0, length)
    with pytest.raises(OSError) as caught:
        syn_recv.tally(dump=lambda _body: netlink_runs(short))
    assert caught.value.errno == errno.EBADMSG


def netlink_runs(data):
    return ((run, length) for _kind, _flags, run, length in netlink.split(memoryview(data)))


def test_entries_without_the_mark_are_counted_too():
    buffer = b"".join(entry(V4, "10.0.0.1", 80, "198.51.100.%d" % last, mark=False) for last in range(1, 11))
    assert syn_recv.tally(dump=kernel(buffer))[0].total == 10


def test_a_dump_that_was_interrupted_starts_again_from_nothing():
    dump = kernel(entry(V4, "10.0.0.1", 80, "198.51.100.1"), interrupted=1)
    tally, warnings = syn_recv.tally(dump=dump)
    assert (tally.total, warnings) == (1, [])


def test_a_dump_that_stays_interrupted_is_used_with_a_warning():
    dump = kernel(entry(V4, "10.0.0.1", 80, "198.51.100.1"), interrupted=2)
    tally, warnings = syn_recv.tally(dump=dump)
    assert tally.total == 1
    assert len(warnings) == 1


@pytest.mark.parametrize("ports, dumps", [(None, 2), ([], 0), ([80], 2), (range(1, 2002, 2), 4), (range(65536), 2)])
def test_the_kernel_is_given_the_ports(ports, dumps):
    asked = []

    def dump(body):
        asked.append(dict(netlink.attributes(body[56:])))
        return iter(())

    assert syn_recv.tally(ports, dump)[0] is None
    assert len(asked) == dumps
    assert all((1 in one) == (ports is not None) for one in asked)


def test_a_refusal_is_raised():
    def refuse(_body):
        raise OSError(errno.EPROTONOSUPPORT, "Protocol not supported")

    with pytest.raises(OSError):
        syn_recv.tally(dump=refuse)


@given(st.sets(st.integers(0, 200)))
def test_ranges_are_the_ports_and_lie_apart(ports):
    ranges = syn_recv.port_ranges(ports)
    assert {port for first, last in ranges for port in range(first, last + 1)} == ports
    assert all(last + 1 < following for (_first, last), (following, _last) in zip(ranges, ranges[1:]))
