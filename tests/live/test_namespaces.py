# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real network namespaces, found and entered."""

from __future__ import annotations

import os
import subprocess
import threading

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.namespace import OWN
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.namespace_commands import prefix
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import namespaces, sockets
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.namespaces import call_inside, resolve
from ansible_collections.linuxnet.tcp.tests.live import lab

HERE = "/proc/thread-self/ns/net"


def ports():
    found, _warnings = sockets.listen_sockets()
    return [one.port for one in found]


@pytest.fixture
def inhabitant(netns):
    """A process that lives in `netns`."""
    process = netns.popen(["sleep", "1000"])
    yield process.pid
    process.kill()
    process.wait()


@pytest.fixture
def nameless(root):
    """A process in a namespace that has no name."""
    process = subprocess.Popen(["unshare", "--net", "sleep", "1000"])
    assert lab.wait_for(lambda: os.stat("/proc/%d/ns/net" % process.pid).st_ino != os.stat(HERE).st_ino)
    yield process.pid
    process.kill()
    process.wait()


def test_a_namespace_is_found_by_name_path_and_process(netns, inhabitant):
    inode = os.stat(netns.path).st_ino
    for spec, name in (
        (netns.name, netns.name),
        (netns.path, netns.path),
        ("pid:%d" % inhabitant, "pid:%d" % inhabitant),
        (str(inhabitant), "pid:%d" % inhabitant),
        (inhabitant, "pid:%d" % inhabitant),
        ("/proc/%d/ns/net" % inhabitant, "/proc/%d/ns/net" % inhabitant),
    ):
        (found,) = resolve([spec])
        assert (found.name, found.inode) == (name, inode)
        assert found.label == "network namespace " + name
    assert [one.name for one in resolve([netns.name, netns.path, inhabitant, "host"])] == [netns.name, "host"]


def test_all_finds_ours_the_named_and_the_nameless(netns, inhabitant, nameless):
    found = resolve(["all"])
    assert found[0] == OWN
    names = [one.name for one in found]
    assert netns.name in names
    assert "pid:%d" % inhabitant not in names  # known by its name
    assert names.index("pid:%d" % nameless) > names.index(netns.name)
    assert len({one.inode for one in found}) == len(found)


@pytest.mark.parametrize("name", ["pid:1", "1", "all"])
def test_each_that_all_finds_is_found_again_under_that_name(netns, inhabitant, nameless, name):
    misleading = "/run/netns/" + name
    if os.path.lexists(misleading):
        pytest.skip("%s is there already" % misleading)
    lab.ip("netns", "attach", name, str(nameless))
    try:
        found = resolve(["all"])
        inodes = [os.stat(path).st_ino for path in (netns.path, "/proc/%d/ns/net" % nameless)]
        mine = [one for one in found if one == OWN or one.inode in inodes]  # what others started may have ended meanwhile
        assert [one.name for one in mine].count(misleading) == 1 and len(mine) == 3
        for one in mine:
            assert [again.inode for again in resolve([one.name])] == [one.inode]
    finally:
        lab.ip("netns", "del", name)


def test_a_command_runs_inside_under_each_name(netns, inhabitant, nameless):
    for spec in ("host", netns.name, netns.path, "pid:%d" % inhabitant, inhabitant, "pid:%d" % nameless):
        (there,) = resolve([spec])
        told = subprocess.run(
            prefix(there.name) + "stat --dereference --format %i /proc/self/ns/net",
            shell=True, check=True, capture_output=True, text=True,
        )
        assert int(told.stdout) == (there.inode or os.stat(HERE).st_ino), spec


def test_a_name_left_behind_is_passed_over_by_all_and_refused_by_itself(root):
    path = "/run/netns/lab-%d-left-behind" % os.getpid()
    with open(path, "w", encoding="ascii"):
        pass
    try:
        assert os.path.basename(path) not in [one.name for one in resolve(["all"])]
        with pytest.raises(InvalidOption, match="no network namespace"):
            resolve([os.path.basename(path)])
    finally:
        os.unlink(path)


def test_a_name_that_is_not_there_is_refused_with_those_that_are(netns):
    with pytest.raises(InvalidOption) as caught:
        resolve(["lab-no-such"])
    assert "'lab-no-such'" in str(caught.value)
    assert netns.name in str(caught.value) or ", …" in str(caught.value)


def test_a_call_goes_in_and_the_process_stays(netns):
    with lab.listener(netns, port=1001):
        (there,) = resolve([netns.name])
        home, threads = os.stat(HERE).st_ino, threading.active_count()
        assert call_inside(there, ports) == [1001]
        assert call_inside(there, lambda: os.stat(HERE).st_ino) == os.stat(netns.path).st_ino
        assert os.stat(HERE).st_ino == os.stat("/proc/self/ns/net").st_ino == home
        assert threading.active_count() == threads
        assert 1001 not in ports()


def test_our_own_is_the_one_of_the_calling_thread(netns):
    (there,) = resolve([netns.name])
    home = os.stat(HERE).st_ino
    assert call_inside(there, resolve, [netns.name]) == [OWN]
    (main_thread,) = call_inside(there, resolve, ["/proc/self/ns/net"])
    assert main_thread.inode == home


def test_what_is_raised_inside_comes_out(netns):
    (there,) = resolve([netns.name])
    with pytest.raises(ZeroDivisionError) as caught:
        call_inside(there, lambda: 1 // 0)
    assert "<lambda>" in str(caught.traceback[-1])


def test_a_namespace_that_ended_is_told(root):
    with lab.Netns() as netns:
        (there,) = resolve([netns.name])
    with pytest.raises(namespaces.Gone, match="it ended meanwhile"):
        call_inside(there, os.getpid)


def test_without_privilege_it_says_what_is_missing(netns, nameless):
    (there,) = resolve([netns.name])
    with pytest.raises(RuntimeError, match="NotPermitted: network namespace %s: .*CAP_SYS_ADMIN" % netns.name):
        lab.unprivileged(call_inside, there, os.getpid)
    with pytest.raises(RuntimeError, match="NotPermitted: .*CAP_SYS_PTRACE"):
        lab.unprivileged(resolve, [nameless])

    def everything():
        warnings = []
        return [one.name for one in resolve(["all"], warnings)], warnings

    names, warnings = lab.unprivileged(everything)
    assert netns.name in names
    assert "pid:%d" % nameless not in names
    assert len(warnings) == 1 and "CAP_SYS_PTRACE" in warnings[0]
