# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source linuxnet.tcp.kernel_log: follows a host's kernel log, and sleeps while the kernel is silent.

ansible-rulebook runs this file by its path and knows of no package around it. The parser is the collection's own all
the same: it is loaded from plugins/module_utils of the collection that this file lies in.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import glob
import importlib
import os
import shutil
import socket
import stat
import sys
import time
import types
from pathlib import Path
from typing import Any, AsyncGenerator, Awaitable, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple, cast

DOCUMENTATION = r"""
---
short_description: Follows the kernel's log and tells of SYN floods
description:
  - Follows the kernel's log of the machine that ansible-rulebook runs on, or a log file that a log server collects, and makes an event of
    each message about SYN flooding. It sleeps until there is something to read.
  - Only the kernel's own words count. What a program wrote into the kernel's log is passed over.
  - The kernel prints its message once for each listening socket, however often that is flooded afterwards. So the counters
    C(TCPReqQFullDoCookies) and C(TCPReqQFullDrop) of this network namespace are read every O(recheck) seconds; where they went
    up and no message told so, an event with C(repeated=true) does.
options:
  source:
    description:
      - Where to read. V(kmsg) is the kernel's own ring buffer, C(/dev/kmsg), which wants CAP_SYSLOG where C(kernel.dmesg_restrict=1).
      - V(journal) is systemd's journal, through C(journalctl). Whoever is in the group C(systemd-journal) may read it.
      - V(auto) is V(kmsg), and V(journal) where that cannot be read.
      - An absolute path is that of a log file such as C(/var/log/kern.log). It is followed with inotify(7), across rotation and truncation.
    type: str
    default: auto
  start:
    description:
      - Whether to begin with what is written from now on, V(end), or with what is there already, V(beginning).
    type: str
    choices: [end, beginning]
    default: end
  host:
    description:
      - The inventory's name for the host that the log is of.
      - Left out, it is the name that a line of a log file carries, and this machine's host name where there is none. A line with a name that
        stands for more than one host, or for the controller, becomes the event C(syn_flood_refused), which says why and limits nothing.
    type: str
  kinds:
    description:
      - Which messages become events.
    type: list
    elements: str
    choices: [syn_flood, open_request_dropped, messages_suppressed]
    default: [syn_flood]
  recheck:
    description:
      - Seconds between two looks at the counters; V(0) for none. With a log file of other hosts it is best V(0).
      - They say nothing while C(net.ipv4.tcp_syncookies=2), which counts every client.
    type: float
    default: 10
"""

EXAMPLES = r"""
- linuxnet.tcp.kernel_log:

- linuxnet.tcp.kernel_log:
    source: /var/log/kern.log
    host: web1.example.com
    kinds: [syn_flood, messages_suppressed]
    recheck: 0

# An event:
# {"syn_flood": {"host": "web1.example.com", "address": "0.0.0.0", "port": 80, "action": "cookies", "status": "firing",
#                "repeated": false, "time": "2026-11-20T04:23:45Z", "via": "kmsg"},
#  "meta": {"hosts": ["web1.example.com"]}}
"""

KMSG = "/dev/kmsg"
NETSTAT = "/proc/net/netstat"
SYNCOOKIES = "/proc/sys/net/ipv4/tcp_syncookies"
JOURNALS = ("/run/log/journal/*/system.journal", "/var/log/journal/*/system.journal")

_COUNTERS = ("TCPReqQFullDoCookies", "TCPReqQFullDrop")
_ALWAYS_COOKIES = "2"
_LARGEST_RECORD = 16384  # of /dev/kmsg; a smaller buffer would be answered with EINVAL
_BLOCK = 1 << 16
_LONGEST_ENTRY = 16384  # of the journal
_AT_ONCE = 64  # lines between two breaths of the loop
_PATIENCE = 2.0  # seconds that journalctl gets to end

_IN_MODIFY, _IN_ATTRIB, _IN_MOVED_TO, _IN_CREATE, _IN_DELETE_SELF, _IN_MOVE_SELF = 0x2, 0x4, 0x80, 0x100, 0x400, 0x800


def _of_the_collection(name: str) -> Any:
    """A module of plugins/module_utils."""
    package = "linuxnet_tcp_module_utils"
    if package not in sys.modules:
        parent = types.ModuleType(package)
        parent.__path__ = [str(Path(__file__).resolve().parents[4] / "plugins" / "module_utils")]
        sys.modules[package] = parent
    return importlib.import_module(package + "." + name)


_kmsg_record = _of_the_collection("_log.kmsg_record")
_lines = _of_the_collection("_log.lines")
_messages = _of_the_collection("_log.messages")
_prefilter = _of_the_collection("_log.prefilter")
_rulebook = _of_the_collection("_log.rulebook")
_times = _of_the_collection("_log.times")
_log_file = _of_the_collection("_read.log_file")

_KINDS: Dict[str, str] = {key: kind for kind, key in _rulebook.KEYS.items()}


class Said(NamedTuple):
    """A message of the kernel that matters."""

    event: Dict[str, Any]
    seconds: float  # since the epoch
    host: str = ""  # "": not told


# ---------------------------------------------------------------- options


class Options(NamedTuple):
    source: str = "auto"
    start: str = "end"
    host: Optional[str] = None
    kinds: Tuple[str, ...] = ("syn_flood",)
    recheck: float = 10.0


def read_options(args: Dict[str, Any]) -> Options:
    """What the rulebook asks for; ValueError names option, value and what is allowed."""
    given = {name: value for name, value in args.items() if value is not None and name != "eda_feedback_queue"}
    for name in given:
        if name not in Options._fields:
            raise _refused(name, given[name], "the options are " + ", ".join(Options._fields))
    options = Options(**given)
    source, kinds, recheck = options.source, options.kinds, options.recheck
    if not isinstance(source, str) or not (source in ("auto", "kmsg", "journal") or source.startswith("/")):
        raise _refused("source", source, "allowed are auto, kmsg, journal or the absolute path of a log file")
    if options.start not in ("end", "beginning"):
        raise _refused("start", options.start, "allowed are end and beginning")
    if options.host is not None and _rulebook.plain_host(options.host) is None:
        raise _refused("host", options.host, "allowed is one host's name or address, of letters, digits and ._-:")
    if not isinstance(kinds, (list, tuple)) or not kinds or any(kind not in list(_KINDS) for kind in kinds):
        raise _refused("kinds", kinds, "allowed is a list of " + ", ".join(_KINDS))
    if isinstance(recheck, bool) or not isinstance(recheck, (int, float)) or not 0 <= recheck <= 86400:
        raise _refused("recheck", recheck, "allowed are 0 to 86400 seconds")
    return options._replace(kinds=tuple(kinds), recheck=float(recheck))


def _refused(option: str, value: object, allowed: str) -> ValueError:
    return ValueError("linuxnet.tcp.kernel_log: {0}={1}: {2}".format(ascii(option)[1:-1], ascii(value)[:80], allowed))


# ---------------------------------------------------------------- waiting


async def readable(descriptor: int) -> None:
    """Return once there is something to read.

    Nothing is watched before or after, so that what waits for a slow rulebook wakes nobody.
    """
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)


class Watch:
    """Tells through inotify(7) when a log file was written to, renamed, replaced or truncated."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        try:
            self._add(os.path.dirname(path), _IN_CREATE | _IN_MOVED_TO)
        except BaseException:
            self.close()
            raise

    def _checked(self, result: int) -> int:
        if result < 0:
            code = ctypes.get_errno()
            raise OSError(code, "inotify: " + os.strerror(code), self._path)
        return result

    def _add(self, path: str, events: int) -> None:
        self._checked(self._libc.inotify_add_watch(self._descriptor, os.fsencode(path), ctypes.c_uint32(events)))

    def add_file(self) -> None:
        """Watch the file that is there now; of an earlier one the kernel forgets the watch when it is gone."""
        with contextlib.suppress(FileNotFoundError):  # rotated just now: the folder tells of the next
            self._add(os.path.dirname(os.path.realpath(self._path)), _IN_CREATE | _IN_MOVED_TO)
            self._add(self._path, _IN_MODIFY | _IN_ATTRIB | _IN_DELETE_SELF | _IN_MOVE_SELF)

    async def changed(self) -> None:
        await readable(self._descriptor)
        with contextlib.suppress(BlockingIOError):
            while len(os.read(self._descriptor, _BLOCK)) > _BLOCK // 2:
                pass

    def close(self) -> None:
        os.close(self._descriptor)


# ---------------------------------------------------------------- reading


async def kmsg(path: str, from_beginning: bool) -> AsyncGenerator[Said, None]:
    """The kernel's messages out of its ring buffer. Those that it overwrote before they were read are lost."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not from_beginning:
            os.lseek(descriptor, 0, os.SEEK_END)
        clock_began = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)
        read = 0
        while True:
            try:
                record = os.read(descriptor, _LARGEST_RECORD)
            except BlockingIOError:
                await readable(descriptor)
                # Anew, since the printk clock stands still while the machine sleeps
                clock_began = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)
                continue
            except BrokenPipeError:  # overrun: the next read goes on at the oldest record that is left
                continue
            if not record:
                raise OSError("{0} came to its end".format(path))
            found = _kmsg_record.parse_kmsg(record) if _prefilter.may_matter(record) else None
            event = _messages.parse_message(found[1]) if found else None
            if found and event:
                yield Said(event, min(time.time(), clock_began + found[0] / 1e6))
            read += 1
            if read % _AT_ONCE == 0:
                await asyncio.sleep(0)
    finally:
        os.close(descriptor)


class Splitter:
    """Bytes in blocks to lines, in bounded memory: one that is too long is dropped whole."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._rest = b""

    def lines(self, block: bytes) -> Iterator[bytes]:
        """The lines that came to their end with this block; an empty one for any number that cannot matter."""
        whole, newline, rest = (self._rest + block).rpartition(b"\n")
        self._rest = rest[: self._longest + 1]
        if not newline:
            return
        if not _prefilter.may_matter(whole):
            yield b""
            return
        for line in whole.split(b"\n"):
            line = line if len(line) <= self._longest else b""
            yield line[:-1] if line.endswith(b"\r") else line


async def journal(from_beginning: bool) -> AsyncGenerator[Said, None]:
    """The kernel's messages of this boot out of the journal."""
    program = shutil.which("journalctl")
    if program is None:
        raise FileNotFoundError("linuxnet.tcp.kernel_log: source=journal: there is no journalctl here")
    # journalctl itself would wait without a word for what it may not read
    if not any(os.access(path, os.R_OK) for pattern in JOURNALS for path in glob.glob(pattern)):
        raise PermissionError(
            "linuxnet.tcp.kernel_log: there is no journal of the system here that this user may read; the group systemd-journal may, and "
            "CAP_SYSLOG allows source=kmsg"
        )
    process = await asyncio.create_subprocess_exec(
        program, "--no-pager", "--quiet", "--output=json", "--follow", "--boot",
        "--no-tail" if from_beginning else "--lines=0", "_TRANSPORT=kernel", "SYSLOG_FACILITY=0",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=dict(os.environ, LC_ALL="C", SYSTEMD_COLORS="0"),
    )  # fmt: skip
    output, errors = cast(asyncio.StreamReader, process.stdout), cast(asyncio.StreamReader, process.stderr)
    try:
        splitter = Splitter(_LONGEST_ENTRY)
        while True:
            block = await output.read(_BLOCK)
            if not block:
                complaint = (await errors.read(_BLOCK)).decode("ascii", "replace").strip().splitlines()[-1:]
                raise OSError("journalctl ended: " + ascii((complaint or ["it said nothing"])[0]))
            for entry in splitter.lines(block):
                found = _lines.parse_journal(entry) if _prefilter.may_matter(entry) else None
                event = _messages.parse_message(found[1]) if found else None
                if found and event:
                    yield Said(event, found[0])
            await asyncio.sleep(0)
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End it by its id, and wait until it is gone."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _PATIENCE)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()


async def log_file(path: str, from_beginning: bool) -> AsyncGenerator[Said, None]:
    """The kernel's messages out of a text log, across rotation and truncation."""
    file = _open(path)
    try:
        watch = Watch(path)
        try:
            watch.add_file()
            if not from_beginning:
                os.lseek(file, 0, os.SEEK_END)
            splitter, log = Splitter(_lines.LONGEST_LINE), _lines.TextLog()
            leaving = False
            while True:
                block = os.read(file, _BLOCK)
                if block:
                    for line, event in filter(None, map(log.event, splitter.lines(block))):
                        seconds = _times.to_epoch(line.stamp, time.time(), _log_file.local_moments)
                        if seconds is not None:  # a date that there is
                            yield Said(event, seconds, line.host.decode("ascii", "replace"))
                    await asyncio.sleep(0)
                    continue
                if leaving:
                    os.close(file)
                    file, leaving = -1, False
                    file = _open(path)
                    splitter, log = Splitter(_lines.LONGEST_LINE), _lines.TextLog()
                    continue
                watch.add_file()
                if _succeeded(path, file):
                    leaving = True  # after another look: the last line may have come just before the other file's first
                elif os.fstat(file).st_size < os.lseek(file, 0, os.SEEK_CUR):
                    os.lseek(file, 0, os.SEEK_SET)
                    splitter, log = Splitter(_lines.LONGEST_LINE), _lines.TextLog()
                else:
                    await watch.changed()
        finally:
            watch.close()
    finally:
        if file >= 0:
            os.close(file)


def _open(path: str) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _refused("source", path, "it is not a regular file")
    return descriptor


def _succeeded(path: str, descriptor: int) -> bool:
    """Whether another file has the name and holds something.

    As long as it is empty, the log daemon writes to the old one: logrotate makes the new file first and then tells the daemon.
    """
    try:
        there, ours = os.stat(path), os.fstat(descriptor)
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino) and there.st_size > 0


def follow(options: Options) -> Tuple[str, AsyncGenerator[Said, None]]:
    """What the source that was asked for is called, and its reader."""
    from_beginning = options.start == "beginning"
    if options.source.startswith("/"):
        return "file", log_file(options.source, from_beginning)
    if options.source == "kmsg" or (options.source == "auto" and _may_read(KMSG)):
        return "kmsg", kmsg(KMSG, from_beginning)
    return "journal", journal(from_beginning)


def _may_read(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError:
        return False
    return True


# ---------------------------------------------------------------- telling


class Teller:
    """Puts events on the rulebook's queue. What the rulebook is slow to take waits where it came from."""

    def __init__(self, queue: Any, options: Options) -> None:
        self._queue, self._options = queue, options
        self._called = socket.gethostname()
        self._machine = options.host or _rulebook.plain_host(self._called) or "localhost"
        self._last: Dict[str, Any] = {}  # what the last message told
        self._told = False  # since the last look at the counters

    async def messages(self) -> None:
        options = self._options
        via, reader = follow(options)
        try:
            async for said in reader:
                if _rulebook.KEYS[said.event["kind"]] in options.kinds:
                    await self._tell(said, via)
        finally:
            await reader.aclose()

    async def _tell(self, said: Said, via: str) -> None:
        host, event = self._whose(said.host), said.event
        if host is None:
            await self._put({"syn_flood_refused": {"reason": "the host that a line names is not one host, and not the controller"}})
            return
        if event["kind"] == _messages.SYN_FLOOD:
            self._last = {name: event[name] for name in ("address", "port", "action")}
            self._told = True
        await self._put(_rulebook.rulebook_event(event, host, _rulebook.when(said.seconds), via))

    def _whose(self, name: str) -> Optional[str]:
        """The host that a message is of; ``None`` where the line names none that an event may name."""
        if self._options.host or name in ("", self._called, self._called.partition(".")[0]):
            return self._machine
        host: Optional[str] = _rulebook.other_host(name)
        return host

    async def counters(self) -> None:
        """Tell that a flood goes on, or has come back, where the kernel's log stays silent about it."""
        before = full_queues()
        while True:
            await asyncio.sleep(self._options.recheck)
            now = full_queues()
            if before is not None and now is not None and now > before and not self._told:
                event = _rulebook.flood_event(
                    self._machine, _rulebook.when(time.time()), "counters", repeated=True, **self._last
                )
                await self._put(event)
            self._told = False
            before = now

    async def _put(self, event: Dict[str, Any]) -> None:
        await self._queue.put(event)
        await asyncio.sleep(0)


def full_queues() -> Optional[int]:
    """How many SYNs have met a full SYN queue in this network namespace; ``None`` where that cannot be told."""
    try:
        with open(SYNCOOKIES, encoding="ascii") as stream:
            if stream.read().strip() == _ALWAYS_COOKIES:
                return None
        with open(NETSTAT, encoding="ascii") as stream:
            names, values = (line.split() for line in stream if line.startswith("TcpExt:"))
    except (OSError, ValueError):
        return None
    found = dict(zip(names, values))
    return sum(int(found.get(name, "0")) for name in _COUNTERS)


async def main(queue: Any, args: Dict[str, Any]) -> None:
    """Follow the log until cancelled. What goes wrong for good is raised: ansible-rulebook then ends and says so."""
    options = read_options(args)
    teller = Teller(queue, options)
    work: List[Callable[[], Awaitable[None]]] = [teller.messages]
    if options.recheck and "syn_flood" in options.kinds:
        work.append(teller.counters)
    tasks: List[asyncio.Future[None]] = [asyncio.ensure_future(part()) for part in work]
    try:
        done, _running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":

    class _Printed:
        async def put(self, event: Dict[str, Any]) -> None:
            print(event)

    asyncio.run(main(_Printed(), {"start": "beginning"}))
