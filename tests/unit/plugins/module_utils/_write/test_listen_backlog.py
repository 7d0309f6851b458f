# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of a refusal; that the kernel refuses is shown in tests/live/test_live_raise_refused.py."""

from __future__ import annotations

import errno
import os

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._change.raise_plan import NotRaised, Step
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenSocket, Process
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import descriptors
from ansible_collections.linuxnet.tcp.plugins.module_utils._write import listen_backlog

SOCKET = ListenSocket("ipv4", "tcp", "0.0.0.0", 80, None, False, 7, 0, 0, 128, 0, None)
STEPS = [Step(SOCKET, 1000, False)]
NGINX = Process(812, "nginx", (), None, None)


def never():
    raise AssertionError("nothing is read back before something is changed")


@pytest.mark.parametrize(
    ("code", "scope", "expected"),
    [
        (errno.ENOSYS, "", "needs Linux 5.6 or newer (here: %s)" % os.uname().release),
        (errno.EPERM, "", "root with CAP_SYS_PTRACE"),
        (errno.EACCES, "1\n", "root with CAP_SYS_PTRACE"),
        (errno.EPERM, "3\n", "kernel.yama.ptrace_scope is 3, which forbids it to everybody"),
        (errno.EMFILE, "", os.strerror(errno.EMFILE)),
    ],
)
def test_each_refusal_says_what_to_do(monkeypatch, tmp_path, code, scope, expected):
    def refuse(_pid, _fd):
        raise OSError(code, os.strerror(code))

    (tmp_path / "scope").write_text(scope)
    monkeypatch.setattr(listen_backlog, "_YAMA", str(tmp_path / "scope"))
    monkeypatch.setattr(descriptors, "descriptors_of", lambda _pid, _inode: [3])
    monkeypatch.setattr(listen_backlog.pidfd, "duplicate", refuse)
    for change in (lambda: listen_backlog.apply(STEPS, {7: [NGINX]}, never), lambda: listen_backlog.rehearse(STEPS, {7: [NGINX]})):
        with pytest.raises(NotRaised) as caught:
            change()
        text = str(caught.value)
        assert text.startswith("0.0.0.0:80: its socket cannot be duplicated from nginx (pid 812): ")
        assert expected in text
        assert text.endswith("; nothing was changed")


@pytest.mark.parametrize("code", [errno.ESRCH, errno.EBADF])
def test_a_holder_that_ends_or_closes_it_meanwhile_is_no_refusal(monkeypatch, code):
    asked = []

    def gone(pid, _fd):
        asked.append(pid)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(descriptors, "descriptors_of", lambda _pid, _inode: [3])
    monkeypatch.setattr(listen_backlog.pidfd, "duplicate", gone)
    with pytest.raises(NotRaised, match="none of the processes that held it .nginx, pid 812, nginx, pid 813. does any more"):
        listen_backlog.apply(STEPS, {7: [NGINX, NGINX._replace(pid=813)]}, never)
    assert asked == [812, 813]


def test_a_socket_that_nobody_visible_holds():
    with pytest.raises(NotRaised, match=r"^0.0.0.0:80: no process is visible that holds its socket 7\. .*; nothing was changed$"):
        listen_backlog.apply(STEPS, {}, never)


def test_nothing_to_change_asks_nobody():
    listen_backlog.apply([Step(SOCKET, 128, False)], {}, never)
    listen_backlog.rehearse([Step(SOCKET, 128, False)], {})
