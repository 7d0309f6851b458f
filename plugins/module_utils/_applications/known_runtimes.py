# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What a runtime does by itself, for programs that the catalogue does not know."""

from __future__ import annotations

from . import application

_SERVICE = "in its code or configuration"

#: By what the executable tells, where no entry above matches
RUNTIMES = {
    "go": application.Application(
        "a Go program", (),
        None, defaults=(application.SYSTEM,),
        default="net.core.somaxconn as it was when the process first listened",
        instead="restart it, for Go reads net.core.somaxconn once in a process",
        source="go src/net/net.go listenerBacklog(), src/net/sock_linux.go",
    ),
    "node": application.Application(
        "Node.js", ("node", "nodejs"),
        "pass `{{ port, backlog: {n} }}` to server.listen()", "in the application's code",
        defaults=(511,), source="node doc/api/net.md; measured on 20",
    ),
    "java": application.Application(
        "a Java program", ("java",), "set the backlog that it passes when it binds to {n}", _SERVICE,
        default="50, with Netty all that net.core.somaxconn allowed when the JVM started",
        listeners=application.JAVA_LISTENERS,
        source="java.net.ServerSocket; netty NetUtil.SOMAXCONN; measured on OpenJDK 17",
    ),
    "python": application.Application(
        "a Python program", ("python", "python[23]*"), "set the backlog that it passes to listen() to {n}", _SERVICE,
        default="100 in asyncio, 5 in socketserver", source="CPython Lib/asyncio/base_events.py, Lib/socketserver.py",
    ),
    "ruby": application.Application(
        "a Ruby program", ("ruby", "ruby[0-9]*"), "set the backlog that it passes to listen() to {n}", _SERVICE,
    ),
    "perl": application.Application(
        "a Perl program", ("perl", "perl[0-9]*"), "set `Listen` to {n} where it opens the socket", _SERVICE,
    ),
    "dotnet": application.Application(
        "a .NET program", ("dotnet",),
        "set `Backlog = {n}` in Kestrel's SocketTransportOptions", "in the application's code",
        default="512 in Kestrel", source="ASP.NET Core SocketTransportOptions.Backlog",
    ),
}

NAMES = tuple(one.name for one in RUNTIMES.values())

UNKNOWN = application.Application("", (), "set the backlog that {program} passes to listen(2) to {n}", _SERVICE)
