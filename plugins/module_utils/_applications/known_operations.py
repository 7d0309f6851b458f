# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Containers and clusters, service discovery, monitoring: mostly in Go."""

from __future__ import annotations

from . import application

ENTRIES = (
    # ---- containers and clusters
    application.in_go(
        "kubelet", "kubelet",
        listeners=(
            application.other("the kubelet's own API", 10250, same=True),
            application.other("the kubelet's read-only port", 10255, same=True),
            application.other("the kubelet's health check", 10248, same=True),
        ),
        source="kubernetes.io, Ports and Protocols; " + application.GO_SOURCE,
    ),
    application.in_go(
        "kube-apiserver", "kube-apiserver", "kube-apiserver-*", source="kubernetes.io, Ports and Protocols (6443)",
    ),
    application.in_go(
        "kube-controller-manager", "kube-controller-manager",
        listeners=(application.other("the metrics and health port of kube-controller-manager", 10257, same=True),),
        source="kubernetes.io, Ports and Protocols",
    ),
    application.in_go(
        "kube-scheduler", "kube-scheduler",
        listeners=(application.other("the metrics and health port of kube-scheduler", 10259, same=True),),
        source="kubernetes.io, Ports and Protocols",
    ),
    application.in_go(
        "kube-proxy", "kube-proxy",
        listeners=(
            application.other("the metrics port of kube-proxy", 10249, same=True),
            application.other("the health check of kube-proxy", 10256, same=True),
        ),
        source="kubernetes.io, kube-proxy reference (--metrics-bind-address, --healthz-bind-address)",
    ),
    application.in_go("k3s", "k3s", "k3s-server", "k3s-agent", source="docs.k3s.io, Requirements (6443)"),
    application.in_go(
        "containerd", "containerd",
        listeners=(
            application.Listener("containerd's streaming port (exec, attach, port-forward)", loopback=True, same=True),
        ),
        source="containerd docs/cri/config.md (stream_server_address 127.0.0.1, stream_server_port 0)",
    ),
    application.in_go(
        "Docker", "dockerd",
        listeners=(
            application.other("the API of the Docker daemon", 2375, 2376, same=True),
            application.other("the cluster management port of Docker Swarm", 2377, same=True),
            application.other("the node port of Docker Swarm (gossip)", 7946, same=True),
        ),
        source="docs.docker.com, dockerd reference, Swarm mode: open protocols and ports",
    ),
    application.in_go("CoreDNS", "coredns", source="coredns.io manual (53; health 8080, prometheus 9153)", listeners=(
        application.other("the health check of CoreDNS", 8080, 8181, same=True),
        application.other("the metrics port of CoreDNS", 9153, same=True),
    )),
    application.in_go(
        "etcd", "etcd",
        listeners=(
            application.other("the cluster port of etcd (peers)", 2380, same=True),
            application.other("the metrics port of etcd", 2381, same=True),
        ),
        source="etcd.io, configuration options (listen-peer-urls, listen-metrics-urls); measured on 3.4: somaxconn",
    ),
    application.in_go(
        "Consul", "consul",
        listeners=(
            application.other("the cluster port of Consul (server RPC)", 8300, same=True),
            application.other("the gossip port of Consul", 8301, 8302, same=True),
        ),
        source="developer.hashicorp.com, Consul required ports",
    ),
    application.in_go(
        "Vault", "vault", "bao", units=("openbao",),
        listeners=(application.other("the cluster port of Vault", 8201, same=True),),
        source="developer.hashicorp.com, Vault tcp listener (address, cluster_address)",
    ),
    application.in_go(
        "Nomad", "nomad",
        listeners=(
            application.other("the cluster port of Nomad (RPC)", 4647, same=True),
            application.other("the gossip port of Nomad", 4648, same=True),
        ),
        source="developer.hashicorp.com, Nomad ports",
    ),
    # ---- monitoring
    application.in_go("Prometheus", "prometheus", source="prometheus.io; measured on 2.42: somaxconn"),
    application.in_go(
        "Alertmanager", "alertmanager", "prometheus-alertmanager",
        listeners=(application.other("the cluster port of Alertmanager (gossip)", 9094, same=True),),
        source="prometheus.io, Alertmanager high availability (--cluster.listen-address)",
    ),
    application.in_go(
        "a Prometheus exporter", "node_exporter", "prometheus-node-exporter", "*_exporter", "prometheus-*-exporter",
        source="github.com/prometheus/exporter-toolkit; measured on node exporter 1.5: somaxconn",
    ),
    application.in_go(
        "Grafana", "grafana", "grafana-server", source="grafana pkg/api/http_server.go (Go's net.Listen)",
    ),
    application.in_go(
        "Loki", "loki",
        listeners=(
            application.other("the gRPC port of Loki", 9095, same=True),
            application.other("the gossip port of Loki", 7946, same=True),
        ),
        source="grafana.com, Loki configuration (server, memberlist)",
    ),
    application.in_go("Telegraf", "telegraf", source="docs.influxdata.com, Telegraf service inputs (Go)"),
    application.in_go(
        "VictoriaMetrics", "victoria-metrics", "victoria-metrics-prod", "vmagent", "vminsert", "vmselect", "vmstorage",
        source="docs.victoriametrics.com (Go)",
    ),
    application.in_go(
        "InfluxDB", "influxd",
        listeners=(application.other("the backup and restore port of InfluxDB", 8088, same=True),),
        units=("influxdb",), source="docs.influxdata.com, InfluxDB 1.8 ports; measured on 1.6: somaxconn",
    ),
    application.Application(
        "Zabbix", ("zabbix_server", "zabbix_proxy", "zabbix_agentd"),
        "set `ListenBacklog={n}`", "in /etc/zabbix/zabbix_server.conf (or zabbix_proxy.conf, zabbix_agentd.conf)",
        configured_by=("-c", "--config"), units=("zabbix-server", "zabbix-proxy", "zabbix-agent"), **application.LIBC,
        source="zabbix_server.conf, zabbix_agentd.conf of 6.0: ListenBacklog; measured on 6.0: 4096, and 77 where set",
    ),
    application.in_go("Zabbix agent 2", "zabbix_agent2", units=("zabbix-agent2",), source="zabbix src/go (Go)"),
    application.fixed(
        "Icinga", "icinga2", defaults=(128, 4096, application.SYSTEM),
        default="all that net.core.somaxconn allows, but 128 or 4096 in older versions",
        source="icinga2 lib/remote/apilistener.cpp (INT_MAX), lib/base/socket.cpp (SOMAXCONN)",
    ),
    application.fixed("NRPE", "nrpe", units=("nagios-nrpe-server",), defaults=(5,), source="nrpe; measured on 4.1"),
    application.fixed(
        "Munin node", "munin-node", runtimes=("perl",), **application.LIBC, source="Net::Server; measured on 2.0",
    ),
    application.fixed("Monit", "monit", defaults=(1024,), listeners=(
        application.other("the web interface of Monit", 2812, defaults=(1024,)),
    ), source="monit; measured on 5.33"),
    application.Application(
        "Netdata", ("netdata",), "set `listen backlog = {n}` under [web]", "in /etc/netdata/netdata.conf",
        defaults=(4096,),
        listeners=(application.other("the statsd port of Netdata", 8125, defaults=(4096,)),),
        source="learn.netdata.cloud, web server reference (listen backlog); measured on 1.37: 4096",
    ),
    application.fixed("snmpd", "snmpd", defaults=(5,), source="net-snmp (5; SMUX 4096); measured on 5.9", listeners=(
        application.other("the SMUX port of snmpd", 199, **application.LIBC),
    )),
)
