# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The queues of one network namespace, looked at again and again between two readings of everything.

The sockets for that are opened inside it and keep to it, so that no look has to enter it. They also keep it alive:
close them where it is not to be looked at any more.
"""

from __future__ import annotations

from typing import Dict, Mapping, Optional, Sequence

from .._model import namespace as model_namespace
from .._model import records
from .._read import accept_lengths, netlink, sock_diag, syn_recv
from . import gathering

_EMPTY: Mapping[int, int] = {}


class Sampled:
    """What is open for one namespace."""

    def __init__(self, namespace: model_namespace.Namespace) -> None:
        self._namespace = namespace
        self._lengths: Optional[accept_lengths.AcceptLengths] = None
        self._session: Optional[netlink.Session] = None

    def close(self) -> None:
        """Give the sockets up."""
        for one in (self._lengths, self._session):
            if one is not None:
                one.close()
        self._lengths = self._session = None

    def accept(self) -> Optional[Mapping[int, int]]:
        """Connections that wait for accept(), by inode of the listening socket; None where nobody answers."""
        try:
            if self._lengths is None:
                self._lengths = gathering.inside(self._namespace, accept_lengths.AcceptLengths)
            return self._lengths.look()
        except (OSError, model_namespace.Unreachable):
            self.close()  # what was answered late belongs to no request
            return None

    def half_open(self, listeners: Sequence[records.ListenSocket]) -> Mapping[int, int]:
        """Half-open connections by inode of the listening socket, of those that share their address with no other."""
        try:
            if self._session is None:
                self._session = gathering.inside(self._namespace, netlink.Session)
            if not self._any():
                return _EMPTY
            counted = syn_recv.tally(None, self._session.dump, listeners)[0]
        except (OSError, model_namespace.Unreachable):
            self.close()
            return _EMPTY
        if counted is None:
            return _EMPTY
        by_key: Dict[records.ListenKey, int] = {key: one.total for key, one in counted.result(1).by_listener.items()}
        members: Dict[records.ListenKey, int] = {}
        for sock in listeners:
            members[_key(sock)] = members.get(_key(sock), 0) + 1
        return {sock.inode: by_key.get(_key(sock), 0) for sock in listeners if members[_key(sock)] == 1}

    def _any(self) -> bool:
        """Whether there is a half-open connection at all: one pass where a tally needs two."""
        if self._session is None:
            return False
        found = False
        for _run in self._session.dump(
            accept_lengths.body(sock_diag.TCP_SYN_RECV), accept_lengths.TCPDIAG_GETSOCK, accept_lengths.TCPDIAG_GETSOCK
        ):
            found = True  # and on to the end of the dump
        return found


def _key(sock: records.ListenSocket) -> records.ListenKey:
    return records.ListenKey(sock.family, sock.address, sock.port, sock.device)
