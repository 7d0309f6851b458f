# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Never torn, never worse: the transaction is killed at every step, every call fails once, the disk is full, others edit.

SYN_BACKLOG_SEED=1234 repeats the moments and the states of an earlier run.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.edit import HEADER
from ansible_collections.linuxnet.tcp.plugins.module_utils._module import transaction
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.change import Shadowed
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.change_options import SYSCTL_FILE
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.host import Refused
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.transaction import Failed
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import sysctl_file
from ansible_collections.linuxnet.tcp.plugins.module_utils._write import atomic, lock, sysctl
from ansible_collections.linuxnet.tcp.tests.live import sandbox
from ansible_collections.linuxnet.tcp.tests.live.sandbox import (
    apply,
    isolated,
    ours,
    read,
    snapshot,
    sysctls,
    unchanged,
    write,
)

DIRECTORY = os.path.dirname(SYSCTL_FILE)
OLD = {"somaxconn": 1000, "tcp_max_syn_backlog": 1001, "tcp_syncookies": 2, "tcp_synack_retries": 3}
NEW = {"somaxconn": 2000, "tcp_max_syn_backlog": 2001, "tcp_syncookies": 1, "tcp_synack_retries": 4}
THEIRS = b"# somebody's note\nnet.ipv4.tcp_fin_timeout = 31\n"
# Where the steps of a transaction are: what comes before only reads
STEPS = ("_module/transaction.py", "_write/atomic.py", "_write/sysctl.py", "_write/lock.py")


def content(values: dict[str, int]) -> bytes:
    lines = b"".join(b"net.%s.%s = %d\n" % (b"core" if "tcp" not in name else b"ipv4", name.encode(), value)
                     for name, value in values.items())  # fmt: skip
    return HEADER + lines + THEIRS


def start(how: str) -> tuple[bytes | None, Callable[[], None], bytes | None]:
    """A state to start from: the file then, the change, and the file after it."""
    sandbox.remove(SYSCTL_FILE)
    sandbox.set_sysctls(**OLD)
    if how == "made":
        return None, lambda: apply(**NEW), content(NEW)[: -len(THEIRS)]
    if how == "removed":
        write(SYSCTL_FILE, content(OLD)[: -len(THEIRS)])
        return content(OLD)[: -len(THEIRS)], lambda: apply(state="absent"), None
    write(SYSCTL_FILE, content(OLD), mode=0o640)
    return content(OLD), lambda: apply(**NEW), content(NEW)


HOWS = ["made", "rewritten", "removed"]


def is_whole(old: bytes | None, new: bytes | None, defaults: dict[str, int]) -> None:
    """The file is the one or the other, and no value is any third one."""
    assert ours() in (old, new)
    assert all(value in (OLD[name], NEW[name], defaults[name]) for name, value in sysctls(*OLD).items())


def converges(change: Callable[[], None], new: bytes | None) -> None:
    """The next run does the rest, and leaves nothing behind."""
    change()
    assert ours() == new
    assert os.listdir(DIRECTORY) == ([] if new is None else [os.path.basename(SYSCTL_FILE)])
    if new is not None:
        assert sysctls(*NEW) == NEW
        made = apply(**NEW)
        assert not made.result["changed"] and made.result["verified"]


# ---------------------------------------------------------------- killed


def kill_at(number: int, change: Callable[[], None]) -> Callable[[], None]:
    """The change, killed right before the line of this number that it runs in STEPS."""

    def body() -> None:
        left = [number]

        def line(_frame: Any, event: str, _argument: Any) -> Any:
            if event == "line":
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return line

        def call(frame: Any, _event: str, _argument: Any) -> Any:
            return line if frame.f_code.co_filename.endswith(STEPS) else None

        sys.settrace(call)
        change()

    return body


@pytest.mark.parametrize("how", HOWS)
@isolated
def test_killed_at_each_step(how: str) -> None:
    defaults = sysctls()
    kept_old = kept_new = number = 0
    while True:
        number += 1
        old, change, new = start(how)
        status = sandbox.ended(sandbox.in_child(kill_at(number, change)))
        if status == 0:
            break  # it has no line of this number
        assert status == -signal.SIGKILL
        is_whole(old, new, defaults)
        kept_old, kept_new = kept_old + (ours() == old), kept_new + (ours() == new)
        converges(change, new)
    print("%s: killed at %d steps; %d left the old file, %d the new one" % (how, number - 1, kept_old, kept_new))
    assert kept_old >= 30 and kept_new >= 10


def how_long() -> float:
    """Seconds that a change takes at this time, from the fork to the end of its child: the middle one of five."""
    took = []
    for _sample in range(5):
        _old, change, _new = start("rewritten")
        begun = time.monotonic()
        assert sandbox.ended(sandbox.in_child(change)) == 0
        took.append(time.monotonic() - begun)
    return sorted(took)[2]


@isolated
def test_killed_at_200_random_moments() -> None:
    seed = int(os.environ.get("SYN_BACKLOG_SEED") or random.SystemRandom().randrange(10**9))
    chance = random.Random(seed)
    defaults = sysctls()
    outcomes: dict[str, int] = {}
    for moment in range(200):
        if moment % 20 == 0:
            longest = how_long() * 1.2  # again and again, since how busy the machine is changes
        old, change, new = start(chance.choice(HOWS))
        pid = sandbox.in_child(change)
        time.sleep(chance.uniform(0, longest))
        os.kill(pid, signal.SIGKILL)
        status = sandbox.ended(pid)
        is_whole(old, new, defaults)
        outcome = "ended before" if status == 0 else "new file" if ours() == new else "old file"
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        converges(change, new)
    print("seed %d, within %.1f ms: %r" % (seed, longest * 1000, outcomes))
    assert outcomes.get("old file", 0) > 20, outcomes


@isolated
def test_asked_to_end_it_takes_everything_back() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        old, change, _new = start("rewritten")

        def interrupted(number: int = number, change: Callable[[], None] = change) -> None:
            signal.signal(number, signal.SIG_DFL)  # nohup and some shells have children ignore it
            real = atomic.replace

            def replace(*arguments: Any) -> None:
                real(*arguments)
                os.kill(os.getpid(), number)

            atomic.replace = replace
            with pytest.raises(Failed, match="Ended by %s" % signal.Signals(number).name):
                change()

        with unchanged():
            assert sandbox.ended(sandbox.in_child(interrupted)) == 0
        assert ours() == old


# ---------------------------------------------------------------- a step fails


CALLS = ["open", "write", "rename", "unlink", "fsync", "fchmod", "stat", "fstat", "urandom", "listxattr", "mkdir"]


@contextlib.contextmanager
def failing(name: str, number: int, code: int) -> Iterator[list[int]]:
    """Within, call ``number`` of ``os.<name>`` fails once; gives how many calls are left before that."""
    real = getattr(os, name)
    left = [number]

    def call(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise OSError(code, os.strerror(code))
        return real(*arguments, **named)

    setattr(os, name, call)
    try:
        yield left
    finally:
        setattr(os, name, real)


@pytest.mark.parametrize("how", HOWS)
@isolated
def test_each_call_that_fails_is_taken_back(how: str) -> None:
    """Once the transaction has begun, every system call of it fails in turn."""
    real = transaction.carry_out
    failed: dict[str, int] = {}
    calls: list[list[int]] = []
    for name in CALLS:
        number = 0
        while True:
            number += 1
            _old, change, _new = start(how)
            before = snapshot()

            def carry_out(*arguments: Any, name: str = name, number: int = number) -> None:
                with failing(name, number, errno.EIO) as left:
                    calls.append(left)
                    real(*arguments)

            transaction.carry_out = carry_out
            try:
                change()
            except Failed as error:
                assert not error.left, str(error)
                assert snapshot() == before, "%s call %d: %s" % (name, number, error)
                assert ("Put back: " in str(error)) == bool(error.restored)
                failed[name] = failed.get(name, 0) + 1
            else:
                # Either there is no such call, or what failed does not matter: then all is as wanted.
                if calls[-1][0] > 0:
                    break
            finally:
                transaction.carry_out = real
    print(how, failed)
    assert failed["open"] >= 5 and failed["write"] >= 2 and failed["fsync"] >= 1


@isolated
def test_a_write_without_effect_is_noticed() -> None:
    """A kernel, a seccomp filter or a FUSE file system of a container may take a write and do nothing."""
    start("rewritten")
    real = sysctl.write_sysctl
    sysctl.write_sysctl = lambda name, value: None if name == "tcp_syncookies" and value == 1 else real(name, value)
    with unchanged(), pytest.raises(Failed, match=r"Net\.ipv4\.tcp_syncookies is 2 after 1 was written") as caught:
        apply(**NEW)
    assert "net.core.somaxconn = 1000" in caught.value.restored


@isolated
def test_no_space() -> None:
    sandbox.mount("-t", "tmpfs", "-o", "size=8k,mode=755", "small", DIRECTORY)
    write(DIRECTORY + "/filler", b"x" * 4096)
    write(SYSCTL_FILE, "# mine\n")
    sandbox.set_sysctls(**OLD)
    told = []
    for check in (True, False):
        with unchanged(), pytest.raises(Refused, match="no space is left") as caught:
            apply(**NEW, check=check)
        told.append(str(caught.value))
    assert told[0] == told[1]
    # Where it only shows when it is written: everything comes back.
    sysctl_file.obstacle = lambda file, needed: None
    with unchanged(), pytest.raises(Failed, match="No space left on device") as caught:
        apply(**NEW)
    assert len(caught.value.restored) == len(NEW)
    os.unlink(DIRECTORY + "/filler")
    assert apply(**NEW).result["verified"]


@isolated
def test_a_read_only_directory() -> None:
    write(SYSCTL_FILE, content(OLD))
    sandbox.mount("-o", "remount,ro", DIRECTORY)
    told = []
    for check in (True, False):
        with unchanged(), pytest.raises(Refused, match=r"/etc/sysctl\.d is on a read-only file system") as caught:
            apply(**NEW, check=check)
        told.append(str(caught.value))
    assert told[0] == told[1]
    sysctl_file.obstacle = lambda file, needed: None
    with unchanged(), pytest.raises(Failed, match="Read-only file system"):
        apply(**NEW)


@pytest.mark.parametrize("state", ["present", "absent"])
@isolated
def test_a_file_that_is_mounted_by_itself(state: str) -> None:
    """As docker -v and a subPath of Kubernetes do it: the file can be written, not replaced."""
    write("/run/theirs", content(OLD)[: -len(THEIRS)])
    write(SYSCTL_FILE, "")
    sandbox.mount("--bind", "/run/theirs", SYSCTL_FILE)
    given = NEW if state == "present" else {"state": "absent"}
    told = []
    for check in (True, False):
        with unchanged(), pytest.raises(Refused, match="%s cannot be changed: it is a mount point" % SYSCTL_FILE) as caught:
            apply(**given, check=check)
        told.append(str(caught.value))
    assert told[0] == told[1]
    sysctl_file.obstacle = lambda file, needed: None
    with unchanged(), pytest.raises(Failed, match="Device or resource busy"):
        apply(**given)


def set_flags(path: str, flags: int) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        fcntl.ioctl(fd, 0x40086602, struct.pack("=q", flags))  # FS_IOC_SETFLAGS
    finally:
        os.close(fd)


@pytest.mark.parametrize("what", [SYSCTL_FILE, DIRECTORY])
@isolated
def test_an_immutable_file_or_directory(what: str) -> None:
    write(SYSCTL_FILE, content(OLD))
    try:
        set_flags(what, 0x10)
    except OSError as error:
        pytest.skip("needs a tmpfs with attributes, which Linux 6.6 has: %s" % error)
    told = []
    for check in (True, False):
        with unchanged(), pytest.raises(Refused, match="%s is immutable" % what) as caught:
            apply(**NEW, check=check)
        told.append(str(caught.value))
    assert told[0] == told[1]
    sysctl_file.obstacle = lambda file, needed: None
    with unchanged(), pytest.raises(Failed, match="Operation not permitted"):
        apply(**NEW)
    set_flags(what, 0)


# ---------------------------------------------------------------- others


@pytest.mark.parametrize("appears", [True, False])
@isolated
def test_a_file_that_somebody_changes_meanwhile_stays_theirs(appears: bool) -> None:
    start("made" if appears else "rewritten")
    real = atomic.replace

    def replace(*arguments: Any) -> None:
        with open(SYSCTL_FILE, "ab") as file:
            file.write(b"vm.swappiness = 1\n")
        real(*arguments)

    atomic.replace = replace
    before, file = sysctls(), ours() or b""
    with pytest.raises(Failed, match="changed by somebody else meanwhile; run it again. Put back: "):
        apply(**NEW)
    assert sysctls() == before and ours() == file + b"vm.swappiness = 1\n"
    assert os.listdir(DIRECTORY) == [os.path.basename(SYSCTL_FILE)]
    atomic.replace = real
    assert apply(**NEW).result["verified"]
    assert b"vm.swappiness = 1\n" in (ours() or b"")


@isolated
def test_another_file_that_wins_since_is_noticed_after_the_write() -> None:
    start("rewritten")
    before, file = sysctls(), ours()
    real = atomic.replace

    def replace(*arguments: Any) -> None:
        real(*arguments)
        write(DIRECTORY + "/99-zzz.conf", "net.core.somaxconn = 5\n")

    atomic.replace = replace
    with pytest.raises(Failed, match=r"somaxconn would be 5 instead of 2000, from /etc/sysctl.d/99-zzz.conf:1"):
        apply(**NEW)
    assert sysctls() == before and ours() == file
    atomic.replace = real
    with pytest.raises(Shadowed):
        apply(**NEW)


@isolated
def test_twenty_at_once() -> None:
    for first in (1, 21, 41):  # other values in each round: what is there already is not changed
        wanted = [{"somaxconn": 3000 + n, "tcp_max_syn_backlog": 4000 + n, "tcp_synack_retries": n} for n in range(first, first + 20)]

        def run(values: dict[str, int]) -> Callable[[], None]:
            def body() -> None:
                made = apply(**values)
                assert made.result["changed"] and made.result["verified"] and not made.warnings, made

            return body

        children = [sandbox.in_child(run(values)) for values in wanted]
        assert [sandbox.ended(pid) for pid in children] == [0] * 20
        end = sysctls(*wanted[0])
        assert end in wanted
        assert sandbox.reboot() == dict(sysctls(), tcp_syncookies=77, tcp_abort_on_overflow=77)
        assert os.listdir(DIRECTORY) == [os.path.basename(SYSCTL_FILE)]


@isolated
def test_a_run_that_does_not_end_is_not_waited_for_for_ever() -> None:
    with lock.locked():
        pid = sandbox.in_child(_busy)
        assert sandbox.ended(pid) == 0


def _busy() -> None:
    begun = time.monotonic()
    with pytest.raises(lock.Busy, match="0.2 seconds"), lock.locked(patience=0.2):
        pass
    assert time.monotonic() - begun < 5


@isolated
def test_without_a_place_for_a_lock_it_runs_and_says_so() -> None:
    sandbox.mount("-o", "remount,ro", "/run")
    made = apply(somaxconn=5000)
    assert made.result["changed"] and any("linuxnet-tcp.lock" in warning for warning in made.warnings)


@isolated
def test_a_full_run_directory_or_a_directory_in_the_locks_place_is_no_traceback() -> None:
    os.mkdir(sandbox.LOCK)
    made = apply(somaxconn=5000)
    assert made.result["changed"] and any("Is a directory" in warning for warning in made.warnings)
    os.rmdir(sandbox.LOCK)
    sandbox.mount("-o", "remount,nr_inodes=%d" % inodes_used("/run"), "/run")
    made = apply(somaxconn=6000)
    assert made.result["changed"] and any("No space left on device" in warning for warning in made.warnings)


def inodes_used(path: str) -> int:
    status = os.statvfs(path)
    return status.f_files - status.f_ffree


# ---------------------------------------------------------------- what a file keeps


@isolated
def test_a_file_keeps_owner_mode_and_attributes() -> None:
    write(SYSCTL_FILE, content(OLD), mode=0o604)
    os.chown(SYSCTL_FILE, 12, 34)
    os.setxattr(SYSCTL_FILE, "security.selinux", b"system_u:object_r:system_conf_t:s0\0")
    os.setxattr(SYSCTL_FILE, "trusted.note", b"kept")
    apply(**NEW)
    status = os.stat(SYSCTL_FILE)
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (12, 34, 0o604)
    assert os.getxattr(SYSCTL_FILE, "security.selinux") == b"system_u:object_r:system_conf_t:s0\0"
    assert os.getxattr(SYSCTL_FILE, "trusted.note") == b"kept"


@isolated
def test_a_new_file_is_readable_for_all_and_has_its_directorys_context() -> None:
    os.setxattr(DIRECTORY, "security.selinux", b"system_u:object_r:etc_t:s0\0")
    os.umask(0o077)
    apply(**NEW)
    status = os.stat(SYSCTL_FILE)
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (0, 0, 0o644)
    assert os.getxattr(SYSCTL_FILE, "security.selinux") == b"system_u:object_r:etc_t:s0\0"


@isolated
def test_a_directory_of_the_sysctl_loaders_is_made_where_it_is_missing() -> None:
    path = "/etc/sysctl.d"
    subprocess.run(["umount", path], check=True)
    shutil.rmtree(path)  # in the overlay
    assert not os.path.exists(path)
    apply(somaxconn=5000, sysctl_file=path + "/a.conf", check=True)
    assert not os.path.exists(path)
    os.umask(0o077)
    apply(somaxconn=5000, sysctl_file=path + "/a.conf")
    assert os.stat(path).st_mode & 0o7777 == 0o755
    assert sandbox.reboot()["somaxconn"] == 5000


@isolated
def test_leftovers_of_others_stay() -> None:
    for name in (".linuxnet-tcp-0123456789abcdef.tmp", ".linuxnet-tcp-notes.tmp", "a.tmp", ".x.conf.swp"):
        write(DIRECTORY + "/" + name, "x")
    apply(**NEW, check=True)
    assert len(os.listdir(DIRECTORY)) == 4
    apply(**NEW)
    assert sorted(os.listdir(DIRECTORY)) == sorted(
        [".linuxnet-tcp-notes.tmp", "a.tmp", ".x.conf.swp", os.path.basename(SYSCTL_FILE)]
    )


@pytest.mark.parametrize("path", ["/run/sysctl.d/zz.conf", "/var/run/sysctl.d/zz.conf", "/etc/to-run/zz.conf", "/run/a.conf"])
@isolated
def test_a_file_that_a_reboot_takes_away_is_refused(path: str) -> None:
    os.symlink("/run/sysctl.d", "/etc/to-run")
    for check in (True, False):
        with unchanged(), pytest.raises(Refused, match="^sysctl_file: %s is below /run, which starts empty" % path):
            apply(**NEW, sysctl_file=path, check=check)


@pytest.mark.parametrize("kind", ["link", "directory", "fifo", "missing"])
@isolated
def test_what_is_no_file_is_refused(kind: str) -> None:
    path = DIRECTORY + "/a.conf"
    if kind == "link":
        write("/run/target", "# target\n")
        os.symlink("/run/target", path)
    elif kind == "directory":
        os.mkdir(path)
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path = "/etc/nowhere/a.conf"
    told = []
    for check in (True, False):
        with unchanged(), pytest.raises(Refused, match=path) as caught:
            apply(**NEW, sysctl_file=path, check=check)
        told.append(str(caught.value))
    assert told[0] == told[1]
    if kind == "link":
        assert read("/run/target") == b"# target\n" and os.path.islink(path)


@isolated
def test_a_new_file_never_masks_another() -> None:
    write("/usr/lib/sysctl.d/50-vendor.conf", "net.ipv4.tcp_syncookies = 2\n")
    with unchanged(), pytest.raises(Refused, match=r"would mask /usr/lib/sysctl\.d/50-vendor\.conf"):
        apply(somaxconn=5000, sysctl_file="/etc/sysctl.d/50-vendor.conf")


def test_the_temporary_name_is_no_boot_file() -> None:
    name = ".linuxnet-tcp-%s.tmp" % os.urandom(8).hex()
    assert atomic._TEMPORARY.fullmatch(name) and not name.endswith(".conf")
