# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The loop by itself: a real flood, the kernel's message, ansible-rulebook, mitigated; calm, restored."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import tempfile
import time
from pathlib import Path

import pytest
import yaml

from ansible_collections.linuxnet.tcp.plugins.module_utils._module.mitigation import keep_record
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import nft
from ansible_collections.linuxnet.tcp.tests.eda import rulebooks, split
from ansible_collections.linuxnet.tcp.tests.live import clients, floods, lab, sandbox, serving
from ansible_collections.linuxnet.tcp.tests.live.sandbox import isolated

REACTION = 10  # seconds from the kernel's message until the flood is mitigated, on a machine that has a CPU for it
COOL_DOWN, CALM = 5, 1  # seconds
LOCAL = 'ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}" mitigate_become=false restore_become=false'
INVENTORY = "localhost ansible_pipelining=true " + LOCAL + "\n"
MITIGATE, RESTORE = "Mitigate SYN floods", "Restore what was there before a SYN flood"
NETWORK, RATE_OF_SYNS = "100.64.7.0/24", 500


@pytest.fixture(autouse=True)
def _runs_here():
    rulebooks.require()


def rules(namespace, programs=("iptables-save", "ip6tables-save")):
    """The firewall's rules, of both families, without what counts."""
    told = [namespace.run([program], capture_output=True, text=True).stdout for program in programs]
    return [re.sub(r"\[\d+:\d+\]", "", line) for text in told for line in text.splitlines() if not line.startswith("#")]


def in_force(namespace):
    """Whether the network that floods is dropped, on the way that new connections take, with either firewall."""
    with contextlib.suppress(FileNotFoundError):
        table = namespace.run(["nft", "list", "table", "inet", "linuxnet_tcp"], capture_output=True, text=True).stdout
        if NETWORK in table and table.count(" drop") == 4:
            return True
    told = rules(namespace, ["iptables-save"])
    chains = {rule.split()[1] for rule in told if NETWORK in rule and rule.endswith("-j DROP")}
    return any(rule.startswith("-A INPUT ") and rule.split()[-1] in chains for rule in told)


def sysctls(namespace):
    return {name: namespace.sysctl(name) for name in ("net.core.somaxconn", "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_syncookies")}


def message_about(port, since):
    """When the kernel said that this port is flooded, on the clock of time.monotonic(); None where it has not since."""
    said = re.compile(rb"6,\d+,(\d+),[^;]*;TCP: [^\n]*SYN flooding on port \S*?%d\. " % port)
    descriptor = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    try:
        while True:
            try:
                found = said.match(os.read(descriptor, 16384))
            except BrokenPipeError:
                continue
            if found and int(found.group(1)) / 1e6 > since:
                return int(found.group(1)) / 1e6
    except BlockingIOError:
        return None
    finally:
        os.close(descriptor)


@isolated
def test_a_flood_is_mitigated_by_itself_and_restored_after_it():
    folder = Path(tempfile.mkdtemp(dir="/run"))
    variables = {"syn_flood_source": "kmsg", "syn_flood_recheck": 0, "syn_flood_cool_down": COOL_DOWN, "syn_flood_calm": CALM}
    with lab.pair() as net:
        net.server.sysctl("net.ipv4.tcp_syncookies", 0)
        net.server.run(["iptables", "-A", "INPUT", "-p", "tcp", "--dport", "22", "-j", "ACCEPT"], check=True)
        before = (sysctls(net.server), rules(net.server))
        with rulebooks.running(folder, "linuxnet.tcp.mitigate_syn_floods", INVENTORY, variables, net.server) as rulebook:
            assert lab.wait_for(lambda: rulebook.has_open("/dev/kmsg"), 20)
            # What it takes up at its start, a cool-down later, would keep a mitigation waiting
            assert lab.wait_for(lambda: rulebook.done(RESTORE) > 0, 40)
            assert quiet(lambda: rulebook.runs(RESTORE), 2 * COOL_DOWN, 60)
            earlier = rulebook.runs(RESTORE), rulebook.done(RESTORE)
            # The kernel prints ten lines in five seconds for the whole machine: another port where others took them
            began = time.monotonic()
            for port in range(8081, 8091):
                seen = split.watched(rulebook.process.pid, lambda: net.server.call(nft.has_our_table))
                with seen as parts, serving.application(net.server, port, 64), floods.spoofed(net, port, RATE_OF_SYNS, [NETWORK]):
                    if not lab.wait_for(lambda port=port: message_about(port, began) is not None, 1.5):
                        continue
                    assert clients.real_clients(net, 20, port) < 20
                    assert lab.wait_for(lambda: in_force(net.server), 30, pause=0.25)
                    assert lab.wait_for(lambda: parts.in_force is not None)
                    took = parts.in_force - message_about(port, began)
                    told = parts.told(message_about(port, began))
                    busy = waiting_for_a_cpu()
                    assert took <= REACTION * busy
                    assert lab.wait_for(lambda: rulebook.done(MITIGATE) > 0, 30, pause=0.05)
                    assert clients.real_clients(net, 100, port) >= 99
                    # While the flood goes on, restore is tried and refuses
                    assert lab.wait_for(lambda: "Nothing is restored yet" in rulebook.output(), 30)
                    assert in_force(net.server)
                    tries = rulebook.runs(RESTORE) - earlier[0]
                break
            else:
                raise AssertionError("no line about a flood in the kernel's log")
            over = time.monotonic()
            assert lab.wait_for(lambda: (sysctls(net.server), rules(net.server)) == before, 60, pause=0.2)
            restored = time.monotonic() - over
            assert lab.wait_for(lambda: sandbox.read("/run/linuxnet.tcp/mitigation.json") is None, 20)
            # And that was all: the clock goes on, and nothing is left to restore. On a slow machine one more may be under way
            assert lab.wait_for(lambda: rulebook.done(RESTORE) > earlier[1], 30)
            assert quiet(lambda: rulebook.runs(RESTORE), 2.5 * COOL_DOWN, 60)
            assert rulebook.runs(MITIGATE) == 1
    print("mitigated %.1f s after the kernel's message (%.1f wait for each CPU), restored %.1f s after the flood, " % (took, busy, restored), end="")
    print("%d tries while it went on; " % tries + ", ".join("%s %.1f s" % one for one in told.items()))


@isolated
def test_what_was_mitigated_before_a_restart_is_restored():
    """A rulebook that ended in the middle of it, or was killed: the one that is started next remembers nothing."""
    folder = Path(tempfile.mkdtemp(dir="/run"))
    variables = {"syn_flood_source": "kmsg", "syn_flood_recheck": 0, "syn_flood_cool_down": COOL_DOWN, "syn_flood_calm": CALM}
    with lab.pair() as net:
        net.server.sysctl("net.ipv4.tcp_syncookies", 0)
        before = sysctls(net.server)
        changed = {"tcp_syncookies": {"before": 0, "set": 1}}
        net.server.call(keep_record, {"state": "present", "record": {"sysctls": changed}})
        net.server.sysctl("net.ipv4.tcp_syncookies", 1)
        with rulebooks.running(folder, "linuxnet.tcp.mitigate_syn_floods", INVENTORY, variables, net.server) as rulebook:
            assert lab.wait_for(lambda: sandbox.read("/run/linuxnet.tcp/mitigation.json") is None, 40, pause=0.1)
            assert sysctls(net.server) == before
            # And that was all
            assert lab.wait_for(lambda: rulebook.done(RESTORE) > 0, 30)
            assert quiet(lambda: rulebook.runs(RESTORE), 2.5 * COOL_DOWN, 40)
            assert rulebook.runs(MITIGATE) == 0


def quiet(count, seconds, patience):
    """Whether what is counted comes to rest for so long."""
    known, since, end = count(), time.monotonic(), time.monotonic() + patience
    while time.monotonic() - since < seconds:
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
        if count() != known:
            known, since = count(), time.monotonic()
    return True


FLEET = "web1 %s\nweb2 %s\n" % (LOCAL, LOCAL)
SAID = "TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:80. Sending cookies."
REPORTS = [
    "Nov 20 04:23:45 web1 kernel: " + SAID,
    {"_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0", "_HOSTNAME": "web1", "MESSAGE": SAID},
    {"programname": "kernel", "hostname": "web1", "message": SAID},
    {"labels": {"alertname": "SynFlood", "instance": "web1:9100"}, "status": "firing"},
    # of hosts that there are, and that a name out of an event must not reach
    *({"syn_flood": {"host": host}} for host in ("all", "web*", "web1,web2", "~web", "ungrouped", "localhost", "!web1")),
    {"_TRANSPORT": "kernel", "SYSLOG_FACILITY": "1", "_HOSTNAME": "web2", "MESSAGE": SAID},
    {"programname": "kerneld", "hostname": "web2", "message": SAID},
    "Nov 20 04:23:45 web2 sshd[1]: kernel: " + SAID,
]
RATE, SECONDS = 1000, 6
TOKEN = "a-token-of-this-test"


def fleet_rulebook(folder, hosts):
    """The collection's rulebook with the source that the documentation tells for a fleet, with these hosts of its."""
    text = (rulebooks.ROOT / "docs" / "event-driven.md").read_text("utf-8")
    (block,) = [block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "eda.builtin.webhook" in block]
    name = rulebooks.ROOT / "extensions" / "eda" / "rulebooks" / "mitigate_syn_floods.yml"
    rulebook = yaml.safe_load(name.read_text("utf-8"))
    (source,) = yaml.safe_load(block)
    source["filters"][0]["linuxnet.tcp.syn_flood"]["hosts"] = hosts
    rulebook[0]["sources"][0] = source
    path = folder / "rulebook.yml"
    path.write_text(yaml.safe_dump(rulebook), "utf-8")
    return str(path)


def post(connection, reports):
    headers = {"Authorization": "Bearer " + TOKEN, "Content-Type": "application/json"}
    connection.request("POST", "/endpoint", json.dumps(reports), headers)
    response = connection.getresponse()
    response.read()
    return response.status


@pytest.mark.parametrize("hosts", [None, ["web1", "web2"]])
@isolated
def test_a_thousand_messages_a_second_start_one_playbook_on_one_host(hosts):
    """Whatever names they have; names that are nobody's, and could be a host's, where those of the fleet are listed."""
    folder = Path(tempfile.mkdtemp(dir="/run"))
    variables = {"syn_flood_token": TOKEN, "syn_flood_listen": "127.0.0.1", "syn_flood_cool_down": 600}
    with rulebooks.running(folder, fleet_rulebook(folder, hosts), FLEET, variables) as rulebook:
        connection = http.client.HTTPConnection("127.0.0.1", 5000, timeout=30)
        assert lab.wait_for(lambda: listens(5000), 20)
        began, sent = time.monotonic(), 0
        while sent < RATE * SECONDS:
            names = ["invented%d" % number for number in range(sent, sent + 10)] if hosts else []
            reports = [REPORTS[number % len(REPORTS)] for number in range(sent, sent + 20 - len(names))]
            assert post(connection, reports + [{"syn_flood": {"host": name}} for name in names]) == 200
            sent += 20
            time.sleep(max(0.0, began + sent / RATE - time.monotonic()))
        took = time.monotonic() - began
        assert lab.wait_for(lambda: rulebook.done(MITIGATE) > 0, 30, pause=0.05)
        time.sleep(2)
        assert rulebook.runs(MITIGATE) == 1
        assert re.findall(r"^(\S+) +: ok=", rulebook.output(), re.MULTILINE) == ["web1"]
        connection.close()
    print("%d messages in %.1f s, one playbook" % (sent, took))
    assert took <= SECONDS * 2 * waiting_for_a_cpu()


def waiting_for_a_cpu():
    """How many processes share each CPU, 1 at least."""
    return max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0)))


def listens(port):
    with contextlib.closing(socket.socket()) as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
