# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What keeps processes from accepting: two short looks at those whose listener's accept queue is full.

Bounded in all that a process decides itself: how many threads, descriptors and parent groups it has.
"""

from __future__ import annotations

import os
import time
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from .._model import not_accepting, text
from . import cgroup_states

_MOST_PROCESSES = 64
_MOST_THREADS = 256  # of one process
_MOST_DESCRIPTORS = 1 << 18  # that are counted one by one
_MOST_BYTES = 1 << 16
_MOUNTS = 1 << 22  # bytes of mountinfo
_LONGEST_NAME = 64
_SECONDS = 0.2  # between the looks: some kernels tell CPU time in hundredths of a second only
_PERIODS = 2.2  # of the longest quota, so that two end in between
_LONGEST = 1.0


class _Thread(NamedTuple):
    """One look at a thread."""

    name: str
    state: str
    ran: float  # seconds of CPU time
    queued: Optional[float]  # seconds that it waited for a CPU; None where the kernel does not tell
    started: str


class _First(NamedTuple):
    """The first look at a process."""

    threads: Dict[int, _Thread]
    frozen: Optional[not_accepting.Frozen]
    quotas: List[cgroup_states.Quota]


def look(
    pids: Sequence[int], proc: str = "/proc", sleep: Callable[[float], None] = time.sleep
) -> Tuple[Dict[int, not_accepting.Process], List[str]]:
    """What these processes do, by pid, and warnings.

    Read from task/TID/stat and wchan, status, limits, fd and cgroup of /proc/PID (proc(5)), and from the files of their
    control groups. A process that is gone or closed to us is absent, and a warning says so.
    """
    chosen = list(dict.fromkeys(pids))
    warnings = []
    if len(chosen) > _MOST_PROCESSES:
        warnings.append(
            "%d processes hold listeners whose accept queue is full: why they do not accept was read of %d of them"
            % (len(chosen), _MOST_PROCESSES)
        )
    known = cgroup_states.mounts(_contents(proc + "/self/mountinfo", _MOUNTS))
    first: Dict[int, _First] = {}
    closed: Dict[str, List[int]] = {}
    for pid in chosen[:_MOST_PROCESSES]:
        try:
            first[pid] = _first("%s/%d" % (proc, pid), known)
        except OSError as error:
            closed.setdefault(error.strerror or str(error), []).append(pid)
    if not first:
        return {}, warnings + _unread(closed)
    started = time.monotonic()
    periods = [quota.period / 1e6 for one in first.values() for quota in one.quotas]
    sleep(max([_SECONDS] + [min(_PERIODS * period, _LONGEST) for period in periods]))
    seconds = time.monotonic() - started
    found: Dict[int, not_accepting.Process] = {}
    for pid, one in first.items():
        try:
            found[pid] = _second("%s/%d" % (proc, pid), pid, one, seconds)
        except OSError as error:
            closed.setdefault(error.strerror or str(error), []).append(pid)
    uncounted = [pid for pid, one in found.items() if one.open is None and one.limit is not None]
    if uncounted:
        warnings.append("%s: its open descriptors could not be counted" % _named(uncounted))
    return found, warnings + _unread(closed)


def _first(directory: str, known: Dict[str, cgroup_states.Mount]) -> _First:
    membership = _contents(directory + "/cgroup")
    return _First(
        threads=_threads(directory, _tids(directory)),
        frozen=cgroup_states.frozen(known, membership),
        quotas=cgroup_states.quotas(known, membership),
    )


def _second(directory: str, pid: int, first: _First, seconds: float) -> not_accepting.Process:
    status = _fields(_contents(directory + "/status"))
    limit, hard_limit = _limits(_contents(directory + "/limits"))
    groups = [cgroup_states.since(quota) for quota in first.quotas]
    return not_accepting.Process(
        pid=pid,
        seconds=seconds,
        threads=_both(directory, pid, first.threads),
        all_threads=_number(status.get("Threads")),
        open=_open(directory, limit, _number(status.get("FDSize"))),
        limit=limit,
        hard_limit=hard_limit,
        tracer=_number(status.get("TracerPid")) or None,
        frozen=first.frozen,
        groups=tuple(group for group in groups if group is not None),
    )


# ---------------------------------------------------------------- threads


def _tids(directory: str) -> List[int]:
    """The main thread, and more of them.

    :raises OSError: the process is gone, or closed to us.
    """
    tids = sorted(int(name) for name in os.listdir(directory + "/task") if name.isdigit())
    main = int(directory.rpartition("/")[2])
    return sorted(tids, key=lambda tid: tid != main)[:_MOST_THREADS]


def _threads(directory: str, tids: Sequence[int]) -> Dict[int, _Thread]:
    """Those of the threads that are still there."""
    found = {tid: _thread("%s/task/%d" % (directory, tid)) for tid in tids}
    threads = {tid: thread for tid, thread in found.items() if thread is not None}
    if not threads:
        raise ProcessLookupError("it ended, or its threads cannot be read")
    return threads


def _thread(directory: str) -> Optional[_Thread]:
    """From proc_pid_stat(5), whose second field may hold anything, also parentheses; and from schedstat.

    Its nanoseconds on a CPU and waiting for one, and its time slices (Documentation/scheduler/sched-stats.rst), are 0
    where the kernel does not count them.
    """
    before, _opening, rest = _contents(directory + "/stat").partition("(")
    name, _closing, after = rest.rpartition(")")
    fields = after.split()
    if not before or len(fields) < 20 or not (fields[11].isdigit() and fields[12].isdigit()):
        return None
    ran, queued = (int(fields[11]) + int(fields[12])) / float(os.sysconf("SC_CLK_TCK")), None
    precise = _contents(directory + "/schedstat").split()
    if len(precise) == 3 and all(word.isdigit() for word in precise) and precise[2] != "0":
        ran, queued = int(precise[0]) / 1e9, int(precise[1]) / 1e9
    return _Thread(text.printable(name, _LONGEST_NAME), fields[0][:1], ran, queued, fields[19])


def _both(directory: str, pid: int, first: Dict[int, _Thread]) -> Tuple[not_accepting.Thread, ...]:
    """The threads that were there at both looks; a number that another one has by now is none of them."""
    again = _threads(directory, list(first))
    return tuple(
        not_accepting.Thread(
            tid=tid,
            name=thread.name,
            states=(first[tid].state, thread.state),
            ran=max(thread.ran - first[tid].ran, 0.0),
            queued=_grown(first[tid].queued, thread.queued),
            wchan=_wchan("%s/task/%d" % (directory, tid)) if tid == pid or thread.state == "D" else None,
        )
        for tid, thread in again.items()
        if thread.started == first[tid].started
    )


def _grown(before: Optional[float], after: Optional[float]) -> Optional[float]:
    return None if before is None or after is None else max(after - before, 0.0)


def _wchan(directory: str) -> Optional[str]:
    """The kernel's function in which it waits; None where it does not, or we may not know (proc_pid_wchan(5))."""
    told = _contents(directory + "/wchan", 256).strip()
    return None if told in ("", "0") else text.printable(told)


# ---------------------------------------------------------------- descriptors


def _open(directory: str, limit: Optional[int], slots: Optional[int]) -> Optional[int]:
    """Open descriptors below the soft limit, where accept(2) looks for a free one; None where they cannot be counted.

    One by one they are counted only where all of them may have reached the limit: one that is open beyond a limit that
    was lowered takes no place below it.
    ``slots``: the size of the table.
    """
    if limit is None:
        return None
    most = min(limit, slots) if slots is not None else limit
    try:
        size = _size(directory + "/fd")
        if 0 < size < limit or most > _MOST_DESCRIPTORS:
            return size or None
        count = 0
        with os.scandir(directory + "/fd") as entries:
            for entry in entries:
                count += entry.name.isdigit() and int(entry.name) < limit
        return count
    except OSError:
        return None


def _size(directory: str) -> int:
    """Of /proc/PID/fd it is how many are open, in Linux 6.2 and later; 0 before."""
    return os.stat(directory).st_size


def _limits(contents: str) -> Tuple[Optional[int], Optional[int]]:
    """Soft and hard RLIMIT_NOFILE, from proc_pid_limits(5); None for one that is unlimited or not told."""
    for line in contents.splitlines():
        if line.startswith("Max open files "):
            words = line[len("Max open files ") :].split()
            if len(words) >= 2:
                return _number(words[0]), _number(words[1])
    return None, None


# ---------------------------------------------------------------- files


def _fields(contents: str) -> Dict[str, str]:
    """``Name: value`` of proc_pid_status(5), which escapes a newline in the name of a process."""
    lines = (line.partition(":") for line in contents.splitlines())
    return {name: value.strip() for name, colon, value in lines if colon}


def _number(word: Optional[str]) -> Optional[int]:
    return int(word) if word is not None and word.isdigit() and len(word) < 20 else None


def _contents(path: str, most: int = _MOST_BYTES) -> str:
    """The beginning of a file; empty where it is gone or closed to us."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
            return stream.read(most)
    except OSError:
        return ""


def _unread(closed: Dict[str, List[int]]) -> List[str]:
    """A warning for each reason."""
    return [
        "%s: why it does not accept could not be read: %s" % (_named(pids), reason) for reason, pids in closed.items()
    ]


def _named(pids: Sequence[int]) -> str:
    return "pid %d" % pids[0] + (" and %d more" % (len(pids) - 1) if len(pids) > 1 else "")
