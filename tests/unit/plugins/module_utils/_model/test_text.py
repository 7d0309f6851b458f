# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.text import agreeing, plural, printable


def test_what_prints_stays() -> None:
    assert printable("nginx: maître ✓") == "nginx: maître ✓"


def test_what_does_not_print_is_escaped() -> None:
    assert printable("a\nb\x1b[31m\u202ec") == "a\\nb\\x1b[31m\\u202ec"


def test_no_template_can_start() -> None:
    assert printable("{{ 7 * 7 }} {% x %} {# y #} {{{{ a") == "{ { 7 * 7 }} { % x %} { # y #} { { { { a"


def test_verbs_agree_with_how_many_there_are() -> None:
    assert [agreeing(count, "get") for count in (0, 1, 2)] == ["get", "gets", "get"]
    assert (agreeing(1, "are"), agreeing(2, "are"), agreeing(1, "")) == ("is", "are", "")
    assert (plural(1, "entry", "fill"), plural(2, "entry", "have")) == ("1 entry fills", "2 entries have")


def test_long_text_is_cut() -> None:
    assert printable("x" * 100, 10) == "x" * 9 + "…"


@given(st.text(alphabet=st.characters(), max_size=60))
def test_always_one_printable_line(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert not any(start in shown for start in ("{{", "{%", "{#"))
