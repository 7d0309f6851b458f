# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module syn_backlog_mitigation under real floods, with both firewalls: one run in, one run out, killed in between."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._change import nft_rules
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import networks
from ansible_collections.linuxnet.tcp.plugins.module_utils._module import mitigate, mitigation_options, restore
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import firewall, nft, ssh_sessions
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.mitigation_record import PATH
from ansible_collections.linuxnet.tcp.plugins.module_utils._write import nft as write_nft
from ansible_collections.linuxnet.tcp.tests.live import clients, floods, lab, sandbox, serving
from ansible_collections.linuxnet.tcp.tests.live.sandbox import isolated

NOISY, GUEST = "198.51.100.0/24", "198.51.100.7"
NFT = firewall.command("nft")
BACKENDS = ["nftables", "iptables"]
pytestmark = pytest.mark.skipif(NFT is None, reason="needs nft, which is not installed")
#: Somebody else's, in a table that both firewalls are asked about
THEIRS = "table inet theirs { chain in { type filter hook input priority 0; policy accept; tcp dport 443 counter accept; }; }\n"


def parameters(**given: Any) -> dict[str, Any]:
    defaults = {name: option.get("default") for name, option in mitigation_options.mitigation_spec().items()}
    return {**defaults, "connection": "local", "window": 1.0, **given}


def present(net: lab.Pair, check: bool = False, **given: Any) -> Any:
    return net.server.call(mitigate.mitigate, parameters(**given), check)


def absent(net: lab.Pair, check: bool = False, **given: Any) -> Any:
    return net.server.call(restore.restore, parameters(state="absent", **given), check)


def ruleset(net: lab.Pair) -> str:
    return net.server.run([NFT, "list", "ruleset"], capture_output=True, text=True, check=True).stdout


def state(net: lab.Pair) -> tuple[Any, ...]:
    """What a mitigation can have changed, read another way than the collection reads it."""
    listening = net.server.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout
    values = [net.server.sysctl(name) for name in ("net.ipv4.tcp_syncookies", "net.core.somaxconn")]
    backlogs = sorted(line.split()[2:4] for line in listening.splitlines())
    return values, backlogs, ruleset(net), record()


def record() -> Any:
    found = sandbox.read(PATH)
    return None if found is None else json.loads(found)


@contextlib.contextmanager
def host(port: int = 80) -> Iterator[lab.Pair]:
    """A host without cookies that serves on a port; half-open entries live 7 s."""
    with lab.pair() as net, serving.application(net.server, port, backlog=300):
        net.server.sysctl("net.ipv4.tcp_syncookies", 0)
        net.server.sysctl("net.ipv4.tcp_synack_retries", 2)
        lab.ip("-n", net.client.name, "addr", "add", GUEST + "/32", "dev", net.client_device)
        lab.ip("-n", net.server.name, "route", "add", GUEST, "via", net.client_v4)
        net.server.run([NFT, "-f", "-"], input=THEIRS, text=True, check=True)
        yield net


def full(net: lab.Pair, entries: int = 250) -> bool:
    return lab.wait_for(lambda: lab.half_open_count(net.server, 80) > entries)


def calm(net: lab.Pair) -> None:
    assert lab.wait_for(lambda: lab.half_open_count(net.server, 80) == 0, timeout=20, pause=0.2)


def served(net: lab.Pair, **named: Any) -> int:
    return clients.real_clients(net, 100, port=80, **named)


def dropping(net: lab.Pair, check: bool = False, **given: Any) -> Any:
    """A run that finds the networks of a flood: once in a while many entries end at the same moment, and nothing is full."""
    for _try in range(3):
        made = present(net, check, **given)
        assert made.failures == []
        if made.result["record"] and made.result["record"]["blocks"]:
            return made
    raise AssertionError(made.result)


@pytest.mark.parametrize("backend", BACKENDS)
@isolated
def test_one_run_in_and_one_run_out(backend: str) -> None:
    with host() as net:
        before = state(net)
        with floods.spoofed(net, rate=1000, sources=[NOISY]):
            assert full(net)
            locked_out = served(net)
            with_flood = state(net)
            predicted = dropping(net, check=True, backend=backend, allow=[GUEST])
            assert state(net) == with_flood and predicted.result["changed"]
            assert any(NOISY in one["after"] and one.get("after_header") == "firewall" for one in predicted.diff)
            begin = time.monotonic()
            made = dropping(net, backend=backend, allow=[GUEST])
            took = time.monotonic() - begin
            assert made.result["changed"] and made.result["backend"] == backend
            assert [one["network"] for one in record()["blocks"]] == [NOISY]
            assert ("until" in record()["blocks"][0]) == (backend == "nftables")
            assert any("no block ends by itself" in one for one in made.result["reasons"]) == (backend == "iptables")
            inside = [served(net), served(net, source=GUEST)]
            calm(net)  # the flood also sends in the guest's name: in a queue that is still full that is a cookie, and one more cause
            again = present(net, backend=backend, allow=[GUEST])
            assert not again.result["changed"] and again.diff == [] and again.failures == []
            done = state(net)
            with pytest.raises(RuntimeError, match="Nothing is restored yet.*still send"):
                lab.forked(lambda: None, _quietly, absent, net)
            assert state(net)[:2] == done[:2] and record() is not None
        calm(net)
        predicted = absent(net, check=True)
        assert predicted.result["changed"] and record() is not None
        gone = absent(net)
        assert gone.result["changed"] and state(net) == before and not os.path.exists(os.path.dirname(PATH))
        assert not absent(net).result["changed"]
        after = served(net)
    print("%s: clients of 100: %d before, %s during, %d after; one run took %.2f s" % (backend, locked_out, inside, after, took))
    assert locked_out < 50 and min(*inside, after) >= 99


def _quietly(function: Any, *arguments: Any) -> str:
    return str(function(*arguments).result)


@isolated
def test_a_block_ends_by_itself_and_the_next_run_does_not_bring_it_back() -> None:
    with host() as net:
        with floods.spoofed(net, rate=1000, sources=[NOISY]):
            assert full(net)
            dropping(net, block_lifetime=10)
            until = record()["blocks"][0]["until"]
            time.sleep(3)
            renewed = present(net, block_lifetime=10)
            assert record()["blocks"][0]["until"] > until and "still sends" in str(renewed.result["reasons"])
        assert lab.wait_for(lambda: net.server.call(nft.table, NFT).blocks == {}, timeout=15, pause=0.2)
        time.sleep(1.1)  # a record's times are whole seconds
        assert served(net, source=GUEST) >= 99  # nobody has restored anything
        later = present(net)
        assert later.failures == [] and later.result["record"]["blocks"] == [] and net.server.call(nft.table, NFT).blocks == {}
        assert absent(net, force=True, window=0).result["changed"] and "linuxnet" not in ruleset(net)


@isolated
def test_a_network_with_clients_in_it_is_told_and_dropped_only_where_asked() -> None:
    with host(port=81) as net, lab.listener(net.server, port=80, backlog=300) as sock:
        with net.client.enter():
            client = _connected(net.server_v4, GUEST, 80)
        with contextlib.closing(client), contextlib.closing(sock.accept()[0]), floods.spoofed(net, rate=1000, sources=[NOISY]):
            assert full(net)
            for _try in range(3):
                kept = present(net)
                if "established connection" in str(kept.result["reasons"]):
                    break
            assert "has 1 established connection to this port, so it is not dropped" in str(kept.result["reasons"])
            assert record()["blocks"] == [] and "linuxnet" not in ruleset(net)
            assert record()["sysctls"]["tcp_syncookies"] == {"before": 0, "set": 1}  # cookies and room carry them
            made = absent(net, force=True, window=0)
            assert made.result["changed"]
            assert dropping(net, mitigate_established="drop").result["changed"]
        assert absent(net, force=True, window=0).result["changed"] and "linuxnet" not in ruleset(net)


def _connected(address: str, source: str, port: int) -> socket.socket:
    return socket.create_connection((address, port), timeout=5, source_address=(source, 0))


@isolated
def test_an_administrator_who_is_logged_in_is_not_cut_off() -> None:
    """Two processes claim a session: only the one whose connection the kernel knows counts."""
    with host() as net, lab.listener(net.server, port=22, backlog=8):
        with net.client.enter():
            connection = _connected(net.server_v4, GUEST, 22)
        source, port = connection.getsockname()
        claims = ["%s %d %s 22" % (source, port, net.server_v4), "203.0.113.77 4022 %s 22" % net.server_v4]
        pids = [sandbox.in_child(lambda claim=claim: os.execve("/bin/sleep", ["sleep", "60"], {"SSH_CONNECTION": claim})) for claim in claims]
        try:
            assert lab.wait_for(lambda: GUEST in net.server.call(ssh_sessions.sessions))
            assert "203.0.113.77" not in net.server.call(ssh_sessions.sessions)
            with floods.spoofed(net, rate=1000, sources=[NOISY]):
                assert full(net)
                for _try in range(3):
                    made = present(net, mitigate_established="drop")
                    if "ssh session" in str(made.result["reasons"]):
                        break
                assert "the address of an ssh session on this host, " + GUEST in str(made.result["reasons"])
                assert record()["blocks"] == []
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
                sandbox.ended(pid)
            connection.close()


@isolated
def test_what_somebody_flushed_is_mended_and_what_no_record_tells_of_is_removed() -> None:
    with host() as net:
        before = ruleset(net)
        with floods.spoofed(net, rate=1000, sources=[NOISY]):
            assert full(net)
            dropping(net)
            net.server.run([NFT, "flush", "ruleset"], check=True)
            net.server.run([NFT, "-f", "-"], input=THEIRS, text=True, check=True)
            assert present(net).result["changed"] and net.server.call(nft.table, NFT).sound
            assert served(net) >= 99
        assert absent(net, force=True, window=0).result["changed"]
        assert ruleset(net) == before
        net.server.call(write_nft.apply, NFT, nft_rules.script({(networks.parse_network(NOISY), 80): 99}, []))
        assert absent(net, check=True).result["changed"] and ruleset(net) != before
        assert absent(net).result["changed"] and ruleset(net) == before


@pytest.mark.parametrize("backend", BACKENDS)
@isolated
def test_whatever_was_killed_is_completed_or_taken_back(backend: str) -> None:
    """Killed at random moments, forward and back."""
    rng, landed = random.Random(backend), []
    common = {"backend": backend, "allow": [GUEST], "max_networks": 1}
    acts: dict[Any, dict[str, Any]] = {present: common, absent: {**common, "force": True, "window": 0}}
    with host() as net:
        before = state(net)
        with floods.spoofed(net, rate=1000, sources=[NOISY, "203.0.113.0/24"]):
            assert full(net)
            whole = {}
            for act, given in acts.items():  # how long each takes when nobody kills it
                begin = time.monotonic()
                assert act(net, **given).failures == []
                whole[act] = time.monotonic() - begin
            for _round in range(int(os.environ.get("KILLS", "6"))):
                for act in (present, absent):
                    pid = sandbox.in_child(lambda act=act: act(net, **acts[act]))
                    # A run that makes something looks for a second first
                    time.sleep(rng.uniform(0.9 if act is present else 0.0, 0.05 + whole[act]))
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                    landed.append((act.__name__, sandbox.ended(pid), record() is not None))
                    assert THEIRS.partition("{")[0].strip() in ruleset(net)
            looks, complete = 0, dropping(net, **common)
            assert complete.failures == []
            # A look may find what those before did not: another cause, or the second network, which is refused and gets room.
            # Then the record grows, once by each; and only then is anything changed.
            at_rest = 0
            while at_rest < 2:
                looks += 1
                assert looks <= 10, record()
                known = record()
                later = present(net, **common)
                grown = record() != known
                assert later.failures == [] and later.result["changed"] == grown and record()["blocks"] == known["blocks"], later.diff
                if grown and record()["causes"] == known["causes"]:
                    assert any("max_networks is 1" in one for one in later.result["reasons"]), later.result
                    assert known["listeners"] == [] and [one["set"] for one in record()["listeners"]] == [4096]
                at_rest = 0 if grown else at_rest + 1
            assert served(net) >= 99 and served(net, source=GUEST) >= 99
        made = absent(net, force=True, window=0)
        assert made.result["changed"] and state(net) == before
    print(backend, "killed:", sum(status == -9 for _act, status, _there in landed), "of", len(landed), landed)
