# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Databases, caches and search engines."""

from __future__ import annotations

from . import application

ENTRIES = (
    application.Application(
        "Redis", ("redis-server",),
        "set `tcp-backlog {n}`", "in /etc/redis/redis.conf", defaults=(511,), units=("redis",),
        options=("--tcp-backlog",),
        configured_by=(application.FIRST,),
        without_restart='repeat its present bind with `{inside}redis-cli -p {port} CONFIG SET bind "…"` '
                        "(Redis 7 and later)",
        listeners=(application.other("the cluster bus of Redis", 16379, same=True),),
        source="redis src/config.c (IMMUTABLE_CONFIG); measured on 7.0: CONFIG SET bind opens the sockets anew",
    ),
    application.Application(
        "Valkey", ("valkey-server",),
        "set `tcp-backlog {n}`", "in /etc/valkey/valkey.conf", defaults=(511,), units=("valkey",),
        options=("--tcp-backlog",),
        configured_by=(application.FIRST,),
        without_restart='repeat its present bind with `{inside}valkey-cli -p {port} CONFIG SET bind "…"`',
        listeners=(application.other("the cluster bus of Valkey", 16379, same=True),),
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
        "set `max_connections = {half}` (PostgreSQL asks for twice that)", "in postgresql.conf", units=("postgresql",),
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
        units=("mysql",), options=("--back_log", "--back-log"),
        source="MySQL worklog 9704",
    ),
    application.Application(
        "MariaDB", ("mariadbd",),
        "set `back_log = {n}` under [mysqld]", "in /etc/mysql/mariadb.conf.d/ (Debian) or /etc/my.cnf.d/ (RHEL)",
        default="50 + max_connections/5", shared=("mysqld",), arguments=("mariadb",),
        options=("--back_log", "--back-log"),
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
        "Redis Sentinel", ("redis-sentinel", "valkey-sentinel"), "set `tcp-backlog {n}`", "in /etc/redis/sentinel.conf",
        defaults=(511,), configured_by=(application.FIRST,), source="redis src/config.c; measured on 7.0",
    ),
    application.Application(
        "Pgpool-II", ("pgpool",), "set num_init_children × listen_backlog_multiplier to {n}",
        "in /etc/pgpool2/pgpool.conf",
        default="num_init_children × listen_backlog_multiplier", units=("pgpool2",),
        source="pgpool.conf of 4.3, listen_backlog_multiplier",
    ),
)
