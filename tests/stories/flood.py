# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Story 2: a web server that times out for every second client: a SYN flood from two networks."""

from __future__ import annotations

import time

from ansible_collections.linuxnet.tcp.tests.live import floods, serving
from ansible_collections.linuxnet.tcp.tests.stories.stage import CLIENTS, NEARLY_ALL, stage

PORT = 8443
BACKLOG = 511
RATE = 1000  # SYNs a second
NETWORKS = ["198.51.100.0/24", "203.0.113.0/24"]


def play() -> None:
    with stage(PORT) as it:
        it.title("Story 2: the web site is dead, and the server has nothing to do")
        it.settings(tcp_syncookies=0, tcp_max_syn_backlog=4096, somaxconn=4096, tcp_synack_retries=2)
        with serving.application(it.net.server, PORT, BACKLOG):
            with floods.spoofed(it.net, PORT, RATE, NETWORKS):
                time.sleep(2)

                it.step("The symptom: requests time out. A restart of the web server helps for ten seconds")
                before = it.get_in("during the flood")
                it.expect(before < CLIENTS / 2, "clients got in")
                it.say("Nothing is in the access log: these connections never become requests.")

                it.step("Look: an audit that watches the counters for a second")
                report = it.report(audit_counters_window=1)
                it.expect("A SYN flood: " in report and all(network in report for network in NETWORKS), "no flood was found")
                it.key("finding", "syn-flood-few-networks (critical) on 0.0.0.0:%d" % PORT)

                it.step("The change: drop new connections from these networks, for an hour at a time")
                it.playbook("mitigate", r"is dropped|are dropped|syn-flood-few-networks", mitigate_hosts="localhost", mitigate_become="false")

                it.step("The proof: the flood goes on, and clients get in")
                after = it.get_in("during the same flood")
                it.expect(after >= NEARLY_ALL, "clients are still turned away")

            it.step("The flood is over: put everything back")
            it.wait(lambda: it.half_open() == 0, 30, "half-open connections stay")
            it.playbook("restore", "changed=1", restore_hosts="localhost", restore_become="false", syn_backlog_restore_window=2)
            rules = it.net.server.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True).stdout
            it.expect(rules == "", "a rule is left: " + rules)
            it.key("rules left", "none")
            it.key("tcp_syncookies", it.net.server.sysctl("net.ipv4.tcp_syncookies"))
            it.expect(it.get_in("without any rule") >= NEARLY_ALL, "clients are turned away")
            it.say("Then let SYN cookies be on, which is the kernel's default: the next flood finds no open door (story 4).")
