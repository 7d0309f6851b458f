# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The tracepoint skb:kfree_skb in a tracing instance of our own, which is gone afterwards however we end.

Nothing of the host's own tracing is touched: an instance has its own buffer and its own switches. Where tracefs is
not mounted, it is mounted for us alone, at no place (fsmount(2)). A process that does nothing else waits for our end
and removes the instance then, so that even SIGKILL leaves nothing; what a kill of both leaves, the next run removes.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import time
from typing import Optional

from .._watch import drops

_MOUNTED = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
_PREFIX = "linuxnet-tcp-"
_EVENT = "events/skb/kfree_skb/"
_BUFFER_KIB = "64"  # for each CPU; what comes faster than it is read is overwritten and counted
_IP = "protocol == 2048 || protocol == 34525"
_AT_ONCE = 8192  # bytes of text that one look reads: about fifty drops
_AT_THE_END = 1 << 20
_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432  # system calls of Linux 5.2, the same on every architecture
_CLOEXEC, _CREATE = 1, 6


class Unavailable(Exception):
    """Why the kernel's reasons cannot be had, fit for a warning."""


class DropReasons:
    """An instance that is at work. Raises Unavailable where that cannot be."""

    def __init__(self) -> None:
        self.seen = drops.Drops()
        self.missed = 0
        self._pipe = -1
        self._root = _root()
        self._name = "%s%d-%s" % (_PREFIX, os.getpid(), os.urandom(4).hex())
        try:
            _remove_stale(self._root)
            if " reason" not in self._text(_EVENT + "format"):
                raise Unavailable("this kernel tells no reasons for dropped packets (Linux 5.17 does)")
            os.mkdir("instances/" + self._name, 0o700, dir_fd=self._root)
        except OSError as error:
            os.close(self._root)
            raise Unavailable("tracing is not available ({0})".format(error.strerror)) from None
        except Unavailable:
            os.close(self._root)
            raise
        self._guardian, self._alive = _guardian(self._root, self._name)
        try:
            self._write("buffer_size_kb", _BUFFER_KIB)
            self._write(_EVENT + "filter", _IP)
            self._pipe = os.open(
                self._place("trace_pipe"), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._root
            )
            self._write(_EVENT + "enable", "1")
        except OSError as error:
            self.close()
            raise Unavailable("tracing refused to begin ({0})".format(error.strerror)) from None

    def look(self, most: int = _AT_ONCE) -> None:
        """Read a bounded piece of what was traced."""
        while most > 0 and self._pipe >= 0:
            try:
                piece = os.read(self._pipe, min(most, _AT_ONCE))
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno == errno.EINTR:
                    continue
                return
            if not piece:
                return
            self.seen.add(piece.decode("ascii", "replace"))
            most -= len(piece)

    def finish(self) -> None:
        """Stop tracing, read what is left, and count what nobody will read."""
        self._write(_EVENT + "enable", "0")
        self.look(_AT_THE_END)
        for cpu in range(os.cpu_count() or 1):
            try:
                self.missed += drops.stats(self._text(self._place("per_cpu/cpu%d/stats" % cpu)))
            except OSError:
                continue  # offline

    def close(self) -> None:
        """Remove the instance."""
        if self._root < 0:
            return
        if self._pipe >= 0:
            os.close(self._pipe)
        _remove(self._root, self._name)
        os.close(self._alive)
        os.waitpid(self._guardian, 0)
        os.close(self._root)
        self._root = self._pipe = -1

    def _place(self, name: str) -> str:
        return "instances/%s/%s" % (self._name, name)

    def _text(self, path: str) -> str:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._root)
        try:
            return os.read(descriptor, 65536).decode("ascii", "replace")
        finally:
            os.close(descriptor)

    def _write(self, name: str, value: str) -> None:
        descriptor = os.open(self._place(name), os.O_WRONLY | os.O_CLOEXEC, dir_fd=self._root)
        try:
            os.write(descriptor, value.encode("ascii"))
        finally:
            os.close(descriptor)


def _root() -> int:
    """tracefs as an open directory: where it is mounted, or mounted nowhere."""
    for path in _MOUNTED:
        if os.path.isdir(path + "/instances"):
            return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    libc = ctypes.CDLL(None, use_errno=True)
    context = libc.syscall(_FSOPEN, b"tracefs", _CLOEXEC)
    if context < 0:
        raise Unavailable("tracefs is not mounted and cannot be ({0})".format(os.strerror(ctypes.get_errno())))
    try:
        if libc.syscall(_FSCONFIG, context, _CREATE, None, None, 0) < 0:
            raise Unavailable("tracefs is not mounted and cannot be ({0})".format(os.strerror(ctypes.get_errno())))
        mounted = libc.syscall(_FSMOUNT, context, _CLOEXEC, 0)
        if mounted < 0:
            raise Unavailable("tracefs is not mounted and cannot be ({0})".format(os.strerror(ctypes.get_errno())))
        return mounted
    finally:
        os.close(context)


def _guardian(root: int, name: str) -> tuple:
    """(its process id, the descriptor that it waits for to be closed): it removes the instance when we are gone."""
    reader, writer = os.pipe2(os.O_CLOEXEC)
    child = os.fork()
    if child:
        os.close(reader)
        return child, writer
    try:
        os.setsid()  # what is sent to our group does not end it
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        keep = sorted((reader, root))
        os.closerange(0, keep[0])
        os.closerange(keep[0] + 1, keep[1])
        os.closerange(keep[1] + 1, 65536)
        while os.read(reader, 1):
            pass
        _remove(root, name)
    finally:
        os._exit(0)
    raise AssertionError("not reached")


def _remove(root: int, name: str) -> Optional[OSError]:
    """Stop an instance and remove it; tried for a second, since a reader may be just about to let it go."""
    for _attempt in range(20):
        try:
            descriptor = os.open("instances/%s/%senable" % (name, _EVENT), os.O_WRONLY | os.O_CLOEXEC, dir_fd=root)
            try:
                os.write(descriptor, b"0")
            finally:
                os.close(descriptor)
            os.rmdir("instances/" + name, dir_fd=root)
            return None
        except FileNotFoundError:
            return None
        except OSError as error:
            last = error
            time.sleep(0.05)
    return last


def _remove_stale(root: int) -> None:
    """Remove instances of ours whose process is gone. One that is in use (in another PID namespace) is busy, and
    stays."""
    there = os.open("instances", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=root)
    try:
        names = os.listdir(there)
    finally:
        os.close(there)
    for name in names:
        if name.startswith(_PREFIX):
            pid = name[len(_PREFIX) :].partition("-")[0]
            if pid.isdigit() and not os.path.exists("/proc/" + pid):
                try:
                    os.rmdir("instances/" + name, dir_fd=root)
                except OSError:
                    continue
