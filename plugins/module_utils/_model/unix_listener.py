# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""A listening UNIX socket: what a reader hands over, and which knob binds it.

listen(2) of a stream or seqpacket socket is clamped by net.core.somaxconn as TCP's is, and latched. The queue admits
one more than the backlog (unix_recvq_full(), net/unix/af_unix.c). There is no SYN queue, and nothing counts a full one.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple

from . import binding

STREAM, SEQPACKET = "stream", "seqpacket"
#: what has become of the name that it was bound to
THERE, REPLACED, DELETED = "there", "replaced", "deleted"


class UnixListener(NamedTuple):
    """One listening UNIX socket, as the kernel reports it."""

    path: str  # as it was bound, made printable; "@…" for an abstract name, "" for none
    raw: bytes  # the same as the kernel has it
    type: str  # STREAM or SEQPACKET
    inode: int
    accept_used: Optional[int]  # connections waiting for accept(2); None without sock_diag
    backlog: Optional[int]  # what listen(2) latched; None without sock_diag
    file: Optional[Tuple[int, int]] = None  # major and minor device, packed as the kernel does, and inode of its file

    @property
    def cgroup_id(self) -> None:
        """The kernel does not tell in which control group a UNIX socket was made."""
        return

    @property
    def abstract(self) -> bool:
        return self.raw[:1] == b"\0"


def limit(backlog: Optional[int]) -> Optional[int]:
    """How many connections wait before a further connect() fails with EAGAIN, or waits itself."""
    return None if backlog is None else backlog + 1


def bound_by(backlog: Optional[int], somaxconn: Optional[int], requested: Optional[int]) -> Optional[str]:
    """The knob that binds: the application's backlog or net.core.somaxconn; None where a number is not known.

    :param requested: what its application asks for under this somaxconn, None where nobody knows
    """
    if backlog is None or somaxconn is None:
        return None
    if backlog < somaxconn:
        return binding.APPLICATION
    if backlog > somaxconn:
        return binding.SOMAXCONN  # it was lowered since
    return binding.APPLICATION if requested is not None and requested < somaxconn else binding.SOMAXCONN
