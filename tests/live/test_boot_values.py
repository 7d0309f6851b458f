# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Boot values against the real loaders, run on generated sets of drop-in files.

SYN_BACKLOG_SEED=1234 repeats the sets of an earlier run.

Every number that a set assigns is used once, so that the value which the kernel ends up with tells the file and the
line that it came from.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.places import DIRECTORIES
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.sysctls import KEYS
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import sysctl_loader

HERE = os.path.dirname(os.path.abspath(__file__))
SEARCH = os.path.join(os.path.dirname(os.path.dirname(HERE)), ".collections")
SETS = 600
# The settings that every network namespace has of its own, and what they are set to before a loader runs
RESET = {
    "somaxconn": 60000,
    "tcp_max_syn_backlog": 60000,
    "tcp_syncookies": 250,
    "tcp_synack_retries": 250,
    "tcp_abort_on_overflow": 250,
}
NAMES = ["10-a.conf", "50-b.conf", "50-B.conf", "99-sysctl.conf", "a.conf", ".hidden.conf", ".conf", "é.conf", "a b.conf"]
OTHER_NAMES = ["README", "10-a.conf.bak", "50-b.conf~", "a.conf.dpkg-old", "conf", "a.CONF"]
PATTERNS = [
    "net.core.som*", "net/core/som?xconn", "net.*.somaxconn", "*.core.somaxconn", "net.core.[s]omaxconn",
    "net.core.[!a-r]omaxconn", "net.core.[[:lower:]]omaxconn", "net.core.{som,none}*", "net.core.somaxcon[a-m]",
    "net.core.\\somax*", "net.c*", "net//core/som*", "net.core*", "net.ipv4.tcp_sync*", "net/ipv4/tcp_sync*",
    "net.ipv4.tcp_{syncook,synack}*", "net.ipv4.tcp_*_syn_backlog", "net.*.tcp_max_syn_backlog", "net.ipv4.tcp_syn*",
    "net.ipv4.tcp_abort_on_*", "/net/ipv4/tcp_abort*", "net.ipv4.tcp_synack_retr[h-j]es", "net.ipv[46].tcp_synack_*",
]  # fmt: skip
REFUSED = ["", "abc", "5x", "5,", "+5", "- 5", "09", "0x", "99999999999", "4294967297", "-5000000000", "'7'", "--1"]
SPELLINGS: list[Callable[[str], str]] = [
    lambda key: key,
    lambda key: key,
    lambda key: key.replace(".", "/"),
    lambda key: "/" + key.replace(".", "/"),
    lambda key: "." + key,
    lambda key: key.replace(".", "..", 1),
    lambda key: key.replace(".", "//", 1),
    lambda key: key.replace(".", "/", 1),
    lambda key: "/".join(key.rsplit(".", 1)),
    lambda key: key.replace(".", "/") + "/",
    lambda key: key.replace(".", "/./", 1),
    lambda key: key + ".",
    lambda key: "proc.sys." + key,
    lambda key: "/proc/sys/" + key.replace(".", "/"),
    lambda key: key.upper(),
    lambda key: key.replace(".", " . ", 1),
]
NUMBERS: list[Callable[[int], str]] = [
    str,
    str,
    str,
    lambda number: "0x%x" % number,
    lambda number: "0%o" % number,
    lambda number: "%d # why" % number,
    lambda number: "%d\t;" % number,
    lambda number: "%020d" % number if number < 8 else "%d" % number,
    lambda number: "%d 12" % number,
]


class Set:
    """A set of files, and for each number the lines that assign it."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.files: list[dict] = []
        self.sources: dict[int, set[str]] = {}
        self.links: list[tuple[str, str]] = []  # (link, target): the target's lines are the link's too
        self._fresh = iter(chance.sample(range(1, 240), 239))
        self._used: list[tuple[str, int]] = []
        for _number in range(chance.randint(1, 9)):
            self._entry()
        if chance.random() < 0.6:
            self._file("/etc/sysctl.conf")
        for link, target in self.links:
            for sources in self.sources.values():
                for source in [one for one in sources if one.rpartition(":")[0] == target]:
                    sources.add("%s:%s" % (link, source.rpartition(":")[2]))

    def _entry(self) -> None:
        chance = self.chance
        name = chance.choice(NAMES) if chance.random() < 0.9 else chance.choice(OTHER_NAMES)
        path = chance.choice(DIRECTORIES) + "/" + name
        if any(file["path"] == path for file in self.files):
            return
        kind = chance.random()
        if kind < 0.72:
            self._file(path)
        elif kind < 0.78:
            self.files.append({"path": path, "link": "/dev/null"})
        elif kind < 0.82:
            self.files.append({"path": path, "content": ""})
        elif kind < 0.85:
            self.files.append({"path": path, "link": "/nowhere/else"})
        elif kind < 0.88:
            self.files.append({"path": path})
        elif kind < 0.90:
            self.files.append({"path": path, "link": path})  # a loop
        elif kind < 0.95 and path.startswith("/etc/"):
            self.files.append({"path": path, "link": chance.choice(["../sysctl.conf", "/etc/sysctl.conf"])})
            self.links.append((path, "/etc/sysctl.conf"))
        else:
            target = "/etc/extra/%d" % len(self.files)
            self._file(target)
            self.files.append({"path": path, "link": target})
            self.links.append((path, target))

    def _file(self, path: str) -> None:
        chance = self.chance
        end = chance.choice([b"\n"] * 12 + [b"\r\n"] * 2 + [b"\r", b"\n\r", b"\n\n", b"\0", b"\r\n\0"])
        content = b"\xef\xbb\xbf" if chance.random() < 0.04 else b""
        for _number in range(chance.randint(0, 7)):
            text, number = self._line()
            if number is not None:
                source = "%s:%d" % (path, content.count(b"\n") + 1)
                self.sources.setdefault(number, set()).add(source)
            content += text.encode("utf-8") + end
        if chance.random() < 0.15 and content.endswith(end):
            content = content[: -len(end)]
        if chance.random() < 0.01:
            content += b"\n#" + b"x" * 70000 + b"\n"
        mode = 0o600 if chance.random() < 0.1 else 0o644
        self.files.append({"path": path, "content": base64.b64encode(content).decode(), "mode": mode})

    def _line(self) -> tuple[str, int | None]:
        chance = self.chance
        key = KEYS[chance.choice(list(RESET))].key
        if chance.random() < 0.2:
            key = chance.choice(PATTERNS)
        elif chance.random() < 0.35:
            key = chance.choice(SPELLINGS)(key)
        kind = chance.random()
        if kind < 0.08:
            return chance.choice(["-", "-", "-", " -", "- ", "--"]) + key + chance.choice(["", "", " "]), None
        if kind < 0.12:
            return key, None
        if kind < 0.16:
            return chance.choice(["", "#", " # ", ";", "\t;", "garbage", "=", "=x", "-", "\\", "é=1"]), None
        number = next(self._fresh)
        if kind < 0.20:
            return chance.choice(["#", ";", " #", "\t;"]) + "%s = %d" % (key, number), number
        if kind < 0.32:
            return "%s=%s" % (key, chance.choice(REFUSED)), None
        if kind < 0.35 and self._used:
            key, number = chance.choice(self._used)
        elif kind < 0.37:
            return "%s = 70000" % key, 70000  # taken by the wide settings, refused by the byte-wide ones
        self._used.append((key, number))
        before = chance.choice(["", "", "", "", " ", "\t", "  ", " \t ", "\v"])
        after = chance.choice(["", "", "", "", " ", "\t", "\v"])
        dash = chance.choice([""] * 8 + ["-", "-", "- ", "--"])
        equals = chance.choice(["=", "=", " = ", " = ", "\t=\t", " =", "= ", "   =\t ", "==", " =\v"])
        return before + dash + key + equals + chance.choice(NUMBERS)(number) + after, number

    def printed(self) -> str:
        lines = []
        for file in self.files:
            what = file.get("link") or (base64.b64decode(file["content"]) if "content" in file else "directory")
            lines.append("%s: %r" % (file["path"], what))
        return "\n".join(lines)


class Worker:
    """`boot_worker` in namespaces of its own."""

    def __init__(self, root: str) -> None:
        self._process = subprocess.Popen(
            ["unshare", "--mount", "--net", sys.executable, os.path.join(HERE, "boot_worker.py"), root],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ, PYTHONPATH=SEARCH),
        )  # fmt: skip

    def ask(self, files: list[dict]) -> dict:
        self._process.stdin.write(json.dumps({"files": files, "reset": RESET}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the worker ended with %s" % self._process.wait()
        return json.loads(answer)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def worker(root) -> Iterator[Worker]:
    for program in ("unshare", "chroot", "/usr/lib/systemd/systemd-sysctl", "/usr/sbin/sysctl"):
        if shutil.which(program) is None:
            pytest.skip("needs %s, which is not installed" % program)
    directory = tempfile.mkdtemp()  # not pytest's own, which other users cannot enter
    try:
        running = Worker(directory)
        yield running
        running.close()
    finally:
        os.rmdir(directory)


# What chance seldom brings: the text of one file, and somaxconn as systemd and as procps leave it
CASES = [
    ("net.core.som*=1\nnet.core.*conn=2\nnet.core.som*=1\n", 2, 1),
    ("net.core.som*=1\nnet.core.*conn=2\nnet.core.som*=3\n", 3, 3),
    ("net.core.somaxconn=1\n-net.core.somaxconn\n", None, 1),
    ("-net.core.somaxconn\nnet.core.somaxconn=1\n", 1, 1),
    ("-net.core.somaxconn\nnet.core.som*=1\n", None, None),
    ("net.core.somaxconn=1\nnet.core.somaxconn=many\n", None, 1),
    ("net.core.somaxconn=many\nnet.core.som*=1\n", None, None),
    ("/net/core/somaxconn=1\nnet.core.som*=2\n", 1, 2),
    ("net.core.somaxconn=\\\n1\n", None, None),
    ("net.core.somaxconn=1", 1, 1),
    ("\ufeffnet.core.somaxconn=1\nnet.core.somaxconn=2 # two\n", 2, 2),
]


@pytest.mark.parametrize("text, systemd, procps", CASES)
def test_cases_picked_by_hand(worker, text, systemd, procps):
    content = base64.b64encode(text.encode("utf-8")).decode()
    answer = worker.ask([{"path": "/etc/sysctl.d/a.conf", "content": content}])
    for loader, wanted in (("systemd", systemd), ("procps", procps)):
        assert answer[loader]["real"]["somaxconn"] == (RESET["somaxconn"] if wanted is None else wanted)
        assert answer[loader]["predicted"]["somaxconn"]["number"] == wanted


def test_value_and_source_are_those_of_the_real_loaders(worker):
    seed = int(os.environ.get("SYN_BACKLOG_SEED") or random.SystemRandom().randrange(10**9))
    print("\nSYN_BACKLOG_SEED=%d" % seed)
    chance = random.Random(seed)
    seen: Counter[str] = Counter()
    for index in range(SETS):
        made = Set(chance)
        answer = worker.ask(made.files)
        for loader, told in answer.items():
            for name, real in told["real"].items():
                where = "seed %d, set %d, %s, %s:\n%s\n" % (seed, index, loader, name, made.printed())
                _compare(told["predicted"][name], real, RESET[name], made, where)
                seen["%s set" % loader if real != RESET[name] else "%s unset" % loader] += 1
                seen["shadowed"] += bool(told["predicted"][name]["shadowed"])
                seen["refused"] += any("refuses" in one[2] for one in told["predicted"][name]["shadowed"])
                seen["masked"] += any("masks" in one[2] for one in told["predicted"][name]["shadowed"])
                blind = told["unprivileged"][name]
                if blind["doubt"] is None:
                    _compare(blind, real, RESET[name], made, where + "unprivileged\n")
                else:
                    assert blind["value"] is None and blind["source"] is None, where
                    seen["in doubt"] += 1
    print(dict(seen))
    # What the sets are for did occur.
    for what in ("systemd set", "systemd unset", "procps set", "procps unset", "shadowed", "refused", "masked", "in doubt"):
        assert seen[what] >= 20, (what, seed, dict(seen))


def test_nothing_is_applied_where_proc_sys_is_read_only(root):
    """systemd-sysctl.service has ConditionPathIsReadWrite=/proc/sys/net; plain containers fail it."""
    code = "from %s import find_loader; print(*find_loader())" % sysctl_loader.__name__
    script = "mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && exec \"$@\""
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", script, "sh", sys.executable, "-c", code],
        env=dict(os.environ, PYTHONPATH=SEARCH), capture_output=True, text=True, check=True,
    )  # fmt: skip
    if sysctl_loader.find_loader().name == "systemd":
        assert done.stdout.startswith("none ") and "/proc/sys/net is read-only here" in done.stdout
    else:
        assert done.stdout.startswith(sysctl_loader.find_loader().name)


def _compare(predicted: dict, real: int, reset: int, made: Set, where: str) -> None:
    assert predicted["doubt"] is None, where + predicted["doubt"]
    where += "predicted %r, the kernel has %d" % (predicted, real)
    if predicted["value"] is None:
        assert real == reset and predicted["source"] is None, where
    else:
        assert predicted["number"] == real, where
        assert predicted["source"] in made.sources[real], where
