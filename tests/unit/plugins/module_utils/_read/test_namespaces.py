# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import sys

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.namespace import OWN, Namespace
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import namespaces
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.namespaces import (
    Gone,
    call_inside,
    resolve,
    resolve_one,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the running kernel")


@pytest.mark.parametrize("spec", ["host", str(os.getpid()), os.getpid(), "pid:%d" % os.getpid(), "/proc/self/ns/net", "/proc/thread-self/ns/net"])
def test_our_own_is_known_however_it_is_named(spec):
    assert resolve([spec]) == [OWN]


def test_each_comes_once():
    assert resolve(["host", os.getpid(), "/proc/self/ns/net"]) == [OWN]
    assert resolve([]) == []


def test_all_begins_with_our_own():
    found = resolve(["all"])
    assert found[0] == OWN
    assert len({one.inode for one in found}) == len(found)


@pytest.mark.parametrize(
    "spec",
    [
        "no-such-namespace", "", ".", "..", "../../etc/passwd", "a/b", "a\0b", "/a\0b", "a\x1b[2Jb", "a\nb", "4194999",
        "pid:4194999", "pid:", "pid:x", "pid:-1", "pid:1/..", "PID:1", -1, "/no/such/file", "٣",
    ],  # fmt: skip
)
def test_what_is_not_there_is_refused_with_what_is_allowed(spec):
    with pytest.raises(InvalidOption) as caught:
        resolve([spec])
    text = str(caught.value)
    assert text.startswith("network_namespaces: ")
    assert "/run/netns" in text and "process" in text
    assert text.isprintable()
    assert caught.value.value == spec


@pytest.mark.parametrize("path", ["/etc/passwd", "/dev/zero", "/", "/proc/self/ns/mnt", "/proc/self/status"])
def test_a_file_that_is_no_network_namespace_is_refused(path):
    with pytest.raises(InvalidOption, match="no network namespace"):
        resolve([path])


def test_a_pipe_is_refused_without_being_opened(tmp_path):
    path = str(tmp_path / "pipe")
    os.mkfifo(path)  # open(2) would wait for a writer
    with pytest.raises(InvalidOption, match="no network namespace"):
        resolve([path])


def test_names_never_leave_their_directory(monkeypatch, tmp_path):
    (tmp_path / "names").mkdir()
    (tmp_path / "secret").write_text("")
    monkeypatch.setattr(namespaces, "_NAMES", str(tmp_path / "names"))
    monkeypatch.setattr(namespaces, "_OLD_NAMES", str(tmp_path / "names"))
    with pytest.raises(InvalidOption, match="there is none now"):
        resolve(["../secret"])


@pytest.mark.parametrize("spec", ["host", str(os.getpid()), os.getpid(), "/proc/self/ns/net"])
def test_an_option_that_takes_one_namespace(spec):
    assert resolve_one(spec) == OWN


@pytest.mark.parametrize("spec", ["all", "no-such-namespace", "", "/etc/passwd"])
def test_an_option_that_takes_one_namespace_is_named_when_it_is_wrong(spec):
    with pytest.raises(InvalidOption) as caught:
        resolve_one(spec)
    assert str(caught.value).startswith("network_namespace: ")
    assert "all" not in str(caught.value).split(";")[1].replace("allowed", "")


def test_hostile_names_are_made_printable(monkeypatch, tmp_path):
    (tmp_path / "evil\x1b[2J").write_text("")
    monkeypatch.setattr(namespaces, "_NAMES", str(tmp_path))
    monkeypatch.setattr(namespaces, "_OLD_NAMES", str(tmp_path))
    with pytest.raises(InvalidOption) as caught:
        resolve(["other"])
    assert "evil\\x1b[2J" in str(caught.value)
    assert resolve(["all"])[0] == OWN  # a plain file among the names is passed over


def test_our_own_is_entered_by_a_plain_call():
    assert call_inside(OWN, lambda *args: (os.getpid(), args), 1, 2) == (os.getpid(), (1, 2))
    assert OWN.label == ""


def test_what_is_raised_inside_comes_out():
    with pytest.raises(ZeroDivisionError):
        call_inside(OWN, lambda: 1 // 0)


def test_a_namespace_that_ended_is_told(tmp_path):
    with pytest.raises(Gone, match="network namespace x: it ended"):
        call_inside(Namespace("x", str(tmp_path / "x"), 1), os.getpid)
    with pytest.raises(Gone):  # another took its place
        call_inside(Namespace("x", "/proc/self/ns/net", 1), os.getpid)
