# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""What got better and worse since an earlier report, what is new, and what is gone.

What either report does not know is not compared: a report of another version may lack parts, or call them otherwise.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.condition import DROPPED, STATES, UNKNOWN
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.gathered import number
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.text import plural, printable

from .alike import place_of
from .answer import NOT_ASKED
from .host import Host, Line, audited
from .input import answers_of
from .names import in_short

WORSE, BETTER, NEW, GONE = "worse", "better", "new", "gone"
HOW = (WORSE, BETTER, NEW, GONE)
_PARTS: dict[str, t.Any] = {"findings": [], "kernel": {}, "listeners": [], "sysctls": {}}
_SEVERITIES = ("critical", "warning")  # worst first
_HOST = "host"  # that a change is about, as a whole
_MOST = 40  # changes in the text; the others are counted

Change = t.Tuple[str, str, str]  # how, about what, and in words


class Earlier(t.NamedTuple):
    """An earlier report."""

    path: str  # as it was given
    answers: t.Mapping[str, t.Mapping[str, t.Any]]


class Comparison:
    """The changes of the hosts that were added so far. What many of them have in common is kept once."""

    def __init__(self, earlier: Earlier) -> None:
        self._earlier = earlier
        self._hosts: dict[Change, list[str]] = {}
        self._seen: set[str] = set()

    def add(self, host: Host) -> None:
        """Compare one more host of this audit."""
        self._seen.add(host.name)
        for change in _changes(self._earlier.answers.get(host.name), host):
            self._hosts.setdefault(change, []).append(host.name)

    def told(self) -> dict[str, t.Any]:
        """What report.json holds of it. To be asked once every host is added."""
        changes = dict(self._hosts)
        gone = sorted(set(self._earlier.answers) - self._seen)
        if gone:
            changes[(GONE, _HOST, "it is not in this audit")] = gone
        found: dict[str, t.Any] = {"earlier": self._earlier.path, **{how: [] for how in HOW}}
        for (how, about, words), hosts in sorted(changes.items(), key=lambda one: (-len(one[1]), one[0])):
            found[how].append({"hosts": sorted(hosts), "about": about, "change": words})
        return found


def earlier_report(path: str, text: str) -> Earlier:
    """The report that a file holds.

    :raises ValueError: it is none; the text says why.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("{0} is no report.json: {1}".format(path, error)) from error
    if (
        isinstance(found, dict)
        and isinstance(found.get("hosts"), dict)
        and "kernel" not in found["hosts"]
        and isinstance(found.get("schema"), int)
    ):
        found = found["hosts"]  # a report that keeps its hosts apart from what else it says
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise ValueError("{0} is no report.json: expected an object with one object for each host".format(path))
    return Earlier(path, _completed(found))


def worse(told: t.Mapping[str, t.Any]) -> bool:
    """Whether anything got worse."""
    return bool(told[WORSE])


def summed(told: t.Mapping[str, t.Any]) -> str:
    """One sentence."""
    counts = ["{0} {1}".format(len(told[how]) or "nothing", how) for how in HOW]
    return printable("Since {0}: {1}.".format(told["earlier"], ", ".join(counts)))


def lines(told: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """A paragraph for each change, worst first, with an end."""
    rows = [(how, row) for how in HOW for row in told[how]]
    for how, row in rows[:_MOST]:
        yield "{0}: {1}".format(how, in_words(row))
    if len(rows) > _MOST:
        yield "and {0} in report.json".format(plural(len(rows) - _MOST, "more change"))


def in_words(row: t.Mapping[str, t.Any]) -> str:
    """One change with the names of its hosts."""
    hosts = row["hosts"]
    whose = hosts[0] if len(hosts) == 1 else "{0} hosts: {1}".format(len(hosts), in_short(hosts, 4))
    about = [] if row["about"] == _HOST else [row["about"]]
    return printable(": ".join([whose, *about, row["change"]]))


def _completed(found: t.Mapping[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    """Each host's answer with the parts that another version may not have had, as parts that are not known."""
    answers: dict[str, dict[str, t.Any]] = {}
    for name, one in found.items():
        if isinstance(one.get("error"), str):
            answers.update(answers_of({name: one}))
            continue
        lacking = {part: empty for part, empty in _PARTS.items() if not isinstance(one.get(part), type(empty))}
        if len(lacking) < len(_PARTS):
            answers[name] = dict(one, **lacking, _lacking=frozenset(lacking))
        elif answers_of({name: one}):  # what is no comparison is a host of which nothing can be read
            answers[name] = {"error": NOT_ASKED}
    return answers


def _changes(before: t.Mapping[str, t.Any] | None, now: Host) -> t.Iterator[Change]:
    if before is None:
        yield NEW, _HOST, "it is not in the earlier report"
        return
    then = audited(now.name, before)
    if now.error is not None or then.error is not None:
        if then.error is None:
            yield WORSE, _HOST, "it gives no answer, and did before"
        elif now.error is None:
            yield BETTER, _HOST, "it answers again"
        return
    lacking = before.get("_lacking", ())
    told: set[tuple[str, str]] = set()
    if "listeners" not in lacking:
        for change in _of_listeners(then, now):
            told.add(change[:2])
            yield change
    if "findings" not in lacking:
        yield from (one for one in _of_findings(then, now) if one[:2] not in told)


def _of_listeners(then: Host, now: Host) -> t.Iterator[Change]:
    before, after = _by_subject(then), _by_subject(now)
    for subject, line in after.items():
        place = place_of(line)
        if subject not in before:
            yield NEW, place, "it listens now, {0}".format(line.condition.state)
            if line.condition.troubled:
                yield WORSE, place, "{0}, and it is new".format(line.condition.state)
            continue
        old = before[subject]
        state = _of_state(old, line)
        if state:
            yield state[0], place, state[1]
        for what in ("accept", "syn"):
            limits = [getattr(one.members[0].queues, what).limit for one in (old, line)]
            if None not in limits and limits[0] != limits[1]:
                name = "accept queue" if what == "accept" else "SYN queue"
                how = BETTER if limits[1] > limits[0] else WORSE
                yield how, place, "its {0} admits {1}, before it was {2}".format(name, limits[1], limits[0])
    for subject, line in before.items():
        if subject not in after:
            yield GONE, place_of(line), "it listens no more, before it was {0}".format(line.condition.state)


def _by_subject(host: Host) -> dict[str, Line]:
    """The worst line of each listener: a group whose members differ has several."""
    return {line.subject: line for line in reversed(host.lines)}


def _of_state(old: Line, new: Line) -> tuple[str, str] | None:
    states = old.condition.state, new.condition.state
    if UNKNOWN in states:
        return None
    if states == (DROPPED, DROPPED):
        rows = old.members[0].row, new.members[0].row
        drops = [number(row.get("drops")) or 0 for row in rows]
        same = rows[0].get("inode") == rows[1].get("inode") and rows[0].get("since") == rows[1].get("since")
        return (WORSE, "it goes on dropping connections") if same and drops[1] > drops[0] else None
    ranks = [STATES.index(state) for state in states]
    if ranks[0] == ranks[1]:
        return None
    return (WORSE if ranks[1] < ranks[0] else BETTER), "{1}, before it was {0}".format(*states)


def _of_findings(then: Host, now: Host) -> t.Iterator[Change]:
    labels = {line.subject: place_of(line) for line in (*then.lines, *now.lines)}
    here = {line.subject for line in now.lines}
    before, after = _severities(then), _severities(now)
    for key in {**before, **after}:
        name, subject = key
        about = labels.get(subject, subject)
        if key not in before:
            yield WORSE, about, "{0} ({1})".format(name, after[key])
        elif key not in after:
            if subject in here or subject not in labels:  # else the listener is gone, and that is told
                yield BETTER, about, "{0} is over".format(name)
        elif before[key] != after[key]:
            how = WORSE if _SEVERITIES.index(after[key]) < _SEVERITIES.index(before[key]) else BETTER
            yield how, about, "{0} ({1}, before it was {2})".format(name, after[key], before[key])


def _severities(host: Host) -> dict[tuple[str, str], str]:
    return {(str(one.get("id")), str(one.get("subject"))): str(one.get("severity")) for one in reversed(host.findings)}
