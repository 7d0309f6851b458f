# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Story 3: "Possible SYN flooding". Two sysctls are raised in vain: the application asked for too little."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from ansible_collections.linuxnet.tcp.tests.live import serving
from ansible_collections.linuxnet.tcp.tests.stories.stage import NEARLY_ALL, PLUS, Stage, needs, stage

PORT = 8088
SOMAXCONN = 128  # what the application's source says, and the kernel's default before Linux 5.4
WIDE = 4096
# 400 clients a second, 0.9 s each: nearly three times as many as there is room for
AT_ONCE, EVERY, ONE_WAY, PATIENCE = 20, 0.05, 0.45, 3.5


def play() -> None:
    needs((5, 6), "it raises a running listener")
    with stage(PORT) as it, it.crowd(AT_ONCE, EVERY, ONE_WAY, PATIENCE):
        it.title('Story 3: "Possible SYN flooding on port %d. Sending cookies."' % PORT)
        it.settings(tcp_syncookies=1, tcp_max_syn_backlog=2048, somaxconn=128)
        with restarted(it):
            it.step("The symptom: the kernel's log speaks of a SYN flood, and the clients are all real")
            without_room(it)

        it.step("First try: net.ipv4.tcp_max_syn_backlog from 2048 to 4096, and a restart")
        it.settings(tcp_syncookies=1, tcp_max_syn_backlog=4096, somaxconn=128)
        with restarted(it):
            without_room(it)
            row, found = it.look("gather_subset=listeners,findings", until="syn-queue-full")
            it.expect(row["syn_queue"]["limit"] == SOMAXCONN + PLUS, "the limit is %s" % row["syn_queue"]["limit"])
            it.expect(row["bound_by"] == "somaxconn", "bound by " + row["bound_by"])
            it.expect("tcp-max-syn-backlog-without-effect" in [one["id"] for one in found], "not found: %s" % found)
            it.say("No effect: with SYN cookies on nothing reads tcp_max_syn_backlog on this kernel. What binds is somaxconn.")

        it.step("Second try: net.core.somaxconn from 128 to 4096, and a restart")
        it.settings(tcp_syncookies=1, tcp_max_syn_backlog=4096, somaxconn=WIDE)
        with restarted(it):
            without_room(it)
            row, found = it.look("gather_subset=listeners,findings", until="syn-queue-full")
            it.expect(row["bound_by"] == "application", "bound by " + row["bound_by"])
            it.say("No effect again: the application itself calls listen(128). No sysctl raises that.")

            it.step("The change: the backlog of the listener itself, while it runs")
            done = it.module("linuxnet.tcp.syn_backlog_listener", "port=%d backlog=%d" % (PORT, WIDE))
            (listener,) = done["listeners"]
            it.key("backlog", "%s before, %s now" % (listener["before"], listener["after"]))
            it.key("to keep it", "")
            it.say(listener["to_keep"])

            it.step("The proof: the same clients, and each of them has a place")
            time.sleep(2 * ONE_WAY)  # until those who came before are through
            sent = it.sent_cookies()
            it.expect(it.get_in("without a restart") >= NEARLY_ALL, "clients are turned away")
            sent = it.sent_cookies() - sent
            it.key("cookies sent meanwhile", sent)
            it.expect(sent == 0, "cookies are still needed")
            row, found = it.look("gather_subset=listeners,findings")
            it.expect(row["syn_queue"]["limit"] == WIDE + PLUS, "the limit is %s" % row["syn_queue"]["limit"])
            it.expect("listener-bound-by-application" not in [one["id"] for one in found], "still bound: %s" % found)


def without_room(it: Stage) -> None:
    """Clients are answered with cookies: the queue has no room for them."""
    sent = it.sent_cookies()
    it.wait(lambda: it.sent_cookies() > sent, 5, "no client was answered with a cookie")
    it.key("SYN queue", "full: clients are answered with cookies")


@contextlib.contextmanager
def restarted(it: Stage) -> Iterator[None]:
    """The application, once its clients have found it."""
    # What was half-open goes with the listener before, but only when the next SYN-ACK is due
    it.wait(lambda: it.half_open() == 0, 30, "half-open connections of a listener that is gone")
    with serving.application(it.net.server, PORT, SOMAXCONN):
        it.wait(lambda: it.half_open() > SOMAXCONN, 30, "no burst of clients")
        yield
