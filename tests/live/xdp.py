# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The smallest XDP program there is, on a real device: it drops every packet (bpf(2), include/uapi/linux/bpf.h)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import socket
import struct
from collections.abc import Iterator

import pytest

from ansible_collections.linuxnet.tcp.tests.live import lab

_SYSCALL = {"x86_64": 321, "aarch64": 280}
_PROG_LOAD, _LINK_CREATE = 5, 28
_TYPE_XDP, _ATTACH_XDP = 6, 37
_DROP = struct.pack("=BBhi", 0xB7, 0, 0, 1) + struct.pack("=BBhi", 0x95, 0, 0, 0)  # r0 = XDP_DROP; exit


def _bpf(command: int, attributes: bytes) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    found = libc.syscall(_SYSCALL[platform.machine()], command, buffer, len(attributes))
    if found < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return found


@contextlib.contextmanager
def dropping(namespace: lab.Netns, device: str) -> Iterator[None]:
    """What arrives at this device is dropped by XDP for as long as the `with` lasts; skips where the kernel forbids bpf(2)."""
    code, licence = ctypes.create_string_buffer(_DROP, len(_DROP)), ctypes.create_string_buffer(b"GPL")

    def attached() -> tuple[int, int]:
        program = _bpf(
            _PROG_LOAD, struct.pack("=IIQQ", _TYPE_XDP, len(_DROP) // 8, ctypes.addressof(code), ctypes.addressof(licence)) + bytes(96)
        )
        try:
            return program, _bpf(_LINK_CREATE, struct.pack("=IIII", program, socket.if_nametoindex(device), _ATTACH_XDP, 0) + bytes(32))
        except OSError:
            os.close(program)
            raise

    try:
        made = namespace.call(attached)
    except (OSError, KeyError) as error:
        pytest.skip("no XDP here: %s" % error)
    try:
        yield
    finally:
        for descriptor in reversed(made):
            os.close(descriptor)
