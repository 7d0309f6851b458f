# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import os
import socket
import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._read import netlink, sock_diag

V4, V6 = socket.AF_INET, socket.AF_INET6
REQUEST = struct.Struct("=BBBBI48x")


def row(
    family=V4, address="127.0.0.1", port=80, index=0, inode=1, used=0, backlog=128, uid=0,
    v6only=None, drops=None, cgroup=None, ulp=None,
):  # fmt: skip
    """One answer of the kernel, as recorded from Linux 6.18 and then varied."""
    packed = socket.inet_pton(family, address).ljust(16, b"\0")
    data = struct.pack("=BBBB", family, 10, 0, 0) + struct.pack("!HH", port, 0) + packed + bytes(16)
    data += struct.pack("=I8sIIIII", index, b"\1" * 8, 0, used, backlog, uid, inode)
    attribute = netlink.attribute
    data += attribute(8, b"\0")  # INET_DIAG_SHUTDOWN
    if v6only is not None:
        data += attribute(11, bytes((v6only,)))
    if cgroup is not None:
        data += attribute(21, struct.pack("=Q", cgroup))
    if drops is not None:
        data += attribute(7, struct.pack("=9I", 0, 131072, 0, 16384, 0, 0, 0, 0, drops))
    if ulp is not None:
        data += attribute(19, attribute(1, ulp + b"\0"))
    return netlink.message(netlink.SOCK_DIAG_BY_FAMILY, 2, data)


def kernel(tcp=(), mptcp=(), interrupted=0):
    """A dump function that answers from these rows; `mptcp` None is a kernel without it."""
    left = [interrupted]

    def dump(body):
        family, protocol, _ext, _pad, states = REQUEST.unpack_from(body)
        assert states == 1 << 10
        told = dict(netlink.attributes(body[REQUEST.size:]))
        if 3 in told:
            assert protocol == 0 and struct.unpack("=I", told[3]) == (262,)
            if mptcp is None:
                raise OSError(errno.ENOENT, "sock_diag: No such file or directory")
        rows = mptcp if 3 in told else tcp
        for one in rows:
            if one[16] == family:
                yield memoryview(one), len(one)
        if left[0] and rows:
            left[0] -= 1
            raise netlink.DumpInterrupted()

    return dump


def listeners(*args, **named):
    return sock_diag.listeners(kernel(*args, **named))


def test_everything_the_kernel_tells():
    found, warnings = listeners([row(port=8080, inode=77, used=3, backlog=511, uid=33, drops=9, cgroup=1 << 40)], None)
    assert warnings == []
    assert [one._asdict() for one in found] == [
        {
            "family": "ipv4", "protocol": "tcp", "address": "127.0.0.1", "port": 8080, "device": None,
            "dual_stack": False, "inode": 77, "uid": 33, "accept_used": 3, "backlog": 511, "drops": 9, "cgroup_id": 1 << 40,
        }
    ]  # fmt: skip


def test_an_old_kernel_tells_less():
    short = row(V6, "::")
    found, _warnings = listeners([short + netlink.attribute(7, struct.pack("=8I", *range(8)))], None)
    assert (found[0].drops, found[0].cgroup_id, found[0].dual_stack) == (None, None, None)


@pytest.mark.parametrize(
    "address, v6only, dual_stack", [("::", 0, True), ("::", 1, False), ("fd00::1", 0, False), ("::1", 1, False)]
)
def test_dual_stack(address, v6only, dual_stack):
    assert listeners([row(V6, address, v6only=v6only)])[0][0].dual_stack is dual_stack


def test_an_interface_that_is_gone_has_its_number_for_a_name():
    names = {one.device for one in listeners([row(index=1), row(index=999999)])[0]}
    assert names == {socket.if_indextoname(1), "if999999"}


def test_each_member_of_a_reuseport_group_is_a_row():
    assert [one.inode for one in listeners([row(inode=inode) for inode in (5, 6, 7)])[0]] == [5, 6, 7]


def test_an_mptcp_listener_comes_once_with_what_its_subflow_tells():
    flow = row(inode=9, used=2, backlog=33, drops=4, ulp=b"mptcp")
    plain = row(inode=10)  # SO_REUSEPORT: plain TCP on the same address and port
    found, _warnings = listeners([flow, plain], [row(inode=9, backlog=0, drops=0, cgroup=5)])
    assert [(one.protocol, one.inode) for one in found] == [("tcp", 10), ("mptcp", 9)]
    assert found[1][8:] == (2, 33, 4, 5)


def test_a_subflow_with_an_inode_of_its_own_is_known_by_its_address():
    flows = [row(inode=21, backlog=33, ulp=b"mptcp"), row(inode=22, port=81, backlog=44, ulp=b"mptcp")]
    found, _warnings = listeners([row(inode=20), *flows], [row(inode=11, port=81, backlog=0), row(inode=12, backlog=0)])
    assert [(one.protocol, one.port, one.inode, one.backlog) for one in found] == [
        ("tcp", 80, 20, 128), ("mptcp", 81, 11, 44), ("mptcp", 80, 12, 33),
    ]  # fmt: skip


def test_a_subflow_alone_stands_for_its_listener():
    found, _warnings = listeners([row(ulp=b"mptcp"), row(port=81, ulp=b"tls")], [])
    assert [one.protocol for one in found] == ["mptcp", "tcp"]


def test_a_dump_that_was_interrupted_is_taken_again():
    assert listeners([row()], interrupted=1) == listeners([row()])


def test_a_dump_that_stays_interrupted_is_used_with_a_warning():
    found, warnings = listeners([row()], interrupted=2)
    assert len(found) == 1
    assert len(warnings) == 1 and "doubled" in warnings[0]


def test_a_refusal_is_raised():
    def refuse(_body):
        raise PermissionError(errno.EACCES, "sock_diag: Permission denied")

    with pytest.raises(PermissionError):
        sock_diag.listeners(refuse)


def accepts(code, port):
    """inet_diag's byte code machine, as the kernel's inet_diag_bc_run has it."""
    at = 0
    while at < len(code):
        op, yes, no = struct.unpack_from("=BBH", code, at)
        assert op in (1, 2, 3)
        value = struct.unpack_from("=H", code, at + 6)[0] if op != 1 else None
        holds = op != 1 and (port >= value if op == 2 else port <= value)
        step = yes if holds else no
        assert step >= 4 and step % 4 == 0
        at += step
    return at == len(code)


PORTS = st.integers(0, 65535)


@given(st.lists(st.tuples(PORTS, PORTS).map(sorted).map(tuple), min_size=1, max_size=8), PORTS)
def test_the_port_filter_lets_just_these_ports_through(ranges, port):
    ((kind, code),) = netlink.attributes(sock_diag.port_filter(ranges))
    assert kind == 1
    for probe in [port] + [edge + step for one in ranges for edge in one for step in (-1, 0, 1)]:
        assert accepts(code, probe) == any(first <= probe <= last for first, last in ranges)


def test_the_port_filter_fits_a_thousand_ranges():
    ((_kind, code),) = netlink.attributes(sock_diag.port_filter([(port, port) for port in range(1, 2001, 2)]))
    assert [port for port in range(2100) if accepts(code, port)] == list(range(1, 2001, 2))


@pytest.mark.skipif(sys.platform != "linux", reason="needs the running kernel's sock_diag")
def test_this_very_process_listens():
    with socket.socket(V4) as one, socket.socket(V6) as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("::", 0))
        for sock in (one, two):
            sock.listen(7)
        found = {entry.inode: entry for entry in sock_diag.listeners()[0]}
        for sock, address in ((one, "127.0.0.1"), (two, "::")):
            told = found[os.fstat(sock.fileno()).st_ino]
            assert (told.address, told.port, told.backlog) == (address, sock.getsockname()[1], 7)
            assert (told.uid, told.accept_used) == (os.geteuid(), 0)
