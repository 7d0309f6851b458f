# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's mitigate and restore under real floods: judged, acted on, felt by real clients, and taken back to the byte.

With iptables, but for the last test: test_mitigation_module.py is about both.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.mitigation import empty
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.mitigation_record import PATH
from ansible_collections.linuxnet.tcp.tests.live import clients, floods, lab, sandbox, serving
from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT, run_playbook
from ansible_collections.linuxnet.tcp.tests.live.sandbox import isolated

NOISY, NOISY_V6 = "198.51.100.0/24", "2001:db8:bad::/64"
#: Somebody's own firewall, with a chain and a rule that our jump has to come before
RULES = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:THEIRS - [0:0]
-A INPUT -p tcp -m tcp --dport 80 -j THEIRS
-A INPUT -s 203.0.113.0/24 -j DROP
-A THEIRS -m comment --comment "web for all" -j ACCEPT
COMMIT
"""


class Run:
    """What a run of a playbook said."""

    def __init__(self, net: lab.Pair, name: str, *extra: str, env: dict[str, str] | None = None, **variables: Any) -> None:
        given = {"syn_backlog_%s_%s" % (name, option): value for option, value in variables.items()}
        given = dict({"syn_backlog_%s_window" % name: 1, "%s_become" % name: False}, **given)
        playbook = ROOT / "playbooks" / (name + ".yml")
        environment = dict({"ANSIBLE_PIPELINING": "1", "SSH_CONNECTION": ""}, **(env or {}))
        done = run_playbook(playbook, "-e", json.dumps(given), *extra, namespace=net.server, **environment)
        self.output, self.status = done.stdout + done.stderr, done.returncode
        recap = re.search(r"localhost +: (.*)", done.stdout)
        self.recap = {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", recap.group(1))} if recap else {}

    @property
    def changed(self) -> int:
        assert self.status == 0, self.output
        return self.recap["changed"]


def mitigate(net: lab.Pair, *extra: str, **variables: Any) -> Run:
    return Run(net, "mitigate", *extra, **{"backend": "iptables", **variables})


def restore(net: lab.Pair, *extra: str, **variables: Any) -> Run:
    return Run(net, "restore", *extra, **variables)


@contextlib.contextmanager
def host(backlog: int = 128, cookies: int = 0, address: str = "0.0.0.0") -> Iterator[lab.Pair]:
    """A server program on port 80 and its clients; half-open entries live 7 s, so that a flood is soon over."""
    with lab.pair() as net, serving.application(net.server, 80, backlog=backlog, address=address):
        net.server.sysctl("net.ipv4.tcp_syncookies", cookies)
        net.server.sysctl("net.ipv4.tcp_synack_retries", 2)
        yield net


def rules(net: lab.Pair, command: str = "iptables") -> str:
    """What is saved of the firewall, without the times and counters of packets in it."""
    saved = net.server.run([command + "-save"], capture_output=True, text=True, check=True).stdout
    return re.sub(r"^#.*\n|\[\d+:\d+\]", "", saved, flags=re.MULTILINE)


def state(net: lab.Pair) -> dict[str, Any]:
    """All that a mitigation could have changed, read another way than the collection reads it."""
    sysctls = {}
    with net.server.enter():
        for path in sorted(Path("/proc/sys/net").glob("*/*")):
            with contextlib.suppress(OSError):
                if path.is_file():
                    sysctls[str(path)] = path.read_bytes()
    listening = net.server.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout
    return {
        "sysctls": sysctls,
        "files": sandbox.snapshot()["files"],
        "ipv4": rules(net),
        "ipv6": rules(net, "ip6tables"),
        "backlogs": sorted(line.split()[2:4] for line in listening.splitlines()),
    }


def dropping(net: lab.Pair, *extra: str, **variables: Any) -> Run:
    """A run that finds the networks of a flood: once in a while many entries end at the same moment, and nothing is full."""
    tries = (mitigate(net, *extra, **variables) for _try in range(3))
    return next(run for run in tries if "is dropped" in run.output or record() is not None)


def record() -> Any:
    found = sandbox.read(PATH)
    return None if found is None else json.loads(found)


def full(net: lab.Pair) -> bool:
    return lab.wait_for(lambda: lab.half_open_count(net.server, 80) > 96)


def calm(net: lab.Pair) -> None:
    assert lab.wait_for(lambda: lab.half_open_count(net.server, 80) == 0, timeout=20, pause=0.2)


def served(net: lab.Pair, **named: Any) -> int:
    return clients.real_clients(net, 100, port=80, **named)


# ---------------------------------------------------------------- a flood from few networks


@pytest.mark.ansible  # whose iptables module has changed a good deal
@isolated
def test_few_networks_are_dropped_until_the_flood_is_over() -> None:
    """In both families at once: one whose firewall has rules, the other without so much as a table.

    A client within the network that is dropped is served as well: it is on the allow list.
    """
    guest = NOISY.replace(".0/24", ".7")
    with host(address="::") as net:
        lab.ip("-n", net.client.name, "addr", "add", guest + "/32", "dev", net.client_device)
        lab.ip("-n", net.server.name, "route", "add", guest, "via", net.client_v4)
        net.server.run(["iptables-restore"], input=RULES, text=True, check=True)
        before = state(net)
        assert before["ipv6"] == ""
        with floods.spoofed(net, rate=1000, sources=[NOISY], beside=[NOISY_V6]):
            assert full(net)
            assert served(net) < 50

            with_flood = state(net)
            predicted = dropping(net, "--check", "--diff", allow=[guest])
            assert state(net) == with_flood and record() is None
            assert NOISY in predicted.output and "+net.ipv4.tcp_syncookies = 1" in predicted.output

            real = dropping(net, allow=[guest])
            assert real.changed == predicted.changed, predicted.output + real.output
            assert {one["network"] for one in record()["blocks"]} == {NOISY, NOISY_V6}
            assert os.stat(PATH).st_mode & 0o777 == 0o600
            for command, network in (("iptables", NOISY), ("ip6tables", NOISY_V6)):
                saved = rules(net, command).splitlines()
                assert "-j SYN_BACKLOG" in next(line for line in saved if line.startswith("-A INPUT"))  # before all others
                assert [line for line in saved if "-j DROP" in line and network in line and "--dport 80" in line]
            assert served(net) >= 99
            assert served(net, dst=net.server_v6) >= 99
            assert served(net, source=guest) >= 99

            done = state(net)
            calm(net)  # until its last entries are gone, the flood that is dropped already can fill the queue, and is judged once more
            again = mitigate(net, allow=[guest])
            assert again.changed == 0 and state(net) == done, again.output

            refused = restore(net)
            assert refused.status != 0 and "Nothing is restored yet" in refused.output
            assert "the networks that are dropped still send" in refused.output
            assert state(net) == done

        calm(net)
        predicted = restore(net, "--check")
        assert state(net) == done
        assert restore(net).changed == predicted.changed > 0
        assert state(net) == before
        assert not os.path.exists(os.path.dirname(PATH))
        assert restore(net).changed == 0


@isolated
def test_the_network_that_the_session_comes_from_is_never_dropped() -> None:
    with host() as net, floods.spoofed(net, rate=1000, sources=[NOISY]):
        assert full(net)
        run = mitigate(net, env={"SSH_CONNECTION": "198.51.100.9 50022 10.77.0.1 22"})
        assert run.changed == 1 and "the address that this session comes from, 198.51.100.9" in run.output
        assert rules(net) == "" and record()["blocks"] == []
        assert served(net) >= 99  # cookies and room carry them


# ---------------------------------------------------------------- the rest


@isolated
def test_a_flood_from_everywhere_gets_cookies_and_room() -> None:
    """And what somebody else has changed by the time it is restored is left so, and told."""
    with host() as net:
        net.server.sysctl("net.core.somaxconn", 128)
        before = state(net)
        with floods.spoofed(net, rate=1000):
            assert full(net)
            assert served(net) < 20
            assert mitigate(net).changed == 1
            assert served(net) >= 99
            done = state(net)
            assert done["ipv4"] == "" and ["4096", "0.0.0.0:80"] in done["backlogs"]
            refused = restore(net)
            assert refused.status != 0 and "Nothing is restored yet" in refused.output and state(net) == done

            net.server.sysctl("net.core.somaxconn", 65535)
            sandbox.write("/etc/sysctl.d/50-tuned.conf", "net.ipv4.tcp_syncookies = 1\n")
            run = restore(net, force=True)
            assert run.changed == 1 and "net.core.somaxconn is 65535, neither the 4096" in run.output
            assert "net.ipv4.tcp_syncookies stays 1: since the mitigation, files set it for the boot too" in run.output
            before["sysctls"]["/proc/sys/net/core/somaxconn"] = b"65535\n"
            before["sysctls"]["/proc/sys/net/ipv4/tcp_syncookies"] = b"1\n"
            sandbox.remove("/etc/sysctl.d/50-tuned.conf")
            assert state(net) == before


@isolated
def test_a_record_that_cannot_be_used_is_told() -> None:
    with host() as net:
        os.mkdir(os.path.dirname(PATH))
        sandbox.write(PATH, "{", mode=0o600)
        before = state(net)
        run = restore(net)
        assert run.status != 0 and "is no record of a mitigation: it is no JSON" in run.output
        assert state(net) == before


@isolated
def test_a_record_from_before_a_restart_is_told_and_blocks_nothing() -> None:
    """Of another boot: what it says of cookies and of dropped networks would otherwise be completed, or taken back."""
    with host() as net:
        os.mkdir(os.path.dirname(PATH))
        before = state(net)
        older = dict(empty(), boot_id="0" * 36, sysctls={"tcp_syncookies": {"before": 1, "set": 0}})
        older = dict(older, blocks=[{"network": "203.0.113.0/24", "port": 80}], causes=["from before"])
        sandbox.write(PATH, json.dumps(older), mode=0o600)
        run = restore(net)
        assert run.changed == 1 and "is the record of another boot" in run.output
        assert record() is None and state(net) == before

        os.mkdir(os.path.dirname(PATH))
        sandbox.write(PATH, json.dumps(older), mode=0o600)
        with floods.spoofed(net, 80, 500, [NOISY]):
            assert full(net)
            runs = []
            while len(runs) < 3 and not (runs and "is dropped" in runs[-1].output):  # see dropping()
                runs.append(mitigate(net))
            assert "is the record of another boot" in runs[0].output and sum(run.changed for run in runs) >= 1
            assert record()["causes"] != [] and "from before" not in record()["causes"]
            assert "203.0.113.0/24" not in rules(net) and NOISY in rules(net)
        calm(net)
        assert restore(net).changed == 1 and state(net) == before


# ---------------------------------------------------------------- what is not ours, and the default


@isolated
def test_rules_of_others_in_the_chain_are_not_lost() -> None:
    """And two rules that lead to it both go."""
    with host() as net:
        net.server.run(["iptables-restore"], input=RULES, text=True, check=True)
        before = state(net)
        with floods.spoofed(net, rate=1000, sources=[NOISY]):
            assert full(net)
            dropping(net, allow=["198.51.100.7"])
            made = [line.replace("/32", "") for line in rules(net).splitlines() if "SYN_BACKLOG" in line and "-A" in line]
            assert [line.partition(" ")[2].split()[0] for line in made] == ["INPUT", "SYN_BACKLOG", "SYN_BACKLOG"]
            assert [line.split()[-1] for line in made] == ["SYN_BACKLOG", "RETURN", "DROP"]
        lead = [line for line in rules(net).splitlines() if line.startswith("-A INPUT") and line.endswith("-j SYN_BACKLOG")]
        again, theirs = lead[0].replace('"', "").replace("-A", "-I").split(), ["SYN_BACKLOG", "-s", "192.0.2.1", "-j", "DROP"]
        net.server.run(["iptables", *again], check=True)  # two runs at once can both lead there
        net.server.run(["iptables", "-A", *theirs], check=True)
        done = state(net)
        refused = restore(net, force=True, window=0)
        assert refused.status != 0 and "holds rules that the mitigation did not make" in refused.output and state(net) == done
        net.server.run(["iptables", "-D", *theirs], check=True)
        assert restore(net, force=True, window=0).changed == 1
        assert state(net) == before


@isolated
def test_nftables_is_the_default_and_iptables_is_left_alone() -> None:
    with host() as net:
        net.server.run(["iptables-restore"], input=RULES, text=True, check=True)
        before = state(net)
        with floods.spoofed(net, rate=1000, sources=[NOISY]):
            assert full(net) and served(net) < 50
            dropping(net, backend="auto")
            assert record()["backend"] == "nftables" and rules(net) == before["ipv4"]
            assert served(net) >= 99
            refused = restore(net)
            assert refused.status != 0 and "the networks that are dropped still send" in refused.output
        calm(net)
        assert restore(net).changed == 1 and state(net) == before
        told = net.server.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout
        assert "linuxnet" not in told
