# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Socket filters (classic BPF) that pass the packets that are to be counted, as a datagram packet socket sees them.

Such a socket's filter sees a packet from its network header on. A tap on all devices sees some packets more than once:
on loopback going out and coming in, which the type of the packet tells apart; on a device and the VLAN on top of it,
where only the second sight has no tag; on a port of a bridge or a bond and then on that, whence ports are passed over.

Not counted: IP fragments, and TCP behind IPv6 extension headers.
"""

from __future__ import annotations

import struct
from typing import List, NamedTuple, Optional, Sequence, Tuple

#: linux/if_packet.h
INCOMING, OUTGOING = 0, 4

#: flags of the TCP header that decide, and what they are in a SYN and a SYN-ACK; None for any segment
SYN, SYN_ACK = 0x02, 0x12
_FLAGS = 0x17  # FIN, SYN, RST and ACK

MOST_ADDRESSES = 32  # of the host; with more of them any destination counts
MOST_PORTS = 64  # devices that are passed over

_LD_W, _LD_H, _LD_B, _LDX_MSH, _LD_H_X, _LD_B_X = 0x20, 0x28, 0x30, 0xB1, 0x48, 0x50
_JEQ, _JSET, _JA, _AND, _RET = 0x15, 0x45, 0x05, 0x54, 0x06
_ANCILLARY = 0xFFFFF000
_PROTOCOL, _TYPE, _INDEX, _TAG, _TAGGED = (_ANCILLARY + number for number in (0, 4, 8, 44, 48))
_IPV4, _IPV6, _TCP = 0x0800, 0x86DD, 6
_FROM_NETWORK_HEADER = 0xFFF00000  # SKF_NET_OFF
MOST_INSTRUCTIONS = 4096  # BPF_MAXINSNS
_INSTRUCTION = struct.Struct("=HBBI")

Instruction = Tuple[int, int, int, int]


class Wanted(NamedTuple):
    """The packets that one socket counts."""

    direction: int  # INCOMING or OUTGOING
    flags: Optional[int] = None  # SYN or SYN_ACK; None for every segment
    port: Optional[int] = None  # ours: where an incoming packet goes to, or an outgoing one comes from
    families: Tuple[int, ...] = (4, 6)  # IP versions
    addresses: Optional[Tuple[bytes, ...]] = None  # ours, packed; None for any
    not_addresses: Tuple[bytes, ...] = ()  # ours that others listen on
    device: Optional[int] = None  # the one interface, by its index
    not_devices: Tuple[int, ...] = ()  # ports of bridges and bonds
    not_flags: Optional[int] = None  # SYN: every segment but these


def program(wanted: Wanted) -> bytes:
    """The filter as an array of struct sock_filter. It passes one byte of what is wanted, and nothing else."""
    return _packed(_instructions(wanted, 0))


def classifier(classes: Sequence[Wanted], numbers: Optional[Sequence[int]] = None) -> bytes:
    """One program that tells the class of a packet: the number of the first that wants it; else 0.

    ``numbers``: one for each class; left out, its place from 1 on.

    It sees packets as PACKET_FANOUT has them: on their way out they begin with the header of the device.
    :raises ValueError: more than a program may hold (`MOST_INSTRUCTIONS`).
    """
    whole: List[Instruction] = []
    for number, wanted in zip(numbers or range(1, len(classes) + 1), classes):
        code = _instructions(wanted, 0 if wanted.direction == INCOMING else _FROM_NETWORK_HEADER)
        for at, one in enumerate(code):
            if one == _DROP:
                one = (_JA, 0, 0, len(code) - at - 1)  # to the next class
            elif one == _PASS:
                one = (_RET, 0, 0, number)
            whole.append(one)
    whole.append(_DROP)
    if len(whole) > MOST_INSTRUCTIONS:
        raise ValueError("{0} instructions".format(len(whole)))
    return _packed(whole)


def _packed(code: Sequence[Instruction]) -> bytes:
    return b"".join(_INSTRUCTION.pack(*one) for one in code)


def _instructions(wanted: Wanted, base: int) -> List[Instruction]:
    """``base``: what is added to offsets from the network header."""
    code: List[Instruction] = [(_LD_W, 0, 0, _TYPE), *_only(wanted.direction)]
    # A tag is there where a VLAN device is about to take the packet, or gave it; VLAN 0 is only a priority
    code += [(_LD_W, 0, 0, _TAGGED), (_JEQ, 4, 0, 0), (_LD_W, 0, 0, _TAG), (_AND, 0, 0, 0x0FFF), *_only(0)]
    if wanted.device is not None or wanted.not_devices:
        code.append((_LD_W, 0, 0, _INDEX))
        if wanted.device is not None:
            code += _only(wanted.device)
        for index in wanted.not_devices[:MOST_PORTS]:
            code += _but(index)
    code.append((_LD_W, 0, 0, _PROTOCOL))
    for version, protocol, rest in ((4, _IPV4, _ipv4(wanted, base)), (6, _IPV6, _ipv6(wanted, base))):
        if version in wanted.families:
            code += [(_JEQ, 1, 0, protocol), (_JA, 0, 0, len(rest)), *rest]
    return [*code, _DROP]


_DROP: Instruction = (_RET, 0, 0, 0)
_PASS: Instruction = (_RET, 0, 0, 1)


def _only(value: int) -> List[Instruction]:
    """Go on where the accumulator is the value."""
    return [(_JEQ, 1, 0, value), _DROP]


def _but(value: int) -> List[Instruction]:
    """Go on where the accumulator is anything but the value."""
    return [(_JEQ, 0, 1, value), _DROP]


def _ipv4(wanted: Wanted, base: int) -> List[Instruction]:
    code = [(_LD_B, 0, 0, base + 9), *_only(_TCP), (_LD_H, 0, 0, base + 6), (_JSET, 0, 1, 0x3FFF), _DROP]
    code.append((_LDX_MSH, 0, 0, base))
    if wanted.port is not None:
        code += [(_LD_H_X, 0, 0, base + (2 if wanted.direction == INCOMING else 0)), *_only(wanted.port)]
    code += _with_flags(wanted, (_LD_B_X, 0, 0, base + 13))
    return [*code, *_ours(wanted, base + (16 if wanted.direction == INCOMING else 12), 4), _PASS]


def _ipv6(wanted: Wanted, base: int) -> List[Instruction]:
    code = [(_LD_B, 0, 0, base + 6), *_only(_TCP)]
    if wanted.port is not None:
        code += [(_LD_H, 0, 0, base + (42 if wanted.direction == INCOMING else 40)), *_only(wanted.port)]
    code += _with_flags(wanted, (_LD_B, 0, 0, base + 53))
    return [*code, *_ours(wanted, base + (24 if wanted.direction == INCOMING else 8), 16), _PASS]


def _with_flags(wanted: Wanted, load: Instruction) -> List[Instruction]:
    if wanted.flags is not None:
        return [load, (_AND, 0, 0, _FLAGS), *_only(wanted.flags)]
    return [] if wanted.not_flags is None else [load, (_AND, 0, 0, _FLAGS), *_but(wanted.not_flags)]


def _ours(wanted: Wanted, offset: int, width: int) -> List[Instruction]:
    """Go on where our address, at this offset, is one that is wanted."""
    code: List[Instruction] = []
    for address in wanted.not_addresses[:MOST_ADDRESSES]:
        if len(address) == width:
            code += [*_compare(address, offset, 1), _DROP]
    if wanted.addresses is None:
        return code
    mine = [address for address in wanted.addresses if len(address) == width]
    if not mine:
        return [*code, _DROP]
    blocks = [_compare(address, offset, 1) for address in mine]
    for number, block in enumerate(blocks):
        behind = sum(len(other) + 1 for other in blocks[number + 1 :]) + 1
        code += [*block, (_JA, 0, 0, behind)]
    return [*code, _DROP]


def _compare(address: bytes, offset: int, over: int) -> List[Instruction]:
    """Fall through where the words at this offset are the address, and else go on behind `over` more instructions."""
    words = struct.unpack("!%dI" % (len(address) // 4), address)
    code: List[Instruction] = []
    for number, word in enumerate(words):
        left = 2 * (len(words) - number - 1)
        code += [(_LD_W, 0, 0, offset + 4 * number), (_JEQ, 0, left + over, word)]
    return code
