# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""connect.py STATE ADDRESS PORT: ssh's ProxyCommand into the network of a scenario.

Connects from inside that network and hands the connection itself to ssh (ProxyUseFdpass): nothing stands between.
"""

from __future__ import annotations

import socket
import sys

from state import State


def main(folder: str, address: str, port: str) -> None:
    State(folder).enter_network()
    try:
        connection = socket.create_connection((address, int(port)), timeout=10)
    except OSError as problem:
        raise SystemExit("connect to %s port %s: %s" % (address, port, problem.strerror or problem)) from None
    with connection:
        connection.settimeout(None)
        ssh = socket.socket(fileno=sys.stdout.fileno())
        socket.send_fds(ssh, [b"\0"], [connection.fileno()])
        ssh.detach()


if __name__ == "__main__":
    main(*sys.argv[1:])
