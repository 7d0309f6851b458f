# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""greeter.py BACKLOG [hangs]: an application on port 80 that greets its clients, or accepts none of those it has.

Returns as soon as it listens, and goes on in the background.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys

backlog = int(sys.argv[1])
listener = socket.create_server(("0.0.0.0", 80), backlog=backlog)
if os.fork():
    sys.exit()
os.setsid()
for stream in range(3):  # whoever started it waits until nobody has these open any more
    os.dup2(os.open(os.devnull, os.O_RDWR), stream)
if sys.argv[2:]:
    waiting = [socket.create_connection(("127.0.0.1", 80)) for _number in range(backlog + 1)]
    signal.pause()
while True:
    with contextlib.suppress(OSError), listener.accept()[0] as client:
        client.send(b"hello\n")
