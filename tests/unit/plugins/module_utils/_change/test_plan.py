# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a change: what is wanted and what is, made into what is to be done."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.dropins import DropIn
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.edit import HEADER
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.values import NONE, PROCPS, SYSTEMD, BootFiles
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.writer import (
    AFTER,
    BY_ANOTHER,
    RUNTIME,
    UNKNOWN,
    Writer,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._change.plan import (
    AT_LEAST,
    EXACT,
    Found,
    Wanted,
    plan,
    satisfied,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._change.words import diff, shadowed_message
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.sysctl_file import SysctlFile

OURS = "/etc/sysctl.d/99-zz.conf"
DEFAULTS = {"somaxconn": 4096, "tcp_max_syn_backlog": 2048, "tcp_syncookies": 1, "tcp_synack_retries": 5,
            "tcp_abort_on_overflow": 0}  # fmt: skip
LOADERS = st.sampled_from([SYSTEMD, PROCPS])


def found(content=None, others=(), runtime=None, loader=SYSTEMD, defaults=None, **more):
    dropins = [DropIn(path, text, "", path) for path, text in others]
    if content is not None:
        dropins.append(DropIn(OURS, content, "", OURS))
    return Found(
        runtime=dict(DEFAULTS, **(runtime or {})),
        level=Level(6, 1, 176),
        file=SysctlFile(OURS, content, (OURS,)),
        boot=BootFiles(loader, (), tuple(dropins), (), ""),
        defaults=DEFAULTS if defaults is None else defaults,
        **more,
    )


def line(value):
    return b"net.core.somaxconn = %d\n" % value


NUMBERS = st.integers(0, 70000)
MAYBE = st.one_of(st.none(), NUMBERS)


@given(NUMBERS, NUMBERS, MAYBE, MAYBE, MAYBE, LOADERS)
def test_exact_is_exact(goal, now, own, earlier, later, loader):
    others = [(path, line(value)) for path, value in (("/etc/sysctl.d/10.conf", earlier), ("/etc/sysctl.d/99-zzz.conf", later))
              if value is not None]  # fmt: skip
    before = found(None if own is None else line(own), others, {"somaxconn": now}, loader)
    planned = plan(Wanted({"somaxconn": goal}), before)
    assert planned.after["somaxconn"]["runtime"] == goal
    assert [(write.before, write.after) for write in planned.writes] == ([] if now == goal else [(now, goal)])
    assert planned.file_changes == (own != goal)
    assert planned.after["somaxconn"]["boot"] == (goal if later is None else later)
    assert bool(planned.shadows) == (later not in (None, goal))
    again = plan(Wanted({"somaxconn": goal}), found(planned.content, others, {"somaxconn": goal}, loader))
    assert not again.changes and again.after == again.before == planned.after and again.shadows == planned.shadows


@given(NUMBERS, NUMBERS, MAYBE, MAYBE, MAYBE, LOADERS, st.one_of(st.none(), st.just(4096)))
def test_at_least_never_lowers(goal, now, own, earlier, later, loader, default):
    others = [(path, line(value)) for path, value in (("/etc/sysctl.d/10.conf", earlier), ("/etc/sysctl.d/99-zzz.conf", later))
              if value is not None]  # fmt: skip
    defaults = {"somaxconn": default}
    wanted = Wanted({"somaxconn": goal}, AT_LEAST)
    planned = plan(wanted, found(None if own is None else line(own), others, {"somaxconn": now}, loader, defaults))
    before, after = planned.before["somaxconn"], planned.after["somaxconn"]
    assert after["runtime"] == max(goal, now)
    if before["boot"] is not None:
        assert after["boot"] >= before["boot"]
    if before["boot"] is not None and before["boot"] >= goal:
        assert not planned.file_changes
    assert bool(planned.shadows) == (after["boot"] is None or after["boot"] < goal)
    if later is None:
        assert not planned.shadows
    again = plan(wanted, found(planned.content, others, {"somaxconn": after["runtime"]}, loader, defaults))
    assert not again.changes


def test_a_default_that_is_not_known_is_not_lowered():
    planned = plan(
        Wanted({"tcp_max_syn_backlog": 512}, AT_LEAST),
        found(runtime={"tcp_max_syn_backlog": 2048}, defaults={"tcp_max_syn_backlog": None}),
    )
    assert planned.content == HEADER + b"net.ipv4.tcp_max_syn_backlog = 2048\n"


def test_absent_follows_what_is_left():
    names = dict.fromkeys(DEFAULTS)
    mine = HEADER + line(5000) + b"net.ipv4.tcp_syncookies = 2\n"
    before = found(mine, [("/etc/sysctl.d/10.conf", line(777))], {"somaxconn": 5000, "tcp_synack_retries": 9})
    planned = plan(Wanted(names, absent=True), before)
    assert planned.content is None and planned.file_changes
    assert [(write.name, write.after) for write in planned.writes] == [("somaxconn", 777)]
    assert planned.after["somaxconn"] == {"runtime": 777, "boot": 777, "boot_source": "/etc/sysctl.d/10.conf:1"}
    assert planned.after["tcp_synack_retries"]["runtime"] == 9  # never ours
    only = plan(Wanted({"tcp_syncookies": None}, absent=True), before)
    assert only.content == HEADER + line(5000)
    nothing = plan(Wanted(names, absent=True), found(None))
    assert not nothing.changes and nothing.content is None


def test_absent_with_an_unknown_default_leaves_the_running_value():
    mine = b"net.ipv4.tcp_max_syn_backlog = 9000\n"
    planned = plan(
        Wanted({"tcp_max_syn_backlog": None}, absent=True),
        found(mine, runtime={"tcp_max_syn_backlog": 9000}, defaults={"tcp_max_syn_backlog": None}),
    )
    assert planned.content == b"" and not planned.writes and planned.unknown_defaults == ("tcp_max_syn_backlog",)


def test_without_persist_and_without_runtime():
    nothing_kept = plan(Wanted({"somaxconn": 5000}, persist=False), found(line(7))._replace(file=None))
    assert not nothing_kept.file_changes and not nothing_kept.shadows and len(nothing_kept.writes) == 1
    elsewhere = plan(Wanted({"somaxconn": 5000}, persist=False), found()._replace(file=None, boot=None))
    assert elsewhere.after["somaxconn"] == {"runtime": 5000, "boot": None, "boot_source": None}
    kept_only = plan(Wanted({"somaxconn": 5000}, runtime=False), found())
    assert kept_only.file_changes and not kept_only.writes and kept_only.after["somaxconn"]["runtime"] == 4096


def test_no_loader_is_a_shadow():
    (shadow,) = plan(Wanted({"somaxconn": 5000}), found(loader=NONE)).shadows
    assert (shadow.source, shadow.value, shadow.reason) == ("kernel default", 4096, "no loader applies this file at boot")


@pytest.mark.parametrize("order", list(itertools.permutations(["somaxconn", "tcp_syncookies", "tcp_abort_on_overflow"])))
def test_what_protects_comes_first_and_what_turns_away_last(order):
    down = {"somaxconn": 128, "tcp_syncookies": 0, "tcp_abort_on_overflow": 1}
    up = {"somaxconn": 9000, "tcp_syncookies": 1, "tcp_abort_on_overflow": 0}

    def turns(runtime, goal):
        planned = plan(Wanted({name: goal[name] for name in order}), found(runtime=runtime))
        return [write.name for write in planned.writes]

    assert turns(up, down) == ["somaxconn", "tcp_syncookies", "tcp_abort_on_overflow"]
    assert turns(down, up) == ["tcp_syncookies", "tcp_abort_on_overflow", "somaxconn"]
    assert turns({"somaxconn": 1, "tcp_syncookies": 1}, {"somaxconn": 9, "tcp_syncookies": 0, "tcp_abort_on_overflow": 1}) == [
        "somaxconn", "tcp_syncookies", "tcp_abort_on_overflow",
    ]  # fmt: skip


def test_satisfied():
    assert satisfied(EXACT, 5, 5) and not satisfied(EXACT, 5, 6) and not satisfied(EXACT, 5, None)
    assert satisfied(AT_LEAST, 5, 6) and not satisfied(AT_LEAST, 5, 4) and not satisfied(AT_LEAST, 5, None)


def test_texts_never_carry_what_a_terminal_or_a_template_would_act_upon():
    planned = plan(Wanted({"somaxconn": 5}), found(b"# \x1b[2J {{ x }}\r\n\ty\n"))
    shown = diff(planned, OURS, b"# \x1b[2J {{ x }}\r\n\ty\n", "host")
    assert shown[1]["before"] == "# \\x1b[2J { { x }}\\r\n    y\n"
    wanted = Wanted({"somaxconn": 5})
    shadows = plan(wanted, found(others=[("/etc/sysctl.d/99-zzz\x1b.conf", line(7))])).shadows
    message = shadowed_message(shadows, wanted, OURS)
    assert "\x1b" not in message and "net.core.somaxconn would be 7 instead of 5, from /etc/sysctl.d/99-zzz\\x1b.conf:1" in message


def test_a_change_is_one_of_either():
    kept, ran = plan(Wanted({"somaxconn": 5000}, runtime=False), found()), plan(Wanted({"somaxconn": 5000}, persist=False), found())
    assert (bool(kept.writes), kept.file_changes, kept.changes) == (False, True, True)
    assert (bool(ran.writes), ran.file_changes, ran.changes) == (True, False, True)
    assert plan(Wanted({"somaxconn": 4096}, persist=False), found()).changes is False


def test_a_file_is_left_alone_where_nothing_is_to_persist():
    for wanted in (Wanted({"somaxconn": 5000}, persist=False), Wanted({"somaxconn": None}, absent=True, persist=False)):
        planned = plan(wanted, found(line(7)))
        assert (planned.content, planned.file_changes, planned.shadows, planned.disturbers) == (line(7), False, (), ())


def test_of_an_absent_setting_nothing_is_shadowed():
    planned = plan(Wanted({"somaxconn": None}, absent=True), found(line(5000), [("/etc/sysctl.d/99-zzz.conf", line(7))], {"somaxconn": 5000}))
    assert planned.shadows == () and planned.content == b"" and [(one.before, one.after) for one in planned.writes] == [(5000, 7)]


def test_what_cannot_be_told_is_a_shadow_of_its_own():
    before = found()
    hidden = before._replace(boot=before.boot._replace(dropins=(DropIn("/etc/sysctl.d/99-zzz.conf", None, "denied", ""),)))
    (shadow,) = plan(Wanted({"somaxconn": 5000}), hidden).shadows
    assert (shadow.source, shadow.value) == (None, None) and shadow.reason.startswith("the boot value cannot be told: /etc/sysctl.d/99-zzz.conf cannot be read")
    assert plan(Wanted({"somaxconn": 5000}), hidden).after["somaxconn"] == {"runtime": 5000, "boot": None, "boot_source": None}


@pytest.mark.parametrize(("order", "value", "disturbs"), [(UNKNOWN, "5000", False), (UNKNOWN, "7", True), (UNKNOWN, None, True), (RUNTIME, None, True)])
def test_what_else_may_set_it(order, value, disturbs):
    other = Writer("cron", "/etc/crontab:4", "net.core.somaxconn", value, order)
    before = found()
    before = before._replace(boot=before.boot._replace(writers=(other,)))
    assert plan(Wanted({"somaxconn": 5000}), before).disturbers == ((other,) if disturbs else ())
    assert plan(Wanted({"somaxconn": 5000}, persist=False), before).disturbers == plan(Wanted({"tcp_syncookies": 1}), before).disturbers == ()


def test_what_sets_it_after_the_loader_wins():
    other = Writer("cron", "/etc/crontab:4", "net.core.somaxconn", "7", AFTER)
    before = found()
    before = before._replace(boot=before.boot._replace(writers=(other,)))
    (shadow,) = plan(Wanted({"somaxconn": 5000}), before).shadows
    assert (shadow.source, shadow.value, shadow.reason) == ("/etc/crontab:4", 7, BY_ANOTHER)
    assert plan(Wanted({"somaxconn": 7}), before).shadows == (), "as wanted, whoever sets it"
    assert plan(Wanted({"somaxconn": 5}, AT_LEAST), before).shadows == ()


def test_a_line_in_vain_is_a_shadow_even_where_the_value_is_right():
    masked = found(others=[("/etc/sysctl.d/10.conf", line(5000))])
    hidden = masked._replace(file=SysctlFile("/usr/lib/sysctl.d/10.conf", None, ("/usr/lib/sysctl.d/10.conf",)))
    (shadow,) = plan(Wanted({"somaxconn": 5000}), hidden).shadows
    assert shadow.value == 5000 and shadow.reason == "/etc/sysctl.d/10.conf masks this file"
    assert plan(Wanted({"somaxconn": 5000}, AT_LEAST), hidden).shadows == ()
    nowhere = masked._replace(file=SysctlFile("/srv/x.conf", None, ()))
    (shadow,) = plan(Wanted({"somaxconn": 6000}), nowhere).shadows
    assert shadow.reason == "no sysctl loader reads /srv/x.conf"


@pytest.mark.parametrize(("now", "default", "own", "goal", "kept"), [
    (9000, None, None, 5000, 9000), (9000, 4096, None, 5000, 5000), (4000, None, None, 5000, 5000), (None, None, None, 5000, 5000),
    (9000, None, 6000, 5000, None), (9000, None, 4000, 5000, 5000),
])  # fmt: skip
def test_what_is_written_where_no_less_is_wanted(now, default, own, goal, kept):
    planned = plan(Wanted({"somaxconn": goal}, AT_LEAST), found(None if own is None else line(own), (), {"somaxconn": now}, defaults={"somaxconn": default}))
    if kept is None:
        assert not planned.file_changes
    else:
        assert planned.content == (HEADER if own is None else b"") + line(kept)


@pytest.mark.parametrize("part", ["boot", "file"])
def test_without_boot_files_or_a_file_nothing_is_shadowed(part):
    later = [("/etc/sysctl.d/99-zzz.conf", line(7))]
    assert len(plan(Wanted({"somaxconn": 5000}), found(others=later)).shadows) == 1
    assert plan(Wanted({"somaxconn": 5000}), found(others=later)._replace(**{part: None})).shadows == ()
