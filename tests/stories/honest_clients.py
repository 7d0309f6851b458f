# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Story 4: "Too many sockets in SYN_RECV". Many real clients at once, and what SYN cookies do for them."""

from __future__ import annotations

import time

from ansible_collections.linuxnet.tcp.tests.live import serving
from ansible_collections.linuxnet.tcp.tests.stories.stage import NEARLY_ALL, stage

PORT = 8000
BACKLOG = 128
# More than twice as many at once as the queue holds, each of them in it for 0.6 s
AT_ONCE, EVERY, ONE_WAY = 300, 1.0, 0.3


def play() -> None:
    with stage(PORT) as it:
        it.title("Story 4: too many sockets in SYN_RECV, and no attack")
        it.settings(tcp_syncookies=0, tcp_max_syn_backlog=4096, somaxconn=4096)
        with serving.application(it.net.server, PORT, BACKLOG), it.crowd(AT_ONCE, EVERY, ONE_WAY):
            it.step("The symptom: netstat shows many SYN_RECV, and pages hang for a second or three")
            before = it.get_in("with tcp_syncookies 0")
            it.expect(before < NEARLY_ALL, "all clients got in")

            it.step("Look, for two seconds: is it a flood?")
            it.look("counters_window=2", until="honest-burst")

            it.step("The change: SYN cookies on, now and at boot. It works at once")
            done = it.module("linuxnet.tcp.syn_backlog", "tcp_syncookies=1")
            it.key("changed", str(done["changed"]).lower())

            it.step("The proof")
            sent = it.sent_cookies()
            after = it.get_in("with tcp_syncookies 1")
            it.expect(after >= NEARLY_ALL, "clients are still turned away")
            sent = it.sent_cookies() - sent
            it.expect(sent > 0, "no cookie was sent")
            it.key("cookies sent meanwhile", "some" if sent else "none")
            it.say(
                "Why do cookies help where nobody attacks? A client that finds the queue full gets a cookie in its SYN-ACK. "
                "The kernel remembers nothing of it, so that it needs no place in the queue, and takes the client in when the cookie comes back."
            )

            it.step("For good: room for the whole burst, so that nobody needs a cookie")
            done = it.module("linuxnet.tcp.syn_backlog_listener", "port=%d backlog=1024" % PORT)
            it.key("backlog", "%s before, %s now" % (done["listeners"][0]["before"], done["listeners"][0]["after"]))
            time.sleep(2)
            sent = it.sent_cookies()
            it.expect(it.get_in("with backlog 1024") >= NEARLY_ALL, "clients are turned away")
            sent = it.sent_cookies() - sent
            it.key("cookies sent meanwhile", sent)
            it.expect(sent == 0, "cookies are still needed")
