# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.resolve import accepts_integers
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.values import BootValue
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.writer import AFTER, RUNTIME, UNKNOWN, Writer
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
