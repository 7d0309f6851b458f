# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._read import netlink


def message(payload, kind=netlink.SOCK_DIAG_BY_FAMILY, flags=2):
    """As the kernel sends it: padded to a multiple of four."""
    return netlink.message(kind, flags, payload) + bytes(-len(payload) % 4)


def split(data):
    return [(kind, flags, bytes(run), length) for kind, flags, run, length in netlink.split(memoryview(data))]


def test_messages_that_are_alike_come_as_one_run():
    data = message(b"abcdefgh") + message(b"ijklmnop") + message(b"qrstuvwx")
    assert split(data) == [(20, 2, data, 24)]


def test_an_end_that_was_appended_to_the_last_buffer_is_seen():
    done = message(struct.pack("=i", 0), netlink.NLMSG_DONE)
    data = message(b"abcd") + message(b"efgh") + done
    assert [(kind, length) for kind, _flags, _run, length in split(data)] == [(20, 20), (20, 20), (3, 20)]


def test_the_interrupted_flag_of_one_message_is_not_lost_in_a_run():
    data = message(b"abcd") + message(b"efgh", flags=2 | netlink.NLM_F_DUMP_INTR) + message(b"ijkl")
    assert [flags for _kind, flags, _run, _length in split(data)] == [2, 2 | netlink.NLM_F_DUMP_INTR, 2]


@given(st.lists(st.tuples(st.binary(max_size=40), st.sampled_from([2, 3, 20]), st.sampled_from([2, 18])), max_size=12))
def test_every_message_comes_out_as_it_went_in(messages):
    data = b"".join(message(*one) for one in messages)
    seen = []
    for kind, flags, run, length in netlink.split(memoryview(data)):
        for offset in range(0, len(run), length):
            seen.append((bytes(run[offset + 16:offset + length]), kind, flags))
    assert seen == messages


@pytest.mark.parametrize("length", [0, 15, 21, 4096])
def test_a_length_that_cannot_be_is_refused(length):
    data = bytearray(message(b"abcd"))
    struct.pack_into("=I", data, 0, length)
    with pytest.raises(OSError) as caught:
        split(data)
    assert caught.value.errno == errno.EBADMSG


@given(st.binary(max_size=64))
def test_noise_among_attributes_does_no_harm(data):
    for kind, payload in netlink.attributes(data):
        assert 0 <= kind < 1 << 14
        assert payload in data


@given(st.lists(st.tuples(st.integers(0, (1 << 14) - 1), st.binary(max_size=9)), max_size=5))
def test_attributes_round_trip(pairs):
    data = b"".join(netlink.attribute(kind, payload) for kind, payload in pairs)
    assert list(netlink.attributes(data)) == pairs


def test_the_kernel_refuses_a_protocol_it_does_not_know():
    with pytest.raises(OSError, match="netlink: ") as caught:
        list(netlink.dump(bytes((socket.AF_INET, 99)) + bytes(54)))
    assert caught.value.errno == errno.ENOENT


def test_the_kernel_answers_and_ends():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(5)
        port = struct.pack("!H", sock.getsockname()[1])
        body = struct.pack("=BBBBI48x", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, 1 << 10)
        found = [bytes(run[at + 20:at + 22]) for run, length in netlink.dump(body) for at in range(0, len(run), length)]
    assert found.count(port) == 1
