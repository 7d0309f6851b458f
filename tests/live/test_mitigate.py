# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's mitigate and restore under real floods: judged, acted on, felt by real clients, and taken back to the byte."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
#: Ends the run like a power cut does, right before the task of that name
KILLER = """
import os, signal
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "killer"

    def v2_playbook_on_task_start(self, task, is_conditional):
        if task.name == os.environ.get("KILL_BEFORE"):
            os.kill(os.getpid(), signal.SIGKILL)
"""
KILLED = -9


class Run:
    """What a run of a playbook said."""

    def __init__(self, net: lab.Pair, name: str, *extra: str, env: dict[str, str] | None = None, **variables: Any) -> None:
        given = {"syn_backlog_%s_%s" % (name, option): value for option, value in variables.items()}
        given = dict({"syn_backlog_%s_window" % name: 0.5, "%s_become" % name: False}, **given)
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
    return Run(net, "mitigate", *extra, **variables)


def restore(net: lab.Pair, *extra: str, **variables: Any) -> Run:
    return Run(net, "restore", *extra, **variables)


@contextlib.contextmanager
def host(backlog: int = 128, cookies: int = 0, address: str = "0.0.0.0") -> Iterator[lab.Pair]:
    """A server program on port 80 and its clients; half-open entries live 3 s, so that a flood is soon over."""
    with lab.pair() as net, serving.application(net.server, 80, backlog=backlog, address=address):
        net.server.sysctl("net.ipv4.tcp_syncookies", cookies)
        net.server.sysctl("net.ipv4.tcp_synack_retries", 1)
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


def record() -> Any:
    found = sandbox.read(PATH)
    return None if found is None else json.loads(found)


def calm(net: lab.Pair) -> None:
    assert lab.wait_for(lambda: lab.half_open_count(net.server, 80) == 0, timeout=20, pause=0.2)


def served(net: lab.Pair, **named: Any) -> int:
    return clients.real_clients(net, 100, port=80, **named)


# ---------------------------------------------------------------- a flood from few networks


@isolated
def test_few_networks_are_dropped_until_the_flood_is_over() -> None:
    """In both families at once: one whose firewall has rules, the other without so much as a table."""
    with host(address="::") as net:
        net.server.run(["iptables-restore"], input=RULES, text=True, check=True)
        before = state(net)
        assert before["ipv6"] == ""
        with floods.spoofed(net, rate=500, sources=[NOISY]), floods.spoofed(net, rate=500, sources=[NOISY_V6], dst=net.server_v6):
            lab.wait_for(lambda: lab.half_open_count(net.server, 80) > 96)
            assert served(net) < 20

            with_flood = state(net)
            predicted = mitigate(net, "--check", "--diff")
            assert state(net) == with_flood and record() is None
            assert NOISY in predicted.output and "+net.ipv4.tcp_syncookies = 1" in predicted.output

            real = mitigate(net)
            assert real.changed == predicted.changed, real.output
            assert served(net) >= 99
            assert served(net, dst=net.server_v6) >= 99
            assert {one["network"] for one in record()["blocks"]} == {NOISY, NOISY_V6}
            assert os.stat(PATH).st_mode & 0o777 == 0o600
            for command, network in (("iptables", NOISY), ("ip6tables", NOISY_V6)):
                saved = rules(net, command).splitlines()
                assert "-j SYN_BACKLOG" in next(line for line in saved if line.startswith("-A INPUT"))  # before all others
                assert [line for line in saved if "-j DROP" in line and network in line and "--dport 80" in line]

            done = state(net)
            assert mitigate(net).changed == 0 and state(net) == done
            assert mitigate(net, "--check").changed == 0

            refused = restore(net)
            assert refused.status != 0 and "Nothing is restored yet" in refused.output
            assert "the networks that are dropped still send" in refused.output
            assert state(net) == done

        calm(net)
        assert restore(net, "--check").changed > 0 and state(net) == done
        assert restore(net).changed > 0
        assert state(net) == before
        assert not os.path.exists(os.path.dirname(PATH))
        assert restore(net).changed == 0


@isolated
def test_an_allowed_client_gets_through_though_its_network_is_dropped() -> None:
    guest = NOISY.replace(".0/24", ".7")
    with host() as net:
        lab.ip("-n", net.client.name, "addr", "add", guest + "/32", "dev", net.client_device)
        lab.ip("-n", net.server.name, "route", "add", guest, "via", net.client_v4)
        with floods.spoofed(net, rate=500, sources=[NOISY]):
            lab.wait_for(lambda: lab.half_open_count(net.server, 80) > 96)
            assert mitigate(net, allow=[guest]).changed > 0
            assert [one["network"] for one in record()["blocks"]] == [NOISY]
            assert served(net, source=guest) >= 99
            assert served(net) >= 99


@isolated
def test_the_network_that_the_session_comes_from_is_never_dropped() -> None:
    with host() as net, floods.spoofed(net, rate=500, sources=[NOISY]):
        lab.wait_for(lambda: lab.half_open_count(net.server, 80) > 96)
        run = mitigate(net, env={"SSH_CONNECTION": "198.51.100.9 50022 10.77.0.1 22"})
        assert run.changed > 0 and "the address that this session comes from, 198.51.100.9" in run.output
        assert rules(net) == "" and record()["blocks"] == []
        assert served(net) >= 99  # cookies and room carry them


@isolated
def test_without_iptables_cookies_and_room_have_to_do() -> None:
    with host() as net, floods.spoofed(net, rate=500, sources=[NOISY]):
        sandbox.remove("/etc/alternatives/iptables")
        lab.wait_for(lambda: lab.half_open_count(net.server, 80) > 96)
        run = mitigate(net)
        assert run.changed > 0 and "there is no iptables on the host" in run.output
        assert served(net) >= 99


# ---------------------------------------------------------------- the rest


@isolated
def test_a_flood_from_everywhere_gets_cookies_and_room() -> None:
    with host() as net:
        before = state(net)
        with floods.spoofed(net, rate=1000):
            lab.wait_for(lambda: lab.half_open_count(net.server, 80) > 96)
            assert served(net) < 20
            assert mitigate(net).changed == 3  # the record, the sysctls and the listener
            assert served(net) >= 99
            done = state(net)
            assert done["ipv4"] == "" and dict(map(reversed, done["backlogs"]))["0.0.0.0:80"] == "4096"
            refused = restore(net)
            assert refused.status != 0 and "Nothing is restored yet" in refused.output and state(net) == done
            assert restore(net, "-e", "syn_backlog_restore_force=true").changed == 3
            assert state(net) == before
            assert served(net) < 20


@isolated
def test_what_somebody_changed_since_is_left_and_told() -> None:
    with host(cookies=1) as net:
        net.server.sysctl("net.core.somaxconn", 128)
        with floods.spoofed(net, rate=1000):
            lab.wait_for(lambda: lab.half_open_count(net.server, 80) > 128)
            assert mitigate(net).changed == 3
        net.server.sysctl("net.core.somaxconn", 65535)
        calm(net)
        run = restore(net)
        assert run.changed == 2 and "net.core.somaxconn is 65535, neither the 4096" in run.output
        assert net.server.sysctl("net.core.somaxconn") == "65535" and record() is None


@isolated
def test_neither_a_healthy_host_nor_an_application_that_hangs_is_touched() -> None:
    with host(cookies=1) as net, serving.application(net.server, 81, backlog=10, accepts=False):
        before = state(net)
        run = mitigate(net)
        assert run.changed == 0 and "No SYN queue turns clients away" in run.output
        with lab.connect_many(net.client, net.server_v4, 81, 50):
            run = mitigate(net)
        assert run.changed == 0 and "Neither cookies nor a block help" in run.output
        assert restore(net).changed == 0
        assert state(net) == before


@isolated
def test_a_record_that_cannot_be_used_stops_both() -> None:
    with host() as net, floods.spoofed(net, rate=500):
        lab.wait_for(lambda: lab.half_open_count(net.server, 80) > 96)
        os.mkdir(os.path.dirname(PATH))
        sandbox.write(PATH, "{", mode=0o600)
        before = state(net)
        for run in (mitigate(net), restore(net)):
            assert run.status != 0 and "is no record of a mitigation" in run.output
        assert state(net) == before


# ---------------------------------------------------------------- killed in the middle

#: Each changes something
OF_MITIGATE = [
    "Set the sysctls until the flood is over",
    "Widen the flooded listeners",
    "Make a chain of our own",
    "Let those through who are never dropped",
    "Drop the networks that the flood comes from",
    "Lead new connections through the chain",
    "Gather what came of it",
]
OF_RESTORE = [
    "Empty our chain",
    "Remove our chain",
    "Give the listeners their former backlogs",
    "Give the sysctls their former values",
    "Forget the mitigation",
]


def killed(net: lab.Pair, name: str, task: str, **variables: Any) -> None:
    sandbox.write("/run/killer.py", KILLER)
    env = {"ANSIBLE_CALLBACK_PLUGINS": "/run", "ANSIBLE_CALLBACKS_ENABLED": "killer", "KILL_BEFORE": task}
    assert Run(net, name, env=env, **variables).status == KILLED


@contextlib.contextmanager
def flooded() -> Iterator[lab.Pair]:
    """A flood whose mitigation needs every step: of two networks, one may be dropped."""
    with host(backlog=100) as net:
        sandbox.write("/run/killer.py", KILLER)
        net.server.run(["iptables-restore"], input=RULES, text=True, check=True)
        yield net


EVERY_STEP = {"allow": ["198.51.100.7"], "max_networks": 1}
BOTH = [NOISY, "203.0.113.0/24"]


@isolated
def test_a_mitigation_that_was_killed_is_restored_or_completed() -> None:
    with flooded() as net:
        before = state(net)
        with floods.spoofed(net, rate=500, sources=BOTH):
            lab.wait_for(lambda: lab.half_open_count(net.server, 80) > 96)
            for task in OF_MITIGATE[::2]:
                killed(net, "mitigate", task, **EVERY_STEP)
                assert record() is not None
                assert restore(net, force=True).changed > 0
                assert state(net) == before, task

            assert mitigate(net, **EVERY_STEP).changed == 7
            whole = state(net)
            assert restore(net, force=True).changed > 0
            for task in OF_MITIGATE:  # each gets one step further than the one before
                killed(net, "mitigate", task, **EVERY_STEP)
            mitigate(net, **EVERY_STEP)
            completed = state(net)
            for one in (whole, completed):
                one.pop("files")  # the records differ in their time
            assert completed == whole


@isolated
def test_a_restoration_that_was_killed_is_done_by_the_next() -> None:
    with flooded() as net:
        before = state(net)
        with floods.spoofed(net, rate=500, sources=BOTH):
            lab.wait_for(lambda: lab.half_open_count(net.server, 80) > 96)
            assert mitigate(net, **EVERY_STEP).changed == 7
        for task in OF_RESTORE:
            killed(net, "restore", task, force=True)
            assert record() is not None
        assert restore(net, force=True).changed == 1
        assert state(net) == before
