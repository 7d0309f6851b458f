# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters, run by an interpreter of classic BPF that is written here and shares nothing with them."""

from __future__ import annotations

import ipaddress
import struct
from typing import Dict, List, NamedTuple, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._watch import program

V4, V6 = 0x0800, 0x86DD


class Packet(NamedTuple):
    data: bytes
    kind: int = program.INCOMING
    protocol: int = V4
    device: int = 2
    tag: Optional[int] = None


def packed(text: str) -> bytes:
    return ipaddress.ip_address(text).packed


def packet(
    source: str = "192.0.2.1", goal: str = "198.51.100.1", sport: int = 40000, dport: int = 80, flags: int = 0x02, options: int = 0,
    fragment: int = 0, protocol: int = 6, **more: int,
) -> Packet:  # fmt: skip
    tcp = struct.pack("!HHIIBBHHH", sport, dport, 1, 0, 5 << 4, flags, 1000, 0, 0)
    if ":" in goal:
        header = struct.pack("!IHBB", 6 << 28, len(tcp), protocol, 64) + packed(source) + packed(goal)
        return Packet(header + tcp, protocol=V6, **more)
    head = struct.pack("!BBHHHBBH", 0x45 + options, 0, 20 + 4 * options + len(tcp), 0, fragment, 64, protocol, 0)
    return Packet(head + packed(source) + packed(goal) + bytes(4 * options) + tcp, **more)


def passes(code: bytes, one: Packet) -> bool:
    """Whether the program passes a packet."""
    return run(code, one) != 0


def run(code: bytes, one: Packet, link: bytes = b"") -> int:
    """What the program returns: net/core/filter.c for the instructions that are used.

    ``link``: a header of the device in front of the packet; only offsets from the network header on reach behind it.
    """
    data = link + one.data
    ancillary: Dict[int, int] = {
        0: one.protocol, 4: one.kind, 8: one.device, 44: one.tag or 0, 48: int(one.tag is not None),
    }  # fmt: skip
    instructions = list(struct.iter_unpack("=HBBI", code))
    accumulator = index = place = 0
    for _step in range(len(instructions) + 1):
        kind, yes, no, value = instructions[place]
        place += 1
        if kind == 0x06:
            return value
        if kind in (0x20, 0x28, 0x30, 0x48, 0x50):
            if value >= 0xFFFFF000:
                accumulator = ancillary[value - 0xFFFFF000]
                continue
            at = offset(value, link) + (index if kind & 0x40 else 0)
            size = {0x00: 4, 0x08: 2, 0x10: 1}[kind & 0x18]
            if at + size > len(data):
                return 0
            accumulator = int.from_bytes(data[at : at + size], "big")
        elif kind == 0xB1:
            index = 4 * (data[offset(value, link)] & 15)
        elif kind == 0x54:
            accumulator &= value
        elif kind == 0x05:
            place += value
        elif kind == 0x15:
            place += yes if accumulator == value else no
        elif kind == 0x45:
            place += yes if accumulator & value else no
        else:
            raise AssertionError("instruction 0x%x" % kind)
    raise AssertionError("it does not end")


def offset(value: int, link: bytes) -> int:
    return value - 0xFFF00000 + len(link) if value >= 0xFFF00000 else value


SYNS = program.Wanted(program.INCOMING, program.SYN, port=80)
ANSWERS = program.Wanted(program.OUTGOING, program.SYN_ACK, port=80)


@given(dport=st.sampled_from([79, 80, 81]), flags=st.integers(0, 255), options=st.integers(0, 10), v6=st.booleans())
def test_a_syn_is_what_the_kernel_takes_for_one(dport: int, flags: int, options: int, v6: bool) -> None:
    one = packet("2001:db8::1", "2001:db8::2", dport=dport, flags=flags) if v6 else packet(dport=dport, flags=flags, options=options)
    wanted = dport == 80 and flags & 0x02 and not flags & 0x15  # without FIN, RST and ACK; ECN may come along
    assert passes(program.program(SYNS), one) == bool(wanted)


@given(sport=st.sampled_from([79, 80]), flags=st.integers(0, 255), kind=st.sampled_from([0, 4]))
def test_a_syn_ack_that_leaves(sport: int, flags: int, kind: int) -> None:
    one = packet(sport=sport, dport=5, flags=flags, kind=kind)
    assert passes(program.program(ANSWERS), one) == (sport == 80 and flags & 0x17 == 0x12 and kind == 4)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (packet(), True),
        (packet(kind=4), False),  # the same packet on its way out of loopback
        (packet(kind=3), False),  # to another host
        (packet(tag=7), False),  # it will come by the VLAN device once more
        (packet(tag=0), True),  # a priority, and no VLAN
        (packet(tag=0x2000), True),
        (packet(fragment=0x2000), False),
        (packet(fragment=0x0010), False),
        (packet(fragment=0x4000), True),  # "don't fragment"
        (packet(protocol=17), False),
        (packet()._replace(protocol=0x0806), False),
        (packet()._replace(data=b"E"), False),
    ],
)
def test_each_packet_counts_once(one: Packet, expected: bool) -> None:
    assert passes(program.program(SYNS), one) == expected


ADDRESSES = ["192.0.2.%d" % number for number in range(1, 6)] + ["2001:db8::%x" % number for number in range(1, 6)]


@given(
    mine=st.none() | st.lists(st.sampled_from(ADDRESSES), unique=True), others=st.lists(st.sampled_from(ADDRESSES), unique=True),
    goal=st.sampled_from(ADDRESSES), families=st.sampled_from([(4,), (6,), (4, 6)]), incoming=st.booleans(),
)  # fmt: skip
def test_addresses(mine: Optional[List[str]], others: List[str], goal: str, families: tuple, incoming: bool) -> None:
    wanted = SYNS._replace(
        addresses=None if mine is None else tuple(map(packed, mine)), not_addresses=tuple(map(packed, others)), families=families,
    )  # fmt: skip
    far = "2001:db8:1::1" if ":" in goal else "203.0.113.1"
    one = packet(far, goal)
    if not incoming:
        wanted = wanted._replace(direction=program.OUTGOING, flags=program.SYN_ACK)
        one = packet(goal, far, sport=80, flags=0x12, kind=4)
    expected = (6 if ":" in goal else 4) in families and (mine is None or goal in mine) and goal not in others
    assert passes(program.program(wanted), one) == expected


@given(device=st.none() | st.integers(1, 4), ports=st.lists(st.integers(1, 4), unique=True), at=st.integers(1, 4))
def test_devices(device: Optional[int], ports: List[int], at: int) -> None:
    code = program.program(SYNS._replace(device=device, not_devices=tuple(ports)))
    assert passes(code, packet(device=at)) == (device in (None, at) and at not in ports)


def test_the_longest_program_is_one_that_the_kernel_takes() -> None:
    many = tuple(packed("2001:db8::%x" % number) for number in range(1, 200))
    code = program.program(SYNS._replace(addresses=many, not_addresses=many, not_devices=tuple(range(1, 500))))
    assert len(code) // 8 <= 4096


WANTED = st.builds(
    program.Wanted,
    st.sampled_from([program.INCOMING, program.OUTGOING]),
    flags=st.sampled_from([None, program.SYN, program.SYN_ACK]),
    port=st.sampled_from([None, 80, 81]),
    families=st.sampled_from([(4,), (6,), (4, 6)]),
    addresses=st.none() | st.lists(st.sampled_from(ADDRESSES).map(packed), unique=True).map(tuple),
    not_addresses=st.just(()),
    device=st.none(),
    not_devices=st.just(()),
    not_flags=st.sampled_from([None, program.SYN]),
)


@given(
    st.lists(WANTED, max_size=6), st.sampled_from([80, 81]), st.sampled_from([2, 0x12, 0x10]), st.sampled_from(ADDRESSES), st.booleans(),
)  # fmt: skip
def test_a_packet_is_in_the_first_class_that_wants_it(
    classes: List[program.Wanted], port: int, flags: int, goal: str, incoming: bool
) -> None:
    far = "2001:db8:1::1" if ":" in goal else "203.0.113.1"
    one = packet(far, goal, dport=port, flags=flags) if incoming else packet(goal, far, sport=port, flags=flags, kind=4)
    expected = next((place for place, wanted in enumerate(classes, 1) if passes(program.program(wanted), one)), 0)
    assert run(program.classifier(classes), one, b"" if incoming else bytes(14)) == expected


def test_too_many_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="instructions"):
        program.classifier([SYNS] * 300)


# ---------------------------------------------------------------- how much a program may ask


def numbered(count: int) -> List[bytes]:
    return [packed("10.0.%d.%d" % (number >> 8, number & 255)) for number in range(1, count + 1)]


def to(address: bytes, **more: int) -> Packet:
    return packet("192.0.2.1" if len(address) == 4 else "2001:db8:1::1", str(ipaddress.ip_address(address)), **more)


def test_addresses_of_others_are_looked_for_up_to_32() -> None:
    others = numbered(33)
    code = program.program(SYNS._replace(not_addresses=tuple(others)))
    assert [passes(code, to(one)) for one in others] == [False] * 32 + [True]


def test_devices_are_passed_over_up_to_64() -> None:
    code = program.program(SYNS._replace(not_devices=tuple(range(1, 66))))
    assert [passes(code, packet(device=device)) for device in range(1, 67)] == [False] * 64 + [True] * 2


def test_each_of_many_addresses_is_found_wherever_it_stands() -> None:
    mine = numbered(32)
    for code in (program.program(SYNS._replace(addresses=tuple(mine))), program.classifier([SYNS._replace(addresses=tuple(mine))])):
        assert all(passes(code, to(one)) for one in mine) and not passes(code, to(numbered(33)[-1]))
    six = [packed("2001:db8::%x:%x" % (number & 1, number)) for number in range(1, 33)]
    code = program.program(SYNS._replace(addresses=tuple(six), not_addresses=(six[4],)))
    assert [passes(code, to(one)) for one in six] == [place != 4 for place in range(32)]
    assert not passes(code, to(packed("2001:db8::1:2"))) and not passes(code, to(packed("2001:db9::1:1"))) and not passes(code, to(packed("2001:db8:0:1::1:1")))


def test_a_class_has_the_number_that_it_is_given() -> None:
    classes = [SYNS, SYNS._replace(port=81), ANSWERS]
    for numbers, told in ((None, [1, 2, 3]), ([7, 9, 8], [7, 9, 8])):
        code = program.classifier(classes, numbers)
        assert [run(code, one) for one in (packet(), packet(dport=81))] == told[:2]
        assert run(code, packet(sport=80, dport=5, flags=0x12, kind=4), bytes(14)) == told[2]
        assert run(code, packet(dport=82)) == 0


def test_a_program_of_4096_instructions_is_the_longest() -> None:
    one = SYNS._replace(families=(4,))

    def length(each: program.Wanted) -> int:
        return len(program.program(each)) // 8

    for total in (4096, 4097):
        classes: List[program.Wanted] = []
        while sum(map(length, classes)) < total - 120:
            classes.append(one)
        left = total - 1 - sum(map(length, classes))
        sizes = [one._replace(not_devices=tuple(range(1, devices + 1)), not_addresses=tuple(numbered(others))) for devices in range(64) for others in (0, 1, 2)]
        classes.append(next(each for each in sizes if length(each) == left))
        if total == 4096:
            assert len(program.classifier(classes)) == 4096 * 8
        else:
            with pytest.raises(ValueError, match="4097 instructions"):
                program.classifier(classes)


def test_what_a_program_passes_is_one_byte() -> None:
    assert {run(program.program(SYNS), one) for one in (packet(), packet("2001:db8::1", "2001:db8::2"))} == {1}
    assert run(program.program(program.Wanted(program.INCOMING)), packet(flags=0x10, dport=9)) == 1


def test_segments_but_syns() -> None:
    code = program.program(program.Wanted(program.INCOMING, not_flags=program.SYN))
    assert [passes(code, packet(flags=flags)) for flags in (0x02, 0x12, 0x10, 0x04, 0xC2, 0x11)] == [False, True, True, True, False, True]
    code = program.program(program.Wanted(program.INCOMING, not_flags=program.SYN, families=(6,)))
    assert [passes(code, packet("2001:db8::1", "2001:db8::2", flags=flags)) for flags in (0x02, 0x12)] == [False, True]
    assert not passes(code, packet(flags=0x10))


def test_the_ports_of_each_direction() -> None:
    for goal, source in (("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")):
        assert not passes(program.program(SYNS), packet(source, goal, sport=80, dport=81))
        assert not passes(program.program(ANSWERS), packet(source, goal, sport=81, dport=80, flags=0x12, kind=4))
        assert passes(program.program(ANSWERS), packet(source, goal, sport=80, dport=81, flags=0x12, kind=4))
    any_port = program.program(SYNS._replace(port=None))
    assert passes(any_port, packet(dport=9)) and passes(any_port, packet("2001:db8::1", "2001:db8::2", dport=9))


@given(WANTED, st.lists(WANTED, max_size=3))
def test_only_a_comparison_has_somewhere_to_jump_to(one: program.Wanted, more: List[program.Wanted]) -> None:
    """As compilers write it: what an instruction does not use is nought."""
    for code in (program.program(one._replace(device=2, not_devices=(3, 4))), program.classifier([one, *more])):
        for kind, yes, no, *_value in struct.iter_unpack("=HBBI", code):
            assert kind in (0x15, 0x45) or yes == no == 0
