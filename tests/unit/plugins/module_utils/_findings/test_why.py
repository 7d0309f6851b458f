# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The remedies for what does not accept: exact commands, and whatever the evidence is, none that does something else."""

from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings import why as words
from ansible_collections.linuxnet.tcp.plugins.module_utils._findings.findings import findings, first_remedies
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import not_accepting
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._findings.test_findings import host, listener

CAUSES = (*not_accepting.CAUSES, not_accepting.UNKNOWN)
EVIDENCE = {
    "stopped": {"frozen": False, "state": "T", "tracer": None},
    "descriptors": {"open": 1024, "limit": 1024, "hard_limit": 524288},
    "throttled": {
        "cgroup": "/sys/fs/cgroup/a", "cgroup_version": 2, "quota_us": 50000, "period_us": 100000, "periods": 2,
        "periods_throttled": 2,
    },
    "blocked": {"tid": 812, "thread": "nginx", "state": "D", "wchan": "folio_wait_bit", "threads": 1},
    "busy": {"tid": 813, "thread": "nginx", "threads": 4, "busy_threads": 4, "every_thread": True, "ran": 1.0, "waited": 0.0},
    "unknown": {"tid": 812, "thread": "nginx", "state": "S", "wchan": "futex_do_wait", "threads": 4},
}  # fmt: skip


def evidence(cause, **changes):
    return dict({"cause": cause, "pid": 812, "pids": [812], "processes": 1}, **dict(EVIDENCE[cause], **changes))


def judged(why, **changes):
    facts = host()
    queue = {"used": 512, "limit": 512}
    if why is not None:
        queue["why"] = why
    facts["listeners"] = [listener(accept_queue=queue, **changes)]
    return findings(facts)[0], facts


def told(why, **changes):
    found, _facts = judged(why, **changes)
    return found["summary"] + " " + found["remedy"]


@pytest.mark.parametrize(
    "why, words_of_it",
    [
        (evidence("stopped"), ["(state T)", "`kill -CONT 812`"]),
        (evidence("stopped", pids=[812, 813]), ["`kill -CONT 812 813`"]),
        (evidence("stopped", state="t", tracer=77), ["debugger (pid 77)", "`ps -o pid,args -p 77`"]),
        (
            evidence("stopped", frozen=True, cgroup="/sys/fs/cgroup/a b", cgroup_version=2),
            ["frozen", "`echo 0 > '/sys/fs/cgroup/a b/cgroup.freeze'`"],
        ),
        (
            evidence("stopped", frozen=True, cgroup="/sys/fs/cgroup/freezer/a", cgroup_version=1),
            ["`echo THAWED > /sys/fs/cgroup/freezer/a/freezer.state`"],
        ),
        (evidence("stopped", frozen=True, cgroup=None), ["from outside this container"]),
        (
            evidence("descriptors"),
            ["1024 of 1024 descriptors", "EMFILE", "`prlimit --pid 812 --nofile=2048:524288`", "LimitNOFILE=2048 under"],
        ),
        (evidence("descriptors", hard_limit=1024), ["--nofile=2048:2048`"]),
        (evidence("throttled"), ["in 2 of 2 periods", "more than 0.5 CPUs", "`echo '100000 100000' > /sys/fs/cgroup/a/cpu.max`"]),
        (evidence("throttled", cgroup_version=1), ["`echo 100000 > /sys/fs/cgroup/a/cpu.cfs_quota_us`"]),
        (evidence("blocked"), ["(state D, in folio_wait_bit)", "`cat /proc/812/task/812/stack`"]),
        (evidence("busy"), ["All of its 4 threads", "More workers", "`top -H -b -n 1 -p 812`"]),
        (evidence("busy", ran=0.2, waited=0.7), ["waits for a CPU longer than it runs", "too few CPUs"]),
        (evidence("busy", busy_threads=1, every_thread=False), ["1 of its 4 threads is busy", "(tid 813)"]),
        (evidence("busy", busy_threads=1, threads=1), ["Its only thread is busy"]),
        (evidence("unknown"), ["Its main thread sleeps in futex_do_wait.", "See what it is busy with", "`cat /proc/812/wchan`"]),
    ],
)
def test_each_cause_has_its_remedy(why, words_of_it):
    text = told(why)
    assert [one for one in words_of_it if one not in text] == [], text
    assert "a larger backlog" in text.lower()


def test_it_is_evidence_and_takes_the_place_of_the_listeners_own_remedy():
    found, facts = judged(evidence("stopped"))
    assert (found["id"], found["evidence"]["why"]) == ("accept-queue-overflow", evidence("stopped"))
    assert first_remedies(facts) == [found["remedy"]]


def test_where_nobody_looked_the_cause_is_unknown():
    found, _facts = judged(None)
    assert found["evidence"]["why"] == {"cause": "unknown"}
    assert found["remedy"].startswith("See what it is busy with")


def test_a_limit_without_a_unit():
    assert "`ulimit -n`" in told(evidence("descriptors"), unit=None)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=2), max_leaves=3
)
KEYS = sorted({"pid", "pids"}.union(*EVIDENCE.values()))


@given(st.sampled_from(CAUSES) | ANYTHING, st.dictionaries(st.sampled_from(KEYS), ANYTHING))
def test_any_evidence_has_words(cause, changes):
    why = dict(EVIDENCE.get(cause, {}) if isinstance(cause, str) else {}, cause=cause, pid=812)
    why.update(changes)
    found, _facts = judged(why)
    assert found["remedy"] and found["summary"].isprintable() and found["remedy"].isprintable()
    assert isinstance(words.reason(why) + words.remedy(why, "", None), str)


@given(st.text(min_size=1, max_size=12), st.sampled_from([1, 2]), st.sampled_from(["stopped", "throttled"]))
def test_a_hostile_path_is_one_word_of_the_command(name, version, cause):
    path = "/sys/fs/cgroup/" + name
    text = words.remedy(evidence(cause, frozen=True, cgroup=path, cgroup_version=version), "", None)
    assert text.isprintable()
    command = re.search("`(echo .*)`", text).group(1)
    parsed = shlex.split(command)
    assert parsed[0] == "echo" and parsed[-2] == ">" and len(parsed) == 4
    assert parsed[-1].startswith("/sys/fs/cgroup/")
    if name.isprintable() and "{" not in name:
        assert parsed[-1].rpartition("/")[0] == path


# ---------------------------------------------------------------- word for word


@pytest.mark.parametrize("why, sentence", [
    (evidence("stopped"), "It is stopped (state T)."), (evidence("stopped", frozen=1), "It is stopped (state T)."),
    (evidence("stopped", tracer=0), "It is stopped (state T)."),
    (evidence("descriptors", open=5, limit=6), "It has 5 of 6 descriptors open, so that accept(2) fails with EMFILE."),
    (evidence("blocked", wchan=None), "It is blocked inside the kernel (state D)."),
    (evidence("throttled", periods_throttled=3, periods=5), "Its control group used up its CPU quota in 3 of 5 periods."),
    (evidence("busy", busy_threads=3, every_thread=False), "3 of its 4 threads are busy all the time."),
    (evidence("busy", busy_threads=1, every_thread=False), "1 of its 4 threads is busy all the time (tid 813)."),
    (evidence("busy", ran=0.5, waited=0.5), "All of its 4 threads are busy all the time."),
    (evidence("busy", ran=0.4, waited=0.5), "All of its 4 threads are busy all the time. The busiest waits for a CPU longer than it runs."),
    (evidence("busy", threads=1, waited=None), "Its only thread is busy all the time."), (evidence("unknown"), "Its main thread sleeps in futex_do_wait."),
    (evidence("unknown", processes=2), ""), (evidence("unknown", wchan=None), ""), (evidence("stopped", pid=None), ""), ({}, ""),
])  # fmt: skip
def test_what_is_the_matter_in_a_sentence(why, sentence):
    assert words.reason(why) == sentence


LOOK = "`look`"


@pytest.mark.parametrize("why, start", [
    (evidence("descriptors", pids=[1, 2, 3, 4, 5]),
     "At once: %s. So that" % ", ".join("`prlimit --pid %d --nofile=2048:524288`" % pid for pid in (1, 2, 3, 4))),
    (evidence("descriptors", limit=None, hard_limit=None), "At once: `prlimit --pid 812 --nofile=2:`. So that"),
    (evidence("descriptors", limit=0, hard_limit=9), "At once: `prlimit --pid 812 --nofile=2:9`. So that"),
    (evidence("descriptors", hard_limit=2047), "At once: `prlimit --pid 812 --nofile=2048:2048`."),
    (evidence("throttled", quota_us=150000), "Give it more than 1.5 CPUs: at once `echo '300000 100000' > "),
    (evidence("throttled", quota_us=33333, period_us=100000), "Give it more than 0.333 CPUs: at once"),
    (evidence("throttled", quota_us=None, period_us=None), "Give it more than 0 CPUs: at once `echo '0 1' > "),
    (evidence("blocked", tid=None), "`cat /proc/812/task/812/stack` shows"), (evidence("blocked", tid=813), "`cat /proc/812/task/813/stack` shows"),
    (evidence("busy"), "More workers and CPUs help. See what they are busy with: `look`."),
    (evidence("busy", threads=1), "See what this thread is busy with: `look`. More workers help"),
    (evidence("busy", every_thread=False), "See what this thread is busy with: `look`. More workers help"),
    (evidence("busy", waited=1.1), "This host has too few CPUs"),
    (evidence("stopped", pids=None), "Let it go on: `kill -CONT 812`."), (evidence("stopped", pids=[7, None]), "Let it go on: `kill -CONT 7`."),
    (evidence("stopped", frozen=True, cgroup="/a", cgroup_version=None), "Thaw it: `echo 0 > /a/cgroup.freeze`."),
])  # fmt: skip
def test_what_to_do_about_it(why, start):
    assert words.remedy(why, LOOK, "x.service").startswith(start)


def test_nothing_is_to_be_done_about_what_is_not_known():
    assert words.remedy(evidence("unknown"), LOOK, None) == words.remedy(evidence("stopped", pid=None), LOOK, None) == words.remedy({}, LOOK, None) == ""
    assert "So that it stays: LimitNOFILE=2048 under [Service] of x.service, and a restart." in words.remedy(evidence("descriptors"), LOOK, "x.service")
    assert "So that it stays: more for `ulimit -n`" in words.remedy(evidence("descriptors"), LOOK, "x.scope")
