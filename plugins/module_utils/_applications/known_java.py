# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Servers that a Java virtual machine runs. The first entry that fits counts: Solr runs in Jetty."""

from __future__ import annotations

from typing import Any, Dict

from . import application

_NETTY: Dict[str, Any] = dict(
    defaults=(application.SYSTEM,), default="all that net.core.somaxconn allowed when its Java virtual machine started",
    instead="restart it, for Netty reads net.core.somaxconn once in a process",
)

ENTRIES = (
    application.in_java(
        "Tomcat", ("org.apache.catalina.startup.Bootstrap",),
        'set `acceptCount="{n}"` on the Connector', "in conf/server.xml", defaults=(100,), units=("tomcat*",),
        listeners=(application.other("the shutdown port of Tomcat", 8005, defaults=(1,)),),
        source="tomcat java/org/apache/tomcat/util/net/AbstractEndpoint.java; StandardServer.await(); measured on 10.1",
    ),
    application.in_java(
        "Kafka", ("kafka.Kafka", "org.apache.kafka"),
        "set `socket.listen.backlog.size={n}` (Kafka 3.2 and later)", "in config/server.properties", defaults=(50,),
        source="kafka SocketServerConfigs.java", units=("kafka",),
    ),
    application.in_java(
        "ZooKeeper", ("org.apache.zookeeper.server",),
        "set `clientPortListenBacklog={n}` (3.4.14, 3.5.5 and later)", "in zoo.cfg (/etc/zookeeper/conf/ on Debian)",
        defaults=(50,), units=("zookeeper",),
        listeners=(
            application.other("the quorum port of ZooKeeper", 2888, defaults=(50,)),
            application.other("the leader election port of ZooKeeper", 3888, defaults=(50,)),
            application.other("the admin server of ZooKeeper", 8080, defaults=(50,)),
        ),
        source="ZooKeeper Administrator's Guide, clientPortListenBacklog; measured on 3.8: 50, and 77 where set",
    ),
    application.in_java(
        "Elasticsearch", ("org.elasticsearch",), None, units=("elasticsearch",), **_NETTY,
        listeners=(application.other("the cluster port of Elasticsearch (transport)", 9300, same=True),),
        source="elasticsearch Netty4HttpServerTransport.java (sets no SO_BACKLOG); netty NetUtil.SOMAXCONN",
    ),
    application.in_java(
        "OpenSearch", ("org.opensearch",), None, units=("opensearch",), **_NETTY,
        listeners=(application.other("the cluster port of OpenSearch (transport)", 9300, same=True),),
        source="OpenSearch Netty4HttpServerTransport.java (sets no SO_BACKLOG); netty NetUtil.SOMAXCONN",
    ),
    application.in_java(
        "Cassandra", ("org.apache.cassandra.service.CassandraDaemon",), None, units=("cassandra",), **_NETTY,
        listeners=(
            application.other("the cluster port of Cassandra (storage)", 7000, 7001, defaults=(512,)),
            application.other("the JMX port of Cassandra", 7199, defaults=(50,)),
        ),
        source="cassandra net/InboundConnectionInitiator.java (SO_BACKLOG 1 << 9); netty NetUtil.SOMAXCONN",
    ),
    application.in_java(
        "WildFly", ("org.jboss.as", "jboss-modules.jar"),
        'set `tcp-backlog="{n}"` on the http-listener, https-listener or ajp-listener',
        "in standalone/configuration/standalone.xml", defaults=(10000,), units=("wildfly", "jboss*"),
        listeners=(
            application.other(
                "the management interface of WildFly", 9990, 9993,
                change="set `backlog` of /core-service=management/management-interface=http-interface to {n}",
                where="(with jboss-cli.sh)",
            ),
        ),
        source="wildfly undertow/ListenerResourceDefinition.java (tcp-backlog, 10000)",
    ),
    application.in_java(
        "Quarkus", ("quarkus", "kc.home.dir"), "set `quarkus.http.accept-backlog={n}`",
        "in application.properties or as a -D option on its command line",
        defaults=(application.SYSTEM,), options=("-Dquarkus.http.accept-backlog",),
        source="quarkus.io, all configuration options, quarkus.http.accept-backlog (-1); Keycloak runs on it",
    ),
    application.in_java(
        "HBase", ("org.apache.hadoop.hbase",),
        "set `hbase.ipc.server.listen.queue.size` to {n}", "in hbase-site.xml", defaults=(128,),
        source="hbase ipc/RpcServer.java (hbase.ipc.server.listen.queue.size, 128)",
    ),
    application.in_java(
        "Hadoop", ("org.apache.hadoop",),
        "set `ipc.server.listen.queue.size` to {n}", "in core-site.xml", defaults=(128, 256),
        listeners=(
            application.other(
                "the web interface of a Hadoop daemon", 9870, 9864, 9868, 8088, 8042, 50070, 50075,
                change="set `hadoop.http.socket.backlog.size` to {n}", where="in core-site.xml", defaults=(128, 500),
            ),
        ),
        source="hadoop core-default.xml, ipc.server.listen.queue.size",
    ),
    application.in_java(
        "Solr", ("solr.solr.home", "solr.install.dir"), "set `-Dsolr.jetty.http.acceptQueueSize={n}` in SOLR_OPTS",
        "in solr.in.sh (/etc/default/solr.in.sh)", units=("solr",), defaults=(50,),
        options=("-Dsolr.jetty.http.acceptQueueSize",),
        source="solr server/etc/jetty-http.xml (solr.jetty.http.acceptQueueSize, 0); jetty ServerConnector.java",
    ),
    application.in_java(
        "Jetty", ("org.eclipse.jetty", "jetty.home", "jetty.base"),
        "set `jetty.http.acceptQueueSize={n}`", "in start.d/http.ini", defaults=(50,), units=("jetty*",),
        source="jetty start.d/http.ini, ServerConnector.java; measured on 9.4 (0 leaves it to the JVM, which takes 50)",
    ),
)
