# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Why an application does not accept, and what to do about it, in words, from the evidence `why`.

The evidence is data of the gathered structure, any part of which may be absent, null or of another kind.
"""

from __future__ import annotations

import shlex
from typing import Any, List, Mapping, Optional

from .._model import gathered, not_accepting, text


def reason(why: Mapping[str, Any]) -> str:
    """What is the matter, as a sentence; empty where that is not known."""
    cause, pid = why.get("cause"), gathered.number(why.get("pid"))
    if pid is None:
        return ""
    if cause == not_accepting.STOPPED:
        if why.get("frozen") is True:
            return "Its control group is frozen."
        if gathered.number(why.get("tracer")):
            return "It is stopped by a debugger (pid {0}).".format(why["tracer"])
        return "It is stopped (state T)."
    if cause == not_accepting.DESCRIPTORS:
        return "It has {0} of {1} descriptors open, so that accept(2) fails with EMFILE.".format(
            gathered.number(why.get("open")), gathered.number(why.get("limit"))
        )
    if cause == not_accepting.THROTTLED:
        return "Its control group used up its CPU quota in {0} of {1} periods.".format(
            gathered.number(why.get("periods_throttled")), gathered.number(why.get("periods"))
        )
    if cause == not_accepting.BLOCKED:
        wchan = gathered.text(why, "wchan")
        return "It is blocked inside the kernel (state D{0}).".format(", in " + wchan if wchan else "")
    if cause == not_accepting.BUSY:
        return _how_busy(why)
    if gathered.text(why, "wchan") and gathered.number(why.get("processes")) == 1:
        return "Its main thread sleeps in {0}.".format(why["wchan"])
    return ""


def remedy(why: Mapping[str, Any], look: str, unit: Optional[str]) -> str:
    """What to do about it; empty where the cause is not known. ``look``: how to see what it is busy with."""
    cause, pid = why.get("cause"), gathered.number(why.get("pid"))
    if pid is None:
        return ""
    if cause == not_accepting.STOPPED:
        return _let_go_on(why, pid)
    if cause == not_accepting.DESCRIPTORS:
        return _more_descriptors(why, pid, unit)
    if cause == not_accepting.THROTTLED:
        return _more_quota(why)
    if cause == not_accepting.BLOCKED:
        tid = gathered.number(why.get("tid"))
        return (
            "`cat /proc/{0}/task/{1}/stack` shows what it waits for: usually a disk, a network file system or a child "
            "of vfork(2). Repair that. A restart does not help while it waits.".format(
                pid, tid if tid is not None else pid
            )
        )
    if cause == not_accepting.BUSY:
        if _starved(why):
            return "This host has too few CPUs for all that runs on it. `top -b -n 1` shows what runs."
        if why.get("every_thread") is True and gathered.number(why.get("threads")) != 1:
            return "More workers and CPUs help. See what they are busy with: {0}.".format(look)
        return "See what this thread is busy with: {0}. More workers help, as processes of their own.".format(look)
    return ""


def _starved(why: Mapping[str, Any]) -> bool:
    """Whether the busiest thread waited longer for a CPU than it ran."""
    ran, waited = why.get("ran"), why.get("waited")
    return isinstance(ran, (int, float)) and isinstance(waited, (int, float)) and waited > ran


def _how_busy(why: Mapping[str, Any]) -> str:
    threads, busy = gathered.number(why.get("threads")), gathered.number(why.get("busy_threads"))
    starved = ""
    if _starved(why):
        starved = " {0} waits for a CPU longer than it runs.".format("It" if threads == 1 else "The busiest")
    if threads == 1:
        return "Its only thread is busy all the time.{0}".format(starved)
    if why.get("every_thread") is True:
        return "All of its {0} threads are busy all the time.{1}".format(threads, starved)
    which = " (tid {0})".format(gathered.number(why.get("tid"))) if busy == 1 else ""
    return "{0} of its {1} threads {2} busy all the time{3}.{4}".format(
        busy, threads, "is" if busy == 1 else "are", which, starved
    )


def _let_go_on(why: Mapping[str, Any], pid: int) -> str:
    if why.get("frozen") is True:
        directory = gathered.text(why, "cgroup")
        if directory is None:
            return "Thaw it from outside this container: nothing inside the container froze it."
        if why.get("cgroup_version") == 1:
            return "Thaw it: `echo THAWED > {0}`.".format(_quoted(directory + "/freezer.state"))
        return "Thaw it: `echo 0 > {0}`.".format(_quoted(directory + "/cgroup.freeze"))
    tracer = gathered.number(why.get("tracer"))
    if tracer:
        return "End the process that traces it: `ps -o pid,args -p {0}` shows it.".format(tracer)
    return "Let it go on: `kill -CONT {0}`.".format(" ".join(str(one) for one in _pids(why, pid)))


def _more_descriptors(why: Mapping[str, Any], pid: int, unit: Optional[str]) -> str:
    limit = max(gathered.number(why.get("limit")) or 0, 1)
    hard = gathered.number(why.get("hard_limit"))
    more = 2 * limit
    given = "{0}:{1}".format(more, max(more, hard) if hard is not None else "")
    commands = ["`prlimit --pid {0} --nofile={1}`".format(one, given) for one in _pids(why, pid)[:4]]
    if unit is not None and unit.endswith(".service"):
        stays = "LimitNOFILE={0} under [Service] of {1}, and a restart".format(more, unit)
    else:
        stays = "more for `ulimit -n`, or for --ulimit nofile of a container, where it is started"
    return "At once: {0}. So that it stays: {1}. `ls -l /proc/{2}/fd` shows whether it forgets to close them.".format(
        ", ".join(commands), stays, pid
    )


def _more_quota(why: Mapping[str, Any]) -> str:
    directory = gathered.text(why, "cgroup") or ""
    quota, period = gathered.number(why.get("quota_us")) or 0, gathered.number(why.get("period_us")) or 1
    if why.get("cgroup_version") == 1:
        command = "echo {0} > {1}".format(2 * quota, _quoted(directory + "/cpu.cfs_quota_us"))
    else:
        command = "echo '{0} {1}' > {2}".format(2 * quota, period, _quoted(directory + "/cpu.max"))
    return (
        "Give it more than {0:g} CPUs: at once `{1}`; so that it stays, CPUQuota= of its unit, or the CPU limit of its "
        "container.".format(round(quota / period, 3), command)
    )


def _pids(why: Mapping[str, Any], pid: int) -> List[int]:
    told = why.get("pids")
    found = [gathered.number(one) for one in told] if isinstance(told, (list, tuple)) else []
    return [one for one in found if one is not None] or [pid]


def _quoted(path: str) -> str:
    """For a shell, and in one line of characters that print."""
    return shlex.quote(text.printable(path))
