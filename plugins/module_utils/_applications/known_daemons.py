# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Daemons that are named by their program: servers, proxies, caches, databases, mail and name servers."""

from __future__ import annotations

from . import application

_HARD_CODED = "spread the load over more addresses or put a proxy in front"

DAEMONS = (
    application.Application(
        # Before every other: a socket that systemd holds was opened by it, whichever service shares it.
        "systemd", ("systemd",),
        "set `Backlog={n}` in the [Socket] section of the unit that `systemctl list-sockets` shows for port {port}",
        "(`systemctl edit NAME.socket`)",
        defaults=(128, 4096, application.SYSTEM),
        default="all that net.core.somaxconn allows, but 128 or 4096 before systemd 254",
        restart="stop its service, then restart the socket unit",
        source="systemd src/core/socket.c, src/basic/socket-util.h (SOMAXCONN_DELUXE), man systemd.socket",
    ),
    # ---- web servers and proxies
    application.Application(
        "nginx", ("nginx",),
        "set `backlog={n}` on `listen {listen}`", "in /etc/nginx/sites-enabled/ (Debian) or /etc/nginx/conf.d/ (RHEL)",
        defaults=(511,), again=application.RELOAD_IF_EDITED, configured_by=("-c",),
        source="nginx src/os/unix/ngx_linux_config.h, src/core/ngx_cycle.c; measured on 1.22",
    ),
    application.Application(
        "Apache httpd", ("apache2", "httpd"),
        "set `ListenBacklog {n}`", "in /etc/apache2/apache2.conf (Debian) or /etc/httpd/conf/httpd.conf (RHEL)",
        defaults=(511,), configured_by=("-f",),
        source="httpd include/mpm_common.h, server/listen.c; measured on 2.4: neither graceful nor HUP calls listen()",
    ),
    application.Application(
        "HAProxy", ("haproxy",),
        "set `backlog {n}` in the frontend that binds {listen}", "in /etc/haproxy/haproxy.cfg",
        default="the frontend's maxconn", configured_by=("-f",),
        source="haproxy src/listener.c listener_backlog(); measured on 2.6: a reload passes the open socket on",
    ),
    application.Application(
        "lighttpd", ("lighttpd",),
        "set `server.listen-backlog = {n}`", "in /etc/lighttpd/lighttpd.conf",
        defaults=(1024, 4096), configured_by=("-f",),
        source="lighttpd src/network.c (1024; max(SOMAXCONN, 1024) from 1.4.79)",
    ),
    application.Application(
        "NGINX Unit", ("unitd",),
        'set `"backlog": {n}` on the listener through the control API', "(Unit 1.33 and later)",
        defaults=(511, application.SYSTEM), source="unit src/nxt_listen_socket.h, docs/changes.xml",
    ),
    application.Application(
        "Envoy", ("envoy",),
        "set `tcp_backlog_size: {n}` on the listener", "in the Envoy bootstrap or LDS",
        defaults=(128, application.SYSTEM), source="envoy config.listener.v3.Listener.tcp_backlog_size",
    ),
    application.Application(
        "Varnish", ("varnishd", "cache-main"),
        "set `-p listen_depth={n}` on varnishd's command line", "(`systemctl edit varnish.service`)",
        defaults=(1024,), options=("listen_depth",), source="varnish include/tbl/params.h (MUST_RESTART)",
    ),
    application.Application(
        "Squid", ("squid",),
        "set `max_filedescriptors {four}` (Squid asks for a quarter of it)", "in /etc/squid/squid.conf",
        default="a quarter of its file descriptor limit", again=application.RELOAD, configured_by=("-f",),
        source="squid src/comm/TcpAcceptor.cc; measured on 5.7: HUP opens the sockets anew",
    ),
    application.Application(
        "stunnel", ("stunnel", "stunnel4", "stunnel5"), None,
        defaults=(128, 4096), default="SOMAXCONN of its C library",
        instead=_HARD_CODED, source="stunnel src/stunnel.c",
    ),
    application.Application(
        "PHP-FPM", ("php-fpm*", "php*-fpm"),
        "set `listen.backlog = {n}`",
        "in /etc/php/*/fpm/pool.d/ (Debian) or /etc/php-fpm.d/ (RHEL)",
        defaults=(511, application.SYSTEM), default="511 up to PHP 8.1, all that net.core.somaxconn allows from 8.2",
        source="php-src fpm_sockets.h, pull request 8410; measured on 8.2: a reload does not call listen()",
    ),
    application.Application(
        "docker-proxy", ("docker-proxy",), None, defaults=(application.SYSTEM,),
        default="net.core.somaxconn as it was when the proxy started",
        instead="restart it, for it reads net.core.somaxconn when it starts",
        restart="restart the container that publishes port {port}",
        source="moby cmd/docker-proxy (Go: see the runtime)",
    ),
    # ---- caches and databases
    application.Application(
        "Redis", ("redis-server",),
        "set `tcp-backlog {n}`", "in /etc/redis/redis.conf", defaults=(511,), options=("--tcp-backlog",),
        configured_by=(application.FIRST,),
        without_restart='repeat its present bind with `{inside}redis-cli -p {port} CONFIG SET bind "…"` '
                        "(Redis 7 and later)",
        source="redis src/config.c (IMMUTABLE_CONFIG); measured on 7.0: CONFIG SET bind opens the sockets anew",
    ),
    application.Application(
        "Valkey", ("valkey-server",),
        "set `tcp-backlog {n}`", "in /etc/valkey/valkey.conf", defaults=(511,), options=("--tcp-backlog",),
        configured_by=(application.FIRST,),
        without_restart='repeat its present bind with `{inside}valkey-cli -p {port} CONFIG SET bind "…"`',
        source="valkey src/config.c (IMMUTABLE_CONFIG)",
    ),
    application.Application(
        "memcached", ("memcached",),
        "set `-b {n}`",
        "in /etc/memcached.conf (Debian) or /etc/sysconfig/memcached (RHEL)",
        defaults=(1024,), options=("-b", "--listen-backlog"), source="memcached memcached.c",
    ),
    application.Application(
        "PostgreSQL", ("postgres", "postmaster"),
        "set `max_connections = {half}` (PostgreSQL asks for twice that)", "in postgresql.conf",
        default="twice max_connections, up to PostgreSQL 15 plus its worker processes",
        configured_by=("config_file", "--config_file", "--config-file"),
        source="postgres src/backend/libpq/pqcomm.c; measured on 15: 244 with max_connections 100",
    ),
    application.Application(
        "PgBouncer", ("pgbouncer",),
        "set `listen_backlog = {n}`", "in /etc/pgbouncer/pgbouncer.ini", defaults=(128,),
        source="pgbouncer src/main.c (CF_NO_RELOAD)",
    ),
    application.Application(
        "MySQL", ("mysqld",),
        "set `back_log = {n}` under [mysqld]", "in /etc/mysql/ (Debian) or /etc/my.cnf.d/ (RHEL)",
        default="max_connections, but 50 + max_connections/5 up to MySQL 5.7 and in MariaDB",
        options=("--back_log", "--back-log"),
        source="MySQL worklog 9704",
    ),
    application.Application(
        "MariaDB", ("mariadbd",),
        "set `back_log = {n}` under [mysqld]", "in /etc/mysql/mariadb.conf.d/ (Debian) or /etc/my.cnf.d/ (RHEL)",
        default="50 + max_connections/5", options=("--back_log", "--back-log"),
        source="mariadbd --verbose --help of 10.11: 80 with max_connections 151",
    ),
    application.Application(
        "MongoDB", ("mongod", "mongos"),
        "start it with `--listenBacklog {n}`", "(`systemctl edit mongod.service`)",
        defaults=(128, 4096, application.SYSTEM), options=("--listenBacklog",),
        source="MongoDB SERVER-2554, DOCS-15619",
    ),
    application.Application(
        "ClickHouse", ("clickhouse-server", "clickhouse"),
        "set `<listen_backlog>{n}</listen_backlog>`", "in /etc/clickhouse-server/config.d/",
        defaults=(4096,), source="ClickHouse server settings reference, listen_backlog",
    ),
    application.Application(
        "RabbitMQ", ("beam.smp", "erl_child_setup"),
        "set `tcp_listen_options.backlog = {n}`", "in /etc/rabbitmq/rabbitmq.conf",
        defaults=(128,), arguments=("rabbit",),
        source="rabbitmq-server deps/rabbit/docs/rabbitmq.conf.example",
    ),
    application.Application(
        "Mosquitto", ("mosquitto",), None, defaults=(100,), instead=_HARD_CODED, source="mosquitto src/net.c",
    ),
    application.Application(
        "OpenLDAP", ("slapd",), None, defaults=(1024, 2048), instead=_HARD_CODED,
        source="openldap servers/slapd/daemon.c (2048; 1024 before 2.5)",
    ),
    # ---- remote login, printing, logs, files
    application.Application(
        "sshd", ("sshd",), None, defaults=(128,), again=application.RELOAD,
        instead="let systemd hold the port (ssh.socket on Debian, sshd.socket on RHEL) "
                "with `Backlog={n}` in its [Socket] section",
        source="openssh ssh.h SSH_LISTEN_BACKLOG; measured on 9.2: HUP opens the sockets anew",
    ),
    application.Application(
        "Dropbear", ("dropbear",), None, default="30, its MAX_UNAUTH_CLIENTS", instead=_HARD_CODED,
        source="dropbear src/sysoptions.h, src/default_options.h",
    ),
    application.Application(
        "CUPS", ("cupsd",), None, defaults=(5, 128, application.SYSTEM), instead=_HARD_CODED,
        source="cups cups/http-addr.c (128 from November 2020, INT_MAX from March 2023)",
    ),
    application.Application(
        "rsyslog", ("rsyslogd",),
        'set `socketBacklog="{n}"` on the imptcp input, or on imtcp from early 2025 releases on',
        "in /etc/rsyslog.conf or /etc/rsyslog.d/",
        default="imtcp a tenth of MaxSessions plus 5, imptcp 5 or, from 2025, 64",
        source="rsyslog runtime/nsd_ptcp.c, plugins/imptcp/imptcp.c",
    ),
    application.Application(
        "vsftpd", ("vsftpd",), None, defaults=(32,), instead=_HARD_CODED, source="vsftpd defs.h VSFTP_LISTEN_BACKLOG",
    ),
    application.Application(
        "ProFTPD", ("proftpd",),
        "set `TCPBacklog {n}`", "in /etc/proftpd/proftpd.conf (Debian) or /etc/proftpd.conf (RHEL)",
        defaults=(128, application.SYSTEM), source="proftpd include/options.h, doc/modules/mod_core.html",
    ),
    # ---- mail and names
    application.Application(
        "Postfix", ("master",),
        "set `default_process_limit = {n}` in /etc/postfix/main.cf, or {n} in the maxproc column of the service",
        "in /etc/postfix/master.cf",
        default="100, its default_process_limit", arguments=("postfix",),
        source="postfix src/master/master_listen.c, src/global/mail_params.h",
    ),
    application.Application(
        "Dovecot", ("dovecot",),
        "set process_limit × client_limit of the login service to {n}", "in /etc/dovecot/conf.d/10-master.conf",
        default="process_limit × client_limit of the service", source="dovecot src/master/service-listen.c",
    ),
    application.Application(
        "Exim", ("exim", "exim4"),
        "set `smtp_connect_backlog = {n}`", "in /etc/exim4/ (Debian) or /etc/exim/exim.conf (RHEL)",
        defaults=(20,), source="exim src/globals.c",
    ),
    application.Application(
        "BIND", ("named",),
        "set `tcp-listen-queue {n};` among the options",
        "in /etc/bind/named.conf.options (Debian) or /etc/named.conf (RHEL)",
        defaults=(10,), source="bind bin/include/defaultconfig.h, doc/arm/reference.rst",
    ),
    application.Application(
        "dnsmasq", ("dnsmasq",), None, defaults=(5, 32), instead=_HARD_CODED,
        source="dnsmasq src/config.h TCP_BACKLOG (5 before 2.77)",
    ),
    application.Application(
        "Unbound", ("unbound",), None, defaults=(5, 256), instead=_HARD_CODED,
        source="unbound services/listen_dnsport.c (5 before 1.5)",
    ),
)
