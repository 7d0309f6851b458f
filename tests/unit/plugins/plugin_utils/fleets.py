# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of hosts, as the tests of what is told of a fleet need them."""

from __future__ import annotations

import random
from typing import Any, Dict, List

NO_ROUTE = {"error": "Failed to connect to the host via ssh: no route", "unreachable": True}


def listener(**changed: Any) -> Dict[str, Any]:
    row = {
        "network_namespace": "host", "protocol": "tcp", "family": "ipv4", "address": "0.0.0.0", "port": 80, "device": None,
        "dual_stack": False, "inode": 4711, "backlog": 511, "accept_queue": {"used": 0, "limit": 512},
        "syn_queue": {"used": 3, "limit": 512, "new_peer_limit": None, "on_full": "cookies"}, "fast_open": None,
        "reuseport": None, "memory_bytes": 1486848, "drops": 0, "since": "2026-11-20T04:20:11Z", "raised": None,
        "bound_by": "application", "processes": [{"pid": 812, "name": "nginx"}], "unit": "nginx.service",
        "remedy": "To admit more, set `backlog=4096` on `listen 80`, then run `kill -HUP 812`. At once, until it restarts: "
        "`ansible HOST -b -m linuxnet.tcp.syn_backlog_listener -a 'port=80 backlog=4096'`.",
    }  # fmt: skip
    return dict(row, **changed)


def full(**changed: Any) -> Dict[str, Any]:
    return listener(**dict({"accept_queue": {"used": 512, "limit": 512}}, **changed))


def sysctl(runtime: Any, boot: Any = None, source: Any = "kernel default") -> Dict[str, Any]:
    boot = runtime if boot is None else boot
    return {
        "runtime": runtime, "boot": boot, "boot_source": source, "shadowed": [], "tuned": None, "other_writers": [],
        "boot_certain": True, "without_effect": [], "drift": runtime != boot,
    }  # fmt: skip


def finding(**changed: Any) -> Dict[str, Any]:
    told = {
        "id": "accept-queue-overflow", "severity": "critical", "subject": "0.0.0.0:80", "summary": "512 connections wait for accept(2).",
        "evidence": {"accept_queue_used": 512, "why": {"cause": "busy", "pid": 812}}, "remedy": "See what it is busy with: `top -p 812`.",
    }  # fmt: skip
    return dict(told, **changed)


def facts(*rows: Dict[str, Any], **changed: Any) -> Dict[str, Any]:
    gathered = {
        "schema": 1,
        "kernel": {"release": "6.1.0-50-amd64", "stable_level": "6.1.176", "rule": "backlog+1", "rule_source": "package"},
        "sysctls": {
            "somaxconn": sysctl(4096), "tcp_max_syn_backlog": sysctl(2048, 512, "/etc/sysctl.d/99-vendor.conf:3"),
            "tcp_syncookies": sysctl(1), "tcp_synack_retries": sysctl(5), "tcp_abort_on_overflow": sysctl(0), "netdev_max_backlog": sysctl(1000),
        },
        "listeners": list(rows), "findings": [], "memory": {"total_bytes": 1 << 34}, "counters": {"ListenDrops": 0, "PassiveOpens": 812},
        "half_open": {"total": 3, "listeners": []}, "kernel_log": {"readable": True, "events": []}, "warnings": [],
    }  # fmt: skip
    return dict(gathered, **changed)


def fleet(hosts: int, seed: int = 1) -> Dict[str, Dict[str, Any]]:
    """A varied one: some in trouble, some silent, all with process ids of their own."""
    chance = random.Random(seed)
    return {"web%05d" % number: _host(number, chance) for number in range(1, hosts + 1)}


def _host(number: int, chance: random.Random) -> Dict[str, Any]:
    dice = chance.random()
    if dice < 0.01:
        return dict(NO_ROUTE) if dice < 0.006 else {"error": "MODULE FAILURE: SyntaxError: invalid syntax"}
    made = facts(*_listeners(number, chance))
    made["kernel"]["stable_level"] = chance.choice(["5.10.223", "6.1.174", "6.1.176", "6.12.9"])
    made["sysctls"]["somaxconn"] = sysctl(chance.choice([128, 4096, 4096, 4096]), 4096, "/etc/sysctl.d/50-tuning.conf:1")
    if dice < 0.03:
        made["listeners"][0].update(full(inode=number))
        made["findings"] = [finding(), finding(id="listener-bound-by-application", severity="warning", summary="It is bound.")]
    elif dice < 0.05:
        _flood(made, chance)
    elif dice < 0.12:
        made["findings"] = [
            finding(id="runtime-undone-at-boot", severity="warning", subject="net.ipv4.tcp_max_syn_backlog",
                    summary="It is 2048 now, and 512 after a reboot.", remedy="Set it in /etc/sysctl.d/99-zz-linuxnet-tcp.conf.")
        ]  # fmt: skip
    return made


def _listeners(number: int, chance: random.Random) -> List[Dict[str, Any]]:
    pid = chance.randrange(300, 60000)
    rows = []
    for port, name, backlog in ((80, "nginx", 511), (443, "nginx", 511), (22, "sshd", 128), (6379, "redis-server", 511), (9100, "node_exporter", 4096))[
        : chance.randrange(3, 6)
    ]:
        row = listener(
            port=port, address="10.%d.%d.%d" % (number >> 16, number >> 8 & 255, number & 255) if port == 6379 else "0.0.0.0",
            inode=chance.randrange(1 << 20), backlog=backlog, accept_queue={"used": chance.choice([0, 0, 0, 2]), "limit": backlog + 1},
            processes=[{"pid": pid + port, "name": name}], unit=name + ".service",
            remedy="To admit more, set the backlog of %s to 8192 in its configuration (now %d; no sysctl raises it), then restart %s (pid %d)."
            " At once, until it restarts: "
            "`ansible HOST -b -m linuxnet.tcp.syn_backlog_listener -a 'port=%d backlog=8192'`." % (name, backlog, name, pid + port, port),
        )  # fmt: skip
        row["syn_queue"].update(used=chance.choice([0, 0, 1, 9]), limit=backlog + 1)
        rows.append(row)
    return rows


def _flood(made: Dict[str, Any], chance: random.Random) -> None:
    row = made["listeners"][0]
    row["syn_queue"].update(used=512, limit=512)
    sources = [{"network": "203.0.113.0/24", "count": 300, "share": 0.5859, "unanswered": 300, "retransmitted": 280},
               {"network": "198.51.100.0/24", "count": 212, "share": 0.4141, "unanswered": 212, "retransmitted": 200}]  # fmt: skip
    counts = {"total": 512, "retransmitted": 480, "young": 0, "retransmissions": [32, 120, 150, 110, 100], "distinct_sources": 400,
              "sources": sources, "peers": []}  # fmt: skip
    name = {"network_namespace": "host", "family": "ipv4", "address": "0.0.0.0", "port": 80, "device": None}
    made["half_open"] = dict(counts, listeners=[dict(name, **counts)])
    made["findings"] = [
        finding(id="syn-flood-few-networks", severity=chance.choice(["critical", "warning"]),
                summary="A SYN flood: 512 half-open connections are there (512 admitted).",
                evidence={"sources": sources}, remedy="`ansible-playbook linuxnet.tcp.mitigate -e mitigate_hosts=HOST` drops new connections from there.")
    ]  # fmt: skip
