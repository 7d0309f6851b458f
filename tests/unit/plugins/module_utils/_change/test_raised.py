# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.application import Application
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.index import ORDER, entries
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.known_runtimes import RUNTIMES
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.recognise import Hint, recognise
from ansible_collections.linuxnet.tcp.plugins.module_utils._change.raise_plan import Step
from ansible_collections.linuxnet.tcp.plugins.module_utils._change.raised import (
    raised_diff,
    raised_rows,
    raised_warnings,
    to_keep,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenSocket, Owner, Process
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.units import Unit
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.unix_listener import UnixListener


def listening(address="0.0.0.0", backlog=128, inode=7):
    family = "ipv6" if ":" in address else "ipv4"
    return ListenSocket(family, "tcp", address, 80, None, False, inode, 0, 0, backlog, 0, None)


def kept(process, backlog=4096, somaxconn=4096, address="0.0.0.0"):
    return to_keep(recognise([process] if process else []), listening(address), backlog, somaxconn)


def process(name, *argv, runtime=None):
    return Process(812, name, argv, None, runtime)


@pytest.mark.parametrize(
    ("holder", "backlog", "expected"),
    [
        (
            process("nginx"), 4096,
            "The next listen() of nginx (a restart, or a reload with another backlog configured) undoes this unless it asks",
        ),
        (process("redis-server"), 1000, "The next listen() of Redis (a restart) undoes this unless it asks for 1000 itself: set `tcp-"),
        (process("sshd"), 1000, "The next listen() of sshd (a reload or restart) undoes this, and it has no setting for it: change it here again"),
        (process("app", runtime="go"), 4096, "The next listen() of app (a restart) asks for as much again."),
        (process("app", runtime="go"), 300, "The next listen() of app (a restart) asks for no less again."),
        (process("gunicorn", "gunicorn", "--backlog", "4096"), 4096, "The next listen() of Gunicorn (a restart) asks for as much again"),
        (
            process("gunicorn", "gunicorn", "--backlog", "64"), 1000,
            "The next listen() of Gunicorn (a restart) undoes this: change --backlog on its command line from 64 to 1000.",
        ),
        (process("thing"), 1000, "The next listen() of thing (a restart) undoes this unless it asks for 1000 itself: set the backlog"),
        (None, 1000, "The next listen() of its process (a restart) undoes this unless it asks for 1000 itself: set the backlog"),
    ],
    ids=lambda value: value.name if isinstance(value, Process) else "",
)  # fmt: skip
def test_what_makes_it_stay(holder, backlog, expected):
    text = kept(holder, backlog)
    assert text.startswith(expected), text
    assert text.endswith(".")


def test_what_keeps_a_lowered_backlog_says_how_far():
    """Not "raise": the next listen() of one that asks for more would undo the lowering."""

    def lowered(*holders):
        return to_keep(recognise(list(holders)), listening(backlog=500), 10, 4096)

    assert "unless it asks for 10 itself: set the backlog that thing passes to listen(2) to 10" in lowered(process("thing"))
    assert "set the backlog that it passes to listen() to 10" in lowered(process("python3", "python3", "a.py"))
    assert lowered(process("gunicorn", "gunicorn", "--backlog", "64")).endswith("change --backlog on its command line from 64 to 10.")
    assert "(a restart) undoes this, and it has no setting for it" in lowered(process("app", runtime="go"))
    assert "asks for as much again" in lowered(process("gunicorn", "gunicorn", "--backlog", "10"))


def test_the_setting_is_named():
    assert kept(process("nginx"), 4096).split(": ", 1)[1].startswith("set `backlog=4096` on `listen 80` in /etc/nginx/")


def test_the_address_as_configurations_write_it():
    assert "`listen [::]:80`" in kept(process("nginx"), address="::")
    assert "`listen 127.0.0.1:80`" in kept(process("nginx"), address="127.0.0.1")


@given(st.sampled_from([one for part in ORDER for one in entries(part)] + list(RUNTIMES.values())), st.integers(0, 2**31 - 1), st.text(max_size=20))
def test_every_application_has_a_sentence_that_prints(application, backlog, name):
    title = (application.programs + application.shared + ("thing",))[0].replace("*", "x")
    holder = Process(1, name, (title,) + application.arguments, None, None)
    text = kept(holder, backlog)
    assert text.isprintable() and text.endswith(".") and "None" not in text
    assert not {"{n}", "{half}", "{four}", "{listen}", "{port}", "{program}"} & set(re.findall("{[a-z]+}", text.replace(name, "")))


def test_a_row_has_everything():
    owner = Owner((process("nginx"),), Unit("nginx.service"))
    (row,) = raised_rows([Step(listening(), 1000, False)], {7: owner}, "host", 4096)
    text = row.pop("to_keep")
    assert text.startswith("The next listen() of nginx ")
    assert row == {
        "network_namespace": "host", "protocol": "tcp", "family": "ipv4", "address": "0.0.0.0", "port": 80, "device": None,
        "inode": 7, "before": 128, "after": 1000, "clamped_by_somaxconn": False,
        "processes": [{"pid": 812, "name": "nginx"}], "unit": "nginx.service",
    }  # fmt: skip
    (nobody,) = raised_rows([Step(listening(), 1000, False)], {}, "host", 4096)
    assert (nobody["processes"], nobody["unit"]) == ([], None)


def test_the_diff_shows_what_changes_alone():
    steps = [Step(listening(), 1000, False), Step(listening("::", backlog=1000, inode=8), 1000, False)]
    assert raised_diff(steps) == [
        {
            "before_header": "listener 0.0.0.0:80 (inode 7)", "after_header": "listener 0.0.0.0:80 (inode 7)",
            "before": "backlog: 128\n", "after": "backlog: 1000\n",
        }
    ]  # fmt: skip


def test_a_clamp_is_told_once():
    assert raised_warnings([Step(listening(), 1000, False)], 1000, 4096) == []
    (text,) = raised_warnings([Step(listening(), 500, True), Step(listening(inode=8), 500, True)], 1000, 500)
    assert text.startswith("net.core.somaxconn is 500 there and clamps the backlog of 1000 that was asked for: 0.0.0.0:80 keeps 500.")


def unix(path="/run/x.sock", backlog=128):
    return UnixListener(path, path.encode(), "stream", 7, 0, backlog)


def test_what_keeps_the_backlog_of_a_unix_socket():
    text = to_keep(recognise([process("nginx")]), unix(), 1000, 4096)
    assert "unless it asks for 1000 itself: set `backlog=1000` on `listen unix:/run/x.sock` in /etc/nginx/" in text
    for application in [one for part in ORDER for one in entries(part)] + list(RUNTIMES.values()):
        assert "None" not in to_keep(Hint(application, None), unix(), 1001, 4096)
    fpm = recognise([process("php-fpm8.1")])
    assert "in the pool that listens on /run/x.sock in /etc/php/" in to_keep(fpm, unix(), 1000, 4096)
    assert "in the pool that listens on port 80 in /etc/php/" in to_keep(fpm, listening(), 1000, 4096)
    halves = Application("x", ("x",), "set {half} and {four}", defaults=(1,))
    assert "set 501 and 4004" in to_keep(Hint(halves, None), unix(), 1001, 4096)
    assert "set 500 and 4000" in to_keep(Hint(halves, None), unix(), 1000, 4096) and "set 501 and 4004" in to_keep(Hint(halves, None), listening(), 1001, 4096)


def test_a_row_and_a_diff_of_a_unix_socket():
    owner = Owner((process("nginx"),), Unit("nginx.service"))
    (row,) = raised_rows([Step(unix(), 1000, True)], {7: owner}, "blue", 1000)
    assert row.pop("to_keep")
    assert row == {
        "network_namespace": "blue", "path": "/run/x.sock", "type": "stream", "inode": 7, "processes": [{"pid": 812, "name": "nginx"}], "unit": "nginx.service",
        "before": 128, "after": 1000, "clamped_by_somaxconn": True,
    }  # fmt: skip
    assert raised_diff([Step(unix(), 1000, True)])[0]["before_header"] == "listener /run/x.sock (inode 7)"
    assert "a UNIX socket without a name keeps 500" in raised_warnings([Step(unix(""), 500, True)], 1000, 500)[0]


@pytest.mark.parametrize(("asked", "backlog", "said"), [
    (600, 600, "asks for as much again."), (600, 500, "asks for no less again."),
    (600, 601, "undoes this: change --backlog on its command line from 600 to 601."),
])  # fmt: skip
def test_what_a_command_line_asks_for_again(asked, backlog, said):
    hint = recognise([process("gunicorn", "gunicorn", "--backlog", str(asked))])
    assert to_keep(hint, listening(), backlog, 4096).endswith(said)
    lowered = to_keep(hint, listening(backlog=4096), backlog, 4096)
    assert lowered.endswith(said if backlog >= asked else "from 600 to 500.")


def test_nothing_sets_it():
    hint = Hint(Application("x", ("x",), None), None)
    assert to_keep(hint, listening(), 5, 9).endswith("undoes this, and nothing sets it: change it here again then.")
