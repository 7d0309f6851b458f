# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Why a process does not accept, decided from two looks at it.

What is certain comes first: a stopped process does nothing else, and one without a free descriptor cannot accept,
however busy it is with trying. Busy comes last of what can be seen.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

STOPPED, DESCRIPTORS, THROTTLED = "stopped", "descriptors", "throttled"
BLOCKED, BUSY, UNKNOWN = "blocked", "busy", "unknown"

#: of causes that as many processes have, what comes first is told
CAUSES = (STOPPED, DESCRIPTORS, THROTTLED, BLOCKED, BUSY)

_BUSY = 0.6  # share of the time in which a busy thread runs, or waits for a CPU to run on
_STARVED = 0.05  # the same of one that wants to run at both looks, where nothing tells how long it waited
_STOPPED, _TRACED, _BLOCKED, _RUNNABLE, _ENDED = "T", "t", "D", "R", "ZXx"  # proc_pid_stat(5)


class Thread(NamedTuple):
    """A thread that was there at both looks."""

    tid: int
    name: str  # made printable
    states: Tuple[str, str]  # letters of proc_pid_stat(5)
    ran: float  # seconds of CPU time in between
    queued: Optional[float] = None  # seconds in between that it waited for a CPU; None where the kernel does not tell
    wchan: Optional[str] = None  # where in the kernel it waits; None where it does not, or that is not told

    @property
    def wanted(self) -> float:
        """Seconds in between that it ran or would have, as far as is known."""
        return self.ran + (self.queued or 0.0)


class Group(NamedTuple):
    """A control group with a CPU quota that a process is in, or a parent of it."""

    directory: str  # made printable
    version: int  # of control groups: 1 or 2
    quota: int  # microseconds of CPU time in each period
    period: int  # microseconds
    periods: int  # that ended between the looks
    throttled: int  # of these, in which the quota was used up


class Frozen(NamedTuple):
    """A frozen control group."""

    directory: Optional[str]  # of the one that the order was given to, made printable; None where that is not visible
    version: int


class Process(NamedTuple):
    """A process that holds a listening socket whose accept queue is full; None where a part cannot be read."""

    pid: int
    seconds: float  # between the looks
    threads: Tuple[Thread, ...]  # the first of them
    all_threads: Optional[int] = None
    open: Optional[int] = None  # descriptors below the soft limit
    limit: Optional[int] = None  # RLIMIT_NOFILE, soft and hard
    hard_limit: Optional[int] = None
    tracer: Optional[int] = None  # pid of a debugger
    frozen: Optional[Frozen] = None
    groups: Tuple[Group, ...] = ()


def why(processes: Sequence[Process]) -> Dict[str, Any]:
    """The cause that explains most of a listener's processes, with what shows it.

    A process that sleeps explains nothing: the master of a server, or one that got the socket from its parent, never
    accepts. Where, one such aside, more than half of them sleep, somebody could accept, and nothing is explained.

    :returns: ``cause``, one of CAUSES or ``unknown``; ``pid`` and ``pids``, who shows it; ``processes``, how many were
        looked at; and what the cause brings with it, see the functions below.
    """
    found = [(process, _cause(process)) for process in processes]
    explained = [(process, cause) for process, cause in found if cause != UNKNOWN]
    if not explained or 2 * len(explained) < len(found) - 1:
        return _told(UNKNOWN, processes, _unknown(processes[0]) if processes else _unknown(None))
    causes = [cause for _process, cause in explained]
    cause = max(CAUSES, key=lambda one: (causes.count(one), -CAUSES.index(one)))
    shown = [process for process, one in explained if one == cause]
    return _told(cause, processes, _EVIDENCE[cause](shown[0]), shown)


def _told(
    cause: str, processes: Sequence[Process], evidence: Dict[str, Any], shown: Sequence[Process] = ()
) -> Dict[str, Any]:
    first = (shown or processes)[:1]
    told = {"cause": cause, "pid": first[0].pid if first else None, "pids": [process.pid for process in shown]}
    told["processes"] = len(processes)
    told.update(evidence)
    return told


def _cause(process: Process) -> str:
    threads = _living(process)
    if process.frozen or (threads and all(thread.states[1] in _STOPPED + _TRACED for thread in threads)):
        return STOPPED
    if process.open is not None and process.limit is not None and process.open >= process.limit:
        return DESCRIPTORS
    if _throttling(process) and any(_RUNNABLE in thread.states or thread.ran > 0 for thread in threads):
        return THROTTLED
    blocked, busy = _blocked(process), _busy(process)
    if blocked and (not busy or blocked[0].tid == process.pid):
        return BLOCKED
    return BUSY if busy else UNKNOWN


def _living(process: Process) -> List[Thread]:
    return [thread for thread in process.threads if thread.states[1] not in _ENDED]


def _blocked(process: Process) -> List[Thread]:
    """Threads that wait inside the kernel at both looks, the main thread first."""
    found = [thread for thread in process.threads if thread.states == (_BLOCKED, _BLOCKED)]
    return sorted(found, key=lambda thread: thread.tid != process.pid)


def _busy(process: Process) -> List[Thread]:
    """Threads that ran all the time, or would have run had there been a CPU for them; the busiest first."""
    found = [
        thread
        for thread in _living(process)
        if thread.wanted >= process.seconds * (_STARVED if thread.states == (_RUNNABLE, _RUNNABLE) else _BUSY) > 0
    ]
    return sorted(found, key=lambda thread: -thread.wanted)


def _throttling(process: Process) -> Optional[Group]:
    """The group that lost most periods, if these are half of them."""
    groups = [group for group in process.groups if group.throttled > 0 and 2 * group.throttled >= group.periods]
    return max(groups, key=lambda group: group.throttled) if groups else None


# ---------------------------------------------------------------- what a cause brings with it


def _stopped(process: Process) -> Dict[str, Any]:
    """``frozen``, and then the ``cgroup`` that is; else the ``state`` and who traces it."""
    evidence: Dict[str, Any] = {"frozen": process.frozen is not None}
    if process.frozen:
        evidence.update(cgroup=process.frozen.directory, cgroup_version=process.frozen.version)
    else:
        evidence.update(state=_living(process)[0].states[1], tracer=process.tracer)
    return evidence


def _descriptors(process: Process) -> Dict[str, Any]:
    """How many are ``open``, and how many may be."""
    return {"open": process.open, "limit": process.limit, "hard_limit": process.hard_limit}


def _throttled(process: Process) -> Dict[str, Any]:
    """The ``cgroup``, its quota and period in microseconds, and in how many of the periods it was used up."""
    group = _throttling(process)
    if group is None:
        return {}
    return {
        "cgroup": group.directory,
        "cgroup_version": group.version,
        "quota_us": group.quota,
        "period_us": group.period,
        "periods": group.periods,
        "periods_throttled": group.throttled,
    }


def _waiting(process: Process, thread: Thread) -> Dict[str, Any]:
    return {
        "tid": thread.tid,
        "thread": thread.name,
        "state": thread.states[1],
        "wchan": thread.wchan,
        "threads": process.all_threads,
    }


def _is_blocked(process: Process) -> Dict[str, Any]:
    """The thread that is, and where in the kernel."""
    return _waiting(process, _blocked(process)[0])


def _is_busy(process: Process) -> Dict[str, Any]:
    """How many ``threads`` there are and how many are busy; the busiest, and for which share of the time it ran, and
    waited for a CPU.
    """
    busy = _busy(process)
    living = len(_living(process))
    return {
        "tid": busy[0].tid,
        "thread": busy[0].name,
        "threads": process.all_threads,
        "busy_threads": len(busy),
        "ran": _share(busy[0].ran, process.seconds),
        "waited": None if busy[0].queued is None else _share(busy[0].queued, process.seconds),
        "every_thread": len(busy) == living and (process.all_threads or 0) <= len(process.threads),
    }


def _share(part: float, whole: float) -> float:
    return round(min(part / whole, 1.0), 2)


def _unknown(process: Optional[Process]) -> Dict[str, Any]:
    """Where the main thread waits; nothing where nobody could be looked at."""
    threads = process.threads if process else ()
    main = next((thread for thread in threads if process and thread.tid == process.pid), None)
    if process is None or main is None:
        return {"tid": None, "thread": None, "state": None, "wchan": None, "threads": None}
    return _waiting(process, main)


_EVIDENCE = {
    STOPPED: _stopped,
    DESCRIPTORS: _descriptors,
    THROTTLED: _throttled,
    BLOCKED: _is_blocked,
    BUSY: _is_busy,
}
