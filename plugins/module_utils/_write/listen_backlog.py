# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""Another backlog for listening sockets of other processes: a second listen(2) on duplicates of them.

All duplicates are made and checked before the first is touched, and none is kept longer than a few milliseconds:
as long as one is open, its socket would outlive its process and keep the port from a successor.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
from typing import Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from .._change import raise_plan
from .._model import records
from .._read import descriptors
from . import pidfd

#: Reads the backlogs in force, by socket inode
ReadBack = Callable[[], Mapping[int, Optional[int]]]
Holders = Mapping[int, Sequence[records.Process]]

_YAMA = "/proc/sys/kernel/yama/ptrace_scope"
_libc = ctypes.CDLL(None, use_errno=True)


def apply(steps: Sequence[raise_plan.Step], holders: Holders, read_back: ReadBack) -> None:
    """Give every changed step's socket its backlog, or none of them.

    ``holders`` are the processes that hold each socket, by its inode.
    :raises NotRaised: says why, and what was put back.
    """
    with _duplicates(steps, holders) as pairs:
        done: List[Tuple[raise_plan.Step, socket.socket]] = []
        try:
            for step, copy in pairs:
                done.append((step, copy))
                _listen(step.socket, copy, step.after)
            if done:
                _verify([step for step, _copy in done], read_back)
        except BaseException as error:
            left = _put_back(done, read_back)
            if isinstance(error, raise_plan.NotRaised):
                raise raise_plan.NotRaised("%s; %s" % (error, left)) from None
            raise


def rehearse(steps: Sequence[raise_plan.Step], holders: Holders) -> None:
    """All of :func:`apply` that changes nothing: check mode fails where the run that follows would.

    :raises NotRaised: as :func:`apply` before its first change.
    """
    with _duplicates(steps, holders):
        pass


@contextlib.contextmanager
def _duplicates(
    steps: Sequence[raise_plan.Step], holders: Holders
) -> Iterator[List[Tuple[raise_plan.Step, socket.socket]]]:
    with contextlib.ExitStack() as stack:
        pairs = []
        for step in steps:
            if step.changed:
                try:
                    copy = _duplicate(step.socket, holders.get(step.socket.inode, ()))
                except raise_plan.NotRaised as error:
                    raise raise_plan.NotRaised("%s; nothing was changed" % error) from None
                pairs.append((step, stack.enter_context(copy)))
        yield pairs


def _duplicate(sock: raise_plan.Listener, holders: Sequence[records.Process]) -> socket.socket:
    """A duplicate of the socket, from the first of its holders that lets us have it."""
    refused: List[Tuple[OSError, records.Process]] = []
    for process in holders:
        for fd in descriptors.descriptors_of(process.pid, sock.inode):
            try:
                copy = _checked(pidfd.duplicate(process.pid, fd), sock)
            except OSError as error:
                if error.errno not in (errno.ESRCH, errno.EBADF):  # it ended or closed it meanwhile: ask the next
                    refused.append((error, process))
                continue
            if copy is not None:
                return copy
    if refused:
        raise raise_plan.NotRaised(_refusal(sock, *refused[0]))
    if holders:
        raise raise_plan.NotRaised(
            "%s: none of the processes that held it (%s) does any more; run this again"
            % (raise_plan.name_of(sock), ", ".join("%s, pid %d" % (one.name, one.pid) for one in holders[:5]))
        )
    raise raise_plan.NotRaised(
        "%s: no process is visible that holds its socket %d. Run this as root with CAP_SYS_PTRACE, where the process "
        "can be seen in /proc (on the host, if the module runs in a container); a socket of the kernel itself, such as "
        "that of nfsd, belongs to no process and cannot be changed this way" % (raise_plan.name_of(sock), sock.inode)
    )


def _checked(fd: int, sock: raise_plan.Listener) -> Optional[socket.socket]:
    """The socket, where the descriptor is the one that was meant and listens; else it is closed again.

    Between readlink and the duplication the process may have put something else under the same number. Where it
    stopped listening, another listen() would have it listen again.
    """
    if os.fstat(fd).st_ino != sock.inode:
        os.close(fd)
        return None
    try:
        copy = socket.socket(fileno=fd)
    except OSError:  # another kind of file with the same inode number
        os.close(fd)
        return None
    try:
        if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and _is_meant(copy, sock):
            return copy
    except OSError:
        pass
    copy.close()
    return None


def _is_meant(copy: socket.socket, sock: raise_plan.Listener) -> bool:
    if isinstance(sock, records.ListenSocket):
        return bool(copy.getsockname()[1] == sock.port)
    return copy.family == socket.AF_UNIX


def _listen(sock: raise_plan.Listener, copy: socket.socket, backlog: int) -> None:
    """listen(2) itself: `socket.listen` turns a negative backlog into 0."""
    if _libc.listen(copy.fileno(), ctypes.c_int(backlog)) != 0:
        code = ctypes.get_errno()
        raise raise_plan.NotRaised("%s: listen(%d) failed: %s" % (raise_plan.name_of(sock), backlog, os.strerror(code)))


def _verify(steps: Sequence[raise_plan.Step], read_back: ReadBack) -> None:
    try:
        backlogs = read_back()
    except OSError as error:
        raise raise_plan.NotRaised("the backlogs cannot be read back: %s" % error) from None
    for step in steps:
        found = backlogs.get(step.socket.inode)
        if found != step.after:
            raise raise_plan.NotRaised(
                "%s: its backlog is %s after listen(%d)"
                % (raise_plan.name_of(step.socket), "gone" if found is None else found, step.after)
            )


def _put_back(done: Sequence[Tuple[raise_plan.Step, socket.socket]], read_back: ReadBack) -> str:
    """Give each socket the backlog that it had; the sentence says what is so now."""
    if not done:
        return "nothing was changed"
    for step, copy in reversed(done):
        _libc.listen(copy.fileno(), ctypes.c_int(step.socket.backlog or 0))
    try:
        backlogs: Dict[int, Optional[int]] = dict(read_back())
    except OSError:
        backlogs = {}
    kept = [step for step, _copy in done if backlogs.get(step.socket.inode) != step.socket.backlog]
    if not kept:
        return "every listener was put back to the backlog that it had"
    return "all listeners but these were put back: " + ", ".join(
        "%s (before %s, now %s)" % (
            raise_plan.name_of(step.socket), step.socket.backlog, backlogs.get(step.socket.inode, "not readable"),
        )
        for step in kept
    )  # fmt: skip


def _refusal(sock: raise_plan.Listener, error: OSError, process: records.Process) -> str:
    what = "%s: its socket cannot be duplicated from %s (pid %d)" % (
        raise_plan.name_of(sock),
        process.name,
        process.pid,
    )
    if error.errno == errno.ENOSYS:
        return (
            "%s: pidfd_getfd(2) is missing, which needs Linux 5.6 or newer (here: %s) and no seccomp filter against "
            "it. Restart the application with a larger backlog instead. (Up to Linux 4.3 another listen() would move "
            "the accept queue alone.)" % (what, os.uname().release)
        )
    if error.errno in (errno.EPERM, errno.EACCES):
        if _yama() == "3":
            return "%s: kernel.yama.ptrace_scope is 3, which forbids it to everybody until the next boot" % what
        return (
            "%s: %s. It needs the right to trace the process: root with CAP_SYS_PTRACE, and no security module, "
            "seccomp filter or kernel.yama.ptrace_scope against it" % (what, error.strerror)
        )
    return "%s: %s" % (what, error.strerror)


def _yama() -> str:
    try:
        with open(_YAMA, encoding="ascii") as stream:
            return stream.read(16).strip()
    except OSError:
        return ""
