# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two loaders' rules, one by one; `tests/live/test_boot_values.py` holds them against the loaders themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.dropins import DropIn, printable
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.number import kernel_integer
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.places import DIRECTORIES
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.resolve import resolve
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.values import (
    NONE,
    OTHER,
    PROCPS,
    SYSTEMD,
    BootFiles,
    BootValue,
)

KEY = "net.core.somaxconn"


def boot(files, loader=SYSTEMD, version=(), cmdline="", unlisted=()):
    """Resolve one setting; `files` maps a path to text, None (unreadable) or a (text, real path) pair."""
    dropins = []
    for path, text in files.items():
        real = path
        if isinstance(text, tuple):
            text, real = text
        content = None if text is None else text.encode()
        dropins.append(DropIn(path, content, "" if content is not None else "permission denied", real))
    missing = tuple(DropIn(path, None, "permission denied") for path in unlisted)
    return resolve(BootFiles(loader, version, tuple(dropins), missing, cmdline), [KEY], reboot=False)[KEY]


def both(files, **more):
    answers = {loader: boot(files, loader, **more) for loader in (SYSTEMD, PROCPS)}
    assert answers[SYSTEMD] == answers[PROCPS]
    return answers[SYSTEMD]


def shadows(value):
    return [(one.source, one.value) for one in value.shadowed]


def test_nothing_sets_it():
    assert both({"/etc/sysctl.d/a.conf": "net.core.netdev_max_backlog = 7"})[:3] == (None, None, None)


def test_the_last_file_in_the_order_of_base_names_wins():
    value = both({
        "/etc/sysctl.d/10.conf": KEY + " = 1\n",
        "/usr/lib/sysctl.d/20.conf": "\n" + KEY + " = 0x2\n",
        "/run/sysctl.d/15.conf": KEY + " = 3\n",
    })
    assert (value.value, value.number, value.source) == ("0x2", 2, "/usr/lib/sysctl.d/20.conf:2")
    assert shadows(value) == [("/etc/sysctl.d/10.conf:1", "1"), ("/run/sysctl.d/15.conf:1", "3")]
    assert value.shadowed[0].reason == "overridden by /run/sysctl.d/15.conf:1"
    assert value.shadowed[1].reason == "overridden by /usr/lib/sysctl.d/20.conf:2"


def test_base_names_are_compared_by_bytes():
    names = ["B.conf", "Z.conf", "a.conf"]
    assert both({"/etc/sysctl.d/" + name: KEY + "=%d" % index for index, name in enumerate(names)}).number == 2


@pytest.mark.parametrize("mask", ["", "# nothing\n", KEY + " = 5"])
def test_a_file_masks_those_of_its_name_in_later_directories(mask):
    value = both({"/etc/sysctl.d/a.conf": mask, "/usr/lib/sysctl.d/a.conf": KEY + " = 1"})
    assert value.number == (5 if mask.startswith(KEY) else None)
    assert [one[:] for one in value.shadowed] == [("/usr/lib/sysctl.d/a.conf:1", "1", "/etc/sysctl.d/a.conf masks this file")]


def test_the_order_of_directories():
    files = {directory + "/a.conf": KEY + " = %d" % index for index, directory in enumerate(DIRECTORIES)}
    while files:
        assert both(files).source == next(iter(files)) + ":1"
        del files[next(iter(files))]


def test_procps_until_3_3_16_let_run_mask_etc():
    files = {"/etc/sysctl.d/a.conf": KEY + "=1", "/run/sysctl.d/a.conf": KEY + "=2"}
    assert [boot(files, PROCPS, version).number for version in ((3, 3, 16), (3, 3, 17))] == [2, 1]


def test_sysctl_conf_is_last_for_procps_and_not_read_by_systemd():
    files = {"/etc/sysctl.d/zz.conf": KEY + "=1", "/etc/sysctl.conf": KEY + "=2"}
    value = boot(files, PROCPS)
    assert (value.source, shadows(value)) == ("/etc/sysctl.conf:1", [("/etc/sysctl.d/zz.conf:1", "1")])
    value = boot(files, SYSTEMD)
    assert (value.source, value.shadowed[0].reason) == ("/etc/sysctl.d/zz.conf:1", "systemd-sysctl does not read this file")
    files["/etc/sysctl.d/99-sysctl.conf"] = (KEY + "=2", "/etc/sysctl.conf")
    value = boot(files, SYSTEMD)
    assert (value.source, shadows(value)) == ("/etc/sysctl.d/zz.conf:1", [("/etc/sysctl.d/99-sysctl.conf:1", "2")])


def test_a_name_that_ends_in_a_slash_is_a_setting_for_systemd_only():
    files = {"/etc/sysctl.d/a.conf": "net/core/somaxconn/ = 1\nnet/core/som*/ = 2"}
    assert (boot(files, SYSTEMD).number, boot(files, PROCPS).number) == (1, None)


def test_hidden_files_count_for_procps_only():
    files = {"/etc/sysctl.d/.a.conf": KEY + "=1", "/etc/sysctl.d/a.txt": KEY + "=2"}
    assert (boot(files, PROCPS).number, boot(files, SYSTEMD).number) == (1, None)


def test_a_refused_value_lets_an_earlier_one_through_only_where_each_line_is_written():
    files = {"/etc/sysctl.d/a.conf": KEY + "=1\n" + KEY + "=4k\n"}
    value = boot(files, PROCPS)
    assert (value.number, value.source) == (1, "/etc/sysctl.d/a.conf:1")
    assert value.shadowed[0] == ("/etc/sysctl.d/a.conf:2", "4k", "the kernel refuses this value")
    value = boot(files, SYSTEMD)
    assert (value.number, shadows(value)) == (None, [("/etc/sysctl.d/a.conf:1", "1"), ("/etc/sysctl.d/a.conf:2", "4k")])
    assert boot(files, SYSTEMD, cmdline="sysctl.net.core.somaxconn=9").number == 9


def test_a_pattern_never_overrides_a_line_that_names_the_setting():
    value = both({"/etc/sysctl.d/a.conf": KEY + "=1", "/etc/sysctl.d/b.conf": "net.core.som*=2"})
    assert (value.number, value.shadowed[0].reason) == (1, "/etc/sysctl.d/a.conf:1 names the setting itself")
    value = both({"/etc/sysctl.d/a.conf": "net.*.somaxconn=1", "/etc/sysctl.d/b.conf": "net.core.som*=2"})
    assert (value.number, shadows(value)) == (2, [("/etc/sysctl.d/a.conf:1", "1")])


def test_an_exclusion_keeps_patterns_away():
    files = {"/etc/sysctl.d/a.conf": "-" + KEY + "\nnet.core.*=2"}
    assert boot(files, SYSTEMD).value is boot(files, PROCPS).value is None
    assert boot(files, PROCPS).shadowed[0].reason == "/etc/sysctl.d/a.conf:1 excludes the setting"


def test_an_exclusion_withdraws_an_assignment_for_systemd_only():
    files = {"/etc/sysctl.d/a.conf": KEY + "=1", "/etc/sysctl.d/b.conf": "-" + KEY}
    value = boot(files, SYSTEMD)
    assert (value.value, value.shadowed[0].reason) == (None, "withdrawn by /etc/sysctl.d/b.conf:1")
    assert boot(files, PROCPS).number == 1
    files["/etc/sysctl.d/c.conf"] = KEY + "=3"
    assert boot(files, SYSTEMD).number == boot(files, PROCPS).number == 3


def test_an_excluding_pattern_works_for_procps_from_4_0_5_on():
    files = {"/etc/sysctl.d/a.conf": "-net.*conn\nnet.core.*=2"}
    assert boot(files, SYSTEMD).number == boot(files, PROCPS, (4, 0, 4)).number == 2
    assert boot(files, PROCPS, (4, 0, 5)).number is None


def test_a_repeated_pattern_keeps_its_place_for_systemd():
    files = {"/etc/sysctl.d/a.conf": "net.core.som*=1\nnet.core.*=2\nnet.core.som*=1\n"}
    assert (boot(files, SYSTEMD).number, boot(files, PROCPS).number) == (2, 1)


def test_braces_count_for_systemd_only():
    files = {"/etc/sysctl.d/a.conf": "net.{core,ipv4}.som*=1"}
    assert (boot(files, SYSTEMD).number, boot(files, PROCPS).number) == (1, None)


@pytest.mark.parametrize("loader, version", [(SYSTEMD, (239,)), (PROCPS, (3, 3, 17))])
def test_old_loaders_know_no_patterns(loader, version):
    files = {"/etc/sysctl.d/a.conf": "net.core.*=1\n-%s\n" % KEY}
    assert boot(files, loader, version) == BootValue(None, None, None)


def test_the_command_line_comes_first():
    value = both({}, cmdline="quiet sysctl.net.core.somaxconn=5")
    assert (value.number, value.source) == (5, "kernel command line")
    value = both({"/etc/sysctl.d/a.conf": KEY + "=1"}, cmdline="sysctl.net/core/somaxconn=5 sysctl.net.core.somaxconn=x")
    assert (value.number, shadows(value)) == (1, [("kernel command line", "5"), ("kernel command line", "x")])


def test_a_credential_comes_last():
    value = boot({"/run/credentials/@system/sysctl.extra": KEY + "=5", "/etc/sysctl.d/zz.conf": KEY + "=1"})
    assert value.source == "/run/credentials/@system/sysctl.extra:1"


@pytest.mark.parametrize("loader", [SYSTEMD, PROCPS])
@pytest.mark.parametrize("later, settled", [
    ({}, False),
    ({"/etc/sysctl.d/a.conf": KEY + "=1"}, False),
    ({"/etc/sysctl.d/c.conf": "net.core.*=1"}, False),
    ({"/etc/sysctl.d/c.conf": KEY + "=1"}, True),
])  # fmt: skip
def test_what_cannot_be_read_leaves_a_doubt_unless_a_later_line_settles_it(loader, later, settled):
    value = boot({**later, "/etc/sysctl.d/b.conf": None}, loader)
    if settled:
        assert (value.number, value.doubt) == (1, None)
    else:
        assert value[:3] == (None, None, None)
        assert value.doubt == "/etc/sysctl.d/b.conf cannot be read (permission denied)"
        assert len(value.shadowed) == len(later)


def test_a_masked_file_need_not_be_readable():
    assert both({"/etc/sysctl.d/a.conf": KEY + "=1", "/usr/lib/sysctl.d/a.conf": None}).number == 1


def test_a_directory_that_cannot_be_listed():
    files = {"/usr/lib/sysctl.d/a.conf": KEY + "=1", "/etc/sysctl.conf": KEY + "=2"}
    assert boot(files, SYSTEMD, unlisted=["/etc/sysctl.d"]).doubt == "/etc/sysctl.d cannot be read (permission denied)"
    assert boot(files, PROCPS, unlisted=["/etc/sysctl.d"]).source == "/etc/sysctl.conf:1"


def test_a_file_name_that_procps_takes_for_a_pattern():
    files = {"/etc/sysctl.d/[a].conf": KEY + "=1"}
    assert boot(files, SYSTEMD).number == 1
    assert "pattern of file names" in boot(files, PROCPS).doubt


def test_no_loader_and_an_unknown_one():
    files = {"/etc/sysctl.d/a.conf": KEY + "=1"}
    value = boot(files, NONE, cmdline="sysctl.net.core.somaxconn=5")
    assert (value.number, value.shadowed[0].reason) == (5, "no loader applies this file at boot")
    value = boot(files, OTHER, cmdline="sysctl.net.core.somaxconn=5")
    assert value.value is None and value.doubt
    assert shadows(value) == [("kernel command line", "5"), ("/etc/sysctl.d/a.conf:1", "1")]
    assert boot({}, OTHER, cmdline="sysctl.net.core.somaxconn=5").number == 5


def test_control_characters_do_not_come_out():
    value = boot({"/etc/sysctl.d/\x1b]2J\udcff.conf": KEY + "=1 \x1b[31m{{ x }}\n" + KEY + "=x\x07"}, PROCPS)
    assert value.source == "/etc/sysctl.d/\\x1b]2J\\udcff.conf:1" and value.value == "1 \\x1b[31m{ { x }}"
    assert value.shadowed[0].value == "x\\x07"
    assert len(boot({"/etc/sysctl.d/a.conf": KEY + "=1 " + "x" * 9999}).value) == 256


@given(st.text())
def test_whatever_is_printed_prints(text):
    told = printable(text)
    assert told.isprintable() and "{{" not in told and "{%" not in told


NAMES = ["a.conf", "b.conf", ".c.conf", "README"]
LINES = st.sampled_from([
    "%s=%%d" % KEY, "-%s=%%d" % KEY, "net/core/somaxconn = %d", "net.core.*=%d", "net.*.som*=%d", "-%s#%%d" % KEY,
    "-%s" % KEY, "-net.core.*", "#%s=%%d" % KEY, "%s=%%dx" % KEY, "net.core.x=%d", "",
])  # fmt: skip
TEXTS = st.lists(LINES, max_size=4).map("\n".join)
SETS = st.dictionaries(
    st.builds("{0}/{1}".format, st.sampled_from(DIRECTORIES), st.sampled_from(NAMES)) | st.just("/etc/sysctl.conf"),
    TEXTS | st.none(), max_size=6,
)  # fmt: skip
VERSIONS = st.sampled_from([
    (SYSTEMD, (239,)), (SYSTEMD, (252,)), (PROCPS, (3, 3, 16)), (PROCPS, (3, 3, 17)), (PROCPS, (4, 0, 2)),
    (PROCPS, (4, 0, 6)), (OTHER, ()), (NONE, ()),
])  # fmt: skip


@given(SETS, VERSIONS, st.sampled_from(["", "sysctl.net.core.somaxconn=9999"]))
def test_every_line_is_the_source_or_shadowed_and_said_once(files, loader, cmdline):
    count = 0
    numbered = {}
    for path, text in files.items():
        lines = []
        for line in (text or "").split("\n"):
            count += 1
            lines.append(line % count if "%d" in line else line)
        numbered[path] = None if text is None else "\n".join(lines)
    value = boot(numbered, loader[0], loader[1], cmdline)
    told = shadows(value) + ([(value.source, value.value)] if value.source else [])
    assert len({source for source, _value in told}) == len(told)
    for source, written in told:
        if source == "kernel command line":
            assert written == "9999"
            continue
        path, _colon, line = source.rpartition(":")
        assert numbered[path].split("\n")[int(line) - 1].endswith(written)
    if cmdline:
        assert "kernel command line" in dict(told)
    # Nothing that a plain reading finds is passed over
    for path, text in numbered.items():
        for line in (text or "").split("\n"):
            readable = path.endswith(".conf") and not (loader[0] == SYSTEMD and "/." in path)
            if readable and line.startswith(KEY + "="):
                assert line.partition("=")[2] in dict(told).values() or loader[0] in (OTHER, NONE)
    if value.value is not None:
        assert value.number is not None and value.doubt is None
        assert value.number == kernel_integer(value.value)


@given(SETS, VERSIONS)
def test_a_doubt_is_never_wrong(files, loader):
    """Whatever an unreadable file holds: where no doubt was told, the value stays."""
    blind = boot(files, *loader)
    for guess in (KEY + "=4242", "net.core.*=4243", "-" + KEY, ""):
        seen = boot({path: guess if text is None else text for path, text in files.items()}, *loader)
        if blind.doubt is None and loader[0] != OTHER:
            assert seen[:3] == blind[:3]
