# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A seccomp filter that fails one system call of the process it is set in, as container runtimes do."""

from __future__ import annotations

import ctypes
import os
import struct

import pytest

_AUDIT_ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "riscv64": 0xC00000F3}  # linux/audit.h
_LISTEN = {"x86_64": 50, "aarch64": 201, "riscv64": 201}
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
PIDFD_GETFD = 438


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def listen_number() -> int:
    return _LISTEN[_machine()]


def deny(number: int, code: int, second_argument: int | None = None) -> None:
    """Have the system call fail with this errno from now on, in this process and for good.

    With `second_argument` only calls that pass it. Nothing takes the filter away again: call it in a forked child.
    """
    arch = _AUDIT_ARCHES[_machine()]
    refuse = (_RETURN, 0, 0, _ERRNO | code)
    allow = (_RETURN, 0, 0, _ALLOW)
    # offsets in struct seccomp_data: 0 number, 4 architecture, 24 the lower half of the second argument
    if second_argument is None:
        program = [(_LOAD, 0, 0, 4), (_EQUAL, 0, 3, arch), (_LOAD, 0, 0, 0), (_EQUAL, 0, 1, number), refuse, allow]
    else:
        program = [
            (_LOAD, 0, 0, 4), (_EQUAL, 0, 5, arch), (_LOAD, 0, 0, 0), (_EQUAL, 0, 3, number),
            (_LOAD, 0, 0, 24), (_EQUAL, 0, 1, second_argument), refuse, allow,
        ]  # fmt: skip
    code_bytes = b"".join(struct.pack("=HBBI", *one) for one in program)
    told = _Program(len(program), code_bytes)
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _FILTER, ctypes.byref(told), 0, 0)):
        if libc.prctl(*arguments) != 0:
            code = ctypes.get_errno()
            raise OSError(code, "prctl: " + os.strerror(code))


def _machine() -> str:
    machine = os.uname().machine
    if machine not in _AUDIT_ARCHES:
        pytest.skip("no seccomp numbers here for " + machine)
    return machine
