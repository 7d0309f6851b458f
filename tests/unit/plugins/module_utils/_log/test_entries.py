# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a program puts into a text of several lines, in the hope that a copy of the log shows it as an entry.

journalctl puts blanks before the second line of a text and the others, as many as the first has before it in that form
(for verbose four, the name of the field, and one); so does dmesg. Any program may send such a text to the journal.
"""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._log import entries
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import log_file
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._log import hostile

pytestmark = pytest.mark.usefixtures("in_utc")

NOW = hostile.SECOND + 60
FLOOD = "TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:80. Sending cookies."
FIELDS = {
    "__REALTIME_TIMESTAMP": str(hostile.SECOND * 1000000), "_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0", "MESSAGE": FLOOD,
}  # fmt: skip
OBJECT = json.dumps(FIELDS)
PRETTY = ["{"] + ["\t%s : %s," % (json.dumps(name), json.dumps(value)) for name, value in FIELDS.items()]
PRETTY[-1:] = [PRETTY[-1][:-1], "}"]
VERBOSE_HEAD = "Fri 2026-11-20 04:23:45.123456 UTC [s=0123456789abcdef;i=1;b=1;m=1;t=1;x=1]"
VERBOSE = ["    %s=%s" % item for item in FIELDS.items()]
DMESG = ["{", '   "dmesg": [', "      {", '         "fac": "kern",', '         "pri": "info",', '         "time":  4711.000000,',
         '         "msg": %s' % json.dumps(FLOOD), "      }", "   ]", "}"]  # fmt: skip
TEXTS = [
    [OBJECT], ["data: " + OBJECT], ["\x1e" + OBJECT], PRETTY, DMESG, [VERBOSE_HEAD, *VERBOSE], VERBOSE, PRETTY + PRETTY,
    ["{", *VERBOSE, "}"], ["{", OBJECT, "}"], ["__CURSOR=s", *("%s=%s" % item for item in FIELDS.items()), ""],
    ["kern  :info  : [Fri Nov 20 04:23:45 2026] " + FLOOD], ["[Fri Nov 20 04:23:45 2026] " + FLOOD],
    ["2026-11-20T04:23:45+0000 web1 kernel: " + FLOOD], ["%d.123456 web1 kernel: " % hostile.SECOND + FLOOD],
    ["btime %d" % (hostile.SECOND - 4711), "[ 4711.000000] " + FLOOD],
]  # fmt: skip
FIRST = [
    "Nov 20 04:23:45 web1 app[1]: ", "Nov 20 04:23:45 a: ", "2026-11-20T04:23:45+0000 web1 app[1]: ", "Fri 2026-11-20 04:23:45 UTC web1 app[1]: ",
    "%d.123456 web1 app[1]: " % hostile.SECOND, "[ 4711.000000] web1 app[1]: ", "[ 4711.000000 <    0.000050 >] web1 app[1]: ",
    "user  :info  : [ 4711.000000] ", "user  :info  : [Fri Nov 20 04:23:45 2026] ", "[  +0.000005] ", "[<    0.000005>] ",
]  # fmt: skip


def events(lines, path):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.utime(str(path), (NOW, NOW))
    return list(log_file.file_events(str(path), NOW, 0, []))


def continued(first, indent, text):
    return [first + "said", *(" " * indent + line for line in text)]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_of_several_lines_is_no_entry_in_any_short_form(text, tmp_path):
    for first in FIRST:
        lines = continued(first, len(first), text)
        assert events(lines + lines, tmp_path / "copy") == [], lines


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", ["A", "AB", "ABCD", "ABCDE", "MESSAGE", "SYSLOG_IDENTIFIER"])
def test_a_text_of_several_lines_is_no_entry_of_verbose(name, text, tmp_path):
    for transport in ("journal", "syslog"):
        lines = continued("    %s=" % name, len(name) + 5, text)
        entry = [VERBOSE_HEAD, *lines, "    _TRANSPORT=" + transport, *lines]
        assert events(entry + entry, tmp_path / "copy") == []


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.sampled_from(FIRST),
    lines=st.lists(st.sampled_from([line for text in TEXTS for line in text] + ["{", "}", "},{", "[", "{}", ""]), max_size=20),
)
def test_no_order_of_such_lines_makes_an_entry(first, lines, tmp_path):
    assert events(continued(first, len(first), lines) * 2, tmp_path / "copy") == []


def test_the_same_lines_are_entries_where_they_stand_by_themselves(tmp_path):
    for text in ([OBJECT], ["data: " + OBJECT], ["\x1e" + OBJECT], PRETTY, [VERBOSE_HEAD, *VERBOSE], ["a mail", "", *PRETTY]):
        assert len(events(text, tmp_path / "copy")) == 1, text
    assert len(events(["btime %d" % (hostile.SECOND - 4711), *DMESG], tmp_path / "copy")) == 1


def test_what_stands_in_the_wrong_place_ends_an_object(tmp_path):
    for other in ("Nov 20 04:23:45 web1 app[1]: hello", " " * 20 + OBJECT, "text", ""):
        broken = [PRETTY[0], other, *PRETTY[1:]]
        assert events(broken, tmp_path / "copy") == []
        assert len(events(broken + PRETTY, tmp_path / "copy")) == 1


def test_what_a_program_wrote_into_the_ring_buffer_has_no_tag_of_a_log_daemon(tmp_path):
    """dmesg's times have a comma, a log daemon's do not; dmesg has no host and no tag."""
    assert events(["2026-11-20T04:23:45,123456+00:00 web1 kernel: " + FLOOD], tmp_path / "copy") == []
    assert len(events(["2026-11-20T04:23:45.123456+00:00 web1 kernel: " + FLOOD], tmp_path / "copy")) == 1


@given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([b"{", b"}", b"\t\"MESSAGE\" : \"x\"", b"{" * 9000, b"\"" * 40000])), max_size=30))
def test_any_lines_raise_nothing_and_little_is_kept(lines):
    held = entries.Entries()
    for line in lines * 3:
        held.feed(line)
    held.end()
    assert sum(map(len, held._object or ())) <= entries.LONGEST_ENTRY
