# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a story plays: a server and its clients in namespaces of their own, and what an operator types and reads there.

Every command that is printed is run, with the ansible-core that runs the story; what is printed below it is its answer.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel import running_kernel
from ansible_collections.linuxnet.tcp.tests.live import clients, far, lab
from ansible_collections.linuxnet.tcp.tests.live.commands import command, environment

WIDTH = 110
CLIENTS = 100
#: of CLIENTS: one may be unlucky on a busy machine, and the story still holds
NEARLY_ALL = 99
INFO = "linuxnet.tcp.syn_backlog_info"
#: what listen(2) gives beyond its backlog on this kernel: 1 since Linux 4.10
PLUS = 1 if running_kernel().rule == "backlog+1" else 0


class StoryError(Exception):
    """The story does not go as it is told."""


class Stage:
    """One story's server, on `port`."""

    def __init__(self, net: lab.Pair, port: int, folder: pathlib.Path) -> None:
        self.net, self.port, self.folder = net, port, folder
        self._steps = 0
        self._strangers = ipaddress.ip_network("10.88.0.0/13").hosts()

    # ---------------------------------------------------------------- what is told

    def title(self, text: str) -> None:
        print(text)
        print("=" * len(text))

    def step(self, text: str) -> None:
        self._steps += 1
        print("\n%d. %s" % (self._steps, text), flush=True)

    def say(self, text: str) -> None:
        words = " ".join(text.split())
        print(
            textwrap.fill(
                words, WIDTH, initial_indent="   ", subsequent_indent="   ", break_long_words=False, break_on_hyphens=False
            ),
            flush=True,
        )

    def key(self, name: str, value: object) -> None:
        """A line that matters."""
        print(("   %-28s %s" % (name + ":", value)).rstrip(), flush=True)

    def expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise StoryError(otherwise)

    # ---------------------------------------------------------------- what is there

    def settings(self, **values: int) -> None:
        """Sysctls of the server: in force, and in its /etc/sysctl.d, so that they are what it boots with."""
        names = {"somaxconn": "net.core.somaxconn"}
        lines = []
        for name, value in values.items():
            key = names.get(name, "net.ipv4." + name)
            self.net.server.sysctl(key, value)
            lines.append("%s = %d\n" % (key, value))
        pathlib.Path("/etc/sysctl.d/50-web.conf").write_text("".join(lines), encoding="ascii")

    def half_open(self) -> int:
        return lab.half_open_count(self.net.server, self.port)

    def get_in(self, when: str, patience: float | None = None) -> int:
        """How many new clients are served; told as a line.

        With `patience` they come over `far.line`, each from an address that the kernel has not met before.
        """
        served = self._far_clients(patience) if patience else clients.real_clients(self.net, CLIENTS, self.port)
        self.key("new clients that get in", "%d of %d, %s" % (served, CLIENTS, when))
        return served

    def _far_clients(self, patience: float) -> int:
        with self.net.client.enter():
            crowd = clients.Crowd(far.SERVER, self.port, patience)
            for _number in range(CLIENTS):
                crowd.add(str(next(self._strangers)))
                crowd.watch(0.01)
            while crowd.size:
                crowd.watch(patience)
        return crowd.served

    @contextlib.contextmanager
    def crowd(self, size: int, every: float, one_way: float, patience: float = clients.PATIENCE) -> Iterator[None]:
        """`size` clients at once, again `every` so many seconds, over a line that takes `one_way` seconds; entered once it is busy."""
        net = self.net
        with far.line(net, one_way), clients.crowds(net, far.SERVER, self.port, size, every, ["10.80.0.0/13"], patience):
            time.sleep(every + 2 * one_way + 1)
            yield

    def sent_cookies(self) -> int:
        return lab.counters(self.net.server)["SyncookiesSent"]

    # ---------------------------------------------------------------- what an operator types

    def _run(self, *argv: str) -> str:
        settings = environment(ANSIBLE_PIPELINING="1", SSH_CONNECTION="")
        with self.net.server.enter():
            done = subprocess.run(
                [command(argv[0]), *argv[1:]], cwd=self.folder, env=settings, capture_output=True, text=True, check=False, timeout=120
            )
        self.expect(done.returncode == 0, "%s\n%s%s" % (shlex.join(argv), done.stdout, done.stderr))
        return done.stdout

    def _typed(self, *argv: str) -> str:
        """Run it, in sight."""
        print("\n   $ " + " ".join(map(_quoted, argv)), flush=True)
        return self._run(*argv)

    def module(self, name: str, arguments: str) -> dict[str, Any]:
        """An ad-hoc call; its result is returned and not printed."""
        return _result(self._typed("ansible", "localhost", "-m", name, "-a", arguments))

    def look(self, arguments: str, until: str = "") -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The facts of the one listener, and what is found: printed as an operator would want to read them.

        `until`: the finding to come first. A queue has a free place now and then, even under load; then one looks again.
        """
        argv = ("ansible", "localhost", "-m", INFO, "-a", "ports=%d kernel_log_source=none %s" % (self.port, arguments))
        facts = _result(self._typed(*argv))["syn_backlog"]
        for _again in range(29):
            if not until or [one["id"] for one in _found(facts)[:1]] == [until]:
                break
            facts = _result(self._run(*argv))["syn_backlog"]
        (row,) = facts["listeners"]
        for name in ("backlog", "bound_by"):
            self.key(name, row[name])
        for name in ("accept_queue", "syn_queue"):
            self.key(name, "%s of %s" % (row[name]["used"], row[name]["limit"]))
        found = _found(facts)
        for one in found:
            self.finding(one)
        if until:
            self.expect(bool(found) and found[0]["id"] == until, "found %s first and not %s" % (found[:1], until))
        return row, found

    def finding(self, one: dict[str, Any]) -> None:
        self.key("finding", "%s (%s) on %s" % (one["id"], one["severity"], one["subject"]))
        self.say(one["summary"])
        self.key("remedy", "")
        self.say(one["remedy"])

    def report(self, **variables: object) -> str:
        """The audit of this host, as its report is printed."""
        given = {"audit_hosts": "localhost", "audit_width": WIDTH, **variables}
        self._typed("ansible-playbook", "linuxnet.tcp.audit", *_variables(given))
        text = (self.folder / "audit" / "report.txt").read_text()
        print(textwrap.indent(text, "   ", lambda line: bool(line.strip())), end="", flush=True)
        return text

    def playbook(self, name: str, shown: str, **variables: object) -> None:
        """A playbook of the collection; of its output the lines are printed that match."""
        out = self._typed("ansible-playbook", "linuxnet.tcp." + name, *_variables(variables))
        for line in out.splitlines():
            if re.search(shown, line):
                self.say(line.strip().strip('",'))

    # ---------------------------------------------------------------- the end

    def wait(self, condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
        self.expect(lab.wait_for(condition, seconds, 0.1), otherwise)


def _found(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The findings but the notes, the worst first."""
    return [one for one in facts.get("findings", []) if one["severity"] != "info"]


def _result(out: str) -> dict[str, Any]:
    return json.loads(out.partition("=>")[2])


def _variables(given: dict[str, object]) -> list[str]:
    return [part for name, value in given.items() for part in ("-e", "%s=%s" % (name, value))]


def _quoted(word: str) -> str:
    return "'%s'" % word if re.search(r"\s", word) else word


@contextlib.contextmanager
def stage(port: int) -> Iterator[Stage]:
    """A fresh server and its clients. Its process has to be `separate` before."""
    with lab.pair() as net, tempfile.TemporaryDirectory() as folder:
        yield Stage(net, port, pathlib.Path(folder))


def needs(level: tuple[int, int], what: str) -> None:
    if tuple(running_kernel().level)[:2] < level:
        sys.exit("This story needs Linux %d.%d or newer: %s" % (*level, what))
