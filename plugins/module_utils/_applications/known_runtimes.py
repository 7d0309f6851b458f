# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Application servers that an interpreter or a virtual machine runs, and what a runtime does by itself."""

from __future__ import annotations

from . import application

_SERVICE = "in its code or configuration"

FRAMEWORKS = (
    # ---- Python
    application.Application(
        "Gunicorn", ("gunicorn", "gunicorn3"),
        "set `--backlog {n}` (or `backlog = {n}`)", "on gunicorn's command line or in gunicorn.conf.py",
        defaults=(2048,), options=("--backlog",), source="gunicorn gunicorn/config.py, arbiter.py reload()",
    ),
    application.Application(
        "Uvicorn", ("uvicorn",),
        "set `--backlog {n}`", "on uvicorn's command line", defaults=(2048,), options=("--backlog",),
        source="uvicorn uvicorn/config.py",
    ),
    application.Application(
        "uWSGI", ("uwsgi", "uwsgi-core", "uwsgi_*"),
        "set `listen = {n}` (uWSGI does not start where that exceeds net.core.somaxconn)",
        "in /etc/uwsgi/apps-enabled/ (Debian) or /etc/uwsgi.d/ (RHEL)",
        defaults=(100,), options=("--listen", "-l"), source="uwsgi core/init.c, core/socket.c",
    ),
    application.Application(
        "Python http.server", ("http.server", "SimpleHTTPServer"),
        None, defaults=(5,), instead="run the application under another server, such as Gunicorn",
        source="CPython Lib/socketserver.py request_queue_size",
    ),
    # ---- Ruby
    application.Application(
        "Puma", ("puma",),
        "add `?backlog={n}` to its bind, as in `tcp://{listen}?backlog={n}`", "in config/puma.rb",
        defaults=(1024,), source="puma lib/puma/binder.rb",
    ),
    application.Application(
        "Unicorn", ("unicorn", "unicorn_rails"),
        "set `:backlog => {n}` on its `listen`", "in config/unicorn.rb", defaults=(1024,),
        source="unicorn lib/unicorn/socket_helper.rb",
    ),
    # ---- Java
    application.Application(
        "Tomcat", ("java",),
        'set `acceptCount="{n}"` on the Connector', "in conf/server.xml", defaults=(100,),
        arguments=("org.apache.catalina.startup.Bootstrap",),
        source="tomcat java/org/apache/tomcat/util/net/AbstractEndpoint.java",
    ),
    application.Application(
        "Kafka", ("java",),
        "set `socket.listen.backlog.size={n}` (Kafka 3.2 and later)", "in config/server.properties", defaults=(50,),
        arguments=("kafka.Kafka", "org.apache.kafka"),
        source="kafka SocketServerConfigs.java",
    ),
    application.Application(
        "Jetty", ("java",),
        "set `jetty.http.acceptQueueSize={n}`", "in start.d/http.ini", defaults=(50,),
        arguments=("org.eclipse.jetty", "jetty.home", "jetty.base"),
        source="jetty ServerConnector.java (0 leaves it to the JVM, which takes 50)",
    ),
)

#: By what the executable tells, where no entry above matches
RUNTIMES = {
    "go": application.Application(
        "a Go program", ("caddy", "traefik", "etcd", "kubelet", "dockerd", "containerd", "prometheus"),
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

UNKNOWN = application.Application("", (), "set the backlog that {program} passes to listen(2) to {n}", _SERVICE)
