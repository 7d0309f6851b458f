# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Servers that a Java virtual machine runs."""

from __future__ import annotations

from . import application

ENTRIES = (
    application.Application(
        "Tomcat", (),
        'set `acceptCount="{n}"` on the Connector', "in conf/server.xml", defaults=(100,),
        shared=("java",), runtimes=("java",), arguments=("org.apache.catalina.startup.Bootstrap",),
        source="tomcat java/org/apache/tomcat/util/net/AbstractEndpoint.java",
    ),
    application.Application(
        "Kafka", (),
        "set `socket.listen.backlog.size={n}` (Kafka 3.2 and later)", "in config/server.properties", defaults=(50,),
        shared=("java",), runtimes=("java",), arguments=("kafka.Kafka", "org.apache.kafka"),
        source="kafka SocketServerConfigs.java",
    ),
    application.Application(
        "Jetty", (),
        "set `jetty.http.acceptQueueSize={n}`", "in start.d/http.ini", defaults=(50,),
        shared=("java",), runtimes=("java",), arguments=("org.eclipse.jetty", "jetty.home", "jetty.base"),
        source="jetty ServerConnector.java (0 leaves it to the JVM, which takes 50)",
    ),
)
