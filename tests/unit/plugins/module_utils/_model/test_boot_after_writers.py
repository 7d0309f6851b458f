# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot import tuned
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.dropins import DropIn
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.resolve import accepts_integers
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.values import BootValue, Shadowed
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.writer import AFTER, RUNTIME, UNKNOWN, Writer
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.boot_after_tuned import with_tuned
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.boot_after_writers import with_writers

KEY = "net.core.somaxconn"
VALUES = st.sampled_from(["5", "6", "7"])
WRITERS = st.lists(
    st.builds(
        Writer, st.just("x"), st.sampled_from(["/a:1", "/b:2", "/c:3"]), st.sampled_from([KEY, "net.core.other"]),
        st.one_of(st.none(), VALUES, st.just("junk")), st.sampled_from([AFTER, UNKNOWN, RUNTIME]),
    ),
    max_size=5,
)  # fmt: skip
BOOT = st.one_of(
    st.builds(lambda value: BootValue(value, int(value), "/etc/sysctl.d/a.conf:1"), VALUES),
    st.just(BootValue(None, None, None)),
    st.just(BootValue(None, None, None, (), "x cannot be read")),
)


@given(BOOT, WRITERS)
def test_a_certain_later_writer_wins_and_nothing_else_does(boot, writers):
    value = with_writers(boot, KEY, writers, None, accepts_integers)
    ours = [one for one in writers if one.key == KEY]
    later = {one.value for one in ours if one.order == AFTER and one.value not in (None, "junk")}
    assert value.others == tuple(ours)
    if len(later) == 1:
        assert value.value in later and value.doubt is None
        if boot.value is not None and boot.value not in later:
            assert [line.source for line in value.shadowed] == [boot.source]
    elif later:
        assert value.value is None and "in an order that is not known" in value.doubt and not value.certain
    else:
        assert (value.value, value.source, value.doubt) == (boot.value, boot.source, boot.doubt)
    others = [one for one in ours if one.order != AFTER or one.value in (None, "junk")]
    if value.doubt is None:
        assert value.certain == all(one.value is not None and one.value == value.value for one in others)


@given(BOOT)
def test_without_them_nothing_changes(boot):
    assert with_writers(boot, KEY, [Writer("x", "/a:1", "net.core.other", "5", AFTER)], None, accepts_integers) is boot


# ---------------------------------------------------------------- beside TuneD

PROFILE, FILE = "/usr/lib/tuned/x/tuned.conf:3", "/etc/sysctl.d/a.conf:1"
ASKED = tuned.Asked("x", 7, PROFILE, True)
BY_TUNED = BootValue("7", 7, PROFILE, (), None, ASKED)
CRON = Writer("cron", "/etc/crontab:4", KEY, "5", AFTER)


def after(value, *writers, default=None):
    return with_writers(value, KEY, writers, default, accepts_integers)


def test_tuned_and_another_that_disagree_come_in_no_known_order():
    found = after(BY_TUNED, CRON)
    assert (found.value, found.source, found.certain) == (None, None, False) and found.tuned is ASKED
    assert found.doubt == "/etc/crontab:4 (cron) and %s (TuneD) set it after the sysctl loader, in an order that is not known" % PROFILE
    assert found.shadowed[-1] == Shadowed(PROFILE, "7", "may be overridden: " + found.doubt)


def test_tuned_and_another_that_agree_leave_no_doubt():
    found = after(BY_TUNED, CRON._replace(value="7"))
    assert (found.value, found.source, found.certain, found.doubt) == ("7", PROFILE, True, None)


def test_a_file_that_tuned_left_alone_is_overridden():
    found = after(BootValue("7", 7, FILE, (), None, ASKED), CRON)
    assert (found.value, found.number, found.source, found.certain) == ("5", 5, "/etc/crontab:4", True)
    assert found.shadowed == (Shadowed(FILE, "7", "overridden by /etc/crontab:4 of cron, which sets it after the sysctl loader"),)
    two = after(BootValue("7", 7, FILE, (), None, ASKED), CRON, CRON._replace(source="/b:2", by="udev", value="6"))
    assert two.doubt == "/etc/crontab:4 (cron) and /b:2 (udev) set it after the sysctl loader, in an order that is not known"


def test_of_several_that_agree_the_last_is_named_and_what_it_reads_itself_is_not_lost():
    found = after(BootValue(None, None, None, (Shadowed("/b:2", "5", "x"), Shadowed("/c:1", "9", "y"))), CRON, CRON._replace(source="/b:2"))
    assert (found.value, found.source, found.shadowed) == ("5", "/b:2", (Shadowed("/c:1", "9", "y"),))
    same = after(BootValue("5", 5, FILE), CRON)
    assert (same.source, same.shadowed, same.certain) == (FILE, (), True), "the file says the same"


@pytest.mark.parametrize(("value", "default", "certain"), [("4096", 4096, True), ("4096", 128, False), (None, 4096, False), ("4096", None, False)])
def test_one_that_may_set_what_is_there_anyway_leaves_it_certain(value, default, certain):
    assert after(BootValue(None, None, None), CRON._replace(order=UNKNOWN, value=value), default=default).certain is certain


# ---------------------------------------------------------------- TuneD itself


def tuned_after(value, asks, dropins=(), default=None, **main):
    config = tuned.tuned({KEY: tuned.Setting(asks, PROFILE)}, dict({"reapply_sysctl": "0"}, **main), "x")
    return with_tuned(value, "somaxconn", config, default, dropins)


def test_what_tuned_sets_wins_over_a_file():
    found = tuned_after(BootValue("5", 5, FILE), "7")
    assert (found.value, found.number, found.source, found.doubt, found.tuned) == ("7", 7, PROFILE, None, tuned.Asked("x", 7, PROFILE, False))
    assert found.shadowed == (Shadowed(FILE, "5", "overridden by %s, applied by TuneD after the sysctl loader" % PROFILE),)


def test_what_tuned_confirms_stays_where_it_was():
    for asks, value in (("5", "5"), (">3", "5"), ("<9", "5")):
        found = tuned_after(BootValue(value, int(value), FILE), asks)
        assert (found.source, found.shadowed) == (FILE, ()) and found.tuned is not None
    kept = tuned_after(BootValue(None, None, None), ">100", default=4096)
    assert (kept.value, kept.source, kept.tuned.number) == (None, None, 4096)
    raised = tuned_after(BootValue(None, None, None), ">5000", default=4096)
    assert (raised.value, raised.source, raised.shadowed) == ("5000", PROFILE, ())


def test_what_only_tuned_can_tell_is_in_doubt():
    found = tuned_after(BootValue("5", 5, FILE), "${x}")
    assert (found.value, found.source) == (None, None) and found.doubt == PROFILE + ": TuneD's profile sets it to a value that only TuneD can tell"
    assert found.tuned.number is None and found.shadowed[0].source == FILE


def test_what_was_in_doubt_before_stays_so():
    found = tuned_after(BootValue(None, None, None, (), "x cannot be read"), ">7")
    assert (found.doubt, found.tuned) == ("x cannot be read", tuned.Asked("x", None, PROFILE, False))


def test_a_file_that_tuned_applies_again_is_the_source():
    again = DropIn("/etc/sysctl.d/b.conf", b"net.core.somaxconn = 9\n")
    found = tuned_after(BootValue("5", 5, FILE, (Shadowed("/etc/sysctl.d/b.conf:1", "9", "x"),)), "7", [again], reapply_sysctl="1")
    assert (found.number, found.source) == (9, "/etc/sysctl.d/b.conf:1") and [one.source for one in found.shadowed] == [FILE]
    same = tuned_after(BootValue("9", 9, "/etc/sysctl.d/b.conf:1"), "7", [again], reapply_sysctl="1")
    assert (same.source, same.shadowed) == ("/etc/sysctl.d/b.conf:1", ())
