# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which file of the catalogue knows a name, so that the others need not be imported.

`tests/unit/plugins/module_utils/_applications/test_index.py` says what to write here for a new entry.
"""

from __future__ import annotations

import fnmatch
import functools
from typing import Iterable, List, Tuple

from . import application

_KEPT = 15  # characters of /proc/PID/comm

#: Every name of a part's entries: programs, names that they share, units
NAMES = {
    "system": (
        "bgpd", "cups", "cupsd", "docker-proxy", "dropbear", "frr", "iperf", "iperf3", "nbd-server", "nut-server",
        "ospfd", "proftpd", "pure-ftpd", "rpcbind", "rsync", "rsyslog", "rsyslogd", "shellinabox", "shellinaboxd",
        "ssh", "sshd", "sshd-session", "svnserve", "systemd", "tgt", "tgtd", "upsd", "vsftpd", "xrdp",
        "xrdp-sesman", "zebra",
    ),
    "web": (
        "[TS_MAIN]", "angie", "apache2", "busybox", "cache-main", "caddy", "danted", "dnsdist", "envoy", "frpc",
        "frps", "h2o", "haproxy", "hitch", "httpd", "lighttpd", "mini-httpd", "mini_httpd", "ncat", "nginx",
        "nginx-ingress-controller", "openresty", "openvpn", "php*-fpm", "php-fpm*", "privoxy", "rinetd", "socat",
        "sockd", "squid", "ss-local", "ss-server", "sslh", "sslh-ev", "sslh-select", "stunnel", "stunnel4",
        "stunnel5", "tengine", "tinyproxy", "tor", "traefik", "traffic_server", "trafficserver", "unitd", "varnish",
        "varnishd", "webfsd",
    ),
    "databases": (
        "clickhouse", "clickhouse-server", "mariadbd", "memcached", "mongod", "mongos", "mysql", "mysqld",
        "pgbouncer", "pgpool", "pgpool2", "postgres", "postgresql", "postmaster", "redis", "redis-sentinel",
        "redis-server", "valkey", "valkey-sentinel", "valkey-server",
    ),
    "messages": (
        "asterisk", "beam", "beam.smp", "beanstalkd", "coturn", "epmd", "erl_child_setup", "gearman-job-server",
        "gearmand", "icecast", "icecast2", "inspircd", "kamailio", "lua*", "mosquitto", "mpd", "mumble-server",
        "murmurd", "nats", "nats-server", "prosody", "turnserver",
    ),
    "names_and_mail": (
        "bind9", "clamav-daemon", "clamd", "dirsrv", "dnsmasq", "dovecot", "exim", "exim4", "knot", "knotd",
        "krb5-kdc", "krb5kdc", "kresd", "master", "named", "ns-slapd", "nsd", "pdns", "pdns-recursor",
        "pdns_recursor", "pdns_server", "postgrey", "slapd", "unbound",
    ),
    "operations": (
        "*_exporter", "alertmanager", "bao", "consul", "containerd", "coredns", "dockerd", "etcd", "grafana",
        "grafana-server", "icinga2", "influxd", "influxdb", "k3s", "k3s-agent", "k3s-server", "kube-apiserver",
        "kube-apiserver-*", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubelet", "loki", "monit",
        "munin-node", "nagios-nrpe-server", "netdata", "node_exporter", "nomad", "nrpe", "openbao", "prometheus",
        "prometheus-*-exporter", "prometheus-alertmanager", "prometheus-node-exporter", "snmpd", "telegraf",
        "vault", "victoria-metrics", "victoria-metrics-prod", "vmagent", "vminsert", "vmselect", "vmstorage",
        "zabbix-agent", "zabbix-agent2", "zabbix-proxy", "zabbix-server", "zabbix_agent2", "zabbix_agentd",
        "zabbix_proxy", "zabbix_server",
    ),
    "sharing": (
        "apt-cacher-ng", "aria2c", "bacula-fd", "deluge-web", "deluged", "distccd", "forgejo", "gdbserver",
        "git-daemon", "gitea", "glusterd", "glusterfsd", "minio", "qbittorrent", "qbittorrent-nox", "samba",
        "samba-ad-dc", "smb", "smbd", "syncthing", "transmission-daemon", "transmission-gtk", "transmission-qt",
    ),
    "python": (
        "SimpleHTTPServer", "cherryd", "cherrypy", "daphne", "flask", "granian", "gunicorn", "gunicorn3",
        "http.server", "hypercorn", "jupyter-lab", "jupyter-notebook", "jupyter-server", "jupyterhub",
        "matrix-synapse", "mitmdump", "mitmproxy", "mitmweb", "sanic", "supervisor", "supervisord",
        "synapse.app.generic_worker", "synapse.app.homeserver", "synapse_homeserver", "twist", "twistd", "twistd3",
        "uvicorn", "uwsgi", "uwsgi-core", "uwsgi_*", "waitress", "waitress-serve",
    ),
    "java": (
        "cassandra", "elasticsearch", "java", "jboss*", "jetty*", "kafka", "opensearch", "solr", "tomcat*",
        "wildfly", "zookeeper",
    ),
    "scripts": (
        "Passenger core", "PassengerAgent", "bun", "bun.exe", "bunx", "conduit", "conduwuit", "deno", "hypnotoad",
        "jellyfin", "linkerd2-proxy", "morbo", "passenger", "php", "php[5-8]*", "plackup", "puma", "starman",
        "surreal", "thin", "tuwunel", "unicorn", "unicorn_rails", "vaultwarden", "vector",
    ),
}

#: In which order an entry is looked for
ORDER = tuple(NAMES)


def candidates(names: Iterable[str]) -> List[application.Application]:
    """The entries of the files that know one of the names, in the order in which they are tried.

    What shares a name with others comes before the one that the name alone tells: OpenResty before nginx.
    """
    return list(_candidates(tuple(names)))


@functools.lru_cache(maxsize=256)  # a host has few programs and many listeners
def _candidates(names: Tuple[str, ...]) -> Tuple[application.Application, ...]:
    found = []  # type: List[application.Application]
    for part in ORDER:
        if any(matches(name, NAMES[part]) for name in names):
            found.extend(sorted(entries(part), key=_has_the_name_alone))
    return tuple(found)


def _has_the_name_alone(one: application.Application) -> bool:
    return not one.shared


def matches(name: str, patterns: Tuple[str, ...]) -> bool:
    """Whether the name is one of the shell patterns, or the 15 characters that the kernel keeps of one."""
    if name in patterns:
        return True
    if len(name) == _KEPT and any(one.startswith(name) for one in patterns):
        return True
    return any(fnmatch.fnmatchcase(name, one) for one in patterns if "*" in one)


def entries(part: str) -> Tuple[application.Application, ...]:
    """What one file of the catalogue knows; no other is imported.

    Each import stands there by name: Ansible finds what it sends by reading the source.
    """
    if part == "system":
        from . import known_system

        return known_system.ENTRIES
    if part == "web":
        from . import known_web

        return known_web.ENTRIES
    if part == "databases":
        from . import known_databases

        return known_databases.ENTRIES
    if part == "messages":
        from . import known_messages

        return known_messages.ENTRIES
    if part == "names_and_mail":
        from . import known_names_and_mail

        return known_names_and_mail.ENTRIES
    if part == "python":
        from . import known_python

        return known_python.ENTRIES
    if part == "java":
        from . import known_java

        return known_java.ENTRIES
    if part == "scripts":
        from . import known_scripts

        return known_scripts.ENTRIES
    if part == "operations":
        from . import known_operations

        return known_operations.ENTRIES
    if part == "sharing":
        from . import known_sharing

        return known_sharing.ENTRIES
    return ()
