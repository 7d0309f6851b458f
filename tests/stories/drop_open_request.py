# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Story 1: "drop open request from". A small tcp_max_syn_backlog turns new clients away while SYN cookies are off."""

from __future__ import annotations

import time

from ansible_collections.linuxnet.tcp.tests.live import serving
from ansible_collections.linuxnet.tcp.tests.stories.stage import NEARLY_ALL, stage

PORT = 443
BACKLOG = 511  # of the web server
SMALL, LARGE = 128, 1024
# 200 new clients a second over a line with a round trip of 0.9 s: 180 handshakes under way at any moment, and those who were
# dropped try again. No place stays free for long
AT_ONCE, EVERY, ONE_WAY, PATIENCE = 20, 0.1, 0.45, 2.5
MORE_PATIENCE = 8  # where all are to get in, on whatever machine


def play() -> None:
    with stage(PORT) as it:
        it.title('Story 1: "drop open request from"')
        it.settings(tcp_syncookies=0, tcp_max_syn_backlog=SMALL, somaxconn=4096)
        with serving.application(it.net.server, PORT, BACKLOG), it.crowd(AT_ONCE, EVERY, ONE_WAY, PATIENCE):
            it.step("The symptom: the monitoring says \"socket timeout\", for some clients and not for others")
            before = it.get_in("with tcp_max_syn_backlog %d" % SMALL, patience=PATIENCE)
            it.expect(before < NEARLY_ALL, "all clients got in")
            it.say("The application is idle, its log is empty. Old kernels log \"drop open request from\"; since 3.19 none logs anything.")

            it.step("Look at the listener")
            row, _found = it.look("gather_subset=listeners,half_open,findings", until="last-quarter-drops")
            it.key("limit for new clients", row["syn_queue"]["new_peer_limit"])
            it.say(
                "The SYN queue is not full: it would admit %d. But with SYN cookies off the kernel keeps the last quarter of "
                "tcp_max_syn_backlog for addresses that it knows. Everybody else is dropped." % row["syn_queue"]["limit"]
            )

            it.step("The change: a larger tcp_max_syn_backlog, now and at boot. It works at once, without a restart")
            done = it.module("linuxnet.tcp.syn_backlog", "tcp_max_syn_backlog=%d" % LARGE)
            it.key("changed", str(done["changed"]).lower())

            it.step("The proof")
            time.sleep(2 * ONE_WAY)  # until those who were dropped are through
            after = it.get_in("with tcp_max_syn_backlog %d" % LARGE, patience=MORE_PATIENCE)
            it.expect(after >= NEARLY_ALL, "clients are still turned away")
            row, _found = it.look("gather_subset=listeners")
            it.key("limit for new clients", row["syn_queue"]["new_peer_limit"])
            state = it.module("linuxnet.tcp.syn_backlog_info", "gather_subset=sysctls,boot")["syn_backlog"]["sysctls"]["tcp_max_syn_backlog"]
            it.key("after a reboot", "%s, by %s" % (state["boot"], state["boot_source"]))
            it.expect(state["boot"] == LARGE, "the reboot undoes it: %s" % state)
            it.say("SYN cookies would have helped as well: story 4.")
