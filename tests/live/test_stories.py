# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The four stories of the manual, as `make story` plays them, each in namespaces of its own."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT
from ansible_collections.linuxnet.tcp.tests.stories import stage

pytestmark = pytest.mark.skipif(stage.running_kernel().level < (5, 6), reason="a story raises a running listener")

#: What each story says, in this order. A number of clients differs from run to run: the story itself ends where it is wrong
KEY_LINES = {
    1: [
        'Story 1: "drop open request from"',
        "new clients that get in: SOME of 100, with tcp_max_syn_backlog 128",
        "bound_by: tcp_max_syn_backlog",
        "finding: last-quarter-drops (critical) on 0.0.0.0:443",
        "limit for new clients: 97",
        "$ ansible localhost -m linuxnet.tcp.syn_backlog -a tcp_max_syn_backlog=1024",
        "changed: true",
        "new clients that get in: NEARLY ALL of 100, with tcp_max_syn_backlog 1024",
        "limit for new clients: 769",
        "after a reboot: 1024, by /etc/sysctl.d/99-zz-linuxnet-tcp.conf:3",
    ],
    2: [
        "Story 2: the web site is dead, and the server has nothing to do",
        "new clients that get in: SOME of 100, during the flood",
        "finding: syn-flood-few-networks (critical) on 0.0.0.0:8443",
        "$ ansible-playbook linuxnet.tcp.mitigate -e mitigate_hosts=localhost -e mitigate_become=false",
        "port 8443: 203.0.113.0/24 is dropped.",
        "new clients that get in: NEARLY ALL of 100, during the same flood",
        "rules left: none",
        "tcp_syncookies: 0",
        "new clients that get in: NEARLY ALL of 100, without any rule",
    ],
    3: [
        'Story 3: "Possible SYN flooding on port 8088. Sending cookies."',
        "SYN queue: full: clients are answered with cookies",
        "backlog: 128",
        "bound_by: somaxconn",
        "finding: listener-bound-by-somaxconn (warning) on 0.0.0.0:8088",
        "finding: tcp-max-syn-backlog-without-effect (warning) on net.ipv4.tcp_max_syn_backlog",
        "SYN queue: full: clients are answered with cookies",
        "backlog: 128",
        "bound_by: application",
        "finding: listener-bound-by-application (warning) on 0.0.0.0:8088",
        "$ ansible localhost -m linuxnet.tcp.syn_backlog_listener -a 'port=8088 backlog=4096'",
        "backlog: 128 before, 4096 now",
        "new clients that get in: NEARLY ALL of 100, without a restart",
        "cookies sent meanwhile: 0",
        "backlog: 4096",
    ],
    4: [
        "Story 4: too many sockets in SYN_RECV, and no attack",
        "new clients that get in: SOME of 100, with tcp_syncookies 0",
        "finding: honest-burst (critical) on 0.0.0.0:8000",
        "$ ansible localhost -m linuxnet.tcp.syn_backlog -a tcp_syncookies=1",
        "changed: true",
        "new clients that get in: NEARLY ALL of 100, with tcp_syncookies 1",
        "cookies sent meanwhile: some",
        "backlog: 128 before, 1024 now",
        "new clients that get in: NEARLY ALL of 100, with backlog 1024",
        "cookies sent meanwhile: 0",
    ],
}


def plain(line: str) -> str:
    """One space between words, and for a number of clients what it means."""

    def meaning(found: re.Match[str]) -> str:
        return "get in: %s of 100" % ("NEARLY ALL" if int(found[1]) >= stage.NEARLY_ALL else "SOME")

    return re.sub(r"get in: (\d+) of 100", meaning, " ".join(line.split()))


@pytest.mark.parametrize("number", sorted(KEY_LINES))
def test_the_story_holds(root, number: int) -> None:
    """One after another: a story whose clients wait for another story's is another story."""
    argv = [sys.executable, "-m", "ansible_collections.linuxnet.tcp.tests.stories", str(number)]
    done = subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=300)
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[-1]) == (0, "The story holds."), "%s\n%s" % (lines[-1], done.stdout)
    rest = iter(plain(line) for line in lines)
    missing = [key for key in KEY_LINES[number] if key not in rest]  # `in` goes on from the key before
    assert not missing, "it does not say %s\n%s" % (missing, done.stdout)
