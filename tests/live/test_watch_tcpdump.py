# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a watch counts is what tcpdump captures of the same traffic, packet for packet."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.linuxnet.tcp.tests.live import lab, serving
from ansible_collections.linuxnet.tcp.tests.live.watching import account, answered_pair, row_of, send_unseen, watched

pytestmark = pytest.mark.usefixtures("root")

SYN, SYN_ACK = 0x02, 0x12
FLAGS = "port {0} and ((ip and tcp[13] & 0x12 == {1}) or (ip6 and ip6[6] == 6 and ip6[53] & 0x12 == {1}))"


class Capture:
    """tcpdump at one device of the server."""

    def __init__(self, net: lab.Pair, device: str, flags: int, path: Path, port: int = 80) -> None:
        if shutil.which("tcpdump") is None:
            pytest.skip("tcpdump is not installed; `make setup` does that")
        self._path = path
        argv = ["tcpdump", "-Z", "root", "-n", "-p", "-U", "--immediate-mode", "-s", "96", "-B", "65536", "-i", device, "-w", str(path)]
        self._process = net.server.popen([*argv, FLAGS.format(port, flags)], stderr=subprocess.PIPE, text=True)
        line = self._process.stderr.readline()
        assert "listening on" in line, line + self._process.stderr.read()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def goals(self, least: int) -> list[bytes]:
        """Where each packet in the file goes to, once tcpdump has written all of them, so many at least, and missed none."""
        assert lab.wait_for(lambda: self._path.stat().st_size >= 24 + least * _SMALLEST, 60, pause=0.1), "tcpdump missed packets"
        size = -1
        while size != self._path.stat().st_size:
            size = self._path.stat().st_size
            time.sleep(0.4)
        self._process.send_signal(signal.SIGINT)
        said = self._process.communicate(timeout=30)[1]
        missed = re.search(r"(\d+) packets? dropped by kernel", said)
        assert missed is not None and missed.group(1) == "0", said
        data, at, found = self._path.read_bytes(), 24, []
        while at < len(data):
            ethernet, size = at + 16, struct.unpack_from("=I", data, at + 8)[0]
            v4 = data[ethernet + 12:ethernet + 14] == b"\x08\x00"
            found.append(data[ethernet + 30:ethernet + 34] if v4 else data[ethernet + 38:ethernet + 54])
            at = ethernet + size
        return found


@contextlib.contextmanager
def captured(net: lab.Pair, folder: Path) -> Iterator[tuple[Capture, Capture]]:
    """SYNs as they come in, and SYN-ACKs as they leave: to spoofed sources they do by another device."""
    with contextlib.closing(Capture(net, net.server_device, SYN, folder / "syns")) as syns:
        with contextlib.closing(Capture(net, "void", SYN_ACK, folder / "syn-acks")) as syn_acks:
            yield syns, syn_acks


_SMALLEST = 16 + 14 + 20 + 24  # a SYN or SYN-ACK over IPv4 in the file: the record's header, Ethernet, IP, TCP with one option
FLOODS = [(1000, "0.0.0.0"), (1000, "::"), (20000, "0.0.0.0"), (20000, "::"), (100000, "0.0.0.0")]


@pytest.mark.parametrize(("count", "address"), FLOODS)
@pytest.mark.parametrize("cookies", [0, 1, 2])
def test_a_flood(cookies: int, count: int, address: str, tmp_path: Path) -> None:
    with answered_pair() as net:
        net.server.sysctl("net.ipv4.tcp_syncookies", cookies)
        net.server.sysctl("net.ipv4.tcp_max_syn_backlog", 256)
        goal = net.server_v6 if address == "::" else net.server_v4
        with lab.listener(net.server, address, 80, backlog=128), captured(net, tmp_path) as (syns, syn_acks):
            told, warnings = watched(net, lambda: lab.spoof_syns(net, goal, port=80, count=count))
            came, answered = syns.goals(count), syn_acks.goals(count if cookies else 129)
    row = row_of(told)
    assert row["syns"]["arrived"] == told["namespaces"][0]["syns"] == len(came) == count
    # Answers go on being sent again when the watch has ended, to the same clients
    assert row["syns"]["answered"] == len(set(answered)) == (count if cookies else 129)
    assert row["syns"]["dropped"] == count - len(set(answered)) and row["syns"]["unexplained"] == 0
    assert len(answered) >= row["syn_acks"] and warnings == []


def test_real_clients_and_what_a_firewall_takes(tmp_path: Path) -> None:
    """30 clients that are served, 50 SYNs that a rule drops: tcpdump sees them before the rule, as the watch does."""
    with answered_pair() as net, serving.application(net.server, 80, backlog=128):
        drop = ["iptables", "-w", "-A", "INPUT", "-s", "198.19.255.0/24", "-j", "DROP"]
        assert net.server.run(drop).returncode == 0
        with contextlib.closing(Capture(net, net.server_device, SYN, tmp_path / "syns")) as syns:
            with contextlib.closing(Capture(net, net.server_device, SYN_ACK, tmp_path / "syn-acks")) as syn_acks:

                def traffic() -> None:
                    with lab.connect_many(net.client, net.server_v4, 80, 30) as clients:
                        assert lab.completed(clients, 5) == 30
                    send_unseen(net, iter(range(0xC613FF01, 0xC613FF01 + 50)), 50)

                told, warnings = watched(net, traffic)
                came, left = len(syns.goals(80)), len(syn_acks.goals(30))
    assert row_of(told)["syns"] == account(answered=30, before_listener=50) and warnings == []
    assert (came, left) == (80, 30) == (row_of(told)["syns"]["arrived"], row_of(told)["syn_acks"])
